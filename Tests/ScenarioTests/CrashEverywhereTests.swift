// kill -9 and power losses at deed after deed of ticks and workers, story by story, until a story
// passes unharmed; then ticks until all is quiet, then the promises (Aftermath). `make test` takes
// a few positions of each; `make crash` all of them. Prints a line for each story.
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@Suite("crashes at every deed")
struct CrashEverywhereTests {
  /// What SYMPHONY_CRASH asks for.
  enum Range: String, CaseIterable {
    /// A few positions of some stories, for `make test`.
    case sample
    case all
    /// Two kills in one story.
    case pairs
    case power
    /// The one that SYMPHONY_CRASH_AT names, as `worker * 66 power, tick commit 3 kill`, in both
    /// worlds.
    case one

    /// Of all positions each of this number is tried: 1 are all.
    static var step: Int {
      max(1, Host.environment["SYMPHONY_CRASH_STEP"].flatMap { Int($0) } ?? 1)
    }
    static var wanted: Range { Host.environment["SYMPHONY_CRASH"].flatMap(Range.init) ?? .sample }
  }

  /// Of `make test`: the others are told by `make crash`.
  private static let sampled = [
    CrashStory.firstDispatch, .failure, .board, .cleanUp,
  ]
  static var stories: [CrashStory] {
    let name = Host.environment["SYMPHONY_CRASH_STORY"] ?? ""
    let stories = Range.wanted == .sample ? sampled : CrashStory.all
    return stories.filter { name.isEmpty || $0.name == name }
  }

  @Test("a kill at deed after deed", arguments: stories)
  func crash(_ story: CrashStory) async throws {
    let rehearsal = try await Crash(story: story, orders: []).play()
    try #require(rehearsal.violations.isEmpty, "without trouble: \(rehearsal.violations)")
    let expected = try #require(rehearsal.aftermath?.items)
    var table = CrashTable(story: story.name)
    for deed in rehearsal.deeds where deed.kind.isCounted {
      table.deeds[deed.role, default: 0] += 1
    }
    for crashes in Self.plan(story, table.deeds, rehearsal.deeds) {
      for result in try await Crash.playAll(crashes, expected) {
        table.note(result)
        for words in result.violations { Issue.record("\(story.name), \(result.place): \(words)") }
      }
    }
    print(table.line)
  }

  /// Batches of crashes; those of a role go on past its last deed, until a story passes unharmed.
  private static func plan(
    _ story: CrashStory, _ counts: [FaultPoint.Role: Int], _ deeds: [Faults.Deed]
  ) -> [[Crash]] {
    let roles: [FaultPoint.Role] = [.tick, .worker]
    func kill(_ role: FaultPoint.Role, _ numbers: [Int]) -> Crash {
      Crash(story: story, orders: numbers.map { Crash.Order(role: role, number: $0, act: .kill) })
    }
    func power(_ role: FaultPoint.Role, _ number: Int, _ world: PowerLoss.World) -> Crash {
      Crash(
        story: story, orders: [Crash.Order(role: role, number: number, act: .power)], world: world)
    }
    var crashes: [Crash] = []
    if Range.wanted == .one {
      let orders = (Host.environment["SYMPHONY_CRASH_AT"] ?? "").split(separator: ", ").compactMap {
        Crash.Order(words: $0.split(separator: " ").map(String.init))
      }
      return [PowerLoss.World.allCases.map { Crash(story: story, orders: orders, world: $0) }]
    }
    for role in roles {
      let count = counts[role] ?? 0
      switch Range.wanted {
      case .one: break
      case .sample:
        for part in 1...3 { crashes.append(kill(role, [max(1, count * part / 4)])) }
      case .all:
        // A story with a crash in it may have more deeds than one without.
        crashes += stride(from: 1, through: count + 8, by: Range.step).map { kill(role, [$0]) }
      case .pairs:
        var dice = Dice(seed: 14)
        for _ in 0..<max(1, count / 4) {
          let first = Int.random(in: 1...max(1, count), using: &dice)
          crashes.append(kill(role, [first, first + Int.random(in: 1...12, using: &dice)]))
        }
      case .power:
        let kinds: Set<FaultPoint> = [.write, .rename, .exec, .spawn, .request, .commit, .git]
        let chosen = deeds.filter { $0.role == role && kinds.contains($0.kind) }
        for index in stride(from: 0, to: chosen.count, by: Range.step) {
          crashes += PowerLoss.World.allCases.map { power(role, chosen[index].number, $0) }
        }
      }
    }
    if Range.wanted == .sample, story.name == CrashStory.firstDispatch.name {
      let named = deeds.filter { $0.role == .tick && $0.kind == .request }.suffix(2)
      let kept = deeds.filter { $0.role == .worker && $0.kind == .exec }
      for deed in named + kept {
        crashes += PowerLoss.World.allCases.map { power(deed.role, deed.number, $0) }
      }
    }
    return stride(from: 0, to: crashes.count, by: 10).map {
      Array(crashes[$0..<min($0 + 10, crashes.count)])
    }
  }
}

