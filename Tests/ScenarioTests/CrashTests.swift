// kill -9 of a worker, of its agent and of a tick at each named instruction: afterwards the world
// is quiet within five ticks, with one pull request, one comment and one run's work.
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite("crashes")
struct CrashTests {
  /// Waits to be let go, with a companion in a session of its own that would spoil the work.
  private static let patient = """
    setsid sh -c 'until [ -e "$SCENARIO_DIR/go" ]; do
      [ -d "$SCENARIO_DIR" ] || exit 9; sleep 0.05; done
      [ -e "$SCENARIO_DIR/spoil" ] && echo "$SYMPHONY_RUN" >>stray.txt' &
    wait_for go
    [ -e "$SCENARIO_DIR/spoil" ] || kill $!
    commit
    """

  @Test("a worker killed in the middle of its agent's turn")
  func worker() async throws {
    try await withStage { stage in
      try stage.direct(agent: Self.patient)
      stage.issue()
      try await stage.tick()
      try await eventually("its agent is at work") { stage.started.count == 1 }
      let old = try #require(stage.worker(on: 1))
      #expect(stage.marked(old.run).count >= 2)
      stage.kill(old.pid)
      try await stage.tickUntil("a second run is at work") { stage.started.count == 2 }
      // Whatever of the old run still lived would write to the workspace from here on.
      #expect(stage.marked(old.run) == [])
      #expect(stage.worker(on: 1).map { $0.run != old.run } == true)
      try stage.raise("go")
      try await stage.quietWithinFiveTicks { stage.isDelivered(1) }
      #expect(try await stage.code(1) == "handed_off")
      let work = stage.github.git.text(of: "work-1.txt", on: stage.branch(1))
      #expect(work == stage.started[1] + "\n")
      #expect(stage.github.git.text(of: "stray.txt", on: stage.branch(1)) == nil)
      #expect(try stage.github.git.subjects(of: stage.branch(1)).count == 2)
    }
  }

  @Test("an agent killed in the middle of its turn")
  func agent() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: """
          echo $$ >>"$SCENARIO_DIR/pids"
          [ "$(wc -l <"$SCENARIO_DIR/pids")" -gt 1 ] || wait_for never
          commit
          """)
      stage.issue()
      try await stage.tick()
      try await eventually("its agent is at work") { stage.lines(of: "pids").count == 1 }
      let pid = try #require(Int32(stage.lines(of: "pids")[0]))
      stage.kill(pid)
      try await stage.quietWithinFiveTicks { stage.isDelivered(1) }
      let item = try await stage.board().item(1)
      #expect(item.code == "handed_off" && item.runs == 2 && item.failures == 0)
      #expect(
        stage.github.git.text(of: "work-1.txt", on: stage.branch(1)) == stage.started[1] + "\n")
    }
  }

  @Test(
    "a tick killed at a named instruction",
    arguments: ["before_commit", "after_commit", "before_launch", "after_launch"])
  func tick(point: String) async throws {
    try await withStage { stage in
      try stage.direct(agent: "commit")
      stage.issue()
      let killed = try await stage.tick(environment: ["SYMPHONY_FAULT_POINT": point])
      #expect(killed.exit == .signalled(9))
      #expect(stage.github.pullRequests.isEmpty || point == "after_launch")
      try await stage.quietWithinFiveTicks { stage.isDelivered(1) }
      try await checkOnce(stage)
    }
  }

  @Test(
    "a tick killed around a delivery",
    arguments: ["before_delivery", "after_delivery", "before_delivery:2", "after_delivery:2"])
  func delivery(point: String) async throws {
    try await withStage { stage in
      try stage.direct(agent: "commit")
      stage.issue()
      // The worker inherits the variable, and so does the tick it becomes, which delivers.
      try await stage.tick(environment: ["SYMPHONY_FAULT_POINT": point])
      try await stage.idle()
      // A nudged tick may find the lock held, or more to look at: the next tick is the one that dies then.
      // A request that is no delivery, such as a query, says nothing: the pull request does.
      for _ in 0..<5 where point != "before_delivery" && stage.github.pullRequests.isEmpty {
        try await stage.tick(environment: ["SYMPHONY_FAULT_POINT": point])
        try await stage.idle()
      }
      #expect(stage.github.pullRequests.count == (point == "before_delivery" ? 0 : 1))
      #expect(stage.ourComments(1).count == (point == "after_delivery:2" ? 1 : 0))
      try await stage.quietWithinFiveTicks { stage.isDelivered(1) }
      try await checkOnce(stage)
    }
  }

  private func checkOnce(_ stage: Stage) async throws {
    for _ in 0..<2 { try await stage.tick() }
    #expect(stage.isDelivered(1) && stage.started.count == 1)
    #expect(try await stage.code(1) == "handed_off")
    #expect(try stage.github.git.subjects(of: stage.branch(1)).count == 2)
  }
}
