// What GraphQL says of accounts, repositories, branches and commits.
import SymphonyCore
import SymphonyPlatform

extension GraphContext {
  /// An account; without `type` a bot by its name, an organization, or a user.
  func account(_ login: String, type: String? = nil) -> GraphObject {
    let isBot = login.hasSuffix("[bot]")
    let isOrganization = world.organizations.contains(login.lowercased())
    let type = type ?? (isBot ? "Bot" : isOrganization ? "Organization" : "User")
    // GraphQL leaves off what REST puts behind a bot's name.
    let shown = type == "Bot" ? String(login.dropLast("[bot]".count)) : login
    let id = world.people[login.lowercased()] ?? 0
    let web = world.web
    return GraphObject(type) { [self] question in
      switch question.name {
      case "id": return .text(GitHubWorld.nodeID("U", id))
      case "login", "name": return .text(shown)
      case "url": return .text("\(web)/\(login)")
      case "repository": return .object(try repository(login, question.text("name") ?? ""))
      case "projectV2":
        return .object(try board(owner: login, number: question.number("number") ?? 0))
      default: return .missing
      }
    }
  }

  /// Former names are followed, as GitHub follows them.
  func repository(_ owner: String, _ name: String) throws(GraphRefusal) -> GraphObject {
    guard let room = world.room(named: RepositoryName(owner: owner, name: name)),
      caller.sees(room.facts)
    else {
      throw GraphRefusal(
        "NOT_FOUND", "Could not resolve to a Repository with the name '\(owner)/\(name)'.")
    }
    return repository(room)
  }

  func repository(_ room: RepositoryRoom) -> GraphObject {
    let facts = room.facts
    let url = "\(world.web)/\(facts.name)"
    return GraphObject("Repository") { [self] question in
      switch question.name {
      case "id": return .text(GitHubWorld.nodeID("R", facts.id))
      case "name": return .text(facts.name.name)
      case "nameWithOwner": return .text(facts.name.description)
      case "owner": return .object(account(facts.name.owner))
      case "isPrivate": return .flag(facts.isPrivate)
      case "visibility": return .text(facts.isPrivate ? "PRIVATE" : "PUBLIC")
      case "isArchived": return .flag(facts.isArchived)
      case "isEmpty": return .flag(reference(facts.defaultBranch, room) == nil)
      case "isDisabled": return .flag(false)
      case "url": return .text(url)
      case "viewerPermission":
        return .text(caller.may("contents", write: true, in: facts) ? "WRITE" : "READ")
      case "createdAt": return .time(facts.createdAt)
      case "updatedAt": return .time(facts.updatedAt)
      case "defaultBranchRef": return .optional(reference(facts.defaultBranch, room))
      case "ref":
        let name = question.text("qualifiedName") ?? ""
        let prefix = "refs/heads/"
        return .optional(
          reference(name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name, room))
      case "object":
        let name = question.text("oid") ?? question.text("expression") ?? ""
        return .optional(commit(name, room))
      case "projectV2":
        return .object(
          try board(owner: facts.name.owner, number: question.number("number") ?? 0))
      default: return try contents(question, room)
      }
    }
  }

  private func contents(_ question: GraphQuestion, _ room: RepositoryRoom) throws -> GraphAnswer {
    switch question.name {
    case "issue", "pullRequest", "issueOrPullRequest":
      return .object(try numbered(question, room))
    case "issues", "pullRequests":
      let isPull = question.name == "pullRequests"
      return try GraphPage.connection(
        isPull ? "PullRequestConnection" : "IssueConnection",
        try list(question, room, isPull: isPull), question
      ) { .object(self.issue($0)) }
    case "label":
      let wanted = question.text("name")?.lowercased()
      let labels = room.issues.values.flatMap(\.labels)
      return .optional(
        labels.first { $0.lowercased() == wanted }.map { label($0, room.facts) })
    case "labels":
      let labels = Set(room.issues.values.flatMap(\.labels)).sorted()
      return try GraphPage.connection("LabelConnection", labels, question) {
        .object(self.label($0, room.facts))
      }
    default: return .missing
    }
  }

