// GraphQL's words: names, numbers, strings and punctuation with their places. Used by GraphParser.
import SymphonyCore

struct GraphToken: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case name
    case punctuation
    case integer
    case number
    case string
    case end
  }
  var kind: Kind
  var text: String
  var position: GraphPosition
}

/// A text that is no GraphQL, in GitHub's words.
struct GraphSyntaxError: Error {
  var message: String
  var position: GraphPosition
}

enum GraphLexer {
  static func tokens(_ text: String) throws(GraphSyntaxError) -> [GraphToken] {
    let bytes = Array(text.utf8)
    var tokens: [GraphToken] = []
    var index = 0
    var line = 1
    var lineStart = 0
    while index < bytes.count {
      let byte = bytes[index]
      let place = GraphPosition(line: line, column: index - lineStart + 1)
      switch byte {
      case UInt8(ascii: "\n"):
        line += 1
        index += 1
        lineStart = index
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: ","):
        index += 1
      case UInt8(ascii: "#"):
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
      case UInt8(ascii: "\""):
        let (value, end) = try string(bytes, index, place)
        tokens.append(GraphToken(kind: .string, text: value, position: place))
        for lineEnd in index..<end where bytes[lineEnd] == UInt8(ascii: "\n") {
          line += 1
          lineStart = lineEnd + 1
        }
        index = end
      case UInt8(ascii: "."):
        guard bytes[index...].starts(with: Array("...".utf8)) else {
          throw GraphSyntaxError(message: "Parse error on \".\"", position: place)
        }
        tokens.append(GraphToken(kind: .punctuation, text: "...", position: place))
        index += 3
      default:
        let (kind, end) = try word(bytes, index, place)
        let text = String(decoding: bytes[index..<end], as: UTF8.self)
        tokens.append(GraphToken(kind: kind, text: text, position: place))
        index = end
      }
    }
    let place = GraphPosition(line: line, column: index - lineStart + 1)
    tokens.append(GraphToken(kind: .end, text: "(none)", position: place))
    return tokens
  }

  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  private static func word(
    _ bytes: [UInt8], _ start: Int, _ place: GraphPosition
  ) throws(GraphSyntaxError) -> (GraphToken.Kind, Int) {
    var end = start
    let byte = bytes[start]
    if isName(byte) {
      while end < bytes.count, isName(bytes[end]) || isDigit(bytes[end]) { end += 1 }
      return (.name, end)
    }
    if isDigit(byte) || byte == UInt8(ascii: "-") {
      end += 1
      var kind = GraphToken.Kind.integer
      while end < bytes.count, isDigit(bytes[end]) || ".eE+-".utf8.contains(bytes[end]) {
        if !isDigit(bytes[end]) { kind = .number }
        end += 1
      }
      return (kind, end)
    }
    if "!$&()[]{}:=@|".utf8.contains(byte) { return (.punctuation, start + 1) }
    let text = String(decoding: [byte], as: UTF8.self)
    throw GraphSyntaxError(message: "Parse error on \"\(text)\"", position: place)
  }

  /// A quoted or block string and the index behind it.
  private static func string(
    _ bytes: [UInt8], _ start: Int, _ place: GraphPosition
  ) throws(GraphSyntaxError) -> (String, Int) {
    let block = Array("\"\"\"".utf8)
    let unterminated = GraphSyntaxError(message: "Unterminated string", position: place)
    if bytes[start...].starts(with: block) {
      var end = start + 3
      while end < bytes.count, !bytes[end...].starts(with: block) { end += 1 }
      guard end < bytes.count else { throw unterminated }
      return (String(decoding: bytes[start + 3..<end], as: UTF8.self), end + 3)
    }
    var end = start + 1
    while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
      end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard end < bytes.count, let text = JSON.value(Array(bytes[start...end]))?.stringValue else {
      throw unterminated
    }
    return (text, end + 1)
  }
}
