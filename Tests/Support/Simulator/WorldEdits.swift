// What can happen in the simulated repositories: issues opened, closed, linked and commented on,
// pull requests opened, merged and closed, branches pushed. Called by REST and GraphQL for what a
// client asks, and by GitHubSimulator for what a test edits, so that both have the same
// consequences.
import SymphonyCore

extension GitHubWorld {
  mutating func createIssue(
    in repository: Int, title: String, body: String, labels: [String], author: String,
    association: String, assignees: [String]
  ) -> IssuePlace {
    let number = rooms[repository]?.nextNumber ?? 1
    rooms[repository]?.nextNumber += 1
    let place = IssuePlace(repository: repository, number: number)
    let id = takeID()
    let node = GitHubWorld.nodeID("I", repository, id)
    personID(author)
    for login in assignees { personID(login) }
    var issue = SimulatedIssue(
      place: place, id: id, nodeID: node, title: title, body: body, labels: labels,
      assignees: assignees, author: author, association: association, createdAt: now,
      updatedAt: now)
    // A label an issue is born with was put on by its author, whoever chose it.
    issue.touches = labels.map { SimulatedTouch(kind: .labeled($0), actor: author, at: now) }
    rooms[repository]?.issues[number] = issue
    nodes[node] = .issue(place)
    return place
  }

  /// Moves no other issue's `updated_at`; the counts of open blockers follow by themselves, and so
  /// do boards that move what was closed.
  mutating func setOpen(
    _ place: IssuePlace, _ open: Bool, reason: String? = nil, by actor: String? = nil
  ) {
    guard let issue = found(place), issue.isOpen != open else { return }
    let time = now
    change(place, by: actor) {
      $0.isOpen = open
      $0.closedAt = open ? nil : time
      $0.stateReason = open ? "reopened" : $0.pull == nil ? reason ?? "completed" : nil
    }
    if !open { moveClosedOnBoards(place) }
  }

  /// Takes an issue away for good, from boards and links too.
  mutating func deleteIssue(_ place: IssuePlace) {
    guard let issue = found(place) else { return }
    rooms[place.repository]?.issues[place.number] = nil
    rooms[place.repository]?.deleted.insert(place.number)
    nodes[issue.nodeID] = nil
    removeFromBoards(place)
    for other in rooms.values.flatMap(\.issues.values)
    where other.blockedBy.contains(place) || other.subIssues.contains(place)
      || other.parent == place
    {
      change(other.place) {
        $0.blockedBy.removeAll { $0 == place }
        $0.subIssues.removeAll { $0 == place }
        if $0.parent == place { $0.parent = nil }
      }
    }
  }

  mutating func block(_ place: IssuePlace, by blocker: IssuePlace, _ isBlocked: Bool) {
    change(place) {
      $0.blockedBy.removeAll { $0 == blocker }
      if isBlocked { $0.blockedBy.append(blocker) }
    }
    touch(blocker)
  }

  func blocked(by place: IssuePlace) -> [SimulatedIssue] {
    rooms.values.flatMap(\.issues.values).filter { $0.blockedBy.contains(place) }
  }

  mutating func addSubIssue(_ child: IssuePlace, to parent: IssuePlace) {
    change(parent) { if !$0.subIssues.contains(child) { $0.subIssues.append(child) } }
    change(child) { $0.parent = parent }
  }

  private mutating func touch(_ place: IssuePlace) {
    let time = now
    rooms[place.repository]?.issues[place.number]?.updatedAt = time
  }

