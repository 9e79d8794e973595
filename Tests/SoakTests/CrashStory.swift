// Stories for the enumeration of kills: each is a small world and what happens in it, step by step, with a
// tick behind each step. Told with a tick killed at any boundary it must end as it ends unharmed.
import SymphonyCore
import SymphonyTestSupport
import SymphonyTick

@testable import SymphonyStore

struct CrashStory: Sendable {
  typealias Deed = @Sendable (inout Truth) -> Void
  struct Step: Sendable {
    var deed: Deed
    var request: OperatorRequest.Kind?
    init(_ deed: @escaping Deed = { _ in }, request: OperatorRequest.Kind? = nil) {
      (self.deed, self.request) = (deed, request)
    }
  }

  let name: String
  let setUp: Deed
  let steps: [Step]
  /// The item's claim, verdict, failures and the workers it had, in the end.
  let end: String

  init(_ name: String, _ end: String, _ setUp: @escaping Deed, _ steps: [Step]) {
    (self.name, self.end, self.setUp, self.steps) = (name, end, setUp, steps)
  }

  private static let quiet = Step()

  /// The agents of the story's runs, in their order; what comes later succeeds.
  private static func agents(_ endings: Fate.Ending..., steps: Int = 1) -> Deed {
    { truth in
      truth.fates = endings.map { Fate(ending: $0, steps: steps) }
      truth.fates += Array(repeating: Fate(ending: .succeeds, steps: 1), count: 4)
    }
  }

  private static func with(_ first: @escaping Deed, _ second: @escaping Deed) -> Deed {
    { truth in
      first(&truth)
      second(&truth)
    }
  }

  private static let board: Deed = { truth in
    truth.variant = 1
    truth.wanted = { policy in
      policy = plain(policy)
      policy.tracker.inProgressStatus = "In Progress"
      policy.tracker.handoffStatus = "Human Review"
      policy.tracker.labelsOn.start = LabelMove(add: ["working"])
      policy.tracker.labelsOn.handoff = LabelMove(add: ["review"], remove: ["working"])
      policy.tracker.board?.convertsDrafts = true
      policy.tracker.board?.requiresIssue = true
    }
  }

  private static let issues: Deed = { truth in
    truth.variant = 0
    truth.wanted = { $0 = plain($0) }
  }

  /// Without what chance put into the policy.
  private static func plain(_ policy: Policy) -> Policy {
    var plain = policy
    plain.limits = LimitPolicy()
    plain.pullRequest = PullRequestPolicy()
    plain.agent.budget = BudgetPolicy()
    plain.tracker.labelsOn = LabelMoves()
    plain.workspace.removeOnTerminal = true
    plain.workspace.keptRuns = 1
    plain.workspace.maxAgeDays = nil
    return plain
  }

  static let all: [CrashStory] = [
    CrashStory(
      "first dispatch", "handedOff handed_off, failures 0, workers 1",
      with(issues, agents(.succeeds)), [quiet, quiet, quiet]),
    CrashStory(
      "continuation", "handedOff handed_off, failures 0, workers 2",
      with(issues, agents(.leavesNothing, .succeeds)),
      [quiet, quiet, quiet, quiet]),
    CrashStory(
      "failure and retry", "handedOff handed_off, failures 0, workers 2",
      with(issues, agents(.fails, .succeeds)),
      [quiet, quiet, quiet, quiet]),
    CrashStory(
      "hand-off with status and labels", "handedOff handed_off, failures 0, workers 1",
      with(board, agents(.succeeds)),
      [quiet, quiet, quiet, quiet]),
    CrashStory(
      "stop on close", "released issue_closed, failures 0, workers 1",
      with(issues, agents(.succeeds, steps: 90)),
      [
        quiet, quiet, quiet,
        Step { truth in truth.change(truth.issues[0].id) { $0.state = .closed } },
        quiet, quiet,
      ]),
    CrashStory(
      "clean-up", "released done, failures 0, workers 1", with(issues, agents(.succeeds)),
      [quiet, quiet, quiet, quiet, Step { $0.endPullRequest() }, quiet, quiet]),
    CrashStory(
      "broken workflow", "handedOff handed_off, failures 0, workers 1",
      with(issues, agents(.succeeds, steps: 2)),
      [quiet, quiet, Step { ($0.file, $0.fileRecovers) = (.emptied, 4) }, quiet, quiet, quiet]),
    CrashStory(
      "rate limit", "handedOff handed_off, failures 0, workers 1", with(issues, agents(.succeeds)),
      [
        Step { $0.trouble = (.limited, 2) }, quiet, quiet,
        Step { $0.refusals = [.rateLimited(until: $0.wall + .minutes(5), "secondary limit")] },
        quiet, quiet,
      ]),
    CrashStory(
      "draft conversion", "handedOff handed_off, failures 0, workers 1",
      with(with(board, agents(.succeeds))) { $0.issues = [Truth.draft(7)] },
      [quiet, quiet, quiet, quiet]),
    CrashStory(
      "usage-limit hold", "handedOff handed_off, failures 0, workers 2",
      with(issues, agents(.meetsLimit, .succeeds)),
      [quiet, quiet, quiet, quiet]),
    CrashStory(
      "owed push", "handedOff handed_off, failures 0, workers 2", with(issues, agents(.cannotPush)),
      [quiet, quiet, quiet, quiet]),
    CrashStory(
      "budget end", "handedOff handed_off, failures 0, workers 2",
      with(issues, agents(.meetsBudget, .succeeds)),
      [quiet, quiet, quiet, quiet]),
    CrashStory(
      "death with leftovers", "handedOff handed_off, failures 0, workers 2",
      with(issues) { truth in
        truth.fates = [Fate(ending: .dies, steps: 2, leftovers: 2)]
        truth.fates += Array(repeating: Fate(ending: .succeeds, steps: 1), count: 4)
      }, [quiet, quiet, quiet, quiet]),
    CrashStory(
      "stop and retry by an operator", "handedOff handed_off, failures 0, workers 2",
      with(issues, agents(.hangs, .succeeds, steps: 2)),
      [quiet, quiet, Step(request: .stop), quiet, quiet, Step(request: .retry), quiet, quiet]),
    CrashStory(
      "lost answers", "handedOff handed_off, failures 0, workers 1", with(board, agents(.succeeds)),
      [quiet, Step { $0.lostAnswers = 2 }, quiet, Step { $0.lostAnswers = 2 }, quiet]),
  ]
}

