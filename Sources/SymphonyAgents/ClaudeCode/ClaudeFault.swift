// Tells what an error of the API means for the next run: by the causes that claude names, by the
// status, and by its words where there is neither. Called by ClaudeOutcome for results that end in
// such an error; judges nothing else.
import SymphonyCore

enum ClaudeFault {
  static func kind(_ result: ClaudeResult, _ reader: ClaudeReader) -> TurnOutcome.Kind {
    let isRejected = reader.limit != nil && [nil, 429].contains(result.apiErrorStatus)
    if isRejected || result.apiError == "usage_limit_reached" {
      return .limited(until: reader.limit?.until)
    }
    let text = result.text ?? ""
    // A gateway in between gives the limit a status of its own.
    if ProviderWords.tellsLimit(text) { return .limited(until: reader.clock.limit(in: text)) }
    if isOverflow(result, text) { return overflow }
    if isCredit(result, reader, text) { return failed("agent_no_credit", .operator) }
    if let found = named(result.apiError) ?? named(fault: reader.apiFault, text) { return found }
    return byStatus(result, reader, text)
  }

  static let overflow = failed("agent_context_overflow", .contextOverflow)

  /// The causes that `api_error` names.
  private static func named(_ cause: String?) -> TurnOutcome.Kind? {
    switch cause {
    case "connection_failed", "computer_slept", "network_edge_blocked":
      failed("agent_api_unreachable", .transient)
    case "stream_idle_timeout", "no_response", "empty_completion", "gateway_content_type":
      failed("agent_api_unavailable", .transient)
    case "stored_login_refused", "oauth_refresh_store_refused", "provider_credentials",
      "gateway_signin_required", "gateway_session_expired", "api_key_auth_disabled",
      "org_disabled_credential", "invalid_credential_header", "named_profile_unusable",
      "consent_unanswered", "claude_code_version_too_old", "tls_untrusted_ca",
      "tls_cert_signature_failure":
      failed("agent_unauthorized", .operator)
    case "no_allowed_fallback", "model_substitution_disabled", "effort_requires_thinking",
      "advisor_incompatible":
      failed("agent_misconfigured", .misconfigured)
    default: nil
    }
  }

  /// The kinds that the `error` of an assistant line names.
  private static func named(fault: String?, _ text: String) -> TurnOutcome.Kind? {
    switch fault {
    case "authentication_failed":
      failed(
        text.hasPrefix("Not logged in") ? "agent_not_logged_in" : "agent_unauthorized", .operator)
    case "oauth_org_not_allowed", "account_on_hold", "verification_required",
      "cloud_credential_error":
      failed("agent_unauthorized", .operator)
    case "model_not_found": failed("agent_misconfigured", .misconfigured)
    default: nil
    }
  }

  private static func byStatus(
    _ result: ClaudeResult, _ reader: ClaudeReader, _ text: String
  ) -> TurnOutcome.Kind {
    switch result.apiErrorStatus {
    case 401, 403: return failed("agent_unauthorized", .operator)
    case 404: return failed("agent_misconfigured", .misconfigured)
    case 429: return failed("agent_rate_limited", .transient)
    case 408: return failed("agent_api_unavailable", .transient)
    case let status? where status >= 500:
      return ProviderWords.kind(text, reader.clock) ?? failed("agent_api_unavailable", .transient)
    case .some: return failed("agent_api_error", .agent)
    case nil: break
    }
    // No status and no cause: the text is all that claude says about a missing login.
    if text.hasPrefix("Not logged in") { return failed("agent_not_logged_in", .operator) }
    if text.hasPrefix("Invalid API key") { return failed("agent_unauthorized", .operator) }
    let isProviders = ["server_error", "overloaded", "rate_limit"].contains(reader.apiFault)
    if let told = ProviderWords.kind(text, reader.clock) { return told }
    if reader.hasRetried || isProviders { return failed("agent_api_unreachable", .transient) }
    return failed("agent_api_error", .agent)
  }

  private static func isOverflow(_ result: ClaudeResult, _ text: String) -> Bool {
    let causes = ["message_over_context_limit", "autocompact_thrashing"]
    if let cause = result.apiError, causes.contains(cause) { return true }
    if result.apiErrorStatus == 413 { return true }
    return [nil, 400].contains(result.apiErrorStatus) && ProviderWords.meaning(text) == .overflow
  }

  private static func isCredit(
    _ result: ClaudeResult, _ reader: ClaudeReader, _ text: String
  ) -> Bool {
    let causes = ["model_requires_usage_credits", "long_context_credits_required"]
    return reader.apiFault == "billing_error" || result.apiErrorStatus == 402
      || result.apiError.map { causes.contains($0) } ?? false
      || text.lowercased().contains("credit balance is too low")
  }

  private static func failed(_ code: String, _ failure: Failure) -> TurnOutcome.Kind {
    .failed(code: code, failure)
  }
}
