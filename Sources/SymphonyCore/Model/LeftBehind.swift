// What an item's runs made and no remote branch is known to have: a part of its row. Set by the
// settlements, said by status under every verdict, so that no commit is forgotten with its run.

public struct LeftBehind: Hashable, Codable, Sendable {
  /// A commit of unfinished work that is in the workspace only; nil: none is known.
  public var commit: String?
  /// True: the last worker died without a word, and its agent may have committed. Nil: it did not.
  public var isUnknown: Bool?
  /// Commits that go on no branch of the remote, each in the words that name its ref; nil: none.
  public private(set) var kept: [String]?

  /// The oldest go first: more than a few are the same fault again.
  public static let mostKept = 5

  public init() {}

  public var isEmpty: Bool { self == LeftBehind() }

  /// The remote has what the workspace has. What is kept under a ref of its own stays so.
  public mutating func clear() {
    commit = nil
    isUnknown = nil
  }

  public mutating func keep(_ names: [String]) {
    var all = kept ?? []
    for name in names where !all.contains(name) { all.append(name) }
    kept = all.isEmpty ? nil : all.suffix(Self.mostKept)
  }

  /// - Parameters:
  ///   - branch: the item's.
  ///   - workspace: its absolute path; nil: there is none any more.
  /// - Returns: clauses for the end of a sentence; empty: nothing is left behind.
  public func clauses(branch: String, workspace: String?) -> [String] {
    var clauses: [String] = []
    let place = "on branch \(branch) in its workspace" + (workspace.map { " \($0)" } ?? "")
    if let commit { clauses.append("commit \(commit.prefix(12)) is only \(place)") }
    if isUnknown == true {
      clauses.append("its worker died: what its agent committed since is only \(place)")
    }
    return clauses + (kept ?? [])
  }
}