extension Truth {
  fileprivate mutating func endPullRequest() {
    for place in pullRequests.indices where pullRequests[place].fact.state == .open {
      pullRequests[place].fact.state = .merged
      pullRequests[place].fact.endedAt = server
    }
  }
}

/// How a telling of a story ended.
struct Telling {
  /// What people see in the end, and what it cost.
  var outcome: [String] = []
  var violations: [String] = []
  private let before: Int
  /// Those that were passed, of all ticks.
  var boundaries: [String] = []
  /// Where ticks died.
  var deaths: [String] = []
  /// Boundaries passed since the story began.
  var passed: Int { before + boundaries.count }

  /// `passed`: before the telling begins.
  init(passed: Int) { before = passed }
}

/// A story as it stood before one of its ticks.
struct Moment: Sendable {
  /// Ticks before it.
  var ticks = 0
  /// Boundaries passed before it.
  var passed = 0
  var truth: Truth
  var rows: SQLiteStore
}

extension CrashStory {
  /// Ticks after the last step until nothing is to do any more, at most.
  private static let patience = 40

  /// The moments of the story told unharmed; the first is its beginning.
  func moments(in directory: TemporaryDirectory) async throws -> (Telling, [Moment]) {
    let start = try Episode(story: name, directory, setUp)
    var moments: [Moment]? = []
    let told = try await tell(start, [], &moments, nil)
    return (told, moments ?? [])
  }

  /// Tells it on from a moment.
  ///
  /// `deaths`: numbers of the boundaries at which a tick dies, counted from 1 over the whole story,
  /// in ascending order.
  func tell(
    from moment: Moment, in directory: TemporaryDirectory, deaths: [Int]
  ) async throws -> Telling {
    let episode = try Episode(moment, directory)
    var moments: [Moment]?
    return try await tell(episode, deaths, &moments, moment)
  }

  private func tell(
    _ episode: Episode, _ deaths: [Int], _ moments: inout [Moment]?, _ start: Moment?
  ) async throws -> Telling {
    var telling = Telling(passed: start?.passed ?? 0)
    var left = deaths[...]
    for number in (start?.ticks ?? 0)..<steps.count + Self.patience {
      if moments != nil { moments?.append(try episode.moment(number, telling.passed)) }
      let step = number < steps.count ? steps[number] : Step()
      episode.world.with { truth in
        step.deed(&truth)
        truth.pass(.minutes(number < steps.count ? 1 : 20))
        truth.advance()
      }
      if let request = step.request { try episode.world.ask(request, 0, episode.rows) }
      let mortal = Mortal(diesAt: left.first.map { $0 - telling.passed })
      telling.violations += try await episode.tick(mortal)
      telling.boundaries += mortal.boundaries
      if mortal.isDead {
        telling.deaths.append(mortal.boundaries.last ?? "")
        left = left.dropFirst()
      }
      if !telling.violations.isEmpty { return telling }
      if number >= steps.count, try isOver(episode) { break }
    }
    telling.violations += try episode.laws.checkRest(episode.lastReport)
    telling.outcome = try Self.outcome(episode)
    return telling
  }

  private func isOver(_ episode: Episode) throws -> Bool {
    let state = try episode.rows.load()
    return episode.lastReport?.plan?.effects.isEmpty == true && state.runs.isEmpty
      && state.outbox.isEmpty && Laws.waiting(episode.lastReport).isEmpty
  }

  private static func outcome(_ episode: Episode) throws -> [String] {
    let records = try episode.rows.load().items
    return episode.world.with { truth in
      let seen = records.map { record in
        let runs = truth.runs.values.filter {
          $0.item == record.id && $0.wasStarted && $0.spec.purpose == .work
        }
        let hasWorkspace = record.home.map { truth.workspaces[$0.workspace] != nil } == true
        return "\(record.key) \(record.claim.state) \(record.verdict), "
          + "failures \(record.counters.failures), workers \(runs.count), "
          + "workspace \(record.hasWorkspace) \(hasWorkspace)"
      }
      let issues = truth.issues.map {
        "\($0.key) \($0.state) \($0.status ?? "") \($0.labels.joined(separator: ","))"
      }
      let requests = truth.pullRequests.map { "\($0.head.branch) \($0.fact.state)" }
      let comments = truth.remarks.map { "\($0.item): \($0.text)" }
      let branches = truth.branches.map { "\($0.key.branch) has \($0.value.count) commits" }
        .sorted()
      return seen + issues + requests + comments + branches
    }
  }
}
