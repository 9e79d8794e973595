// Reads the JSON lines of one `opencode run`: session, activity, spending, errors and refusals.
// Both major versions are read. The turn ends with the step that asks for nothing more: what ends
// badly after it is a remark. What
// is not known (types, keys, lines that are no JSON) is passed over, but for the notes about
// permissions that OpenCode prints between the lines. What an error means is OpenCodeFailure's
// part.
import SymphonyCore

struct OpenCodeReader: AgentReader {
  let resume: SessionRef?
  /// False: every turn begins a session of its own, and none is remembered.
  let keepsSession: Bool
  /// As the workflow names it; empty where it does not.
  let model: String
  let clock: LimitClock
  private var session: String?
  private var hasStarted = false
  /// The texts of the last step that had any.
  private var texts: [String] = []
  private var stepIsNew = false
  private var usage = Usage()
  private var lastReason = ""
  /// An error that came after the turn's last step, with no work between them.
  private var lateError: String?
  /// The last error that nothing followed.
  private var failure: OpenCodeFailure?
  private var denied: [String] = []
  /// The last lines that are no JSON, for endings that stderr does not explain.
  private var plain: [String] = []
  private static let plainKept = 10
  private static let deniedKept = 20

  init(resume: SessionRef?, keepsSession: Bool, model: String, clock: LimitClock) {
    self.clock = clock
    self.resume = resume
    self.keepsSession = keepsSession
    self.model = model
  }

  mutating func read(_ line: String) -> [AgentEvent] {
    guard let object = JSONText.object(line) else { return readPlain(line) }
    var events: [AgentEvent] = []
    if let id = object["sessionID"]?.stringValue, SessionID.isUsable(id) {
      hasStarted = true
      if id != session, keepsSession { events.append(.session(id)) }
      session = id
    }
    let part = object["part"]
    switch object["type"]?.stringValue {
    case "step_start":
      if isComplete { events.append(.wentOn) }
      (failure, lateError, lastReason) = (nil, nil, "")
      stepIsNew = true
    case "text": events += readText(part)
    case "tool_use": events += readTool(part)
    case "step_finish": events += readStepEnd(part)
    case "error": events += readError(object["error"])
    case "done":
      for name in (object["rejected"]?.listValue ?? []).compactMap(\.stringValue) { deny(name) }
    default: break
    }
    return events
  }

  func finish(_ exit: ExitStatus, errorTail: String) -> TurnOutcome {
    var ended = self
    for line in errorTail.split(whereSeparator: \.isNewline) { ended.noteRejection(String(line)) }
    let (kind, message) = ended.ending(exit, errorTail)
    let trouble = ended.trouble(exit, errorTail)
    var outcome = TurnOutcome(
      kind: kind, message: Excerpt.message(message), session: kind == .sessionGone ? nil : ref,
      spent: [model: usage])
    outcome.denied = ended.denied
    if kind == .succeeded { outcome.trouble = trouble }
    return outcome
  }

  /// The last step asked for nothing more.
  private var isComplete: Bool { lastReason == "stop" && failure == nil }

  private func trouble(_ exit: ExitStatus, _ errorTail: String) -> TurnOutcome.Trouble? {
    if exit != .exited(0) {
      let complaint = Excerpt.line(errorTail, limit: 200)
      return TurnOutcome.Trouble(
        .failed(code: exit.signal == nil ? "agent_failed" : "agent_killed", .agent),
        "opencode ended with \(exit.description) after its last step"
          + (complaint.isEmpty ? "" : ": \(complaint)"))
    }
    return lateError.map {
      TurnOutcome.Trouble(
        .failed(code: "agent_failed", .agent),
        Excerpt.line("after its last step opencode reported an error: \($0)", limit: 300))
    }
  }

  private var ref: SessionRef? {
    guard keepsSession, let id = session ?? resume?.id else { return nil }
    return SessionRef(id: id)
  }

  private func ending(_ exit: ExitStatus, _ errorTail: String) -> (TurnOutcome.Kind, String) {
    // An error that stands ends the turn, whatever the exit status: a continued step takes it back.
    if let failure { return (failure.kind(resuming: resume != nil), failure.message) }
    let said = texts.joined(separator: "\n\n")
    // Also without a word: whether there is work behind it is what git says.
    if isComplete { return (.succeeded, said) }
    if exit == .exited(0) {
      if lastReason == "length" { return (.cutShort(code: "agent_output_limit"), said) }
      let isOpen = ["tool-calls", "content-filter", "error"].contains(lastReason)
      // An agent that ended without a last step and without a word has not said that it is done.
      let isUnfinished = isOpen || said.isEmpty
      if hasStarted {
        return (isUnfinished ? .cutShort(code: "agent_unfinished") : .succeeded, said)
      }
    }
    var complaint = Excerpt.end(errorTail)
    if complaint.isEmpty { complaint = plain.joined(separator: "\n") }
    let ending = "opencode ended with \(exit.description)"
    let message =
      complaint.isEmpty ? ending + ": it gave no result" : "\(ending): \(complaint)"
    if exit.signal != nil { return (.failed(code: "agent_killed", .agent), message) }
    if exit == .exited(0) {
      // Asked for a session that is not there it may say so on stderr, or not a word.
      let isGone = resume != nil && keepsSession && !hasStarted
      return (isGone ? .sessionGone : .failed(code: "agent_no_result", .agent), message)
    }
    // The launcher's shell found no such program, or one it may not run.
    if !hasStarted, [.exited(126), .exited(127)].contains(exit) {
      return (.failed(code: "agent_missing", .misconfigured), message)
    }
    let failure = OpenCodeFailure(complaint: complaint, hasStarted: hasStarted, clock)
    return (failure.kind(resuming: resume != nil), message)
  }

