// The facts of one tick, `now` included: all a plan may depend on. Made by the observer, never
// changed after.

package struct Snapshot: Sendable {
  /// A nudge is a worker's end; a hint is a webhook's or a person's at the server.
  package enum Trigger: String, Sendable { case manual, scheduled, nudged, waiting, hinted }

  package var now: Timestamp
  /// Six random characters that are the state directory's own.
  package var stateTag: String
  /// Absolute.
  package var stateDirectory: String
  package var trigger: Trigger
  package var policy: Policy
  /// Set when WORKFLOW.md is broken and `policy` is the last good one: nothing is dispatched.
  package var policyProblem: String?
  package var state: StoredState
  /// Nil when the executor could not be asked: every run is unknown, and nothing changes about
  /// runs.
  package var runs: PollAnswer?
  package var survey: Survey
  /// Nonces of markers that were seen and are ours.
  package var knownNonces: Set<String> = []
  /// Why an agent with these settings cannot be started (its binary is missing, a limit could not
  /// be kept); those that can be are left out.
  package var agentProblems: [AgentPolicy: String]
  /// Of the disks that a run writes to, the one with the least; nil: not known.
  package var freeMegabytes: Int?
  /// How many more files can be made, likewise; nil: not known, or there is no such limit.
  package var freeInodes: Int?
  /// What directories take up, as far as a limit asks for it.
  package var diskSizes = DiskSizes()
  /// The last tick ended within two days before `now`: what a leap of the clock makes old does not
  /// go at once.
  package var agesCount = true
  /// False when no tracker could be made: then nothing can be delivered.
  package var hasTracker = true
  /// Named directories that are not there: nothing is launched that has its place in one.
  package var absentFolders: [AbsentFolder]
  /// The tick ends its workers instead of launching more (`tick --wait` was told to stop).
  package var launchesAllowed: Bool
  /// The items that were looked at once more: only these may be launched.
  ///
  /// Nil: the first plan of a tick, which says what it would launch.
  package var confirmed: Set<ItemID>?
  /// Why git gets no credentials in this tick: then no worker is started.
  ///
  /// Keyed by `RepositoryName.folded`.
  package var credentialProblems: [String: String]
  /// Renders `pull_request.title` and `.body`; nil: ours are used.
  package var renderer: (any PromptRenderer)?
  /// Nonces and session ids: the text of a number, counted from 0.
  ///
  /// It has 32 random hexadecimal digits that nobody can guess and is drawn when it is first asked
  /// for. The same number is the same text for as long as the snapshot lives, so that a plan made
  /// twice is the same plan.
  package var nonces: @Sendable (Int) -> String

  package init(
    now: Timestamp, stateTag: String, stateDirectory: String, trigger: Trigger, policy: Policy,
    policyProblem: String? = nil,
    state: StoredState, runs: PollAnswer?, survey: Survey,
    agentProblems: [AgentPolicy: String] = [:],
    freeMegabytes: Int? = nil, launchesAllowed: Bool = true,
    nonces: @escaping @Sendable (Int) -> String
  ) {
    self.now = now
    self.stateTag = stateTag
    self.stateDirectory = stateDirectory
    self.trigger = trigger
    self.policy = policy
    self.policyProblem = policyProblem
    self.state = state
    self.runs = runs
    self.survey = survey
    self.agentProblems = agentProblems
    self.freeMegabytes = freeMegabytes
    self.freeInodes = nil
    self.launchesAllowed = launchesAllowed
    self.nonces = nonces
    self.confirmed = nil
    self.absentFolders = []
    self.credentialProblems = [:]
    self.renderer = nil
  }
}
