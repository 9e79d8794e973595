// Who may ask: tokens, hosts, origins, proxies; and what a webhook's signature is worth.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyServer

@Suite struct GateTests {
  private let gate = Gate(
    token: Secret("s3cret"), hosts: ["symphony.internal"], origins: ["https://board.example"])

  private func request(
    _ peer: ServedRequest.Peer = .loopback, _ headers: [(name: String, value: String)] = [],
    host: String? = "localhost:9097"
  ) -> ServedRequest {
    let hosts = host.map { [(name: "Host", value: $0)] } ?? []
    return ServedRequest(method: "GET", target: "/", headers: hosts + headers, peer: peer)
  }

  private func status(_ request: ServedRequest, _ access: Endpoint.Access = .read) -> Int {
    gate.refusal(request, access)?.status ?? 200
  }

  @Test func thisMachineReadsWithoutAToken() {
    #expect(status(request()) == 200)
    for host in ["127.0.0.1", "[::1]:9097", "LOCALHOST", "symphony.internal:80"] {
      #expect(status(request(host: host)) == 200, "\(host)")
    }
    // A name that somebody else made point here.
    for host in ["evil.example", "localhost.evil.example", nil, ""] {
      #expect(status(request(host: host)) == 403, "\(host ?? "none")")
    }
  }

  @Test func everyChangeAsksForTheToken() {
    #expect(status(request(), .change) == 401)
    for given in ["Bearer s3cret", "bearer  s3cret"] {
      #expect(status(request(.elsewhere, [("Authorization", given)]), .change) == 200)
    }
    for given in ["Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "s3cret", "Bearer ", ""] {
      #expect(status(request(.loopback, [("Authorization", given)]), .change) == 401, "\(given)")
    }
    #expect(status(request(.owner, host: nil), .change) == 200)
    #expect(status(request(.owner, host: ""), .change) == 200)
    let nobody = Gate(token: nil, hosts: [], origins: [])
    let refusal = nobody.refusal(request(.loopback, [("Authorization", "Bearer ")]), .change)
    // No token could help: nobody is asked for one.
    #expect(refusal?.status == 403)
    #expect(refusal?.headers.contains { $0.name == "WWW-Authenticate" } == false)
    #expect(nobody.refusal(request(.elsewhere), .read)?.status == 403)
  }

  @Test func whoeverAsksFromElsewhereNeedsTheToken() {
    #expect(status(request(.elsewhere)) == 401)
    for mark in [
      "X-Forwarded-For", "x-forwarded-proto", "forwarded", "Via", "X-Real-IP", "CF-Connecting-IP",
      "X-Amzn-Trace-Id", "True-Client-IP",
    ] {
      for peer in [ServedRequest.Peer.loopback, .owner] {
        #expect(status(request(peer, [(mark, "203.0.113.9")])) == 401, "\(mark)")
        #expect(status(request(peer, [(mark, "203.0.113.9")]), .change) == 401, "\(mark)")
      }
    }
    #expect(status(request(.elsewhere), .signed) == 200)
    // A proxy without settings adds nothing, but speaks the version before.
    var old = request()
    old.isHTTP10 = true
    #expect(status(old) == 401)
  }

  /// No browser reaches a Unix socket by itself.
  @Test func aBrowserAtASocketIsBehindAProxy() {
    for header in [("Origin", "http://localhost"), ("Sec-Fetch-Site", "same-origin")] {
      #expect(status(request(.owner, [header], host: "localhost")) == 200)
      #expect(status(request(.owner, [header], host: "localhost"), .change) == 401)
      #expect(status(request(.owner, [header], host: "evil.example")) == 403)
    }
  }

