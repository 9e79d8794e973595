// The lines of JSON by which a command reports back, one object each: progress, usage, session and
// result. README.md describes them for the authors of agents. Whatever does not fit exactly is text
// that the command printed for people. Called by CommandReader; judges nothing.
import SymphonyCore

enum CommandReport {
  case progress(String)
  case usage(Usage, model: String?, isCumulative: Bool)
  case session(String)
  case result(CommandResult)

  /// Nil: plain text.
  init?(_ line: String) {
    guard let object = JSONText.object(line) else { return nil }
    switch object["type"]?.stringValue {
    case "progress":
      guard let message = object["message"]?.stringValue else { return nil }
      self = .progress(message)
    case "usage":
      guard let usage = Self.usage(object) else { return nil }
      let model = object["model"]?.stringValue.map { Excerpt.line($0, limit: 100) }
      self = .usage(
        usage, model: model, isCumulative: object["cumulative"]?.boolValue ?? false)
    case "session":
      guard let id = object["id"]?.stringValue, SessionID.isUsable(id) else { return nil }
      self = .session(id)
    case "result":
      guard let result = CommandResult(object) else { return nil }
      self = .result(result)
    default: return nil
    }
  }

  /// Nil: the line holds no figure.
  private static func usage(_ object: Structure) -> Usage? {
    let names = ["input_tokens", "output_tokens", "cached_input_tokens", "cost_usd"]
    guard names.contains(where: { object[$0]?.numberValue != nil }) else { return nil }
    func count(_ name: String) -> Int64 { max(0, object[name]?.integerValue ?? 0) }
    var usage = Usage()
    usage.cachedInputTokens = count("cached_input_tokens")
    // The cached ones are a part of all that was read, also where an agent counts them apart.
    usage.inputTokens = max(count("input_tokens"), usage.cachedInputTokens)
    usage.outputTokens = count("output_tokens")
    let cost = object["cost_usd"]?.numberValue ?? 0
    usage.costUSD = cost.isFinite ? max(0, cost) : 0
    return usage
  }
}

/// A command's own report of the end of its turn.
struct CommandResult: Hashable {
  enum Status: String {
    case success, failed, blocked, limited
    case goOn = "continue"
    case sessionGone = "session_gone"
  }
  var status: Status
  /// Empty: it said nothing.
  var message: String
  /// The failure that a status of `failed` or `limited` means.
  var failure: Failure
  var code: String

  init?(_ object: Structure) {
    guard let status = object["status"]?.stringValue.flatMap(Status.init) else { return nil }
    self.status = status
    message = object["message"]?.stringValue ?? ""
    let kind = object["class"]?.stringValue.flatMap(Failure.Kind.init) ?? .agent
    failure = Failure(
      status == .limited ? .limited : kind, until: object["resets_at"].flatMap(Self.time))
    let code = object["code"]?.stringValue ?? ""
    self.code = Self.isCode(code) ? code : "agent_failed"
    if case .limited = failure { self.code = TurnOutcome.Kind.limitedCode }
  }

  /// Small letters, digits and underscores, at most 64.
  private static func isCode(_ code: String) -> Bool {
    !code.isEmpty && code.utf8.count <= 64
      && code.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F
      }
  }

  /// RFC 3339, or seconds since 1970.
  private static func time(_ value: Structure) -> Timestamp? {
    if let text = value.stringValue, let time = Timestamp(rfc3339: text) { return time }
    let seconds = value.numberValue ?? value.stringValue.flatMap { Double($0) }
    return seconds.flatMap { Timestamp(claimedSeconds: $0) }
  }
}
