// Who may ask for what: the one place that decides about tokens, hosts and origins. A page in
// somebody's browser can send requests to this machine, under a name of its own choosing (DNS
// rebinding), so that a loopback address alone proves nothing about who asks.
import SymphonyCore

package struct Gate: Sendable {
  /// For every change, and for whoever is not on this machine; nil: nobody has one.
  let token: Secret?
  /// Names, beside this machine's own, by which it may be asked without a token.
  let hosts: Set<String>
  /// Origins whose pages may read answers; `*`: any.
  let origins: [String]

  package init(token: Secret?, hosts: [String], origins: [String]) {
    self.token = token
    self.hosts = Set(hosts.map { $0.lowercased() }).union(["localhost", "127.0.0.1", "[::1]"])
    self.origins = origins
  }

  /// What speaks against it; nil: the request may be carried out.
  ///
  /// `access`: what the endpoint asks for.
  func refusal(_ request: ServedRequest, _ access: Endpoint.Access) -> ServedAnswer? {
    if access == .signed || request.peer == .socket { return nil }
    if hasToken(request) { return nil }
    if access == .change || isFromElsewhere(request) {
      guard token != nil else {
        // Nothing that the caller could send would help: no challenge, and 403 instead of 401.
        return .problem(
          403, "this asks for a token, and the server has none",
          hint: "set server.token or SYMPHONY_SERVER_TOKEN where it runs, or use its Unix socket")
      }
      var answer = ServedAnswer.problem(
        401, "this asks for the server's token", hint: "send it: Authorization: Bearer TOKEN")
      answer.headers.append((name: "WWW-Authenticate", value: "Bearer realm=\"symphony\""))
      return answer
    }
    guard let host = Self.host(of: request), hosts.contains(host) else {
      return .problem(
        403, "this server is not asked under that name",
        hint: "use localhost, or send the server's token")
    }
    if let origin = request.header("Origin"), !isOwn(origin, request), !allows(origin) {
      return .problem(403, "pages of that origin may not ask", hint: "see server.cors_origins")
    }
    return nil
  }

  /// Headers for pages of other origins.
  func crossOriginHeaders(_ request: ServedRequest) -> [(name: String, value: String)] {
    guard let origin = request.header("Origin"), allows(origin) else { return [] }
    return [
      (name: "Access-Control-Allow-Origin", value: origin), (name: "Vary", value: "Origin"),
      (name: "Access-Control-Allow-Headers", value: "Authorization, Content-Type"),
      (name: "Access-Control-Allow-Methods", value: "GET, HEAD, POST, OPTIONS"),
      (name: "Access-Control-Max-Age", value: "600"),
    ]
  }

  private func allows(_ origin: String) -> Bool {
    // What is echoed into a header is one of ours, or a plain origin.
    let isPlain = origin.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    return isPlain && origins.contains { $0 == "*" || $0.lowercased() == origin.lowercased() }
  }

  /// Whether the page is the server's own.
  private func isOwn(_ origin: String, _ request: ServedRequest) -> Bool {
    guard let host = request.header("Host")?.lowercased() else { return false }
    return ["http://\(host)", "https://\(host)"].contains(origin.lowercased())
  }

  private func hasToken(_ request: ServedRequest) -> Bool {
    guard let token, let given = request.header("Authorization") else { return false }
    let words = given.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "bearer" else { return false }
    return ConstantTime.areEqual(
      Array(words[1].trimmingWhitespace().utf8), Array(token.reveal().utf8))
  }

  /// A proxy on this machine asks for somebody else, and says so.
  private func isFromElsewhere(_ request: ServedRequest) -> Bool {
    let marks = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"]
    return request.peer == .elsewhere || marks.contains { request.header($0) != nil }
  }

  /// Without its port, in lower case.
  private static func host(of request: ServedRequest) -> String? {
    guard let text = request.header("Host")?.lowercased(), !text.isEmpty else { return nil }
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") { return String(text[...end]) }
    return text.split(separator: ":", omittingEmptySubsequences: false).first.map(String.init)
  }
}

enum ConstantTime {
  /// Takes the same time for equal lengths, wherever they differ.
  static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    var difference: UInt8 = one.count == other.count ? 0 : 1
    for index in 0..<min(one.count, other.count) { difference |= one[index] ^ other[index] }
    return difference == 0
  }
}