  /// - Throws: 422 for a blank body or one over 65,536 characters, 403 when locked, 404 and 410 for
  ///   the issue.
  mutating func comment(
    _ place: IssuePlace, author: String, association: String, body: String
  ) throws(RestError) -> SimulatedComment {
    let issue = try issue(place)
    if !body.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) {
      throw .invalid("IssueComment", "body", "missing_field")
    }
    if body.unicodeScalars.count > 65_536 {
      throw .custom(
        "IssueComment", "body is too long (maximum is 65536 characters)", field: "body")
    }
    if issue.isLocked {
      throw RestError(
        status: 403, message: "Unable to create comment because issue is locked.")
    }
    personID(author)
    let comment = SimulatedComment(
      id: takeID(), issue: place, author: author, association: association, body: body,
      createdAt: now, updatedAt: now)
    change(place) { $0.comments.append(comment) }
    nodes[GitHubWorld.nodeID("IC", place.repository, comment.id)] = .comment(place, comment.id)
    return comment
  }

  // MARK: Pull requests

  /// Refuses what GitHub refuses: unknown branches, no commits between them, a second open one.
  mutating func createPull(
    in repository: Int, title: String, body: String, head: String, base: String, isDraft: Bool,
    caller: Caller
  ) throws -> IssuePlace {
    let room = try room(repository)
    let parts = head.split(separator: ":", maxSplits: 1)
    let branch = parts.last.map(String.init) ?? ""
    let owner = room.facts.name.owner
    if parts.count == 2, parts[0].lowercased() != owner.lowercased() {
      throw RestError.invalid("PullRequest", "head")
    }
    let refs = try room.git.branches()
    guard let baseSHA = refs[base] else { throw RestError.invalid("PullRequest", "base") }
    guard let headSHA = refs[branch] else { throw RestError.invalid("PullRequest", "head") }
    let twin = room.issues.values.contains {
      $0.isOpen && $0.pull?.head == branch && $0.pull?.base == base
    }
    if twin {
      throw RestError.custom(
        "PullRequest", "A pull request already exists for \(owner):\(branch).")
    }
    if try room.git.commitCount(from: baseSHA, to: headSHA) == 0 {
      throw RestError.custom("PullRequest", "No commits between \(base) and \(branch)")
    }
    let place = createIssue(
      in: repository, title: title, body: body, labels: [], author: caller.login,
      association: caller.association, assignees: [])
    let id = takeID()
    let node = GitHubWorld.nodeID("PR", repository, id)
    if let old = found(place)?.nodeID { nodes[old] = nil }
    nodes[node] = .issue(place)
    rooms[repository]?.issues[place.number]?.nodeID = node
    rooms[repository]?.issues[place.number]?.pull = SimulatedPull(
      id: id, head: branch, base: base, headSHA: headSHA, baseSHA: baseSHA, isDraft: isDraft)
    try room.git.setReference("refs/pull/\(place.number)/head", headSHA)
    return place
  }

  /// Merges with a real commit, closes the pull request and the issues its body closes.
  mutating func merge(_ place: IssuePlace, method: String) throws -> String {
    guard let issue = found(place), let pull = issue.pull else { throw RestError.notFound }
    let room = try room(place.repository)
    guard issue.isOpen else {
      throw RestError(status: 405, message: "Pull Request is not mergeable")
    }
    let text =
      "Merge pull request #\(place.number) from \(room.facts.name.owner)/\(pull.head)\n\n"
      + issue.title
    guard
      let commit = try room.git.merge(
        into: pull.base, head: pull.headSHA, message: text, squash: method == "squash")
    else { throw RestError(status: 405, message: "Merge conflict") }
    let time = now
    change(place) {
      $0.pull?.mergedAt = time
      $0.pull?.mergeCommit = commit
      $0.pull?.isDraft = false
    }
    setOpen(place, false)
    for closed in closedBy(issue) { setOpen(closed, false) }
    try noteBranches(place.repository)
    return commit
  }

  /// The issues a pull request's body closes, which only happens on the default branch.
  func closedBy(_ issue: SimulatedIssue) -> [IssuePlace] {
    guard let pull = issue.pull, issue.body.contains("#"),
      pull.base == rooms[issue.place.repository]?.facts.defaultBranch
    else { return [] }
    return issues(namedIn: issue.body, from: issue.place.repository)
  }

  /// What `Closes #3`, `fixes owner/repo#3` and the like name.
  private func issues(namedIn text: String, from repository: Int) -> [IssuePlace] {
    let keyword =
      /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s+(?:([\w.-]+\/[\w.-]+))?#(\d+)/
      .ignoresCase()
    return text.matches(of: keyword).compactMap { found in
      var target: RepositoryRoom? = rooms[repository]
      if let full = found.output.1 {
        target = RepositoryName(String(full)).flatMap { room(named: $0) }
      }
      guard let number = Int(found.output.2), let target,
        target.issues[number].map({ $0.pull == nil }) == true
      else { return nil }
      return IssuePlace(repository: target.facts.id, number: number)
    }
  }

  // MARK: Branches

  /// Compares a repository's branches with what was last seen: open pull requests follow their
  /// head, or close with it, and commits that reached the default branch close what their messages
  /// name.
  mutating func noteBranches(_ repository: Int) throws {
    let room = try room(repository)
    let refs = try room.git.branches()
    guard refs != room.heads else { return }
    rooms[repository]?.heads = refs
    let time = now
    rooms[repository]?.facts.pushedAt = time
    rooms[repository]?.facts.updatedAt = time
    for issue in room.issues.values.sorted(by: { $0.number < $1.number }) where issue.isOpen {
      guard let pull = issue.pull else { continue }
      guard let head = refs[pull.head] else {
        setOpen(issue.place, false)
        continue
      }
      if head != pull.headSHA {
        change(issue.place) { $0.pull?.headSHA = head }
        try room.git.setReference("refs/pull/\(issue.number)/head", head)
      }
      if let tip = refs[pull.base] {
        rooms[repository]?.issues[issue.number]?.pull?.baseSHA = tip
      }
    }
    let main = room.facts.defaultBranch
    if let new = refs[main], let old = room.heads[main], new != old {
      let text = try room.git.messages(from: old, to: new)
      for place in issues(namedIn: text, from: repository) { setOpen(place, false) }
    }
  }
}
