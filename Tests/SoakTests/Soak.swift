// Plays many episodes of one seed, some at a time, and tells of the first that violates a law: its
// minimal history, and the ticks before the end.
import SymphonyPlatform

struct Soak {
  static let eventsPerEpisode = 200
  let seed: Int

  struct Summary: Sendable {
    var episodes = 0
    var ticks = 0
    /// Of each episode that violated a law: all that there is to say.
    var failures: [String] = []
    /// Ticks by how they ended, and effects by name.
    var seen: [String: Int] = [:]
  }

  /// `numbers`: of the episodes.
  func run(_ numbers: Range<Int>, atOnce: Int = 2) async throws -> Summary {
    try await withThrowingTaskGroup(of: Summary.self) { group in
      var (next, all) = (numbers.lowerBound, Summary())
      func add(_ one: Summary) {
        all.episodes += one.episodes
        all.ticks += one.ticks
        all.failures += one.failures
        all.seen.merge(one.seen, uniquingKeysWith: +)
      }
      while next < numbers.upperBound, all.failures.isEmpty {
        let number = next
        if next >= numbers.lowerBound + atOnce, let one = try await group.next() { add(one) }
        group.addTask { try await self.play(number) }
        next += 1
      }
      for try await one in group { add(one) }
      return all
    }
  }

  func events(_ number: Int) -> [Event] {
    Event.drawn(seed: seed, episode: number, count: Self.eventsPerEpisode)
  }

  private func play(_ number: Int) async throws -> Summary {
    let episode = try Episode(seed: seed, number: number)
    let violations = try await episode.play(events(number))
    var summary = Summary()
    (summary.episodes, summary.ticks) = (1, episode.ticks)
    for line in episode.trace {
      let words = line.split(separator: " ")
      summary.seen["tick " + words[1], default: 0] += 1
      for effect in words.dropFirst(3).joined(separator: " ").split(separator: ", ") {
        summary.seen[String(effect.prefix { $0 != " " }), default: 0] += 1
      }
    }
    if !violations.isEmpty {
      summary.failures = [try await told(number, violations, after: episode.ticks)]
    }
    return summary
  }

  private func told(
    _ number: Int, _ violations: [String], after length: Int
  ) async throws -> String {
    let shortest = try await Minimiser { events in
      try await Episode(seed: seed, number: number).play(events)
    }.minimal(Array(events(number).prefix(length)))
    let episode = try Episode(seed: seed, number: number)
    let again = try await episode.play(shortest)
    return """
      SEED=\(seed) EPISODE=\(number): \(violations.joined(separator: "; "))
      minimal history of \(shortest.count) events: \(again.joined(separator: "; "))
      \(shortest.map { "\($0)" }.joined(separator: "\n"))
      the last ticks:
      \(episode.trace.suffix(5).joined(separator: "\n"))
      """
  }
}
