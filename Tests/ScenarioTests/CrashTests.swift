// kill -9 of a worker and of its agent in the middle of a turn: afterwards the world is quiet within
// five ticks, with one pull request, one comment and one run's work. Kills at deeds, of ticks and
// workers, are CrashEverywhereTests'.
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
}
