// Reports to JSON and back, for the command line and for whoever serves them. Keys are sorted, so
// that the same value is the same bytes in every process.
import FoundationEssentials
import SymphonyCore

package enum ReportJSON {
  /// One line.
  ///
  /// Characters that a terminal would obey are escaped: texts of issues and agents are in it.
  /// - Throws: `EncodingError` for a number that is not finite.
  package static func text(of value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return PlainText.json(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// - Throws: `DecodingError` for what is not JSON, or lacks a key.
  package static func read<Value: Decodable>(_ text: String, as type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }
}
