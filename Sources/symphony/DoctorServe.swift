// What doctor says of the settings of `symphony serve`: whether those who shall reach it can, and
// whether nobody else does. Looks, and listens nowhere.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport

extension Checkup {
  func served(_ policy: Policy) -> [Finding] {
    let server = policy.server
    let token = server.token ?? variable("SYMPHONY_SERVER_TOKEN")
    let hookSecret = server.webhookSecret ?? variable("GITHUB_WEBHOOK_SECRET")
    var findings: [Finding] = []
    func warn(_ text: String, _ hint: String) {
      findings.append(Finding(.warn, "serve", text, hint: hint))
    }
    let isOpen = !["127.0.0.1", "localhost", "::1"].contains(server.host)
    if isOpen, server.socket == nil, token == nil {
      warn(
        "server.host is \(server.host), but without server.token nobody from elsewhere may ask",
        "set SYMPHONY_SERVER_TOKEN in .env: openssl rand -hex 24")
    }
    for (name, secret) in [("server.token", token), ("github.webhook_secret", hookSecret)] {
      if let secret, secret.reveal().utf8.count < Self.shortestSecret {
        warn(
          "\(name) has fewer than \(Self.shortestSecret) bytes, and can be guessed",
          "make another: openssl rand -hex 24")
      }
    }
    if policy.hintedPollInterval != nil, hookSecret == nil {
      warn(
        "polling.with_webhooks_interval_ms is set, but no webhook can come",
        "set GITHUB_WEBHOOK_SECRET in .env, and have `symphony serve` reached by GitHub")
    }
    if server.corsOrigins.contains("*") {
      warn(
        "server.cors_origins is *: any page in a browser on this machine may read everything",
        "name the origins of your own pages")
    }
    if let path = server.socket, !Files.isWritable(Files.parent(of: path)) {
      warn(
        "server.socket: this user can make no socket in \(Files.parent(of: path))",
        "name a directory of the user who calls `symphony serve`")
    }
    if findings.isEmpty, server != ServerPolicy() || token != nil || hookSecret != nil {
      let place = server.socket ?? "\(server.host), port \(server.port)"
      let changes = token == nil ? "nothing can be changed" : "changes ask for the token"
      let hooks = hookSecret == nil ? "no webhooks" : "webhooks are taken"
      findings.append(Finding(.pass, "serve", "\(place); \(changes); \(hooks)"))
    }
    return findings
  }

  /// Bytes; OWASP asks for 64 bits of chance, which letters and digits have in this length.
  private static let shortestSecret = 16

  private func variable(_ name: String) -> Secret? {
    composition.environment[name].flatMap { $0.isEmpty ? nil : Secret($0) }
  }
}
