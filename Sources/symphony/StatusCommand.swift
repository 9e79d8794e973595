// `symphony status`: every item with its verdict and why, from a private copy of the database and a
// look at the live workers. Asks the tracker nothing and changes nothing.
import ArgumentParser
import SymphonyCore
import SymphonyExecutors
import SymphonyPlatform
import SymphonyStore
import SymphonyTick
import SymphonyTrackers

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show every work item with its verdict and why.")
  @Argument(help: "The workflow file (default: ./WORKFLOW.md).") var workflowPath: String?
  @OptionGroup var global: GlobalOptions
  @Flag(help: "Print the result as JSON.") var json = false
  @Flag(help: "Also list items that are not listed by the tracker any more.") var all = false

  func run() async throws {
    let place = try global.place(positional: workflowPath)
    let composition = Composition(place: place, logbook: global.logbook)
    do {
      let board = try StatusBoard(composition: composition)
      if json { try Output.json(board.members) } else { Output.answer(board.text(all: all)) }
    } catch let error as StoreError {
      throw Stop(.state, error.sentence, hint: error.hint)
    }
  }
}

/// What status shows, gathered once.
struct StatusBoard {
  struct Line {
    var record: ItemRecord
    var code: String
    var sentence: String
    var needsHuman: Bool
    var run: RunRecord?
    var progress: RunProgress?
    var owed: [OutboxEntry]
    /// The run that lives, else the last one.
    var lastRun: RunRecord?
    /// By all its runs, the living one included.
    var spent: Usage {
      var sum = record.usage
      if let progress { sum += progress.usage }
      return sum
    }
  }
  let place: Place
  var lines: [Line] = []
  var holds: [Hold]
  var lastPoll: Timestamp?
  var trackerProblem: String
  var policyProblem: String?
  var today: [UsageTotal]
  /// Nil: no limit.
  var maxCostPerDay: Double?
  /// Keys of the limits in dollars that are set.
  var dollarLimits: [String] = []
  var refused: [OutboxEntry]
  /// What was asked of GitHub this hour; nil: nothing that cost anything yet.
  var spending: TrackerSpending?
  /// `github.max_points_per_hour`; nil: no limit.
  var pointsPerHour: Int?
  let now: Timestamp

  init(composition: Composition) throws {
    place = composition.place
    now = Timestamp(milliseconds: Clock.wallMilliseconds())
    let store = try SQLiteStore.open(directory: place.stateDirectory, mode: .privateCopy, now: now)
    defer { store.close() }
    let state = try store.load()
    let load = composition.loadPolicy(lastGood: try store.fact(.lastGoodWorkflow))
    policyProblem = load.problem
    holds = state.holds
    lastPoll = try store.fact(.lastPoll).flatMap(Int64.init).map(Timestamp.init(milliseconds:))
    trackerProblem = try store.fact(.trackerProblem) ?? ""
    today = try store.totals(day: String(now.rfc3339.prefix(10)))
    refused = try store.refusedEntries()
    spending = TrackerSpending.read(store)
    pointsPerHour = load.policy?.tracker.pointsPerHour
    maxCostPerDay = load.policy?.limits.maxCostPerDay
    dollarLimits = load.policy?.dollarLimits ?? []
    let latest = try store.latestRuns()
    let poll = try? composition.executor().poll(PollQuestion(runs: state.runs, workspaces: [:]))
    var verdicts: [ItemID: Reason] = [:]
    if let policy = load.policy {
      let snapshot = Snapshot(
        now: now, bootID: Host.bootID, stateTag: "status",
        stateDirectory: place.stateDirectory, trigger: .manual, policy: policy,
        policyProblem: load.problem,
        state: state, runs: poll, survey: Survey(candidates: .skipped),
        nonces: (0..<Snapshot.noncesNeeded(items: state.items.count)).map { _ in
          String(repeating: "0", count: 32)
        })
      for verdict in Planner.plan(snapshot).verdicts { verdicts[verdict.item] = verdict.reason }
    }
    for record in state.items {
      let run = state.runs.first { $0.item == record.id }
      var line = Line(
        record: record, code: record.verdict, sentence: "", needsHuman: false, run: run,
        progress: run.flatMap { poll?.runs[$0.id]?.progress },
        owed: state.outbox.filter { $0.item == record.id }, lastRun: run ?? latest[record.id])
      switch verdicts[record.id] {
      case .none, .notChecked, .launching:
        // Rows of older versions have their sentence in the ledger only.
        let last =
          record.sentence.isEmpty
          ? try store.ledger(of: record.id, limit: 1).first?.sentence : record.sentence
        line.sentence = last ?? "not looked at yet"
      case .some(let reason):
        line.code = reason.code
        line.sentence = reason.sentence
        line.needsHuman = reason.needsHuman
      }
      lines.append(line)
    }
    lines.sort { $0.record.key < $1.record.key }
  }

