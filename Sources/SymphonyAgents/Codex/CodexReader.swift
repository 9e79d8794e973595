// Reads the JSON lines of one codex turn: the thread's id from the first one, activity, and the
// line that ends the turn. What is not known (types, keys, lines that are no JSON) is passed over.
// codex counts tokens over the whole thread: this turn's share is what is beyond the figures of the
// turns before. How the turn ended is judged by CodexOutcome.
import SymphonyCore

struct CodexReader: AgentReader {
  /// Under which the tokens are counted; empty: codex's own choice, which it does not tell.
  let model: String
  let resume: SessionRef?
  let workspace: String
  let clock: LimitClock
  private(set) var thread: String?
  /// Another thread than the one asked for answers: it knows nothing of what it should continue.
  private(set) var isForeign = false
  /// How the turn ended, by its last line that says so.
  private(set) var end: End?
  /// A failure's words that came after a complete turn, with no work between them.
  private(set) var lateError: String?
  /// An item came since the line that ended the turn last.
  private var hasWorked = false
  /// The text of codex's last line of type `error`, unless it was going to try again.
  private(set) var complaint: String?
  private(set) var lastMessage = ""
  private(set) var denied: [String] = []
  private(set) var remarks: [String] = []
  /// The account's limit, with the reset as it was told.
  private(set) var limit: Failure?
  /// Over the whole thread; nil until the turn is complete.
  private var cumulative: Usage?

  enum End: Hashable {
    case completed
    case failed(String)
  }

  init(
    model: String, resume: SessionRef?, workspace: String, clock: LimitClock
  ) {
    self.model = model
    self.resume = resume
    self.workspace = workspace
    self.clock = clock
  }

  /// An id that codex would take for a name.
  var cannotResume: Bool { resume.map { !CodexThread.isID($0.id) } ?? false }

  mutating func read(_ line: String) -> [AgentEvent] {
    if cannotResume {
      defer { isForeign = true }
      return isForeign ? [] : [.abandon("codex cannot resume a session by such an id")]
    }
    guard let object = JSONText.object(line) else { return [] }
    switch object["type"]?.stringValue {
    case "thread.started": return begin(object["thread_id"]?.stringValue ?? "")
    case "item.started", "item.updated", "item.completed":
      guard let item = object["item"] else { return [] }
      let isWork = Self.work.contains(item["type"]?.stringValue)
      let wentOn: [AgentEvent] = isWork && end != nil && !hasWorked ? [.wentOn] : []
      hasWorked = hasWorked || isWork
      return wentOn + read(item, isStart: object["type"]?.stringValue == "item.started")
    case "error":
      let words = object["message"]?.stringValue ?? ""
      if !words.hasPrefix("Reconnecting...") { complaint = words }
      return activity(words) + note(limit: words)
    case "turn.failed":
      let words = object["error"]?["message"]?.stringValue ?? complaint ?? ""
      // A failure that nothing stands behind takes a complete turn not back.
      if end == .completed, !hasWorked { lateError = words } else { end = .failed(words) }
      hasWorked = false
      return note(limit: words) + [.concluded]
    case "turn.completed":
      (end, hasWorked, lateError) = (.completed, false, nil)
      if let usage = object["usage"] { cumulative = Self.usage(usage) }
      return [.usage(spent, counted: session(.succeeded)?.counted), .concluded]
    default: return []
    }
  }

  func finish(_ exit: ExitStatus, errorTail: String) -> TurnOutcome {
    let outcome = CodexOutcome(reader: self, exit: exit, errorTail: errorTail)
    var turn = TurnOutcome(
      kind: outcome.kind, message: outcome.message, session: session(outcome.kind), spent: spent)
    turn.denied = denied
    turn.trouble = outcome.trouble
    turn.remarks = remarks
    return turn
  }

  /// This turn's share.
  ///
  /// A thread may change its model between turns, and its figures are of the whole thread: they are
  /// compared with all that was counted.
  var spent: ModelUsage {
    guard let cumulative else { return [:] }
    return [model: isForeign ? cumulative : cumulative.beyond(before.total)]
  }

  private var before: ModelUsage { resume?.counted ?? [:] }

  private func session(_ kind: TurnOutcome.Kind) -> SessionRef? {
    if kind == .sessionGone { return nil }
    guard let id = thread ?? resume?.id else { return nil }
    var counted = before
    for (model, usage) in spent { counted[model, default: Usage()] += usage }
    return SessionRef(id: id, counted: counted)
  }

