// Finds a short history that still violates a law: parts of the events are left out for as long as
// something is violated without them (Zeller, Hildebrandt 2002). Events name what they hit by number,
// so what is left is a history of its own.

struct Minimiser {
  /// Plays a history; what it violates, empty: nothing.
  let violations: ([Event]) async throws -> [String]
  /// Histories played at most.
  var patience = 200

  func minimal(_ events: [Event]) async throws -> [Event] {
    var (kept, parts, played) = (events, 2, 0)
    while kept.count > 1, played < patience {
      let size = max(1, (kept.count + parts - 1) / parts)
      var isSmaller = false
      var start = 0
      while start < kept.count, played < patience {
        var rest = kept
        rest.removeSubrange(start..<min(start + size, kept.count))
        played += 1
        if try await !violations(rest).isEmpty {
          kept = rest
          isSmaller = true
        } else {
          start += size
        }
      }
      if !isSmaller, size == 1 { break }
      parts = isSmaller ? max(2, parts - 1) : min(kept.count, parts * 2)
    }
    return kept
  }
}
