// The recorded outputs of the real claude, byte for byte, each with the exit status it was recorded
// with and what the adapter makes of it. Nothing here asserts.
import SymphonyCore
import Testing

struct Recording: CustomTestStringConvertible, Sendable {
  var file: String
  var exit: Exit
  var kind: TurnOutcome.Kind
  var cost: Double
  /// All input (cache included), cached, output.
  var tokens: [Int64]
  var message: String
  var session: String?
  var activities: [String]
  var denied: [String]
  var testDescription: String { file }

  init(
    _ file: String, _ exit: Exit, _ kind: TurnOutcome.Kind, cost: Double = 0,
    tokens: [Int64] = [0, 0, 0], message: String, session: String?, activities: [String] = [],
    denied: [String] = []
  ) {
    self.file = file
    self.exit = exit
    self.kind = kind
    self.cost = cost
    self.tokens = tokens
    self.message = message
    self.session = session
    self.activities = activities
    self.denied = denied
  }

  static let longTool = "Bash: echo started > started; sleep 300"
  static let message529 =
    "API Error: 529 fake 529. This is a server-side issue, usually temporary — try again in a moment. "
    + "If it persists, check your inference gateway (127.0.0.1:42365)."
  static let message401 = "Failed to authenticate. API Error: 401 fake 401"

  static let all = earlier + endings + failures

  private static let earlier = [
    Recording(
      "claude-stream-success.ndjson", .exited(0), .succeeded, cost: 0.00159, tokens: [300, 50, 29],
      message: "Wrote f and committed it.", session: "ad64a7fa-8fea-4b79-bc49-e838aa686bc3",
      activities: [
        "I will write the file and commit.",
        "Bash: echo hi > f && git add -A && git commit -qm x && git log --oneline | head…",
        "Wrote f and committed it.",
      ]),
    Recording(
      "claude-json-success.json", .exited(0), .succeeded, cost: 0.00159, tokens: [300, 50, 29],
      message: "Wrote f and committed it.", session: "dba05d08-c424-47b4-903a-99d0088c362e"),
    Recording(
      "claude-stream-background-two-results.ndjson", .exited(0), .succeeded, cost: 0.0024,
      tokens: [300, 0, 60], message: "second result: bg finished",
      session: "c4c5f17b-33e8-4987-b158-29110bb10420",
      activities: [
        "Bash: sleep 3.3; echo woke", "first result: bg started", "second result: bg finished",
      ]),
    Recording(
      "claude-stream-json-SIGINT-longtool.out", .exited(0),
      .failed(code: "agent_interrupted", .agent),
      cost: 0.0008, tokens: [100, 0, 20],
      message:
        "[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=tool_use",
      session: "041523ca-04f1-44ba-91ce-fb8bee39076d", activities: ["Working on it", longTool]),
    Recording(
      "claude-stream-json-SIGTERM-longtool.out", .exited(143),
      .failed(code: "agent_killed", .agent),
      tokens: [100, 0, 1],
      message: "claude ended with exit status 143: it gave no result",
      session: "e3d5659e-0e56-4892-b5d8-660c748e7951", activities: ["Working on it", longTool]),
    Recording(
      "claude-stream-json-error-401.ndjson", .exited(1),
      .failed(code: "agent_unauthorized", .operator),
      message: message401, session: "11e5b12c-cc18-40c4-b802-fe0d1db2933f",
      activities: ["the API answered authentication_failed: retry 1", message401]),
    Recording(
      "claude-json-error-401.json", .exited(1), .failed(code: "agent_unauthorized", .operator),
      message: message401, session: "f8b986aa-6dee-4f21-a1e2-4a92dc5e380b"),
    Recording(
      "claude-stream-json-error-529.ndjson", .exited(1),
      .failed(code: "agent_api_unavailable", .transient),
      message: message529, session: "5a8f7104-d0fc-4b48-b4c0-9e036d0caa8a",
      activities: [
        "the API answered overloaded: retry 1",
        "API Error: 529 fake 529. This is a server-side issue, usually temporary — try a…",
      ]),
    Recording(
      "claude-json-error-529.json", .exited(1), .failed(code: "agent_api_unavailable", .transient),
      message: message529, session: "db1b2ea1-5e3a-4cf6-b3a3-daafdca3c774"),
    Recording(
      "claude-stream-max-budget.ndjson", .exited(1),
      .failed(code: "agent_budget_exhausted", .budget(.run)),
      cost: 0.6, tokens: [100000, 0, 10000], message: "Reached maximum budget ($0.5)",
      session: "0a94a504-2d01-459d-af3c-35d9aa3f2280", activities: ["Bash: echo 1"]),
    Recording(
      "claude-stream-max-turns.ndjson", .exited(1), .cutShort(code: "agent_max_turns"), cost: 1.2,
      tokens: [200000, 0, 20000], message: "Reached maximum number of turns (2)",
      session: "c0258da2-9b23-43bd-a6c7-7db0e26d4ba3",
      activities: ["Bash: echo 1", "Bash: echo 2"]),
    Recording(
      "claude-stream-oauth-limit.ndjson", .exited(1),
      .limited(until: Timestamp(milliseconds: 1_795_223_114_000)),
      message: "You've hit your limit · resets 1:05am (UTC)",
      session: "dd128535-5d94-4c0d-9d74-ccea8718d865",
      activities: ["You've hit your limit · resets 1:05am (UTC)"]),
    Recording(
      "claude-stream-oauth-warn.ndjson", .exited(0), .succeeded, cost: 0.0004,
      tokens: [100, 0, 20],
      message: "fine", session: "e7de3ea3-cff3-4d25-a466-daeee14b83c3", activities: ["fine"]),
  ]

