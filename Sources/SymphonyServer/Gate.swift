// Who may ask for what: the one place that decides about tokens, hosts and origins. A page in
// somebody's browser can send requests to this machine, under a name of its own choosing (DNS
// rebinding), and a proxy on it asks for others, so that an address alone proves nothing about who
// asks.
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

  /// Whether whoever asks may change things.
  func isTrusted(_ request: ServedRequest) -> Bool {
    hasToken(request) || standing(of: request) == .owner
  }

  /// What speaks against it; nil: the request may be carried out.
  ///
  /// `access`: what the endpoint asks for.
  func refusal(_ request: ServedRequest, _ access: Endpoint.Access) -> ServedAnswer? {
    // A server and a proxy before it could each believe another one (RFC 9112, 3.2).
    let hostCount = request.headers.count { $0.name.lowercased() == "host" }
    if hostCount > 1 || (hostCount == 1 && Self.host(of: request) == nil && !isBare(request)) {
      return .problem(400, "the Host header names no host, or two")
    }
    if access == .signed || access == .shell { return nil }
    // Also with the token: a proxy may add it to whatever a browser sends.
    if let refusal = foreignPage(request) { return refusal }
    if isTrusted(request) { return nil }
    if access == .change || standing(of: request) == .elsewhere {
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
    return nil
  }

  /// The answer where the page of somebody else asks.
  private func foreignPage(_ request: ServedRequest) -> ServedAnswer? {
    let origin = request.header("Origin")
    if let origin, !isOwn(origin, request), !allows(origin) {
      return .problem(403, "pages of that origin may not ask", hint: "see server.cors_origins")
    }
    // A picture or a script of another page names no origin, but the browser says where it stands
    // (w3.org/TR/fetch-metadata).
    let isAllowed = origin.map(allows) ?? false
    if !isAllowed, let site = request.header("Sec-Fetch-Site")?.lowercased(),
      site != "same-origin", site != "none"
    {
      return .problem(403, "pages of other sites may not ask", hint: "see server.cors_origins")
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

  /// Whether the page is the server's own, under the name by which it was asked or, as a proxy
  /// says, the proxy was: no page can send that header without having asked first.
  private func isOwn(_ origin: String, _ request: ServedRequest) -> Bool {
    ["Host", "X-Forwarded-Host"].compactMap { request.header($0)?.lowercased() }.contains { host in
      ["http://\(host)", "https://\(host)"].contains(origin.lowercased())
    }
  }

  private func hasToken(_ request: ServedRequest) -> Bool {
    guard let token, let given = request.header("Authorization") else { return false }
    let words = given.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "bearer" else { return false }
    return ConstantTime.areEqual(
      Array(words[1].trimmingWhitespace().utf8), Array(token.reveal().utf8))
  }

  // MARK: Who asks

  /// Who asks, as far as the connection and the headers tell together.
  ///
  /// What a browser sends came to a socket through a proxy, with whatever page behind it.
  private func standing(of request: ServedRequest) -> ServedRequest.Peer {
    if isThroughProxy(request) { return .elsewhere }
    let isBrowser = request.has("Origin") || request.has("Sec-Fetch-Site")
    return request.peer == .owner && isBrowser ? .loopback : request.peer
  }

  /// Headers that only proxies add; the name, or its beginning where it ends in a hyphen.
  private static let proxyMarks = [
    "x-forwarded-", "forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip",
    "x-original-", "true-client-ip", "client-ip", "cf-", "cdn-loop", "fly-", "fastly-",
    "x-envoy-", "x-amzn-", "x-amz-cf-", "x-arr-", "x-azure-", "x-appengine-", "x-nginx-",
    "tailscale-", "x-proxy",
  ]

  /// A proxy on this machine asks for somebody else, and says so, or speaks the old version that
  /// nginx speaks where nothing is set.
  private func isThroughProxy(_ request: ServedRequest) -> Bool {
    request.isHTTP10
      || request.headers.contains { header in
        let name = header.name.lowercased()
        return Self.proxyMarks.contains { $0.hasSuffix("-") ? name.hasPrefix($0) : name == $0 }
      }
  }

  /// Whether its Host is empty, as HTTP has it for what has no name (RFC 9112, 3.2).
  private func isBare(_ request: ServedRequest) -> Bool {
    request.header("Host")?.isEmpty ?? true
  }

  /// Without its port, in lower case; nil: it is none.
  private static func host(of request: ServedRequest) -> String? {
    guard let text = request.header("Host")?.lowercased(), !text.isEmpty else { return nil }
    let name: Substring
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      name = text[...end]
    } else {
      name = text.prefix { $0 != ":" }
    }
    let port = text[name.endIndex...]
    let isPort =
      port.isEmpty
      || port.first == ":" && port.utf8.count <= 6
        && port.dropFirst().utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return isPort && !name.isEmpty ? String(name) : nil
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
