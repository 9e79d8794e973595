// `symphony logs`: what an issue's run printed, as a person may read it, and what it prints from
// now on. Reads through the executor; changes nothing and asks the tracker nothing.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTick

struct LogsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Show what an issue's agent said and did.",
    discussion: """
      The last run's transcript: the agent's words, its tools with what they were asked and \
      answered, cut, what it was denied, and what each turn used. With -f it goes on through \
      later turns and runs until the issue rests (handed off, parked, done), or Ctrl-C.

      Examples:
        symphony logs 42
        symphony logs 42 -f
        symphony logs 42 --run 1
        symphony logs owner/repo#42 --worker
        symphony logs 42 --raw
        symphony logs 42 --json      an object on each line: kind, text and run
      """)
  @Argument(help: "42, #42, owner/repo#42 or the issue's address.") var issue: String
  @Flag(name: [.customShort("f"), .long], help: "Go on with what comes.") var follow = false
  @Option(help: "The issue's run of that number (default: the last).") var run: Int?
  @Flag var kind: Kind = .agent
  @Flag(help: "Print JSON: one object on each line.") var json = false
  @OptionGroup var global: GlobalOptions

  enum Kind: String, EnumerableFlag {
    case agent, hooks, worker, raw

    static func help(for value: Kind) -> ArgumentHelp? {
      switch value {
      case .agent: "The agent's transcript."
      case .hooks: "What the hooks printed."
      case .worker: "The worker's own log."
      case .raw: "The agent's output as it printed it, line by line."
      }
    }
    var log: RunLog {
      switch self {
      case .agent, .raw: .agent
      case .hooks: .hooks
      case .worker: .worker
      }
    }
  }

  func validate() throws {
    if let run, run < 1 { throw ValidationError("--run takes a number from 1") }
    if run != nil, follow { throw ValidationError("--follow goes on with the last run: no --run") }
  }

  func run() async throws {
    let place = try global.place()
    let name = try IssueName(issue, at: place)
    let composition = Composition(place: place, logbook: global.logbook)
    let look = try StoredLook(place)
    let record = try name.known(among: look.state.items)
    let executor = composition.executor()
    var current = try chosen(record, look)
    if current == nil, !follow {
      throw Stop(
        .usage, "\(record.key) has had no run",
        hint: "`symphony why \(record.key.reference)` says what it waits for")
    }
    while true {
      if let current {
        let reading = RunLogReading(
          run: current, kind: kind, isJSON: json, executor: executor)
        try reading.show(following: follow)
        if !follow || Answer.isLost { return }
      }
      guard let next = try nextRun(record, after: current, place) else { return }
      current = next
    }
  }

  /// Clean-ups have no agent; they are shown when they are named.
  private func chosen(_ record: ItemRecord, _ look: StoredLook) throws -> RunRecord? {
    let runs = try look.runs(of: record)
    guard let number = run else { return runs.first { $0.purpose == .work } }
    if let found = runs.first(where: { $0.generation == number }) { return found }
    let known = runs.map { String($0.generation) }.reversed().joined(separator: ", ")
    throw Stop(
      .usage, "\(record.key) has no run \(number)",
      hint: known.isEmpty ? "it has had none yet" : "its runs: \(known)")
  }

  /// Waits for the item's next run.
  /// - Returns: nil when the item rests, or nobody reads any more.
  private func nextRun(
    _ record: ItemRecord, after current: RunRecord?, _ place: Place
  ) throws -> RunRecord? {
    while true {
      let look = try StoredLook(place)
      defer { look.store.close() }
      guard let now = look.state.items.first(where: { $0.id == record.id }) else { return nil }
      let latest = try look.runs(of: record).first { $0.purpose == .work }
      if let latest, latest.generation > current?.generation ?? 0 { return latest }
      switch now.claim {
      case .parked, .handedOff, .released:
        Output.remark("\(record.key) rests: \(now.verdict): \(now.sentence)")
        return nil
      case .unclaimed, .retrying, .running: break
      }
      guard Platform.isRead(1, forMilliseconds: 1000) else { return nil }
    }
  }
}

/// One log of one run, from its beginning to where it ends or ended.
struct RunLogReading {
  let run: RunRecord
  let kind: LogsCommand.Kind
  let isJSON: Bool
  let executor: any Executor
  /// Bytes that are read at once.
  private static let piece = 1 << 20

  /// Shows all there is; then, where it is followed, what comes until the run is over.
  /// - Throws: `Stop` when nothing is kept of the run.
  func show(following: Bool) throws {
    Output.remark(
      "run \(run.generation) (\(run.id)), \(run.account?.text ?? "no agent"), "
        + "launched \(run.launchedAt.rfc3339)")
    var lines = LineAssembly()
    var view = TranscriptView(kind: kind, account: run.account)
    var offset: Int64 = 0
    while true {
      // Before the last piece is read: what was written before the end is then read for certain.
      let isOver = !following || isOver()
      while true {
        let tail = try piece(from: offset)
        if tail.offset > offset, offset > 0 || !tail.bytes.isEmpty {
          lines.skip()
          let gap = "\(tail.offset - offset) bytes were given back to the disk"
          try isJSON ? answer("gap", gap) : Output.answer("[\(gap)]")
        }
        offset = tail.next
        if tail.bytes.isEmpty || Answer.isLost { break }
        try answer(lines.take(tail.bytes), &view)
      }
      if isOver || Answer.isLost { break }
      guard Platform.isRead(1, forMilliseconds: 500) else { return }
    }
    try answer(lines.rest(), &view)
    if kind == .agent { try showErrors() }
    if let outcome = run.outcome {
      Output.remark("run \(run.generation) ended, \(outcome.rawValue): \(run.summary)")
    }
  }

  /// Prints the end of the agent's standard error.
  private func showErrors() throws {
    for line in TranscriptView.errors(try ask(.agentErrors, .last(TranscriptView.errorBytes))) {
      try isJSON ? answer("stderr", line) : Output.answer("stderr   \(line)")
    }
  }

  private func answer(_ lines: [String], _ view: inout TranscriptView) throws {
    // A log that no reader understands is shown to its last space.
    if !isJSON, view.isRaw { return Output.answer(lines) }
    if !isJSON { return Output.answer(lines.flatMap { view.lines(of: $0) }) }
    for entry in lines.flatMap({ view.entries(of: $0) }) {
      try answer(entry.kind.rawValue, entry.text)
    }
  }

  private func answer(_ kind: String, _ text: String) throws {
    try Output.json([
      "run": .string(run.id.text), "number": .integer(Int64(run.generation)),
      "kind": .string(kind), "text": .string(text),
    ])
  }

  private func isOver() -> Bool {
    do throws(ExecutorError) {
      let seen = try executor.poll(PollQuestion(runs: [run])).runs[run.id]
      return seen?.isOver ?? true
    } catch {
      // A look that failed says nothing; the next one comes at once.
      return false
    }
  }

  private func piece(from offset: Int64) throws -> LogTail {
    try ask(kind.log, .from(offset, limit: Self.piece))
  }

  private func ask(_ log: RunLog, _ piece: LogPiece) throws -> LogTail {
    do throws(ExecutorError) {
      return try executor.tail(run.id, log, piece)
    } catch {
      if case .unknownRun = error {
        throw Stop(
          .state, "nothing is kept of run \(run.generation) of this issue any more",
          hint: "the first and the latest runs of an issue are kept; name one with --run")
      }
      throw Stop(.state, error.sentence)
    }
  }
}
