// What GraphQL says of reviews, threads on lines, requests for reviews and the state of merging. A
// review that is not submitted is shown to its author only.
import SymphonyCore

extension GraphContext {
  func reviewing(
    _ question: GraphQuestion, _ reviewing: SimulatedReviewing, of issue: SimulatedIssue
  ) throws -> GraphAnswer {
    switch question.name {
    case "reviewDecision": return .text(reviewing.decision)
    case "mergeable": return .text(reviewing.mergeable)
    case "mergeStateStatus": return .text(reviewing.mergeState)
    case "isMergeQueueEnabled": return .flag(reviewing.hasQueue)
    case "isInMergeQueue": return .flag(reviewing.isInQueue)
    case "autoMergeRequest": return .null
    case "reviews":
      let rows = reviewing.reviews.filter { $0.state != "PENDING" || $0.author == caller.login }
      return try GraphPage.connection("PullRequestReviewConnection", rows, question, key: \.id) {
        .object(self.review($0, of: issue))
      }
    case "latestOpinionatedReviews":
      return try GraphPage.connection(
        "PullRequestReviewConnection", opinions(reviewing, of: issue, question), question
      ) { .object(self.review($0, of: issue)) }
    case "reviewRequests":
      return try GraphPage.connection(
        "ReviewRequestConnection", reviewing.requested, question
      ) { login in
        .object(
          GraphObject(
            "ReviewRequest", fields: ["requestedReviewer": .object(self.account(login))]))
      }
    case "reviewThreads":
      let rows = reviewing.threads.filter { thread in
        thread.lines.contains { !$0.isPending || $0.author == caller.login }
      }
      return try GraphPage.connection(
        "PullRequestReviewThreadConnection", rows, question, key: \.id
      ) { .object(self.thread($0, of: issue)) }
    default: return .missing
    }
  }

  private func opinions(
    _ reviewing: SimulatedReviewing, of issue: SimulatedIssue, _ question: GraphQuestion
  ) -> [SimulatedReview] {
    let withOpinion = reviewing.reviews.filter {
      ["APPROVED", "CHANGES_REQUESTED", "DISMISSED"].contains($0.state)
    }
    let latest = Dictionary(withOpinion.map { ($0.author, $0) }) { $1 }
    let writersOnly = question.arguments["writersOnly"]?.boolValue ?? false
    return latest.values.filter { !writersOnly || mayPush($0.author, issue) }
      .sorted { $0.id < $1.id }
  }

  private func mayPush(_ login: String, _ issue: SimulatedIssue) -> Bool {
    guard let room = world.rooms[issue.place.repository] else { return false }
    return ["write", "admin"].contains(world.role(of: login, in: room.facts)?.permission)
  }

  private func review(_ review: SimulatedReview, of issue: SimulatedIssue) -> GraphObject {
    GraphObject(
      "PullRequestReview",
      fields: [
        "id": .text(review.nodeID), "fullDatabaseId": .text("\(review.id)"),
        "state": .text(review.state), "body": .text(review.body),
        "url": .text("\(url(of: issue))#pullrequestreview-\(review.id)"),
        "author": author(review.author), "isMinimized": .flag(review.isMinimized),
        "createdAt": .time(review.createdAt),
        "submittedAt": .time(review.state == "PENDING" ? nil : review.createdAt),
        "updatedAt": .time(review.editedAt ?? review.createdAt),
        "lastEditedAt": .time(review.editedAt),
        "viewerDidAuthor": .flag(review.author == caller.login),
        "authorCanPushToRepository": .flag(mayPush(review.author, issue)),
        "commit": .object(GraphObject("Commit", fields: ["oid": .text(review.commit)])),
      ])
  }

  /// Null for an account that is gone.
  private func author(_ login: String) -> GraphAnswer {
    person(world.people[login.lowercased()] == nil ? nil : login)
  }

  // MARK: Threads

  func mayResolve(_ issue: SimulatedIssue) -> Bool {
    guard let room = world.rooms[issue.place.repository] else { return false }
    let isAuthor = issue.author == caller.login && !caller.isLimitedToken
    return isAuthor
      || caller.may("pull_requests", write: true, in: room.facts)
        && caller.may("contents", write: true, in: room.facts)
  }

  func thread(_ thread: SimulatedThread, of issue: SimulatedIssue) -> GraphObject {
    GraphObject("PullRequestReviewThread") { [self] question in
      switch question.name {
      case "id": return .text(thread.nodeID)
      case "isResolved": return .flag(thread.isResolved)
      case "isOutdated": return .flag(thread.isOutdated)
      case "path": return .text(thread.path)
      case "line": return .count(thread.isOutdated ? nil : thread.line)
      case "startLine": return .count(thread.isOutdated ? nil : thread.startLine)
      case "originalLine": return .count(thread.originalLine)
      case "originalStartLine": return .count(thread.startLine)
      case "subjectType": return .text(thread.isOnFile ? "FILE" : "LINE")
      case "viewerCanResolve": return .flag(!thread.isResolved && mayResolve(issue))
      case "comments":
        let rows = thread.lines.filter { !$0.isPending || $0.author == caller.login }
        return try GraphPage.connection(
          "PullRequestReviewCommentConnection", rows, question, key: \.id
        ) { .object(self.line($0, of: thread, issue)) }
      default: return .missing
      }
    }
  }

  private func line(
    _ line: SimulatedLine, of thread: SimulatedThread, _ issue: SimulatedIssue
  ) -> GraphObject {
    GraphObject(
      "PullRequestReviewComment",
      fields: [
        "id": .text(line.nodeID), "fullDatabaseId": .text("\(line.id)"),
        "databaseId": .count(line.id), "body": .text(line.body),
        "url": .text("\(url(of: issue))#discussion_r\(line.id)"), "author": author(line.author),
        "isMinimized": .flag(line.isMinimized), "createdAt": .time(line.createdAt),
        "lastEditedAt": .time(line.editedAt),
        "state": .text(line.isPending ? "PENDING" : "SUBMITTED"),
        "viewerDidAuthor": .flag(line.author == caller.login), "diffHunk": .text(thread.hunk),
        "originalCommit": .object(GraphObject("Commit", fields: ["oid": .text(thread.commit)])),
        "pullRequestReview": .object(
          GraphObject("PullRequestReview", fields: ["id": .text(line.review)])),
      ])
  }
}
