// The spans of one tick: itself, its deliveries, and each run that it settled, with its turns. Made
// of what the tick has seen and done anyway: nothing is read for them. Names of attributes are
// those of OpenTelemetry's conventions where there are any, else `symphony.*`; of texts from
// outside only names are among them, such as a key or a branch, and never what somebody wrote.
import SymphonyCore

struct TickSpans {
  let report: TickReport
  let snapshot: Snapshot
  let tick: String
  let startedAt: Timestamp
  let endedAt: Timestamp

  /// Characters (Unicode scalars) of a name.
  private static let nameLimit = 200

  var all: [Span] {
    let tick = tickSpan
    return [tick] + report.carried.deliveries.enumerated().map { delivery($1, $0, within: tick) }
      + settled.flatMap { run in
        let span = runSpan(run)
        return [span] + turns(of: run, within: span)
      }
  }

  // MARK: The tick

  /// Runs keep when they were launched, which is the time that the tick planned with.
  private func tickID(_ now: Timestamp) -> SpanID {
    SpanID(of: "tick \(snapshot.stateTag) \(now.milliseconds)")
  }

  private var tickSpan: Span {
    var span = Span(tickID(snapshot.now), "tick", from: startedAt, to: endedAt)
    span.attributes = [
      "symphony.tick.id": .string(tick),
      "symphony.tick.trigger": .string(snapshot.trigger.rawValue),
      "symphony.tick.outcome": .string(report.exit.word),
      "symphony.tick.items": .integer(Int64(snapshot.state.items.count)),
      "symphony.tick.launched": .integer(Int64(report.launched)),
      "symphony.tick.settled": .integer(Int64(settled.count)),
      "symphony.tick.delivered": .integer(Int64(report.delivered)),
      "symphony.tick.failures": .integer(Int64(report.failures.count)),
      "symphony.tracker.requests": .integer(report.trackerTime.requests),
      "symphony.tracker.milliseconds": .integer(report.trackerTime.milliseconds),
    ]
    if report.exit != .done { span.error = report.exit.word }
    return span
  }

  private func delivery(_ made: DeliveryMade, _ number: Int, within tick: Span) -> Span {
    var span = Span(
      "delivery \(number)", "deliver \(made.kind)", within: tick, from: made.start, to: made.end)
    span.kind = .client
    span.attributes = attributes(of: made.item, made.key).merging([
      "symphony.delivery.kind": .string(made.kind),
      "symphony.delivery.outcome": .string(made.outcome),
      "symphony.delivery.tries": .integer(Int64(made.tries)),
    ]) { $1 }
    span.error = made.error
    return span
  }

  // MARK: Runs

  private var settled: [RunRecord] {
    guard report.isCommitted else { return [] }
    return (report.plan?.changes ?? []).compactMap { change in
      guard case .putRun(let run) = change, run.phase == .settled else { return nil }
      return run
    }
  }

  private func runSpan(_ run: RunRecord) -> Span {
    let isWork = run.purpose == .work
    var span = Span(
      SpanID(of: "run \(run.id.text) \(run.launchedAt.milliseconds)"),
      isWork ? "run" : "clean_up", from: run.launchedAt, to: run.settledAt ?? snapshot.now)
    span.links = [tickID(run.launchedAt)]
    let seen = snapshot.runs?.runs[run.id]
    let outcome = run.outcome?.rawValue ?? ""
    span.attributes = attributes(of: run.item, nil).merging([
      "symphony.run.id": .string(run.id.text),
      "symphony.run.generation": .integer(Int64(run.generation)),
      "symphony.run.outcome": .string(outcome),
      "symphony.run.stopped_by": .optional(run.stop?.by.rawValue),
    ]) { $1 }
    if run.outcome?.isFailure == true { span.error = outcome }
    if let result = result(of: seen) {
      span.attributes["vcs.ref.head.revision"] = name(result.head)
      span.attributes["vcs.ref.base.name"] = name(result.baseBranch)
      span.attributes["symphony.run.commits"] = .integer(Int64(result.commitsAhead))
      span.attributes["symphony.run.turns"] = .integer(Int64(result.turns))
      if let failure = result.failure, run.outcome?.isFailure == true {
        span.error = failure.kind.rawValue
      }
    }
    guard isWork else { return span }
    span.name = "invoke_agent"
    span.attributes.merge(agent(of: run)) { $1 }
    span.attributes["gen_ai.conversation.id"] = name(session(of: seen))
    span.attributes.merge(figures(run.spent)) { $1 }
    return span
  }

  private func turns(of run: RunRecord, within span: Span) -> [Span] {
    let seen = snapshot.runs?.runs[run.id]
    let times = result(of: seen)?.turnTimes ?? seen?.progress?.turnTimes ?? []
    return times.prefix([TurnTime].limit).map { time in
      // A worker that died told of no end.
      var turn = Span(
        "turn \(time.turn)", "turn", within: span, from: time.startedAt,
        to: time.endedAt ?? span.end)
      turn.attributes = agent(of: run)
      turn.attributes["symphony.turn"] = .integer(Int64(time.turn))
      turn.attributes.merge(figures(run.spent.filter { $0.turn == time.turn })) { $1 }
      if time.endedAt == nil { turn.error = "unfinished" }
      return turn
    }
  }

  private func session(of seen: RunObservation?) -> String? {
    if let result = result(of: seen) { return result.session?.id }
    return seen?.progress?.session?.id
  }

  private func result(of seen: RunObservation?) -> RunResult? {
    if case .ended(let result)? = seen?.liveness { result } else { nil }
  }

  // MARK: Attributes

  private func attributes(of id: ItemID, _ key: ItemKey?) -> [String: Structure] {
    let record = snapshot.state.items.first { $0.id == id }
    return [
      "symphony.item.id": name(id.text),
      "symphony.item.key": name(record?.key.text ?? key?.text),
      "vcs.repository.name": name(record?.repository.name),
      "vcs.owner.name": name(record?.repository.owner),
      "vcs.ref.head.name": name(record?.branch),
    ]
  }

  private func agent(of run: RunRecord) -> [String: Structure] {
    [
      "gen_ai.operation.name": .string("invoke_agent"),
      "gen_ai.agent.name": name(run.account?.text),
      "gen_ai.request.model": name(run.model),
    ]
  }

  /// Tokens and dollars in the agent's own figures.
  private func figures(_ spent: [TurnUsage]) -> [String: Structure] {
    guard !spent.isEmpty else { return [:] }
    let total = spent.believed.total
    let models = Set(spent.map(\.model)).subtracting([""]).sorted()
    return [
      "gen_ai.response.model": models.count == 1 ? name(models.first) : .null,
      "gen_ai.usage.input_tokens": .integer(total.inputTokens),
      "gen_ai.usage.output_tokens": .integer(total.outputTokens),
      "gen_ai.usage.cache_read.input_tokens": .integer(total.cachedInputTokens),
      "symphony.cost.usd": .number(total.costUSD),
    ]
  }

  /// A name that came from outside, on one line and no longer than a name is.
  private func name(_ text: String?) -> Structure {
    .optional(
      text.map { PlainText.beginning(PlainText.line($0), scalars: Self.nameLimit) })
  }
}
