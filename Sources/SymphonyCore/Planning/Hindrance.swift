// Troubles outside an item that keep it from running, or its workspace from being removed, and that
// do not pass within minutes: a person has to end them, or a new day has to come. `tick --wait`
// does not wait for that. Dispatch and Budget give them.

package enum Hindrance: Hashable, Sendable {
  case paused(why: String)
  case policyInvalid(String)
  case agentUnavailable(String)
  /// The day's money is spent; nothing starts before the next day.
  case overBudget(until: Timestamp, String)
  /// A directory that the workflow names for caches or workspaces is not there.
  case workspaceAbsent(String)
  case diskLow(freeMegabytes: Int, wanted: Int)
  /// A disk that a run writes to takes hardly any more files.
  case inodesLow(free: Int)
  /// Its repository is archived, disabled or empty.
  case repositoryUnfit(String)
  /// The workflow names another repository than the item's.
  case otherRepository(String)
  case cleanUpFailed(String, times: Int)

  package var code: String {
    switch self {
    case .paused: "paused"
    case .policyInvalid: "policy_invalid"
    case .agentUnavailable: "agent_unavailable"
    case .overBudget: "over_budget"
    case .workspaceAbsent: "workspace_absent"
    case .diskLow, .inodesLow: "disk_low"
    case .repositoryUnfit: "repository_unfit"
    case .otherRepository: "other_repository"
    case .cleanUpFailed: "clean_up_failed"
    }
  }

  package var sentence: String {
    switch self {
    case .paused(let why): why.isEmpty ? "paused; `symphony resume` goes on" : "paused: \(why)"
    case .policyInvalid(let why): "WORKFLOW.md is not valid, nothing is started: \(why)"
    case .agentUnavailable(let why): "the agent cannot be started: \(why)"
    case .overBudget(let until, let why): "nothing starts before \(until.rfc3339): \(why)"
    case .workspaceAbsent(let why): "its place of work cannot be used: \(why)"
    case .diskLow(let free, let wanted): "\(free) MB free, workspace.min_free_mb asks for \(wanted)"
    case .inodesLow(let free): "only \(free) more files can be made on a disk that a run writes to"
    case .repositoryUnfit(let why): why
    case .otherRepository(let name):
      "it belongs to \(name), the workflow's repository is another one now"
    case .cleanUpFailed(let why, let times):
      "its workspace could not be removed (\(times) time\(times == 1 ? "" : "s")): \(why)"
    }
  }
}
