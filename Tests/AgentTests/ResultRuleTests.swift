// How a turn's end is judged, agent by agent, as one table: what the agent has put on record, how its
// process ended, and what follows. The record rules; a process that ends badly behind it is trouble
// told beside the result, which the worker takes for a failure where the turn changed nothing.
// Recordings are the real agents' (Fixtures); what nobody could record is made of single lines.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct ResultRuleTests {
  struct Rule: Sendable, CustomTestStringConvertible {
    var agent: String
    var record: String
    var lines: [String]
    var exit: Exit
    var kind: TurnOutcome.Kind
    /// Told beside the result.
    var isOdd: Bool
    var testDescription: String { "\(agent): \(record), \(exit.description)" }

    /// A row of the table; `lines` are file names of recordings, and lines of JSON.
    init(
      _ agent: String, _ record: String, _ lines: [String], _ exit: Exit, _ kind: TurnOutcome.Kind,
      odd: Bool = false
    ) {
      (self.agent, self.record, self.lines) = (agent, record, lines)
      (self.exit, self.kind, isOdd) = (exit, kind, odd)
    }
  }

  private static let unfinished = TurnOutcome.Kind.cutShort(code: "agent_unfinished")
  private static let killed = TurnOutcome.Kind.failed(code: "agent_killed", .agent)
  private static let failed = TurnOutcome.Kind.failed(code: "agent_failed", .agent)

  static let all = claude + codex + opencode + command

  // MARK: Claude Code

  private static let claudeGood = "claude-stream-success.ndjson"
  private static func claudeResult(_ members: String) -> String {
    "{\"type\":\"result\",\"session_id\":\"s\",\(members)}"
  }
  private static func claudeEnd(_ members: String) -> [String] {
    [claudeResult("\"is_error\":false,\(members)")]
  }
  private static let claudeError = claudeResult("\"is_error\":true,\"result\":\"\"")
  private static let kind = "claude_code"

  private static let claude = [
    Rule(kind, "a good result", [claudeGood], .exited(0), .succeeded),
    Rule(kind, "a good result", [claudeGood], .exited(1), .succeeded, odd: true),
    Rule(kind, "a good result", [claudeGood], .signalled(9), .succeeded, odd: true),
    Rule(
      kind, "two results: the last", ["claude-stream-background-two-results.ndjson"], .exited(0),
      .succeeded),
    Rule(
      kind, "a good result, an empty error", [claudeGood, claudeError], .exited(1), .succeeded,
      odd: true),
    Rule(
      kind, "a good result, an empty error", [claudeGood, claudeError], .exited(0), .succeeded,
      odd: true),
    Rule(
      kind, "an error, then a good result", ["claude-error-500.ndjson", claudeGood], .exited(0),
      .succeeded),
    Rule(
      kind, "a result that ends for an error's sake",
      claudeEnd("\"subtype\":\"error_during_execution\",\"result\":\"so\""), .exited(0), unfinished
    ),
    Rule(
      kind, "a result that stopped for a tool",
      claudeEnd("\"stop_reason\":\"tool_use\",\"result\":\"so\""), .exited(0), unfinished),
    Rule(
      kind, "a result that was cut off",
      claudeEnd("\"stop_reason\":\"max_tokens\",\"result\":\"so\""), .exited(0), unfinished),
    Rule(
      kind, "a result that paused",
      claudeEnd("\"stop_reason\":\"pause_turn\",\"result\":\"so\""), .exited(0), unfinished),
    Rule(kind, "a result without words", claudeEnd("\"result\":\" \""), .exited(0), unfinished),
    Rule(
      kind, "its own limit on steps", ["claude-stream-max-turns.ndjson"], .exited(1),
      .cutShort(code: "agent_max_turns")),
    Rule(
      kind, "its own limit on dollars", ["claude-stream-max-budget.ndjson"], .exited(1),
      .failed(code: "agent_budget_exhausted", .budget(.run))),
    Rule(
      kind, "a usage limit", ["claude-stream-oauth-limit.ndjson"], .exited(1),
      .limited(until: Timestamp(milliseconds: 1_795_223_114_000))),
    Rule(kind, "no result", ["claude-SIGKILL.ndjson"], .signalled(9), killed),
    Rule(
      kind, "no result", ["claude-SIGKILL.ndjson"], .exited(0),
      .failed(code: "agent_no_result", .agent)),
  ]

  // MARK: Codex

  private static let codexGood = "codex-exec-success.ndjson"
  private static let codexFailed = "{\"type\":\"turn.failed\",\"error\":{\"message\":\"no\"}}"

  private static let codex = [
    Rule("codex", "a complete turn", [codexGood], .exited(0), .succeeded),
    Rule("codex", "a complete turn", [codexGood], .exited(1), .succeeded, odd: true),
    Rule("codex", "a complete turn", [codexGood], .signalled(9), .succeeded, odd: true),
    Rule(
      "codex", "a connection that was got back", ["codex-exec-drop.ndjson"], .exited(0), .succeeded),
    Rule(
      "codex", "a complete turn, then a failure", [codexGood, codexFailed], .exited(1), .succeeded,
      odd: true),
    Rule(
      "codex", "a failure, then a complete turn", ["codex-exec-err-500.ndjson", codexGood],
      .exited(0), .succeeded),
    Rule(
      "codex", "a complete turn without words",
      [
        "{\"type\":\"thread.started\",\"thread_id\":\"\(CodexWorld.thread)\"}",
        "{\"type\":\"turn.completed\",\"usage\":{}}",
      ], .exited(0), .succeeded),
    Rule(
      "codex", "a session too long", ["codex-exec-failed-ctx.ndjson"], .exited(1),
      .failed(code: "agent_context_overflow", .contextOverflow)),
    Rule("codex", "no end of the turn", ["codex-exec-SIGKILL.ndjson"], .signalled(9), killed),
    Rule(
      "codex", "no end of the turn", ["codex-exec-SIGKILL.ndjson"], .exited(0),
      .failed(code: "agent_no_result", .agent)),
  ]

  // MARK: OpenCode

  private static func step(_ type: String, _ members: String) -> String {
    "{\"type\":\"\(type)\",\"sessionID\":\"ses_1\",\(members)}"
  }
  private static let start = step("step_start", "\"part\":{}")
  private static let said = step("text", "\"part\":{\"text\":\"done\"}")
  private static func end(_ reason: String) -> String {
    step("step_finish", "\"part\":{\"reason\":\"\(reason)\"}")
  }
  private static let error = step(
    "error", "\"error\":{\"name\":\"UnknownError\",\"data\":{\"message\":\"no\"}}")
  private static let stopped = [start, said, end("stop")]

  private static let opencode = [
    Rule("opencode", "a last step that stopped", stopped, .exited(0), .succeeded),
    Rule("opencode", "a last step that stopped", stopped, .exited(1), .succeeded, odd: true),
    Rule("opencode", "a last step that stopped", stopped, .signalled(9), .succeeded, odd: true),
    Rule("opencode", "an error behind it", stopped + [error], .exited(1), .succeeded, odd: true),
    Rule("opencode", "an error that steps follow", [error] + stopped, .exited(0), .succeeded),
    Rule("opencode", "a last step without words", [start, end("stop")], .exited(0), .succeeded),
    Rule("opencode", "no step's end and no words", [start], .exited(0), unfinished),
    Rule(
      "opencode", "a step that stopped for a tool", [start, said, end("tool-calls")], .exited(0),
      unfinished),
    Rule(
      "opencode", "a step that was cut off", [start, said, end("length")], .exited(0),
      .cutShort(code: "agent_output_limit")),
    Rule("opencode", "no step's end", [start, said], .signalled(9), killed),
    Rule(
      "opencode", "nothing", [], .exited(0), .failed(code: "agent_no_result", .agent)),
  ]

  // MARK: A command

  private static func report(_ status: String) -> String {
    "{\"type\":\"result\",\"status\":\"\(status)\",\"message\":\"so\"}"
  }

  /// Whoever wrote the command chose its exit status: it rules.
  private static let command = [
    Rule("command", "nothing", [], .exited(0), .succeeded),
    Rule("command", "nothing", [], .exited(1), failed),
    Rule("command", "a good result", [report("success")], .exited(0), .succeeded),
    Rule("command", "a good result", [report("success")], .exited(1), failed),
    Rule("command", "a good result", [report("success")], .signalled(9), killed),
    Rule("command", "a bad result", [report("failed")], .exited(0), failed),
    Rule(
      "command", "a result that wants another turn", [report("continue")], .exited(0),
      .cutShort(code: "agent_continue")),
    Rule(
      "command", "temporary trouble", [], .exited(75),
      .failed(code: "agent_unavailable", .transient)),
  ]

  @Test(arguments: all)
  func theRecordRules(_ rule: Rule) throws {
    let agent = try AgentRegistry.find(kind: rule.agent)
    let lines = rule.lines.flatMap { line -> [String] in
      line.hasPrefix("{") ? [line] : AgentWorld.recorded(line)
    }
    try #require(lines.isEmpty == rule.lines.isEmpty, "a recording is missing")
    let outcome = AgentWorld.replay(lines, rule.exit, agent: agent).outcome
    #expect(outcome.kind == rule.kind)
    #expect((outcome.trouble != nil) == rule.isOdd, "\(String(describing: outcome.trouble))")
  }
}
