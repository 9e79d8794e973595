// Which turn follows which, and what a run makes of the agent's own words about its end.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct TurnLoopTests {
  @Test func twoTurnsThatChangeNothingEndTheRunWhateverTheAgentSays() throws {
    let yard = try WorkerYard()
    let idle = try yard.perform("echo SYMPHONY: continue") { $0.agent.maxTurns = 9 }
    #expect(idle.outcome == .succeeded)
    #expect(idle.turns == 2)
    #expect(!idle.wantsContinuation)
    #expect(idle.summary.contains("the last 2 changed nothing"))
    let between = try yard.perform(
      "test $TURN = 1 -o $TURN = 3 || echo $TURN >> untracked; echo SYMPHONY: continue"
    ) { $0.agent.maxTurns = 6 }
    #expect(between.turns == 6)
    // After commits too: what is there is delivered.
    let done = try yard.perform(
      "test $TURN -gt 1 || { \(commitScript); }; echo SYMPHONY: continue"
    ) { $0.agent.maxTurns = 9 }
    #expect(done.turns == 3)
    #expect(done.isUnfinished && !done.wantsContinuation, "it never said that it is done")
    #expect(done.push == .pushed(head: try yard.remoteTip()))
  }

  @Test func aTurnCutShortIsGoneOnWith() throws {
    let yard = try WorkerYard()
    let result = try yard.perform("\(commitScript); test $TURN = 2 || { echo cut short; exit 1; }")
    #expect(result.outcome == .succeeded)
    #expect(result.turns == 2)
    #expect(result.commitsAhead == 2)
    #expect(!result.isUnfinished, "its last word is a good end")
    let last = try yard.perform("\(commitScript); echo cut short; exit 1") { $0.agent.maxTurns = 1 }
    #expect(last.outcome == .succeeded)
    #expect(last.wantsContinuation && last.isUnfinished)
  }

  @Test func anAgentThatIsBlockedEndsTheRun() throws {
    let yard = try WorkerYard()
    let result = try yard.perform("\(commitScript); echo I need a key; echo more; echo blocked")
    #expect(result.outcome == .blocked)
    #expect(result.code == "agent_blocked")
    #expect(result.summary == "I need a key")
    #expect(result.message == "I need a key\nmore\nblocked")
    #expect(result.turns == 1)
    #expect(result.push == .pushed(head: try yard.remoteTip()))
  }

  @Test func whatWasDeniedIsNamedOnce() throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      "for t in A B A C D; do echo denied $t; done; echo $TURN >> f; echo SYMPHONY: continue"
    ) { $0.agent.maxTurns = 2 }
    #expect(result.denied == ["A", "B", "C", "D"])
    #expect(result.summary.contains("the agent was denied A, B, C and more"))
    yard.stopClock()
    let cut = try yard.perform("echo denied E; \(Way.seconds)") {
      $0.agent.turnTimeout = .milliseconds(900)
    }
    #expect(cut.denied == ["E"])
    let none = try yard.perform(commitScript)
    #expect(none.denied == [])
    #expect(!none.summary.contains("denied"))
  }

  @Test func commitsOfAGoodTurnSurviveTheNextOnesTrouble() throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      "test $TURN = 1 || { echo overloaded; exit 1; }; \(commitScript); echo SYMPHONY: continue")
    #expect(result.outcome == .failed)
    #expect(result.code == "agent_api_unavailable")
    #expect(result.failure == .transient)
    #expect(result.turns == 2)
    #expect(result.commitsAhead == 1)
    #expect(result.push == .pushed(head: try yard.remoteTip()))
  }

  @Test func anAgentThatKeepsNoSessionIsToldTheIssueEveryTurn() throws {
    let yard = try WorkerYard()
    let script = """
      echo "[$RESUME/$NEW]" >> $YARD/ids; cat >> $YARD/prompts; echo session s$TURN
      test $TURN = 1 || { \(commitScript); }
      """
    let without = try yard.perform(script) {
      $0.agent.resumesSessions = false
      $0.resume = SessionRef(id: "old")
    }
    #expect(without.turns == 2)
    let ids = yard.text("ids").split(separator: "\n")
    #expect(ids.first == "[/new-session]")
    #expect(ids.last?.hasPrefix("[/") == true)
    #expect(ids.last != ids.first)
    #expect(yard.text("prompts").hasPrefix("Do it turn 1Do it turn 2\n\nGo on with the issue"))
    try yard.shell("rm ids prompts")
    _ = try yard.perform(script)
    #expect(yard.text("ids") == "[/new-session]\n[s1/new-session]\n")
    #expect(yard.text("prompts").hasPrefix("Do it turn 1Go on with the issue"))
  }

  @Test func aSessionThatIsGoneIsNotNamedAgain() throws {
    let yard = try WorkerYard()
    let progress = yard.path("state/runs/*/progress.json")
    let result = try yard.perform(
      """
      grep -o '"session":.*"old"' \(progress) >> $YARD/named
      test -n "$RESUME" && { echo gone; exit 1; }; echo second >> $YARD/named; exit 4
      """
    ) { $0.resume = SessionRef(id: "old") }
    #expect(result.code == "agent_failed")
    #expect(yard.text("named") == "second\n")
  }

  @Test func sessionsThatDoNotLastAreNotAskedForAgainAndAgain() throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      """
      echo "[$RESUME]" >> $YARD/ids; cat >> $YARD/prompts
      test -n "$RESUME" && { echo gone; exit 1; }
      echo session s$TURN; echo $TURN >> f; echo SYMPHONY: continue
      """
    ) { $0.resume = SessionRef(id: "old") }
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.turns == 3)
    #expect(yard.text("ids") == "[old]\n[]\n[s1]\n[]\n[]\n")
    #expect(yard.text("prompts").contains("Do it turn 3\n\nGo on"))
  }

  @Test func ownWordsContinueARun() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(
      "cat >> $YARD/prompts; echo session s1; echo $TURN >> f; echo SYMPHONY: continue"
    ) {
      $0.agent.maxTurns = 2
      $0.agent.continuationPrompt = TemplateSource(text: "More!", line: 3)
    }
    #expect(yard.text("prompts") == "Do it turn 1More! turn 2")
  }

  @Test func nothingElseStartsWhenTheAgentIsMissing() throws {
    let yard = try WorkerYard()
    let result = try yard.perform("touch $YARD/ran") {
      $0.agent.environment.set["PATH"] = "/nowhere"
    }
    #expect(result.code == "agent_missing")
    #expect(!Files.exists(yard.path("ran")))
  }
}
