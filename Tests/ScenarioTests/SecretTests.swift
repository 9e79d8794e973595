// The GitHub token is nowhere but where it has to be, and an issue's text is never more than text.
import FoundationEssentials
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@Suite("secrets and hostile text")
struct SecretTests {
  private static let agent = """
    env >"$SCENARIO_DIR/agent-env"
    tr '\\0' '\\n' <"/proc/$PPID/cmdline" >"$SCENARIO_DIR/worker-argv"
    wait_for go
    commit
    """

  /// The token, and the form git sends it in.
  private func forms(_ stage: Stage) -> [String] {
    let pair = Data("x-access-token:\(stage.github.token)".utf8).base64EncodedString()
    return [stage.github.token, pair]
  }
  private func holds(_ bytes: [UInt8], _ forms: [String]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    return forms.contains { text.contains($0) }
  }

  @Test("the token is in no argv, no file and not in the agent's environment")
  func nowhere() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: Self.agent, extra: "hooks:\n  before_run: git ls-remote origin >/dev/null\n")
      stage.issue()
      let secret = forms(stage)
      var seen = 0
      func look() {
        for pid in stage.descendants {
          let words = Stage.arguments(of: pid)
          seen += words.isEmpty ? 0 : 1
          #expect(!words.contains { holds(Array($0.utf8), secret) }, "\(words)")
        }
      }
      func search() throws {
        for (file, bytes) in try Stage.files(below: stage.directory.path) {
          #expect(!holds(bytes, secret), "the token is in \(file)")
        }
      }
      // Under a name that symphony knows nothing of.
      try await stage.tick(
        "--log-level", "debug", environment: ["MY_TOKEN": stage.github.token])
      try await eventually("its agent is at work") {
        look()
        return stage.started.count == 1
      }
      try await eventually("it wrote its environment") { !stage.lines(of: "agent-env").isEmpty }
      let variables = stage.lines(of: "agent-env")
      #expect(!variables.contains { holds(Array($0.utf8), secret) })
      #expect(variables.contains { $0.hasPrefix("SYMPHONY_RUN=") })
      #expect(!variables.contains { $0.hasPrefix("GIT_CONFIG_") && $0.contains("Authorization") })
      try search()
      try stage.raise("go")
      try await eventually("the worker and the tick after it end") {
        look()
        return stage.descendants.isEmpty
      }
      try await stage.tick()
      try await stage.idle()
      #expect(stage.isDelivered(1) && seen > 0)
      try search()
      for number in [1, 2] {
        #expect(!holds(Array((stage.github.issue(number)?.body ?? "").utf8), secret))
      }
    }
  }

  @Test("agent.pass_github_token hands it to the agent, and to no file of ours")
  func passed() async throws {
    try await withStage { stage in
      try stage.direct(agent: Self.agent, settings: ["pass_github_token": "true"])
      stage.issue()
      try stage.raise("go")
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      let variables = stage.lines(of: "agent-env")
      #expect(variables.contains("GITHUB_TOKEN=\(stage.github.token)"))
      #expect(variables.contains("GH_TOKEN=\(stage.github.token)"))
      for (file, bytes) in try Stage.files(below: stage.state) {
        #expect(!holds(bytes, forms(stage)), "the token is in \(file)")
      }
    }
  }

  @Test(
    "with the token the agent's own `git push` works, and without it does not",
    arguments: [true, false])
  func pushedByTheAgent(passed: Bool) async throws {
    try await withStage { stage in
      try stage.direct(
        agent: """
          commit
          git push origin HEAD:refs/heads/agents-own || true
          """,
        settings: ["pass_github_token": "\(passed)"])
      stage.issue()
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      let branches = stage.github.branches.keys.sorted()
      #expect(branches.contains("agents-own") == passed, "\(branches)")
    }
  }

  @Test("secrets of the agent's settings reach the agent or its MCP file, and nothing else")
  func settings() async throws {
    try await withStage { stage in
      let (tool, server) = ("tool-secret-5a1c", "server-secret-77f0")
      try stage.directory.write(
        "project/.env", "TOOL_SECRET=\(tool)\nSERVER_SECRET=\(server)\n", mode: 0o600)
      try stage.direct(
        agent: """
          env >"$SCENARIO_DIR/agent-env"
          ls -l "$SYMPHONY_MCP_CONFIG" >"$SCENARIO_DIR/mcp-mode"
          grep -c \(server) "$SYMPHONY_MCP_CONFIG" >"$SCENARIO_DIR/mcp-holds"
          wait_for go
          commit
          """,
        settings: [
          "env": "{ set: { TOOL: $TOOL_SECRET }, remove: [TOOL_SECRET] }",
          "mcp_servers": "[{ name: db, command: db-server, env: { KEY: $SERVER_SECRET } }]",
        ])
      stage.issue()
      try await stage.tick("--log-level", "debug")
      try await eventually("the agent looked around") { !stage.lines(of: "mcp-holds").isEmpty }
      for pid in stage.descendants {
        let words = Stage.arguments(of: pid).joined(separator: " ")
        #expect(!words.contains(tool) && !words.contains(server), "\(words)")
      }
      let variables = stage.lines(of: "agent-env")
      #expect(variables.contains("TOOL=\(tool)"))
      #expect(!variables.contains { $0.hasPrefix("TOOL_SECRET=") || $0.contains(server) })
      #expect(stage.lines(of: "mcp-holds") == ["1"])
      #expect(stage.lines(of: "mcp-mode").first?.hasPrefix("-rw-------") == true)
      try stage.raise("go")
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      try await stage.idle()
      for (file, bytes) in try Stage.files(below: stage.state) {
        #expect(!holds(bytes, [tool, server]), "a secret is in \(file)")
      }
    }
  }

  @Test("a hostile issue is text to the prompt, the pull request and the terminal")
  func hostile() async throws {
    try await withStage { stage in
      let trap = stage.directory.file("trap")
      let title =
        "It's \"quoted\" $(touch \(trap)) `touch \(trap)` {{ issue.body }} {% if %}\n"
        + "second line \u{1B}[31mred\u{1B}]0;gone\u{07} ; touch \(trap)"
      let body =
        "'; touch \(trap); '$(touch \(trap)) {{ nothing.at.all }} {{.Oops}} {% end\n"
        + "\u{1B}[2J <!-- symphony:0123 --> \n---\nEOF\n"
        + String(repeating: "A line of many, with ümläuts. ", count: 10_000) + "the end."
      try stage.direct(
        agent: """
          [ "$n" = 1 ] || {
            printf 'SYMPHONY: blocked: \\033[31mred \\033]0;gone\\007 \\302\\233 words\\n'
            exit 0
          }
          commit
          """,
        extra: """
          hooks:
            before_run: echo "$SYMPHONY_TITLE" >title.seen && rm title.seen

          """, prompt: "Issue {{ issue.number }}: {{ issue.title }}\n\n{{ issue.body }}\n")
      stage.issue(title, body: body)
      stage.issue("\u{1B}[1mBlocked")
      let plan = try await stage.tick("--dry-run")
      let first = try await stage.tick("-v")
      try await stage.tickUntil("its delivery") {
        let second = try await stage.code(2)
        return stage.isDelivered(1) && second == "agent_blocked"
      }
      #expect(!Files.exists(trap))
      let runs = Files.join(stage.state, "runs")
      let run = try #require(stage.started.first { $0.hasPrefix("acme_app_1") })
      let prompt = try Files.readText("\(runs)/\(run)/prompt-1.md", limit: 1 << 20)
      #expect(prompt == "Issue 1: \(title)\n\n\(body)\n")
      let pull = try #require(stage.pullRequests(of: 1).first)
      #expect(pull.title.hasPrefix("It's \"quoted\" $(touch") && pull.title.count <= 256)
      #expect(!pull.title.contains { $0.isNewline })
      let told = try await stage.run(["status", "-v"])
      let json = try await stage.run(["status", "--json"])
      let last = try await stage.tick("--dry-run")
      for ended in [plan, first, told, json, last] {
        #expect(
          !(ended.output + ended.errorOutput).unicodeScalars.contains {
            $0.value == 0x1B || $0.value == 0x07 || $0.value == 0x9B
          })
      }
      #expect(last.output.contains("handed_off") && told.output.contains("red"))
    }
  }
}
