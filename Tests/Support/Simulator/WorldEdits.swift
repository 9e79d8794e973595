// What can happen to the simulated repository: issues opened, closed, labelled and commented on,
// pull requests opened, merged and closed, branches pushed. Called by the REST side for what a
// client asks, and by GitHubSimulator for what a test edits, so that both have the same
// consequences.
import SymphonyCore

extension World {
  mutating func createIssue(
    title: String, body: String, labels: [String], author: String, association: String,
    assignees: [String]
  ) -> Int {
    let number = takeNumber()
    let id = takeID()
    _ = personID(author)
    for login in assignees { _ = personID(login) }
    issues[number] = SimulatedIssue(
      number: number, id: id, nodeID: nodeID("I", id), title: title, body: body, labels: labels,
      assignees: assignees, author: author, association: association, createdAt: now, updatedAt: now
    )
    return number
  }

  /// Moves no other issue's `updated_at`; the counts of open blockers follow by themselves.
  mutating func setOpen(_ number: Int, _ open: Bool, reason: String? = nil) {
    guard let issue = issues[number], issue.isOpen != open else { return }
    let time = now
    change(number) {
      $0.isOpen = open
      $0.closedAt = open ? nil : time
      $0.stateReason = open ? "reopened" : $0.pull == nil ? reason ?? "completed" : nil
    }
  }

  /// - Throws: 422 for a blank body or one over 65,536 characters, 404 and 410 for the issue.
  mutating func comment(
    _ number: Int, author: String, association: String, body: String
  ) throws(RestError) -> SimulatedComment {
    _ = try issue(number)
    if !body.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) {
      throw .invalid("IssueComment", "body", "missing_field")
    }
    if body.unicodeScalars.count > 65_536 {
      throw .custom(
        "IssueComment", "body is too long (maximum is 65536 characters)", field: "body")
    }
    _ = personID(author)
    let comment = SimulatedComment(
      id: takeID(), issue: number, author: author, association: association, body: body,
      createdAt: now, updatedAt: now)
    change(number) { $0.comments.append(comment) }
    return comment
  }

  /// Refuses what GitHub refuses: unknown branches, no commits between them, a second open one.
  mutating func createPull(
    title: String, body: String, head: String, base: String, isDraft: Bool, caller: Caller,
    git: BareRepository
  ) throws -> Int {
    let parts = head.split(separator: ":", maxSplits: 1)
    let branch = parts.last.map(String.init) ?? ""
    let owner = repository.name.owner
    if parts.count == 2, parts[0].lowercased() != owner.lowercased() {
      throw RestError.invalid("PullRequest", "head")
    }
    let refs = try git.branches()
    guard let baseSHA = refs[base] else { throw RestError.invalid("PullRequest", "base") }
    guard let headSHA = refs[branch] else { throw RestError.invalid("PullRequest", "head") }
    let twin = issues.values.contains {
      $0.isOpen && $0.pull?.head == branch && $0.pull?.base == base
    }
    if twin {
      throw RestError.custom(
        "PullRequest", "A pull request already exists for \(owner):\(branch).")
    }
    if try git.commitCount(from: baseSHA, to: headSHA) == 0 {
      throw RestError.custom("PullRequest", "No commits between \(base) and \(branch)")
    }
    let number = createIssue(
      title: title, body: body, labels: [], author: caller.login, association: caller.association,
      assignees: [])
    let id = takeID()
    let node = nodeID("PR", id)
    issues[number]?.nodeID = node
    issues[number]?.pull = SimulatedPull(
      id: id, head: branch, base: base, headSHA: headSHA, baseSHA: baseSHA, isDraft: isDraft)
    try git.setReference("refs/pull/\(number)/head", headSHA)
    return number
  }

  /// Merges with a real commit, closes the pull request and the issues its body closes.
  mutating func merge(
    _ number: Int, method: String, git: BareRepository
  ) throws -> String {
    guard let issue = issues[number], let pull = issue.pull else { throw RestError.notFound }
    guard issue.isOpen else {
      throw RestError(status: 405, message: "Pull Request is not mergeable")
    }
    let text =
      "Merge pull request #\(number) from \(repository.name.owner)/\(pull.head)\n\n\(issue.title)"
    guard
      let commit = try git.merge(
        into: pull.base, head: pull.headSHA, message: text, squash: method == "squash")
    else { throw RestError(status: 405, message: "Merge conflict") }
    let time = now
    change(number) {
      $0.pull?.mergedAt = time
      $0.pull?.mergeCommit = commit
      $0.pull?.isDraft = false
    }
    setOpen(number, false)
    if pull.base == repository.defaultBranch { closeIssues(namedIn: issue.body) }
    try noteBranches(git)
    return commit
  }

  /// Closes what `Closes #3`, `fixes owner/repo#3` and the like name in this repository.
  mutating func closeIssues(namedIn text: String) {
    let keyword =
      /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s+(?:([\w.-]+\/[\w.-]+))?#(\d+)/
      .ignoresCase()
    for found in text.matches(of: keyword) {
      if let full = found.output.1 {
        guard let name = RepositoryName(String(full)), isOurs(name) else { continue }
      }
      guard let number = Int(found.output.2), issues[number]?.pull == nil else { continue }
      setOpen(number, false)
    }
  }

  /// The repository's present name or one it had, without case.
  func isOurs(_ name: RepositoryName) -> Bool {
    repository.name.matches(name) || repository.formerNames.contains { $0.matches(name) }
  }

  /// Compares the branches with what was last seen: open pull requests follow their head, or close
  /// with it, and commits that reached the default branch close what their messages name.
  mutating func noteBranches(_ git: BareRepository) throws {
    let refs = try git.branches()
    guard refs != heads else { return }
    let before = heads
    heads = refs
    repository.pushedAt = now
    repository.updatedAt = now
    for issue in issues.values.sorted(by: { $0.number < $1.number }) where issue.isOpen {
      guard let pull = issue.pull else { continue }
      guard let head = refs[pull.head] else {
        setOpen(issue.number, false)
        continue
      }
      if head != pull.headSHA {
        change(issue.number) { $0.pull?.headSHA = head }
        try git.setReference("refs/pull/\(issue.number)/head", head)
      }
      if let tip = refs[pull.base] { issues[issue.number]?.pull?.baseSHA = tip }
    }
    let main = repository.defaultBranch
    if let new = refs[main], let old = before[main], new != old {
      closeIssues(namedIn: try git.messages(from: old, to: new))
    }
  }
}