/// One story with its faults.
struct Crash: Sendable {
  struct Order: Hashable, Sendable {
    var role: FaultPoint.Role
    var kind = "*"
    var number: Int
    var act: Faults.Act

    init(role: FaultPoint.Role, number: Int, act: Faults.Act) {
      self.role = role
      self.number = number
      self.act = act
    }
    init?(words: [String]) {
      guard words.count == 4, let role = FaultPoint.Role(rawValue: words[0]),
        let number = Int(words[2])
      else { return nil }
      self.init(
        role: role, number: number, act: [.power, .stop].first { $0.text == words[3] } ?? .kill)
      kind = words[1]
    }
  }
  struct Result: Sendable {
    var place: String
    var deeds: [Faults.Deed] = []
    var aftermath: Aftermath?
    var violations: [String] = []
    var isPowerLoss = false
    /// Deeds at which something was ordered.
    var struck: [Faults.Deed] { deeds.filter(\.isOrdered) }
  }

  var story: CrashStory
  var orders: [Order]
  /// What a power loss leaves.
  var world = PowerLoss.World.undone

  /// Several at once: most of the time each waits for processes.
  static func playAll(_ crashes: [Crash], _ expected: [Aftermath.Item]) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
      for (index, crash) in crashes.enumerated() {
        group.addTask { (index, try await crash.play(expected)) }
      }
      var results: [(Int, Result)] = []
      for try await result in group { results.append(result) }
      return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  /// `expected`: the items of the same story without faults; empty: this is that story.
  func play(_ expected: [Aftermath.Item] = []) async throws -> Result {
    var result = Result(
      place: orders.map { "\($0.role) \($0.kind) \($0.number)" }.joined(separator: ", "))
    result.isPowerLoss = orders.contains { $0.act == .power }
    if result.isPowerLoss { result.place += " (power, \(world))" }
    try await withStage(powerLoss: world) { stage in
      if story.hasBoard { stage.addBoard() }
      for order in orders {
        try stage.faults.order(order.role, order.kind, order.number, order.act)
      }
      try story.setUp(stage)
      do {
        try await tell(stage)
        result.deeds = try stage.faults.trace
        let numbers =
          expected.isEmpty ? stage.issueNumbers : expected.indices.map { stage.issueNumbers[$0] }
        var aftermath = try await stage.aftermath(of: numbers, result.deeds)
        if expected.isEmpty {
          if aftermath.items.first?.code != story.code {
            aftermath.others.append("\(aftermath.items.first?.code ?? "") is its end")
          }
          for index in aftermath.items.indices { aftermath.items[index].expectTheSame() }
        } else {
          for index in aftermath.items.indices { aftermath.items[index].expect(expected[index]) }
        }
        aftermath.others += try await story.check(stage)
        result.aftermath = aftermath
        result.violations = aftermath.violations()
      } catch let failure as Stage.Failed {
        result.violations = ["stuck: \(failure)"]
      } catch let failure as NeverHappened {
        let left = stage.descendants.map { "\($0) \(Stage.arguments(of: $0))" }
        result.violations = ["stuck: \(failure); alive: \(left)"]
      } catch {
        result.violations = ["cannot be looked at: \(error)"]
      }
      result.deeds = try stage.faults.trace
      if let struck = result.struck.first {
        result.place += " before \(struck.kind) \(struck.what) \(struck.more)"
        if result.isPowerLoss, !result.violations.isEmpty {
          result.place += ", lost: \(stage.lines(of: "lost"))"
        }
      }
    }
    return result
  }
}

extension Crash {
  /// The story; where a tick is to be stopped, others do its work meanwhile.
  private func tell(_ stage: Stage) async throws {
    guard orders.contains(where: { $0.act == .stop }) else { return try await story.play(stage) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await stage.overtake() }
      try await story.play(stage)
      group.cancelAll()
    }
  }
}

extension Aftermath.Item {
  /// What a story without trouble ends in is what it has to end in.
  fileprivate mutating func expectTheSame() {
    let item = self
    expect(item)
  }
  fileprivate mutating func expect(_ other: Aftermath.Item) {
    expectedCode = other.code
    expectedPullRequests = other.openPullRequests
    expectedComments = other.comments.values.reduce(0, +)
    expectedStatus = other.status
    expectedLabels = other.labels
    expectedTurns = other.turns
    expectedFailures = other.failures
  }
}

/// A line of what was tried.
private struct CrashTable {
  var story: String
  var deeds: [FaultPoint.Role: Int] = [:]
  var positions = 0
  var powerLosses = 0
  var violations = 0

  init(story: String) { self.story = story }

  mutating func note(_ result: Crash.Result) {
    violations += result.violations.count
    if result.struck.isEmpty { return }
    if result.isPowerLoss { powerLosses += 1 } else { positions += 1 }
  }

  var line: String {
    "crash: \(story) | \(deeds[.tick] ?? 0) deeds of ticks | \(deeds[.worker] ?? 0) of workers"
      + " | \(positions) kills | \(powerLosses) power losses | \(violations) violations"
  }
}
