// What people do from the command line while workers live, and a WORKFLOW.md that breaks.
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite("operators")
struct OperatorTests {
  @Test("pause starts nothing new and stops nothing; resume goes on")
  func pause() async throws {
    try await withStage { stage in
      try stage.direct(agent: "wait_for go; commit")
      stage.issue()
      try await stage.tick()
      try await eventually("its agent is at work") { stage.started.count == 1 }
      #expect(try await stage.run(["pause", "--why", "lunch"]).exit == .exited(0))
      stage.issue("Second")
      try await stage.tick()
      #expect(try await stage.code(2) == "paused")
      #expect(stage.workers.count == 1)
      #expect(try await stage.run(["status", "-v"]).output.contains("lunch"))
      try stage.raise("go")
      try await stage.tickUntil("the first delivery") { stage.isDelivered(1) }
      #expect(stage.started.count == 1)
      #expect(try await stage.run(["resume"]).exit == .exited(0))
      try await stage.tickUntil("the second delivery") { stage.isDelivered(2) }
    }
  }

  @Test("stop ends one run and parks it; retry lets it run again")
  func stop() async throws {
    try await withStage { stage in
      try stage.direct(agent: "wait_for go; commit")
      for title in ["One", "Two"] { stage.issue(title) }
      try await stage.tick()
      try await eventually("both agents are at work") { stage.started.count == 2 }
      let run = try #require(stage.worker(on: 1)?.run)
      #expect(try await stage.run(["stop", "1", "--why", "wrong idea"]).exit == .exited(0))
      try await stage.tickUntil("it is parked") {
        try await stage.code(1) == "stopped_by_operator"
      }
      #expect(stage.marked(run) == [] && stage.worker(on: 2) != nil)
      let item = try await stage.board().item(1)
      #expect(item.sentence.contains("wrong idea") && item.failures == 0)
      try await stage.tick()
      #expect(stage.worker(on: 1) == nil)
      try stage.raise("go")
      #expect(try await stage.run(["retry", "acme/app#1"]).exit == .exited(0))
      try await stage.tickUntil("both deliveries") {
        stage.isDelivered(1) && stage.isDelivered(2)
      }
      #expect(stage.started.count == 3)
    }
  }

  @Test("stop --all ends every run and starts none")
  func stopAll() async throws {
    try await withStage { stage in
      try stage.direct(agent: "wait_for go; commit")
      for title in ["One", "Two", "Three"] { stage.issue(title) }
      try await stage.tick()
      try await eventually("all agents are at work") { stage.started.count == 3 }
      #expect(try await stage.run(["stop", "--all"]).exit == .exited(0))
      try await stage.tickUntil("all are parked") {
        try await stage.board().items.allSatisfy { $0.code == "stopped_by_operator" }
      }
      try await stage.idle()
      #expect(stage.heldLeases == [] && stage.started.count == 3)
      stage.issue("Four")
      try await stage.tick()
      #expect(try await stage.code(4) == "paused")
      #expect(stage.workers == [])
    }
  }

  @Test("an agent may not change the state it lives in")
  func inside() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: """
          "$SYMPHONY_BINARY" tick >>"$SCENARIO_DIR/told" 2>&1
          echo "exit $?" >>"$SCENARIO_DIR/told"
          commit
          """)
      stage.issue()
      let binary = try SymphonyBinary.path
      try await stage.tick(environment: ["SYMPHONY_BINARY": binary])
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      #expect(stage.lines(of: "told").last == "exit 64")
    }
  }

  @Test("tick --wait ends by itself once everything is handed off")
  func wait() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: """
          [ "$(grep -c "^${SYMPHONY_RUN%-*}" "$SCENARIO_DIR/started")" -gt 1 ] || exit 1
          commit
          """, settings: ["max_concurrent": "1"])
      for title in ["One", "Two"] { stage.issue(title) }
      let ended = try await stage.tick("--wait", "--timeout", "50")
      #expect(ended.exit == .exited(0), "\(ended.errorOutput)")
      #expect(stage.isDelivered(1) && stage.isDelivered(2))
      #expect(stage.started.count == 4 && stage.workers == [])
    }
  }

  @Test("tick --wait told to end ends its workers, and no attempt is spent")
  func waitTerminated() async throws {
    try await withStage { stage in
      try stage.direct(agent: "wait_for go; commit")
      for title in ["One", "Two"] { stage.issue(title) }
      let program = try SymphonyBinary.path
      var request = SpawnRequest(
        arguments: [program, "tick", "--wait"],
        environment: stage.environment.merging(["PATH": "/usr/local/bin:/usr/bin:/bin"]) { $1 },
        directory: stage.project)
      request.output = stage.directory.file("wait.log")
      let pid = try Spawn.start(request)
      try await eventually("both agents are at work") { stage.started.count == 2 }
      Processes.signalChild(pid, Signals.terminate)
      var exit: ChildExit?
      try await eventually("it ends") {
        exit = Spawn.reap(pid)
        return exit != nil
      }
      #expect(exit == .exited(1))
      #expect(stage.descendants == [] && stage.heldLeases == [])
      let board = try await stage.board()
      for item in board.items {
        #expect(item.claim == "retrying" && item.failures == 0 && item.run == nil, "\(item)")
      }
      try stage.raise("go")
      try await stage.tickUntil("both deliveries") {
        stage.isDelivered(1) && stage.isDelivered(2)
      }
      #expect(stage.started.count == 4)
    }
  }

  @Test("a WORKFLOW.md that breaks stops dispatch, not what is under way")
  func brokenWorkflow() async throws {
    try await withStage { stage in
      try stage.direct(agent: "wait_for go; commit")
      stage.issue()
      try await stage.tick()
      try await eventually("its agent is at work") { stage.started.count == 1 }
      let file = Files.join(stage.project, "WORKFLOW.md")
      let good = try Files.readText(file, limit: 1 << 20)
      let broken = good.replacing("  max_concurrent: 10", with: "  max_concurrent: lots")
      try Files.writeAtomically(file, broken, durable: false)
      stage.issue("Second")
      let told = try await stage.tick()
      #expect(told.exit == .exited(78) && told.errorOutput.contains("WORKFLOW.md:"))
      #expect(told.errorOutput.contains("max_concurrent"))
      #expect(stage.workers.count == 1)
      #expect(try await stage.code(2) == "policy_invalid")
      try stage.raise("go")
      try await stage.idle()
      try await stage.tick()
      try await stage.idle()
      #expect(stage.isDelivered(1) && stage.started.count == 1)
      #expect(try await stage.code(1) == "handed_off")
      try Files.writeAtomically(file, good, durable: false)
      try await stage.tickUntil("the second delivery") { stage.isDelivered(2) }
    }
  }
}
