// Reads the stream-json lines of one claude turn: session, activity, limits and results. `type` may
// stand anywhere in a line, and what is not known (types, keys, lines that are no JSON) is passed
// over. There may be several `result` lines: the last one counts. How the turn ended is judged by
// ClaudeOutcome.
import SymphonyCore

struct ClaudeReader: AgentReader {
  let agent: String
  let resume: SessionRef?
  /// The id asked for when nothing is resumed.
  let newSessionID: String
  private(set) var session: String?
  /// False until a line named the session: before that, an error is one of the call.
  private(set) var hasStarted = false
  private(set) var result: ClaudeResult?
  private(set) var limitedUntil: Timestamp?
  /// Tokens of all results so far.
  private var tokens = Usage()

  init(agent: String, resume: SessionRef?, newSessionID: String) {
    self.agent = agent
    self.resume = resume
    self.newSessionID = newSessionID
  }

  mutating func read(_ line: String) -> [AgentEvent] {
    guard let object = JSONText.object(line) else { return [] }
    let result = object["type"]?.stringValue == "result" ? ClaudeResult(object) : nil
    var events: [AgentEvent] = []
    if let id = object["session_id"]?.stringValue, !id.isEmpty, result?.saysSessionIsGone != true {
      hasStarted = true
      if id != session { events.append(.session(id)) }
      session = id
    }
    switch object["type"]?.stringValue {
    case "assistant":
      events += Self.activity(object)
      events += note(limit: object["api_error_params"]?["rate_limit_info"])
    case "rate_limit_event": events += note(limit: object["rate_limit_info"])
    case "system": events += Self.systemActivity(object)
    default: break
    }
    if let result {
      self.result = result
      tokens += result.tokens
      events.append(.usage(usage))
    }
    return events
  }

  func finish(_ exit: ExitStatus, errorTail: String) -> TurnOutcome {
    let outcome = ClaudeOutcome(reader: self, exit: exit, errorTail: errorTail)
    return TurnOutcome(
      kind: outcome.kind, message: outcome.message, session: sessionRef(outcome.kind), usage: usage)
  }

  /// This turn's share: tokens are counted per result, dollars over the whole session.
  var usage: Usage {
    var share = tokens
    share.costUSD = max(0, (result?.totalCostUSD ?? costBefore) - costBefore)
    return share
  }

  private var costBefore: Double { resume?.cumulativeCostUSD ?? 0 }

  private func sessionRef(_ kind: TurnOutcome.Kind) -> SessionRef? {
    if kind == .sessionGone { return nil }
    let known = session ?? resume?.id ?? (kind == .sessionInUse ? newSessionID : nil)
    // An early error reports 0 although the session has cost more: the figure never goes back.
    return known.map {
      SessionRef(
        agent: agent, id: $0, cumulativeCostUSD: max(costBefore, result?.totalCostUSD ?? 0))
    }
  }

  /// A rejected window holds the account, unless paid overage lets the turn go on.
  private mutating func note(limit: Structure?) -> [AgentEvent] {
    guard let limit, limit["status"]?.stringValue == "rejected",
      limit["isUsingOverage"]?.boolValue != true,
      let seconds = limit["resetsAt"]?.numberValue, seconds > 0, seconds < 1e11
    else { return [] }
    let until = Timestamp(milliseconds: Int64(seconds * 1000))
    if until == limitedUntil { return [] }
    limitedUntil = until
    let window = limit["rateLimitType"]?.stringValue.map { " (\(Excerpt.line($0, limit: 20)))" }
    return [.limited(until: until, "usage limit\(window ?? "") until \(until.rfc3339)")]
  }

  private static func activity(_ object: Structure) -> [AgentEvent] {
    (object["message"]?["content"]?.listValue ?? []).compactMap { block in
      switch block["type"]?.stringValue {
      case "text":
        let line = Excerpt.line(block["text"]?.stringValue ?? "")
        return line.isEmpty ? nil : .activity(line)
      case "tool_use":
        let name = block["name"]?.stringValue ?? "tool"
        let argument = argumentKeys.lazy.compactMap { block["input"]?[$0]?.stringValue }.first
        return .activity(Excerpt.line(argument.map { "\(name): \($0)" } ?? name))
      default: return nil
      }
    }
  }

  /// The inputs that tell most about a tool's use, best first.
  private static let argumentKeys = [
    "command", "file_path", "path", "pattern", "url", "query", "skill", "description", "prompt",
  ]

  private static func systemActivity(_ object: Structure) -> [AgentEvent] {
    switch object["subtype"]?.stringValue {
    case "api_retry":
      let error = object["error"]?.stringValue ?? "an error"
      let attempt = object["attempt"]?.integerValue.map { " \($0)" } ?? ""
      return [.activity(Excerpt.line("the API answered \(error): retry\(attempt)"))]
    case "permission_denied":
      return [.activity(Excerpt.line("denied: \(object["tool_name"]?.stringValue ?? "a tool")"))]
    default: return []
    }
  }
}

/// What a `result` line says, as far as we use it.
struct ClaudeResult: Hashable {
  var isError: Bool
  /// Nil: the line had none.
  var terminalReason: String?
  var subtype: String
  var apiErrorStatus: Int64?
  var apiError: String?
  var text: String?
  var errors: [String]
  /// Over the whole session, resumed turns included; nil when it is missing or no number.
  var totalCostUSD: Double?
  /// Of this turn, without dollars.
  var tokens: Usage

  init(_ object: Structure) {
    // Without the key nobody said that it went well.
    isError = object["is_error"]?.boolValue ?? true
    terminalReason = object["terminal_reason"]?.stringValue
    subtype = object["subtype"]?.stringValue ?? ""
    apiErrorStatus = object["api_error_status"]?.integerValue
    apiError = object["api_error"]?.stringValue
    text = object["result"]?.stringValue
    errors = (object["errors"]?.listValue ?? []).compactMap(\.stringValue)
    totalCostUSD = object["total_cost_usd"]?.numberValue
    let counts = object["usage"]
    func count(_ name: String) -> Int64 { max(0, counts?[name]?.integerValue ?? 0) }
    tokens = Usage()
    // claude counts what came from the cache apart; our figure is everything that was read.
    tokens.cachedInputTokens = count("cache_read_input_tokens")
    tokens.inputTokens =
      count("input_tokens") &+ count("cache_creation_input_tokens") &+ tokens.cachedInputTokens
    tokens.outputTokens = count("output_tokens")
  }

  var saysSessionIsGone: Bool { errors.contains { $0.contains(ClaudeOutcome.goneText) } }
}
