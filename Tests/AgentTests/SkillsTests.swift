// Skills an issue names: only harmless names are repeated, and each agent is asked in its own way.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct SkillsTests {
  private let server = MCPServer(
    name: "Docs", command: ["d"], url: nil, env: [:], headers: [:], onDemand: true)
  private let wish = "Use these skills for this issue where they are available: "

  @Test(arguments: AgentRegistry.all.map(\.kind))
  func onlyHarmlessSkillsAreRepeated(_ kind: String) {
    #expect(skillsNote([], kind: kind) == nil)
    #expect(skillsNote(["docs"], servers: [server], kind: kind) == nil)
    #expect(
      skillsNote(["`rm`", "a\nb", "$(id)", String(repeating: "x", count: 81)], kind: kind) == nil)
    let note = skillsNote(["docs", "ok", "no!"], servers: [server], kind: kind) ?? ""
    #expect(note.hasPrefix(wish) && note.contains("ok"))
    #expect(!note.contains("docs") && !note.contains("no!"))
    // A server that every turn gets is no skill either.
    var always = server
    always.onDemand = false
    #expect(skillsNote(["DOCS"], servers: [always], kind: kind) == nil)
  }

  @Test func eachAgentIsAskedInItsWay() {
    let names = ["code-review", "team:deploy", "release notes v1.2"]
    let list = "code-review, team:deploy, release notes v1.2."
    #expect(skillsNote(names, kind: "command") == wish + list)
    #expect(
      skillsNote(names, kind: "claude_code")
        == wish + list + " Load each with the Skill tool before you begin.")
    #expect(
      skillsNote(names, kind: "opencode")
        == wish + list + " Load each with the skill tool before you begin.")
    // A name that Codex could not read to its end stays a name.
    #expect(
      skillsNote(names, kind: "codex")
        == wish + "$code-review, $team:deploy, release notes v1.2.")
  }

  @Test func thereAreNotTooMany() {
    let names = (1...50).map { "s\($0)" }
    #expect(harmlessSkills(names, servers: []).count == 20)
  }
}
