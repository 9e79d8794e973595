// The settings of the four kinds of agents: each key reaches the policy of its kind, a kind's own
// section wins, mistakes have their place, and what an agent must not see stays out of its sight.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct AgentSettingsTests {
  private func agent(_ yaml: String) throws -> AgentPolicy {
    let found = settings(yaml)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    return try #require(found.policy?.agent)
  }

  // MARK: Each kind's own

  @Test func claudesSection() throws {
    let agent = try agent(
      """
      agent: {kind: claude_code, provider_params: {effort: low, loud: true}}
      claude:
        model: opus
        allowed_tools: [Read, Edit]
        disallowed_tools: Bash
        max_turns: "40"
        max_budget_usd: 1.5
        append_system_prompt: Be brief.
        fallback_model: sonnet
        enable_subagents: false
        permission_profile: plan
        provider_params: {effort: high}
      """)
    var claude = ClaudePolicy()
    claude.maxTurns = 40
    claude.maxBudgetUSD = 1.5
    claude.appendSystemPrompt = "Be brief."
    claude.fallbackModel = "sonnet"
    #expect(agent.claude == claude)
    #expect(agent.kind == "claude_code" && agent.account.text == "claude_code")
    #expect(agent.model == "opus")
    #expect(agent.allowedTools == ["Read", "Edit"])
    #expect(agent.disallowedTools == ["Bash"])
    #expect(!agent.enableSubagents)
    #expect(agent.permissionMode == "plan")
    #expect(agent.providerParameters == ["effort": .string("high"), "loud": .bool(true)])
  }

  @Test func codexsSection() throws {
    let agent = try agent(
      """
      agent: {kind: codex, command: codex --quiet, default_model: small}
      codex:
        model: large
        approval_policy: on-request
        thread_sandbox: read-only
        turn_sandbox_policy: dangerFullAccess
        config: {features.web: true, model_verbosity: low}
        provider_params: {profile: mine}
      """)
    var codex = CodexPolicy()
    codex.approvalPolicy = "on-request"
    codex.sandboxMode = "danger-full-access"
    codex.config = ["features.web": .bool(true), "model_verbosity": .string("low")]
    #expect(agent.codex == codex)
    #expect(agent.kind == "codex" && agent.account.text == "codex")
    #expect(agent.command == "codex --quiet")
    #expect(agent.model == "large")
    #expect(agent.providerParameters == ["profile": .string("mine")])
    #expect(try self.agent("agent: {kind: codex}").codex == CodexPolicy())
  }

  @Test(arguments: [
    ("read-only", "read-only"), ("readOnly", "read-only"), ("read_only", "read-only"),
    ("workspaceWrite", "workspace-write"), ("Workspace_Write", "workspace-write"),
    ("danger-full-access", "danger-full-access"),
  ])
  func sandboxesOfCodexHaveSeveralSpellings(_ written: String, _ meant: String) throws {
    let agent = try agent("agent: {kind: codex}\ncodex: {thread_sandbox: \(written)}")
    #expect(agent.codex.sandboxMode == meant)
  }

  @Test func openCodesSection() throws {
    let agent = try agent(
      """
      agent: {kind: opencode, max_turns: 3}
      claude: {enable_subagents: false}
      opencode:
        model: acme/large
        permission_profile: ask
        config_file: conf/open.json
        resume_session: false
        provider_params: {agent: build}
      """)
    var openCode = OpenCodePolicy()
    openCode.configFile = "/project/conf/open.json"
    #expect(agent.openCode == openCode && !agent.resumesSessions)
    #expect(agent.account.text == "opencode")
    #expect(agent.model == "acme/large")
    #expect(agent.permissionMode == "ask" && agent.permissionRules == nil)
    #expect(!agent.enableSubagents)
    #expect(agent.providerParameters == ["agent": .string("build")])
  }

  // MARK: Permissions

  @Test func claudesPermissionSettingsKeepTheirModeApart() throws {
    let agent = try agent(
      """
      agent:
        permission_mode:
          defaultMode: acceptEdits
          allow: ["Bash(git *)", Read]
          deny: [WebFetch]
      """)
    #expect(agent.permissionMode == "acceptEdits")
    #expect(
      agent.permissionRules == [
        "allow": .list([.string("Bash(git *)"), .string("Read")]),
        "deny": .list([.string("WebFetch")]),
      ])
    let bare = try self.agent("claude: {permission_profile: {ask: [Bash]}}")
    #expect(bare.permissionMode.isEmpty)
    #expect(bare.permissionRules == ["ask": .list([.string("Bash")])])
    let mode = try self.agent("agent: {permission_mode: {mode: plan}}")
    #expect(mode.permissionMode == "plan" && mode.permissionRules == nil)
  }

  @Test func openCodesPermissionSettings() throws {
    let own = try agent(
      "agent: {kind: opencode}\nopencode: {permission_profile: {mode: ask, bash: {git *: allow}}}")
    #expect(own.permissionMode.isEmpty)
    #expect(
      own.permissionRules == [
        "mode": .string("ask"), "bash": .object(["git *": .string("allow")]),
      ])
    #expect(try agent("agent: {kind: opencode}").permissionMode == "allow")
    // Its own words hold also where they are said for all agents; its own section wins.
    #expect(
      try agent("agent: {kind: opencode, permission_mode: deny}").permissionMode == "deny")
    let both = settings(
      "agent: {kind: opencode, permission_mode: deny}\nopencode: {permission_profile: ask}")
    #expect(both.policy?.agent.permissionMode == "ask")
    // Claude Code's words do not.
    let other = settings("agent: {kind: opencode, permission_mode: plan}")
    #expect(other.shown == ["warning no_effect 2:25"])
    #expect(other.policy?.agent.permissionMode == "allow")
  }

  @Test func permissionSettingsDoNotShowValues() {
    let found = settings(
      "agent: {permission_mode: {allow: [$ONE], mode: plan}}",
      environment: ["ONE": "hidden", "GITHUB_TOKEN": "t"])
    #expect(found.policy?.agent.permissionRules == ["allow": .list([.string("hidden")])])
    #expect(!"\(found.settings)".contains("hidden"))
    let plain = settings("agent: {permission_mode: {allow: [plain]}}")
    #expect(plain.setting("agent.permission_mode")?.value == "allow")
  }

  // MARK: Money, sandbox, environment

  @Test func budgetsAndSandbox() throws {
    let agent = try agent(
      """
      agent:
        kind: command
        command: make
        max_cost_usd_per_run: 1
        max_cost_usd_per_item: "4.5"
        max_tokens_per_item: 2000000
        sandbox: bubblewrap
        sandbox_network: false
      """)
    #expect(agent.budget.maxCostPerRun == 1)
    #expect(agent.budget.maxCostPerItem == 4.5)
    #expect(agent.budget.maxTokensPerItem == 2_000_000)
    #expect(agent.sandbox.kind == .bubblewrap && !agent.sandbox.network)
    #expect(agent.sandbox.hidden == ["/project/.env"])
    let none = try self.agent("agent: {max_cost_usd_per_run: null}")
    #expect(none.budget == BudgetPolicy())
    #expect(none.sandbox.kind == .none && none.sandbox.network)
  }

  @Test func limitsOfNothingSayWhatToWrite() throws {
    for key in ["max_cost_usd_per_run", "max_tokens_per_item"] {
      let error = try #require(settings("agent: {\(key): 0}").errors.first)
      #expect(error.hint == "use `unlimited` for no limit")
    }
  }

  @Test func keyFilesAreHidden() {
    func hidden(_ yaml: String, _ more: [String: String] = [:]) -> [String]? {
      let base = ["GITHUB_TOKEN": "t", "HOME": "/users/me"]
      return settings(yaml, environment: base.merging(more) { $1 }).policy?.agent.sandbox.hidden
    }
    #expect(
      hidden("github: {private_key: ~/app.pem}") == ["/project/.env", "/users/me/app.pem"])
    #expect(
      hidden("tracker: {kind: local}", ["GITHUB_APP_PRIVATE_KEY": "keys/a.pem"])
        == ["/project/.env", "/project/keys/a.pem"])
    #expect(
      hidden("", ["GITHUB_APP_PRIVATE_KEY": "-----BEGIN RSA PRIVATE KEY-----"])
        == ["/project/.env"])
  }

  @Test func environmentKeepsItsVariables() throws {
    let found = settings(
      """
      agent:
        env:
          inherit: minimal
          set: {API_KEY: $SECRET, PORT: 80, EMPTY: , NAME: "${WHO:-me}"}
          remove: [AWS_*, DEBUG]
      """, environment: ["GITHUB_TOKEN": "t", "SECRET": "top-secret"])
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    let environment = try #require(found.policy?.agent.environment)
    #expect(environment.inherit == .minimal)
    #expect(
      environment.set == ["API_KEY": "$SECRET", "PORT": "80", "EMPTY": "", "NAME": "${WHO:-me}"])
    #expect(environment.remove == ["AWS_*", "DEBUG"])
    #expect(found.setting("agent.env")?.value == "inherit, remove, set")
    #expect(settings("").policy?.agent.environment == EnvironmentPolicy())
  }

  @Test func plainSecretsOfTheEnvironmentAreNamedAndNotShown() throws {
    let found = settings("agent:\n  env:\n    set: {MY_TOKEN: abc123, KEYBOARD: us, ONE_KEY: ''}")
    #expect(found.shown == ["warning secret_in_file 4:21"])
    let warning = try #require(found.diagnostics.first)
    #expect(warning.hint == "move it to .env beside WORKFLOW.md and write $MY_TOKEN")
    #expect(!"\(found.diagnostics) \(found.settings)".contains("abc123"))
  }

  @Test func secretVariablesAreThoseOfGitHubAndOfServers() throws {
    let found = settings(
      """
      github: {token: $MINE}
      agent:
        env: {set: {SPOKEN: x}, remove: [GONE*]}
        mcp_servers:
          - name: one
            command: run $WORD
            args: ["--key=$ARG", $LANG]
            env: {A: $PASS, B: "${OTHER:-x}-$HOME", C: $SPOKEN, D: $GONE_BY}
          - name: two
            url: "http://localhost/$PLACE"
            headers: {Authorization: "Bearer $HEAD"}
      """,
      environment: ["MINE": "t", "GITHUB_APP_PRIVATE_KEY_PATH": "/k", "GITHUB_APP_ID": "1"])
    let secrets = try #require(found.policy?.agent.secretVariables)
    #expect(
      secrets == [
        "ARG", "GH_ENTERPRISE_TOKEN", "GH_TOKEN", "GITHUB_APP_PRIVATE_KEY",
        "GITHUB_APP_PRIVATE_KEY_PATH",
        "GITHUB_ENTERPRISE_TOKEN", "GITHUB_TOKEN", "GITHUB_WEBHOOK_SECRET", "HEAD", "MINE",
        "OTHER", "PASS", "PLACE", "SYMPHONY_SERVER_TOKEN", "WORD",
      ])
  }

  /// What the worker puts in must not be in the policy, which is written down as it is.
  @Test func serversKeepTheirVariablesUntilTheTurn() throws {
    let found = settings(
      """
      agent:
        mcp_servers:
          - name: one
            command: $TOOL "--key=$KEY"
            args: ["${KEY}", "$UNSET"]
            env: {A: $NOT_THERE, B: "${NOR_THIS:-x}"}
          - {name: two, url: "https://example.com/$KEY"}
          - {name: three, command: [$TOOL, $GONE]}
      """, environment: ["GITHUB_TOKEN": "t", "TOOL": "/bin/tool", "KEY": "s3cret"])
    let servers = try #require(found.policy?.agent.mcpServers)
    #expect(
      servers.map(\.command) == [
        ["$TOOL", "--key=$KEY", "${KEY}", "$UNSET"], [], ["$TOOL", "$GONE"],
      ])
    #expect(servers.map(\.url) == [nil, "https://example.com/$KEY", nil])
    #expect(!"\(found)".contains("s3cret"))
    #expect(
      found.shown == [
        "warning unset_variable 6:24", "warning unset_variable 7:16",
        "warning unset_variable 9:38",
      ])
    #expect(found.diagnostics.allSatisfy { $0.message.contains("no turn that gets this server") })
    #expect(found.setting("agent.mcp_servers")?.value == "one, two, three")
  }

  @Test func aVariableAmongArgumentsIsNoPlaceForASecret() throws {
    let found = settings(
      """
      agent:
        command: $HOME/bin/claude --header $KEY
        provider_params: {header: "x-key: ${KEY} $KEY", plain: a, dollar: "$$KEY", dir: $XDG_CACHE}
        permission_mode: {allow: ["Read($KEY)"]}
        rules:
          - {when: {label: a}, set: {command: tool $KEY}}
          - {when: {label: b}, set: {kind: command, command: tool $KEY}}
          - {when: {label: c}, set: {kind: codex}}
      claude: {provider_params: {list: [a, $KEY]}}
      codex: {config: {a: {b: $KEY}}, provider_params: {c: $KEY}}
      """,
      environment: [
        "GITHUB_TOKEN": "t", "HOME": "/users/me", "XDG_CACHE": "/c", "KEY": "s3cret",
      ])
    let shown = found.diagnostics.filter { $0.code == "secret_in_argv" }
    #expect(
      shown.map { "\($0.severity.rawValue) \($0.line):\($0.column)" } == [
        "warning 3:12", "warning 4:29", "warning 7:41", "warning 10:38", "warning 11:25",
        "warning 11:54",
      ], "\(found.diagnostics)")
    let first = try #require(shown.first)
    #expect(first.message.contains("`agent.command` uses $KEY, whose value is shown"))
    #expect(first.hint == "give a secret to the agent with agent.env.set")
    #expect(!"\(found.diagnostics) \(found.settings)".contains("s3cret"))
    // A script resolves its own variables.
    let script = settings("agent: {kind: command, command: tool $KEY}")
    #expect(script.diagnostics.isEmpty)
  }

  // MARK: Mistakes

  struct Case: Sendable, CustomTestStringConvertible {
    var yaml: String
    var shown: [String]
    var testDescription: String { yaml }
    init(_ yaml: String, _ shown: String...) {
      self.yaml = yaml
      self.shown = shown
    }
  }

  @Test(arguments: [
    Case("agent:\n  max_cost_usd_per_day: 0", "error wrong_value 3:25"),
    Case("agent:\n  max_cost_usd_per_item: lots", "error wrong_value 3:26"),
    Case("agent:\n  max_tokens_per_item: 1.5", "error wrong_value 3:24"),
    Case("agent:\n  max_tokens_per_item: -1", "error wrong_value 3:24"),
    Case("claude:\n  max_turns: 0", "error wrong_value 3:14"),
    Case("claude:\n  max_budget_usd: inf", "error wrong_value 3:19"),
    Case("agent:\n  sandbox_network: false", "warning no_effect 3:3"),
    Case("agent:\n  sandbox_network: true"),
    Case(
      "agent:\n  sandbox: bubblewrap\n  sandbox_network: false",
      "warning conflicting_settings 4:3"),
    Case("agent:\n  sandbox: bubblewrap\n  sandbox_network: true"),
    Case("agent:\n  permission_mode: [a]", "error wrong_value 3:20"),
    Case("agent:\n  permission_mode: {mode: [a]}", "error wrong_value 3:27"),
    Case(
      "agent:\n  permission_mode: {mode: plan, defaultMode: auto}",
      "error conflicting_keys 3:33"),
    Case("agent:\n  permission_mode: {mode: plan, defaultMode: plan}"),
    Case(
      "agent: {kind: opencode}\nopencode:\n  permission_profile: sometimes",
      "error wrong_value 4:23"),
    Case(
      "agent: {kind: codex}\ncodex:\n  thread_sandbox: read",
      "error wrong_value 4:19"),
    Case(
      "agent: {kind: codex}\ncodex:\n  turn_sandbox_policy: {type: readOnly}",
      "error wrong_value 4:24"),
    // The environment.
    Case("agent:\n  env: {set: {1A: x}}", "error wrong_value 3:15"),
    Case("agent:\n  env: {set: {A B: x}}", "error wrong_value 3:15"),
    Case("agent:\n  env: {set: {A: [x]}}", "error wrong_value 3:18"),
    Case("agent:\n  env: {set: [A]}", "error wrong_value 3:14"),
    Case("agent:\n  env: {set: {A: $NOT_SET}}", "warning unset_variable 3:18"),
    Case("agent:\n  env: {remove: [A, $B]}", "error wrong_value 3:21"),
    Case("agent:\n  env: {remove: '*'}", "error wrong_value 3:17"),
    Case("agent:\n  env: {remove: A*}"),
    // What nobody uses.
    Case("codex:\n  model: large", "warning no_effect 3:3"),
    Case("codex:\n  approval_policy: never"),
    Case("codex:\n  listen: 1"),
    Case(
      "agent: {kind: codex}\nclaude:\n  model: opus\nopencode:\n  resume_session: false",
      "warning no_effect 4:3", "warning no_effect 6:3"),
    Case(
      "agent: {kind: command, command: x}\nclaude:\n  enable_subagents: false",
      "warning no_effect 4:3"),
    Case(
      "agent: {kind: codex}\nclaude:\n  permission_profile: plan", "warning no_effect 4:3"),
    Case("agent: {kind: robot}\nclaude: {model: x}", "error wrong_value 2:15"),
    Case(
      "agent: {kind: codex, rules: [{when: {label: a}, set: {kind: claude_code}}]}\n"
        + "claude: {model: x}"),
  ])
  func eachHasItsPlace(_ mistake: Case) {
    let found = settings(mistake.yaml)
    #expect(found.shown == mistake.shown, "\(found.diagnostics)")
    #expect((found.policy == nil) == mistake.shown.contains { $0.hasPrefix("error") })
  }

  @Test func wrongSandboxOfCodexNamesAll() throws {
    let found = settings("agent: {kind: codex}\ncodex: {thread_sandbox: workspace-wrte}")
    let error = try #require(found.errors.first)
    #expect(error.message.contains("one of read-only, workspace-write, danger-full-access"))
    #expect(error.hint == "did you mean `workspace-write`?")
  }
}
