// The port to where work items live. An adapter observes and delivers; it never decides what runs.

/// How much was asked of a tracker, for metrics.
package struct TrackerTime: Hashable, Sendable {
  /// Requests that were answered.
  package var requests: Int64 = 0
  package var milliseconds: Int64 = 0
  package init() {}
}

package protocol Tracker: Sendable {
  /// Looks at the candidates and at every watched item once. Never throws: what could not be read
  /// says so in its place, so that one damaged answer does not hide the others.
  func survey(_ question: SurveyQuestion) async -> Survey
  /// Looks once more at items that are about to be launched, and in full: what they say now, what
  /// blocks them by name, the pull requests of their branches. The same shape as a survey, without
  /// candidates; never from a cache.
  func confirm(_ items: [SurveyQuestion.Watched]) async -> Survey
  /// One item by what people call it: its number, or the stem of a local issue's file. Whatever
  /// its labels and state are; nil: there is none. `repository` nil: the workflow's own.
  func find(_ reference: String, in repository: RepositoryName?) async throws(TrackerError)
    -> WorkItem?
  /// The token for git in a worker, as narrow as the tracker makes it; nil: none is needed.
  func credential(_ order: CredentialOrder) async throws(TrackerError) -> Secret?
  /// Makes the effect of an entry happen once. `tries > 0` means an earlier delivery may have
  /// succeeded: look it up before repeating it.
  func deliver(_ entry: OutboxEntry, pullRequest: PullRequestRef?) async throws(TrackerError)
    -> Delivery
  /// Findings for `doctor`: the token, the repository, permissions.
  func examine() async -> [Finding]
}

/// The purpose of a worker's token.
package struct CredentialOrder: Hashable, Sendable {
  package var repository: RepositoryName
  /// The agent is given it, too (`agent.pass_github_token`): for issues and pull requests.
  package var isForAgent: Bool
  package init(repository: RepositoryName, isForAgent: Bool) {
    self.repository = repository
    self.isForAgent = isForAgent
  }
}

/// Why no work can be done in a repository although it can be seen.
package enum RepositoryObstacle: String, Codable, Hashable, Sendable {
  case archived, disabled
  /// It has no first commit, or its default branch is gone: there is nothing to begin from.
  case empty

  /// The obstacle, and how it can be removed.
  package func sentence(_ name: RepositoryName) -> String {
    switch self {
    case .archived:
      "\(name) is archived: nothing can be pushed to it or said in it; unarchive it, or take its "
        + "issues out of the workflow"
    case .disabled: "\(name) is disabled by GitHub: ask its owner or GitHub's support"
    case .empty:
      "\(name) is empty, or its default branch is gone: push a first commit to it, work begins "
        + "from one"
    }
  }
}

package struct RepositoryFacts: Hashable, Sendable {
  package var name: RepositoryName
  package var defaultBranch: String
  /// Without credentials; an absolute path for a repository on this machine.
  package var cloneURL: String
  /// The URL prefix git credentials are scoped to; nil when none are needed.
  package var credentialScope: String?
  package var isPrivate: Bool
  package var htmlURL: String
  /// The part of the server's answer that is not believed, and what is done instead; for people.
  package var remark: String?
  /// Nil: none is known.
  package var obstacle: RepositoryObstacle?
  package init(
    name: RepositoryName, defaultBranch: String, cloneURL: String, credentialScope: String?,
    isPrivate: Bool,
    htmlURL: String
  ) {
    self.name = name
    self.defaultBranch = defaultBranch
    self.cloneURL = cloneURL
    self.credentialScope = credentialScope
    self.isPrivate = isPrivate
    self.htmlURL = htmlURL
    self.remark = nil
  }
}

