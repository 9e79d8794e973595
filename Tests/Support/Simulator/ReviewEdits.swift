// What can happen in the reviews of a simulated pull request: submitted with comments on lines,
// replied to, resolved, asked for. Called by REST and GraphQL for what a client asks, and by tests
// for what people do.
import SymphonyCore
import SymphonyPlatform
import Synchronization

extension GitHubWorld {
  mutating func review(
    _ place: IssuePlace, by author: String, state: String, body: String,
    lines: [SimulatedLinePlan] = []
  ) throws -> SimulatedReview {
    guard let pull = found(place)?.pull else { throw RestError.notFound }
    personID(author)
    let review = SimulatedReview(
      id: takeID(), nodeID: "", author: author, state: state, body: body, createdAt: now,
      commit: pull.headSHA)
    var made = review
    made.nodeID = GitHubWorld.nodeID("PRR", place.repository, review.id)
    let threads = lines.map { plan -> SimulatedThread in
      let id = takeID()
      let line = newLine(place, by: author, body: plan.body, review: made)
      return SimulatedThread(
        id: id, nodeID: GitHubWorld.nodeID("PRRT", place.repository, id), path: plan.path,
        line: plan.line, startLine: plan.start, originalLine: plan.line,
        isOnFile: plan.line == nil, hunk: "@@ -1 +1 @@\n+text", commit: pull.headSHA,
        lines: [line])
    }
    for thread in threads { nodes[thread.nodeID] = .thread(place, thread.id) }
    change(place) {
      $0.pull?.reviewing.reviews.append(made)
      $0.pull?.reviewing.threads += threads
      if state != "PENDING" { $0.pull?.reviewing.requested.removeAll { $0 == author } }
    }
    return made
  }

  private mutating func newLine(
    _ place: IssuePlace, by author: String, body: String, review: SimulatedReview
  ) -> SimulatedLine {
    let id = takeID()
    return SimulatedLine(
      id: id, nodeID: GitHubWorld.nodeID("PRRC", place.repository, id), author: author, body: body,
      createdAt: now, review: review.nodeID, isPending: review.state == "PENDING")
  }

  /// A reply goes to a thread's first comment, and makes a review without words.
  /// - Throws: 404 for an unknown comment, 422 for one that is a reply itself, and while the author
  ///   has a review that is not submitted.
  mutating func reply(_ place: IssuePlace, to comment: Int, by author: String, body: String)
    throws -> SimulatedLine
  {
    guard let reviewing = found(place)?.pull?.reviewing,
      let thread = reviewing.threads.first(where: { $0.lines.contains { $0.id == comment } })
    else { throw RestError.notFound }
    guard thread.lines.first?.id == comment else {
      throw RestError(status: 422, message: "Validation Failed", errors: [.string("in_reply_to")])
    }
    if reviewing.reviews.contains(where: { $0.state == "PENDING" && $0.author == author }) {
      throw RestError.custom(
        "PullRequestReview", "user_id can only have one pending review per pull request",
        field: "user_id")
    }
    let review = try review(place, by: author, state: "COMMENTED", body: "")
    let line = newLine(place, by: author, body: body, review: review)
    change(place) {
      let index = $0.pull?.reviewing.threads.firstIndex { $0.id == thread.id }
      if let index { $0.pull?.reviewing.threads[index].lines.append(line) }
    }
    return line
  }

  /// - Throws: 422 for the author of the pull request and for whoever may not read the repository.
  mutating func requestReviews(_ place: IssuePlace, of logins: [String]) throws {
    guard let issue = found(place), issue.pull != nil, let room = rooms[place.repository] else {
      throw RestError.notFound
    }
    for login in logins {
      if login.lowercased() == issue.author.lowercased() {
        throw RestError(
          status: 422, message: "Review cannot be requested from pull request author.")
      }
      guard let role = role(of: login, in: room.facts), role != SimulatedRole.none else {
        throw RestError(
          status: 422,
          message: "Reviews may only be requested from collaborators. One or more of the users or "
            + "teams you specified is not a collaborator of the \(room.facts.name) repository.")
      }
    }
    change(place) { issue in
      for login in logins where issue.pull?.reviewing.requested.contains(login) == false {
        issue.pull?.reviewing.requested.append(login)
      }
    }
  }

  /// Merges the base into the head, as the button does.
  mutating func updateBranch(_ place: IssuePlace, expected: String?) throws {
    guard let pull = found(place)?.pull else { throw RestError.notFound }
    if let expected, expected != pull.headSHA {
      throw RestError(
        status: 422, message: "expected head sha didn\u{2019}t match current head ref.")
    }
    let room = try room(place.repository)
    let base = try room.git.branches()[pull.base] ?? ""
    if try room.git.commitCount(from: pull.headSHA, to: base) == 0 {
      throw RestError(status: 422, message: "There are no new commits on the base branch.")
    }
    let text = "Merge branch '\(pull.base)' into \(pull.head)"
    guard
      try room.git.merge(into: pull.head, head: base, message: text, squash: false) != nil
    else { throw RestError(status: 422, message: "merge conflict between base and head") }
    try noteBranches(place.repository)
  }
}

extension GitHubSimulator {
  /// Somebody's review, submitted or (`PENDING`) not; returns it.
  @discardableResult
  package func review(
    _ number: Int, by author: String = "alice", _ state: String, _ body: String = "",
    lines: [SimulatedLinePlan] = [], in repository: String? = nil
  ) throws -> SimulatedReview {
    let place = place(number, repository)
    return try core.world.withLock {
      try $0.review(place, by: author, state: state, body: body, lines: lines)
    }
  }
  /// A reply in the pull request's thread of that index.
  @discardableResult
  package func reply(
    _ number: Int, thread: Int, by author: String, _ body: String, in repository: String? = nil
  ) throws -> SimulatedLine {
    let place = place(number, repository)
    return try core.world.withLock { world in
      let threads = world.found(place)?.pull?.reviewing.threads ?? []
      guard threads.indices.contains(thread), let first = threads[thread].lines.first else {
        throw RestError.notFound
      }
      return try world.reply(place, to: first.id, by: author, body: body)
    }
  }
  /// Reviews, threads and the state of merging as they are.
  package func reviewing(_ number: Int, in repository: String? = nil) -> SimulatedReviewing {
    issue(number, in: repository)?.pull?.reviewing ?? SimulatedReviewing()
  }
  /// Changes them in any way; the pull request's `updated_at` stays, as it does for what happens to
  /// threads and checks.
  package func changeReviewing(
    _ number: Int, in repository: String? = nil,
    _ edit: @Sendable (inout SimulatedReviewing) -> Void
  ) {
    let place = place(number, repository)
    core.world.withLock { world in
      guard var reviewing = world.found(place)?.pull?.reviewing else { return }
      edit(&reviewing)
      world.rooms[place.repository]?.issues[place.number]?.pull?.reviewing = reviewing
    }
  }
  /// Names of checks that a branch requires.
  package func requireChecks(
    _ names: [String], on branch: String = "main", in repository: String? = nil
  ) {
    let id = room(repository).facts.id
    core.world.withLock { $0.rooms[id]?.requiredChecks[branch] = names }
  }
}
