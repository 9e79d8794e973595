// A request that came and the answer it gets, as values: what the endpoints, the gate and the tests
// see of HTTP. The wire is Wire.swift's.
import SymphonyCore
import SymphonyReport

package struct ServedRequest: Sendable {
  /// Who is at the other end, as far as the connection tells.
  package enum Peer: Hashable, Sendable {
    /// Somebody on this machine, whoever it is.
    case loopback
    /// This very user, or root, at a Unix socket.
    case owner
    case elsewhere
  }

  package var method: String
  /// The parts between slashes, decoded.
  package var path: [String]
  /// The first value of each name, decoded.
  package var query: [String: String]
  package var headers: [(name: String, value: String)]
  /// Empty where it was larger than the endpoint has use for.
  package var body: [UInt8]
  /// HMAC-SHA256 over the whole body under the webhooks' secret; nil: nobody asked for it.
  package var bodyCode: [UInt8]?
  package var peer: Peer
  /// The version of HTTP before 1.1, which proxies without settings speak.
  package var isHTTP10 = false

  package init(
    method: String, target: String, headers: [(name: String, value: String)] = [],
    body: [UInt8] = [], peer: Peer = .loopback
  ) {
    self.method = method
    self.headers = headers
    self.body = body
    self.peer = peer
    let parts = Self.relative(target).split(
      separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = (parts.first ?? "").split(separator: "/").map { Self.decode($0, plus: false) }
    query = [:]
    for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&").prefix(32) {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = Self.decode(sides[0], plus: true)
      if query[name] == nil {
        query[name] = sides.count > 1 ? Self.decode(sides[1], plus: true) : ""
      }
    }
  }

  /// The first header of that name, compared without case.
  package func header(_ name: String) -> String? {
    let wanted = name.lowercased()
    return headers.first { $0.name.lowercased() == wanted }?.value
  }

  /// Without the scheme and the host that a proxy may put before the path (RFC 9112, 3.2.2).
  private static func relative(_ target: String) -> Substring {
    for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
      let rest = target.dropFirst(scheme.count)
      return rest.firstIndex { $0 == "/" || $0 == "?" }.map { rest[$0...] } ?? "/"
    }
    return target[...]
  }

  func has(_ name: String) -> Bool { header(name) != nil }

  /// `plus`: a plus stands for a space, as in forms.
  static func decode(_ text: Substring, plus: Bool) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      // A sign is no digit, though a number may begin with one.
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        rest.prefix(2).allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(plus && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

package struct ServedAnswer: Sendable {
  package enum Body: Sendable {
    case bytes([UInt8])
    /// Written piece by piece until it returns, the reader is gone, or the server ends.
    case stream(@Sendable (_ send: @escaping StreamWriter) async throws -> Void)
  }
  package typealias StreamWriter = @Sendable ([UInt8]) async throws -> Void

  package var status: Int
  package var headers: [(name: String, value: String)]
  package var body: Body

  package init(
    _ status: Int, type: String, _ body: Body, headers: [(name: String, value: String)] = []
  ) {
    self.status = status
    self.body = body
    self.headers = [(name: "Content-Type", value: type)] + headers
  }

  /// A line of JSON.
  package static func json(_ value: some Encodable, status: Int = 200) -> ServedAnswer {
    do {
      let text = try ReportJSON.text(of: value) + "\n"
      return ServedAnswer(status, type: jsonType, .bytes(Array(text.utf8)))
    } catch {
      return .problem(500, "the answer cannot be written as JSON")
    }
  }

  package static func text(_ text: String, type: String, status: Int = 200) -> ServedAnswer {
    ServedAnswer(status, type: type, .bytes(Array(text.utf8)))
  }

  /// What went wrong, as JSON: `error`, and `hint` where there is one.
  package static func problem(_ status: Int, _ error: String, hint: String? = nil) -> ServedAnswer {
    .json(Problem(error: error, hint: hint), status: status)
  }

  private struct Problem: Encodable {
    var error: String
    var hint: String?
  }

  static let jsonType = "application/json; charset=utf-8"
}

/// Why the state has no answer for somebody, with the status that says so.
package struct ServedProblem: Error, Hashable, Sendable {
  package var status: Int
  package var sentence: String
  package var hint: String?
  package init(_ status: Int, _ sentence: String, hint: String? = nil) {
    (self.status, self.sentence, self.hint) = (status, sentence, hint)
  }
  package var answer: ServedAnswer { .problem(status, sentence, hint: hint) }
}