/// The question of a tick to the tracker.
package struct SurveyQuestion: Sendable {
  /// An item whose own state matters although it may not be a candidate.
  package struct Watched: Hashable, Sendable {
    package var id: ItemID
    package var key: ItemKey
    package var number: Int?
    package var repository: RepositoryName
    package var branch: String
    package var pullRequest: PullRequestRef?
    /// Ask whether our branch's pull request is open, merged or closed.
    package var wantsPullRequest: Bool
    /// Report comments made at or after this time of the tracker's clock; nil: none are wanted.
    package var commentsSince: Timestamp?
    /// Look at its pull request, which waits for people; nil: that is not wanted.
    package var follow: FollowQuestion?
    /// For `commentsSince`: the newest comments, however old.
    package static let always = Timestamp(milliseconds: 0)
    package init(record: ItemRecord, wantsPullRequest: Bool, commentsSince: Timestamp?) {
      self.id = record.id
      self.key = record.key
      self.number = record.number
      self.repository = record.repository
      self.branch = record.branch
      self.pullRequest = record.pullRequest
      self.wantsPullRequest = wantsPullRequest
      self.commentsSince = commentsSince
    }
  }
  package var watched: [Watched]
  /// Repositories whose facts are needed although no item of theirs may be listed or watched.
  package var repositories: [RepositoryName]
  /// Send no request: answer from what an earlier tick stored, or say unreachable.
  package var cachedOnly: Bool
  package init(watched: [Watched], repositories: [RepositoryName] = [], cachedOnly: Bool) {
    self.watched = watched
    self.repositories = repositories
    self.cachedOnly = cachedOnly
  }
}

/// The tracker's answer: the one observation of a tick.
package struct Survey: Sendable {
  /// An answer about one item itself.
  ///
  /// Absence from a list is never one.
  package enum Answer: Hashable, Sendable {
    case found(WorkItem)
    /// Not found, while the same token still sees the repository.
    case gone(String)
    case unknown(TrackerError)
  }
  package struct PullRequestFact: Hashable, Sendable {
    package enum State: String, Sendable { case open, merged, closed }
    package var ref: PullRequestRef
    package var state: State
    package var createdAt: Timestamp
    /// When it was merged or closed.
    package var endedAt: Timestamp?
    package init(ref: PullRequestRef, state: State, createdAt: Timestamp, endedAt: Timestamp?) {
      self.ref = ref
      self.state = state
      self.createdAt = createdAt
      self.endedAt = endedAt
    }
  }
  package struct Comment: Hashable, Sendable {
    package var author: String
    /// Nil: not known.
    package var mayWrite: Bool?
    package var createdAt: Timestamp
    /// Carries a marker of ours.
    package var isOurs: Bool
    /// Its text, cut to `Wake.textLimit`.
    package var text: String
    package init(
      author: String, mayWrite: Bool?, createdAt: Timestamp, isOurs: Bool, text: String = ""
    ) {
      self.text = Wake.bounded(text)
      self.author = author
      self.mayWrite = mayWrite
      self.createdAt = createdAt
      self.isOurs = isOurs
    }
  }
  package enum Candidates: Sendable {
    case items([WorkItem])
    case failed(TrackerError)
    /// This tick did not look.
    case skipped
  }
  package var candidates: Candidates
  /// Of every repository seen; in issues mode the one the workflow names.
  package var repositories: [RepositoryFacts]
  /// Why a repository could not be read although items of it were.
  package var repositoryProblem: TrackerError?
  package var answers: [ItemID: Answer]
  /// Pull requests by their head: an open one speaks for its branch, among ended ones the newest.
  ///
  /// Absent: there is none, or it is not known.
  package var pullRequests: [HeadRef: PullRequestFact]
  /// Heads whose pull requests were asked for one by one, found or not.
  package var knownHeads: Set<HeadRef>
  package var comments: [ItemID: [Comment]]
  /// The pull requests that were to be followed; absent: not known this time.
  package var views: [ItemID: PullRequestView] = [:]
  /// Logs of failed jobs that were asked for.
  package var logs: [Int64: CheckLog] = [:]
  /// The tracker's clock minus ours.
  package var clockOffset: Interval
  /// A request of this survey met the tracker's limit: none may be sent before then.
  package var limit: RateLimit?
  /// The open pull requests of all `repositories` were read completely.
  package var pullRequestsKnown: Bool
  /// `candidates` are those a filter of the server let through: an item that is missing may still
  /// be there in another status.
  package var isFiltered: Bool
  /// The workflow names statuses the board does not have: no status may be judged, nothing is
  /// started, and what runs goes on.
  package var statusProblem: String?
  /// Answered from what an earlier tick stored.
  package var isCached: Bool
  package var requests: Int
  package var notModified: Int
  /// The login `@me` stands for; nil when nobody asked.
  package var viewer: String?
  /// One sentence each about something seen that could not be used: a damaged entry, a list cut
  /// short.
  package var notices: [String]
  package init(candidates: Candidates) {
    self.candidates = candidates
    self.repositories = []
    self.repositoryProblem = nil
    self.answers = [:]
    self.knownHeads = []
    self.isFiltered = false
    self.statusProblem = nil
    self.pullRequests = [:]
    self.comments = [:]
    self.clockOffset = .zero
    self.limit = nil
    self.pullRequestsKnown = false
    self.isCached = false
    self.requests = 0
    self.notModified = 0
    self.viewer = nil
    self.notices = []
  }

  package func facts(of name: RepositoryName) -> RepositoryFacts? {
    repositories.first { $0.name.matches(name) }
  }

  package func pullRequest(of head: HeadRef) -> PullRequestFact? { pullRequests[head] }

  /// True when it is known whether an open pull request of that head exists.
  package func knowsPullRequest(of head: HeadRef) -> Bool {
    pullRequestsKnown || knownHeads.contains(head)
  }

  /// An open pull request speaks for its branch; among ended ones the newest does.
  package mutating func note(_ fact: PullRequestFact, head: HeadRef) {
    if let known = pullRequests[head] {
      let isBetter =
        (known.state == .open) == (fact.state == .open)
        ? fact.createdAt > known.createdAt : fact.state == .open
      if !isBetter { return }
    }
    pullRequests[head] = fact
  }

  /// Takes over what a later look found out: an answer, also one that says nobody knows, replaces
  /// an earlier one.
  package mutating func absorb(_ later: Survey) {
    answers.merge(later.answers) { $1 }
    comments.merge(later.comments) { $1 }
    views.merge(later.views) { $1 }
    logs.merge(later.logs) { $1 }
    for facts in later.repositories {
      guard let known = repositories.firstIndex(where: { $0.name.matches(facts.name) }) else {
        repositories.append(facts)
        continue
      }
      // One that was opened to everybody meanwhile is open to strangers.
      if !facts.isPrivate { repositories[known].isPrivate = false }
      repositories[known].obstacle = facts.obstacle
    }
    for head in later.knownHeads { pullRequests[head] = nil }
    pullRequests.merge(later.pullRequests) { $1 }
    knownHeads.formUnion(later.knownHeads)
    if let limit = later.limit { self.limit = limit }
    requests += later.requests
    notModified += later.notModified
    notices += later.notices
  }
}

