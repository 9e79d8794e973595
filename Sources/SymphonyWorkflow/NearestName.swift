// Finds the name somebody probably meant. Called for unknown keys, wrong choices and unknown
// template names; it only suggests, nothing is ever corrected silently.

enum NearestName {
  /// The candidate with the fewest changes from `name`, if those are few enough to be a slip of the
  /// hand: at most a third of its length, and never more than 3. The first of equals wins.
  static func find(_ name: String, among candidates: some Sequence<String>) -> String? {
    // A slip of the hand is made in a name, and no name is that long.
    guard name.utf8.count <= 100 else { return nil }
    let limit = min(3, max(1, name.count / 3))
    var best: (name: String, distance: Int)?
    for candidate in candidates where abs(candidate.count - name.count) <= limit {
      let changes = distance(Array(name.lowercased()), Array(candidate.lowercased()))
      if changes <= limit, changes < best?.distance ?? Int.max { best = (candidate, changes) }
    }
    return best?.name
  }

  /// Insertions, deletions, replacements and swaps of neighbours.
  static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var before: [Int] = []
    var previous = Array(0...right.count)
    for row in 0..<left.count {
      var current = [row + 1]
      for column in 0..<right.count {
        let same = left[row] == right[column]
        var cost = min(
          previous[column] + (same ? 0 : 1), previous[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          cost = min(cost, before[column - 1] + 1)
        }
        current.append(cost)
      }
      before = previous
      previous = current
    }
    return previous[right.count]
  }
}