  func text(all: Bool) -> [String] {
    var parts = ["workflow  \(place.workflowPath)", "state     \(place.stateDirectory)"]
    parts.append(
      "polled    " + (lastPoll.map { "\($0.rfc3339) (\((now - $0).description) ago)" } ?? "never"))
    if let policyProblem {
      let lines = policyProblem.split(separator: "\n")
      parts += lines.map { Output.paint("problem   \($0)", .red) }
    }
    if !trackerProblem.isEmpty {
      parts.append(Output.paint("tracker   \(trackerProblem)", .red))
    }
    for hold in holds {
      let until = hold.until.map { "until \($0.time.rfc3339)" } ?? "until lifted"
      let why = hold.why.isEmpty ? "" : ": \(Output.oneLine(hold.why))"
      let who = hold.scope.isEmpty ? "" : " \(hold.scope)"
      let text = "hold      \(hold.kind.rawValue)\(who) \(until)\(why)"
      parts.append(Output.paint(text, hold.needsOperator ? .red : .yellow))
      if hold.needsOperator {
        parts.append("          mend it, then `symphony resume`; it is also tried again by itself")
      }
    }
    parts += StatusMoney(board: self).lines
    if let spending { parts.append("github    \(words(spending))") }
    parts.append("")
    let shown = lines.filter { all || $0.code != "not_listed" }
    if shown.isEmpty { parts.append("no work items yet") }
    parts += Output.table(shown.map(row))
    let hidden = lines.count - shown.count
    if hidden > 0 { parts.append("(\(hidden) no longer listed; --all shows them)") }
    return parts
  }

  /// `12 points in 9 requests this hour; GraphQL: 4988 of 5000 left until 2026-11-21T04:02:00Z`
  private func words(_ spending: TrackerSpending) -> String {
    let (points, requests) = spending.current(at: now)
    let ceiling = pointsPerHour.map { " of \($0)" } ?? ""
    var text = "\(points)\(ceiling) points in \(requests) requests this hour"
    for (name, window) in [("GraphQL", spending.graphQL), ("REST", spending.core)] {
      guard let window, window.resetAt > now else { continue }
      text +=
        "; \(name): \(window.remaining) of \(window.limit) left until "
        + window.resetAt.rfc3339
    }
    return text
  }

  private func structure(_ spending: TrackerSpending) -> Structure {
    let (points, requests) = spending.current(at: now)
    func window(_ window: TrackerSpending.Window?) -> Structure {
      guard let window else { return .null }
      return .object([
        "limit": .integer(Int64(window.limit)), "remaining": .integer(Int64(window.remaining)),
        "reset_at": .string(window.resetAt.rfc3339),
      ])
    }
    return .object([
      "points": .integer(Int64(points)), "requests": .integer(Int64(requests)),
      "ceiling": .optional(pointsPerHour),
      "graphql": window(spending.graphQL), "rest": window(spending.core),
    ])
  }