  private mutating func begin(_ id: String) -> [AgentEvent] {
    guard SessionID.isUsable(id), id != thread else { return [] }
    if let resume, id.lowercased() != resume.id.lowercased() {
      isForeign = true
      return [.abandon("codex began thread \(Excerpt.line(id)) instead of resuming \(resume.id)")]
    }
    thread = id
    return [.session(id)]
  }

  private mutating func note(limit words: String) -> [AgentEvent] {
    guard limit == nil, CodexFailure.isUsageLimit(words) else { return [] }
    let told = Failure.limited(until: clock.limit(in: words))
    limit = told
    return [.failing(told, Excerpt.line(words, limit: 200))]
  }

  private static func usage(_ counts: Structure) -> Usage {
    func count(_ name: String) -> Int64 { max(0, counts[name]?.integerValue ?? 0) }
    var usage = Usage()
    usage.inputTokens = count("input_tokens")
    usage.cachedInputTokens = count("cached_input_tokens")
    usage.outputTokens = count("output_tokens")
    return usage
  }

  // MARK: Items

  /// The types of items that are steps of the agent's.
  private static let work: Set<String?> = [
    "agent_message", "reasoning", "command_execution", "file_change", "mcp_tool_call",
    "web_search", "todo_list",
  ]

  private mutating func read(_ item: Structure, isStart: Bool) -> [AgentEvent] {
    func text(_ key: String) -> String { item[key]?.stringValue ?? "" }
    let isEnd = !isStart
    switch item["type"]?.stringValue {
    case "agent_message" where isEnd:
      lastMessage = text("text")
      return activity(lastMessage)
    case "reasoning" where isEnd: return activity(text("text"))
    case "command_execution":
      let command = Self.script(text("command"))
      if isStart { return activity("shell: \(command)") }
      if text("status") == "declined" { deny("shell: \(command)") }
      guard let code = item["exit_code"]?.integerValue, code != 0 else { return [] }
      return activity("exit status \(code): \(command)")
    case "file_change" where isEnd:
      if text("status") == "declined" { deny("a change of files") }
      let changes = (item["changes"]?.listValue ?? []).map { change in
        "\(change["kind"]?.stringValue ?? "change") \(relative(change["path"]?.stringValue ?? ""))"
      }
      let state = text("status") == "failed" ? "failed to " : ""
      return changes.isEmpty ? [] : activity(state + changes.joined(separator: ", "))
    case "mcp_tool_call":
      let tool = "\(text("server")).\(text("tool"))"
      if isStart { return activity("mcp: \(tool)") }
      guard let error = item["error"]?["message"]?.stringValue else { return [] }
      // Said by codex itself, not by the server.
      if Self.refusals.contains(where: { error.contains($0) }) { deny("mcp \(tool)") }
      return activity("mcp: \(tool): \(error)")
    case "web_search" where isEnd: return activity("search: \(text("query"))")
    case "todo_list":
      let steps = item["items"]?.listValue ?? []
      let done = steps.count { $0["completed"]?.boolValue == true }
      return activity("plan: \(done) of \(steps.count) done")
    // Only a warning: the turn goes on.
    case "error" where isEnd:
      noteServer(text("message"))
      return activity("warning: \(text("message"))")
    default: return []
    }
  }

  /// Said by codex itself, not by the server: by a rule, and by a question that nobody answers.
  static let refusals = ["requires approval", "user cancelled", "user rejected"]
  private static let kept = 20

  private mutating func deny(_ what: String) {
    let line = Excerpt.line(what)
    if !denied.contains(line), denied.count < Self.kept { denied.append(line) }
  }

  /// Notes a complaint such as `MCP client for x failed to start`.
  private mutating func noteServer(_ words: String) {
    guard words.contains("MCP"), words.contains("failed") || words.contains("not logged in") else {
      return
    }
    let line = Excerpt.line(words, limit: 200)
    if !remarks.contains(line), remarks.count < Self.kept { remarks.append(line) }
  }

  private func activity(_ text: String) -> [AgentEvent] {
    let line = Excerpt.line(text)
    return line.isEmpty ? [] : [.activity(line)]
  }

  private func relative(_ path: String) -> String {
    path.hasPrefix(workspace + "/") ? String(path.dropFirst(workspace.count + 1)) : path
  }

  /// The script that codex's shell is given, without the shell.
  static func script(_ command: String) -> String {
    guard let words = ShellWords.split(command), words.count == 3, words[1].hasSuffix("c"),
      words[1].hasPrefix("-")
    else { return command }
    return words[2]
  }
}
