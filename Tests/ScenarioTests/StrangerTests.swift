// Strangers on a public repository: what they write is read by nobody's agent before somebody with
// write access vouched for it, and what they do to an issue buys no run.
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite("strangers")
struct StrangerTests {
  private static let prompt = "Issue {{ issue.number }}: {{ issue.title }}\n{{ issue.body }}\n"

  /// A public repository with one labelled issue of mallory's, which alice labelled.
  private func open(_ stage: Stage) -> Int {
    stage.github.setPrivate(false)
    stage.github.setRole("mallory", .none)
    let number = stage.github.createIssue(title: "A typo", body: "hello", author: "mallory")
    stage.github.addLabel(number, "symphony", by: "alice")
    return number
  }

  @Test("a text that was changed after the label runs only when it is labelled again")
  func edited() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: #"printf '%s\n' "$prompt" >>"$SCENARIO_DIR/prompts"; commit"#, prompt: Self.prompt)
      let number = open(stage)
      stage.github.editIssue(number, by: "mallory") { $0.body = "INJECTED" }
      for _ in 0..<3 { try await stage.tick() }
      let item = try await stage.board().item(number)
      #expect(item.code == "edited_after_label" && item.claim == "parked")
      #expect(item.sentence.contains("mallory changed its text"))
      #expect(stage.started == [])
      stage.github.removeLabel(number, "symphony", by: "alice")
      stage.github.advanceClock(seconds: 5)
      stage.github.addLabel(number, "symphony", by: "alice")
      try await stage.tickUntil("it is delivered") { stage.isDelivered(number) }
      #expect(stage.lines(of: "prompts").contains("INJECTED"), "read, and vouched for by alice")
    }
  }

  @Test("nothing a stranger does to a parked issue starts another run")
  func touched() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: #"echo '{"type":"result","status":"blocked","message":"which colour?"}'"#,
        settings: ["max_runs_per_item": "3"])
      let number = open(stage)
      stage.github.advanceClock(seconds: 5)
      try await stage.tickUntil("it is parked and at rest") {
        try await stage.code(number) == "agent_blocked" && stage.ourComments(number).count == 1
      }
      try await stage.idle()
      for _ in 0..<2 { try await stage.tick() }
      for round in 0..<4 {
        stage.github.advanceClock(seconds: 5)
        stage.github.editIssue(number, by: "mallory") { $0.title = "Round \(round)" }
        try stage.github.comment(number, author: "mallory", body: "go on", association: "NONE")
        try await stage.tick()
        try await stage.idle()
      }
      stage.github.closeIssue(number)
      stage.github.reopenIssue(number, by: "mallory")
      for _ in 0..<2 { try await stage.tick() }
      #expect(stage.started.count == 1)
      #expect(try await stage.code(number) == "agent_blocked")
      stage.github.advanceClock(seconds: 5)
      stage.github.removeLabel(number, "symphony", by: "alice")
      stage.github.addLabel(number, "symphony", by: "alice")
      try await stage.tickUntil("alice's word for the new title starts one") {
        stage.started.count == 2
      }
    }
  }
}