  private static let endings = [
    Recording(
      "claude-tools-denied.ndjson", .exited(0), .succeeded, cost: 0.0032, tokens: [400, 0, 80],
      message: "I could not push.", session: "ef0c7018-1e03-4fc0-b557-6e2c48c28460",
      activities: [
        "Bash: git push origin HEAD", "denied: Bash", "Write: /srv/other/x", "denied: Write",
        "Bash: git push origin HEAD", "denied: Bash", "I could not push.",
      ], denied: ["Bash: git push origin HEAD", "Write: /srv/other/x"]),
    Recording(
      "claude-SIGINT.ndjson", .exited(0), .failed(code: "agent_interrupted", .agent),
      cost: 0.0008, tokens: [100, 0, 20],
      message: "[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=tool_use",
      session: "a83778f1-a63e-48ef-90c3-c0ef5bc65ef1", activities: ["Working on it", longTool]),
    Recording(
      "claude-SIGHUP.ndjson", .exited(129), .failed(code: "agent_killed", .agent),
      tokens: [100, 0, 1],
      message: "claude ended with exit status 129: it gave no result",
      session: "a12a8211-8fd6-4151-bf9e-bb64bc0aa3ee", activities: ["Working on it", longTool]),
    Recording(
      "claude-SIGKILL.ndjson", .signalled(9), .failed(code: "agent_killed", .agent),
      tokens: [100, 0, 1],
      message: "claude ended with signal 9: it gave no result",
      session: "98469f8a-fa07-4144-b117-11907b488513", activities: ["Working on it", longTool]),
    Recording(
      "claude-session-turn-1.ndjson", .exited(0), .succeeded, cost: 0.000464, tokens: [101, 0, 3],
      message: "Done one.", session: threeTurns, activities: ["Done one."]),
  ]

  static let threeTurns = "b874dced-cc5a-4673-a7dd-56258c84988a"

  /// An error of the API that claude told as its only words.
  private static func failure(
    _ file: String, _ code: String, _ failure: Failure, _ session: String, _ message: String,
    retried: String? = nil
  ) -> Recording {
    let retry = retried.map { ["the API answered \($0): retry 1"] } ?? []
    let said = message.count > 80 ? message.prefix(79) + "…" : message[...]
    return Recording(
      file, .exited(1), .failed(code: code, failure), message: message, session: session,
      activities: retry + [String(said)])
  }

  private static let failures = [
    failure(
      "claude-error-400.ndjson", "agent_api_error", .agent,
      "7a16119a-3d15-4342-b29d-8762df3c08a3", "API Error: 400 fake error 400"),
    failure(
      "claude-error-400-prompt-too-long.ndjson", "agent_context_overflow", .contextOverflow,
      "fc68a2e6-34df-433b-84e0-58e53067c88a",
      "Prompt is too long · the request is ~212345 tokens (limit 200000) but this conversation is "
        + "only ~2645 tokens — the rest is system prompt, tool definitions, and attachment content. "
        + "A single-exchange conversation cannot be compacted; reduce attached files/tools or start "
        + "with less context."),
    failure(
      "claude-error-413.ndjson", "agent_context_overflow", .contextOverflow,
      "862fffca-981a-4963-abb4-0f517c289578",
      "Request too large (max 32MB). Accumulated images and attachments in the conversation pushed "
        + "the request over the limit. Remove older images or compact the conversation."),
    failure(
      "claude-error-400-credit.ndjson", "agent_no_credit", .operator,
      "f931cd41-9347-4a2e-a5fc-acf5ffc9d24f", "Credit balance is too low"),
    failure(
      "claude-error-401-key.ndjson", "agent_unauthorized", .operator,
      "0c61ed54-a8c1-4cf4-b14d-e225c7932c59", "Invalid API key · Fix external API key",
      retried: "authentication_failed"),
    failure(
      "claude-error-403.ndjson", "agent_unauthorized", .operator,
      "a30daa93-bd2c-4221-9506-6dadf874ca9e",
      "Failed to authenticate. API Error: 403 fake error 403"),
    failure(
      "claude-not-logged-in.ndjson", "agent_not_logged_in", .operator,
      "407b12fb-d376-4126-a558-8bff498bff9a", "Not logged in · Please run /login"),
    failure(
      "claude-error-404.ndjson", "agent_misconfigured", .misconfigured,
      "8b711b18-f928-4245-bd8a-97bf66f91db7",
      "There's an issue with the selected model (claude-opus-5-5). It may not exist or you may not "
        + "have access to it. Run --model to pick a different model."),
    failure(
      "claude-error-429.ndjson", "agent_rate_limited", .transient,
      "3087f606-a23f-4b8f-a336-84a48595c470", "API Error: Request rejected (429) · fake error 429",
      retried: "rate_limit"),
    failure(
      "claude-error-429-retry-after.ndjson", "agent_rate_limited", .transient,
      "6acc0dfb-a4de-4fbb-9683-b174aab46756", "API Error: Request rejected (429) · fake error 429"),
    failure(
      "claude-error-500.ndjson", "agent_api_unavailable", .transient,
      "f8689b3a-b086-4dbc-b07d-fe48d79128d5",
      "API Error: 500 fake error 500. This is a server-side issue, usually temporary — try again in "
        + "a moment. If it persists, check your inference gateway (127.0.0.1:38007).",
      retried: "server_error"),
    failure(
      "claude-connection-refused.ndjson", "agent_api_unreachable", .transient,
      "dd30d192-bf1c-4ae6-a6bf-8a9a4b8dd876",
      "API Error: Connection refused — a firewall or proxy may be blocking it (ECONNREFUSED)",
      retried: "unknown"),
  ]
}
