// The truth that simulated ticks look at and change: clocks, issues and what is on them, branches,
// workspaces, runs, the settings. One value behind a lock; the ports of a tick and the events are
// written over it in the files beside this one.
import SymphonyCore
import SymphonyTestSupport
import Synchronization

final class SimulatedWorld: Sendable {
  let truth: Mutex<Truth>
  init(_ truth: sending Truth) { self.truth = Mutex(truth) }

  func with<Value>(_ body: (inout Truth) throws -> sending Value) rethrows -> Value {
    try truth.withLock { try body(&$0) }
  }
  func note(_ violation: String) { with { $0.violations.append(violation) } }
}

struct Truth: Sendable {
  /// A comment on an item.
  struct Remark: Sendable {
    var item: ItemID
    var author: String
    var at: Timestamp
    var text: String
    /// Of ours: its marker, and the debt it paid.
    var nonce: String?
    var debt: String?
  }

  struct PullRequest: Sendable {
    var head: HeadRef
    /// Title and body.
    var text = ""
    var fact: Survey.PullRequestFact
  }

  /// What is the matter with the tracker, for as many calls as `calls` says.
  enum Trouble: String, Sendable, CaseIterable {
    case unreachable, limited, partial, stale, emptyList, unauthorized
  }

  enum Disk: Sendable { case roomy, full, locked }
  enum WorkflowFile: Sendable { case good, broken, emptied }

  // MARK: Clocks

  /// This machine's, which can be set.
  var wall = Timestamp(milliseconds: 1_900_000_000_000)
  /// The tracker's, which only goes on.
  var server = Timestamp(milliseconds: 1_900_000_000_000)
  /// CLOCK_BOOTTIME, and CLOCK_MONOTONIC, which stands still while the machine sleeps;
  /// milliseconds.
  var boot: Int64 = 1_000_000
  var awake: Int64 = 1_000_000
  /// Counts the boots of this machine.
  var era = 1

  // MARK: The tracker

  var issues: [WorkItem] = []
  /// Items that are not there for us, to come back.
  var hidden: [WorkItem] = []
  /// Counts those that were filed later.
  var filed = 0
  var touches: [ItemID: [Origin.Touch]] = [:]
  var pullRequests: [PullRequest] = []
  var remarks: [Remark] = []
  /// On pull requests, with our replies.
  var said: [Said] = []
  /// By head; absent: green.
  var checks: [String: SimulatedChecks] = [:]
  var conflicts: Set<String> = []
  /// Approved heads by pull request.
  var approvals: [Int: String] = [:]
  var trouble: (kind: Trouble, calls: Int)?
  /// What the next deliveries are refused with, the first of them first.
  var refusals: [TrackerError] = []
  /// So many of the next deliveries have their effect, and their answer is lost.
  var lostAnswers = 0
  /// What an earlier look listed.
  var listed: [WorkItem] = []
  /// Debts whose effect was made, and the last of each item and kind, by row.
  var effects: Set<String> = []
  var lastEffect: [String: Int64] = [:]

  // MARK: Git

  /// Commits of each branch of the remote, the oldest first.
  var branches: [HeadRef: [String]] = [:]
  /// Commits of each workspace by its path.
  var workspaces: [String: [String]] = [:]
  /// Commits that a run named in its result as kept elsewhere.
  var kept: Set<String> = []
  var commits = 0

  // MARK: The machine

  var runs: [RunID: SimulatedRun] = [:]
  /// In the order of their launches.
  var launched: [RunID] = []
  var fates: [Fate] = []
  var disk = Disk.roomy
  /// Ticks until the disk is as it should be again.
  var diskRecovers = 0
  var busy: Set<WorkspaceKey> = []
  /// Ticks for which the executor does not answer.
  var silence = 0

  // MARK: The settings

  var file = WorkflowFile.good
  /// Ticks until it is good again.
  var fileRecovers = 0
  /// Which of the many policies WORKFLOW.md asks for.
  var variant = 0

  /// What a story wants of the policy besides.
  var wanted: (@Sendable (inout Policy) -> Void)?

  /// What must never be and was.
  var violations: [String] = []
  /// Nonces and salts.
  var random: Dice
  let seed: Int

  init(seed: Int, issues numbers: Range<Int>) {
    self.seed = seed
    random = Dice(seed: seed)
    issues = numbers.map { Truth.issue($0) }
  }

  static let app = RepositoryName(owner: "acme", name: "app")

  static func issue(_ number: Int) -> WorkItem {
    var item = WorkItem(
      id: ItemID("I_\(number)"), key: ItemKey(repository: app, reference: "\(number)"),
      repository: app, number: number, title: "Issue \(number)", body: "body")
    item.labels = ["symphony"]
    item.author = "alice"
    item.status = "Todo"
    item.createdAt = Timestamp(milliseconds: 1_000_000 + Int64(number))
    item.updatedAt = Timestamp(milliseconds: 1_899_999_000_000)
    item.board = WorkItem.BoardPlace(
      projectID: "PVT_1", projectNumber: 1, itemID: "PVTI_\(number)",
      updatedAt: Timestamp(milliseconds: 1_899_999_000_000))
    return item
  }

  /// A draft of the board, which has no number.
  static func draft(_ number: Int) -> WorkItem {
    var item = issue(number)
    item.contentType = .draftIssue
    item.number = nil
    item.key = ItemKey(repository: app, reference: "draft-\(number)")
    item.id = ItemID("PVTI_\(number)")
    item.labels = []
    return item
  }

  mutating func randomHex(_ bytes: Int) -> String {
    var text = ""
    while text.count < bytes * 2 {
      let part = String(random.next(), radix: 16)
      text += String(repeating: "0", count: 16 - part.count) + part
    }
    return String(text.prefix(bytes * 2))
  }

  /// Time goes by on all clocks.
  mutating func pass(_ time: Interval) {
    wall = wall + time
    server = server + time
    boot += time.milliseconds
    awake += time.milliseconds
  }

  /// The machine sleeps: nothing on it moves.
  mutating func sleep(_ time: Interval) {
    wall = wall + time
    server = server + time
    boot += time.milliseconds
  }

  /// Somebody, or we, changed an item.
  mutating func change(_ id: ItemID, _ edit: (inout WorkItem) -> Void) {
    guard let index = issues.firstIndex(where: { $0.id == id }) else { return }
    let before = issues[index]
    edit(&issues[index])
    guard issues[index] != before else { return }
    issues[index].updatedAt = server
    if issues[index].status != before.status { issues[index].board?.updatedAt = server }
  }
}
