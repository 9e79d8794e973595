// Small facts for planner tests: a policy, a repository's issues, a board of two repositories. Used
// by every suite of this target; World.swift makes snapshots of them.
import SymphonyCore

let noon = Timestamp(milliseconds: 1_900_000_000_000)
let app = RepositoryName(owner: "acme", name: "app")
let lib = RepositoryName(owner: "acme", name: "lib")

extension Policy {
  static func sample(_ edit: (inout Policy) -> Void = { _ in }) -> Policy {
    var policy = Policy(
      promptTemplate: "do {{ issue.title }}", promptLine: 1, workflowPath: "/p/WORKFLOW.md")
    policy.tracker.requiredLabels = ["symphony"]
    edit(&policy)
    return policy
  }

  /// Todo -> In Progress -> Human Review -> Done, moved by us up to the review.
  static func board(_ edit: (inout Policy) -> Void = { _ in }) -> Policy {
    .sample { policy in
      var board = BoardPolicy(owner: "acme", number: 1)
      board.draftRepository = app
      policy.tracker.board = board
      policy.tracker.requiredLabels = []
      policy.tracker.activeStatuses = ["Todo", "In Progress"]
      policy.tracker.terminalStatuses = ["Done"]
      policy.tracker.inProgressStatus = "In Progress"
      policy.tracker.handoffStatus = "Human Review"
      edit(&policy)
    }
  }
}

extension WorkItem {
  static func sample(
    _ number: Int, of repository: RepositoryName = app, _ edit: (inout WorkItem) -> Void = { _ in }
  ) -> WorkItem {
    var item = WorkItem(
      id: .issue(number), key: ItemKey(repository: repository, reference: "\(number)"),
      repository: repository, number: number, title: "Issue \(number)", body: "body \(number)")
    item.labels = ["symphony"]
    item.author = "alice"
    item.createdAt = Timestamp(milliseconds: 1_000_000 + Int64(number))
    item.updatedAt = Timestamp(milliseconds: 2_000_000)
    edit(&item)
    return item
  }

  /// The same in status Todo of the board.
  static func onBoard(
    _ number: Int, of repository: RepositoryName = app, _ edit: (inout WorkItem) -> Void = { _ in }
  ) -> WorkItem {
    .sample(number, of: repository) { item in
      item.labels = []
      item.status = "Todo"
      item.board = BoardPlace(
        projectID: "PVT_1", projectNumber: 1, itemID: "PVTI_\(number)",
        updatedAt: noon - .hours(1))
      edit(&item)
    }
  }

  /// A draft of the board: no number, no repository of its own.
  static func draft(_ number: Int) -> WorkItem {
    .onBoard(number) { item in
      item.contentType = .draftIssue
      item.number = nil
      item.key = ItemKey(repository: app, reference: "draft-\(number)")
    }
  }
}

extension ItemID {
  static func issue(_ number: Int) -> ItemID { ItemID("I_\(number)") }
}

extension RepositoryFacts {
  static func sample(_ name: RepositoryName) -> RepositoryFacts {
    RepositoryFacts(
      name: name, defaultBranch: "main", cloneURL: "https://github.com/\(name).git",
      credentialScope: "https://github.com/", isPrivate: true,
      htmlURL: "https://github.com/\(name)")
  }
}

extension Plan {
  /// The numbers of the issues it starts runs for, clean-ups among them.
  var launched: [Int] { launches.compactMap(\.item.number) }
  func has(_ name: String) -> Bool { actions.contains { $0.name == name } }
  /// Kinds of the debts it enters.
  var owed: [String] {
    actions.compactMap { if case .enqueue(_, let kind) = $0 { kind } else { nil } }
  }
}
