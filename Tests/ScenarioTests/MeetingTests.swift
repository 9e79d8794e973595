// Processes that meet: ticks started together, workers that end together.
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@Suite("meetings")
struct MeetingTests {
  @Test("two ticks at the same instant, twenty times: never two workers on one item")
  func twoTicks() async throws {
    try await withStage { stage in
      try stage.direct(agent: "wait_for go; commit", settings: ["max_concurrent": "100"])
      for round in 1...20 {
        stage.issue("Round \(round)")
        async let one = stage.tick()
        async let other = stage.tick()
        let exits = try await [one.exit, other.exit]
        #expect(exits == [.exited(0), .exited(0)])
        let alive = stage.workers
        #expect(Set(alive.map(\.item)).count == alive.count, "round \(round): \(alive)")
      }
      try await stage.tickUntil("every agent is at work") { stage.started.count >= 20 }
      #expect(stage.workers.count == 20)
      #expect(Set(stage.started).count == 20 && stage.started.allSatisfy { $0.hasSuffix("-r1") })
    }
  }

  @Test("the tick that comes second leaves at once, and says why")
  func loser() async throws {
    try await withStage { stage in
      try stage.direct(agent: "commit")
      try await stage.tick()
      stage.issue()
      stage.github.add(Fault(.hang(), path: "/issues\\?"))
      async let first = stage.tick()
      try await eventually("the first tick waits for GitHub") { stage.github.heldCount == 1 }
      let second = try await stage.tick()
      let third = try await stage.tick("--fail-if-locked")
      #expect(stage.github.heldCount == 1)
      #expect(second.exit == .exited(0) && third.exit == .exited(75))
      #expect(second.errorOutput.contains("another tick is running"))
      #expect(third.errorOutput.contains("another tick is running"))
      stage.github.releaseHeld()
      #expect(try await first.exit == .exited(0))
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      #expect(stage.started.count == 1)
    }
  }

  @Test("ten workers that end together cause a few polls, not a storm")
  func noStorm() async throws {
    try await withStage { stage in
      try stage.direct(agent: "wait_for go; commit")
      for number in 1...10 { stage.issue("Issue \(number)") }
      try await stage.tick()
      try await eventually("ten agents are at work") { stage.started.count == 10 }
      stage.github.clearRequestLog()
      let begin = Clock.monotonicMilliseconds()
      try stage.raise("go")
      try await stage.idle()
      let fives = Int((Clock.monotonicMilliseconds() - begin) / 5000)
      let polls = stage.github.requestLog.filter { $0.path.contains("/issues?") }.count
      #expect(polls <= 1 + fives, "\(polls) polls in \(fives) x 5 s")
      try await stage.quietWithinFiveTicks { (1...10).allSatisfy(stage.isDelivered) }
      #expect(stage.started.count == 10)
    }
  }
}