  private func numbered(
    _ question: GraphQuestion, _ room: RepositoryRoom
  ) throws(GraphRefusal) -> GraphObject {
    let number = question.number("number") ?? 0
    if let issue = room.issues[number], mayRead(issue) {
      let wantsPull = question.name == "pullRequest"
      if question.name == "issueOrPullRequest" || (issue.pull != nil) == wantsPull {
        return self.issue(issue)
      }
    }
    let kinds = [
      "issue": "an Issue", "pullRequest": "a PullRequest",
      "issueOrPullRequest": "an issue or pull request",
    ]
    throw GraphRefusal(
      "NOT_FOUND",
      "Could not resolve to \(kinds[question.name] ?? "?") with the number of \(number).")
  }

  private func list(
    _ question: GraphQuestion, _ room: RepositoryRoom, isPull: Bool
  ) throws(GraphRefusal) -> [SimulatedIssue] {
    let permission = isPull ? "pull_requests" : "issues"
    guard caller.may(permission, write: false, in: room.facts) else { throw denied }
    let states = question.words("states")
    let labels = question.words("labels")?.map { $0.lowercased() }
    let found = room.issues.values.filter { issue in
      guard (issue.pull != nil) == isPull else { return false }
      if let states, !states.isEmpty, !states.contains(state(of: issue)) { return false }
      if let labels, !issue.labels.contains(where: { labels.contains($0.lowercased()) }) {
        return false
      }
      if let head = question.text("headRefName"), issue.pull?.head != head { return false }
      if let base = question.text("baseRefName"), issue.pull?.base != base { return false }
      return true
    }
    let order = question.arguments["orderBy"]
    if let field = order?["field"]?.stringValue, field != "CREATED_AT" {
      throw GraphRefusal("UNPROCESSABLE", "The simulator cannot order by \(field).")
    }
    let sorted = found.sorted { ($0.createdAt, $0.number) < ($1.createdAt, $1.number) }
    return order?["direction"]?.stringValue == "DESC" ? sorted.reversed() : sorted
  }

  // MARK: Commits

  func reference(_ branch: String, _ room: RepositoryRoom) -> GraphObject? {
    guard let commit = room.heads[branch] else { return nil }
    return GraphObject(
      "Ref",
      fields: [
        "id": .text("REF_\(StableHash.hex("\(room.facts.id)/\(branch)"))"), "name": .text(branch),
        "prefix": .text("refs/heads/"), "target": .optional(self.commit(commit, room)),
        "refUpdateRule": .optional(rule(branch, room)),
      ])
  }

  /// By branch, `refs/heads/` of one, or commit id; nil when there is none.
  func commit(_ name: String, _ room: RepositoryRoom) -> GraphObject? {
    let prefix = "refs/heads/"
    let branch = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    var id = room.heads[branch]
    if id == nil, name.count == 40,
      Git.attempt(["cat-file", "-e", name], in: room.git.path).exit.isSuccess
    {
      id = name
    }
    guard let id else { return nil }
    return GraphObject("Commit") { [self] question in
      switch question.name {
      case "id": return .text("C_\(id)")
      case "oid": return .text(id)
      case "url": return .text("\(world.web)/\(room.facts.name)/commit/\(id)")
      case "statusCheckRollup": return .optional(rollup(id, room))
      default: return .missing
      }
    }
  }

  func label(_ name: String, _ repository: SimulatedRepository) -> GraphObject {
    GraphObject(
      "Label",
      fields: [
        "id": .text("LA_\(StableHash.hex("\(repository.id)/\(name.lowercased())"))"),
        "name": .text(name), "color": .text("ededed"), "description": .null,
        "url": .text("\(world.web)/\(repository.name)/labels/\(Percent.encoded(name))"),
      ])
  }
}
