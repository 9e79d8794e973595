// A tick that is stopped (SIGSTOP, a frozen container, a laptop that sleeps) while its lock is taken
// away, and goes on after others did its work: it launches nothing, posts nothing and overwrites
// nothing of theirs. Stopped at one deed after the other of a story.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@Suite("ticks that overlap")
struct OverlapTests {
  private static var isWhole: Bool { CrashEverywhereTests.Range.wanted != .sample }

  @Test(
    "a tick that sleeps while others do its work",
    arguments: isWhole ? [CrashStory.firstDispatch, .failure, .board, .draft] : [.board])
  func overtaken(_ story: CrashStory) async throws {
    let rehearsal = try await Crash(story: story, orders: []).play()
    try #require(rehearsal.violations.isEmpty, "without trouble: \(rehearsal.violations)")
    let expected = try #require(rehearsal.aftermath?.items)
    let deeds = rehearsal.deeds.filter { $0.role == .tick && $0.kind.isCounted }
    // Nothing can be asked between a request and its way out: of those the lock alone keeps others
    // away, and whoever takes it away then takes that promise away.
    let between = deeds.filter { $0.kind != .request }
    // Behind these comes what must not happen twice.
    let moves = between.filter { $0.what.hasSuffix("/runs/number") }
    let chosen =
      Self.isWhole ? between : stride(from: 1, to: moves.count, by: 6).map { moves[$0] }
    let crashes = chosen.map { deed in
      Crash(story: story, orders: [Crash.Order(role: .tick, number: deed.number, act: .stop)])
    }
    var overtaken = 0
    for batch in stride(from: 0, to: crashes.count, by: 6) {
      let some = Array(crashes[batch..<min(batch + 6, crashes.count)])
      for result in try await Crash.playAll(some, expected) {
        overtaken += result.struck.count
        for words in result.violations { Issue.record("\(story.name), \(result.place): \(words)") }
      }
    }
    #expect(overtaken > chosen.count / 2)
    print("overlap: \(story.name) | \(overtaken) ticks overtaken at \(chosen.count) deeds")
  }
}

extension Stage {
  /// Waits for a tick that is stopped; takes its lock away, lets others do the work, and has it go
  /// on.
  ///
  /// Ends when it is cancelled before there is one.
  func overtake() async throws {
    var stopped: Int32?
    while stopped == nil {
      stopped = descendants.first { pid in
        Processes.stat(pid)?.state == "T" && Self.arguments(of: pid).dropFirst().first == "tick"
      }
      if stopped == nil { try await Task.sleep(nanoseconds: 20_000_000) }
    }
    guard let stopped, let found = Processes.stat(stopped) else { return }
    // What has begun is brought to its end, also when the story is over.
    try await Task {
      try Files.remove(StateLayout(state).tickLock)
      for _ in 0..<5 {
        try await tick()
        try? await eventually(seconds: 1) { descendants == [stopped] }
      }
      Processes.signal(stopped, startTime: found.startTime, Signals.goOn)
    }.value
  }
}
