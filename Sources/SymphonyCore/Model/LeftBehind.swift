// Commits that an item's runs made and that no remote branch is known to have: a part of its row.
// Settlements set it and status prints it under every verdict, so that no commit is forgotten.

package struct LeftBehind: Hashable, Codable, Sendable {
  /// A commit of unfinished work that is in the workspace only; nil: none is known.
  package var commit: String?
  /// True: the last worker died without a word, and its agent may have committed.
  ///
  /// Nil: it did not.
  package var isUnknown: Bool?
  /// The worker lived, and git did not tell it before it had to end.
  package var isUnseen: Bool?
  /// Commits that go on no branch of the remote, each in the words that name its ref; nil: none.
  package private(set) var kept: [String]?

  /// The oldest go first: more than a few are the same fault again.
  package static let mostKept = 5

  package init() {}

  package var isEmpty: Bool { self == LeftBehind() }

  /// The remote has what the workspace has.
  ///
  /// Commits kept under a ref of their own stay listed: a push of the branch does not save them.
  package mutating func clear() {
    commit = nil
    isUnknown = nil
    isUnseen = nil
  }

  package mutating func keep(_ names: [String]) {
    var all = kept ?? []
    for name in names where !all.contains(name) { all.append(name) }
    kept = all.isEmpty ? nil : all.suffix(Self.mostKept)
  }

  /// - Parameters:
  ///   - branch: the item's.
  ///   - workspace: its absolute path; nil: there is none any more.
  /// - Returns: clauses for the end of a sentence; empty: nothing is left behind.
  package func clauses(branch: String, workspace: String?) -> [String] {
    var clauses: [String] = []
    let place = "on branch \(branch) in its workspace" + (workspace.map { " \($0)" } ?? "")
    if let commit { clauses.append("commit \(commit.prefix(12)) is only \(place)") }
    if isUnknown == true {
      clauses.append("its worker died: what its agent committed since is only \(place)")
    }
    if isUnseen == true {
      clauses.append(
        "git did not say in time what its agent committed last: it may be only \(place)")
    }
    return clauses + (kept ?? [])
  }
}
