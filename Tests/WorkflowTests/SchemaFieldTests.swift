// Where the rows of the schema write: every row that works has a field or somebody who asks for it,
// the value of each row gets there, and a default stands nowhere but in its field.

import SymphonyCore
import Testing

@testable import SymphonyWorkflow

@Suite struct SchemaFieldTests {
  /// What a row may be given, other than any default.
  static func sample(_ type: SettingType) -> Structure {
    switch type {
    case .text, .secret, .path, .url, .script, .template, .agentCommand: .string("other")
    case .choice(let words), .spelled(let words): .string(words.last ?? "")
    case .textOrMap(let words): .string(words.last ?? "other")
    case .integer, .limit(.some): .integer(77)
    case .limit(nil): .number(7.5)
    case .flag: .bool(true)
    case .textList, .trustedAuthors: .list([.string("other")])
    case .choiceList(let words): .list(words.suffix(1).map { .string($0) })
    case .repository: .string("other/one")
    case .repositoryList: .list([.string("other/one")])
    case .integerMap: .object(["Other": .integer(7)])
    case .repositoryMap: .object(["Other/One": .integer(7)])
    case .freeMap: .object(["other": .bool(true)])
    case .mcpServers: .list([.object(["name": .string("other"), "url": .string("http://o")])])
    case .record(let fields):
      .object(
        fields.reduce(into: [:]) { members, field in
          members[field.name] =
            switch field.shape {
            case .choice(let words): .string(words.last ?? "")
            case .textList, .variablePatterns: .list([.string("OTHER")])
            case .variableMap: .object(["OTHER": .string("x")])
            case .record(let inner): sample(.record(inner))
            }
        })
    case .agentRules: .list([])
    }
  }

  static func standard() -> Policy {
    var policy = Policy(promptTemplate: "", promptLine: 1, workflowPath: "")
    // Settings of a board and of an App go nowhere without one.
    policy.tracker.board = BoardPolicy(owner: "acme", number: 1)
    policy.tracker.app = AppPolicy(id: "1", privateKey: Secret("k"))
    return policy
  }

  /// Of a flag the value that is not its default.
  static func sample(_ spec: SettingSpec) -> Structure {
    if case .bool(let flag) = spec.fallback.value(.baton) { return .bool(!flag) }
    return sample(spec.type)
  }

  @Test func everyRowWritesIntoItsField() {
    var written = 0
    for spec in Schema.all {
      switch spec.destination {
      case .asked: continue
      case .policy(let write):
        var policy = Self.standard()
        write(Self.sample(spec), 7, &policy)
        #expect(!policy.isLike(Self.standard()), "\(spec.path)")
      case .agent(_, let write):
        var agent = AgentPolicy()
        write(Self.sample(spec), 7, &agent)
        #expect(agent != AgentPolicy(), "\(spec.path)")
      }
      written += 1
    }
    #expect(written > 90)
  }

  /// The default that `doctor` and the reference show is what the policy has without a file.
  @Test func everyDefaultIsWhatItsFieldBeginsWith() {
    for spec in Schema.all {
      let value = spec.fallback.value(.baton)
      if value == .null { continue }
      switch spec.destination {
      case .asked: break
      case .policy(let write):
        var policy = Self.standard()
        write(value, 1, &policy)
        #expect(policy.isLike(Self.standard()), "\(spec.path)")
      case .agent(_, let write):
        var agent = AgentPolicy()
        write(value, 1, &agent)
        #expect(agent == AgentPolicy(), "\(spec.path)")
      }
    }
  }

  @Test func anEmptyFileIsThePolicyAsItBegins() throws {
    var policy = try #require(settings("").policy)
    #expect(policy.tracker.directory == "/project/issues")
    policy.tracker.directory = "issues"
    (policy.tracker.token, policy.tracker.tokenOrigin) = (nil, "")
    #expect(policy.agent.secretVariables.contains("GITHUB_TOKEN"))
    policy.agent.secretVariables = []
    policy.agent.sandbox.hidden = []
    #expect(policy.isLike(Policy(promptTemplate: "", promptLine: 1, workflowPath: "")))
  }

