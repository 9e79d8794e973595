// What comes to `symphony serve`: the head of a request, and webhooks.
import SymphonyCore
import SymphonyPlatform

@testable import SymphonyServer

let serverTargets: [FuzzTarget] = [
  FuzzTarget(
    "http-head",
    seeds: {
      Seeds.texts(
        "GET /api/v1/work-items/acme%2Fapp%237?x=1&y=a+b%20c HTTP/1.1\nHost: localhost:8080\n",
        "POST http://localhost/api/v1/stop HTTP/1.1\nHost: [::1]:80\nAuthorization: Bearer t0k3n\n"
          + "Origin: http://localhost\nSec-Fetch-Site: same-origin\n",
        "GET / HTTP/1.0\nX-Forwarded-For: 1.2.3.4\nHost: a\nHost: b\n",
        "POST /api/v1/webhooks/github HTTP/1.1\nX-Hub-Signature-256: sha256=0\n",
        "OPTIONS /api/v1/runs/a-r1/log?from=-1 HTTP/1.1\nHost: evil.example\nOrigin: null\n")
    }, check: checkHead),
  FuzzTarget(
    "webhook",
    seeds: {
      Seeds.texts(
        #"{"action":"opened","repository":{"full_name":"acme/app","id":1},"issue":{"number":1}}"#,
        #"{"repository":null}"#, "payload=%7B%7D", "")
    }, check: checkWebhook),
]

/// A line for the request, and one for each header.
private func checkHead(_ input: [UInt8]) throws {
  let lines = String(decoding: input, as: UTF8.self).splitLines()
  let words = (lines.first ?? "").split(separator: " ", maxSplits: 2).map(String.init)
  let headers = lines.dropFirst().map { line in
    let sides = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    return (
      name: String(sides[0]), value: sides.count > 1 ? sides[1].trimmingWhitespace() : ""
    )
  }
  let gate = Gate(token: Secret("t0k3n"), hosts: [], origins: ["https://ui.example.com"])
  for peer in [ServedRequest.Peer.loopback, .owner, .elsewhere] {
    var request = ServedRequest(
      method: words.first ?? "", target: words.count > 1 ? words[1] : "", headers: headers,
      peer: peer)
    request.isHTTP10 = words.last == "HTTP/1.0"
    try promise(request.query.count <= 32, "\(request.query.count) parameters")
    for (name, value) in gate.crossOriginHeaders(request) {
      try promisePlain(value, "the header \(name)")
    }
    guard case .endpoint(let endpoint, _) = Endpoint.find(request) else { continue }
    let hasToken = headers.contains { $0.value.hasSuffix("t0k3n") }
    let isRefused = gate.refusal(request, endpoint.access) != nil
    try promise(
      isRefused || hasToken || endpoint.access != .change || peer == .owner,
      "\(endpoint.written) changes something for whoever asks")
    try promise(
      isRefused || hasToken || endpoint.access != .read || peer != .elsewhere,
      "\(endpoint.written) is read from elsewhere")
  }
  for part in (words.dropFirst().first ?? "").split(separator: "/") {
    let pieces = part.split(separator: "%", omittingEmptySubsequences: false).dropFirst()
    let isPlain = pieces.allSatisfy { piece in
      piece.utf8.count < 2
        || !piece.utf8.prefix(2).allSatisfy { Unicode.Scalar($0).properties.isASCIIHexDigit }
    }
    let decoded = ServedRequest.decode(part, plus: false)
    try promise(!isPlain || decoded == part, "\(part) is decoded as \(decoded)")
  }
}

private func checkWebhook(_ input: [UInt8]) throws {
  guard var code = MessageCode(key: Array("secret".utf8)) else { return }
  guard code.add(input) else { throw BrokenPromise(description: "no code of \(input.count) bytes") }
  guard let bytes = code.end() else { throw BrokenPromise(description: "no code") }
  let digits = bytes.map { byte -> String in
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }.joined()
  var request = ServedRequest(
    method: "POST", target: "/api/v1/webhooks/github",
    headers: [
      (name: "X-Hub-Signature-256", value: "sha256=\(digits)"),
      (name: "X-GitHub-Event", value: "label"), (name: "X-GitHub-Delivery", value: "a-1"),
    ], body: input)
  request.bodyCode = bytes
  let ours = [RepositoryName(owner: "acme", name: "app")]
  guard case .success(let delivery) = Webhook.read(request, repositories: ours) else {
    throw BrokenPromise(description: "a webhook with a right signature is refused")
  }
  try promise(delivery.id == "a-1" && delivery.code == digits, "\(delivery)")
  request.bodyCode = bytes.map { ~$0 }
  guard case .failure = Webhook.read(request, repositories: ours) else {
    throw BrokenPromise(description: "a webhook with a wrong signature is taken")
  }
}
