// The order about git in a run's spec: where the item's repository is, which branch is the item's
// own, and what there is to do besides a turn. The tick makes it, the worker follows it.

/// The orders for a worker's git.
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
  /// The part of the server's answer about the repository that is not believed: for worker.log.
  package var remark: String?
  /// The agent's last words in the run that made the owed commits.
  package var debtWords: String?
  /// The troubles of that run, for the same pull request.
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