  /// A new row without a field is a decision, not an oversight.
  @Test func onlyTheseRowsHaveNoField() {
    let asked = Schema.all.filter {
      if case .asked = $0.destination { $0.feature == .works } else { false }
    }
    #expect(
      asked.map(\.path) == [
        "tracker.owner", "tracker.project_number", "github.auth_mode", "github.token",
        "github.app_id", "github.private_key", "github.installation_id", "agent.kind",
        "agent.rules", "opencode.permission_profile",
      ])
  }

  /// 0 in the file is nil in the policy, and 0 again where the default is shown.
  @Test func noLimitIsNil() throws {
    let found = settings(
      """
      git: {fetch_depth: 0}
      github: {max_points_per_hour: 0}
      agent:
        max_attempts: 0
        max_runs_per_item: 0
        max_run_ms: 0
        stall_timeout_ms: -5
        max_tokens_per_item: null
      """)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    let policy = try #require(found.policy)
    #expect(policy.git.fetchDepth == nil && policy.tracker.pointsPerHour == nil)
    #expect(policy.limits.maxAttempts == nil && policy.limits.maxRunsPerItem == nil)
    #expect(policy.agent.maxRun == nil && policy.agent.stallTimeout == nil)
    #expect(policy.agent.budget.maxTokensPerItem == nil)
    #expect(found.setting("agent.stall_timeout_ms")?.value == "unlimited")
    #expect(settings("").setting("agent.max_run_ms")?.value == "unlimited")
    #expect(settings("").setting("agent.max_cost_usd_per_run")?.value == "unlimited")
  }

  @Test func noLimitIsOneWordForAllLimits() throws {
    let found = settings(
      """
      github: {max_points_per_hour: unlimited}
      agent:
        max_attempts: unlimited
        max_runs_per_item: Unlimited
        max_run_ms: unlimited
        stall_timeout_ms: unlimited
        max_cost_usd_per_run: 5
        max_cost_usd_per_day: unlimited
        max_tokens_per_item: 9
        rules:
          - {when: {label: big}, set: {max_cost_usd_per_run: unlimited, max_tokens_per_item: 8}}
      claude: {max_turns: unlimited, max_budget_usd: unlimited}
      """)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    let policy = try #require(found.policy)
    #expect(policy.tracker.pointsPerHour == nil && policy.limits.maxCostPerDay == nil)
    #expect(policy.limits.maxAttempts == nil && policy.limits.maxRunsPerItem == nil)
    #expect(policy.agent.maxRun == nil && policy.agent.stallTimeout == nil)
    #expect(policy.agent.claude.maxTurns == nil && policy.agent.claude.maxBudgetUSD == nil)
    // A rule can lift a limit, which null cannot say.
    var lifted = policy.agent
    policy.rules.first?.change.apply(to: &lifted)
    #expect(policy.agent.budget.maxCostPerRun == 5 && lifted.budget.maxCostPerRun == nil)
    #expect(lifted.budget.maxTokensPerItem == 8)
  }

  /// A rule lifts a limit with the same words as the file.
  @Test func aRuleMayLiftALimit() throws {
    let found = settings(
      """
      agent:
        max_run_ms: 1000
        rules:
          - {when: {label: long}, set: {max_run_ms: 0, stall_timeout_ms: 0}}
      """)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    let policy = try #require(found.policy)
    #expect(policy.agent.maxRun == .seconds(1) && policy.agent.stallTimeout == .seconds(300))
    #expect(policy.agents.last?.maxRun == nil && policy.agents.last?.stallTimeout == nil)
    #expect(policy.agents.count == 2)
  }
}

extension Policy {
  /// Equal in every part that settings without rules write.
  func isLike(_ other: Policy) -> Bool {
    tracker == other.tracker && git == other.git && hooks == other.hooks && agent == other.agent
      && notify == other.notify && server == other.server && metricsFile == other.metricsFile
      && logs == other.logs && traces == other.traces && retention == other.retention
      && feedback == other.feedback && merge == other.merge
      && hintedPollInterval == other.hintedPollInterval
      && workspace == other.workspace && pullRequest == other.pullRequest && limits == other.limits
      && pollInterval == other.pollInterval && tickDeadline == other.tickDeadline
  }
}
