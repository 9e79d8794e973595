// Values as TOML on one line, for `-c key=value` of codex: what it cannot read as TOML it takes as
// a raw string, so that a wrong quote would change a setting and nobody would be told. Called by
// CodexSettings and CodexServers.
import SymphonyCore

enum TOMLText {
  /// A value; nil for null, which TOML does not have.
  ///
  /// Members and elements that are null are left out.
  static func encode(_ value: Structure) -> String? {
    switch value {
    case .null: return nil
    case .bool(let flag): return flag ? "true" : "false"
    case .integer(let number): return "\(number)"
    case .number(let number):
      if number.isNaN { return "nan" }
      if number.isInfinite { return number < 0 ? "-inf" : "inf" }
      return "\(number)"
    case .string(let text): return quoted(text)
    case .list(let values): return "[" + values.compactMap(encode).joined(separator: ",") + "]"
    case .object(let members):
      let pairs = members.sorted { $0.key < $1.key }.compactMap { key, value in
        encode(value).map { "\(quoted(key))=\($0)" }
      }
      return "{" + pairs.joined(separator: ",") + "}"
    }
  }

  static func encode(_ texts: [String]) -> String {
    "[" + texts.map(quoted).joined(separator: ",") + "]"
  }

  /// A basic string.
  ///
  /// NUL stays as it is: no word of a command line can hold one, and the check of the command line
  /// says so.
  static func quoted(_ text: String) -> String {
    var output = "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: output += "\\\""
      case 0x5C: output += "\\\\"
      case 0x0A: output += "\\n"
      case 0x0D: output += "\\r"
      case 0x09: output += "\\t"
      case 0x01..<0x20, 0x7F:
        let digits = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output + "\""
  }

  /// Whether a key needs no quotes: ASCII letters, digits, `-` and `_`.
  static func isBareKey(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
      }
  }
}
