// The parts of claude's `result` line that we use, and the figures of an `assistant` line. Read by
// ClaudeReader, judged by ClaudeOutcome, counted by ClaudeSpending. Every key may be missing, and
// its order is arbitrary.
import SymphonyCore

struct ClaudeResult: Hashable {
  var isError: Bool
  /// Nil: the line had none.
  var terminalReason: String?
  var subtype: String
  /// Why the model's last answer ended; nil where no answer did.
  var stopReason: String?
  var apiErrorStatus: Int64?
  /// A typed cause, where claude has one.
  var apiError: String?
  var text: String?
  var errors: [String]
  /// Over the whole session, resumed turns included; nil when it is missing or no number.
  var totalCostUSD: Double?
  /// Of this result alone, without dollars; the work of subagents is not in it.
  var tokens: Usage
  /// Over the whole session, resumed turns and subagents included.
  var models: ModelUsage
  /// Uses of tools that were denied, one line each.
  var denied: [String]

  init(_ object: Structure) {
    // Without the key nobody said that it went well.
    isError = object["is_error"]?.boolValue ?? true
    terminalReason = object["terminal_reason"]?.stringValue
    subtype = object["subtype"]?.stringValue ?? ""
    stopReason = object["stop_reason"]?.stringValue
    apiErrorStatus = object["api_error_status"]?.integerValue
    apiError = object["api_error"]?.stringValue
    text = object["result"]?.stringValue
    errors = (object["errors"]?.listValue ?? []).compactMap(\.stringValue)
    totalCostUSD = object["total_cost_usd"]?.numberValue
    tokens = Self.usage(object["usage"])
    models = [:]
    for (name, figures) in object["modelUsage"]?.objectValue ?? [:] {
      var usage = Self.usage(
        figures, read: ["inputTokens", "cacheCreationInputTokens"],
        cached: "cacheReadInputTokens", written: "outputTokens")
      usage.costUSD = max(0, figures["costUSD"]?.numberValue ?? 0)
      models.add(usage, to: Excerpt.line(name))
    }
    denied = (object["permission_denials"]?.listValue ?? []).map {
      ClaudeTool.line($0["tool_name"], $0["tool_input"])
    }
  }

  /// Figures under the names that the API gives them.
  static func usage(_ counts: Structure?) -> Usage {
    usage(
      counts, read: ["input_tokens", "cache_creation_input_tokens"],
      cached: "cache_read_input_tokens", written: "output_tokens")
  }

  /// claude counts what came from the cache apart; our figure is everything that was read.
  private static func usage(
    _ counts: Structure?, read: [String], cached: String, written: String
  ) -> Usage {
    func count(_ name: String) -> Int64 { max(0, counts?[name]?.integerValue ?? 0) }
    var usage = Usage()
    usage.cachedInputTokens = count(cached)
    usage.inputTokens = read.reduce(usage.cachedInputTokens) { Usage.capped($0, count($1)) }
    usage.outputTokens = count(written)
    return usage
  }

  /// The turn ended in the middle although nothing failed: by its subtype, by a last answer that
  /// asks for a tool or was cut off, or because there are no words of an end.
  var isUnfinished: Bool {
    if isError { return false }
    if subtype.hasPrefix("error") { return true }
    if ["tool_use", "max_tokens", "pause_turn"].contains(stopReason) { return true }
    return (text ?? "").trimmingWhitespace().isEmpty
  }

  /// The words of an end that went well.
  var isGood: Bool { !isError && !isUnfinished }

  var saysSessionIsGone: Bool { errors.contains { $0.contains(ClaudeOutcome.goneText) } }
}

/// One answer of a model, as an `assistant` line tells it: the agent's own or a subagent's.
struct ClaudeAnswer: Hashable {
  let id: String
  let model: String
  var usage: Usage

  /// Nil for a line that names neither, and for what claude says itself in the model's place.
  init?(_ message: Structure?) {
    guard let id = message?["id"]?.stringValue, let model = message?["model"]?.stringValue,
      model != "<synthetic>"
    else { return nil }
    self.id = id
    self.model = Excerpt.line(model)
    usage = ClaudeResult.usage(message?["usage"])
  }
}

/// One use of a tool as a line for people.
enum ClaudeTool {
  /// The inputs that tell most about a tool's use, best first.
  static let argumentKeys = [
    "command", "file_path", "path", "pattern", "url", "query", "skill", "description", "prompt",
  ]

  static func line(_ name: Structure?, _ input: Structure?) -> String {
    let name = name?.stringValue ?? "tool"
    let argument = argumentKeys.lazy.compactMap { input?[$0]?.stringValue }.first
    return Excerpt.line(argument.map { "\(name): \($0)" } ?? name)
  }
}
