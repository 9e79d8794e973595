// What is owed to a tracker about a pull request: replies, resolved threads, another review, checks
// to run again, an update by the base, the merge. Each is a debt of the outbox, effective once.

/// A pull request that a debt is about.
package struct PullRequestPlace: Hashable, Codable, Sendable {
  package var repository: RepositoryName
  package var key: ItemKey
  package var number: Int
  /// The tracker's id of it.
  package var id: String
  package init(repository: RepositoryName, key: ItemKey, number: Int, id: String) {
    self.repository = repository
    self.key = key
    self.number = number
    self.id = id
  }
}

/// A reply in a thread.
package struct ReplyOrder: Hashable, Codable, Sendable {
  package var place: PullRequestPlace
  package var thread: String
  /// The number of the thread's first comment: there are no replies to replies.
  package var replyTo: Int64
  package var text: String
  package init(place: PullRequestPlace, thread: String, replyTo: Int64, text: String) {
    self.place = place
    self.thread = thread
    self.replyTo = replyTo
    self.text = text
  }
}

/// Resolve a thread, once its reply is there.
package struct ResolveOrder: Hashable, Codable, Sendable {
  package var place: PullRequestPlace
  package var thread: String
  package init(place: PullRequestPlace, thread: String) {
    self.place = place
    self.thread = thread
  }
}

/// Ask people for a review again.
package struct ReviewRequestOrder: Hashable, Codable, Sendable {
  package var place: PullRequestPlace
  package var logins: [String]
  package init(place: PullRequestPlace, logins: [String]) {
    self.place = place
    self.logins = logins
  }
}

/// Run the checks of a head once more that ended without a verdict on the work.
package struct RerunOrder: Hashable, Codable, Sendable {
  package var place: PullRequestPlace
  package var head: String
  /// Their jobs.
  package var jobs: [Int64]
  package init(place: PullRequestPlace, head: String, jobs: [Int64]) {
    self.place = place
    self.head = head
    self.jobs = jobs
  }
}

/// Merge the base into the head, on the server.
package struct UpdateOrder: Hashable, Codable, Sendable {
  package var place: PullRequestPlace
  /// The head it is decided on: another one voids it.
  package var head: String
  package init(place: PullRequestPlace, head: String) {
    self.place = place
    self.head = head
  }
}

/// Merge a pull request, or put it into the base's queue.
package struct MergeOrder: Hashable, Codable, Sendable {
  package var place: PullRequestPlace
  /// The head it was approved at: another one voids it.
  package var head: String
  package var method: MergePolicy.Method
  package var usesQueue: Bool
  /// The branch to delete afterwards; nil: it stays.
  package var branch: String?
  package init(
    place: PullRequestPlace, head: String, method: MergePolicy.Method, usesQueue: Bool,
    branch: String?
  ) {
    self.place = place
    self.head = head
    self.method = method
    self.usesQueue = usesQueue
    self.branch = branch
  }
}
