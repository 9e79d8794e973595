// Tells what an error of OpenCode means for the next run: by its name and status where it has them,
// by its words where it does not. Version 1 writes {name, data: {message, statusCode,
// isRetryable}}, version 2 {type, message, status}; on stderr, before a session exists, there is
// text only. Called by OpenCodeReader.
import SymphonyCore

struct OpenCodeFailure: Hashable {
  let message: String
  private let found: TurnOutcome.Kind
  private let saysSessionIsGone: Bool

  /// The error of an `error` line.
  init(_ error: Structure, _ clock: LimitClock) {
    let details = error["data"]
    let name = error["name"]?.stringValue ?? error["type"]?.stringValue ?? ""
    let text =
      details?["message"]?.stringValue ?? error["message"]?.stringValue ?? error.stringValue ?? ""
    message = text.isEmpty ? (name.isEmpty ? "opencode reported an error" : name) : text
    let status = details?["statusCode"]?.integerValue ?? error["status"]?.integerValue
    saysSessionIsGone = Self.isGone(text) || name == "SessionNotFoundError"
    found = Self.kind(
      Facts(
        name: name, text: text.lowercased(), status: status,
        canRetry: details?["isRetryable"]?.boolValue ?? false,
        reset: Self.reset(details) ?? clock.limit(in: text)))
  }

  /// Reads stderr, which explains a failure where no `error` line does.
  ///
  /// `hasStarted` says that a session began; before that, the call itself is at fault.
  init(complaint: String, hasStarted: Bool, _ clock: LimitClock) {
    message = complaint
    saysSessionIsGone = Self.isGone(complaint)
    let refused = !hasStarted && Self.refusals.contains { complaint.contains($0) }
    found =
      refused
      ? .failed(code: "agent_misconfigured", .misconfigured)
      : Self.kind(
        Facts(
          name: "", text: complaint.lowercased(), status: nil, reset: clock.limit(in: complaint)))
  }

  /// The kind of the failure; with `resuming` a session was asked for, and only then can it be
  /// gone.
  func kind(resuming: Bool) -> TurnOutcome.Kind {
    saysSessionIsGone && resuming ? .sessionGone : found
  }

  private struct Facts {
    var name: String
    /// In lower case.
    var text: String
    var status: Int64?
    var canRetry = false
    var reset: Timestamp?
    func says(_ words: [String]) -> Bool { words.contains { text.contains($0) } }
  }

  private static func kind(_ facts: Facts) -> TurnOutcome.Kind {
    switch facts.name {
    case "ProviderAuthError", "provider.auth": return .failed(code: "agent_unauthorized", .operator)
    case "ContextOverflowError", "provider.context-overflow", "context.limit":
      return .failed(code: "agent_context_overflow", .contextOverflow)
    case "MessageAbortedError", "aborted": return .failed(code: "agent_interrupted", .agent)
    case "ProviderModelNotFoundError", "ModelNotFoundError", "ProviderInitError",
      "provider.not-found", "provider.no-route", "ConfigInvalidError", "ConfigJsonError",
      "AgentNotFoundError":
      return .failed(code: "agent_misconfigured", .misconfigured)
    default: break
    }
    let told = ProviderWords.meaning(facts.text)
    if told == .overflow { return .failed(code: "agent_context_overflow", .contextOverflow) }
    if told == .noCredit || facts.says(creditWords) {
      return .failed(code: "agent_no_credit", .operator)
    }
    if told == .limit || facts.says(limitWords) { return .limited(until: facts.reset) }
    if told == .notLoggedIn { return .failed(code: "agent_not_logged_in", .operator) }
    switch facts.name {
    // A quota that names neither: whoever pays has to look.
    case "provider.quota": return .failed(code: "agent_no_credit", .operator)
    case "provider.rate-limit": return .failed(code: "agent_rate_limited", .transient)
    case "provider.transport", "provider.internal", "provider.timeout", "provider.overloaded":
      return .failed(code: "agent_api_unavailable", .transient)
    default: break
    }
    switch facts.status {
    case 401, 403: return .failed(code: "agent_unauthorized", .operator)
    case 402: return .failed(code: "agent_no_credit", .operator)
    case 404: return .failed(code: "agent_misconfigured", .misconfigured)
    case 429: return .failed(code: "agent_rate_limited", .transient)
    case 408: return .failed(code: "agent_api_unavailable", .transient)
    case let status? where status >= 500:
      return .failed(code: "agent_api_unavailable", .transient)
    case .some: return .failed(code: "agent_api_error", facts.canRetry ? .transient : .agent)
    case nil: break
    }
    if facts.canRetry || facts.says(networkWords) {
      return .failed(code: "agent_api_unreachable", .transient)
    }
    if facts.says(["model not found", "providermodelnotfounderror"]) {
      return .failed(code: "agent_misconfigured", .misconfigured)
    }
    return .failed(code: "agent_failed", .agent)
  }

  private static func isGone(_ text: String) -> Bool { text.contains("Session not found") }

  /// OpenCode says no to the call itself, so that the same call cannot do better.
  ///
  /// Version 1 answers an unknown flag with its usage and nothing else.
  private static let refusals = [
    "Unknown argument", "Invalid values:", "run [message..]", "Unrecognized flag", "Invalid value",
    "Configuration is invalid", "is not valid JSON", "bad file reference", "Model not found",
    "You must provide a message", "Failed to change directory", "ProviderModelNotFoundError",
  ]
  /// Beside what all agents' providers say.
  private static let creditWords = ["credit balance", "billing"]
  private static let limitWords = ["usage limit", "session limit", "weekly limit"]
  private static let networkWords = [
    "econnrefused", "econnreset", "enotfound", "etimedout", "unable to connect", "fetch failed",
    "socket connection was closed", "connectionrefused",
  ]

  /// The end of the provider's limit, from its answer or from a header.
  private static func reset(_ details: Structure?) -> Timestamp? {
    let answer = details?["responseBody"]?.stringValue.flatMap { JSONText.object($0) }
    let header = details?["responseHeaders"]?["anthropic-ratelimit-unified-reset"]?.stringValue
    let seconds =
      answer?["error"]?["resets_at"]?.numberValue ?? answer?["resets_at"]?.numberValue
      ?? header.flatMap { Double($0) }
    return seconds.flatMap { Timestamp(claimedSeconds: $0) }
  }
}