  @Test func aHostIsAHost() {
    for host in ["[::1]evil", "localhost:evil.com", "localhost:80:80", "[::1", ":80"] {
      #expect(status(request(host: host)) == 400, "\(host)")
    }
    #expect(status(request(.loopback, [("Host", "localhost")])) == 400, "one too many")
    #expect(
      status(request(.elsewhere, [("host", "x"), ("Authorization", "Bearer s3cret")])) == 400)
  }

  /// A picture, a frame or a script of another page sends no origin.
  @Test func pagesOfOtherSitesMayOnlyLinkHere() {
    for site in ["cross-site", "same-site"] {
      #expect(status(request(.loopback, [("Sec-Fetch-Site", site)])) == 403, "\(site)")
      #expect(status(request(.loopback, [("Sec-Fetch-Site", site)]), .shell) == 200)
    }
    for site in ["same-origin", "none"] {
      #expect(status(request(.loopback, [("Sec-Fetch-Site", site)])) == 200, "\(site)")
    }
    #expect(
      status(
        request(
          .loopback, [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://board.example")]))
        == 200)
  }

  /// A proxy may add it to whatever a browser sends.
  @Test func theTokenMakesNoOtherSitesPageOurs() {
    let token = (name: "Authorization", value: "Bearer s3cret")
    for header in [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")] {
      for peer in [ServedRequest.Peer.elsewhere, .loopback] {
        #expect(status(request(peer, [token, header]), .change) == 403)
        #expect(status(request(peer, [token, header])) == 403)
      }
    }
    let own = [token, ("Origin", "https://symphony.example")]
    #expect(status(request(.elsewhere, own, host: "symphony.example"), .change) == 200)
    #expect(
      status(request(.elsewhere, own + [("X-Forwarded-Host", "symphony.example")]), .change) == 200)
  }

  @Test func thePageItselfIsForEverybody() {
    #expect(status(request(.elsewhere), .shell) == 200)
    #expect(status(request(.loopback, host: "evil.example"), .shell) == 200)
  }

  @Test func onlyWhoMayChangeThingsIsTrusted() {
    #expect(gate.isTrusted(request(.owner, host: nil)))
    #expect(gate.isTrusted(request(.elsewhere, [("Authorization", "Bearer s3cret")])))
    #expect(!gate.isTrusted(request()))
    #expect(!gate.isTrusted(request(.owner, [("Via", "1.1 x")])))
  }

  @Test func pagesOfOtherOriginsMayNotAsk() {
    #expect(status(request(.loopback, [("Origin", "http://localhost:9097")])) == 200)
    #expect(status(request(.loopback, [("Origin", "https://board.example")])) == 200)
    for origin in ["https://evil.example", "null", "http://localhost"] {
      #expect(status(request(.loopback, [("Origin", origin)])) == 403, "\(origin)")
    }
    let shown = gate.crossOriginHeaders(request(.loopback, [("Origin", "https://board.example")]))
    #expect(
      shown.first { $0.name == "Access-Control-Allow-Origin" }?.value == "https://board.example")
    #expect(
      gate.crossOriginHeaders(request(.loopback, [("Origin", "https://evil.example")])).isEmpty)
  }

  // MARK: Webhooks

  /// The example of GitHub's documentation.
  private static let secret = Secret("It's a Secret to Everybody")
  private static let signature =
    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

  private func hook(
    _ body: String = "Hello, World!", _ signature: String? = GateTests.signature,
    event: String? = "issues", id: String? = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
  ) -> Result<WebhookDelivery, Webhook.Refusal> {
    var headers: [(name: String, value: String)] = []
    if let signature { headers.append(("X-Hub-Signature-256", signature)) }
    if let event { headers.append(("X-GitHub-Event", event)) }
    if let id { headers.append(("X-GitHub-Delivery", id)) }
    var request = ServedRequest(
      method: "POST", target: "/", headers: headers, body: Array(body.utf8))
    request.bodyCode = MessageCode.sha256(
      Array(body.utf8), key: Array(Self.secret.reveal().utf8))
    return Webhook.read(request, repositories: [RepositoryName(owner: "acme", name: "app")])
  }

  private func refused(_ result: Result<WebhookDelivery, Webhook.Refusal>) -> Int? {
    if case .failure(let refusal) = result { refusal.status } else { nil }
  }

  @Test func theSignatureIsOverTheRawBytes() throws {
    let delivery = try hook().get()
    #expect(delivery.event == "issues" && delivery.matters)
    #expect(refused(hook("Hello, World! ")) == 401)
    #expect(refused(hook("Hello, World!", nil)) == 401)
    for signature in ["", "sha256=", "sha1=757107ea", String(Self.signature.dropLast())] {
      #expect(refused(hook("Hello, World!", signature)) == 401, "\(signature)")
    }
  }

  @Test func anEventIsAWordAndMatters() throws {
    #expect(try hook(event: "ping").get().matters == false)
    #expect(try hook(event: "check_run").get().matters == false)
    #expect(try hook(event: "star").get().matters == false)
    for event in ["", "a b", "../x", "a\nb", String(repeating: "a", count: 200)] {
      #expect(refused(hook(event: event)) == 400, "\(event)")
    }
    #expect(refused(hook(event: nil)) == 400 && refused(hook(id: nil)) == 400)
  }

  private func signed(_ body: String, _ event: String) throws -> WebhookDelivery {
    let code = try #require(
      MessageCode.sha256(Array(body.utf8), key: Array(Self.secret.reveal().utf8)))
    let hex = code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    return try hook(body, "sha256=" + hex, event: event).get()
  }

  @Test func anEventOfAnotherRepositoryMattersOnlyWhereItMayReach() throws {
    let ours = #"{"repository": {"full_name": "Acme/App"}}"#
    let other = #"{"repository": {"full_name": "acme/other"}}"#
    #expect(try signed(ours, "issue_comment").matters)
    #expect(try !signed(other, "issue_comment").matters)
    #expect(try signed(other, "issues").matters, "it may have kept one of ours waiting")
    for unclear in ["", "{", "[]", #"{"repository": null}"#, #"{"action": "x"}"#] {
      #expect(try signed(unclear, "pull_request").matters, "\(unclear)")
    }
  }

  @Test func aCodeIsTheSameInPieces() {
    let message = (0..<1000).map { UInt8($0 % 251) }
    for step in [1, 7, 64, 999] {
      guard var code = MessageCode(key: [1, 2, 3]) else {
        Issue.record("no libcrypto")
        return
      }
      for start in stride(from: 0, to: message.count, by: step) {
        let isTaken = code.add(message[start..<min(start + step, message.count)])
        #expect(isTaken)
      }
      let value = code.end()
      #expect(value == MessageCode.sha256(message, key: [1, 2, 3]), "\(step)")
    }
  }

  /// RFC 4231, cases 2 and 6: a short key, and one longer than a block.
  @Test func theCodeIsThatOfTheStandard() {
    func hex(_ bytes: [UInt8]?) -> String {
      (bytes ?? []).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
    #expect(
      hex(MessageCode.sha256(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      hex(
        MessageCode.sha256(
          Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
          key: [UInt8](repeating: 0xAA, count: 131)))
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }
}