  // MARK: Lines

  private mutating func readText(_ part: Structure?) -> [AgentEvent] {
    guard let text = part?["text"]?.stringValue, !text.trimmingWhitespace().isEmpty else {
      return []
    }
    failure = nil
    if stepIsNew { texts = [] }
    stepIsNew = false
    texts.append(Excerpt.message(text))
    return [.activity(Excerpt.line(text))]
  }

  private mutating func readTool(_ part: Structure?) -> [AgentEvent] {
    failure = nil
    let name = part?["tool"]?.stringValue ?? "tool"
    let state = part?["state"]
    let argument = Self.argumentKeys.lazy.compactMap { state?["input"]?[$0]?.stringValue }.first
    let line = Excerpt.line(argument.map { "\(name): \($0)" } ?? name)
    if state?["status"]?.stringValue == "error", let error = state?["error"]?.stringValue,
      Self.refusals.contains(where: { error.contains($0) })
    {
      deny(line)
    }
    return [.activity(line)]
  }

  private mutating func readStepEnd(_ part: Structure?) -> [AgentEvent] {
    failure = nil
    lastReason = part?["reason"]?.stringValue ?? ""
    let tokens = part?["tokens"]
    func count(_ value: Structure?) -> Int64 { max(0, value?.integerValue ?? 0) }
    var step = Usage()
    step.cachedInputTokens = count(tokens?["cache"]?["read"])
    // OpenCode counts tokens from and into the cache apart, and those for reasoning, too.
    step.inputTokens =
      Usage.capped(
        Usage.capped(count(tokens?["input"]), step.cachedInputTokens),
        count(tokens?["cache"]?["write"]))
    step.outputTokens = Usage.capped(count(tokens?["output"]), count(tokens?["reasoning"]))
    let cost = part?["cost"]?.numberValue ?? 0
    step.costUSD = cost.isFinite ? max(0, cost) : 0
    usage += step
    let share = AgentEvent.usage([model: usage], counted: nil)
    return isComplete ? [share, .concluded] : [share]
  }

  private mutating func readError(_ error: Structure?) -> [AgentEvent] {
    let failure = OpenCodeFailure(error ?? .null, clock)
    if isComplete { lateError = failure.message } else { self.failure = failure }
    let line = Excerpt.line(failure.message)
    if let told = failure.kind(resuming: false).failure, case .limited = told {
      return [.failing(told, line)]
    }
    return [.activity(line)]
  }

  private mutating func readPlain(_ line: String) -> [AgentEvent] {
    let short = Excerpt.line(line, limit: 200)
    guard !short.isEmpty else { return [] }
    plain.append(short)
    if plain.count > Self.plainKept { plain.removeFirst() }
    guard noteRejection(line) else { return [] }
    return [.activity(Excerpt.line("denied: \(denied.last ?? "a tool")"))]
  }

  // MARK: Refusals

  /// `! permission requested: bash (rm *); auto-rejecting`, on stdout or stderr, in colour or not.
  @discardableResult
  private mutating func noteRejection(_ line: String) -> Bool {
    guard let start = line.firstRange(of: "permission requested: ") else { return false }
    let rest = line[start.upperBound...]
    deny(String(rest[..<(rest.firstRange(of: "; auto-reject")?.lowerBound ?? rest.endIndex)]))
    return true
  }

  /// The same refusal may be told twice, and the second time by its bare name.
  private mutating func deny(_ what: String) {
    let line = Excerpt.line(what)
    let isKnown = denied.contains {
      $0 == line || $0.hasPrefix("\(line) (") || $0.hasPrefix("\(line):")
    }
    if !line.isEmpty, !isKnown, denied.count < Self.deniedKept { denied.append(line) }
  }

  /// The words of a refused tool: after a question that nobody answers, and by a rule.
  static let refusals = [
    "rejected permission", "rule which prevents you", "request was rejected",
  ]

  /// The inputs that tell most about a tool's use, best first.
  static let argumentKeys = [
    "command", "filePath", "path", "pattern", "url", "query", "name", "description", "prompt",
  ]
}
