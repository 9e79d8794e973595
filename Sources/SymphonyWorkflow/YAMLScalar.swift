// Numbers and flags as the YAML readers of both predecessors take them (PyYAML and yaml.v3, which
// read YAML 1.1), for keys whose type is known. Called by `SettingReader`; what stays text is not
// its business.

import SymphonyCore

enum YAMLScalar {
  /// `true`, `yes`, `on` and `y`, and their opposites, in any case.
  static func flag(_ text: String) -> Bool? {
    switch text.trimmingWhitespace().folded {
    case "true", "yes", "on", "y": true
    case "false", "no", "off", "n": false
    default: nil
    }
  }

  /// `30000`, `30_000`, `0x7530`, `0b11`; `0o17` and `017` are octal.
  static func integer(_ text: String) -> Int64? {
    guard let (isNegative, digits) = unsigned(text) else { return nil }
    let lower = digits.lowercased()
    let bases: [(prefix: String, radix: Int)] = [("0x", 16), ("0o", 8), ("0b", 2)]
    let base = bases.first { lower.hasPrefix($0.prefix) }
    let isOctal = base == nil && lower.count > 1 && lower.hasPrefix("0")
    let number = base.map { String(lower.dropFirst($0.prefix.count)) } ?? lower
    // A sign between the prefix and the digits is none.
    guard number.unicodeScalars.allSatisfy(\.properties.isASCIIHexDigit) else { return nil }
    return Int64((isNegative ? "-" : "") + number, radix: base?.radix ?? (isOctal ? 8 : 10))
  }

  /// A decimal number, `1_000.5` among them; finite.
  static func number(_ text: String) -> Double? {
    if let whole = integer(text) { return Double(whole) }
    guard let (isNegative, digits) = unsigned(text),
      digits.unicodeScalars.allSatisfy({ "0123456789.eE+-".unicodeScalars.contains($0) }),
      let value = Double(digits), value.isFinite
    else { return nil }
    return isNegative ? -value : value
  }

  /// The sign, and the rest without underscores: nil unless a digit or a point comes first.
  private static func unsigned(_ text: String) -> (isNegative: Bool, digits: String)? {
    var rest = text.trimmingWhitespace()[...]
    let isNegative = rest.hasPrefix("-")
    if isNegative || rest.hasPrefix("+") { rest = rest.dropFirst() }
    guard let first = rest.unicodeScalars.first, ("0"..."9").contains(first) || first == "." else {
      return nil
    }
    return (isNegative, String(rest.filter { $0 != "_" }))
  }
}
