// The command line of a codex turn, as goldens: sandbox, configuration, flags and resuming, with
// hostile values too; and what is said about the settings before a run.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct CodexCommandTests {
  private let beginning = ["codex", "exec", "--json", "-C", "/srv/tree", "-s"]
  private let directories = ["--add-dir", "/srv/repo/worktrees/tree", "--add-dir", "/srv/repo"]
  private let ending = [
    "-c", "project_doc_max_bytes=1048576", "-c",
    "shell_environment_policy.set.SYMPHONY_RUN=\"run-7\"", "-c", "approval_policy=\"never\"",
    "--disable", "unbounded_connection_retries", "-",
  ]

  private func argv(_ change: (inout AgentPolicy) -> Void) throws -> [String] {
    try CodexWorld.agent.command(for: CodexWorld.turn(CodexWorld.policy(change))).arguments
  }

  @Test func theDefaultsOfANewThread() throws {
    let command = try CodexWorld.agent.command(for: CodexWorld.turn())
    #expect(command.arguments == beginning + ["workspace-write"] + directories + ending)
    #expect(command.environment.isEmpty)
    #expect(command.privateFiles.isEmpty)
    #expect(command.stopSignal == .terminate)
  }

  @Test func everythingAtOnceOnAResumedThread() throws {
    let policy = CodexWorld.policy {
      $0.command = "npx --yes '@openai/codex'"
      $0.model = "gpt-5.5"
      $0.providerParameters = [
        "profile": .string("ci"), "skip-git-repo-check": .bool(true), "oss": .bool(false),
        "enable": .list([.string("a"), .string("b")]),
      ]
      $0.codex.config = [
        "model_provider": .string("fake"), "sandbox_workspace_write.network_access": .bool(true),
        "model_providers": .object([
          "fake": .object(["base_url": .string("http://x/v1"), "retries": .integer(3)])
        ]),
        "notify": .null,
      ]
    }
    let resume = CodexWorld.session(CodexWorld.thread.uppercased())
    let arguments = try CodexWorld.agent.command(for: CodexWorld.turn(policy, resume: resume))
      .arguments
    let expected =
      [
        "npx", "--yes", "@openai/codex", "exec", "--json", "--enable", "a", "--enable", "b",
        "--profile", "ci", "--skip-git-repo-check", "-C", "/srv/tree", "-s", "workspace-write",
      ] + directories + [
        "--model", "gpt-5.5", "-c", "model_provider=\"fake\"", "-c",
        "model_providers={\"fake\"={\"base_url\"=\"http://x/v1\",\"retries\"=3}}", "-c",
        "sandbox_workspace_write.network_access=true", "-c", "project_doc_max_bytes=1048576", "-c",
        "shell_environment_policy.set.SYMPHONY_RUN=\"run-7\"", "-c", "approval_policy=\"never\"",
        "--disable", "unbounded_connection_retries", "resume", CodexWorld.thread, "-",
      ]
    #expect(arguments == expected)
  }

  @Test func theSandboxDecidesWhatIsAdded() throws {
    #expect(
      try argv { $0.codex.sandboxMode = "read-only" } == beginning + ["read-only"] + ending)
    #expect(
      try argv { $0.codex.sandboxMode = "danger-full-access" }
        == beginning + ["danger-full-access"] + ending)
    // Ours is around it: its own would not start in there.
    #expect(
      try argv { $0.sandbox.kind = .bubblewrap } == beginning + ["danger-full-access"] + ending)
    #expect(
      try argv {
        $0.sandbox.kind = .bubblewrap
        $0.codex.sandboxMode = "read-only"
      } == beginning + ["read-only"] + ending)
  }

  @Test(arguments: [
    "not-a-uuid", "", "01a1fb36f3ba70f292b189eb73c4903d", "01a1fb36-f3ba-70f2-92b1-89eb73c4903g",
    "01a1fb36-f3ba-70f2-92b1-89eb73c4903d-", "--last",
  ])
  func aNameIsNotResumedAndNothingRuns(_ id: String) throws {
    let turn = CodexWorld.turn(resume: CodexWorld.session(id))
    #expect(try CodexWorld.agent.command(for: turn).arguments == ["codex", "--version"])
  }

  @Test func hostileValuesStayValues() throws {
    let arguments = try argv {
      $0.model = "--dangerously-bypass-approvals-and-sandbox"
      $0.codex.config = ["instructions": .string("a\"\nb\\c=1\u{1B}\u{7F}é'$(id)")]
      $0.providerParameters = ["profile": .string("--oss")]
    }
    #expect(arguments.contains("--model=--dangerously-bypass-approvals-and-sandbox"))
    #expect(arguments.contains("--profile=--oss"))
    #expect(
      arguments.contains("instructions=\"a\\\"\\nb\\\\c=1\\u001b\\u007fé'$(id)\""))
  }

  @Test(arguments: [
    "json", "C", "--cd", "s", "sandbox", "add-dir", "m", "model", "o", "output-last-message", "c",
    "config", "resume", "ephemeral", "full-auto", "worktree",
    "dangerously-bypass-approvals-and-sandbox", "ask-for-approval",
  ])
  func flagsOfOursCannotBeSet(_ name: String) {
    let policy = CodexWorld.policy { $0.providerParameters = [name: .string("x")] }
    #expect(throws: AgentError.self) {
      try CodexWorld.agent.command(for: CodexWorld.turn(policy))
    }
    #expect(CodexWorld.agent.examine(policy).map(\.subject) == ["agent.provider_params"])
  }

  @Test(
    arguments: [
      ("approval_policy", .string("on-request")), ("sandbox_mode", .string("read-only")),
      ("model", .string("x")), ("features", .object(["unbounded_connection_retries": .bool(true)])),
      ("features.unbounded_connection_retries", .bool(true)), ("", .bool(true)),
      ("a b", .bool(true)), ("a=b", .bool(true)), ("a..b", .bool(true)), ("\"a\"", .bool(true)),
      ("approval_policy.granular", .bool(true)),
    ] as [(String, Structure)])
  func keysThatWouldBreakATurnAreRefused(_ key: String, _ value: Structure) {
    let policy = CodexWorld.policy { $0.codex.config = [key: value] }
    #expect(throws: AgentError.self) {
      try CodexWorld.agent.command(for: CodexWorld.turn(policy))
    }
    let findings = CodexWorld.agent.examine(policy)
    #expect(findings.map(\.subject) == ["codex.config"])
    #expect(findings.map(\.grade) == [.fail])
  }

  @Test(
    arguments: [
      (.bool(false), "false"), (.integer(-7), "-7"), (.number(0.5), "0.5"), (.number(3), "3.0"),
      (
        .list([.integer(1), .string("a"), .null, .object(["k": .bool(true)])]),
        "[1,\"a\",{\"k\"=true}]"
      ),
      (.object(["b.c": .string(""), "a": .null]), "{\"b.c\"=\"\"}"), (.object([:]), "{}"),
      (.list([]), "[]"), (.string("\t\r"), "\"\\t\\r\""),
    ] as [(Structure, String)])
  func valuesAreWrittenAsTOML(_ value: Structure, _ expected: String) {
    #expect(TOMLText.encode(value) == expected)
  }

  @Test func anOpenQuoteAndANULAreRefused() {
    for policy in [
      CodexWorld.policy { $0.command = "codex 'x" }, CodexWorld.policy { $0.model = "a\u{0}b" },
      CodexWorld.policy { $0.codex.config = ["a": .string("\u{0}")] },
    ] {
      #expect(throws: AgentError.self) {
        try CodexWorld.agent.command(for: CodexWorld.turn(policy))
      }
    }
    let open = CodexWorld.policy { $0.command = "codex 'x" }
    #expect(CodexWorld.agent.probe(open).executable == nil)
    #expect(CodexWorld.agent.examine(open).map(\.subject) == ["agent.command"])
  }

  @Test func theProbeAsksTheSameProgram() {
    let probe = CodexWorld.agent.probe(CodexWorld.policy { $0.command = "npx codex" })
    #expect(probe.executable == "npx")
    #expect(probe.versionArguments == ["codex", "--version"])
    #expect(probe.loginArguments == ["codex", "login", "status"])
    #expect(probe.notesFile == "AGENTS.override.md")
    #expect(probe.notesReplace == "AGENTS.md")
    #expect(CodexWorld.agent.probe(AgentPolicy()).executable == "codex")
  }

  @Test func anotherProviderNeedsNoLoginOfCodexs() {
    let policy = CodexWorld.policy {
      $0.codex.config = [
        "model_provider": .string("own"),
        "model_providers": .object(["own": .object(["env_key": .string("OWN_KEY")])]),
        "model_providers.other.env_key": .string("OTHER_KEY"),
        "shell.env_key": .string("NOT_A_KEY"),
      ]
    }
    let probe = CodexWorld.agent.probe(policy)
    #expect(probe.loginArguments.isEmpty)
    #expect(probe.ownVariables == ["CODEX_*", "OPENAI_*", "OWN_KEY", "OTHER_KEY"])
  }

  @Test func aKeyNeedsNoLogin() {
    let keyed = CodexWorld.agent(finding: ["CODEX_API_KEY": "k"]).probe(AgentPolicy())
    #expect(keyed.loginArguments.isEmpty)
    #expect(keyed.ownVariables == ["CODEX_*", "OPENAI_*"])
    let empty = CodexWorld.agent(finding: ["CODEX_API_KEY": ""]).probe(AgentPolicy())
    #expect(!empty.loginArguments.isEmpty)
    // The worker knows the variable, or says that it is not set.
    let given = CodexWorld.policy { $0.environment.set["CODEX_API_KEY"] = "$KEY" }
    #expect(CodexWorld.agent.probe(given).loginArguments.isEmpty)
    let removed = CodexWorld.policy { $0.environment.remove = ["CODEX_*"] }
    #expect(
      !CodexWorld.agent(finding: ["CODEX_API_KEY": "k"]).probe(removed).loginArguments.isEmpty)
  }

  @Test func itsHomeIsWhereTheEnvironmentSays() {
    func probe(_ set: [String: String], _ process: [String: String] = [:]) -> AgentProbe {
      CodexWorld.agent(finding: process).probe(CodexWorld.policy { $0.environment.set = set })
    }
    for plain in [probe([:]), probe([:], ["CODEX_HOME": ""])] {
      #expect(plain.homePaths == [".codex"])
      #expect(plain.homeDirectories == [".codex"])
    }
    // A CODEX_HOME that is not there is refused by codex, which makes none.
    for moved in [
      probe([:], ["CODEX_HOME": "/srv/codex/"]), probe(["CODEX_HOME": "/srv/codex"]),
      probe(["CODEX_HOME": "$ROOT/codex"], ["ROOT": "/srv", "CODEX_HOME": "/other"]),
    ] {
      #expect(moved.homePaths == ["/srv/codex"])
      #expect(moved.homeDirectories == [])
    }
    #expect(probe(["CODEX_HOME": "in/the/workspace"]).homePaths == [])
    let databases = probe([:], ["CODEX_SQLITE_HOME": "/srv/sq"])
    #expect(databases.homePaths == [".codex", "/srv/sq"])
    #expect(databases.homeDirectories == [".codex", "/srv/sq"])
  }

  @Test func settingsAreExamined() {
    func findings(_ change: (inout AgentPolicy) -> Void) -> [String] {
      CodexWorld.agent.examine(CodexWorld.policy(change)).map { "\($0.grade) \($0.subject)" }
    }
    #expect(findings { _ in } == [])
    // Either may have been written.
    let sandbox = "codex.thread_sandbox or codex.turn_sandbox_policy"
    #expect(findings { $0.codex.sandboxMode = "read-only" } == ["warn \(sandbox)"])
    #expect(findings { $0.codex.sandboxMode = "workspaceWrite" } == ["fail \(sandbox)"])
    #expect(findings { $0.codex.sandboxMode = "danger-full-access" } == ["warn \(sandbox)"])
    #expect(
      findings {
        $0.codex.sandboxMode = "danger-full-access"
        $0.sandbox.kind = .bubblewrap
      } == [])
    #expect(findings { $0.codex.approvalPolicy = "on-request" } == ["warn codex.approval_policy"])
    #expect(findings { $0.allowedTools = ["Bash"] } == ["warn claude.allowed_tools"])
    #expect(findings { $0.disallowedTools = ["Bash"] } == ["warn claude.allowed_tools"])
    #expect(findings { $0.permissionRules = [:] } == ["warn agent.permission_mode"])
    #expect(findings { $0.enableMCP = false } == ["warn agent.enable_mcp"])
  }
}
