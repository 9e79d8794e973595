// Reads the stream-json lines of one claude turn: session, activity, limits and results. `type` may
// stand anywhere in a line, and what is not known (types, keys, lines that are no JSON) is passed
// over. There may be several `result` lines: the last one counts. How the turn ended is judged by
// ClaudeOutcome.
import SymphonyCore

struct ClaudeReader: AgentReader {
  let resume: SessionRef?
  /// The id asked for when nothing is resumed.
  let newSessionID: String
  let clock: LimitClock
  private(set) var session: String?
  /// False until a line named the session: before that, an error is one of the call.
  private(set) var hasStarted = false
  /// The last one that had anything behind it.
  private(set) var result: ClaudeResult?
  /// An error's words that came after a good result, with no answer of a model between them.
  private(set) var lateError: String?
  /// A model answered since the last result.
  private var hasAnswered = false
  /// The account's window is closed, with or without a time.
  private(set) var limit: Failure?
  /// The kind of the last error of the API, which has a line of its own.
  private(set) var apiFault: String?
  /// Whether claude tried a request again.
  private(set) var hasRetried = false
  private var spending: ClaudeSpending
  /// The share that was told last.
  private var told: ModelUsage = [:]
  /// Uses of tools by id, for denials: a line of a denial does not say what was asked for.
  private var tools: [String: String] = [:]
  private var deniedOnTheWay: [String] = []
  private var deniedByResult: [String] = []
  /// Servers of MCP that claude could not use, in words.
  private var remarks: [String] = []

  init(
    resume: SessionRef?, newSessionID: String, clock: LimitClock = .own
  ) {
    self.clock = clock
    self.resume = resume
    self.newSessionID = newSessionID
    self.spending = ClaudeSpending(before: resume?.counted ?? [:])
  }

  mutating func read(_ line: String) -> [AgentEvent] {
    guard let object = JSONText.object(line) else { return [] }
    let result = object["type"]?.stringValue == "result" ? ClaudeResult(object) : nil
    var events: [AgentEvent] = []
    if let id = object["session_id"]?.stringValue, SessionID.isUsable(id),
      result?.saysSessionIsGone != true
    {
      hasStarted = true
      if id != session { events.append(.session(id)) }
      session = id
    }
    switch object["type"]?.stringValue {
    case "assistant":
      events += noteAnswer(object) + activity(object) + usage(object)
      if let fault = object["error"]?.stringValue { apiFault = fault }
      events += note(limit: object["api_error_params"]?["rate_limit_info"])
    case "rate_limit_event": events += note(limit: object["rate_limit_info"])
    case "system": events += systemActivity(object)
    default: break
    }
    if let result { events += take(result) }
    return events
  }

  /// A result that nothing stands behind takes nothing back: a process that tears itself down, or
  /// is woken once more, may add an empty one.
  private mutating func take(_ result: ClaudeResult) -> [AgentEvent] {
    if let good = self.result, good.isGood, !hasAnswered {
      if result.isError { lateError = result.text ?? result.errors.joined(separator: "; ") }
    } else {
      self.result = result
      lateError = nil
    }
    hasAnswered = false
    spending.add(result)
    deniedByResult += result.denied
    told = spending.share
    return [.usage(told, counted: spending.counted), .concluded]
  }

  /// A model's answer: what was wrong with the API before it is over.
  private mutating func noteAnswer(_ object: Structure) -> [AgentEvent] {
    guard ClaudeAnswer(object["message"]) != nil else { return [] }
    (apiFault, hasRetried, limit) = (nil, false, nil)
    defer { hasAnswered = true }
    return result != nil && !hasAnswered ? [.wentOn] : []
  }

  func finish(_ exit: ExitStatus, errorTail: String) -> TurnOutcome {
    let outcome = ClaudeOutcome(reader: self, exit: exit, errorTail: errorTail)
    var turn = TurnOutcome(
      kind: outcome.kind, message: outcome.message, session: sessionRef(outcome.kind, exit),
      spent: spending.share)
    turn.denied = denied
    turn.trouble = outcome.trouble
    turn.remarks = remarks
    return turn
  }

