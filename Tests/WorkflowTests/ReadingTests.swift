// Files that are right: what the policy holds, where each setting came from, dialects, aliases,
// variables, paths, tokens, and the body's place.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct ReadingTests {
  @Test func batonFileGetsBatonsDefaults() throws {
    let found = settings("tracker:\n  labels: [agent]")
    #expect(found.diagnostics.isEmpty)
    #expect(found.dialect == .baton)
    let policy = try #require(found.policy)
    #expect(policy.limits.maxConcurrent == 3)
    #expect(policy.agent.maxTurns == 5)
    #expect(policy.agent.permissionMode == "acceptEdits")
    #expect(found.setting("agent.max_turns")?.origin == "default of Baton")
    #expect(found.setting("git.branch_prefix")?.origin == "default")
    #expect(found.setting("tracker.labels")?.origin == "line 3")
  }

  @Test(arguments: ["agent:\n  kind: claude_code", "tracker: {owner: me, project_number: 6}"])
  func otherFileGetsTheOthersDefaults(_ yaml: String) throws {
    let found = settings(yaml)
    #expect(found.dialect == .githubSymphony)
    let policy = try #require(found.policy)
    #expect(policy.limits.maxConcurrent == 10)
    #expect(policy.agent.maxTurns == 20)
    #expect(policy.agent.permissionMode == "bypassPermissions")
    #expect(found.setting("agent.max_turns")?.origin == "default of github-symphony")
  }

  @Test func localTrackerResolvesItsFolder() throws {
    let bare = try #require(settings("tracker: {kind: local}").policy)
    #expect(bare.tracker.kind == .local)
    #expect(bare.tracker.directory == "/project/issues")
    let given = try #require(settings("tracker: {kind: local, directory: ./a/b}").policy)
    #expect(given.tracker.directory == "/project/a/b")
  }

  @Test func aliasesAreTheSameSetting() throws {
    let found = settings("tracker:\n  required_labels: [a]\nagent:\n  max_concurrent_agents: 4")
    #expect(found.policy?.tracker.requiredLabels == ["a"])
    #expect(found.policy?.limits.maxConcurrent == 4)
    #expect(
      found.setting("tracker.labels")?.origin == "line 3 (alias tracker.required_labels)")
  }

  @Test func bothSpellingsMayAgree() {
    let found = settings("tracker:\n  labels: [a]\n  required_labels: [a]")
    #expect(found.errors.isEmpty)
    #expect(found.setting("tracker.labels")?.origin == "line 3")
  }

  @Test func kindsOwnModelWins() {
    let found = settings("agent:\n  default_model: small\nclaude:\n  model: large")
    #expect(found.policy?.agent.model == "large")
  }

  @Test func variablesAreExpandedAndNotShown() {
    let found = settings(
      "git:\n  base_branch: ${BRANCH}-x\n  branch_prefix: a$$b/\nagent:\n  max_turns: $TURNS",
      environment: ["BRANCH": "hidden", "TURNS": "9", "GITHUB_TOKEN": "t"])
    #expect(found.policy?.git.baseBranch == "hidden-x")
    #expect(found.policy?.git.branchPrefix == "a$b/")
    #expect(found.policy?.agent.maxTurns == 9)
    #expect(found.setting("git.base_branch")?.value == "${BRANCH}-x")
    #expect(!found.settings.contains { $0.value.contains("hidden") })
  }

  @Test func variablesAreNotExpandedTwice() {
    let found = settings(
      "git: {base_branch: $A}", environment: ["A": "$B", "B": "no", "GITHUB_TOKEN": "t"])
    #expect(found.policy?.git.baseBranch == "$B")
  }

  @Test func boardIsToldApart() {
    let found = settings("tracker:\n  owner: me\n  project_number: 6")
    #expect(found.policy?.tracker.usesBoard == true)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    #expect(settings("tracker: {labels: [a]}").policy?.tracker.usesBoard == false)
  }

  // MARK: The file's shape

  @Test func bodyKeepsItsPlace() {
    let found = reading("---\ntracker:\n  kind: github\n---\n\n\nLine seven.\n\n")
    #expect(found.promptTemplate == "Line seven.\n")
    #expect(found.promptLine == 7)
    #expect(found.policy?.promptLine == 7)
  }

  @Test func carriageReturnsAndByteOrderMarkAreAccepted() {
    let found = reading("\u{FEFF}---\r\ntracker:\r\n  labels: [a]\r\n---\r\nHello\r\nyou\r\n")
    #expect(found.errors.isEmpty)
    #expect(found.policy?.tracker.requiredLabels == ["a"])
    #expect(found.promptTemplate == "Hello\nyou\n")
    #expect(found.setting("tracker.labels")?.origin == "line 3")
  }

  @Test(arguments: ["---\n---\n", "---\n# only a comment\n---\n", "---\n~\n---\n"])
  func emptySettingsHaveDefaults(_ text: String) {
    let found = reading(text)
    #expect(found.errors.isEmpty)
    #expect(found.policy?.promptTemplate == Workflow.defaultPrompt)
    #expect(found.policy?.limits.maxConcurrent == 3)
  }

  @Test func nullMeansNotGiven() {
    let found = settings("tracker:\n  assignee: null\n  labels: ~\nhooks:\nagent:\n  max_turns:")
    #expect(found.diagnostics.isEmpty)
    #expect(found.policy?.agent.maxTurns == 5)
    #expect(found.setting("agent.max_turns")?.origin == "default of Baton")
  }

  // MARK: Tokens

  @Test(arguments: ["ghp_one\nghp_two", "ghp_one two", "ghp_\u{1}", "ghp_\u{7F}", "ghp_é"])
  func aTokenNoHeaderCanHoldIsRefusedUnseen(_ token: String) {
    let read = settings("", environment: ["GITHUB_TOKEN": token])
    #expect(read.policy == nil && read.errors.count == 1, "\(read.shown)")
    #expect(!read.errors.contains { "\($0)".contains("ghp_") })
    let local = reading(
      "---\ntracker:\n  kind: local\n---\nWork.\n", environment: ["GITHUB_TOKEN": token])
    #expect(local.errors.isEmpty, "a local tracker sends it nowhere")
  }

  @Test func lineEndsAroundATokenAreDropped() {
    let read = settings("", environment: ["GITHUB_TOKEN": "ghp_one\r\n"])
    #expect(read.policy?.tracker.token == Secret("ghp_one"))
  }

  @Test func tokenOrder() {
    let all = ["GITHUB_TOKEN": "first", "GH_TOKEN": "second", "MINE": "mine"]
    let own = settings("github: {token: $MINE}", environment: all)
    #expect(own.policy?.tracker.token?.reveal() == "mine")
    #expect(own.policy?.tracker.tokenOrigin == "line 2")
    #expect(own.policy?.agent.secretVariables.contains("MINE") == true)
    let first = settings("", environment: all)
    #expect(first.policy?.tracker.token?.reveal() == "first")
    #expect(first.setting("github.token")?.origin == "$GITHUB_TOKEN")
    #expect(first.setting("github.token")?.value == "***")
    let second = settings("", environment: ["GITHUB_TOKEN": "", "GH_TOKEN": "second"])
    #expect(second.policy?.tracker.tokenOrigin == "$GH_TOKEN")
    let last = reading("---\n---\n", environment: [:]) { _ in (Secret("third"), "gh auth token") }
    #expect(last.policy?.tracker.token?.reveal() == "third")
    #expect(last.policy?.tracker.tokenOrigin == "gh auth token")
  }

  @Test func otherSourceIsAskedOnlyWhenNeeded() {
    var asked = 0
    _ = reading("---\n---\n", environment: ["GH_TOKEN": "t"]) { _ in
      asked += 1
      return nil
    }
    _ = reading("---\ntracker: {kind: local}\n---\n", environment: [:]) { _ in
      asked += 1
      return nil
    }
    #expect(asked == 0)
    let none = reading("---\n---\n", environment: [:]) { _ in
      asked += 1
      return nil
    }
    #expect(asked == 1)
    #expect(none.policy != nil)
    #expect(none.policy?.tracker.token == nil)
    #expect(none.shown == ["warning no_token 1:1"])
  }

  @Test func secretInTheFileIsNeitherShownNorStored() {
    let text = "---\ngithub:\n  token: ghp_abcdef123\n---\nBody\n"
    let found = reading(text)
    #expect(found.policy?.tracker.token?.reveal() == "ghp_abcdef123")
    #expect(found.shown == ["warning secret_in_file 3:10"])
    #expect(found.storableText == "---\ngithub:\n  token: $GITHUB_TOKEN\n---\nBody\n")
    #expect(!"\(found.diagnostics) \(found.settings)".contains("ghp_abcdef123"))
  }

  @Test func privateKeyMayBeAPath() {
    let path = "---\ngithub:\n  private_key: keys/app.pem\n---\n"
    #expect(reading(path).shown == ["warning app_incomplete 3:3"])
    #expect(reading(path).storableText == path)
    let text = "---\ngithub:\n  private_key: |\n    -----BEGIN KEY-----\n    c2VjcmV0\n---\n"
    #expect(reading(text).shown == ["warning app_incomplete 3:3", "warning secret_in_file 3:16"])
    #expect(reading(text).storableText?.contains("c2VjcmV0") == false)
    #expect(reading(text).setting("github.private_key")?.value == "***")
  }

  // MARK: The predecessors' own examples

  @Test(arguments: ["baton-first.md", "baton-second.md", "github-symphony.md"])
  func predecessorsExamplesAreRead(_ name: String) throws {
    let found = reading(try fixture(name))
    #expect(found.errors.isEmpty, "\(found.errors)")
    #expect(!found.diagnostics.contains { $0.code == "unknown_key" })
    let policy = try #require(found.policy)
    let problems = TemplateEngine().check(
      policy.promptTemplate, sample: TemplateContext.sample(), firstLine: policy.promptLine)
    #expect(problems.isEmpty, "\(problems)")
  }

  /// The file people begin with, as it is and with everything in it that is commented out.
  @Test func ownExampleIsRead() throws {
    let text = try fixture("../../../WORKFLOW.md.example")
    let found = reading(text)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    #expect(found.policy?.agent.budget.maxCostPerItem == 25)
    // Without an account and without an agent it works, too.
    let alone = reading(
      text.replacing("\n  kind: github\n", with: "\n  kind: local\n")
        .replacing("\n  kind: claude_code\n", with: "\n  kind: command\n")
        .replacing("\n  command: claude\n", with: "\n  command: 'true'\n"))
    #expect(alone.diagnostics.map(\.code) == ["no_effect"], "\(alone.diagnostics)")
    #expect(alone.policy?.agent.kind == "command" && alone.policy?.tracker.kind == .local)
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let end = try #require(lines.dropFirst().firstIndex(of: "---"))
    for number in 1..<end {
      let indent = lines[number].prefix { $0 == " " }
      let rest = lines[number].dropFirst(indent.count)
      guard rest.hasPrefix("# ") else { continue }
      let setting = rest.dropFirst(2)
      let word = setting.trimmingWhitespace().prefix { $0 != ":" && $0 != " " }
      let isSetting =
        setting.trimmingWhitespace().hasPrefix("- ")
        || (setting.trimmingWhitespace().dropFirst(word.count).first == ":"
          && word.allSatisfy { $0.isLowercase || $0 == "_" })
      if isSetting { lines[number] = String(indent + setting) }
    }
    let full = reading(
      lines.joined(separator: "\n"),
      environment: ["GITHUB_TOKEN": "t", "HOME": "/users/me", "NPM_TOKEN": "n"])
    #expect(!full.diagnostics.contains { $0.code == "unknown_key" }, "\(full.diagnostics)")
    #expect(full.errors.map(\.message).joined() == "")
    #expect(full.policy?.rules.count == 3)
    #expect(full.policy?.agent.environment.inherit == .minimal)
    #expect(full.policy?.agent.sandbox.network == false)
  }

  @Test func batonsExampleMeansWhatItMeant() throws {
    let found = reading(try fixture("baton-first.md"))
    let policy = try #require(found.policy)
    #expect(found.shown == ["warning hook_per_run 20:3"])
    #expect(policy.tracker.requiredLabels == ["agent"])
    #expect(policy.agent.mcpServers.first?.command == ["npx", "@playwright/mcp@latest"])
    #expect(
      policy.hooks.script(.beforeRun) == "git fetch origin main && git rebase origin/main\n")
  }

  @Test func githubSymphonysExampleMeansWhatItMeant() throws {
    let found = reading(try fixture("github-symphony.md"))
    let policy = try #require(found.policy)
    #expect(found.dialect == .githubSymphony)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    #expect(policy.tracker.board?.owner == "YOUR_USER")
    #expect(policy.tracker.board?.scope == .user)
    #expect(policy.tracker.board?.activeIsGiven == true)
    #expect(policy.tracker.handoffStatus == "Human Review")
    #expect(policy.limits.maxConcurrent == 3)
    #expect(policy.agent.model == "sonnet")
    #expect(policy.agent.stallTimeout == .seconds(600))
    #expect(policy.tracker.activeStatuses == ["Todo", "In Progress"])
  }
}
