// The contract tests' world in our own simulator: edits and faults in its own words.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport

@testable import SymphonyTrackers

struct BuiltInBackend: Backend {
  let server: GitHubSimulator
  var apiURL: String { server.apiURL }
  var token: String { server.token }

  init() async throws {
    server = try await GitHubSimulator.start()
    try server.addRepository("acme/api")
    server.addBoard(
      fields: [
        .status(BackendWorld.statuses), .select("Priority", BackendWorld.priorities),
        BoardFieldPlan("Notes", .text), BoardFieldPlan("Estimate", .number),
      ], closedStatus: "Done")
    server.addBoard(
      BackendWorld.userBoard, owner: "symphony-bot", fields: [.status(BackendWorld.statuses)])
    server.addApp(clientID: BackendWorld.clientID, installation: BackendWorld.installation)
  }

  func takeBoard() -> Int { 1 }

  func createIssue(
    _ title: String, labels: [String], body: String, repository: String
  ) async throws -> IssueName {
    let number = server.createIssue(title: title, body: body, labels: labels, in: repository)
    return IssueName(number: number, repository: repository)
  }

  func addDraft(_ title: String, board: Int, _ fields: [String: String]) async throws -> String {
    try server.addDraft(title, fields: fields, board: board)
  }

  func edit(_ edit: WorldEdit) async throws {
    switch edit {
    case .close(let issue): server.closeIssue(issue.number, in: issue.repository)
    case .reopen(let issue): server.reopenIssue(issue.number, in: issue.repository)
    case .delete(let issue): server.deleteIssue(issue.number, in: issue.repository)
    case .addLabel(let issue, let label):
      server.addLabel(issue.number, label, in: issue.repository)
    case .removeLabel(let issue, let label):
      server.removeLabel(issue.number, label, in: issue.repository)
    case .comment(let issue, let text):
      try server.comment(issue.number, author: "alice", body: text, in: issue.repository)
    case .block(let issue, let blocker):
      server.block(
        issue.number, in: issue.repository, by: blocker.number, of: blocker.repository)
    case .addSubIssue(let child, let parent):
      server.addSubIssue(
        child.number, of: child.repository, to: parent.number, in: parent.repository)
    case .merge(let pull): try server.mergePullRequest(pull.number, in: pull.repository)
    case .commit(let branch, let repository):
      try server.commit(branch: branch, files: ["work.txt": branch], in: repository)
    case .checks(let pull, let runs):
      let branch = server.issue(pull.number, in: pull.repository)?.pull?.head ?? ""
      server.setChecks(
        runs.sorted { $0.key < $1.key }.map { .run($0.key, $0.value) }, branch: branch,
        in: pull.repository)
    case .review(let pull, let state, let body, let line):
      try server.review(
        pull.number, state, body, lines: [SimulatedLinePlan("work.txt", 1, line)],
        in: pull.repository)
    case .check(let pull, let name, let conclusion, let log):
      guard let found = server.issue(pull.number, in: pull.repository)?.pull else { return }
      let known = server.checks(of: found.headSHA, in: pull.repository)
      server.setChecks(
        known + [.job(name, conclusion, log: .text(log))], branch: found.head, in: pull.repository)
    case .commitFile(let file, let branch):
      try server.commit(branch: branch, files: [file: file])
    default: try editServer(edit)
    }
  }

  private func editServer(_ edit: WorldEdit) throws {
    switch edit {
    case .addItem(let issue, let board, let fields):
      try server.addItem(issue.number, in: issue.repository, fields: fields, board: board)
    case .setField(let issue, let board, let field, let value):
      try server.setField(field, value, of: issue.number, in: issue.repository, board: board)
    case .archive(let issue, let board):
      server.archive(issue.number, in: issue.repository, board: board)
    case .removeItem(let issue, let board):
      server.removeItem(issue.number, in: issue.repository, board: board)
    case .renameOption(let old, let new, let board):
      server.renameOption(old, to: new, board: board)
    case .addToken(let token, let repositories):
      server.addFineGrainedToken(token)
      for name in ["acme/app", "acme/api"] where !repositories.contains(name) {
        server.hide(name, from: token)
      }
    case .role(let login, let role):
      server.setRole(login, SimulatedRole(rawValue: role) ?? .none)
    case .revokeToken(let token): server.revokeToken(token)
    case .limit(let remaining, let resource, let seconds):
      server.limitRequests(remaining: remaining, resetsIn: Int64(seconds), resource: resource)
    case .advanceClock(let seconds): server.advanceClock(seconds: Int64(seconds))
    default: preconditionFailure("\(edit) was to be done already")
    }
  }

  func spoil(_ match: WireMatch, _ fault: WireFault, after: Bool, times: Int) async throws {
    let kind: Fault.Kind =
      switch fault {
      case .reset: .reset
      case .resetMidBody: .resetMidBody
      case .truncated: .truncated
      case .status(let status) where (502...504).contains(status): .html502
      case .status(let status): .status(status)
      case .secondary(let seconds): .secondaryLimit(retryAfter: seconds)
      case .primary(let seconds): .primaryLimit(resetsIn: Int64(seconds))
      case .graphErrors:
        .graphErrors(type: nil, message: "Something went wrong while executing your query.")
      case .partial(let path): .partial(path)
      }
    switch match {
    case .rest(let method, let path):
      server.add(Fault(kind, method: method, path: path, times: times, after: after))
    case .operation(let name):
      server.add(Fault(kind, operation: name, times: times, after: after))
    }
  }

  func mend() async throws { server.removeFault() }

  func takeLog() async throws -> [WireEntry] {
    defer { server.clearRequestLog() }
    return server.requestLog.map {
      WireEntry(status: $0.status, cost: $0.cost, operation: $0.operation)
    }
  }
}
