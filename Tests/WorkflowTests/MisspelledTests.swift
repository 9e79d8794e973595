// Names that no setting has. One that was meant for a setting is a mistake: its setting would have
// its default in silence, a limit or a filter among them. Others are the user's own.
import SymphonyCore
import Testing

@testable import SymphonyWorkflow

@Suite struct MisspelledTests {
  /// The yaml begins on line 2 of the file.
  @Test(arguments: [
    ("trakcer:\n  kind: github", "2:1", "tracker"), ("agnet: {kind: codex}", "2:1", "agent"),
    ("Agent:\n  kind: codex", "2:1", "agent"), ("agents: {max_turns: 1}", "2:1", "agent"),
    ("pull-request: {draft: true}", "2:1", "pull_request"), ("opncode: {}", "2:1", "opencode"),
    ("pullRequests: {draft: true}", "2:1", "pull_request"), ("hook: {}", "2:1", "hooks"),
    ("claude_code: {max_turns: 3}", "2:1", "claude"), ("gti: {}", "2:1", "git"),
    ("\"ag\u{200B}ent\": {}", "2:1", "agent"), ("\u{430}gent: {}", "2:1", "agent"),
    ("agent:\n  max_cost_usd_per_dya: 5", "3:3", "agent.max_cost_usd_per_day"),
    ("agent:\n  maxCostUsdPerDay: 5", "3:3", "agent.max_cost_usd_per_day"),
    ("agent:\n  snadbox: bubblewrap", "3:3", "agent.sandbox"),
    ("agent:\n  permission-mode: plan", "3:3", "agent.permission_mode"),
    ("agent:\n  env: {removed: [A]}", "3:9", "agent.env.remove"),
    ("git:\n  base_brnach: main", "3:3", "git.base_branch"),
    ("tracker:\n  label: a", "3:3", "tracker.labels"),
    ("tracker:\n  exclude_label: a", "3:3", "tracker.exclude_labels"),
    // Where they do not belong.
    ("max_cost_usd_per_day: 5", "2:1", "agent.max_cost_usd_per_day"),
    ("codex:\n  max_turns: 5", "3:3", "agent.max_turns"),
    ("agent:\n  allowed_tools: [Read]", "3:3", "claude.allowed_tools"),
    ("tracker.labels: [a]", "2:1", "tracker.labels"),
  ])
  func whatWasMeantForASettingIsAMistake(_ yaml: String, _ place: String, _ meant: String) throws {
    let found = settings(yaml)
    #expect(found.policy == nil)
    #expect(found.shown == ["error unknown_key \(place)"], "\(found.diagnostics)")
    let words = try #require(found.errors.first)
    #expect(words.message.contains("; `\(meant)` seems to be meant"), "\(words)")
  }

  @Test(arguments: [
    "gitlab: {url: x}", "ticket: {max_attempts: 3}", "cloud: {}", "notes: text", "ci: {x: 1}",
    "build: [a]", "agent:\n  owner_team: x", "git:\n  my_own: 1", "claude:\n  note: x",
    "team: {agent: x}", "labels: [a]", "\"\": 1",
  ])
  func aNameOfOnesOwnIsOnlyARemark(_ yaml: String) {
    let found = settings(yaml)
    #expect(found.policy != nil, "\(found.diagnostics)")
    #expect(found.diagnostics.map(\.code) == ["unknown_key"], "\(found.diagnostics)")
    #expect(found.diagnostics.allSatisfy { $0.severity == .warning })
  }

  /// Everything that narrows what is worked on is below `tracker`.
  @Test func nothingUnknownIsPassedOverBelowTheTracker() throws {
    let found = settings("tracker:\n  filter: [a]")
    #expect(found.shown == ["error unknown_key 3:3"])
    #expect(found.errors.first?.message == "unknown key `tracker.filter`")
    #expect(found.errors.first?.hint == "take it out; `symphony doctor` lists the keys there are")
  }

  @Test func theMessageSaysWhereToWriteIt() throws {
    let near = try #require(settings("trakcer:\n  kind: github").errors.first)
    #expect(
      near.description == "/project/WORKFLOW.md:2:1: unknown key `trakcer`; `tracker` seems to be "
        + "meant, and would be left at its default")
    let right = "or give a key of your own a name that is less like it"
    #expect(near.hint == "write `tracker`, \(right)")
    for yaml in ["max_turns: 3", "codex: {max_turns: 3}", "agent.max_turns: 3"] {
      let elsewhere = try #require(settings(yaml).errors.first)
      #expect(
        elsewhere.hint == "write `agent:` and under it, indented, `max_turns:`, \(right)")
    }
  }

  @Test func boundsAreSettings() {
    for name in Schema.bounds {
      #expect(Schema.index[name] != nil, "\(name)")
    }
  }

  /// No setting's own name may be refused as another one's misspelling.
  @Test func everySpellingIsItself() {
    for spelling in Schema.index.keys {
      let parts = spelling.split(separator: ".").map(String.init)
      #expect(NearestName.slip(parts[1], among: Schema.keys(of: parts[0])) == parts[1])
    }
  }
}