/// The tracker asks for quiet.
package struct RateLimit: Hashable, Sendable {
  package var until: Timestamp
  package var why: String
  package init(until: Timestamp, why: String) {
    self.until = until
    self.why = why
  }
}

package enum Delivery: Hashable, Sendable {
  /// The pull request is there; `created` is false when an existing one was adopted.
  case pullRequest(PullRequestRef, created: Bool)
  case comment(url: String)
  /// It is as it should be now: what was done, or found done, in a few words.
  case done(String)
  /// The draft is an issue now.
  case converted(to: ItemKey)
  /// Not yet: what is waited for. Asked again later; no failure.
  case waiting(String)
  /// Not ours to do any more: a person was faster, or the branch's pull request is somebody else's.
  case superseded(String)
}

/// One line of `doctor`.
package struct Finding: Hashable, Sendable {
  package enum Grade: String, Codable, Sendable { case pass, warn, fail, skip }
  package var grade: Grade
  package var subject: String
  package var text: String
  package var hint: String?
  package init(_ grade: Grade, _ subject: String, _ text: String, hint: String? = nil) {
    self.grade = grade
    self.subject = subject
    self.text = text
    self.hint = hint
  }
}

/// Bodies and validators of earlier answers, kept in the database; voided when the token changes.
package protocol ResponseCache: Sendable {
  func lookUp(_ url: String) -> CachedResponse?
  /// Kept in memory until the tick commits.
  func remember(_ url: String, _ response: CachedResponse)
}

package struct CachedResponse: Hashable, Sendable {
  package var etag: String
  package var body: [UInt8]
  /// The `Link: rel="next"` target, if any.
  package var next: String?
  /// Tells tokens apart without revealing them; another value voids the entry.
  package var tokenFingerprint: String
  package init(etag: String, body: [UInt8], next: String?, tokenFingerprint: String) {
    self.etag = etag
    self.body = body
    self.next = next
    self.tokenFingerprint = tokenFingerprint
  }
}
