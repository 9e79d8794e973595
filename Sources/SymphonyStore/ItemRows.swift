// Work items: tracker facts in `item`, our claim with its counters in `claim`, the agent's session
// in `session`. Called by load and commit. A column is named once, in one of the enums below: the
// statements are made of them, writing switches over them, and reading asks `Places` where in the
// row the named column stands. A new column is a case, a line in `value` and a line in `read`.
import GRDB
import SymphonyCore

/// The columns of table `item`.
private enum ItemColumn: Int, ColumnName {
  case id, key, workspace, repositoryOwner, repositoryName, number, title, url, firstSeen, status
}

/// The columns of table `claim`.
private enum ClaimColumn: Int, ColumnName {
  case item, state, payload, failures, continuations, idleRuns, vanishes, earlyVanishes, launches,
    generation, runs, branch, ownsBranch, fenceHead, pullRequestNumber, pullRequestURL, epoch,
    unpushed, hasWorkspace, takeOver, inputTokens, cachedInputTokens, outputTokens, costUSD,
    verdict, lastLaunch, cleanUpSetAt, cleanUpDelay, cachePath, workspacePath, startsFresh,
    cleanUpFailures, cleanUpProblem, transients, sentence, crashedOn, resumeFailures, leftBehind,
    wake, restedAt, followUp
}

/// The columns of table `session`.
private enum SessionColumn: Int, ColumnName {
  case item, agent, id, costUSD, counted
}

enum ItemRows {
  private static let putItem = Statements.upsert("item", key: ["id"], ItemColumn.names())
  private static let putClaim = Statements.upsert("claim", key: ["item"], ClaimColumn.names())
  private static let putSession = Statements.upsert(
    "session", key: ["item"], SessionColumn.names())

  private static let item = Places<ItemColumn>(start: 0)
  private static let claim = Places<ClaimColumn>(start: item.end)
  private static let session = Places<SessionColumn>(start: claim.end)

  /// LEFT JOIN: an item whose claim is gone is damage to be reported, not an item to be overlooked.
  private static let select = """
    SELECT \(ItemColumn.names(of: "i.").joined(separator: ", ")),
      \(ClaimColumn.names(of: "c.").joined(separator: ", ")),
      \(SessionColumn.names(of: "s.").joined(separator: ", "))
    FROM item i LEFT JOIN claim c ON c.item = i.id LEFT JOIN session s ON s.item = i.id
    """

  static func put(_ record: ItemRecord, _ db: Database) throws {
    try db.change(putItem, StatementArguments(ItemColumn.allCases.map { value($0, record) }))
    try db.change(
      putClaim, StatementArguments(try ClaimColumn.allCases.map { try value($0, record) }))
    if let session = record.session {
      let values = try SessionColumn.allCases.map { try value($0, session, of: record.id) }
      try db.change(putSession, StatementArguments(values))
    } else {
      try db.change("DELETE FROM session WHERE item = ?", [record.id.text])
    }
  }

  private static func value(
    _ column: ItemColumn, _ record: ItemRecord
  ) -> (any DatabaseValueConvertible)? {
    switch column {
    case .id: record.id.text
    case .key: record.key.text
    case .workspace: record.workspace.text
    case .repositoryOwner: record.repository.owner
    case .repositoryName: record.repository.name
    case .number: record.number
    case .title: record.title
    case .url: record.url
    case .firstSeen: record.firstSeen.milliseconds
    case .status: record.status
    }
  }

