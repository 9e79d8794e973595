// GitHub in trouble: answers lost after the write was done, old answers, no answers. Nothing is
// done twice, nothing is stopped, and the world recovers by itself.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite("trouble with GitHub")
struct TroubleTests {
  @Test("the answer to a write is lost", arguments: ["/pulls$", "/comments$"])
  func lostAnswer(path: String) async throws {
    try await withStage { stage in
      try stage.direct(agent: "commit")
      stage.issue()
      let fault = stage.github.add(Fault(.reset, method: "POST", path: path, after: true))
      try await stage.tickUntil("the write is tried") { stage.github.timesFired(fault) == 1 }
      #expect(stage.github.pullRequests.count == 1)
      #expect(stage.ourComments(1).count == (path == "/pulls$" ? 0 : 1))
      try await stage.tickUntil("the write is found") {
        let told = try await stage.run(["status", "-v"]).output
        return stage.isDelivered(1) && !told.contains("owed")
      }
      for _ in 0..<2 { try await stage.tick() }
      #expect(stage.isDelivered(1) && stage.started.count == 1)
      #expect(try await stage.code(1) == "handed_off")
    }
  }

  @Test("a list that is old, broken or never comes", arguments: ["stale", "html", "hang", "torn"])
  func listInTrouble(kind: String) async throws {
    try await withStage { stage in
      try stage.direct(
        agent: "wait_for go; commit", github: ["request_timeout_ms": "700"])
      stage.issue()
      try await stage.tick()
      try await eventually("the first agent is at work") { stage.started.count == 1 }
      let worker = try #require(stage.worker(on: 1))
      // So that the list is known and can be asked for conditionally.
      try await stage.tick()
      stage.issue("Second")
      let kinds: [String: Fault.Kind] = [
        "stale": .stale304, "html": .html502, "hang": .hang(), "torn": .truncated,
      ]
      let fault = try #require(kinds[kind])
      let rule = stage.github.add(Fault(fault, path: "/issues\\?", times: 2))
      for _ in 0..<2 {
        let told = try await stage.tick()
        #expect(told.exit == .exited(kind == "stale" ? 0 : 69), "\(told.errorOutput)")
        if kind != "stale" { #expect(told.errorOutput.contains("symphony: error: ")) }
        #expect(stage.workers == [worker])
      }
      #expect(stage.github.timesFired(rule) == 2)
      #expect(try await stage.code(1) == "running")
      stage.github.releaseHeld()
      try await stage.tick()
      try await eventually("the second agent is at work") { stage.started.count == 2 }
      #expect(stage.workers.contains(worker))
      try stage.raise("go")
      try await stage.tickUntil("both deliveries") {
        stage.isDelivered(1) && stage.isDelivered(2)
      }
      #expect(stage.started.count == 2)
    }
  }

  @Test("a server that hangs takes its share of the tick, and stops are carried out all the same")
  func hanging() async throws {
    try await withStage { stage in
      try stage.direct(agent: "wait_for never", extra: "tick:\n  deadline_ms: 4000\n")
      stage.issue()
      try await stage.tick()
      try await eventually("its agent is at work") { stage.started.count == 1 }
      stage.github.add(Fault(.hang(), path: "/repos/", times: Fault.always))
      _ = try await stage.run(["stop", "1"])
      let told = try await stage.tick()
      #expect(told.exit == .exited(69), "\(told.errorOutput)")
      try await eventually("the worker has ended") { stage.workers.isEmpty }
      _ = try await stage.tick()
      #expect(try await stage.code(1) == "stopped_by_operator")
      stage.github.releaseHeld()
    }
  }

  @Test("a wrong token: 69, and the running worker lives on")
  func revoked() async throws {
    try await withStage { stage in
      try stage.direct(agent: "wait_for go; commit")
      stage.issue()
      try await stage.tick()
      try await eventually("its agent is at work") { stage.started.count == 1 }
      stage.github.revokeToken()
      let told = try await stage.tick()
      #expect(told.exit == .exited(69) && !told.errorOutput.contains(stage.github.token))
      #expect(stage.workers.count == 1)
      stage.github.addToken(stage.github.token, login: "symphony-bot")
      try stage.raise("go")
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      #expect(stage.started.count == 1)
    }
  }

  @Test("a remote that never answers keeps its worker waiting, not the tick")
  func silentRemote() async throws {
    try await withStage { stage in
      try stage.direct(agent: "commit")
      stage.issue()
      let rule = stage.github.add(
        Fault(.hang(), path: "/info/refs|/git-upload-pack", times: Fault.always))
      #expect(try await stage.tick().exit == .exited(0))
      try await eventually("git waits for the remote") { stage.github.heldCount == 1 }
      let told = try await stage.tick()
      #expect(told.exit == .exited(0))
      let item = try await stage.board().item(1)
      #expect(item.code == "running" && item.phase == .preparing, "\(item)")
      #expect(stage.started == [] && stage.workers.count == 1)
      stage.github.removeFault(rule)
      stage.github.releaseHeld()
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      #expect(stage.started.count == 1)
    }
  }
}
