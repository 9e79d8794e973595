// What the store's tests share: directories that vanish afterwards, pictures of a directory's
// bytes, and sample rows with every field set to something of its own. Used by every file beside
// it; asserts nothing about the store itself.
import Glibc
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyStore

/// A directory of its own below the system's temporary one, removed when the value goes.
final class Scratch {
  let path: String

  init() throws {
    path = Files.join(
      Host.environment["TMPDIR"] ?? "/tmp", "symphony-store-\(Host.randomHex(bytes: 8))")
    try Files.makeDirectory(path)
  }
  deinit { try? Files.removeTree(path) }

  /// Not there yet.
  var state: String { Files.join(path, "state") }
  var database: String { Files.join(state, "symphony.db") }

  func open(
    _ mode: SQLiteStore.Mode = .tick, now: Timestamp = Sample.now,
    settings: StoreSettings = StoreSettings()
  ) throws(StoreError) -> SQLiteStore {
    try SQLiteStore.open(directory: state, mode: mode, now: now, settings: settings)
  }

  /// What a kill at this moment would leave of an open store: its files, copied elsewhere.
  func crashImage(of other: Scratch) throws {
    try Files.makeDirectory(state)
    for suffix in ["", "-wal"] {
      try write(try Files.read(other.database + suffix), to: database + suffix)
    }
  }

  func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
  }

  /// Overwrites every page after the first with a pattern no page has.
  func damagePages() throws {
    var bytes = try Files.read(database)
    for index in 4096..<bytes.count { bytes[index] = UInt8(truncatingIfNeeded: index % 251 + 1) }
    try write(bytes, to: database)
  }

  /// Names, modes, times and bytes of everything below the state directory.
  func picture() throws -> [String: [UInt8]] {
    var picture: [String: [UInt8]] = [:]
    for name in try Files.list(state) {
      let path = Files.join(state, name)
      var found = stat()
      try #require(lstat(path, &found) == 0)
      picture["\(name) \(found.st_mode) \(found.st_mtim.tv_sec).\(found.st_mtim.tv_nsec)"] =
        Files.isDirectory(path) ? [] : try Files.read(path)
    }
    return picture
  }
}

/// The error of a call that must fail.
func storeError(_ body: () throws -> Void) -> StoreError? {
  do {
    try body()
    return nil
  } catch {
    return error as? StoreError
  }
}

enum Sample {
  static let now = Timestamp(milliseconds: 1_800_000_000_000)
  static let later = Deadline(setAt: now, delay: .seconds(90))
  static let pull = PullRequestRef(number: 7, url: "https://example.test/pull/7")

  static let claims: [Claim] = [
    .unclaimed, .running(RunID("w\"1-r3")),
    .retrying(Retry(kind: .push, deadline: later, sentence: "the remote did not answer: \"x\"")),
    .handedOff(Handoff(pullRequest: pull, hadLabels: false, status: "In Review")),
    .handedOff(Handoff(pullRequest: nil, pushedOnly: true)), handedOffElsewhere, parkedWithLabels,
    .parked(Parking(reason: .agentBlocked, sentence: "why\nnot", since: now, fingerprint: "ab")),
    .parked(Parking(reason: .runLimit, sentence: "", since: now, fingerprint: nil)),
    .released(Release(reason: .merged, at: now, pullRequest: pull)),
    .released(Release(reason: .gone, at: now, pullRequest: nil)),
    .released(Release(reason: .terminal, at: now, pullRequest: nil, sentence: "moved to Done")),
  ]

  private static var handedOffElsewhere: Claim {
    var handoff = Handoff(pullRequest: pull, status: "In Review")
    handoff.statusAt = now - .seconds(3)
    handoff.elsewhere = true
    return .handedOff(handoff)
  }
  private static var parkedWithLabels: Claim {
    var parking = Parking(reason: .noProgress, sentence: "", since: now, fingerprint: nil)
    parking.owesLabels = true
    return .parked(parking)
  }

