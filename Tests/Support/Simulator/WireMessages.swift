// One request as it came over the wire and one reply as it goes back, with the little text work
// HTTP needs: percent-encoding, query items, dates. Used by every part of the simulated GitHub;
// knows nothing of GitHub.
import FoundationEssentials
import NIOHTTP1
import SymphonyCore

struct QueryItem: Hashable, Sendable {
  var name: String
  var value: String
}

struct WireRequest: Sendable {
  var method: String
  /// Path and query as sent.
  var target: String
  /// Still percent-encoded.
  var path: String
  var rawQuery: String
  var query: [QueryItem]
  var headers: HTTPHeaders
  var body: [UInt8]
  /// The name of the GraphQL operation, `?` without one; nil for other requests.
  var operation: String?

  init(method: String, target: String, headers: HTTPHeaders, body: [UInt8]) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = parts.first.map(String.init) ?? "/"
    rawQuery = parts.count > 1 ? String(parts[1]) : ""
    query = rawQuery.split(separator: "&").map { item in
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return QueryItem(
        name: Percent.decoded(pair[0], plusIsSpace: true),
        value: pair.count > 1 ? Percent.decoded(pair[1], plusIsSpace: true) : "")
    }
    if isGraphQL { operation = WireRequest.operation(in: body) }
  }

  var isGraphQL: Bool { path == "/graphql" || path == "/api/graphql" }

  private static func operation(in body: [UInt8]) -> String {
    let sent = JSON.value(body)
    if let name = sent?["operationName"]?.stringValue { return name }
    let text = sent?["query"]?.stringValue ?? ""
    return text.firstMatch(of: /\b(?:query|mutation)\s+(\w+)/).map { String($0.output.1) } ?? "?"
  }

  /// The value of a query item; nil when it is absent or empty.
  func value(_ name: String) -> String? {
    guard let found = query.last(where: { $0.name == name }), !found.value.isEmpty else {
      return nil
    }
    return found.value
  }
  func header(_ name: String) -> String? { headers.first(name: name) }
  var isReadOnly: Bool { method == "GET" || method == "HEAD" }
  /// Asks for news only: `If-None-Match` or `If-Modified-Since`.
  var isConditional: Bool {
    header("if-none-match") != nil || header("if-modified-since") != nil
  }
}

struct HeaderLine: Hashable, Sendable {
  var name: String
  var value: String
  init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

struct WireReply: Sendable {
  var status: Int
  var headers: [HeaderLine]
  var body: [UInt8]

  init(status: Int, headers: [HeaderLine] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
  static func text(_ status: Int, _ text: String, type: String = "text/plain") -> WireReply {
    WireReply(status: status, headers: [HeaderLine("Content-Type", type)], body: Array(text.utf8))
  }
  static func json(_ status: Int, _ body: Structure) -> WireReply {
    WireReply(
      status: status, headers: [HeaderLine("Content-Type", "application/json; charset=utf-8")],
      body: JSON.bytes(body))
  }
  func header(_ name: String) -> String? {
    headers.last { $0.name.lowercased() == name.lowercased() }?.value
  }
  mutating func set(_ name: String, _ value: String) {
    headers.removeAll { $0.name.lowercased() == name.lowercased() }
    headers.append(HeaderLine(name, value))
  }
}

enum JSON {
  static func bytes(_ value: Structure) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let encoded = try? encoder.encode(value) else {
      preconditionFailure("a simulated body cannot be encoded")
    }
    return Array(encoded)
  }
  /// Nil when the bytes are no JSON.
  static func value(_ bytes: [UInt8]) -> Structure? {
    try? JSONDecoder().decode(Structure.self, from: Data(bytes))
  }
}

enum Percent {
  static func decoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
    var bytes: [UInt8] = []
    let source = Array(text.utf8)
    var index = 0
    while index < source.count {
      let byte = source[index]
      if byte == UInt8(ascii: "%"), index + 2 < source.count,
        let value = UInt8(String(decoding: source[index + 1...index + 2], as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        index += 3
        continue
      }
      bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      index += 1
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return result
  }

  static func encoded(_ items: [QueryItem]) -> String {
    items.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&")
  }
}

extension Timestamp {
  /// RFC 9110's date: `Sat, 21 Nov 2026 03:04:05 GMT`.
  var httpDate: String {
    let text = rfc3339
    let days = (milliseconds / 1000) / 86400
    let names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let month = months[(Int(text.dropFirst(5).prefix(2)) ?? 1) - 1]
    let day = text.dropFirst(8).prefix(2)
    let time = text.dropFirst(11).prefix(8)
    return "\(names[Int(days % 7)]), \(day) \(month) \(text.prefix(4)) \(time) GMT"
  }
}
