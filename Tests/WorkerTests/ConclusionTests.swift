// A turn whose end is on record and whose process says otherwise: it stays, or ends badly. The work
// that is there decides.
import SymphonyCore
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct ConclusionTests {
  private let commitScript = "echo x >> f; git add -A; git commit -qm work"

  @Test(arguments: [0, 1500] as [Int64])
  func aProcessThatStaysIsEndedAndItsTurnCounts(stall: Int64) throws {
    let yard = try WorkerYard()
    // Either the grace is over first, or the silence.
    yard.seams.conclusionGrace = stall == 0 ? 300 : 60_000
    let result = try yard.perform("\(commitScript); echo concluded; \(Way.forEver)") {
      $0.agent.stallTimeout = .milliseconds(stall)
    }
    #expect(result.outcome == .succeeded)
    #expect(result.turns == 1 && result.commitsAhead == 1)
    #expect(
      result.remarks == ["the agent's process stayed after its last word, and was ended"])
  }

  @Test func workDecidesAboutAnOddEnd() throws {
    let yard = try WorkerYard()
    let worked = try yard.perform("\(commitScript); echo odd; exit 1")
    #expect(worked.outcome == .succeeded)
    #expect(worked.remarks == ["it ended oddly"])
    #expect(worked.summary.hasSuffix("; it ended oddly"))
    let idle = try yard.perform("echo odd; exit 1")
    #expect(idle.outcome == .failed && idle.code == "agent_failed")
    #expect(idle.summary.contains("it ended oddly"))
  }

  @Test func aResumedSessionThatFailsIsNamed() throws {
    let yard = try WorkerYard()
    func resume(_ script: String) throws -> RunResult {
      try yard.perform(script) { $0.resume = SessionRef(id: "old") }
    }
    #expect(try resume("exit 1").resumedInVain)
    #expect(try !resume("echo ok").resumedInVain)
    #expect(try !yard.perform("exit 1").resumedInVain)
  }
}
