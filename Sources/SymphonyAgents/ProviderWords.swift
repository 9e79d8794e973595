// Reads what a provider's, a gateway's or an agent's own words say about an account, where no field
// does: the one table of phrases for all agents. A gateway wraps an answer in a status of its own,
// and versions change their wording: so a phrase is looked for anywhere in an error, and never in
// text that a model wrote. Called by the parts that judge the end of a turn.
import SymphonyCore

enum ProviderWords {
  enum Meaning: CaseIterable {
    case limit, noCredit, notLoggedIn, overflow, unavailable
  }

  /// In small letters, and without apostrophes, which come in two kinds; the first meaning that
  /// fits counts.
  static let table: [(Meaning, [String])] = [
    (
      .noCredit,
      [
        "credit balance is too low", "insufficient_quota", "insufficient credit",
        "insufficient balance", "exceeded your current quota", "payment required",
        "out of credits", "billing hard limit", "spend cap",
      ]
    ),
    (
      .limit,
      [
        "usage limit reached", "usage limit has been reached", "usage_limit_reached",
        "usage limit exceeded", "hit your usage limit", "hit your limit", "hit your session limit",
        "hit your weekly limit", "hit your opus limit", "hit your sonnet limit",
        "reached your usage limit", "exceeded your usage limit", "5-hour limit reached",
        "session limit reached", "weekly limit reached", "opus limit reached",
        "limit reached \u{2219} resets", "limit reached \u{00B7} resets", "limit will reset at",
        "daily limit reached", "out of extra usage",
      ]
    ),
    (
      .notLoggedIn,
      [
        "not logged in", "please run /login", "invalid api key", "incorrect api key",
        "authentication_error", "invalid authentication credentials", "oauth token has expired",
        "oauth token revoked", "oauth token has been revoked", "login has expired",
        "session has expired, please log in", "please log in again", "sign in again",
        "could not be refreshed", "refresh token was already used", "invalid x-api-key",
        "failed to authenticate",
      ]
    ),
    (
      .overflow,
      [
        "prompt is too long", "context window", "context limit", "context length",
        "context_length_exceeded", "maximum context", "input is too long",
      ]
    ),
    (
      .unavailable,
      [
        "overloaded", "bad gateway", "service unavailable", "gateway timeout", "gateway time-out",
        "temporarily unavailable", "econnreset", "econnrefused", "etimedout", "enotfound",
        "fetch failed", "socket hang up", "connection error", "network error",
      ]
    ),
  ]

  static func meaning(_ words: String) -> Meaning? {
    let plain = words.lowercased()
    return table.first { $0.1.contains { plain.contains($0) } }?.0
  }

  static func tellsLimit(_ words: String) -> Bool { meaning(words) == .limit }

  /// The kind of an error by its words alone; nil: they say nothing that is known.
  static func kind(_ words: String, _ clock: LimitClock) -> TurnOutcome.Kind? {
    switch meaning(words) {
    case .limit: .limited(until: clock.limit(in: words))
    case .noCredit: .failed(code: "agent_no_credit", .operator)
    case .notLoggedIn: .failed(code: "agent_not_logged_in", .operator)
    case .overflow: .failed(code: "agent_context_overflow", .contextOverflow)
    case .unavailable: .failed(code: "agent_api_unavailable", .transient)
    case nil: nil
    }
  }
}
