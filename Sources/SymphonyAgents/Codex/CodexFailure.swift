// Reads codex's words for an error: the class of the failure, its code, and the words without their
// wrapping. codex gives neither a status nor a code of its own, only sentences, so they are told
// apart by what they hold. Called by CodexOutcome and CodexReader.
import SymphonyCore

struct CodexFailure: Hashable {
  let code: String
  let failure: Failure
  /// The error's own message: of a JSON body the sentence in it.
  let text: String

  init(_ words: String, _ clock: LimitClock) {
    let body = Self.body(words)
    text = body?.message ?? words
    if Self.isUsageLimit(words) {
      (code, failure) = (TurnOutcome.Kind.limitedCode, .limited(until: clock.limit(in: words)))
    } else {
      (code, failure) = body.map(Self.judge(badRequest:)) ?? Self.judge(words, clock)
    }
  }

  /// The account has used up what its plan gives, and gets it again with time.
  static func isUsageLimit(_ words: String) -> Bool {
    ProviderWords.tellsLimit(words)
  }

  // MARK: Bodies

  private struct Body {
    var message: String
    var code: String
  }

  /// A request that was refused (status 400) is told as the body of the answer.
  private static func body(_ words: String) -> Body? {
    guard let object = JSONText.object(words.trimmingWhitespace()) else { return nil }
    let error = object["error"]
    guard
      let message = error?["message"]?.stringValue ?? object["detail"]?.stringValue
        ?? object["message"]?.stringValue
    else { return nil }
    let code = error?["code"]?.stringValue ?? error?["type"]?.stringValue ?? ""
    return Body(message: message, code: code)
  }

  private static func judge(badRequest body: Body) -> (String, Failure) {
    let words = plain(body.message)
    if body.code == "context_length_exceeded" || isOverflow(words) { return overflow }
    if body.code == "insufficient_quota" { return ("agent_quota_exceeded", .operator) }
    if ["model_not_found", "unsupported_model"].contains(body.code) || isAboutModel(words) {
      return ("agent_model_refused", .misconfigured)
    }
    return ("agent_api_error", .agent)
  }

  // MARK: Sentences

  private static let overflow: (String, Failure) = (
    "agent_context_overflow", .contextOverflow
  )

  private static func judge(_ words: String, _ clock: LimitClock) -> (String, Failure) {
    let words = plain(words)
    func has(_ parts: String...) -> Bool { parts.contains { words.contains($0) } }
    if isOverflow(words) { return overflow }
    if has("quota exceeded", "out of credits", "spend cap", "to use codex with your chatgpt plan") {
      return ("agent_quota_exceeded", .operator)
    }
    if let status = status(words) { return judge(status: status, words) }
    if has(
      "not logged in", "missing environment variable", "could not be refreshed", "sign in again",
      "invalid api key", "incorrect api key")
    {
      return ("agent_not_logged_in", .operator)
    }
    if has("at capacity", "capacity unavailable", "high demand") {
      return ("agent_api_unavailable", .transient)
    }
    if has("rate limit") { return ("agent_rate_limited", .transient) }
    if has(
      "stream disconnected", "connection failed", "error sending request", "timed out", "timeout",
      "error while reading the server response", "failed to lookup address")
    {
      return ("agent_api_unreachable", .transient)
    }
    if isAboutModel(words) { return ("agent_model_refused", .misconfigured) }
    if case .failed(let code, let failure)? = ProviderWords.kind(words, clock) {
      return (code, failure)
    }
    return ("agent_failed", .agent)
  }

  private static func judge(status: Int, _ words: String) -> (String, Failure) {
    switch status {
    case 401, 403: ("agent_unauthorized", .operator)
    case 402: ("agent_quota_exceeded", .operator)
    case 404 where isAboutModel(words): ("agent_model_refused", .misconfigured)
    // The address is wrong, and stays so.
    case 404: ("agent_api_error", .misconfigured)
    case 429: ("agent_rate_limited", .transient)
    case 500... where ProviderWords.meaning(words) == .notLoggedIn:
      ("agent_not_logged_in", .operator)
    case 408, 500...: ("agent_api_unavailable", .transient)
    default:
      isAboutModel(words) ? ("agent_model_refused", .misconfigured) : ("agent_api_error", .agent)
    }
  }

  /// The number behind the words that announce one.
  private static func status(_ words: String) -> Int? {
    for announced in ["unexpected status ", "last status: ", "(status "] {
      guard let found = words.firstRange(of: announced) else { continue }
      let digits = words[found.upperBound...].prefix { $0.isASCII && $0.isNumber }
      if let status = Int(digits), (100...599).contains(status) { return status }
    }
    return nil
  }

  private static func isOverflow(_ words: String) -> Bool {
    words.contains("ran out of room in the model's context window")
      || ProviderWords.meaning(words) == .overflow
  }

  private static func isAboutModel(_ words: String) -> Bool {
    words.contains("model")
      && ["not supported", "does not exist", "not found", "do not have access", "unknown model"]
        .contains { words.contains($0) }
  }

  /// Lower case, with the plain apostrophe: codex writes the typographic one in places.
  private static func plain(_ words: String) -> String {
    words.lowercased().replacing("\u{2019}", with: "'")
  }
}
