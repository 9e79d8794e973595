// The world after trouble, as far as the promises speak of it, and the one function that says what
// of it is not as promised. Crashes of real processes, crashes in process and simulations fill it
// in, each from what it can see; none has laws of its own for what stands here.
import SymphonyPlatform

package struct Aftermath: Codable, Sendable {
  /// Where a commit is that an agent made.
  package enum Place: String, Codable, Sendable {
    case pushed
    /// In the cache under a ref, or in a workspace, where `status` names it.
    case named
    case lost
  }

  package struct Item: Codable, Sendable {
    package var key: String
    /// Of its verdict.
    package var code: String
    /// Nil: any will do.
    package var expectedCode: String?
    /// Those of its branch.
    package var openPullRequests = 0
    package var expectedPullRequests: Int?
    /// Of our comments the text without its marker, and how often it is there.
    package var comments: [String: Int] = [:]
    package var expectedComments: Int?
    /// On the board; nil: it is on none.
    package var status: String?
    package var expectedStatus: String?
    package var labels: [String] = []
    package var expectedLabels: [String]?
    /// Turns that agents began, and those of the same story without trouble.
    package var turns = 0
    package var expectedTurns = 0
    /// Kills of its workers or agents, and of ticks.
    package var workerKills = 0
    package var tickKills = 0
    /// Failed attempts, and those of the same story without trouble.
    package var failures = 0
    package var expectedFailures = 0
    /// Agents, or workers, that were at work at the same time.
    package var mostWorkersAtOnce = 0
    /// By their object ids.
    package var commits: [String: Place] = [:]

    package init(key: String, code: String) {
      self.key = key
      self.code = code
    }
  }

  /// Whoever holds a lock that should be free.
  package struct Holder: Codable, Sendable {
    package var lock: String
    /// 0: nobody who can be seen.
    package var pid: Int32
    package var arguments: [String] = []
    /// The letter of /proc/PID/stat.
    package var state = ""
    /// The function of the kernel in which it waits.
    package var waitsIn = ""

    package init(lock: String, pid: Int32) {
      self.lock = lock
      self.pid = pid
    }
  }

  package var items: [Item] = []
  /// Of leases and of tick.lock.
  package var holders: [Holder] = []
  /// Processes of runs that ended, with their words.
  package var marked: [String] = []
  /// Those that git makes.
  package var locks: [String] = []
  /// What the next tick would do.
  package var planEffects: [String] = []
  /// Files of adapters that should have gone with their run.
  package var privateFiles: [String] = []
  /// What the state directory did outside itself, as the row and the file count it; nil: not kept.
  package var stateNumber: (row: Int64, file: Int64)?
  /// Whatever the story itself found wrong.
  package var others: [String] = []

  package init() {}

  private enum CodingKeys: String, CodingKey {
    case items, holders, marked, locks, planEffects, privateFiles, others
  }

  /// Each promise that was not kept, in words; empty: all were.
  package func violations() -> [String] {
    var found = items.flatMap(Self.violations)
    found += holders.map {
      "\($0.lock) is held by process \($0.pid) (state \($0.state), waits in \($0.waitsIn)): "
        + $0.arguments.joined(separator: " ")
    }
    found += marked.map { "a process of a finished run lives: \($0)" }
    found += locks.map { "a lock is left: \($0)" }
    found += planEffects.map { "the plan is not empty: \($0)" }
    found += privateFiles.map { "a private file is left: \($0)" }
    if let stateNumber, stateNumber.file > stateNumber.row {
      found.append("the state number \(stateNumber.file) is ahead of its row \(stateNumber.row)")
    }
    return found + others
  }

  private static func violations(of item: Item) -> [String] {
    var found: [String] = []
    func unless(_ holds: Bool, _ words: String) {
      if !holds { found.append("\(item.key): \(words)") }
    }
    unless(item.mostWorkersAtOnce <= 1, "\(item.mostWorkersAtOnce) at work at once")
    unless(item.openPullRequests <= 1, "\(item.openPullRequests) open pull requests")
    for (text, count) in item.comments.sorted(by: { $0.key < $1.key }) where count > 1 {
      found.append("\(item.key): \(count) times the comment `\(text.prefix(80))`")
    }
    if let expected = item.expectedCode {
      unless(item.code == expected, "\(item.code) instead of \(expected)")
    }
    if let expected = item.expectedPullRequests {
      unless(
        item.openPullRequests == expected,
        "\(item.openPullRequests) open pull requests instead of \(expected)")
    }
    if let expected = item.expectedComments {
      let count = item.comments.values.reduce(0, +)
      unless(count == expected, "\(count) comments instead of \(expected)")
    }
    if let expected = item.expectedStatus {
      unless(item.status == expected, "status \(item.status ?? "none") instead of \(expected)")
    }
    if let expected = item.expectedLabels {
      unless(
        item.labels.sorted() == expected.sorted(),
        "labels \(item.labels.sorted()) instead of \(expected.sorted())")
    }
    unless(
      item.turns <= item.expectedTurns + item.workerKills,
      "\(item.turns) turns, \(item.expectedTurns) without \(item.workerKills) kills of workers")
    // A worker that was killed may have failed; a tick that was killed never costs an attempt.
    unless(
      item.failures >= item.expectedFailures
        && item.failures <= item.expectedFailures + item.workerKills,
      "\(item.failures) failed attempts, \(item.expectedFailures) without trouble, "
        + "\(item.workerKills) kills of workers, \(item.tickKills) of ticks")
    for (commit, place) in item.commits.sorted(by: { $0.key < $1.key }) where place == .lost {
      found.append("\(item.key): the commit \(commit) is lost")
    }
    return found
  }
}