  private func row(_ line: Line) -> [String] {
    let colour: Output.Colour? =
      line.needsHuman
      ? .red : line.code == "running" ? .green : line.code == "handed_off" ? .bold : nil
    let code = colour.map { Output.paint(line.code, $0) } ?? line.code
    var sentence = Output.oneLine(line.sentence, 400)
    if let run = line.run {
      sentence += " (run \(run.generation), \((now - run.launchedAt).description))"
    }
    if let spent = StatusMoney.words(line.spent) { sentence += "; \(spent) so far" }
    if let doubt = (line.progress?.spent ?? line.lastRun?.spent)?.disbelief,
      !line.sentence.contains(doubt)
    {
      sentence += "; \(doubt)"
    }
    for entry in line.owed where !entry.lastError.isEmpty {
      sentence += "; \(entry.payload.kind) owed: \(Output.oneLine(entry.lastError, 400))"
    }
    for entry in refused where entry.item == line.record.id {
      sentence += "; \(entry.payload.kind) refused: \(Output.oneLine(entry.lastError, 400))"
    }
    for clause in leftBehind(line) { sentence += "; \(Output.oneLine(clause, 400))" }
    if line.needsHuman, let path = workspace(line), !sentence.contains(path) {
      sentence += "; workspace \(path)"
    }
    return ["  " + Output.oneLine(line.record.key.text, 60), code, sentence]
  }

  private func workspace(_ line: Line) -> String? {
    line.record.hasWorkspace ? line.record.home?.workspace : nil
  }

  /// What is on no remote branch, whatever the verdict is about.
  private func leftBehind(_ line: Line) -> [String] {
    var left = line.record.left
    left.commit = line.record.unpushed ?? left.commit
    return left.clauses(branch: line.record.branch, workspace: workspace(line))
  }

  var members: [String: Structure] {
    [
      "workflow": .string(place.workflowPath), "state_directory": .string(place.stateDirectory),
      "last_poll": .optional(lastPoll?.rfc3339), "tracker_problem": .string(trackerProblem),
      "workflow_problem": .optional(policyProblem),
      "holds": .list(
        holds.map { hold in
          .object([
            "kind": .string(hold.kind.rawValue), "scope": .string(hold.scope),
            "why": .string(hold.why),
            "until": .optional(hold.until?.time.rfc3339),
            "needs_human": .bool(hold.needsOperator),
          ])
        }),
      "github": spending.map(structure) ?? .null,
      "items": .list(lines.map(structure)),
      "usage_today": StatusMoney(board: self).structure,
      "max_cost_usd_per_day": maxCostPerDay.map { .number($0) } ?? .null,
    ]
  }

  private func structure(_ line: Line) -> Structure {
    let record = line.record
    return .object([
      "key": .string(record.key.text), "id": .string(record.id.text),
      "title": .string(record.title),
      "url": .string(record.url), "claim": .string(record.claim.state), "code": .string(line.code),
      "sentence": .string(line.sentence), "needs_human": .bool(line.needsHuman),
      "runs": .integer(Int64(record.runs)), "failures": .integer(Int64(record.counters.failures)),
      "branch": .string(record.branch), "pull_request": .optional(record.pullRequest?.url),
      "run": .optional(line.run?.id.text), "phase": .optional(line.progress?.phase.rawValue),
      "turn": .optional(line.progress?.turn), "tokens": .integer(record.usage.totalTokens),
      "cost_usd": .number(record.usage.costUSD),
      "running_tokens": .integer(line.progress?.usage.totalTokens ?? 0),
      "running_cost_usd": .number(line.progress?.usage.costUSD ?? 0),
      "last_run": StatusMoney.structure(line), "unpushed": .optional(record.unpushed),
      "workspace": .optional(workspace(line)),
      "left_behind": .list(leftBehind(line).map { .string($0) }),
    ])
  }
}
