// The registry of deeds, counted: stories without trouble pass every kind, so that a kind that
// nothing reaches any more, or a boundary that lost its point, is noticed. Prints the counts.
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@Suite("kinds of deeds")
struct FaultCountTests {
  /// Kinds that these stories need not reach, and where they are reached.
  private static let elsewhere: [FaultPoint: String] = [
    .hole: "an agent that floods its output (OutputBoundTests)",
    .overwrite: "a secret in an agent's output (SecretTests)",
    .link: "a file that must not be there yet (FolderTests)",
  ]

  @Test("ticks and workers pass each kind")
  func everyKind() async throws {
    var deeds: [Faults.Deed] = []
    for story in [CrashStory.cleanUp, .closed, .board] {
      let played = try await Crash(story: story, orders: []).play()
      #expect(played.violations.isEmpty, "\(story.name): \(played.violations)")
      deeds += played.deeds
    }
    deeds += try await toldAndLogged()
    for role in [FaultPoint.Role.tick, .worker] {
      let counts = FaultPoint.allCases.compactMap { kind -> String? in
        let count = deeds.count { $0.role == role && $0.kind == kind }
        return count > 0 ? "\(kind) \(count)" : nil
      }
      print("deeds of a \(role): \(counts.joined(separator: ", "))")
      // None of these roles does without them.
      let common: Set<FaultPoint> = [.create, .write, .sync, .rename, .folder, .spawn]
      let found = Set(deeds.filter { $0.role == role }.map(\.kind))
      #expect(found.isSuperset(of: common.subtracting(role == .worker ? [.spawn] : [])), "\(role)")
    }
    let absent = Set(FaultPoint.allCases).subtracting(deeds.map(\.kind))
    #expect(absent.subtracting(Self.elsewhere.keys).isEmpty, "nothing reaches \(absent)")
  }

  /// Scheduled ticks with a log and a command to notify.
  private func toldAndLogged() async throws -> [Faults.Deed] {
    var deeds: [Faults.Deed] = []
    try await withStage { stage in
      try stage.direct(
        agent: "echo SYMPHONY: blocked: which one?",
        extra: """
          logs: { directory: '\(stage.directory.file("logs"))' }
          notify: { command: cat }

          """)
      stage.issue()
      try await stage.tickUntil("a person is needed") {
        try await stage.code(1) == "agent_blocked"
      }
      try await stage.idle()
      try await stage.tick("--scheduled")
      deeds = try stage.faults.trace
    }
    return deeds
  }
}
