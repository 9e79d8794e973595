// Work items: tracker facts in `item`, our claim with its counters in `claim`, the agent's session
// in `session`. Called by load and commit. Reading is by column number in one pass, because an idle
// tick does it for every item ever seen; the constants below keep the written and the read order in
// one place.
import GRDB
import SymphonyCore

enum ItemRows {
  private static let itemColumns = [
    "id", "key", "workspace", "repository_owner", "repository_name", "number", "title", "url",
    "first_seen", "status",
  ]
  private static let claimColumns = [
    "item", "state", "payload", "failures", "continuations", "idle_runs", "vanishes",
    "early_vanishes", "launches", "generation", "runs", "branch", "owns_branch", "fence_head",
    "pull_request_number", "pull_request_url", "epoch", "unpushed", "has_workspace", "take_over",
    "input_tokens", "cached_input_tokens", "output_tokens", "cost_usd", "verdict",
    "last_launch", "clean_up_set_at", "clean_up_delay", "cache_path", "workspace_path",
    "starts_fresh", "clean_up_failures", "clean_up_problem", "transients", "sentence",
    "crashed_on", "resume_failures", "left_behind", "wake",
  ]
  private static let sessionColumns = ["item", "agent", "id", "cost_usd", "counted"]

  private static let putItem = Statements.upsert("item", key: ["id"], itemColumns)
  private static let putClaim = Statements.upsert("claim", key: ["item"], claimColumns)
  private static let putSession = Statements.upsert("session", key: ["item"], sessionColumns)

  /// LEFT JOIN: an item whose claim is gone is damage to be reported, not an item to be overlooked.
  private static let select = """
    SELECT \(itemColumns.map { "i." + $0 }.joined(separator: ", ")),
      \(claimColumns.dropFirst().map { "c." + $0 }.joined(separator: ", ")),
      s.agent, s.id, s.cost_usd, s.counted
    FROM item i LEFT JOIN claim c ON c.item = i.id LEFT JOIN session s ON s.item = i.id
    """

  static func put(_ record: ItemRecord, _ db: Database) throws {
    try db.change(
      putItem,
      [
        record.id.text, record.key.text, record.workspace.text, record.repository.owner,
        record.repository.name, record.number, record.title, record.url,
        record.firstSeen.milliseconds, record.status,
      ])
    let counters = record.counters
    try db.change(
      putClaim,
      [
        record.id.text, record.claim.state, try payload(of: record.claim), counters.failures,
        counters.continuations, counters.idleRuns, counters.vanishes, counters.earlyVanishes,
        counters.launches, record.generation, record.runs, record.branch, record.ownsBranch,
        record.fenceHead, record.pullRequest?.number, record.pullRequest?.url,
        record.epoch.milliseconds, record.unpushed, record.hasWorkspace, record.takeOver,
        record.usage.inputTokens, record.usage.cachedInputTokens, record.usage.outputTokens,
        record.usage.storedCost, record.verdict, record.lastLaunch?.milliseconds,
        record.cleanUpAfter?.setAt.milliseconds, record.cleanUpAfter?.delay.milliseconds,
        record.home?.cache, record.home?.workspace, record.startsFresh, record.cleanUpFailures,
        record.cleanUpProblem, counters.transients, record.sentence, record.crashedOn?.text,
        counters.resumeFailures,
        record.left.isEmpty ? nil : try Payload.encode(record.left),
        try record.wake.map { try Payload.encode($0) },
      ])
    if let owned = record.session {
      let session = owned.session
      try db.change(
        putSession,
        [
          record.id.text, owned.account.text, session.id, session.counted.total.storedCost,
          try counted(session),
        ])
    } else {
      try db.change("DELETE FROM session WHERE item = ?", [record.id.text])
    }
  }

  /// All items, sorted by id.
  static func load(_ db: Database) throws -> [ItemRecord] {
    var claims = ClaimBatch()
    var place = 0
    var records = try Columns.all(db, "item", select) { columns in
      defer { place += 1 }
      try claims.add(state: columns.text(10), payload: columns.optionalText(11), at: place)
      return try read(columns)
    }
    try claims.assign(to: &records)
    // Swift's order of strings, which is not SQLite's outside ASCII.
    records.sort { $0.id < $1.id }
    return records
  }

