// A person asks for another round by a label, faster than anybody looks: the label is there before
// and after, and only the timeline tells.
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite("a label put back")
struct RelabelTests {
  /// What a tick asked of GitHub, without what had not changed.
  private func cost(_ stage: Stage) async throws -> Int {
    let told = try await stage.run(["tick", "--json"])
    let answer = try ReportJSON.read(told.output, as: TickAnswer.self)
    return (answer.requests ?? 0) - (answer.notModified ?? 0)
  }

  /// An issue that is handed off, after enough ticks that nothing is left to ask about it.
  private func handedOff(_ stage: Stage) async throws -> Int {
    try stage.direct(agent: "commit")
    let number = stage.issue()
    try await stage.tickUntil("it is handed off and all is told") {
      try await stage.code(number) == "handed_off" && stage.isDelivered(number)
    }
    stage.github.advanceClock(seconds: 5)
    for _ in 0..<4 { try await stage.tick() }
    return number
  }

  @Test("between two ticks starts another round, and a tick that finds nothing asks nothing more")
  func betweenTwoTicks() async throws {
    try await withStage { stage in
      let number = try await handedOff(stage)
      for _ in 0..<3 { #expect(try await cost(stage) == 0) }
      stage.github.advanceClock(seconds: 5)
      stage.github.removeLabel(number, "symphony", by: "alice")
      stage.github.addLabel(number, "bug", by: "alice")
      stage.github.addLabel(number, "symphony", by: "alice")
      try await stage.tickUntil("alice's label starts another round") {
        stage.started.count == 2
      }
      let wake = try await stage.run(["events", "--json"]).output
      #expect(wake.contains("alice put the label symphony on"), "\(wake)")
    }
  }

  @Test("a label of another kind starts nothing, and is asked about once")
  func another() async throws {
    try await withStage { stage in
      let number = try await handedOff(stage)
      stage.github.advanceClock(seconds: 5)
      stage.github.addLabel(number, "bug", by: "alice")
      let first = try await cost(stage)
      #expect(first > 0, "the item has changed")
      stage.github.advanceClock(seconds: 5)
      for _ in 0..<2 { try await stage.tick() }
      for _ in 0..<3 { #expect(try await cost(stage) == 0) }
      #expect(stage.started.count == 1)
    }
  }
}
