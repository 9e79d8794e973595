// The errors that cross a port: closed enums, each with a stable code, what it means for the next
// try, a sentence for people and, where there is one, the next step. Errors are returned, and
// logged once.

package enum Disposition: Hashable, Sendable {
  /// Trying again may help, not before `until` when it is known.
  case transient(until: Timestamp?)
  /// Trying the same again cannot help.
  case permanent
  /// A person has to act first: log in, grant a permission, free space.
  case `operator`
}

package protocol DescribedError: Error, Sendable {
  /// Stable, lower case with underscores; used in logs, JSON and tests.
  var code: String { get }
  var disposition: Disposition { get }
  /// Lower case, no full stop: what happened and where.
  var sentence: String { get }
  /// The next step, when there is one.
  var hint: String? { get }
}

package enum TrackerError: DescribedError, Hashable {
  /// No answer, or one that says the server is in trouble (5xx, reset, time-out).
  case unreachable(String)
  /// The token was refused (401), or there is none.
  case unauthorized(String)
  /// The token may not do this (403); what is missing.
  case forbidden(String)
  case rateLimited(until: Timestamp, String)
  /// 404: not there, or not visible to this token.
  case notFound(String)
  /// 410: it was there, and will not be again.
  case gone(String)
  /// The tracker understood and refused (422 and the like).
  case rejected(String)
  /// An answer that cannot be read.
  case malformed(String)
  /// The server names something that is not its own to name: an address on another host, a branch
  /// that is an option. Nothing is done with it.
  case untrusted(String)
  /// The workflow asks for something that cannot be (no repository, no directory).
  case misconfigured(String, hint: String)

  package var code: String {
    switch self {
    case .unreachable: "tracker_unreachable"
    case .unauthorized: "tracker_unauthorized"
    case .forbidden: "tracker_forbidden"
    case .rateLimited: "tracker_rate_limited"
    case .notFound: "tracker_not_found"
    case .gone: "tracker_gone"
    case .rejected: "tracker_rejected"
    case .malformed: "tracker_malformed"
    case .untrusted: "tracker_untrusted"
    case .misconfigured: "tracker_misconfigured"
    }
  }
  package var disposition: Disposition {
    switch self {
    case .unreachable, .malformed: .transient(until: nil)
    case .rateLimited(let until, _): .transient(until: until)
    // A person can grant the missing permission, single sign-on or access, and then the same call
    // works. A server answers 404 for a closed door as for nothing there, so notFound is among
    // these.
    case .unauthorized, .forbidden, .notFound, .untrusted, .misconfigured: .operator
    case .gone, .rejected: .permanent
    }
  }
  /// About what was asked for and not about the server, the token or the time: another request may
  /// be answered.
  package var concernsOneThing: Bool {
    switch self {
    case .forbidden, .notFound, .gone, .rejected: true
    case .unreachable, .unauthorized, .rateLimited, .malformed, .untrusted, .misconfigured: false
    }
  }
  package var sentence: String {
    switch self {
    case .unreachable(let what), .unauthorized(let what), .forbidden(let what), .notFound(let what),
      .gone(let what), .rejected(let what), .malformed(let what), .untrusted(let what),
      .misconfigured(let what, _):
      what
    case .rateLimited(let until, let what): "\(what); no request before \(until.rfc3339)"
    }
  }
  package var hint: String? {
    switch self {
    case .unreachable: "the next tick tries again; running workers go on meanwhile"
    case .unauthorized:
      "set GITHUB_TOKEN (in .env beside WORKFLOW.md, or in the environment) to a valid token"
    case .forbidden:
      "grant the token the missing permission; `symphony doctor` names what it can see"
    case .rateLimited: "nothing to do: the limit ends by itself"
    case .notFound:
      "check tracker.repository and that the token may see it; `symphony doctor` tells more"
    case .untrusted:
      "check github.api_url, and whether a proxy changes the server's answers"
    case .gone, .rejected, .malformed: nil
    case .misconfigured(_, let hint): hint
    }
  }
}