  static func generations(_ db: Database) throws -> [ItemID: Int] {
    let rows = try Columns.all(db, "claim", "SELECT item, generation FROM claim") { columns in
      (ItemID(try columns.text(0)), try columns.count(1))
    }
    return Dictionary(rows) { first, _ in first }
  }

  private static func read(_ columns: Columns) throws -> ItemRecord {
    var record = ItemRecord(
      id: ItemID(try columns.text(0)), key: ItemKey(try columns.text(1)),
      workspace: WorkspaceKey(try columns.text(2)),
      repository: RepositoryName(owner: try columns.text(3), name: try columns.text(4)),
      number: try columns.optionalInteger(5).map { Int($0) }, title: try columns.text(6),
      url: try columns.text(7), firstSeen: try columns.time(8), branch: try columns.text(20),
      epoch: try columns.time(25))
    record.status = try columns.optionalText(9)
    record.counters.failures = try columns.count(12)
    record.counters.continuations = try columns.count(13)
    record.counters.idleRuns = try columns.count(14)
    record.counters.vanishes = try columns.count(15)
    record.counters.earlyVanishes = try columns.count(16)
    record.counters.launches = try columns.count(17)
    record.generation = try columns.count(18)
    record.runs = try columns.count(19)
    record.ownsBranch = try columns.flag(21)
    record.fenceHead = try columns.optionalText(22)
    if let number = try columns.optionalInteger(23) {
      record.pullRequest = PullRequestRef(number: Int(number), url: try columns.text(24))
    }
    record.unpushed = try columns.optionalText(26)
    record.hasWorkspace = try columns.flag(27)
    record.takeOver = try columns.flag(28)
    record.usage = try columns.usage(29)
    record.verdict = try columns.text(33)
    record.lastLaunch = try columns.optionalInteger(34).map { Timestamp(milliseconds: $0) }
    record.cleanUpAfter = try columns.optionalDeadline(35)
    if let cache = try columns.optionalText(37) {
      record.home = WorkspaceHome(cache: cache, workspace: try columns.text(38))
    }
    record.startsFresh = try columns.flag(39)
    record.cleanUpFailures = try columns.count(40)
    record.cleanUpProblem = try columns.optionalText(41)
    record.counters.transients = try columns.count(42)
    record.sentence = try columns.text(43)
    record.crashedOn = try columns.optionalText(44).map { Account($0) }
    record.counters.resumeFailures = try columns.count(45)
    if let left = try columns.optionalText(46) { record.left = try Payload.decode(left, "claim") }
    record.wake = try columns.optionalText(47).map { try Payload.decode($0, "claim") }
    if let account = try columns.optionalText(48) {
      var session = SessionRef(id: try columns.text(49))
      if let counted = try columns.optionalText(51) {
        session.counted = try Payload.decode(counted, "session")
      } else {
        session.counted = SessionRef.dollarsOnly(try columns.real(50))
      }
      record.session = OwnedSession(session, of: Account(account))
    }
    return record
  }

  /// A figure that is no number cannot be written as JSON: such counters begin anew.
  private static func counted(_ session: SessionRef) throws -> String {
    let isSane = session.counted.values.allSatisfy { $0.costUSD.isFinite }
    return try Payload.encode(isSane ? session.counted : [:])
  }

  /// What the state alone does not say, as JSON; nil for `unclaimed`, as the table's CHECK demands.
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
    switch (state, payload) {
    case ("unclaimed", nil): break
    case ("running", let text?): running.add(text, at: place)
    case ("retrying", let text?): retrying.add(text, at: place)
    case ("handed_off", let text?): handedOff.add(text, at: place)
    case ("parked", let text?): parked.add(text, at: place)
    case ("released", let text?): released.add(text, at: place)
    default: throw Damage(what: "table claim holds a state without its payload")
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
