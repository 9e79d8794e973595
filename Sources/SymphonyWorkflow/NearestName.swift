// Finds the name somebody probably meant. Called for unknown keys, wrong choices and unknown
// template names; it only suggests, nothing is ever corrected silently. Whether a name is so near
// to a known one that it can mean nothing else is decided here too.

package enum NearestName {
  /// The candidate that `name` is a misspelling of: the same letters, one slip of the hand, or two
  /// in a name of more than 6 letters.
  ///
  /// Case and what joins words (`-`, `_`, blanks) do not count. Narrower than `find`: who meant a
  /// name of their own must not be refused.
  package static func slip(_ name: String, among candidates: some Sequence<String>) -> String? {
    guard name.utf8.count <= 100 else { return nil }
    let letters = letters(of: name)
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let other = Self.letters(of: candidate)
      let limit = max(letters.count, other.count) > 6 ? 2 : 1
      guard abs(letters.count - other.count) <= limit else { continue }
      let changes = distance(letters, other)
      if changes <= limit, changes < best?.distance ?? Int.max { best = (candidate, changes) }
    }
    return best?.name
  }
  private static func letters(of name: String) -> [Character] {
    name.lowercased().filter { $0 != "_" && $0 != "-" && !$0.isWhitespace }.map(\.self)
  }

  /// The candidate with the fewest changes from `name`, if those are few enough to be a slip of the
  /// hand: at most a third of its length, and never more than 3.
  ///
  /// The first of equals wins.
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

  /// The one candidate that `name` is the beginning of, or that begins with it: `claude` for
  /// `claude_code`.
  static func beginning(_ name: String, among candidates: some Sequence<String>) -> String? {
    let written = name.lowercased()
    guard written.count >= 3, written.count <= 100 else { return nil }
    let found = candidates.filter { $0.hasPrefix(written) || written.hasPrefix($0) }
    return found.count == 1 ? found[0] : nil
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