  /// One debt of each kind, every field set.
  static let payloads: [OutboxEntry.Payload] = [
    .ensurePullRequest(
      PullRequestOrder(
        repository: repository, key: ItemKey("acme/app#1"), head: "symphony/a", base: nil,
        title: "T", body: "B", draft: true, reuse: false)),
    .comment(
      CommentOrder(
        repository: repository, key: ItemKey("acme/app#1"), number: 1,
        text: "done: {pull_request_url}")),
    .setStatus(
      StatusOrder(
        key: ItemKey("acme/app#1"), repository: repository, value: "In Review",
        expected: ["Todo", "In Progress"], checks: ["build \"all\""], branch: "symphony/a",
        needsPullRequest: true)),
    .setLabels(
      LabelOrder(
        key: ItemKey("acme/app#1"), repository: repository, number: 1,
        move: LabelMove(add: ["wip"], remove: ["agent"]), needsPullRequest: false)),
    .convertDraft(DraftOrder(repository: repository)),
    .closeIssue(CloseOrder(key: ItemKey("acme/app#1"), repository: repository, number: 1)),
    .reply(ReplyOrder(place: place, thread: "PRRT_1", replyTo: 5, text: "Fixed in abc.")),
    .resolveThread(ResolveOrder(place: place, thread: "PRRT_1")),
    .requestReview(ReviewRequestOrder(place: place, logins: ["rita", "otto"])),
    .rerunChecks(RerunOrder(place: place, head: "abc", jobs: [1, 2])),
    .updateBranch(UpdateOrder(place: place, head: "abc")),
    .merge(
      MergeOrder(
        place: place, head: "abc", method: .rebase, usesQueue: true, branch: "symphony/a")),
  ]
  private static let place = PullRequestPlace(
    repository: repository, key: ItemKey("acme/app#1"), number: 7, id: "PR_7")
  static let repository = RepositoryName(owner: "acme", name: "app")

  /// With little in it.
  static func item(_ name: String) -> ItemRecord {
    let item = WorkItem(
      id: ItemID(name), key: ItemKey("acme/app#\(name)"),
      repository: RepositoryName(owner: "acme", name: "app"), number: nil, title: "Title \(name)")
    return ItemRecord(item: item, branch: "symphony/\(name)", now: now)
  }

  /// With every field set to something that no other field holds.
  static func full(_ name: String, claim: Claim) -> ItemRecord {
    var record = item(name)
    record.number = 42
    record.title = "Ünïcode 'quotes' \"and\" 🎼"
    record.url = "https://example.test/issues/42"
    record.status = "In Progress"
    record.claim = claim
    record.counters.failures = 1
    record.counters.continuations = 2
    record.counters.idleRuns = 3
    record.counters.vanishes = 4
    record.counters.earlyVanishes = 5
    record.counters.launches = 6
    record.generation = 8
    record.lastLaunch = now - .seconds(5)
    record.runs = 7
    record.ownsBranch = true
    record.fenceHead = "f00d"
    record.pullRequest = pull
    record.epoch = now + .seconds(1)
    record.counters.transients = 9
    record.counters.resumeFailures = 1
    record.session = OwnedSession(
      SessionRef(id: "s-1", counted: ["opus": usage, "haiku": Usage()]), of: Account("claude_code"))
    record.unpushed = "beef"
    record.left.commit = "cafe"
    record.left.isUnknown = true
    record.left.keep(["commit f00 is kept as refs/x"])
    record.hasWorkspace = true
    record.cleanUpAfter = later
    record.takeOver = true
    record.usage = usage
    record.verdict = "running"
    record.sentence = "an agent is at work"
    record.crashedOn = Account("codex")
    record.wake = Wake(.comment, text: "say \"so\"\n\u{0}", author: "ann", at: later.setAt)
    return record
  }

  static var usage: Usage {
    var usage = Usage()
    usage.inputTokens = 11
    usage.cachedInputTokens = 12
    usage.outputTokens = 13
    usage.costUSD = 1.5
    return usage
  }

  static func run(_ item: String, _ generation: Int) -> RunRecord {
    RunRecord(
      id: RunID("\(item)-r\(generation)"), item: ItemID(item), generation: generation,
      purpose: .work, nonce: "n\(generation)", era: "boot", launchedAt: now)
  }

  static func settled(_ run: RunRecord, _ outcome: Outcome) -> RunRecord {
    var run = run
    run.phase = .settled
    run.outcome = outcome
    run.settledAt = now + .seconds(9)
    return run
  }

  static func comment(_ item: String, key: String) -> OutboxEntry {
    OutboxEntry(
      item: ItemID(item), dedupeKey: key,
      payload: .comment(
        CommentOrder(
          repository: RepositoryName(owner: "acme", name: "app"), key: ItemKey("acme/app#1"),
          number: 1, text: "done: {pull_request_url}")),
      nonce: "nonce", createdAt: now)
  }

  static func response(_ etag: String, bytes: Int = 3) -> CachedResponse {
    CachedResponse(
      etag: etag, body: [UInt8](repeating: 0xC3, count: bytes), next: nil, tokenFingerprint: "t")
  }
}
