// JSON in and out for the adapters: one line of an agent's output, and files and flags that hold
// JSON. Lenient on the way in (whatever is not an object is nil), sorted keys on the way out.
import FoundationEssentials
import SymphonyCore

enum JSONText {
  /// The object on a line of output; nil for everything else, since agents print other things too.
  static func object(_ line: String) -> Structure? {
    guard let first = line.utf8.first(where: { $0 != 0x20 && $0 != 0x09 }), first == 0x7B,
      let value = try? JSONDecoder().decode(Structure.self, from: Data(line.utf8)),
      value.objectValue != nil
    else { return nil }
    return value
  }

  static func encode(_ value: Structure) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A Structure made of finite numbers always encodes; null keeps the text valid if one is not
    // finite.
    guard let bytes = try? encoder.encode(value) else { return "null" }
    return String(decoding: bytes, as: UTF8.self)
  }
}
