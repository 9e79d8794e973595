// What a run leaves beside its outcome: a session that fails whoever resumes it, trouble that does not
// pass, and what did not work in a run that ended well.
import SymphonyCore
import Testing

@Suite struct RunRemarkTests {
  /// A damaged session fails whoever resumes it; trouble of the provider's between says nothing.
  @Test func twoFailuresInARowOnAResumedSessionBeginAFreshOne() {
    var world = AgentHoldTests.world(1)
    let session = SessionRef(id: "s")
    func fail(_ failure: Failure, inVain: Bool = true) -> SessionRef? {
      while world.tick().launched.isEmpty { world.now = world.now + .minutes(10) }
      world.finish(1, .failed) {
        $0.fail(failure)
        $0.session = session
        $0.resumedInVain = inVain
      }
      world.tick()
      return world.record(1)?.session?.session
    }
    #expect(fail(.agent, inVain: false) == session)
    #expect(fail(.agent) == session)
    #expect(fail(.transient) == session)
    #expect(fail(.agent) == nil)
    #expect(fail(.agent) == session, "the count begins anew with the new session")
    #expect(fail(.agent, inVain: false) == session)
    #expect(fail(.agent) == session, "not in a row")
  }

  @Test func troubleThatDoesNotPassAsksForAPerson() {
    var world = AgentHoldTests.world(1)
    for time in 1...8 {
      while world.tick().launched.isEmpty { world.now = world.now + .minutes(10) }
      world.finish(1, .failed) { $0.fail(.transient) }
      let plan = world.tick()
      let asks = world.reason(plan, 1)?.sentence.contains("a person should look") == true
      #expect(asks == (time >= 7), "\(time)")
    }
  }

  @Test func whatDidNotWorkIsToldWithTheHandOff() {
    var world = AgentHoldTests.world(1)
    world.tick()
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.turns = 1
      $0.push = .pushed(head: "abc")
      $0.denied = ["mcp tools.write"]
      $0.remarks = ["the MCP server x @all did not start"]
    }
    world.tick()
    let order = world.state.outbox.compactMap { entry -> PullRequestOrder? in
      if case .ensurePullRequest(let order) = entry.payload { order } else { nil }
    }.first
    #expect(order?.body.contains("- denied: mcp tools.write") == true)
    #expect(order?.body.contains("x @all") == false, "an agent's words do nothing")
    if case .handedOff(let handoff)? = world.record(1)?.claim {
      #expect(handoff.remark == "denied: mcp tools.write (and 1 more)")
    } else {
      Issue.record("not handed off")
    }
  }
}