package enum StoreError: DescribedError, Hashable {
  case locked(String)
  case full(String)
  case readOnly(String)
  case corrupt(String)
  /// The database was written by a newer symphony.
  case newer(String)
  /// There are run directories but no database: none is created beside them.
  case missing(String)
  /// The database is older than what its directory did: a copy that was put back, or a lost log.
  case rewound(String)
  /// A file system on which locks mean nothing (NFS and the like), or another machine's directory.
  case foreign(String)
  /// Somebody else can write to a directory that is worked in, or to one on the way to it.
  case unsafe(String, hint: String)
  /// A directory that a person named is not there: perhaps its disk is not mounted.
  case absent(String, hint: String)
  case failed(String)
  /// A row changed between planning and commit: plan again.
  case changed(String)

  package var code: String {
    switch self {
    case .locked: "state_locked"
    case .full: "state_disk_full"
    case .readOnly: "state_read_only"
    case .corrupt: "state_corrupt"
    case .newer: "state_newer"
    case .missing: "state_missing"
    case .rewound: "state_rewound"
    case .foreign: "state_foreign"
    case .unsafe: "state_unsafe"
    case .absent: "state_absent"
    case .failed: "state_failed"
    case .changed: "state_changed"
    }
  }
  package var disposition: Disposition {
    switch self {
    case .locked, .changed: .transient(until: nil)
    case .full, .readOnly, .corrupt, .newer, .missing, .rewound, .foreign, .unsafe, .absent,
      .failed:
      .operator
    }
  }
  package var sentence: String {
    switch self {
    case .locked(let what), .full(let what), .readOnly(let what), .corrupt(let what),
      .newer(let what),
      .missing(let what), .rewound(let what), .foreign(let what), .unsafe(let what, _),
      .absent(let what, _),
      .failed(let what),
      .changed(let what):
      what
    }
  }
  package var hint: String? {
    switch self {
    case .locked: "another program holds the database open; the next tick tries again"
    case .full: "free disk space; nothing was lost, the next tick goes on"
    case .readOnly:
      "make the state directory writable for this user, or name another with --state-dir"
    case .corrupt:
      "the file was left as it is; " + Self.recovery
    case .newer: "run the newer symphony, or name another directory with --state-dir"
    case .missing, .rewound: Self.recovery
    case .foreign:
      "name another directory, on a local disk of this machine, with --state-dir: issues with an "
        + "open pull request are recognised, `symphony retry --take-over ISSUE` takes a branch"
    case .unsafe(_, let hint), .absent(_, let hint): hint
    case .failed, .changed: nil
    }
  }

  private static let recovery =
    "`symphony recover --dry-run` shows what can be rebuilt, `symphony recover` rebuilds it"
}

package enum ExecutorError: DescribedError, Hashable {
  /// The run, or another one of its item, is there already: a launch conflicts instead of doubling.
  case alreadyLaunched(String)
  /// Nothing was started: this machine cannot start a process now, or not this program.
  case notLaunched(String)
  case disk(String)
  /// Nothing is kept of the run that was asked for.
  case unknownRun(String)

  package var code: String {
    switch self {
    case .alreadyLaunched: "already_launched"
    case .notLaunched: "not_launched"
    case .disk: "run_directory_unusable"
    case .unknownRun: "unknown_run"
    }
  }
  package var disposition: Disposition { .transient(until: nil) }
  package var sentence: String {
    switch self {
    case .alreadyLaunched(let what), .notLaunched(let what), .disk(let what),
      .unknownRun(let what):
      what
    }
  }
  package var hint: String? { nil }
}

package enum AgentError: DescribedError, Hashable {
  /// The executable is not to be found.
  case missing(String, hint: String)
  /// The settings ask for something the agent cannot do.
  case misconfigured(String, hint: String)

  package var code: String {
    switch self {
    case .missing: "agent_missing"
    case .misconfigured: "agent_misconfigured"
    }
  }
  package var disposition: Disposition { .operator }
  package var sentence: String {
    switch self {
    case .missing(let what, _), .misconfigured(let what, _): what
    }
  }
  package var hint: String? {
    switch self {
    case .missing(_, let hint), .misconfigured(_, let hint): hint
    }
  }
}

/// An error of the prompt template, with its place in WORKFLOW.md (both counted from 1).
package struct TemplateError: DescribedError, Hashable {
  package var line: Int
  package var column: Int
  package var sentence: String
  package var hint: String?
  package init(line: Int, column: Int, sentence: String, hint: String? = nil) {
    self.line = line
    self.column = column
    self.sentence = sentence
    self.hint = hint
  }
  package var code: String { "template_error" }
  package var disposition: Disposition { .permanent }
}