  private static func value(
    _ column: ClaimColumn, _ record: ItemRecord
  ) throws -> (any DatabaseValueConvertible)? {
    switch column {
    case .item: record.id.text
    case .state: record.claim.state.rawValue
    case .payload: try payload(of: record.claim)
    case .failures: record.counters.failures
    case .continuations: record.counters.continuations
    case .idleRuns: record.counters.idleRuns
    case .vanishes: record.counters.vanishes
    case .earlyVanishes: record.counters.earlyVanishes
    case .launches: record.counters.launches
    case .generation: record.generation
    case .runs: record.runs
    case .branch: record.branch
    case .ownsBranch: record.ownsBranch
    case .fenceHead: record.fenceHead
    case .pullRequestNumber: record.pullRequest?.number
    case .pullRequestURL: record.pullRequest?.url
    case .epoch: record.epoch.milliseconds
    case .unpushed: record.unpushed
    case .hasWorkspace: record.hasWorkspace
    case .takeOver: record.takeOver
    case .inputTokens: record.usage.inputTokens
    case .cachedInputTokens: record.usage.cachedInputTokens
    case .outputTokens: record.usage.outputTokens
    case .costUSD: record.usage.storedCost
    case .verdict: record.verdict
    case .lastLaunch: record.lastLaunch?.milliseconds
    case .cleanUpSetAt: record.cleanUpAfter?.setAt.milliseconds
    case .cleanUpDelay: record.cleanUpAfter?.delay.milliseconds
    case .cachePath: record.home?.cache
    case .workspacePath: record.home?.workspace
    case .startsFresh: record.startsFresh
    case .cleanUpFailures: record.cleanUpFailures
    case .cleanUpProblem: record.cleanUpProblem
    case .transients: record.counters.transients
    case .sentence: record.sentence
    case .crashedOn: record.crashedOn?.text
    case .resumeFailures: record.counters.resumeFailures
    case .leftBehind: record.left.isEmpty ? nil : try Payload.encode(record.left)
    case .wake: try record.wake.map { try Payload.encode($0) }
    case .restedAt: record.restedAt?.milliseconds
    case .followUp: try record.followUp.map { try Payload.encode($0) }
    }
  }

  private static func value(
    _ column: SessionColumn, _ owned: OwnedSession, of item: ItemID
  ) throws -> (any DatabaseValueConvertible)? {
    switch column {
    case .item: item.text
    case .agent: owned.account.text
    case .id: owned.session.id
    case .costUSD: owned.session.counted.total.storedCost
    case .counted: try counted(owned.session)
    }
  }

  /// The ids that `StateScope.awake` is about, each part of the union by an index of its own.
  private static let awake = """
    WHERE i.id IN (SELECT item FROM claim WHERE rested_at IS NULL
      UNION SELECT item FROM run WHERE phase IN ('launching', 'launched')
      UNION SELECT item FROM outbox WHERE state = 'pending'
      UNION SELECT item FROM request)
    """

  /// Sorted by id.
  static func load(_ scope: StateScope, _ db: Database) throws -> [ItemRecord] {
    switch scope {
    case .awake: try load(where: awake, [], db)
    case .everything: try load(where: "", [], db)
    }
  }

  /// Sorted by id.
  static func load(_ ids: Set<ItemID>, _ db: Database) throws -> [ItemRecord] {
    if ids.isEmpty { return [] }
    return try load(
      where: "WHERE i.id IN (SELECT value FROM json_each(?))",
      [try Payload.encode(ids.map(\.text))], db)
  }

  private static func load(
    where condition: String, _ arguments: StatementArguments, _ db: Database
  ) throws -> [ItemRecord] {
    var claims = ClaimBatch()
    var place = 0
    var records = try Columns.all(db, "item", "\(select) \(condition)", arguments) { columns in
      defer { place += 1 }
      try claims.add(
        state: columns.text(claim[.state]), payload: columns.optionalText(claim[.payload]),
        at: place)
      return try read(columns)
    }
    try claims.assign(to: &records)
    // Swift's order of strings, which is not SQLite's outside ASCII.
    records.sort { $0.id < $1.id }
    return records
  }

  /// Those at rest since a time, and the last ones before it.
  static func rested(since: Timestamp, last: Int, _ db: Database) throws -> [ItemID] {
    let sql = """
      SELECT item FROM claim WHERE rested_at >= ?1 UNION SELECT item FROM
      (SELECT item FROM claim WHERE rested_at IS NOT NULL ORDER BY rested_at DESC LIMIT ?2)
      """
    return try Columns.all(db, "claim", sql, [since.milliseconds, last]) {
      ItemID(try $0.text(0))
    }
  }

