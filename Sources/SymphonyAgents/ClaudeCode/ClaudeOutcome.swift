// Judges how a claude turn ended. The last result line that had anything behind it rules, and not
// by its subtype (an API error has subtype `success`): a process that ends badly after a good one
// is a remark. Where there is none, exit status and stderr have to do. Called by ClaudeReader.
// Whether the turn did any work is not asked here: git answers that.
import SymphonyCore

struct ClaudeOutcome {
  let kind: TurnOutcome.Kind
  let message: String
  private(set) var trouble: TurnOutcome.Trouble?

  /// In `errors` of a result line, and on stderr.
  static let goneText = "No conversation found with session ID"

  init(reader: ClaudeReader, exit: ExitStatus, errorTail: String) {
    let complaint = Excerpt.end(errorTail)
    if let result = reader.result {
      kind = Self.kind(result, reader: reader)
      let said = result.text ?? result.errors.joined(separator: "\n")
      let text = Excerpt.message(said)
      message = text.isEmpty && !result.isUnfinished ? Self.ending(exit, [complaint]) : text
      guard !result.isError else { return }
      if exit != .exited(0) {
        trouble = TurnOutcome.Trouble(
          .failed(code: exit.signal == nil ? "agent_failed" : "agent_killed", .agent),
          Self.ending(exit, ["after a good result", complaint]))
      } else if let late = reader.lateError {
        trouble = TurnOutcome.Trouble(
          .failed(code: "agent_failed", .agent),
          Excerpt.line("after a good result claude reported an error: \(late)", limit: 300))
      }
    } else {
      kind = Self.kind(complaint: complaint, reader: reader, exit: exit)
      message =
        reader.hasStarted || complaint.isEmpty
        ? Self.ending(exit, ["it gave no result", complaint]) : complaint
    }
  }

  private static func ending(_ exit: ExitStatus, _ details: [String]) -> String {
    let parts = ["claude ended with \(exit.description)"] + details.filter { !$0.isEmpty }
    return Excerpt.message(parts.joined(separator: ": "))
  }

  /// With a result line.
  private static func kind(
    _ result: ClaudeResult, reader: ClaudeReader
  ) -> TurnOutcome.Kind {
    let words = ([result.text].compactMap { $0 } + result.errors).joined(separator: "\n")
    // No model answered: then the words are claude's own, whatever the flag says.
    let isClaudes = result.tokens == Usage() && result.models.total == Usage()
    if !result.isError, isClaudes, ProviderWords.tellsLimit(words) {
      return .limited(until: reader.limit?.until ?? reader.clock.limit(in: words))
    }
    if result.isGood { return .succeeded }
    if !result.isError {
      switch result.subtype {
      case "error_max_turns": return .cutShort(code: "agent_max_turns")
      case "error_max_budget_usd": return .failed(code: "agent_budget_exhausted", .budget(.run))
      default: return .cutShort(code: "agent_unfinished")
      }
    }
    if result.saysSessionIsGone, reader.resume != nil { return .sessionGone }
    switch result.terminalReason {
    case "max_turns": return .cutShort(code: "agent_max_turns")
    case "budget_exhausted": return .failed(code: "agent_budget_exhausted", .budget(.run))
    case "aborted_tools", "aborted_streaming": return .failed(code: "agent_interrupted", .agent)
    case "prompt_too_long", "blocking_limit", "rapid_refill_breaker": return ClaudeFault.overflow
    case "api_error", "model_error": return ClaudeFault.kind(result, reader)
    default: break
    }
    switch result.subtype {
    case "error_max_turns": return .cutShort(code: "agent_max_turns")
    case "error_max_budget_usd": return .failed(code: "agent_budget_exhausted", .budget(.run))
    default: break
    }
    // Other reasons may come of an answer of the API too: an image that is too large, say.
    if result.apiErrorStatus != nil || result.apiError != nil {
      return ClaudeFault.kind(result, reader)
    }
    return ProviderWords.kind(words, reader.clock) ?? .failed(code: "agent_failed", .agent)
  }

  /// Without a result line: killed, crashed, or refused before it began.
  private static func kind(
    complaint: String, reader: ClaudeReader, exit: ExitStatus
  ) -> TurnOutcome.Kind {
    // It had said so before we, or somebody else, ended it.
    if let limit = reader.limit { return .limited(until: limit.until) }
    if exit.signal != nil { return .failed(code: "agent_killed", .agent) }
    if reader.hasStarted { return .failed(code: "agent_no_result", .agent) }
    // A resume that says nothing of a session resumed none.
    if reader.resume != nil, complaint.contains(goneText) || exit == .exited(0) {
      return .sessionGone
    }
    if complaint.contains("Session ID"), complaint.contains("is already in use"),
      reader.resume == nil
    {
      return .sessionInUse
    }
    if exit != .exited(0), isRefusal(complaint) {
      return .failed(code: "agent_misconfigured", .misconfigured)
    }
    if exit == .exited(0) { return .failed(code: "agent_no_result", .agent) }
    return ProviderWords.kind(complaint, reader.clock) ?? .failed(code: "agent_failed", .agent)
  }

  /// claude says no to the call itself, so that the same call cannot do better.
  private static func isRefusal(_ complaint: String) -> Bool {
    complaint.splitLines().contains { $0.hasPrefix("error: ") }
      || [
        "Invalid session ID", "Invalid MCP configuration", "cannot be used with root",
        "Input must be provided", "requires --verbose", "Settings file not found",
      ].contains { complaint.contains($0) }
  }
}
