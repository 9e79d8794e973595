// What GraphQL says of issues, pull requests and comments. Links to what the caller may not see are
// left out of lists; counts count them, as GitHub's do.
import SymphonyCore

extension GraphContext {
  func state(of issue: SimulatedIssue) -> String {
    if issue.pull?.isMerged == true { return "MERGED" }
    return issue.isOpen ? "OPEN" : "CLOSED"
  }
  func url(of issue: SimulatedIssue) -> String {
    let name = world.rooms[issue.place.repository]?.facts.name.description ?? "?"
    return "\(world.web)/\(name)/\(issue.pull == nil ? "issues" : "pull")/\(issue.number)"
  }

  /// An issue, or a pull request.
  func issue(_ issue: SimulatedIssue) -> GraphObject {
    guard let room = world.rooms[issue.place.repository] else {
      preconditionFailure("an issue without its repository")
    }
    return GraphObject(issue.pull == nil ? "Issue" : "PullRequest") { [self] question in
      switch question.name {
      case "id": return .text(issue.nodeID)
      case "number": return .count(issue.number)
      case "title": return .text(issue.title)
      case "body": return .text(issue.body)
      case "url": return .text(url(of: issue))
      case "state": return .text(state(of: issue))
      case "stateReason": return .text(issue.stateReason?.uppercased())
      case "closed": return .flag(!issue.isOpen)
      case "locked": return .flag(issue.isLocked)
      case "createdAt": return .time(issue.createdAt)
      case "updatedAt": return .time(issue.updatedAt)
      case "closedAt": return .time(issue.closedAt)
      case "author": return .object(account(issue.author))
      case "authorAssociation": return .text(issue.association)
      case "repository": return .object(repository(room))
      case "milestone": return .optional(issue.milestone.map { milestone($0, room.facts) })
      case "labels":
        return try GraphPage.connection("LabelConnection", issue.labels, question) {
          .object(self.label($0, room.facts))
        }
      case "assignees":
        return try GraphPage.connection("UserConnection", issue.assignees, question) {
          .object(self.account($0, type: "User"))
        }
      case "comments": return try comments(issue, question)
      case "projectItems": return try projectItems(issue, question)
      default:
        if let answer = try touches(issue, question, room) { return answer }
        guard let pull = issue.pull else { return try links(issue, question) }
        return try answer(question, pull, of: issue, room)
      }
    }
  }

  private func comments(_ issue: SimulatedIssue, _ question: GraphQuestion) throws -> GraphAnswer {
    var rows = issue.comments
    if let order = question.arguments["orderBy"], order != .null {
      rows.sort { ($0.updatedAt, $0.id) < ($1.updatedAt, $1.id) }
      if order["direction"]?.stringValue == "DESC" { rows.reverse() }
    }
    return try GraphPage.connection("IssueCommentConnection", rows, question) {
      .object(self.comment($0))
    }
  }

  func comment(_ comment: SimulatedComment) -> GraphObject {
    let page = world.found(comment.issue).map(url) ?? ""
    return GraphObject(
      "IssueComment",
      fields: [
        "id": .text(GitHubWorld.nodeID("IC", comment.issue.repository, comment.id)),
        "body": .text(comment.body), "author": .object(account(comment.author)),
        "authorAssociation": .text(comment.association),
        "createdAt": .time(comment.createdAt), "updatedAt": .time(comment.updatedAt),
        "url": .text("\(page)#issuecomment-\(comment.id)"),
        "viewerDidAuthor": .flag(comment.author == caller.login),
        "lastEditedAt": .time(comment.editedAt), "isMinimized": .flag(comment.isMinimized),
      ])
  }

  private func milestone(_ title: String, _ repository: SimulatedRepository) -> GraphObject {
    GraphObject(
      "Milestone",
      fields: [
        "id": .text("MI_\(StableHash.hex("\(repository.id)/\(title)"))"), "number": .count(1),
        "title": .text(title), "state": .text("OPEN"), "description": .null,
        "url": .text("\(world.web)/\(repository.name)/milestone/1"),
      ])
  }