  /// All items at rest, counted.
  static func resting(_ db: Database) throws -> [RestingItems] {
    let sql = """
      SELECT state, verdict, count(*) FROM claim WHERE rested_at IS NOT NULL
      GROUP BY state, verdict ORDER BY state, verdict
      """
    return try Columns.all(db, "claim", sql) { columns in
      RestingItems(
        state: try columns.word(0), verdict: try columns.text(1), count: try columns.count(2))
    }
  }

  /// Of all items that are not at rest.
  static func generationsAwake(_ db: Database) throws -> [ItemID: Int] {
    let sql = "SELECT item, generation FROM claim WHERE rested_at IS NULL"
    let rows = try Columns.all(db, "claim", sql) { columns in
      (ItemID(try columns.text(0)), try columns.count(1))
    }
    return Dictionary(rows) { first, _ in first }
  }

  /// Nil: there is no such item.
  static func generation(of item: ItemID, _ db: Database) throws -> Int? {
    let sql = "SELECT generation FROM claim WHERE item = ?"
    return try Columns.all(db, "claim", sql, [item.text]) { try $0.count(0) }.first
  }

  static func generationsByWorkspace(_ db: Database) throws -> [WorkspaceKey: Int] {
    let rows = try Columns.all(
      db, "claim", "SELECT workspace, generation FROM item JOIN claim ON claim.item = item.id"
    ) { columns in
      (WorkspaceKey(try columns.text(0)), try columns.count(1))
    }
    return Dictionary(rows, uniquingKeysWith: max)
  }

  private static func read(_ columns: Columns) throws -> ItemRecord {
    var record = ItemRecord(
      id: ItemID(try columns.text(item[.id])), key: ItemKey(try columns.text(item[.key])),
      workspace: WorkspaceKey(try columns.text(item[.workspace])),
      repository: RepositoryName(
        owner: try columns.text(item[.repositoryOwner]),
        name: try columns.text(item[.repositoryName])),
      number: try columns.optionalInteger(item[.number]).map { Int($0) },
      title: try columns.text(item[.title]),
      url: try columns.text(item[.url]), firstSeen: try columns.time(item[.firstSeen]),
      branch: try columns.text(claim[.branch]),
      epoch: try columns.time(claim[.epoch]))
    record.status = try columns.optionalText(item[.status])
    record.counters.failures = try columns.count(claim[.failures])
    record.counters.continuations = try columns.count(claim[.continuations])
    record.counters.idleRuns = try columns.count(claim[.idleRuns])
    record.counters.vanishes = try columns.count(claim[.vanishes])
    record.counters.earlyVanishes = try columns.count(claim[.earlyVanishes])
    record.counters.launches = try columns.count(claim[.launches])
    record.generation = try columns.count(claim[.generation])
    record.runs = try columns.count(claim[.runs])
    record.ownsBranch = try columns.flag(claim[.ownsBranch])
    record.fenceHead = try columns.optionalText(claim[.fenceHead])
    if let number = try columns.optionalInteger(claim[.pullRequestNumber]) {
      record.pullRequest = PullRequestRef(
        number: Int(number), url: try columns.text(claim[.pullRequestURL]))
    }
    record.unpushed = try columns.optionalText(claim[.unpushed])
    record.hasWorkspace = try columns.flag(claim[.hasWorkspace])
    record.takeOver = try columns.flag(claim[.takeOver])
    record.usage.inputTokens = try columns.integer(claim[.inputTokens])
    record.usage.cachedInputTokens = try columns.integer(claim[.cachedInputTokens])
    record.usage.outputTokens = try columns.integer(claim[.outputTokens])
    record.usage.costUSD = try columns.real(claim[.costUSD])
    record.verdict = try columns.text(claim[.verdict])
    record.lastLaunch = try columns.optionalInteger(claim[.lastLaunch]).map {
      Timestamp(milliseconds: $0)
    }
    if let setAt = try columns.optionalInteger(claim[.cleanUpSetAt]) {
      record.cleanUpAfter = Deadline(
        setAt: Timestamp(milliseconds: setAt),
        delay: Interval(milliseconds: try columns.integer(claim[.cleanUpDelay])))
    }
    if let cache = try columns.optionalText(claim[.cachePath]) {
      record.home = WorkspaceHome(cache: cache, workspace: try columns.text(claim[.workspacePath]))
    }
    record.startsFresh = try columns.flag(claim[.startsFresh])
    record.cleanUpFailures = try columns.count(claim[.cleanUpFailures])
    record.cleanUpProblem = try columns.optionalText(claim[.cleanUpProblem])
    record.counters.transients = try columns.count(claim[.transients])
    record.sentence = try columns.text(claim[.sentence])
    record.crashedOn = try columns.optionalText(claim[.crashedOn]).map { Account($0) }
    record.counters.resumeFailures = try columns.count(claim[.resumeFailures])
    if let left = try columns.optionalText(claim[.leftBehind]) {
      record.left = try Payload.decode(left, "claim")
    }
    record.wake = try columns.optionalText(claim[.wake]).map { try Payload.decode($0, "claim") }
    record.followUp = try columns.optionalText(claim[.followUp]).map {
      try Payload.decode($0, "claim")
    }
    record.session = try readSession(columns)
    return record
  }

