// A simulated GitHub for tests: one repository with issues, pull requests and comments over REST,
// and git over smart HTTP, on a free port of the loopback interface. Tests start it, edit its world
// as people would, spoil its answers, and assert on the state it ends in. It does not simulate
// GraphQL, boards, Apps or webhooks.
import NIOCore
import SymphonyCore
import SymphonyPlatform
import Synchronization

public final class GitHubSimulator: Sendable {
  private let core: SimulatorCore
  private let directory: TemporaryDirectory
  /// `http://127.0.0.1:PORT`; REST answers here and under `/api/v3`.
  public let baseURL: String
  /// The token the simulator began with; it belongs to `symphony-bot`, who may write.
  public let token: String

  private init(
    core: SimulatorCore, directory: TemporaryDirectory, baseURL: String, token: String
  ) {
    self.core = core
    self.directory = directory
    self.baseURL = baseURL
    self.token = token
  }
  deinit { core.closeAll() }

  /// Starts with an empty repository: one commit on the default branch, no issue.
  public static func start(
    repository: String = "acme/app", token: String = "ghp_testtoken", isPrivate: Bool = true,
    defaultBranch: String = "main"
  ) async throws -> GitHubSimulator {
    guard let name = RepositoryName(repository) else {
      preconditionFailure("a repository is owner/name, not \(repository)")
    }
    let directory = try TemporaryDirectory("github")
    let git = try BareRepository(
      root: directory.path, defaultBranch: defaultBranch, name: name.name)
    var world = World(name: name, isPrivate: isPrivate, defaultBranch: defaultBranch)
    world.tokens[token] = Caller(login: "symphony-bot", association: "MEMBER", mayWrite: true)
    world.heads = try git.branches()
    _ = world.personID(name.owner)
    _ = world.personID("symphony-bot")
    let core = SimulatorCore(world: world, git: git)
    let server = try await core.listen()
    let url = "http://127.0.0.1:\(server.localAddress?.port ?? 0)"
    core.world.withLock { $0.web = url }
    return GitHubSimulator(core: core, directory: directory, baseURL: url, token: token)
  }

  /// Closes every connection, waits until no request is being answered, and removes the repository.
  public func stop() async {
    core.closeAll()
    try? await eventually("the simulator is quiet") { core.isQuiet }
    directory.remove()
  }

  /// What `github.api_url` is set to.
  public var apiURL: String { baseURL }
  public var cloneURL: String { "\(baseURL)/\(repository.name).git" }
  public var repository: SimulatedRepository { core.world.withLock { $0.repository } }
  /// The bare repository behind it, to look into or to commit to behind everybody's back.
  public var git: BareRepository { core.git }
  /// What gives a git child this simulator's token.
  public var gitEnvironment: [String: String] {
    Git.credentials(token: token, scope: baseURL + "/")
  }

  // MARK: What people do

