// Workers that live in the simulated world, behind the executor's port: run directories are rows of a
// dictionary, and a fate says what each run will do. `Truth.advance` lets them work between ticks.
import SymphonyCore
import SymphonyStore
import SymphonyTestSupport

/// What a run will do, whoever looks.
struct Fate: Hashable, Sendable {
  enum Ending: String, CaseIterable, Sendable {
    case succeeds, leavesNothing, asksForMore, fails, isBlocked, meetsLimit, meetsOutage
    case needsOperator, overflows, isMisconfigured, isShutDown, dies, diesEarly, hangs
    case cannotPush, isRefused, claimsFigures, losesRemote, diesKnowingLimit, meetsBudget
    case liesAboutCommits
  }
  var ending: Ending
  /// Ticks until its end, 1 or more.
  var steps: Int
  /// A polite order to end has no effect on it.
  var isDeaf = false
  /// Processes that outlive a worker that is killed or dies.
  var leftovers = 0
  /// Of each step.
  var tokens: Int64 = 100

  static func drawn(_ dice: inout Dice) -> Fate {
    let good = dice.throwsOne(in: 2)
    let ending = good ? .succeeds : Ending.allCases.randomElement(using: &dice) ?? .succeeds
    return Fate(
      ending: ending, steps: Int.random(in: 1...4, using: &dice),
      isDeaf: dice.throwsOne(in: 8), leftovers: dice.throwsOne(in: 4) ? 2 : 0,
      tokens: Int64.random(in: 1...900, using: &dice))
  }
}

/// A run directory and what runs for it.
struct SimulatedRun: Sendable {
  let spec: RunSpec
  let item: ItemID
  let era: Int
  var fate: Fate
  var step = 0
  /// A worker was started: without one the directory is all there is.
  var wasStarted = false
  var isAlive = false
  var isIdentified = false
  var leftovers = 0
  /// Private files are there, as from its agent's start to its worker's orderly end.
  var isUncleared = false
  var orders: Set<EndKind> = []
  var progress: RunProgress?
  var result: RunResult?
  /// CLOCK_MONOTONIC, milliseconds.
  var pulse: Int64 = 0
  var isForgotten = false
  /// The figures that its end, whichever it is, leaves to be booked.
  var spent: [TurnUsage] { result?.spent ?? progress?.spent ?? [] }
}

struct SimulatedExecutor: Executor {
  let world: SimulatedWorld
  let rows: SQLiteStore
  let mortal: Mortal
  private var dead: ExecutorError { .disk("the tick is dead") }

  func launch(_ spec: RunSpec, environment: [String: String]) throws(ExecutorError) {
    guard mortal.passes("launch \(spec.itemKey)") else { throw dead }
    check(spec)
    let item = spec.item ?? ItemID("")
    let isNew = world.with { truth in
      if truth.runs[spec.runID] != nil { return false }
      let fate = truth.fate(of: spec.runID.text)
      truth.check(spec.feedback ?? [], of: spec.runID)
      truth.runs[spec.runID] = SimulatedRun(spec: spec, item: item, era: truth.era, fate: fate)
      truth.launched.append(spec.runID)
      return true
    }
    guard isNew else { throw .alreadyLaunched("\(spec.runID) is there already") }
    guard mortal.passes("spawn \(spec.itemKey)") else { throw dead }
    world.with { truth in
      if spec.purpose == .work, spec.git.debt == nil, !truth.fates.isEmpty {
        truth.runs[spec.runID]?.fate = truth.fates.removeFirst()
      }
      truth.runs[spec.runID]?.wasStarted = true
      truth.runs[spec.runID]?.isAlive = true
      truth.runs[spec.runID]?.pulse = truth.awake
    }
  }

  /// One worker of an item at most, and none whose row is not committed or may not be.
  private func check(_ spec: RunSpec) {
    let others = world.with { truth in
      truth.runs.values.filter {
        $0.item == spec.item && $0.spec.runID != spec.runID && ($0.isAlive || $0.leftovers > 0)
      }.map(\.spec.runID.text).sorted()
    }
    if !others.isEmpty { world.note("\(spec.runID) is launched beside \(others)") }
    do throws(StoreError) {
      let state = try rows.load()
      let row = state.runs.first { $0.id == spec.runID }
      if row?.nonce != spec.nonce { world.note("\(spec.runID) is launched without its row") }
      if spec.purpose == .work, let hold = state.holds.first(where: { $0.kind == .pause }),
        hold.isInForce(at: world.with { $0.wall })
      {
        world.note("\(spec.runID) is launched while all is paused")
      }
      if state.requests.contains(where: { $0.kind.isStop && $0.item == spec.item }) {
        world.note("\(spec.runID) is launched over a request to stop")
      }
    } catch { world.note("the rows cannot be read at a launch: \(error.sentence)") }
  }

