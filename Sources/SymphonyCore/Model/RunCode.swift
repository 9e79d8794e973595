// The codes of ends of runs that the settlement treats in a way of their own. The worker writes
// them into a result; every other code is told and nothing more.

package enum RunCode {
  /// The git remote is out of reach: its repository is held, no attempt is spent.
  package static let remoteFailed = "remote_failed"
  /// The item's branch belongs to another state directory.
  package static let branchTaken = "branch_taken"
  /// The commit that was to be pushed is in no place any more.
  package static let debtGone = "debt_gone"
  /// A directory that the workflow names is not there; its disk may not be mounted.
  package static let workspaceAbsent = "workspace_absent"
  /// This machine's own trouble: a full, failing or read-only disk, or no descriptor, process or
  /// memory left.
  package static let machineTrouble = "machine_trouble"
  /// The branch that work starts from is not on the remote.
  package static let baseMissing = "base_branch_missing"
}