  @discardableResult
  public func createIssue(
    title: String, body: String = "", labels: [String] = [], author: String = "alice",
    assignees: [String] = [], association: String = "MEMBER"
  ) -> Int {
    core.world.withLock {
      $0.createIssue(
        title: title, body: body, labels: labels, author: author, association: association,
        assignees: assignees)
    }
  }
  public func closeIssue(_ number: Int) { core.world.withLock { $0.setOpen(number, false) } }
  public func reopenIssue(_ number: Int) { core.world.withLock { $0.setOpen(number, true) } }
  /// Gone for good: 410 from now on.
  public func deleteIssue(_ number: Int) {
    core.world.withLock {
      $0.issues[number] = nil
      $0.deleted.insert(number)
    }
  }
  public func addLabel(_ number: Int, _ label: String) {
    core.world.withLock {
      $0.change(number) { if !RestIssues.has($0, label) { $0.labels.append(label) } }
    }
  }
  public func removeLabel(_ number: Int, _ label: String) {
    core.world.withLock {
      $0.change(number) { $0.labels.removeAll { $0.lowercased() == label.lowercased() } }
    }
  }
  /// Changes an issue or pull request in any way and moves its `updated_at`.
  public func editIssue(_ number: Int, _ edit: @Sendable (inout SimulatedIssue) -> Void) {
    core.world.withLock { $0.change(number, edit) }
  }
  public func comment(
    _ number: Int, author: String, body: String, association: String = "MEMBER"
  ) throws {
    _ = try core.world.withLock {
      try $0.comment(number, author: author, association: association, body: body)
    }
  }
  /// Merges for real, a draft too, and closes the issues its body names.
  /// - Throws: `RestError` with 405 when it is closed or conflicts.
  public func mergePullRequest(_ number: Int) throws {
    _ = try core.world.withLock { try $0.merge(number, method: "merge", git: core.git) }
  }
  public func closePullRequest(_ number: Int) { closeIssue(number) }
  /// Somebody else's pull request, for a branch that is there.
  @discardableResult
  public func createPullRequest(
    title: String, body: String = "", head: String, base: String? = nil, isDraft: Bool = false,
    author: String = "alice"
  ) throws -> Int {
    try core.world.withLock {
      try $0.createPull(
        title: title, body: body, head: head, base: base ?? $0.repository.defaultBranch,
        isDraft: isDraft, caller: Caller(login: author, association: "MEMBER", mayWrite: true),
        git: core.git)
    }
  }
  /// Commits files (path to text) to a branch as somebody else would; a new branch starts from the
  /// default one.
  public func commit(
    branch: String, files: [String: String], message: String = "Somebody else's commit"
  ) throws {
    try core.world.withLock {
      let parent = $0.heads[branch] ?? $0.heads[$0.repository.defaultBranch]
      try core.git.commit(branch: branch, files: files, message: message, parent: parent)
      try $0.noteBranches(core.git)
    }
  }
  public func deleteBranch(_ branch: String) throws {
    try core.world.withLock {
      try core.git.deleteBranch(branch)
      try $0.noteBranches(core.git)
    }
  }
  /// The old name is redirected from now on.
  public func renameRepository(_ name: String) {
    guard let new = RepositoryName(name) else {
      preconditionFailure("a repository is owner/name, not \(name)")
    }
    core.world.withLock {
      $0.repository.formerNames.append($0.repository.name)
      $0.repository.formerNames.removeAll { $0.matches(new) }
      $0.repository.name = new
      $0.repository.updatedAt = $0.now
    }
  }
  public func setPrivate(_ isPrivate: Bool) {
    core.world.withLock { $0.repository.isPrivate = isPrivate }
  }
  /// 401 for it from now on; nil: the token the simulator began with.
  public func revokeToken(_ token: String? = nil) {
    core.world.withLock { $0.tokens[token ?? self.token] = nil }
  }
  public func addToken(
    _ token: String, login: String, association: String = "MEMBER", mayWrite: Bool = true
  ) {
    core.world.withLock {
      $0.tokens[token] = Caller(login: login, association: association, mayWrite: mayWrite)
      _ = $0.personID(login)
    }
  }
  /// Refuses pushes to branches that match a shell pattern, with GitHub's GH006.
  public func protectBranch(_ pattern: String) {
    core.world.withLock { $0.protectedBranches.append(pattern) }
  }
  /// Refuses every push with this text; nil allows them again.
  public func refusePushes(_ reason: String?) { core.world.withLock { $0.pushRefusal = reason } }
  /// Leaves this many requests of the primary limit, which begins anew after `seconds`.
  public func limitRequests(remaining: Int, resetsIn seconds: Int64) {
    core.world.withLock {
      $0.limit.used = $0.limit.limit - remaining
      $0.limit.resetAt = $0.now.milliseconds / 1000 + seconds
    }
  }
  /// Moves GitHub's clock, ours stays.
  public func advanceClock(seconds: Int64) {
    core.world.withLock { $0.clockOffset += seconds * 1000 }
  }

  // MARK: What is so

  /// By number, without pull requests.
  public var issues: [SimulatedIssue] { sorted { $0.pull == nil } }
  public var pullRequests: [SimulatedIssue] { sorted { $0.pull != nil } }
  private func sorted(_ wanted: (SimulatedIssue) -> Bool) -> [SimulatedIssue] {
    core.world.withLock { Array($0.issues.values) }.filter(wanted)
      .sorted { $0.number < $1.number }
  }
  /// An issue or pull request; nil when there is none.
  public func issue(_ number: Int) -> SimulatedIssue? { core.world.withLock { $0.issues[number] } }
  public func comments(_ number: Int) -> [SimulatedComment] { issue(number)?.comments ?? [] }
  /// Commit ids by branch name.
  public var branches: [String: String] { core.world.withLock { $0.heads } }

  public var requestLog: [LoggedRequest] { core.traffic.withLock { $0.log } }
  public func clearRequestLog() { core.traffic.withLock { $0.clearLog() } }
  public var requestCount: Int { requestLog.count }
  /// Requests that changed something, pushes included, since the log was cleared.
  public var writeCount: Int { requestLog.filter(\.wasWrite).count }
  public var maximumConcurrentRequests: Int { core.traffic.withLock { $0.maximumActive } }

  // MARK: What goes wrong

  @discardableResult
  public func add(_ fault: Fault) -> Int { core.traffic.withLock { $0.add(fault) } }
  /// Ends one rule, or all; what is held stays held.
  public func removeFault(_ id: Int? = nil) { core.traffic.withLock { $0.remove(id) } }
  public func timesFired(_ id: Int) -> Int { core.traffic.withLock { $0.fired(id) } }
  /// How many requests hang now.
  public var heldCount: Int { core.traffic.withLock { $0.heldCount } }
  /// Lets every hanging request go on.
  public func releaseHeld() { core.releaseHeld() }
}
