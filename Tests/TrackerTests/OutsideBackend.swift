// The contract tests' world in the simulator beside the checkout: edits and faults through its
// admin endpoints. One process serves all tests of a run, so each takes a board of its own, and the
// suites that use it are serialized.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Synchronization

@testable import SymphonyTrackers

final class OutsideBackend: Backend {
  /// Nil where the program is not there or cannot be started: then why is on stderr.
  static let shared: OutsideBackend? = {
    guard OutsideSimulator.folder != nil else { return nil }
    do {
      return OutsideBackend(try OutsideSimulator(world: world))
    } catch {
      print("the contract tests go without the simulator beside the checkout: \(error)")
      return nil
    }
  }()

  private static let boardCount = 120
  private let server: OutsideSimulator
  private let boards = Mutex(0)
  let token = "ghp_symphonybot"
  var apiURL: String { server.url }

  private init(_ server: OutsideSimulator) { self.server = server }

  // MARK: The world it begins with

  private static func strings(_ values: [String]) -> Structure {
    .list(values.map { .string($0) })
  }

  private static let permissions: [String: Structure] = [
    "metadata": "read", "contents": "write", "issues": "write", "pull_requests": "write",
    "statuses": "read", "organization_projects": "write",
  ].mapValues { .string($0) }

  private static func board(_ owner: String, _ number: Int) -> Structure {
    let status: Structure = .object([
      "name": .string("Status"), "options": strings(BackendWorld.statuses),
    ])
    let priority: Structure = .object([
      "name": .string("Priority"), "type": .string("SINGLE_SELECT"),
      "options": strings(BackendWorld.priorities),
    ])
    let others = ["Notes": "TEXT", "Estimate": "NUMBER"].sorted { $0.key < $1.key }.map {
      Structure.object(["name": .string($0.key), "type": .string($0.value)])
    }
    return .object([
      "owner": .string(owner), "number": .integer(Int64(number)), "title": .string("Work"),
      "fields": .list([status, priority] + others),
      "workflows": .object(["item_closed": .string("Done"), "pr_merged": .string("Done")]),
    ])
  }

  private static var world: Structure {
    var installation = permissions
    installation["checks"] = .string("read")
    let people = ["symphony-bot", "alice", "bob"]
    return .object([
      "users": strings(people),
      "orgs": .list([
        .object([
          "login": .string("acme"),
          "members": .object(
            Dictionary(uniqueKeysWithValues: people.map { ($0, .string("write")) })),
        ])
      ]),
      "tokens": .list([
        .object(["token": .string("ghp_symphonybot"), "user": .string("symphony-bot")]),
        .object(["token": .string("ghp_bob"), "user": .string("bob")]),
      ]),
      "repos": .list(
        ["app", "api"].map {
          .object(["owner": .string("acme"), "name": .string($0)])
        }),
      "projects": .list(
        (1...boardCount).map { board("acme", $0) }
          + [board("symphony-bot", BackendWorld.userBoard)]),
      "apps": .list([
        .object([
          "id": .integer(1001), "client_id": .string(BackendWorld.clientID),
          "slug": .string("symphony"), "public_key": .string(BackendWorld.publicKey + "\n"),
          "installations": .list([
            .object([
              "id": .integer(Int64(BackendWorld.installation)), "account": .string("acme"),
              "permissions": .object(installation),
            ])
          ]),
        ])
      ]),
    ])
  }

  // MARK: Admin

  @discardableResult
  private func admin(
    _ method: String, _ path: String, _ body: Structure? = nil
  ) async throws -> Structure {
    try await Blocking.run { [server] in try server.admin(method, path, body) }
  }

  @discardableResult
  private func edit(_ op: String, _ members: [String: Structure]) async throws -> Structure {
    try await admin("POST", "edit", .object(members.merging(["op": .string(op)]) { $1 }))
  }
  private func on(
    _ issue: IssueName, _ op: String, _ more: [String: Structure] = [:]
  ) async throws {
    try await edit(op, more.merging(["issue": .string(issue.description)]) { $1 })
  }

  func begin() async throws {
    try await mend()
    try await admin("DELETE", "requests")
    try await admin(
      "POST", "clock", .object(["offset": .integer(0)]))
    for resource in ["core", "graphql"] {
      try await edit(.limit(remaining: 5000, resource: resource, resetsIn: 3600))
    }
  }

  func takeBoard() -> Int {
    boards.withLock {
      $0 += 1
      precondition($0 <= OutsideBackend.boardCount, "more boards are used than were made")
      return $0
    }
  }

  func createIssue(
    _ title: String, labels: [String], body: String, repository: String
  ) async throws -> IssueName {
    let made = try await edit(
      "create_issue",
      [
        "repo": .string(repository), "title": .string(title), "body": .string(body),
        "labels": Self.strings(labels), "by": .string("alice"),
      ])
    return IssueName(number: Int(made["number"]?.integerValue ?? 0), repository: repository)
  }

  func addDraft(_ title: String, board: Int, _ fields: [String: String]) async throws -> String {
    let made = try await edit(
      "add_draft",
      [
        "project": .string("acme/\(board)"), "title": .string(title), "by": .string("alice"),
        "fields": .object(fields.mapValues { .string($0) }),
      ])
    return made["node_id"]?.stringValue ?? ""
  }

