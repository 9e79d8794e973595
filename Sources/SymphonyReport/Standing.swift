// The words about an item between two ticks. The verdict is the planner's last one, as the row has
// it: nothing is decided here. The facts that the rows and the live worker show by now are added to
// it, so that the sentence is true at the time of the look. Called for every item of a report.
import SymphonyCore

struct Standing {
  private(set) var code: String
  private(set) var sentence: String
  let needsHuman: Bool
  let group: ItemGroup

  init(_ record: ItemRecord, _ sources: StateSources) {
    let run = sources.liveRun(of: record.id)
    code = record.verdict
    // Rows of older versions have their sentence in the ledger only.
    sentence =
      record.sentence.isEmpty
      ? sources.changes[record.id]?.sentence ?? "not looked at yet" : record.sentence
    needsHuman = if case .parked = record.claim { true } else { false }
    group = Self.group(record, run)
    if let run {
      (code, sentence) = Self.living(run, sources)
    } else if RunState.codes.contains(record.verdict) {
      // A tick that only settles looks at nothing else.
      code = Wait.retryWaiting(until: sources.now, sentence: "").code
      sentence = "its run has ended: the next tick decides"
    } else if let due = Self.due(record, at: sources.now) {
      sentence = due
    } else if let news = Self.outdated(record, sources) {
      sentence += "; \(news)"
    }
    for request in sources.state.requests where request.item == record.id {
      sentence += "; " + RequestReport(request, waits: run != nil).sentence(at: Moment(sources.now))
    }
  }

  private static func group(_ record: ItemRecord, _ run: RunRecord?) -> ItemGroup {
    if run?.purpose == .work { return .running }
    switch record.claim {
    case .parked: return .parked
    case .handedOff: return .handedOff
    case .released: return .done
    case .unclaimed, .retrying, .running:
      if record.verdict == Obstacle.notListed.code { return .unlisted }
      if case .unclaimed = record.claim { return .waiting }
      return .retrying
    }
  }

  /// A run that is not settled: its worker's own word, where it has given one.
  private static func living(_ run: RunRecord, _ sources: StateSources) -> (String, String) {
    let code = run.purpose == .work ? atWork : RunState.cleaningUp.code
    let launched =
      "run \(run.generation) was launched at \(run.launchedAt.rfc3339) "
      + "(\((sources.now - run.launchedAt).description) ago)"
    guard let seen = sources.seen(run) else {
      return (code, "\(launched); its worker could not be looked at")
    }
    switch seen.liveness {
    case .alive: return alive(run, seen, launched)
    case .ended(let result):
      let summary = result.summary.isEmpty ? "" : ": \(result.summary)"
      return (
        code,
        "run \(run.generation) has ended, \(result.outcome.rawValue)\(summary); "
          + "the next tick settles it"
      )
    case .vanished(let how):
      let left =
        switch seen.leftovers {
        case .none: ""
        case .some: " and left processes behind"
        case .maybe: " and may have left processes behind"
        }
      let word =
        switch how {
        case .notLaunched, .neverStarted: "no worker of it is there"
        case .restarted, .hindered, .died: "its worker is gone"
        }
      return (code, "\(launched); \(word)\(left): the next tick settles it")
    case .unknown(let why):
      return (code, "\(launched); its worker could not be looked at: \(why)")
    }
  }

  private static func alive(
    _ run: RunRecord, _ seen: RunObservation, _ launched: String
  ) -> (String, String) {
    let state: RunState
    if let stop = run.stop {
      state = .stopping(why: stop.why)
    } else if run.purpose == .cleanUp {
      state = .cleaningUp
    } else if let progress = seen.progress {
      state = .running(turn: progress.turn, phase: progress.phase.rawValue)
    } else {
      let code = RunState.launching(generation: run.generation).code
      return (code, "\(launched); its worker lives, without a report yet")
    }
    return (state.code, state.sentence)
  }

  private static let atWork = RunState.running(turn: 0, phase: "").code

  /// The sentence for a retry that is due: the stored one names its time as still to come.
  ///
  /// Nil for an item that is not due, or has another verdict.
  private static func due(_ record: ItemRecord, at now: Timestamp) -> String? {
    guard case .retrying(let retry) = record.claim, retry.deadline.isDue(at: now) else {
      return nil
    }
    let since = "due since \(retry.deadline.time.rfc3339): the next tick decides"
    switch record.verdict {
    case Wait.retryWaiting(until: now, sentence: "").code:
      return retry.sentence.isEmpty ? since : "\(since); \(retry.sentence)"
    case Wait.unpushed(head: "", why: "").code:
      return Wait.unpushed(head: record.unpushed ?? "", why: "\(retry.sentence); \(since)").sentence
    default: return nil
    }
  }

  /// A clause where the event that the verdict waits for has come; nil: not as far as we know.
  private static func outdated(_ record: ItemRecord, _ sources: StateSources) -> String? {
    let now = sources.now
    let decides = "the next tick decides"
    switch record.verdict {
    case Hindrance.paused(why: "").code:
      let pauses = sources.state.holds.filter { $0.kind == .pause }
      if pauses.contains(where: { $0.isInForce(at: now) }) { return nil }
      return pauses.isEmpty ? "resumed since: \(decides)" : "the pause's end has come: \(decides)"
    case Wait.held(until: nil, why: "").code:
      return holdIsOver(record, sources).map { "\($0): \(decides)" }
    case Hindrance.overBudget(until: now, "").code:
      // The limit is the day's, and the verdict is no older than the last tick.
      guard let last = sources.lastTick?.endedAt, last.day < now.day else { return nil }
      return "a new day has begun: \(decides)"
    default: return nil
    }
  }

  private static func holdIsOver(_ record: ItemRecord, _ sources: StateSources) -> String? {
    let holds = sources.state.holds.filter { hold in
      switch hold.kind {
      case .pause: false
      case .byOperator: hold.isTold(in: record.sentence)
      case .tracker, .agent: true
      case .remote: hold.scope == record.repository.folded
      }
    }
    if holds.isEmpty { return "the hold is lifted" }
    // While a run lives it may be the one that tries whether the hold is over.
    let mayBeTried = sources.state.runs.contains { $0.purpose == .work }
    let isOver = holds.allSatisfy { !$0.isInForce(at: sources.now) }
    return isOver && !mayBeTried ? "the hold's end has come" : nil
  }
}

extension Timestamp {
  /// `2026-11-21`, UTC.
  fileprivate var day: Substring { rfc3339.prefix(10) }
}
