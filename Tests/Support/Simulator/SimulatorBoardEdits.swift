// What people do with boards, tokens, Apps and limits of the simulated GitHub, for tests.
// Boards are named by their number, items by their issue or, drafts, by their node id.
import SymphonyCore
import Synchronization

extension GitHubSimulator {
  // MARK: Boards

  /// A new board with the standard fields and these; a closed issue moves to `closedStatus`.
  package func addBoard(
    _ number: Int = 1, owner: String? = nil, title: String = "Work",
    fields: [BoardFieldPlan] = [], closedStatus: String? = nil
  ) {
    let owner = owner ?? repository.name.owner
    _ = core.world.withLock {
      $0.addBoard(
        owner: owner, number: number, title: title, fields: fields, closedStatus: closedStatus)
    }
  }

  private func withBoard<Result>(
    _ number: Int, _ edit: (inout GitHubWorld, SimulatedBoard) throws -> sending Result
  ) rethrows -> sending Result {
    try core.world.withLock { world in
      guard let board = world.boards.values.first(where: { $0.number == number }) else {
        preconditionFailure("no board \(number) is simulated")
      }
      return try edit(&world, board)
    }
  }

  /// Puts an issue or pull request on a board and returns the item's node id.
  @discardableResult
  package func addItem(
    _ number: Int, in repository: String? = nil, fields: [String: String] = [:], board: Int = 1
  ) throws -> String {
    let place = place(number, repository)
    return try withBoard(board) { world, board in
      let item = world.addItem(place, to: board.id)
      for (name, value) in fields {
        try world.setField(name, to: value, item: item, board: board.id)
      }
      return world.boards[board.id]?.items[item]?.nodeID ?? ""
    }
  }
  /// A draft; returns the item's node id.
  @discardableResult
  package func addDraft(
    _ title: String, body: String = "", fields: [String: String] = [:], author: String = "alice",
    board: Int = 1
  ) throws -> String {
    try withBoard(board) { world, board in
      let item = world.addDraft(title, body: body, creator: author, to: board.id)
      for (name, value) in fields {
        try world.setField(name, to: value, item: item, board: board.id)
      }
      return world.boards[board.id]?.items[item]?.nodeID ?? ""
    }
  }
  /// By the option's name, the text, ...; nil clears.
  package func setField(
    _ field: String, _ value: String?, of number: Int, in repository: String? = nil,
    board: Int = 1
  ) throws {
    let place = place(number, repository)
    try withBoard(board) { world, board in
      guard let item = board.items.values.first(where: { $0.place == place }) else {
        preconditionFailure("#\(number) is not on the board")
      }
      try world.setField(field, to: value, item: item.id, board: board.id)
    }
  }
  package func archive(
    _ number: Int, _ isArchived: Bool = true, in repository: String? = nil, board: Int = 1
  ) {
    let place = place(number, repository)
    withBoard(board) { world, board in
      for item in board.items.values where item.place == place {
        world.changeItem(item.id, board.id) { $0.isArchived = isArchived }
      }
    }
  }
  /// Takes an issue off the board.
  package func removeItem(_ number: Int, in repository: String? = nil, board: Int = 1) {
    let place = place(number, repository)
    withBoard(board) { world, board in
      for item in board.items.values where item.place == place {
        world.removeItem(item.id, board.id)
      }
    }
  }
  package func renameOption(
    _ option: String, to name: String, field: String = "Status", board: Int = 1
  ) {
    withBoard(board) { world, board in
      world.changeOption(option, field: field, board: board.id, to: name)
    }
  }
  package func deleteOption(_ option: String, field: String = "Status", board: Int = 1) {
    withBoard(board) { world, board in
      world.changeOption(option, field: field, board: board.id, to: nil)
    }
  }

  // MARK: Tokens and Apps

  /// 401 for it from now on; nil: the token the simulator began with.
  package func revokeToken(_ token: String? = nil) {
    core.world.withLock { $0.tokens[token ?? self.token] = nil }
  }
  /// A person's token with scopes.
  package func addToken(
    _ token: String, login: String, association: String = "MEMBER", mayWrite: Bool = true,
    scopes: Set<String> = ["repo", "project", "read:org", "workflow"]
  ) {
    core.world.withLock {
      $0.tokens[token] = Caller(
        login: login, association: association, mayWrite: mayWrite, scopes: scopes)
      $0.personID(login)
    }
  }
  /// A fine-grained token with permissions by name, each `read` or `write`.
  package func addFineGrainedToken(
    _ token: String, login: String = "symphony-bot", permissions: [String: String]? = nil
  ) {
    core.world.withLock {
      $0.tokens[token] = Caller(
        login: login, association: "MEMBER", mayWrite: true, kind: .fineGrained,
        permissions: permissions ?? Caller.usualPermissions)
      $0.personID(login)
    }
  }
  /// From now on a token does not see a repository that is there; nil: the token the simulator
  /// began with.
  package func hide(_ repository: String, from token: String? = nil, _ isHidden: Bool = true) {
    let id = room(repository).facts.id
    core.world.withLock { world in
      if isHidden {
        world.tokens[token ?? self.token]?.hidden.insert(id)
      } else {
        world.tokens[token ?? self.token]?.hidden.remove(id)
      }
    }
  }
  /// An App with one installation, on the owner of the first repository.
  package func addApp(
    id: Int = 1001, clientID: String = "Iv23liSymphony00000", installation: Int = 2001,
    slug: String = "symphony", permissions: [String: String]? = nil,
    tokenLifetime: Interval = .hours(1)
  ) {
    let owner = repository.name.owner
    var usual = Caller.usualPermissions
    usual["checks"] = "read"
    core.world.withLock {
      $0.apps.append(
        SimulatedApp(
          id: id, clientID: clientID, slug: slug, installation: installation, account: owner,
          permissions: permissions ?? usual, tokenLifetime: tokenLifetime))
      $0.personID("\(slug)[bot]")
    }
  }
  /// Ends every installation token, as an hour would; the App makes new ones.
  package func expireInstallationTokens() {
    core.world.withLock { world in
      let now = world.now
      for (token, caller) in world.tokens where caller.isLimitedToken && caller.expiresAt != nil {
        world.tokens[token]?.expiresAt = now
      }
    }
  }

  // MARK: The server

  /// Leaves this much of the primary limit of a token's owner, which begins anew after `seconds`.
  package func limitRequests(
    remaining: Int, resetsIn seconds: Int64, resource: String = "core", token: String? = nil
  ) {
    core.world.withLock { world in
      let caller = world.tokens[token ?? self.token]
      var limit = world.limit(of: caller, resource)
      limit.used = limit.limit - remaining
      limit.resetAt = world.now.milliseconds / 1000 + seconds
      world.limits[LimitBucket(account: caller?.account ?? "", resource: resource)] = limit
    }
  }
  /// Moves GitHub's clock, ours stays.
  package func advanceClock(seconds: Int64) {
    core.world.withLock { $0.clockOffset += seconds * 1000 }
  }
  /// Takes `Type.field` or `Type.field.argument` out of the schema, as an old Enterprise server
  /// lacks it.
  package func removeFromSchema(_ path: String) {
    core.world.withLock { _ = $0.lacking.insert(path) }
  }
}