  private static let deniedKept = 20

  /// Each once, in the order of the first time.
  private var denied: [String] {
    var seen: Set<String> = []
    let all = result == nil ? deniedOnTheWay : deniedByResult
    return Array(all.filter { seen.insert($0).inserted }.prefix(Self.deniedKept))
  }

  private func sessionRef(_ kind: TurnOutcome.Kind, _ exit: ExitStatus) -> SessionRef? {
    if kind == .sessionGone { return nil }
    let known = session ?? resume?.id ?? (kind == .sessionInUse ? newSessionID : nil)
    let counted = spending.counted(afterEnding: exit)
    return known.map { SessionRef(id: $0, counted: counted) }
  }

  /// A rejected window holds the account, unless paid overage lets the turn go on.
  private mutating func note(limit: Structure?) -> [AgentEvent] {
    guard let limit, limit["status"]?.stringValue == "rejected",
      limit["isUsingOverage"]?.boolValue != true
    else { return [] }
    guard let seconds = limit["resetsAt"]?.numberValue,
      let until = Timestamp(claimedSeconds: seconds)
    else {
      // A time that was told before still counts.
      self.limit = self.limit ?? .limited(until: nil)
      return []
    }
    let told = Failure.limited(until: until)
    if self.limit == told { return [] }
    self.limit = told
    let window = limit["rateLimitType"]?.stringValue.map { " (\(Excerpt.line($0, limit: 20)))" }
    return [.failing(told, "usage limit\(window ?? "") until \(until.rfc3339)")]
  }

  private mutating func activity(_ object: Structure) -> [AgentEvent] {
    var events: [AgentEvent] = []
    for block in object["message"]?["content"]?.listValue ?? [] {
      switch block["type"]?.stringValue {
      case "text":
        let line = Excerpt.line(block["text"]?.stringValue ?? "")
        if !line.isEmpty { events.append(.activity(line)) }
      case "tool_use":
        let line = ClaudeTool.line(block["name"], block["input"])
        if let id = block["id"]?.stringValue { tools[id] = line }
        events.append(.activity(line))
      default: break
      }
    }
    return events
  }

  /// A server that does not come up takes its tools along, and the turn goes on without them.
  private mutating func noteServers(_ servers: Structure?) {
    let states = ["failed": "did not start", "needs-auth": "wants a login"]
    for server in servers?.listValue ?? [] {
      guard let state = states[server["status"]?.stringValue ?? ""] else { continue }
      let name = Excerpt.line(server["name"]?.stringValue ?? "?", limit: 40)
      let words = "the MCP server \(name) \(state)"
      if !remarks.contains(words), remarks.count < Self.deniedKept { remarks.append(words) }
    }
  }

  /// The share so far, where the line adds to it: a limit on tokens holds within a turn, too.
  ///
  /// The session's own figures come with the result.
  private mutating func usage(_ object: Structure) -> [AgentEvent] {
    guard let answer = ClaudeAnswer(object["message"]) else { return [] }
    spending.add(answer)
    let share = spending.share
    if share == told { return [] }
    told = share
    return [.usage(share, counted: nil)]
  }

  private mutating func systemActivity(_ object: Structure) -> [AgentEvent] {
    switch object["subtype"]?.stringValue {
    case "init":
      noteServers(object["mcp_servers"])
      return []
    case "api_retry":
      hasRetried = true
      let error = object["error"]?.stringValue ?? "an error"
      let attempt = object["attempt"]?.integerValue.map { " \($0)" } ?? ""
      return [.activity(Excerpt.line("the API answered \(error): retry\(attempt)"))]
    case "permission_denied":
      let id = object["tool_use_id"]?.stringValue ?? ""
      deniedOnTheWay.append(tools[id] ?? ClaudeTool.line(object["tool_name"], nil))
      return [.activity(Excerpt.line("denied: \(object["tool_name"]?.stringValue ?? "a tool")"))]
    default: return []
    }
  }
}
