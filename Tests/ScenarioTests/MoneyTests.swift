// Money with real workers: what an agent reports is counted and shown, a run that passes its budget
// is ended and says so, an item over its limit is parked, a day over its limit starts nothing.
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite("money")
struct MoneyTests {
  /// One usage line as a program of one's own writes it.
  private static func usage(_ tokens: Int, _ dollars: String, model: String = "small") -> String {
    #"printf '{"type":"usage","input_tokens":\#(tokens),"output_tokens":0,"#
      + #""cost_usd":\#(dollars),"model":"\#(model)"}\n'"#
  }

  @Test("per turn, run, item, day, agent and model, in status and in the pull request")
  func counted() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: """
          \(Self.usage(100, "0.25"))
          \(Self.usage(50, "0.05", model: "tiny"))
          [ "$SYMPHONY_TURN" = 1 ] && echo nothing yet >note.txt && exit 0
          commit
          """)
      stage.issue()
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      let seen = try await stage.board()
      let item = try #require(seen.items.first)
      #expect(item.tokens == 300 && abs(item.costUSD - 0.6) < 1e-9)
      let turns = try #require(item.lastRun?.turns)
      #expect(turns.map(\.turn) == [1, 1, 2, 2])
      #expect(turns.map(\.model) == ["small", "tiny", "small", "tiny"])
      #expect(turns.map(\.costUSD) == [0.25, 0.05, 0.25, 0.05])
      #expect(seen.usageToday.map(\.model) == ["small", "tiny"])
      #expect(seen.usageToday.map(\.agent) == ["command", "command"])
      #expect(seen.usageToday.map(\.tokens) == [200, 100])
      let body = try #require(stage.pullRequests(of: 1).first?.body)
      #expect(body.contains("2 turns · 1 run · 300 tokens · $0.60"))
      let told = try await stage.run(["status", "-v"]).output
      #expect(told.contains("today     command small: 200 tokens, $0.50"))
      #expect(told.contains("300 tokens, $0.60 so far"))
    }
  }

  @Test("a run that passes its budget is ended, keeps its commits, and says so")
  func ended() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: """
          commit
          \(Self.usage(10, "1.50"))
          wait_for never
          """, settings: ["max_cost_usd_per_run": "1", "max_attempts": "1"])
      stage.issue()
      try await stage.tick()
      try await stage.tickUntil("it is parked") {
        try await stage.code(1) == "attempts_exhausted"
      }
      let item = try await stage.board().item(1)
      #expect(item.sentence.contains("agent.max_cost_usd_per_run"))
      #expect(item.sentence.contains("$1.50"))
      #expect(stage.descendants.isEmpty, "nothing of the agent lives on")
      #expect(try stage.github.git.subjects(of: stage.branch(1)).count == 2, "its commit is pushed")
    }
  }

  @Test("a limit that is lowered under way ends the agent; hook and push follow all the same")
  func lowered() async throws {
    try await withStage { stage in
      let hook = "hooks: { after_run: 'echo ran >>\"\(stage.directory.file("hooked"))\"' }\n"
      let script = """
        commit
        \(Self.usage(10, "0.60"))
        wait_for never
        """
      try stage.direct(agent: script, extra: hook)
      stage.issue()
      try await stage.tick()
      try await eventually("its agent is at work") { stage.started.count == 1 }
      try stage.direct(agent: script, settings: ["max_cost_usd_per_day": "0.5"], extra: hook)
      try await stage.tickUntil("the day is paid out") {
        try await stage.code(1) == "over_budget"
      }
      try await stage.idle()
      #expect(stage.lines(of: "hooked") == ["ran"])
      #expect(try stage.github.git.subjects(of: stage.branch(1)).count == 2, "its commit is pushed")
      #expect(try await stage.board().item(1).failures == 0)
    }
  }

  @Test("an item over its limit is parked, the others go on")
  func parked() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: """
          [ "$n" = 1 ] && \(Self.usage(5000, "0")) && exit 1
          commit
          """, settings: ["max_tokens_per_item": "4000"])
      stage.issue()
      stage.issue()
      try await stage.tickUntil("one is parked, the other delivered") {
        let first = try await stage.code(1)
        return first == "item_over_budget" && stage.isDelivered(2)
      }
      #expect(stage.started.filter { $0.hasPrefix("acme_app_1-") }.count == 1)
      #expect(try await stage.board().item(1).sentence.contains("agent.max_tokens_per_item"))
    }
  }

  @Test("over the day's limit nothing starts, what runs is ended, and all of it says so")
  func held() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: """
          [ "$n" = 1 ] && \(Self.usage(10, "0.50")) && commit && exit
          \(Self.usage(10, "0.60"))
          wait_for never
          """, settings: ["max_cost_usd_per_day": "1", "max_concurrent": "1"])
      for _ in 0..<3 { stage.issue() }
      try await stage.tick()
      try await stage.tickUntil("the day is paid out") {
        let second = try await stage.code(2)
        let third = try await stage.code(3)
        return second == "over_budget" && third == "over_budget" && stage.isDelivered(1)
      }
      try await stage.idle()
      let quiet = try await stage.tick()
      #expect(quiet.exit == .exited(0))
      #expect(stage.started.count == 2)
      let told = try await stage.run(["status", "-v"]).output
      #expect(told.contains("$1.10 of $1.00 (agent.max_cost_usd_per_day"), "\(told)")
      #expect(try await stage.board().item(2).failures == 0)
    }
  }
}
