// Reads what a command prints, and judges how its turn ended: the exit status rules, and a result
// line says more about it. A status other than zero is never a success, and a result that tells of
// a failure never is either. Called by CommandAgent; the lines themselves are CommandReport's part.
import SymphonyCore

struct CommandReader: AgentReader {
  let resume: SessionRef?
  /// As the workflow names it; empty where it does not.
  let model: String
  /// The last non-empty lines of text, oldest first: at most `keptLines`.
  private var lines: [String] = []
  private var session: String?
  /// The last one counts.
  private var result: CommandResult?
  /// Figures of this turn.
  private var shares: ModelUsage = [:]
  /// Figures of the whole session.
  private var totals: ModelUsage = [:]
  private static let keptLines = 40

  /// Lines of the prompt that look like reports: many a command repeats what it is asked, and the
  /// issue's author is not the command.
  private let told: Set<String>
  private let prompt: String
  private let clock: LimitClock

  init(
    resume: SessionRef?, model: String, prompt: String = "",
    clock: LimitClock = .own
  ) {
    (self.prompt, self.clock) = (prompt, clock)
    told = Set(
      prompt.split(whereSeparator: \.isNewline).map { $0.trimmingWhitespace() }
        .filter { CommandReport($0) != nil })
    self.resume = resume
    self.model = model
  }

  mutating func read(_ line: String) -> [AgentEvent] {
    let isEcho = !told.isEmpty && told.contains(line.trimmingWhitespace())
    switch isEcho ? nil : CommandReport(line) {
    case nil: return readText(line)
    case .progress(let message):
      let short = Excerpt.line(message)
      return short.isEmpty ? [] : [.activity(short)]
    case .usage(let usage, let name, let isCumulative):
      let name = name ?? model
      if isCumulative {
        // More names than an agent has models would only fill the books.
        let known = totals[name] != nil || totals.count < ModelUsage.namesKept ? name : ""
        totals[known] = (totals[known] ?? Usage()).orLater(usage)
      } else {
        shares.add(usage, to: name)
      }
      return [.usage(spent, counted: ref?.counted)]
    case .session(let id):
      if id == session { return [] }
      session = id
      return [.session(id)]
    case .result(let result):
      self.result = result
      var events: [AgentEvent] = []
      let short = Excerpt.line(result.message)
      if !short.isEmpty { events.append(.activity(short)) }
      if let told = Self.kind(result, resuming: false).failure, case .limited = told {
        events.append(.failing(told, short.isEmpty ? "usage limit" : short))
      }
      return events + [.concluded]
    }
  }

  func finish(_ exit: ExitStatus, errorTail: String) -> TurnOutcome {
    let kind = kind(exit, errorTail)
    return TurnOutcome(
      kind: kind, message: message(exit, errorTail, kind),
      session: kind == .sessionGone ? nil : ref, spent: spent)
  }

  private mutating func readText(_ line: String) -> [AgentEvent] {
    let text = line.hasSuffix("\r") ? String(line.dropLast()) : line
    let short = Excerpt.line(text)
    guard !short.isEmpty else { return [] }
    lines.append(Excerpt.end(text))
    if lines.count > Self.keptLines { lines.removeFirst(lines.count - Self.keptLines) }
    // A command that prints after its result is still at work.
    return (result == nil ? [] : [.wentOn]) + [.activity(short)]
  }

  // MARK: The end

  private func kind(_ exit: ExitStatus, _ errorTail: String) -> TurnOutcome.Kind {
    if let result {
      let kind = Self.kind(result, resuming: resume != nil)
      switch kind {
      case .succeeded, .cutShort: if exit == .exited(0) { return kind }
      default: return kind
      }
    }
    switch exit {
    case .exited(0): return .succeeded
    // EX_TEMPFAIL and EX_CONFIG of sysexits.h; 126 and 127 are the shell's, for a program that
    // cannot be run or found.
    case .exited(75): return .failed(code: "agent_unavailable", .transient)
    case .exited(78), .exited(126), .exited(127):
      return .failed(code: "agent_misconfigured", .misconfigured)
    case _ where exit.signal != nil: return .failed(code: "agent_killed", .agent)
    default:
      // An agent behind the command says in its last words why it gave up.
      let errors = errorTail.split(whereSeparator: \.isNewline).suffix(5).map(String.init)
      let last = (lines.suffix(3) + errors).map { $0.trimmingWhitespace() }
        .filter { !prompt.contains($0) }
      return ProviderWords.kind(last.joined(separator: "\n"), clock)
        ?? .failed(code: "agent_failed", .agent)
    }
  }

  /// The kind of ending that the result alone would mean.
  private static func kind(_ result: CommandResult, resuming: Bool) -> TurnOutcome.Kind {
    switch result.status {
    case .success: .succeeded
    case .goOn: .cutShort(code: "agent_continue")
    case .blocked: .blocked
    case .failed, .limited: .failed(code: result.code, result.failure)
    case .sessionGone:
      resuming ? .sessionGone : .failed(code: "agent_failed", .agent)
    }
  }

  private func message(_ exit: ExitStatus, _ errorTail: String, _ kind: TurnOutcome.Kind) -> String
  {
    if let result, !result.message.isEmpty { return Excerpt.message(result.message) }
    let said = Excerpt.end(lines.joined(separator: "\n"))
    switch kind {
    case .succeeded, .cutShort, .blocked: return said
    default: break
    }
    let complaint = Excerpt.end(errorTail)
    let because = complaint.isEmpty ? said : complaint
    let ending = "the command ended with \(exit.description)"
    return because.isEmpty ? ending : Excerpt.message("\(ending): \(because)")
  }

  // MARK: Session and spending

  /// The usage counted before this turn; a session of another name counts from zero.
  private var countedBefore: ModelUsage {
    guard let resume, session == nil || session == resume.id else { return [:] }
    return resume.counted
  }

  private var spent: ModelUsage {
    var sum = shares
    for (name, total) in totals {
      sum[name, default: Usage()] += total.beyond(countedBefore[name] ?? Usage())
    }
    return sum
  }

  private var ref: SessionRef? {
    guard let id = session ?? resume?.id else { return nil }
    var counted = countedBefore
    for (name, total) in totals { counted[name] = (counted[name] ?? Usage()).orLater(total) }
    return SessionRef(id: id, counted: counted)
  }
}

extension ExitStatus {
  /// The signal that ended the process, also when it, or a shell around it, turned it into 128 + n.
  var signal: Int32? {
    switch self {
    case .signalled(let number): number
    case .exited(let code): (129...159).contains(code) ? code - 128 : nil
    }
  }
}
