// Which token a request carries: the one the workflow gives, or one of a GitHub App's installation,
// made when needed and renewed in time. GitHubClient asks before every request and once more after
// a 401. Calls are serial: the client's gate is held.
import SymphonyCore

/// The kinds of tokens, told apart by their form: each can be granted other things.
enum TokenKind: Sendable {
  /// Has scopes; `gho_` of `gh auth login` counts too.
  case classic
  case fineGrained
  /// Of an App's installation, and what GitHub Actions gives.
  case installation
  case unknown

  init(_ token: Secret) {
    let text = token.reveal()
    if text.hasPrefix("github_pat_") {
      self = .fineGrained
    } else if text.hasPrefix("ghs_") {
      self = .installation
    } else if text.hasPrefix("ghp_") || text.hasPrefix("gho_") {
      self = .classic
    } else {
      self = .unknown
    }
  }
}

struct TokenSource: Sendable {
  private enum Way: Sendable {
    case given(Secret)
    case missing(TrackerError)
    case app(InstallationTokens)
  }
  private let way: Way
  /// Tells one identity's remembered answers from another's; the same for all tokens of one
  /// installation.
  let identity: String
  let kind: TokenKind

  init(policy: TrackerPolicy, wire: GitHubWire, identity: String) {
    self.identity = identity
    if let app = policy.app {
      way = .app(InstallationTokens(app: app, policy: policy, wire: wire))
      kind = .installation
    } else if let token = policy.token, !token.isEmpty {
      way = .given(token)
      kind = TokenKind(token)
    } else {
      let origin = policy.tokenOrigin.isEmpty ? "" : " (\(policy.tokenOrigin))"
      way = .missing(.unauthorized("there is no GitHub token" + origin))
      kind = .unknown
    }
  }

  /// An installation is told apart by what the workflow says about it: its own id is found later.
  static func identity(of policy: TrackerPolicy, salt: String) -> String {
    guard let app = policy.app else {
      return StableHash.hex(salt + "\n" + (policy.token?.reveal() ?? ""))
    }
    return StableHash.hex(
      [salt, "app", app.id, InstallationTokens.place(policy)].joined(separator: "\n"))
  }

  func token() async throws(TrackerError) -> Secret {
    switch way {
    case .given(let token): return token
    case .missing(let error): throw error
    case .app(let tokens): return try await tokens.token()
    }
  }

  /// Gives another token after the server refused this one; nil when there is no other.
  func renewed(after refused: Secret) async throws(TrackerError) -> Secret? {
    guard case .app(let tokens) = way else { return nil }
    return try await tokens.renewed(after: refused)
  }

  var installationTokens: InstallationTokens? {
    if case .app(let tokens) = way { tokens } else { nil }
  }
}
