// `agent.rules`: what they become in the policy, the agents they choose from, and that nothing in a
// rule is passed over in silence.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct RuleSettingsTests {
  @Test func everyKeyOfARule() throws {
    let found = settings(
      """
      tracker: {owner: me, project_number: 6}
      agent:
        rules:
          - when: {label: [Big, huge], field: {Size: XL, Team: [a, b]}}
            set:
              kind: codex
              command: codex --profile 'a b'
              model: large
              max_turns: 9
              max_run_ms: 1000
              stall_timeout_ms: -1
              turn_timeout_ms: 3000
              max_cost_usd_per_run: 1.5
              max_cost_usd_per_item: 4
              max_tokens_per_item: 500
          - {when: {labels: small, fields: {Team: c}}, set: {kind: claude_code}}
      """)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    let policy = try #require(found.policy)
    #expect(policy.rules.map(\.labels) == [["Big", "huge"], ["small"]])
    let fields = policy.rules.map(\.fields)
    #expect(fields == [["Size": ["XL"], "Team": ["a", "b"]], ["Team": ["c"]]])
    #expect(policy.rules.map(\.change.kind) == ["codex", "claude_code"])
    var agent = try #require(policy.otherAgents["codex"])
    agent.command = "codex --profile 'a b'"
    agent.account = Account("codex/codex")
    agent.model = "large"
    agent.maxTurns = 9
    agent.maxRun = .seconds(1)
    agent.stallTimeout = nil
    agent.turnTimeout = .seconds(3)
    agent.budget.maxCostPerRun = 1.5
    agent.budget.maxCostPerItem = 4
    agent.budget.maxTokensPerItem = 500
    #expect(policy.agents == [policy.agent, agent])
    #expect(
      found.setting("agent.rules")?.value
        == "Big, huge, Size, Team: command, kind, max_cost_usd_per_item, max_cost_usd_per_run,"
        + " max_run_ms, max_tokens_per_item, max_turns, model, stall_timeout_ms, turn_timeout_ms;"
        + " small, Team: kind")
  }

  @Test func permissionsOfARule() throws {
    let found = settings(
      """
      agent:
        rules:
          - {when: {label: a}, set: {permission_mode: plan}}
          - {when: {label: b}, set: {permission_mode: {mode: auto, deny: [Bash]}}}
          - {when: {label: c}, set: {kind: opencode, permission_mode: {bash: deny}}}
      """)
    #expect(found.errors.isEmpty, "\(found.errors)")
    let agents = try #require(found.policy?.agents.dropFirst())
    #expect(agents.map(\.permissionMode) == ["plan", "auto", ""])
    #expect(
      agents.map(\.permissionRules) == [
        nil, ["deny": .list([.string("Bash")])], ["bash": .string("deny")],
      ])
  }

  /// A rule's agent has its own section's settings, and the file's program only where it is its
  /// kind.
  @Test func rulesChooseAmongAllKindsTheyName() throws {
    let found = settings(
      """
      agent:
        command: claude --debug
        default_model: small
        provider_params: {loud: true}
        max_turns: 7
        rules:
          - {when: {label: a}, set: {kind: codex}}
          - {when: {label: b}, set: {kind: opencode}}
          - {when: {label: c}, set: {kind: command, command: "make $GOAL 'it"}}
      claude: {model: opus}
      codex: {thread_sandbox: read-only, provider_params: {profile: x}}
      opencode: {model: acme/one}
      """)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    let policy = try #require(found.policy)
    #expect(policy.agent.kind == "claude_code" && policy.agent.model == "opus")
    #expect(policy.agent.command == "claude --debug")
    #expect(policy.otherAgents.keys.sorted() == ["codex", "command", "opencode"])
    let codex = try #require(policy.otherAgents["codex"])
    #expect(codex.kind == "codex" && codex.account.text == "codex" && codex.command == nil)
    #expect(codex.model == "small" && codex.codex.sandboxMode == "read-only")
    #expect(codex.providerParameters == ["loud": .bool(true), "profile": .string("x")])
    #expect(codex.maxTurns == 7)
    #expect(policy.otherAgents["opencode"]?.model == "acme/one")
    #expect(policy.otherAgents["opencode"]?.permissionMode == "allow")
    #expect(policy.rules.last?.change.command == "make $GOAL 'it")
    #expect(
      policy.agents.map(\.account.text).sorted() == [
        "claude_code", "codex", "command/make", "opencode",
      ])
    #expect(settings("").policy?.otherAgents.isEmpty == true)
  }

  @Test func programsOfRulesExpandTheirVariables() {
    let found = settings(
      "agent: {rules: [{when: {label: a}, set: {command: $TOOL -x, kind: claude_code}}]}",
      environment: ["TOOL": "/opt/hidden", "GITHUB_TOKEN": "t"])
    #expect(found.policy?.rules.first?.change.command == "/opt/hidden -x")
    #expect(!"\(found.settings)".contains("/opt/hidden"))
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var yaml: String
    var shown: [String]
    var testDescription: String { yaml }
    /// Rules: the first begins on line 4 of the file, at column 7.
    init(_ rules: String..., shows shown: String..., and more: String = "") {
      yaml = "agent:\n  rules:" + rules.map { "\n    - \($0)" }.joined() + more
      self.shown = shown
    }
  }

  @Test(arguments: [
    Case("{set: {model: x}}", shows: "error missing_setting 4:7"),
    Case("{when: {label: a}}", shows: "error missing_setting 4:7"),
    Case("{when: {}, set: {model: x}}", shows: "error wrong_value 4:14"),
    Case("{when: {label: a}, set: {}}", shows: "error wrong_value 4:31"),
    Case("{when: {label: a}, set: }", shows: "error wrong_value 4:31"),
    Case("{when: a, set: {model: x}}", shows: "error wrong_value 4:14"),
    Case("when", shows: "error wrong_value 4:7"),
    Case("{when: {label: }, set: {model: x}}", shows: "error wrong_value 4:22"),
    Case("{when: {label: []}, set: {model: x}}", shows: "error wrong_value 4:22"),
    Case("{when: {label: {a: b}}, set: {model: x}}", shows: "error wrong_value 4:22"),
    Case("{when: {field: Size}, set: {model: x}}", shows: "error wrong_value 4:22"),
    Case(
      "{when: {label: a, labels: b}, set: {model: x}}", shows: "error conflicting_keys 4:25"),
    Case(
      "{when: {field: {A: x, a: y}}, set: {model: x}}", shows: "warning no_effect 4:15",
      "error duplicate_key 4:29"),
    // Keys that do not exist.
    Case("{when: {lable: a}, set: {model: x}}", shows: "error unknown_key 4:15"),
    Case("{when: {label: a}, set: {modle: x}}", shows: "error unknown_key 4:32"),
    Case(
      "{when: {label: a}, sets: {model: x}}", shows: "error missing_setting 4:7",
      "error unknown_key 4:26"),
    Case("{when: {label: a}, set: {max_concurrent: 1}}", shows: "error unknown_key 4:32"),
    // Values that are wrong.
    Case("{when: {label: a}, set: {kind: robot}}", shows: "error wrong_value 4:38"),
    Case("{when: {label: a}, set: {model: }}", shows: "error wrong_value 4:39"),
    Case("{when: {label: a}, set: {model: ''}}", shows: "error wrong_value 4:39"),
    Case("{when: {label: a}, set: {model: $NOPE}}", shows: "error unset_variable 4:39"),
    Case("{when: {label: a}, set: {max_turns: 0}}", shows: "error wrong_value 4:43"),
    Case("{when: {label: a}, set: {max_run_ms: -1}}", shows: "error wrong_value 4:44"),
    Case(
      "{when: {label: a}, set: {max_cost_usd_per_run: 0}}", shows: "error wrong_value 4:54"),
    Case(
      "{when: {label: a}, set: {max_tokens_per_item: x}}", shows: "error wrong_value 4:53"),
    Case(
      "{when: {label: a}, set: {max_cost_usd_per_item: null}}",
      shows: "error wrong_value 4:55"),
    Case("{when: {label: a}, set: {command: \"a 'b\"}}", shows: "error wrong_value 4:41"),
    Case("{when: {label: a}, set: {kind: command}}", shows: "error missing_setting 4:38"),
    Case(
      "{when: {label: a}, set: {kind: opencode, permission_mode: plan}}",
      shows: "error wrong_value 4:65"),
    Case(
      "{when: {label: a}, set: {permission_mode: {mode: {a: b}}}}",
      shows: "error wrong_value 4:56"),
    // What comes to nothing.
    Case(
      "{when: {label: a}, set: {kind: codex, permission_mode: plan}}",
      shows: "warning no_effect 4:45"),
    Case("{when: {field: {Size: XL}}, set: {model: x}}", shows: "warning no_effect 4:15"),
    Case("{when: {field: {Size: XL}}, set: {model: x}}", and: "\ntracker: {kind: local}"),
    Case(
      "{when: {fields: {Status: Todo}}, set: {model: x}}", shows: "warning no_effect 4:15",
      and: "\ntracker: {kind: local}"),
    Case(
      "{when: {label: [a, B]}, set: {model: x}}", shows: "warning no_effect 4:14",
      and: "\ntracker: {exclude_labels: [A, b]}"),
    Case("{when: {label: a}, set: {max_turns: 5}}", shows: "warning no_effect 4:7"),
    Case("{when: {label: a}, set: {kind: claude_code}}", shows: "warning no_effect 4:7"),
    Case(
      "{when: {label: a}, set: {max_turns: 9}}", "{when: {label: b}, set: {max_turns: 5}}"),
    Case("{when: {label: a}, set: {max_turns: 9}}", "{when: {label: a}, set: {max_run_ms: 5}}"),
    // Which agent gets it?
    Case(
      "{when: {label: a}, set: {kind: codex}}", "{when: {label: b}, set: {model: x}}",
      shows: "warning rule_without_kind 5:32"),
  ])
  func eachMistakeHasItsPlace(_ mistake: Case) {
    let found = settings(mistake.yaml)
    #expect(found.shown == mistake.shown, "\(found.diagnostics)")
    #expect((found.policy == nil) == mistake.shown.contains { $0.hasPrefix("error") })
  }
}
