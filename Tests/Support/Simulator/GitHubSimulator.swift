// A simulated GitHub for tests: repositories with issues, pull requests and comments over REST and
// GraphQL, boards, Apps, limits, and git over smart HTTP, on a free port of the loopback interface.
// Tests start it, edit its world as people would (here and in SimulatorEdits.swift), spoil its
// answers, and assert on the state it ends in. It does not simulate webhooks.
import NIOCore
import SymphonyCore
import SymphonyPlatform
import Synchronization

package final class GitHubSimulator: Sendable {
  let core: SimulatorCore
  let directory: TemporaryDirectory
  /// `http://127.0.0.1:PORT`; REST answers here and under `/api/v3`.
  package let baseURL: String
  /// The token the simulator began with; it belongs to `symphony-bot`, who may write.
  package let token: String

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
  package static func start(
    repository: String = "acme/app", token: String = "ghp_testtoken", isPrivate: Bool = true,
    defaultBranch: String = "main"
  ) async throws -> GitHubSimulator {
    guard let name = RepositoryName(repository) else {
      preconditionFailure("a repository is owner/name, not \(repository)")
    }
    let directory = try TemporaryDirectory("github")
    let git = try BareRepository(
      root: directory.directory("main"), defaultBranch: defaultBranch, name: name.name)
    var world = GitHubWorld()
    world.organizations.insert(name.owner.lowercased())
    world.main = try world.addRepository(
      name, isPrivate: isPrivate, defaultBranch: defaultBranch, git: git)
    world.tokens[token] = Caller(login: "symphony-bot", association: "MEMBER", mayWrite: true)
    world.personID("symphony-bot")
    for login in ["alice", "bob"] { world.roles[login] = [0: .write] }
    let core = SimulatorCore(world: world)
    let server = try await core.listen()
    let url = "http://127.0.0.1:\(server.localAddress?.port ?? 0)"
    let store = try await core.listen()
    core.world.withLock {
      $0.web = url
      $0.store = "http://127.0.0.1:\(store.localAddress?.port ?? 0)"
    }
    return GitHubSimulator(core: core, directory: directory, baseURL: url, token: token)
  }

  /// Closes every connection, waits until no request is being answered, and removes the repository.
  package func stop() async {
    core.closeAll()
    try? await eventually("the simulator is quiet") { core.isQuiet }
    directory.remove()
  }

  /// What `github.api_url` is set to.
  package var apiURL: String { baseURL }
  package var cloneURL: String { "\(baseURL)/\(repository.name).git" }
  /// Of a repository: its present name or one it had; nil: the one the simulator began with.
  func room(_ name: String? = nil) -> RepositoryRoom {
    let found = core.world.withLock { world in
      name.map { name in RepositoryName(name).flatMap { world.room(named: $0) } }
        ?? world.rooms[world.main]
    }
    guard let found else { preconditionFailure("no repository \(name ?? "") is simulated") }
    return found
  }
  func place(_ number: Int, _ repository: String?) -> IssuePlace {
    IssuePlace(repository: room(repository).facts.id, number: number)
  }

  package var repository: SimulatedRepository { room().facts }
  /// The bare repository behind it, to look into or to commit to behind everybody's back.
  package var git: BareRepository { room().git }
  /// The environment that gives a git child this simulator's token.
  package var gitEnvironment: [String: String] {
    Git.credentials(token: token, scope: baseURL + "/")
  }

  // MARK: What is so

  /// By number, without pull requests, of the repository the simulator began with.
  package var issues: [SimulatedIssue] { issues(in: nil) }
  package func issues(in repository: String?) -> [SimulatedIssue] {
    sorted(repository) { $0.pull == nil }
  }
  package var pullRequests: [SimulatedIssue] { pullRequests(in: nil) }
  package func pullRequests(in repository: String?) -> [SimulatedIssue] {
    sorted(repository) { $0.pull != nil }
  }
  private func sorted(
    _ repository: String?, _ wanted: (SimulatedIssue) -> Bool
  ) -> [SimulatedIssue] {
    room(repository).issues.values.filter(wanted).sorted { $0.number < $1.number }
  }
  /// An issue or pull request; nil when there is none.
  package func issue(_ number: Int, in repository: String? = nil) -> SimulatedIssue? {
    room(repository).issues[number]
  }
  package func comments(_ number: Int, in repository: String? = nil) -> [SimulatedComment] {
    issue(number, in: repository)?.comments ?? []
  }
  /// Commit ids by branch name.
  package var branches: [String: String] { room().heads }
  /// The board as it is now.
  package func board(_ number: Int) -> SimulatedBoard? {
    core.world.withLock { world in world.boards.values.first { $0.number == number } }
  }
  /// What a field of an issue's item shows; nil when it is empty or the issue is not on the board.
  package func shown(
    _ field: String, of number: Int, in repository: String? = nil, board: Int
  ) -> String? {
    let place = place(number, repository)
    guard let board = self.board(board), let field = board.field(field) else { return nil }
    return board.items.values.first { $0.place == place }?.shown(field)
  }

  /// GitHub's time, which tests may have moved.
  package var now: Timestamp { core.world.withLock { $0.now } }

  package var requestLog: [LoggedRequest] { core.traffic.withLock { $0.log } }
  package func clearRequestLog() { core.traffic.withLock { $0.clearLog() } }
  package var requestCount: Int { requestLog.count }
  /// Requests that changed something, pushes included, since the log was cleared.
  package var writeCount: Int { requestLog.filter(\.wasWrite).count }
  /// Points spent since the log was cleared, REST and GraphQL together.
  package var spentPoints: Int { requestLog.reduce(0) { $0 + $1.cost } }
  package var maximumConcurrentRequests: Int { core.traffic.withLock { $0.maximumActive } }

  // MARK: What goes wrong

  @discardableResult
  package func add(_ fault: Fault) -> Int { core.traffic.withLock { $0.add(fault) } }
  /// Ends one rule, or all; what is held stays held.
  package func removeFault(_ id: Int? = nil) { core.traffic.withLock { $0.remove(id) } }
  package func timesFired(_ id: Int) -> Int { core.traffic.withLock { $0.fired(id) } }
  /// How many requests hang now.
  package var heldCount: Int { core.traffic.withLock { $0.heldCount } }
  /// Lets every hanging request go on.
  package func releaseHeld() { core.releaseHeld() }
}