  func poll(_ question: PollQuestion) throws(ExecutorError) -> PollAnswer {
    if mortal.isDead || world.with({ $0.silence > 0 }) { throw .disk("nobody answers") }
    return world.with { truth in
      let asked = Set(question.runs.map(\.id))
      var answer = PollAnswer(
        runs: [:],
        otherRuns: truth.launched.filter {
          truth.runs[$0]?.isForgotten == false && !asked.contains($0)
        },
        era: "boot-\(truth.era)")
      answer.uncleared = truth.launched.filter {
        truth.runs[$0].map { $0.isUncleared && !$0.isAlive && !$0.isForgotten } == true
      }
      for record in question.runs { answer.runs[record.id] = truth.observe(record) }
      for key in question.workspaces.keys where truth.busy.contains(key) {
        answer.busy[key] = "process 1"
      }
      return answer
    }
  }

  func end(_ run: RunID, _ how: EndKind) throws(ExecutorError) {
    guard mortal.passes("\(how.rawValue) \(run)") else { throw dead }
    world.with { truth in
      switch how {
      case .stop, .endAgent: truth.runs[run]?.orders.insert(how)
      case .kill:
        truth.runs[run]?.isAlive = false
        truth.runs[run]?.leftovers = 0
        truth.runs[run]?.isUncleared = false
      case .sweep:
        truth.runs[run]?.leftovers = 0
        truth.runs[run]?.isUncleared = false
      case .clear: truth.runs[run]?.isUncleared = false
      }
    }
  }

  func forget(_ run: RunID) throws(ExecutorError) {
    guard mortal.passes("forget \(run)") else { throw dead }
    world.with { truth in
      if truth.runs[run]?.isAlive == true { truth.violations.append("\(run) lives, is forgotten") }
      truth.runs[run]?.isForgotten = true
    }
  }

  func tail(_ run: RunID, _ log: RunLog, _ piece: LogPiece) -> LogTail {
    LogTail(bytes: [], offset: 0, size: 0)
  }
}

extension Truth {
  /// The same for a run of the same name, whatever happened before: a part of a history goes on as
  /// the whole of it does.
  func fate(of name: String) -> Fate {
    let generation = name.split(separator: "-r").last.map(String.init) ?? ""
    let item = name.split(separator: "-").first.map(String.init) ?? ""
    var dice = Dice(seed: Int(StableHash.value("\(seed) \(item) \(generation)") >> 1))
    return .drawn(&dice)
  }

  fileprivate func observe(_ record: RunRecord) -> RunObservation {
    let isOld = record.era != "boot-\(era)"
    // Of a directory that is gone the item's lock still knows that there was a worker.
    let wasBegun = runs[record.id]?.wasStarted == true
    let unheard = wasBegun ? RunObservation.Vanishing.neverStarted : .notLaunched
    guard let run = runs[record.id], !run.isForgotten else {
      return RunObservation(liveness: .vanished(isOld ? .restarted : unheard))
    }
    var seen: RunObservation
    if run.isAlive {
      var vitals = RunObservation.Vitals()
      vitals.isIdentified = run.isIdentified
      vitals.silence = run.isIdentified ? .milliseconds(awake - run.pulse) : nil
      seen = RunObservation(liveness: .alive(vitals))
    } else if let result = run.result, result.nonce == record.nonce {
      seen = RunObservation(liveness: .ended(result))
    } else {
      seen = RunObservation(
        liveness: .vanished(isOld ? .restarted : run.isIdentified ? .died : unheard))
    }
    seen.progress = run.progress.flatMap { $0.nonce == record.nonce ? $0 : nil }
    seen.leftovers = !run.isAlive && run.leftovers > 0 ? .some(run.leftovers) : .none
    return seen
  }
}
