// Which agent an item gets: rules by label and board field, all that are met, the later the stronger.
import SymphonyCore
import Testing

@Suite struct RuleTests {
  static func rule(
    labels: [String] = [], fields: [String: [String]] = [:], _ edit: (inout AgentChange) -> Void
  ) -> AgentRule {
    var change = AgentChange()
    edit(&change)
    return AgentRule(labels: labels, fields: fields, change: change)
  }

  static func policy(_ rules: [AgentRule]) -> Policy {
    .sample { policy in
      policy.rules = rules
      for kind in ["codex", "opencode", "command"] {
        var agent = AgentPolicy()
        (agent.kind, agent.account, agent.model) = (kind, kind, "of \(kind)")
        policy.otherAgents[kind] = agent
      }
    }
  }

  @Test func withoutARuleTheWorkflowsOwn() {
    let policy = Self.policy([Self.rule(labels: ["big"]) { $0.edit = { $0.model = "opus" } }])
    #expect(policy.agent(for: .sample(1)) == policy.agent)
    #expect(policy.agent(for: .sample(1) { $0.labels.append(" BIG") }).model == "opus")
  }

  @Test func allThatAreMetApplyAndTheLaterWins() {
    let policy = Self.policy([
      Self.rule(labels: ["big", "huge"]) {
        $0.edit = {
          $0.model = "opus"
          $0.maxTurns = 40
          $0.budget.maxCostPerRun = 9
        }
      },
      Self.rule(fields: ["size": ["xl"]]) { $0.edit = { $0.maxTurns = 60 } },
    ])
    let agent = policy.agent(
      for: .sample(1) {
        $0.labels.append("huge")
        $0.projectFields = ["Size": " XL", "Area": "db"]
      })
    #expect(agent.model == "opus")
    #expect(agent.maxTurns == 60)
    #expect(agent.budget.maxCostPerRun == 9)
    #expect(policy.agent(for: .sample(1) { $0.projectFields = ["Size": "S"] }) == policy.agent)
  }

  @Test func labelAndFieldsMustAllBeMet() {
    let policy = Self.policy([
      Self.rule(labels: ["big"], fields: ["size": ["xl"], "area": ["db", "api"]]) {
        $0.edit = { $0.model = "opus" }
      }
    ])
    var item = WorkItem.sample(1) { $0.projectFields = ["Size": "XL", "Area": "API"] }
    #expect(policy.agent(for: item).model == nil)
    item.labels.append("big")
    #expect(policy.agent(for: item).model == "opus")
    item.projectFields["Area"] = nil
    #expect(policy.agent(for: item).model == nil)
  }

  @Test func anotherKindBringsItsOwnSettings() {
    let policy = Self.policy([
      Self.rule(labels: ["deep"]) {
        $0.kind = "codex"
        $0.edit = { $0.maxTurns = 2 }
      },
      Self.rule(labels: ["odd"]) {
        $0.kind = "command"
        $0.command = "/opt/bin/gemini -p"
      },
    ])
    let deep = policy.agent(for: .sample(1) { $0.labels.append("deep") })
    #expect(deep.kind == "codex" && deep.model == "of codex" && deep.maxTurns == 2)
    #expect(deep.account == "codex")
    let both = policy.agent(for: .sample(1) { $0.labels += ["deep", "odd"] })
    #expect(both.kind == "command" && both.command == "/opt/bin/gemini -p")
    #expect(both.account == "command/gemini", "a program of its own is an account of its own")
    #expect(both.maxTurns == AgentPolicy().maxTurns, "what was said for codex is not said here")
    #expect(policy.agents.map(\.account) == ["claude_code", "codex", "command/gemini"])
  }

  @Test func theLaunchCarriesTheChoice() {
    var world = World(1..<3)
    world.policy.rules = [Self.rule(labels: ["big"]) { $0.edit = { $0.model = "opus" } }]
    world.issues[1].labels.append("big")
    let plan = world.tick()
    #expect(plan.launches.map(\.agent.model) == [nil, "opus"])
    #expect(world.run(2)?.model == "opus")
    #expect(world.run(2)?.agent == "claude_code")
  }
}
