// Every check that doctor knows, in the order in which they are told, and why one had nothing to
// look at: none is left out in silence, neither in the text nor in the JSON. Looks at nothing
// itself.
import SymphonyCore

struct DoctorChecks {
  /// As docs/doctor.md lists them; what an agent makes of a setting stands behind `agent`, under
  /// that setting's name.
  static let inOrder = [
    "workflow", "selection", "environment", "secrets", "template", "user", "git", "identity",
    "state", "caches", "workspaces", "database", "disk", "inodes", "files", "serve",
    "feedback", "agent", "login",
    "sandbox", "hooks", "scheduler", "ticks", "tracker", "token", "repository", "permissions",
    "scopes", "labels", "board", "statuses", "priority", "drafts", "server", "clock", "rate",
    "remote", "issues", "records",
  ]
  private static let ofGitHub: Set = [
    "permissions", "scopes", "labels", "board", "statuses", "priority", "drafts", "server", "clock",
    "rate",
  ]
  private static let ofBoards: Set = ["board", "statuses", "priority", "drafts", "server"]
  private static let ofFiles: Set = ["issues", "records"]

  /// Nil: WORKFLOW.md cannot be used.
  let policy: Policy?

  /// In order, with a line for each check that has none yet.
  func complete(_ findings: [Finding]) -> [Finding] {
    let failed = Set(findings.filter { $0.grade == .fail }.map(\.subject))
    let told = Set(findings.map(\.subject))
    let all =
      findings
      + Self.inOrder.filter { !told.contains($0) }
      .map { Finding(.skip, $0, reason($0, failed)) }
    let places = Dictionary(uniqueKeysWithValues: Self.inOrder.enumerated().map { ($1, $0) })
    func place(_ finding: Finding) -> Int { places[finding.subject] ?? places["agent"] ?? 0 }
    return all.enumerated().sorted { one, other in
      (place(one.element), one.offset) < (place(other.element), other.offset)
    }.map(\.element)
  }

  /// The reason that stands behind `skip` for a check without findings.
  private func reason(_ subject: String, _ failed: Set<String>) -> String {
    let after = "not looked at: what fails comes first"
    guard let policy else {
      return "not looked at: WORKFLOW.md says nothing that could be used"
    }
    if policy.tracker.kind == .local, Self.ofGitHub.contains(subject) {
      return "GitHub is not asked: the issues are files"
    }
    if policy.tracker.kind == .github {
      if Self.ofFiles.contains(subject) { return "the issues are GitHub's" }
      if !policy.tracker.usesBoard, Self.ofBoards.contains(subject) {
        return "the workflow names no board"
      }
    }
    switch subject {
    case "environment": return "there is no .env beside WORKFLOW.md"
    case "identity": return failed.contains("git") ? after : "git says nothing of it"
    case "disk", "inodes": return "this file system tells none"
    case "login":
      return failed.contains("agent") ? after : "the agent has no way to be asked for its login"
    case "sandbox": return "agent.sandbox is none: an agent sees what this user sees"
    case "files": return "ticks write none besides their state"
    case "serve": return "nothing is set for `symphony serve`, which has defaults"
    case "feedback":
      return "pull requests are left to people: feedback.enabled: true has reviews, comments, "
        + "failed checks and conflicts answered"
    case "hooks": return "the workflow has none"
    case "scopes" where failed.isEmpty: return "this kind of token names none"
    case "labels" where policy.tracker.usesBoard: return "on a board none is asked for by name"
    case "labels" where policy.tracker.requiredLabels.isEmpty: return "none is required"
    case "repository" where policy.tracker.usesBoard && failed.isEmpty:
      return "the board's items name their own: see permissions"
    case "drafts" where failed.isEmpty:
      return policy.tracker.board?.draftRepository.map { "\($0) is there" }
        ?? "drafts are made into issues of no repository"
    case "server" where failed.isEmpty: return "it knows all that a board needs"
    default: return failed.isEmpty ? "there is nothing to look at" : after
    }
  }
}
