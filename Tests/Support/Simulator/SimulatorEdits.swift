// What people do on the simulated GitHub, for tests: open, label, close and link issues, comment,
// merge, push, rename, take tokens away. A repository is named by its present or a former name; nil
// means the one the simulator began with. Boards and Apps are in SimulatorBoardEdits.swift.
import SymphonyCore
import SymphonyPlatform
import Synchronization

extension GitHubSimulator {
  // MARK: Issues

  @discardableResult
  package func createIssue(
    title: String, body: String = "", labels: [String] = [], author: String = "alice",
    assignees: [String] = [], association: String = "MEMBER", in repository: String? = nil
  ) -> Int {
    let id = room(repository).facts.id
    return core.world.withLock {
      $0.createIssue(
        in: id, title: title, body: body, labels: labels, author: author,
        association: association, assignees: assignees
      ).number
    }
  }
  package func closeIssue(_ number: Int, in repository: String? = nil) {
    let place = place(number, repository)
    core.world.withLock { $0.setOpen(place, false) }
  }
  package func reopenIssue(
    _ number: Int, by actor: String = "alice", in repository: String? = nil
  ) {
    let place = place(number, repository)
    core.world.withLock { $0.setOpen(place, true, by: actor) }
  }
  /// Gone for good: 410 from now on, and off every board.
  package func deleteIssue(_ number: Int, in repository: String? = nil) {
    let place = place(number, repository)
    core.world.withLock { $0.deleteIssue(place) }
  }
  package func addLabel(
    _ number: Int, _ label: String, by actor: String = "alice", in repository: String? = nil
  ) {
    editIssue(number, by: actor, in: repository) {
      if !RestIssues.has($0, label) { $0.labels.append(label) }
    }
  }
  package func removeLabel(
    _ number: Int, _ label: String, by actor: String = "alice", in repository: String? = nil
  ) {
    editIssue(number, by: actor, in: repository) {
      $0.labels.removeAll { $0.lowercased() == label.lowercased() }
    }
  }
  /// Changes an issue or pull request in any way and moves its `updated_at`.
  package func editIssue(
    _ number: Int, by actor: String? = "alice", in repository: String? = nil,
    _ edit: @Sendable (inout SimulatedIssue) -> Void
  ) {
    let place = place(number, repository)
    core.world.withLock { $0.change(place, by: actor, edit) }
  }
  package func comment(
    _ number: Int, author: String, body: String, association: String = "MEMBER",
    in repository: String? = nil
  ) throws {
    let place = place(number, repository)
    _ = try core.world.withLock {
      try $0.comment(place, author: author, association: association, body: body)
    }
  }
  package func block(
    _ number: Int, in repository: String? = nil, by blocker: Int, of other: String? = nil,
    _ isBlocked: Bool = true
  ) {
    let (place, blocker) = (place(number, repository), place(blocker, other))
    core.world.withLock { $0.block(place, by: blocker, isBlocked) }
  }
  package func addSubIssue(
    _ child: Int, of other: String? = nil, to parent: Int, in repository: String? = nil
  ) {
    let (parent, child) = (place(parent, repository), place(child, other))
    core.world.withLock { $0.addSubIssue(child, to: parent) }
  }

  // MARK: Pull requests and branches

  /// Merges for real, a draft too, and closes the issues its body names.
  /// - Throws: `RestError` with 405 when it is closed or conflicts.
  package func mergePullRequest(_ number: Int, in repository: String? = nil) throws {
    let place = place(number, repository)
    _ = try core.world.withLock { try $0.merge(place, method: "merge") }
  }
  package func closePullRequest(_ number: Int, in repository: String? = nil) {
    closeIssue(number, in: repository)
  }
  /// Somebody else's pull request, for a branch that is there.
  @discardableResult
  package func createPullRequest(
    title: String, body: String = "", head: String, base: String? = nil, isDraft: Bool = false,
    author: String = "alice", in repository: String? = nil
  ) throws -> Int {
    let facts = room(repository).facts
    return try core.world.withLock {
      try $0.createPull(
        in: facts.id, title: title, body: body, head: head, base: base ?? facts.defaultBranch,
        isDraft: isDraft, caller: Caller(login: author, association: "MEMBER", mayWrite: true)
      ).number
    }
  }
  /// Commits files (path to text) to a branch as somebody else would; a new branch starts from the
  /// default one.
  package func commit(
    branch: String, files: [String: String], message: String = "Somebody else's commit",
    in repository: String? = nil
  ) throws {
    let room = room(repository)
    try core.world.withLock {
      let heads = $0.rooms[room.facts.id]?.heads ?? [:]
      let parent = heads[branch] ?? heads[room.facts.defaultBranch]
      try room.git.commit(branch: branch, files: files, message: message, parent: parent)
      try $0.noteBranches(room.facts.id)
    }
  }
  package func deleteBranch(_ branch: String, in repository: String? = nil) throws {
    let room = room(repository)
    try core.world.withLock {
      try room.git.deleteBranch(branch)
      try $0.noteBranches(room.facts.id)
    }
  }
  /// The checks and commit statuses of a branch's present tip, all of them.
  package func setChecks(
    _ checks: [SimulatedCheck], branch: String, in repository: String? = nil
  ) {
    let room = room(repository)
    guard let tip = room.heads[branch] else {
      preconditionFailure("no branch \(branch) to check")
    }
    core.world.withLock { $0.setChecks(checks, of: tip, in: room.facts.id) }
  }
  /// Refuses pushes to branches that match a shell pattern, with GitHub's GH006.
  package func protectBranch(_ pattern: String, in repository: String? = nil) {
    let id = room(repository).facts.id
    core.world.withLock { $0.rooms[id]?.protectedBranches.append(pattern) }
  }
  /// Refuses every push with this text; nil allows them again.
  package func refusePushes(_ reason: String?, in repository: String? = nil) {
    let id = room(repository).facts.id
    core.world.withLock { $0.rooms[id]?.pushRefusal = reason }
  }

  // MARK: Repositories

  /// Another repository, with one commit.
  package func addRepository(_ name: String, isPrivate: Bool = true) throws {
    guard let name = RepositoryName(name) else {
      preconditionFailure("a repository is owner/name, not \(name)")
    }
    let git = try BareRepository(
      root: directory.directory("more-\(Host.randomHex(bytes: 4))"), defaultBranch: "main",
      name: name.name)
    _ = try core.world.withLock {
      try $0.addRepository(name, isPrivate: isPrivate, defaultBranch: "main", git: git)
    }
  }
  /// The old name is redirected from now on.
  package func renameRepository(_ name: String, from old: String? = nil) {
    guard let new = RepositoryName(name) else {
      preconditionFailure("a repository is owner/name, not \(name)")
    }
    let id = room(old).facts.id
    core.world.withLock { world in
      let now = world.now
      guard var facts = world.rooms[id]?.facts else { return }
      facts.formerNames.append(facts.name)
      facts.formerNames.removeAll { $0.matches(new) }
      facts.name = new
      facts.updatedAt = now
      world.rooms[id]?.facts = facts
    }
  }
  package func setArchived(_ isArchived: Bool) {
    let id = room(nil).facts.id
    core.world.withLock { $0.rooms[id]?.facts.isArchived = isArchived }
  }
  package func setPrivate(_ isPrivate: Bool, in repository: String? = nil) {
    let id = room(repository).facts.id
    core.world.withLock { $0.rooms[id]?.facts.isPrivate = isPrivate }
  }
}
