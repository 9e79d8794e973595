// A tick killed at each boundary of each story, and at each pair of near ones: the story ends as it ends
// unharmed, with as many workers, as many words on the issue and as many failures.
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@Suite struct CrashEverywhereTests {
  /// What each row of the table counts.
  private struct Row {
    var story: String
    var boundaries: Int
    var pairs = 0
    var violations: [String] = []
  }

  /// How far behind the first kill the second one is tried.
  private static let reach = 6

  @Test(arguments: CrashStory.all.indices) func everyStoryEndsAsUnharmed(index: Int) async throws {
    let story = CrashStory.all[index]
    let directory = try TemporaryDirectory("crash")
    let (unharmed, moments) = try await story.moments(in: directory)
    #expect(unharmed.violations.isEmpty, "\(unharmed.violations)")
    #expect(unharmed.outcome.contains { $0.contains(story.end) }, "\(unharmed.outcome)")
    var row = Row(story: story.name, boundaries: unharmed.boundaries.count)
    func tell(_ deaths: [Int]) async throws -> Telling {
      let first = deaths.first ?? 1
      let moment = try #require(moments.last { $0.passed < first })
      let told = try await story.tell(from: moment, in: directory, deaths: deaths)
      row.violations += differences(told, unharmed, deaths)
      return told
    }
    for position in 1...row.boundaries {
      #expect(try await tell([position]).deaths.count == 1)
    }
    #expect(try await tell([row.boundaries + 1]).deaths.isEmpty, "every boundary was tried")
    // All pairs take long: `make soak` tries them.
    let isThorough = Host.environment["SYMPHONY_SOAK"] != nil
    for first in stride(from: 1, through: row.boundaries, by: isThorough ? 1 : 9) {
      for second in stride(from: first + 1, through: first + Self.reach, by: isThorough ? 1 : 3) {
        row.pairs += try await tell([first, second]).deaths.count == 2 ? 1 : 0
      }
    }
    print(
      "crash: \(row.story) | \(row.boundaries) boundaries | \(row.boundaries) kills | "
        + "\(row.pairs) pairs | \(row.violations.count) violations")
    #expect(row.violations.isEmpty, "\(row.violations.prefix(5).joined(separator: "\n"))")
  }

  private func differences(_ told: Telling, _ unharmed: Telling, _ deaths: [Int]) -> [String] {
    let places = zip(deaths, told.deaths).map { "\($0) (\($1))" }.joined(separator: " and ")
    if !told.violations.isEmpty { return ["killed at \(places): \(told.violations)"] }
    if told.outcome == unharmed.outcome { return [] }
    let others = told.outcome.filter { !unharmed.outcome.contains($0) }
    return ["killed at \(places): it ends with \(others), unharmed with \(unharmed.outcome)"]
  }
}
