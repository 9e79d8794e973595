// Judges how a codex turn ended. The line that ends it rules, and a process that ends badly after a
// complete turn is a remark; where there is no such line, exit status and stderr have to do. Called
// by CodexReader; what an error's words mean is CodexFailure's part. Whether the turn did any work
// is not asked here: git answers that, and a sandbox that kept a commit away ends well too.
import SymphonyCore

struct CodexOutcome {
  let kind: TurnOutcome.Kind
  let message: String
  private(set) var trouble: TurnOutcome.Trouble?

  init(reader: CodexReader, exit: ExitStatus, errorTail: String) {
    let stderr = Excerpt.end(errorTail)
    if reader.cannotResume || reader.isForeign {
      kind = .sessionGone
      message = "codex has no thread \(Excerpt.line(reader.resume?.id ?? ""))"
      return
    }
    switch reader.end {
    case .completed?:
      // Also without a word: whether there is work behind it is what git says.
      (kind, message) = (.succeeded, Excerpt.message(reader.lastMessage))
      if exit != .exited(0) {
        trouble = TurnOutcome.Trouble(
          .failed(code: exit.signal == nil ? "agent_failed" : "agent_killed", .agent),
          Self.ending(exit, ["after a complete turn", stderr]))
      } else if let late = reader.lateError {
        trouble = TurnOutcome.Trouble(
          .failed(code: "agent_failed", .agent),
          Excerpt.line("after a complete turn codex reported an error: \(late)", limit: 300))
      }
    case .failed(let words)?:
      (kind, message) = Self.failure(words, reader, exit, stderr)
    case nil:
      (kind, message) = Self.unfinished(reader, exit, stderr)
    }
  }

  private static func ending(_ exit: ExitStatus, _ details: [String]) -> String {
    let parts = ["codex ended with \(exit.description)"] + details.filter { !$0.isEmpty }
    return Excerpt.message(parts.joined(separator: ": "))
  }

  /// In codex's own words.
  private static func failure(
    _ words: String, _ reader: CodexReader, _ exit: ExitStatus, _ stderr: String
  ) -> (TurnOutcome.Kind, String) {
    let failure = CodexFailure(words, reader.clock)
    let text = Excerpt.message(failure.text)
    let message = text.isEmpty ? ending(exit, ["the turn failed", stderr]) : text
    if case .limited = failure.failure, let told = reader.limit {
      return (.failed(code: failure.code, told), message)
    }
    return (.failed(code: failure.code, failure.failure), message)
  }

  /// Nothing says how the turn ended: killed, crashed, or refused before it began.
  private static func unfinished(
    _ reader: CodexReader, _ exit: ExitStatus, _ stderr: String
  ) -> (TurnOutcome.Kind, String) {
    if exit.signal != nil {
      return (
        .failed(code: "agent_killed", .agent), ending(exit, ["it gave no result", stderr])
      )
    }
    if let words = reader.complaint, exit != .exited(0) {
      return failure(words, reader, exit, stderr)
    }
    // A resume that says nothing of a thread resumed none.
    if reader.thread == nil, reader.resume != nil, exit == .exited(0) {
      return (.sessionGone, ending(exit, ["it resumed nothing", stderr]))
    }
    if reader.thread != nil || stderr.isEmpty || exit == .exited(0) {
      return (
        .failed(code: "agent_no_result", .agent), ending(exit, ["it gave no result", stderr])
      )
    }
    if stderr.contains("no rollout found for thread id"), reader.resume != nil {
      return (.sessionGone, stderr)
    }
    if stderr.contains("already has an active writer") {
      return (.failed(code: "agent_session_busy", .transient), stderr)
    }
    if exit == .exited(2) || isRefusal(stderr) {
      return (.failed(code: "agent_misconfigured", .misconfigured), stderr)
    }
    let failure = CodexFailure(stderr, reader.clock)
    return (.failed(code: failure.code, failure.failure), stderr)
  }

  /// codex says no to the call itself, so that the same call cannot do better.
  private static func isRefusal(_ stderr: String) -> Bool {
    [
      "Error loading config", "Error loading configuration", "Error: Model provider",
      "Error finding codex home", "Not inside a trusted directory", "No prompt provided",
    ].contains { stderr.contains($0) }
  }
}