  func edit(_ edit: WorldEdit) async throws {
    func board(_ number: Int) -> [String: Structure] { ["project": .string("acme/\(number)")] }
    switch edit {
    case .close(let issue): try await on(issue, "close", ["by": .string("alice")])
    case .reopen(let issue): try await on(issue, "reopen", ["by": .string("alice")])
    case .delete(let issue): try await on(issue, "delete_issue")
    case .addLabel(let issue, let label):
      try await on(issue, "add_label", ["label": .string(label)])
    case .removeLabel(let issue, let label):
      try await on(issue, "remove_label", ["label": .string(label)])
    case .comment(let issue, let text):
      try await on(issue, "comment", ["body": .string(text), "by": .string("alice")])
    case .block(let issue, let blocker):
      try await on(issue, "add_blocked_by", ["blocker": .string(blocker.description)])
    case .addSubIssue(let child, let parent):
      try await on(parent, "add_sub_issue", ["child": .string(child.description)])
    case .merge(let pull): try await on(pull, "merge")
    case .commit(let branch, let repository):
      try await self.edit(
        "commit",
        [
          "repo": .string(repository), "branch": .string(branch),
          "files": .object(["work.txt": .string(branch)]),
        ])
    case .checks(let pull, let runs):
      try await on(pull, "checks", ["runs": .list(runs.sorted { $0.key < $1.key }.map(check))])
    case .addItem(let issue, let number, let fields):
      try await on(issue, "add_item", board(number))
      for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
        try await self.edit(.setField(issue, board: number, name, value))
      }
    case .setField(let issue, let number, let field, let value):
      let shown: Structure =
        field == "Estimate"
        ? value.flatMap { Double($0) }.map { .number($0) } ?? .null : .optional(value)
      try await on(
        issue, "set_field",
        board(number).merging(["field": .string(field), "value": shown]) { $1 })
    case .archive(let issue, let number): try await on(issue, "archive", board(number))
    case .removeItem(let issue, let number): try await on(issue, "delete_item", board(number))
    case .review(let pull, let state, let body, let line):
      let thread: Structure = .object([
        "path": .string("work.txt"), "line": .integer(1), "body": .string(line),
      ])
      try await on(
        pull, "review",
        [
          "by": .string("alice"), "state": .string(state), "body": .string(body),
          "threads": .list([thread]),
        ])
    case .check(let pull, let name, let conclusion, let log):
      try await on(
        pull, "check",
        ["name": .string(name), "conclusion": .string(conclusion), "log": .string(log)])
    case .commitFile(let file, let branch):
      try await self.edit(
        "commit",
        [
          "repo": .string("acme/app"), "branch": .string(branch),
          "files": .object([file: .string(file)]),
        ])
    default: try await editServer(edit)
    }
  }

  private func check(_ run: (key: String, value: String?)) -> Structure {
    .object([
      "name": .string(run.key), "status": .string(run.value == nil ? "in_progress" : "completed"),
      "conclusion": .optional(run.value),
    ])
  }

  private func editServer(_ edit: WorldEdit) async throws {
    switch edit {
    case .renameOption(let old, let new, let board):
      try await self.edit(
        "rename_option",
        [
          "project": .string("acme/\(board)"), "field": .string("Status"),
          "option": .string(old), "name": .string(new),
        ])
    case .addToken(let token, let repositories):
      try await self.edit(
        "add_token",
        [
          "token": .string(token), "user": .string("symphony-bot"),
          "kind": .string("fine_grained"), "repos": Self.strings(repositories),
          "permissions": .object(Self.permissions),
        ])
    case .role(let login, let role):
      try await self.edit(
        "member",
        ["org": .string("acme"), "user": .string(login), "role": .string(role)])
    case .revokeToken(let token): try await self.edit("revoke_token", ["token": .string(token)])
    case .limit(let remaining, let resource, let seconds):
      try await admin(
        "POST", "limits",
        .object([
          "bucket": .string("user:symphony-bot"), "resource": .string(resource),
          "remaining": .integer(Int64(remaining)), "reset_in": .integer(Int64(seconds)),
        ]))
    case .advanceClock(let seconds):
      try await admin("POST", "clock", .object(["advance": .integer(Int64(seconds))]))
    default: preconditionFailure("\(edit) was to be done already")
    }
  }

  func spoil(_ match: WireMatch, _ fault: WireFault, after: Bool, times: Int) async throws {
    let wanted: [String: Structure] =
      switch match {
      case .rest(let method, let path):
        ["method": .string("^\(method)$"), "path": .string(path), "api": .string("rest")]
      case .operation(let name): ["op": .string(name), "api": .string("graphql")]
      }
    let kind: [String: Structure] =
      switch fault {
      case .reset: ["kind": .string("reset")]
      case .resetMidBody: ["kind": .string("reset_mid_body")]
      case .truncated: ["kind": .string("truncated_json")]
      case .status(let status): ["kind": .string("status"), "status": .integer(Int64(status))]
      case .secondary(let seconds):
        ["kind": .string("secondary"), "retry_after": .optional(seconds)]
      case .primary(let seconds):
        ["kind": .string("primary"), "reset_in": .integer(Int64(seconds))]
      case .graphErrors: ["kind": .string("graphql_errors")]
      case .partial(let path):
        [
          "kind": .string("partial"),
          "path": .list(path.map { step in Int64(step).map { .integer($0) } ?? .string(step) }),
        ]
      }
    try await admin(
      "POST", "faults",
      .object([
        "match": .object(wanted), "fault": .object(kind), "after": .bool(after),
        "times": .integer(Int64(times)),
      ]))
  }

  func mend() async throws { try await admin("DELETE", "faults") }

  func takeLog() async throws -> [WireEntry] {
    let log = try await admin("GET", "requests")
    try await admin("DELETE", "requests")
    return (log.listValue ?? []).map { row in
      WireEntry(
        status: Int(row["status"]?.integerValue ?? 0), cost: Int(row["cost"]?.integerValue ?? 0),
        operation: row["api"]?.stringValue == "graphql" ? row["op"]?.stringValue : nil)
    }
  }
}
