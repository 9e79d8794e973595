// Files that are wrong: each mistake with its code and place, all of them at once, and none of them
// showing a secret.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct MistakeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var yaml: String
    var shown: [String]
    var testDescription: String { yaml }
    init(_ yaml: String, _ shown: String...) {
      self.yaml = yaml
      self.shown = shown
    }
  }

  /// The yaml begins on line 2 of the file.
  @Test(arguments: [
    Case("agent:\n  max_turns: -1", "error wrong_value 3:14"),
    Case("agent:\n  max_concurrent: lots", "error wrong_value 3:19"),
    Case("agent:\n  max_turns: 1.5", "error wrong_value 3:14"),
    Case("agent:\n  max_turns: 99999999999999999999", "error wrong_value 3:14"),
    Case("agent:\n  max_turns: [1]", "error wrong_value 3:14"),
    Case("agent:\n  kind: robot", "error wrong_value 3:9"),
    Case("git:\n  use_worktrees: maybe", "error wrong_value 3:18"),
    Case("git:\n  branch_prefix: [a]", "error wrong_value 3:18"),
    Case("tracker:\n  repository: acme", "error wrong_value 3:15"),
    Case("tracker:\n  labels: {a: b}", "error wrong_value 3:11"),
    Case("tracker:\n  labels:\n    - a\n    - [b]", "error wrong_value 5:7"),
    Case("tracker: github", "error wrong_value 2:10"),
    Case("github:\n  api_url: api.github.com", "error wrong_value 3:12"),
    Case("github:\n  api_url: https://me:secret@host/api", "error wrong_value 3:12"),
    Case("github:\n  api_url: http://ghe.test/api/v3", "error insecure_http 3:12"),
    Case("github:\n  api_url: http://127.evil.test", "error insecure_http 3:12"),
    Case("github:\n  api_url: \"https://ghe.test/a?b=c\"", "error wrong_value 3:12"),
    Case("github:\n  api_url: 'https://ghe.test\\@x'", "error wrong_value 3:12"),
    Case(
      "github:\n  api_url: http://ghe.test/api/v3\n  allow_insecure_http: true"),
    Case("github:\n  api_url: http://127.0.0.1:81"), Case("github:\n  api_url: http://[::1]:81"),
    Case("github:\n  graphql_page_size: 101", "error wrong_value 3:22"),
    Case("workspace:\n  root: ~other/x", "error wrong_value 3:9"),
    Case("agent:\n  command: claude 'open", "error wrong_value 3:12"),
    Case("agent:\n  max_cost_usd_per_run: -2", "error wrong_value 3:25"),
    Case("agent:\n  mcp_servers:\n    - name: a", "error wrong_value 4:7"),
    Case("agent:\n  mcp_servers:\n    - command: a", "error wrong_value 4:7"),
    Case(
      "agent:\n  mcp_servers:\n    - {name: a, command: b}\n    - {name: a, command: c}",
      "error wrong_value 5:7"),
    Case(
      "agent:\n  mcp_servers:\n    - {name: a, command: b, url: \"http://x\"}",
      "error wrong_value 4:7"),
    Case("agent:\n  mcp_servers: npx", "error wrong_value 3:16"),
    Case("tracker:\n  assignee: @me", "error yaml_unquoted 3:13"),
    Case("tracker:\n\tlabels: [a]", "error yaml_tab 3:1"),
    Case("tracker:\n  labels: [a", "error yaml_syntax 4:1"),
    Case("- a\n- b", "error front_matter_not_map 2:1"),
    Case("just text", "error front_matter_not_map 2:1"),
    Case("tracker:\n  labels: [a]\n  labels: [b]", "error duplicate_key 4:3"),
    Case("tracker: &t\n  labels: [a]", "error yaml_alias 2:10"),
    Case(
      "tracker:\n  labels: &l [a]\n  exclude_labels: *l", "error yaml_alias 4:19"),
    Case(
      "tracker:\n  labels: [a]\n  required_labels: [b]", "error conflicting_keys 4:3"),
    Case("git:\n  base_branch: $NOT_SET", "error unset_variable 3:16"),
    Case(
      "agent:\n  mcp_servers:\n    - {name: a, command: b, enviroment: {}}",
      "warning unknown_key 4:29"),
    Case(
      "agent:\n  env: {inherit: some, remvoe: [A]}", "error wrong_value 3:18",
      "error unknown_key 3:24"),
  ])
  func eachMistakeHasItsPlace(_ mistake: Case) {
    let found = settings(mistake.yaml)
    #expect(found.shown == mistake.shown, "\(found.diagnostics)")
    #expect((found.policy == nil) == mistake.shown.contains { $0.hasPrefix("error") })
  }

  @Test func allMistakesAtOnce() {
    let found = settings(
      """
      tracker:
        assignee: @me
        lables: [a]
        kind: gitlab
      agent:
        max_turns: -1
        max_concurrent: lots
      git:
        base_branch: ${NOPE}
      """)
    #expect(
      found.shown == [
        "error yaml_unquoted 3:13", "error unknown_key 4:3", "error wrong_value 5:9",
        "error wrong_value 7:14", "error wrong_value 8:19", "error unset_variable 10:16",
      ])
  }

  @Test func messagesSayWhatWhereAndWhatNext() throws {
    let wrong = try #require(settings("agent:\n  max_turns: -1").errors.first)
    #expect(
      wrong.description
        == "/project/WORKFLOW.md:3:14: `agent.max_turns` must be a whole number, 1 or more,"
        + " not `-1`"
    )
    let quoted = try #require(settings("tracker:\n  assignee: @me").errors.first)
    #expect(quoted.hint == "write \"@me\"")
    let both = try #require(
      settings("agent:\n  max_concurrent: 1\n  max_concurrent_agents: 2").errors.first)
    #expect(both.message.contains("line 3") && both.message.contains("line 4"))
    let choice = try #require(settings("agent:\n  kind: claude_cod").errors.first)
    #expect(choice.hint == "did you mean `claude_code`?")
  }

  @Test func unclosedFrontMatter() {
    let found = reading("\n---\ntracker:\n  kind: github\n\nBody\n")
    #expect(found.shown == ["error unclosed_front_matter 2:1"])
    #expect(found.policy == nil)
    #expect(found.settings.isEmpty)
  }

  @Test func largeFileIsRefused() {
    let found = reading(String(repeating: "x", count: 1_048_577))
    #expect(found.shown == ["error file_too_large 1:1"])
    #expect(reading("---\n---\n" + String(repeating: "x", count: 1_048_568)).errors.isEmpty)
  }

  @Test func remarksAreKeptUpToALimitAndCounted() throws {
    let yaml = (0..<2000).map { "mine\($0): 1" }.joined(separator: "\n")
    let found = reading("---\n\(yaml)\ntracker: {kind: local}\n---\nBody\n")
    #expect(found.policy != nil)
    let unknown = found.diagnostics.filter { $0.code == "unknown_key" }
    #expect(unknown.count == 50)
    let last = try #require(found.diagnostics.last)
    #expect(last.message == "and 1950 more remarks, from here on")
    #expect((last.severity, last.line) == (.warning, 52))
    // Mistakes are counted by themselves, and none is lost among remarks.
    let wrong = (0..<60).map { "    - [x\($0)]" }.joined(separator: "\n")
    let mistaken = reading("---\n\(yaml)\ntracker:\n  labels:\n\(wrong)\n---\nBody\n")
    #expect(mistaken.policy == nil)
    #expect(mistaken.errors.count == 51)
    #expect(mistaken.errors.last?.message == "and 10 more mistakes, from here on")
  }

  @Test func settingsAreBoundedInBytesAndInValues() {
    let long = reading("---\nx: \"" + String(repeating: "a", count: 131_072) + "\"\n---\nBody\n")
    #expect(long.errors.map(\.code) == ["settings_too_large"])
    #expect(long.errors.first?.line == 1)
    for yaml in [
      "x: [" + String(repeating: "a,", count: 5000) + "]",
      String(repeating: "a: 1\n", count: 0)
        + (0..<2600).map { "k\($0): 1" }.joined(separator: "\n"),
    ] {
      let many = reading("---\n\(yaml)\n---\nBody\n")
      #expect(many.errors.map(\.code) == ["yaml_values"])
      #expect(many.policy == nil)
    }
  }

  @Test func aNameLongerThanAnySlipOfTheHandGetsNoHint() throws {
    let found = reading("---\n" + String(repeating: "k", count: 500) + ": 1\n---\nBody\n")
    #expect(try #require(found.diagnostics.first { $0.code == "unknown_key" }).hint == nil)
  }

  @Test func aliasBombEndsAtOnce() {
    var yaml = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    for level in 1...30 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
      yaml += "a\(level): &a\(level) [\(aliases)]\n"
    }
    // As a key it would be hashed by the parser before anybody saw the tree.
    yaml += "? *a30\n: 1\n? *a30\n: 2"
    #expect(settings(yaml).shown == ["error yaml_alias 3:10"])
  }

  @Test func deepNestingIsRefused() {
    let yaml = "tracker: " + String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
    #expect(settings(yaml).shown == ["error yaml_depth 2:33"])
  }

  @Test func shellTextIsNoAlias() throws {
    let script = "run &one\n    wait *one\n    echo a:\tb"
    let found = settings("hooks:\n  before_turn: |\n    \(script)\n  timeout_ms: 5")
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    #expect(found.policy?.hooks.script(.beforeTurn)?.contains("wait *one") == true)
  }

  // MARK: Variables that are not set

  @Test func missingTokenVariable() {
    let bare = settings("github:\n  token: $MISSING", environment: [:])
    #expect(bare.shown == ["error unset_variable 3:10"])
    #expect(bare.errors.first?.message.contains("$MISSING") == true)
    let other = settings("github:\n  token: $MISSING", environment: ["GH_TOKEN": "t"])
    #expect(other.shown == ["warning unset_variable 3:10"])
    #expect(other.policy?.tracker.token?.reveal() == "t")
    let local = settings("tracker: {kind: local}\ngithub:\n  token: $MISSING", environment: [:])
    #expect(local.shown == ["warning unset_variable 4:10"])
    let empty = settings("github:\n  token: $EMPTY", environment: ["EMPTY": ""])
    #expect(empty.shown == ["error unset_variable 3:10"])
  }

  @Test func aSecretThatOnlyTheServerNeedsIsAWarning() {
    let found = settings("github:\n  webhook_secret: $HOOK")
    #expect(found.shown == ["warning unset_variable 3:19"])
  }

  @Test func contentsOfVariablesAreNeverShown() {
    let found = settings(
      "agent:\n  max_turns: $A\n  kind: $A\ntracker:\n  repository: $A\n  labels: [$A]\ngit:\n"
        + "  use_worktrees: $A\nworkspace:\n  root: $A",
      environment: ["A": "top-secret", "GITHUB_TOKEN": "t"])
    #expect(found.errors.count == 4)
    #expect(!"\(found.diagnostics) \(found.settings)".contains("top-secret"))
  }
}