  private static func readSession(_ columns: Columns) throws -> OwnedSession? {
    guard let account = try columns.optionalText(session[.agent]) else { return nil }
    var read = SessionRef(id: try columns.text(session[.id]))
    if let counted = try columns.optionalText(session[.counted]) {
      read.counted = try Payload.decode(counted, "session")
    } else {
      read.counted = SessionRef.dollarsOnly(try columns.real(session[.costUSD]))
    }
    return OwnedSession(read, of: Account(account))
  }

  /// A figure that is no number cannot be written as JSON: such counters begin anew.
  private static func counted(_ session: SessionRef) throws -> String {
    let isSane = session.counted.values.allSatisfy { $0.costUSD.isFinite }
    return try Payload.encode(isSane ? session.counted : [:])
  }

  /// The claim's facts as JSON; nil for `unclaimed`, as the table's CHECK demands.
  private static func payload(of claim: Claim) throws -> String? {
    switch claim {
    case .unclaimed: nil
    case .running(let run): try Payload.encode(run)
    case .retrying(let retry): try Payload.encode(retry)
    case .handedOff(let handoff): try Payload.encode(handoff)
    case .parked(let parking): try Payload.encode(parking)
    case .released(let release): try Payload.encode(release)
    }
  }
}

/// The claims of a load, gathered by state and decoded together.
private struct ClaimBatch {
  private var running = PayloadBatch<RunID>()
  private var retrying = PayloadBatch<Retry>()
  private var handedOff = PayloadBatch<Handoff>()
  private var parked = PayloadBatch<Parking>()
  private var released = PayloadBatch<Release>()

  mutating func add(state: String, payload: String?, at place: Int) throws {
    switch (Claim.State(rawValue: state), payload) {
    case (.unclaimed?, nil): break
    case (.running?, let text?): running.add(text, at: place)
    case (.retrying?, let text?): retrying.add(text, at: place)
    case (.handedOff?, let text?): handedOff.add(text, at: place)
    case (.parked?, let text?): parked.add(text, at: place)
    case (.released?, let text?): released.add(text, at: place)
    case (.unclaimed?, _?), (_?, nil), (nil, _):
      throw Damage(what: "table claim holds a state without its payload")
    }
  }

  func assign(to records: inout [ItemRecord]) throws {
    for (place, run) in try running.decode("claim") { records[place].claim = .running(run) }
    for (place, retry) in try retrying.decode("claim") { records[place].claim = .retrying(retry) }
    for (place, handoff) in try handedOff.decode("claim") {
      records[place].claim = .handedOff(handoff)
    }
    for (place, parking) in try parked.decode("claim") { records[place].claim = .parked(parking) }
    for (place, release) in try released.decode("claim") {
      records[place].claim = .released(release)
    }
  }
}
