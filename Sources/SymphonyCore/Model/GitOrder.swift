// What a run is told about git: where the item's repository is, which branch is its own, and what
// there is to do besides a turn. Part of a run's spec; made by the tick, followed by the worker.

/// What the worker does with git.
package struct GitOrder: Hashable, Codable, Sendable {
  /// A URL without credentials, or an absolute path.
  package var cloneURL: String
  /// The URL prefix that credentials are scoped to (`https://github.com/`); nil: none are needed.
  package var credentialScope: String?
  package var baseBranch: String?
  /// The base as far as it can be named before the remote is asked for its default branch.
  package var baseBeforeFetch: String { baseBranch ?? "HEAD" }
  package var branch: String
  package var ownsBranch: Bool
  package var fenceHead: String?
  package var takeOver: Bool
  /// Only push this commit (a debt), and run no turn if that succeeds.
  package var debt: String?
  /// Begin at the base's tip: the item came back after it was released.
  package var fresh: Bool {
    get { startsFresh ?? false }
    set { startsFresh = newValue ? true : nil }
  }
  /// Optional, because a spec of the previous version has no such key.
  private var startsFresh: Bool?
  /// Names the state directory in the mark beside the branch that it raised; random, and no secret.
  ///
  /// Nil in a spec of the previous version.
  package var raiser: String?
  /// What the server said of the repository that is not believed: for the worker's log.
  package var remark: String?
  /// What the agent said when it made the owed commits.
  package var debtWords: String?
  /// What did not work in the run that made the debt, for the same.
  package var debtRemarks: [String]?
  package var settings: GitPolicy
  package init(
    cloneURL: String, credentialScope: String?, baseBranch: String?, branch: String,
    ownsBranch: Bool,
    fenceHead: String?, takeOver: Bool, debt: String?, settings: GitPolicy
  ) {
    self.cloneURL = cloneURL
    self.credentialScope = credentialScope
    self.baseBranch = baseBranch
    self.branch = branch
    self.ownsBranch = ownsBranch
    self.fenceHead = fenceHead
    self.takeOver = takeOver
    self.debt = debt
    self.debtWords = nil
    self.debtRemarks = nil
    self.startsFresh = nil
    self.raiser = nil
    self.settings = settings
  }
}
