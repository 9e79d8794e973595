// An agent's account at its usage limit, with real ticks, workers and kills: nothing starts before
// the reset, exactly one run probes after it, and no attempt is spent, also when ticks are killed
// and the machine goes down in between. Time is moved in the database, not waited for.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@testable import SymphonyStore

@Suite("an agent at its limit")
struct AgentLimitTests {
  /// The third run to start meets the limit, in a file's words; the others wait for the test.
  private static let agent = """
    case $(wc -l <"$SCENARIO_DIR/started") in
    1 | 2) wait_for go ;;
    3)
      printf '{"type":"session","id":"s-3"}\\n'
      printf '{"type":"result","status":"limited","message":"out of credit","resets_at":"%s"}\\n' \
        "$(cat "$SCENARIO_DIR/reset")"
      exit 1 ;;
    4) wait_for probe ;;
    5) [ -e "$SCENARIO_DIR/killed" ] && wait_for again ;;
    esac
    commit
    """

  /// One SQL statement on the stage's database, as a clock that moves would have it.
  private func edit(_ stage: Stage, _ sql: String) throws {
    let now = Timestamp(milliseconds: Clock.wallMilliseconds())
    let store = try SQLiteStore.open(directory: stage.state, mode: .command, now: now)
    defer { store.close() }
    try store.execute(sql)
  }

  private func setUp(_ stage: Stage) async throws {
    let reset = Timestamp(milliseconds: Clock.wallMilliseconds()) + .hours(2)
    try stage.directory.write("reset", reset.rfc3339)
    try stage.direct(agent: Self.agent, settings: ["max_concurrent": "3"])
    for number in 1...20 { stage.issue("Number \(number)") }
    try await stage.tick()
    try await stage.tickUntil("the limit is known") {
      try await stage.run(["status", "--json"]).output.contains("out of credit")
    }
    try stage.raise("go")
    try await stage.idle()
  }

  @Test("twenty issues, the limit at the third", arguments: [false, true])
  func twenty(restarts: Bool) async throws {
    try await withStage { stage in
      try await setUp(stage)
      // Ticks die at deed after deed; the machine may have been restarted as well.
      for number in 1...4 {
        let faults = try Faults(in: stage.directory, "faults-\(number)")
        try faults.order(.tick, "*", number, .kill)
        try await stage.tick(environment: faults.environment)
      }
      for _ in 0..<3 { try await stage.tick() }
      try await stage.idle()
      #expect(stage.started.count == 3, "nothing starts before the reset")
      #expect(try await stage.code(20) == "held")

      try edit(
        stage, "UPDATE hold SET until_set_at = until_set_at - 7200000 WHERE kind = 'agent'")
      try await stage.tick()
      try await eventually("the probe is at work") { stage.started.count == 4 }
      for _ in 0..<3 { try await stage.tick() }
      #expect(stage.workers.count == 1 && stage.started.count == 4, "exactly one probe")

      if restarts {
        try stage.raise("killed")
        let probe = try #require(stage.workers.first)
        stage.kill(probe.pid)
        for pid in stage.marked(probe.run) { stage.kill(pid) }
        try await stage.idle()
        try edit(
          stage, "UPDATE run SET era = 'the boot before' WHERE phase <> 'settled'")
        try await stage.tickUntil("one probe again") { stage.started.count == 5 }
        for _ in 0..<3 { try await stage.tick() }
        #expect(stage.workers.count == 1 && stage.started.count == 5)
        try stage.raise("again")
      }
      let held = try await stage.board().items
      #expect(held.count == 20 && held.allSatisfy { $0.failures == 0 }, "no attempt is spent")
      try stage.raise("probe")
      try await stage.tickUntil("all are delivered", seconds: 120) {
        (1...20).allSatisfy { stage.isDelivered($0) }
      }
      #expect(try await !stage.run(["status", "--json"]).output.contains("out of credit"))
    }
  }

  @Test("somebody has to log in: dispatch stops, status says so, resume goes on")
  func login() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: """
          if [ ! -e "$SCENARIO_DIR/key" ]; then
            printf '{"type":"result","status":"failed","class":"operator",'
            printf '"message":"Not logged in: run agent login"}\\n'
            exit 1
          fi
          commit
          """, settings: ["max_concurrent": "1"])
      for number in 1...3 { stage.issue("Number \(number)") }
      try await stage.tick()
      try await stage.tickUntil("the hold") {
        try await stage.code(2) == "agent_unavailable"
      }
      try await stage.idle()
      let held = try await stage.tick()
      #expect(held.exit == .exited(1), "a timer's log shows that something is wrong")
      #expect(stage.started.count == 1)
      let told = try await stage.run(["status", "-v"]).output
      #expect(told.contains("Not logged in: run agent login") && told.contains("symphony resume"))
      let items = try await stage.board().items
      #expect(items.allSatisfy { $0.failures == 0 })
      try stage.raise("key")
      let resumed = try await stage.run(["resume"])
      #expect(resumed.output == "command is tried again\n")
      try await stage.tickUntil("all are delivered") {
        (1...3).allSatisfy { stage.isDelivered($0) }
      }
    }
  }
}
