// Findings of doctor about the token: where it comes from, and what it cannot do whatever it is
// granted. For a GitHub App a token is made on the spot, because only then GitHub says what the
// installation may do. GitHubTracker's `examine` puts these lines before those of the repository.
import SymphonyCore

extension GitHubClient {
  /// Findings about the token; the last one is a `.fail` when nothing can be asked at all.
  func tokenFindings(_ policy: TrackerPolicy) async -> [Finding] {
    var findings = [await tokenFinding(policy)]
    if findings[0].grade != .fail, let app = policy.app {
      findings = await appFindings(app, policy)
    }
    if let board = policy.board, board.scope == .user,
      tokens.kind == .fineGrained || tokens.kind == .installation
    {
      findings.append(
        Finding(
          .fail, "token",
          "a board that belongs to a user (\(GitHubAnswer.clean(board.owner))) "
            + "cannot be seen by fine-grained tokens and Apps",
          hint:
            "use a classic token with the scopes repo and project, or a board of an organization"
        ))
    }
    return findings
  }

  private func tokenFinding(_ policy: TrackerPolicy) async -> Finding {
    if policy.app != nil { return Finding(.pass, "token", "from a GitHub App") }
    guard policy.token?.isEmpty == false else {
      return Finding(
        .fail, "token", "no GitHub token was found: \(policy.tokenOrigin)",
        hint: "set GITHUB_TOKEN (in .env beside WORKFLOW.md), or log in with `gh auth login`")
    }
    let kind =
      switch tokens.kind {
      case .classic: " (classic)"
      case .fineGrained: " (fine-grained)"
      case .installation: " (of an App's installation)"
      case .unknown: ""
      }
    return Finding(.pass, "token", "from \(policy.tokenOrigin)\(kind)")
  }

  private func appFindings(_ app: AppPolicy, _ policy: TrackerPolicy) async -> [Finding] {
    do throws(TrackerError) {
      guard let grant = try await grant() else { return [] }
      let name = "GitHub App \(GitHubAnswer.clean(app.id)), installation \(grant.installation)"
      var needed = [
        ("contents", "write"), ("issues", "write"), ("pull_requests", "write"),
      ]
      if policy.usesBoard { needed.append(("organization_projects", "write")) }
      let lacking = needed.filter { Self.rank(grant.permissions[$0.0]) < Self.rank($0.1) }
      let findings = [Finding(.pass, "token", name)]
      guard !lacking.isEmpty else { return findings }
      let words = lacking.map { "\($0.0): \($0.1)" }.joined(separator: ", ")
      return findings + [
        Finding(
          .fail, "token", "the App's installation lacks \(words)",
          hint: "grant it on the App's settings page; the account's owner then has to accept it")
      ]
    } catch {
      return [Finding(.fail, "token", error.sentence, hint: error.hint)]
    }
  }

  private static func rank(_ level: String?) -> Int {
    switch level {
    case "read"?: 1
    case "write"?: 2
    case "admin"?: 3
    default: 0
    }
  }
}
