// Values that are kept as one fact of the database each: the note of the last tick, the news.
// Keys are sorted, so that the same value is the same text.
import FoundationEssentials

enum FactJSON {
  /// - Throws: `EncodingError` for a number that is not finite.
  static func text(of value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// Nil for no fact, and for one that cannot be read: no other row hangs on it.
  static func read<Value: Decodable>(_ text: String?, as type: Value.Type) -> Value? {
    text.flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
  }
}
