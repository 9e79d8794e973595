// The fates that DiskHygiene gives, each with the words that `symphony gc` prints beside it.

/// What becomes of the directory of an ended run.
package enum RunFate: Hashable, Sendable, CaseIterable {
  case first, newest, recent
  case beyondNumber, beyondAge, beyondSize

  package var goes: Bool {
    switch self {
    case .first, .newest, .recent: false
    case .beyondNumber, .beyondAge, .beyondSize: true
    }
  }

  package func sentence(_ policy: Policy) -> String {
    switch self {
    case .first: "the first run of its issue"
    case .newest: "the newest run of its issue"
    case .recent: "one of the last \(policy.workspace.keptRuns) of its issue"
    case .beyondNumber: "beyond workspace.kept_runs (\(policy.workspace.keptRuns))"
    case .beyondAge: "older than retention.run_days (\(words(policy.retention.runDays)))"
    case .beyondSize:
      "over retention.runs_max_mb (\(words(policy.retention.runsMaxMegabytes))), oldest first"
    }
  }
}

/// What becomes of a workspace; what goes is taken away by a clean-up run, which git may stop.
package enum WorkspaceFate: Hashable, Sendable {
  /// A run of its item is not settled.
  case underWay
  /// The next run of its item goes on in it.
  case atWork
  /// It may be the only place of something; a clause says of what.
  case unpushed(String)
  /// The last clean-up left it where it is, and the next is not due; why.
  case refused(String)
  /// `workspace.remove_on_terminal` is false.
  case wanted
  case resting
  case done, beyondAge, beyondSize

  package var goes: Bool {
    switch self {
    case .underWay, .atWork, .unpushed, .refused, .wanted, .resting: false
    case .done, .beyondAge, .beyondSize: true
    }
  }

  /// It is there because something would be lost.
  package var isForWork: Bool {
    switch self {
    case .unpushed, .refused: true
    case .underWay, .atWork, .wanted, .resting, .done, .beyondAge, .beyondSize: false
    }
  }

  package func sentence(_ policy: Policy) -> String {
    switch self {
    case .underWay: "a run of its issue is under way"
    case .atWork: "its issue is being worked on"
    case .unpushed(let clause): clause
    case .refused(let why): why
    case .wanted: "workspace.remove_on_terminal is false"
    case .resting: "its issue waits for a person"
    case .done: "its issue is done"
    case .beyondAge:
      "rests longer than workspace.max_age_days (\(words(policy.workspace.maxAgeDays)))"
    case .beyondSize:
      "over workspace.max_gb (\(words(policy.workspace.maxGigabytes))), longest rest first"
    }
  }
}

/// What becomes of a cache.
package enum CacheFate: Hashable, Sendable {
  case used(by: ItemKey, others: Int)
  /// Nobody has said that the remote has all of it.
  case holdsWork
  case unreadable(String)
  case recent
  case unused

  package var goes: Bool { self == .unused }

  /// It is there because something would be lost.
  package var isForWork: Bool {
    switch self {
    case .holdsWork, .unreadable: true
    case .used, .recent, .unused: false
    }
  }

  package func sentence(_ policy: Policy) -> String {
    switch self {
    case .used(let key, 0): "\(key) uses it"
    case .used(let key, let others): "\(key) and \(others) more use it"
    case .holdsWork: "may hold commits that are on no branch of the remote"
    case .unreadable(let why): why
    case .recent: "no issue uses it"
    case .unused:
      "unused for longer than retention.caches_days (\(words(policy.retention.cachesDays)))"
    }
  }
}

private func words(_ limit: Int?) -> String { limit.map(String.init) ?? "unlimited" }
