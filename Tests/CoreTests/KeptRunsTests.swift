// Which directories of ended runs are kept.
import SymphonyCore
import Testing

@Suite struct KeptRunsTests {
  private func runs(_ item: String, _ numbers: ClosedRange<Int>) -> [RunID] {
    numbers.map { RunID("\(item)-t-r\($0)") }
  }

  private func forgotten(_ runs: [RunID], kept: Int? = nil) -> [RunID] {
    var world = World(1..<2)
    world.otherRuns = runs
    if let kept { world.policy.workspace.keptRuns = kept }
    return world.tick().effects.compactMap { effect in
      if case .forget(let run) = effect { run } else { nil }
    }
  }

  /// At eight failures the first logs are those that say how it began.
  @Test func theFirstAndTheNewestOfAnItemAreKept() {
    #expect(forgotten(runs("a", 1...6)).isEmpty)
    #expect(forgotten(runs("a", 1...8)) == runs("a", 2...3))
    #expect(forgotten(runs("a", 1...8) + runs("b", 3...4), kept: 1) == runs("a", 2...7))
  }
}
