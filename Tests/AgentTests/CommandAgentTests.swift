// The agent of kind `command`: a script for sh, its exit status, and its last words.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct CommandAgentTests {
  private let agent = CommandAgent()

  private func outcome(_ lines: [String], _ exit: Exit, _ errorTail: String = "")
    -> TurnOutcome
  {
    AgentWorld.replay(lines, exit, errorTail: errorTail, agent: agent).outcome
  }

  @Test func theScriptIsOneArgumentOfSh() throws {
    let script = "cat; echo \"$HOME\" 'x' && exit 3\nexit"
    let command = try agent.command(for: AgentWorld.turn(AgentWorld.policy { $0.command = script }))
    #expect(command == AgentCommand(arguments: ["sh", "-c", script]))
  }

  @Test func aMissingScriptIsAnError() {
    for script in [nil, "", " \n", "a\u{0}b"] as [String?] {
      let policy = AgentWorld.policy { $0.command = script }
      #expect(throws: AgentError.self) { try agent.command(for: AgentWorld.turn(policy)) }
    }
  }

  @Test func theExitStatusIsTheOutcome() {
    #expect(outcome([], .exited(0)).kind == .succeeded)
    #expect(outcome([], .exited(1)).kind == .failed(code: "agent_failed"))
    #expect(outcome([], .exited(127)).kind == .failed(code: "agent_failed"))
    #expect(outcome([], .exited(143)).kind == .failed(code: "agent_killed"))
    #expect(outcome([], .signalled(9)).kind == .failed(code: "agent_killed"))
  }

  @Test func theLastLinesAreTheMessage() {
    let lines = ["one\r", "", "  ", "SYMPHONY: blocked: no access", ""]
    let ended = outcome(lines, .exited(0), "noise")
    #expect(ended.message == "one\nSYMPHONY: blocked: no access")
    #expect(ended.session == nil)
    #expect(ended.usage == Usage())
    let many = (1...1000).map { "line \($0) " + String(repeating: "é", count: 300) }
    let message = outcome(many + ["SYMPHONY: continue"], .exited(0)).message
    #expect(message.count == 4000)
    #expect(message.hasSuffix("é\nSYMPHONY: continue"))
  }

  @Test func aFailureIsToldInTheWordsOfStderr() {
    #expect(
      outcome(["said"], .exited(2), " boom \n").message
        == "the command ended with exit status 2: boom")
    #expect(
      outcome(["said"], .exited(2)).message == "the command ended with exit status 2: said")
    #expect(outcome([], .signalled(6)).message == "the command ended with signal 6")
  }

  @Test func linesAreActivity() {
    let lines = ["hello \u{1B}[31m  you", "", String(repeating: "x", count: 100)]
    #expect(
      AgentWorld.replay(lines, .exited(0), agent: agent).activities
        == ["hello [31m you", String(repeating: "x", count: 79) + "…"])
  }
}