  /// The board items of an issue, on boards the caller may read.
  private func projectItems(
    _ issue: SimulatedIssue, _ question: GraphQuestion
  ) throws -> GraphAnswer {
    let withArchived = question.arguments["includeArchived"]?.boolValue ?? true
    var rows: [(item: SimulatedItem, board: SimulatedBoard)] = []
    for board in world.boards.values.sorted(by: { $0.id < $1.id })
    where (try? mayBoard(board, write: false)) == true {
      for item in board.items.values
      where item.place == issue.place && (withArchived || !item.isArchived) {
        rows.append((item, board))
      }
    }
    return try GraphPage.connection("ProjectV2ItemConnection", rows, question) {
      .object(self.item($0.item, of: $0.board))
    }
  }

  // MARK: Links of issues

  private func visible(_ places: [IssuePlace]) -> [SimulatedIssue] {
    places.filter(sees).compactMap { world.found($0) }
  }

  private func links(_ issue: SimulatedIssue, _ question: GraphQuestion) throws -> GraphAnswer {
    func isOpen(_ place: IssuePlace) -> Bool { world.found(place)?.isOpen == true }
    func connection(_ issues: [SimulatedIssue]) throws -> GraphAnswer {
      try GraphPage.connection("IssueConnection", issues, question) { .object(self.issue($0)) }
    }
    switch question.name {
    case "blockedBy": return try connection(visible(issue.blockedBy))
    case "blocking": return try connection(visible(world.blocked(by: issue.place).map(\.place)))
    case "subIssues": return try connection(visible(issue.subIssues))
    case "parent":
      return .optional(issue.parent.flatMap { visible([$0]).first }.map { self.issue($0) })
    case "issueDependenciesSummary":
      return .object(
        GraphObject("IssueDependenciesSummary") { [self] question in
          let blocked =
            question.name.lowercased().hasSuffix("blocking") ? world.blocked(by: issue.place) : []
          switch question.name {
          case "blockedBy": return .count(issue.blockedBy.count(where: isOpen))
          case "totalBlockedBy": return .count(issue.blockedBy.count)
          case "blocking": return .count(blocked.count(where: \.isOpen))
          case "totalBlocking": return .count(blocked.count)
          default: return .missing
          }
        })
    case "subIssuesSummary":
      let total = issue.subIssues.count
      let done = total - issue.subIssues.count(where: isOpen)
      return .object(
        GraphObject(
          "SubIssuesSummary",
          fields: [
            "total": .count(total), "completed": .count(done),
            "percentCompleted": .count(total == 0 ? 0 : done * 100 / total),
          ]))
    case "closedByPullRequestsReferences":
      let withClosed = question.arguments["includeClosedPrs"]?.boolValue ?? false
      let rows = (closers[issue.place] ?? []).filter {
        sees($0.place) && (withClosed || $0.isOpen || $0.pull?.isMerged == true)
      }
      return try GraphPage.connection("PullRequestConnection", rows, question) {
        .object(self.issue($0))
      }
    default: return .missing
    }
  }

  // MARK: Pull requests

  private func answer(
    _ question: GraphQuestion, _ pull: SimulatedPull, of issue: SimulatedIssue,
    _ room: RepositoryRoom
  ) throws -> GraphAnswer {
    switch question.name {
    case "merged": return .flag(pull.isMerged)
    case "mergedAt": return .time(pull.mergedAt)
    case "isDraft": return .flag(pull.isDraft)
    case "headRefName": return .text(pull.head)
    case "headRefOid": return .text(pull.headSHA)
    case "baseRefName": return .text(pull.base)
    case "headRepository": return .object(repository(room))
    case "isCrossRepository": return .flag(false)
    case "statusCheckRollup": return .optional(rollup(pull.headSHA, room))
    case "baseRef": return .optional(reference(pull.base, room))
    case "commits":
      let text = try room.git.git(["rev-list", "--reverse", "\(pull.baseSHA)..\(pull.headSHA)"])
      let ids = text.split(separator: "\n").map(String.init)
      return try GraphPage.connection("PullRequestCommitConnection", ids, question) { id in
        .object(
          GraphObject(
            "PullRequestCommit",
            fields: [
              "id": .text("PURC_\(id)"), "commit": .optional(self.commit(id, room)),
            ]))
      }
    default: return try reviewing(question, pull.reviewing, of: issue)
    }
  }
}
