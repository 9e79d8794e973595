// The order of `symphony recover`: the rows to go by, the evidence of the run directories, the
// plan, and the exchange of the database. Decides nothing itself; the caller holds tick.lock,
// unless nothing is to be changed.
import SymphonyCore
import SymphonyExecutors
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTick

struct Rebuild {
  let place: Place
  let dryRun: Bool
  let pauses: Bool

  private var layout: StateLayout { StateLayout(place.stateDirectory) }
  private let now = Timestamp(milliseconds: Clock.wallMilliseconds())

  init(place: Place, dryRun: Bool, pauses: Bool) {
    (self.place, self.dryRun, self.pauses) = (place, dryRun, pauses)
  }

  /// - Throws: `Stop` with 74 for what keeps the state from being looked at or written.
  func run() throws -> RecoveryReport {
    do throws(StoreError) {
      if !dryRun {
        _ = try SQLiteStore.finishInstall(in: place.stateDirectory, now: now)
      }
      let rows = try SQLiteStore.remainingRows(directory: place.stateDirectory, now: now)
      defer { rows.store.close() }
      return try rebuild(rows, try evidence())
    } catch {
      throw Stop(error)
    }
  }

  private func evidence() throws(StoreError) -> [RunEvidence] {
    do throws(ExecutorError) {
      return try LocalEvidence.read(stateDirectory: place.stateDirectory)
    } catch {
      throw .failed(error.sentence)
    }
  }

  private func rebuild(
    _ rows: RemainingRows, _ evidence: [RunEvidence]
  ) throws(StoreError) -> RecoveryReport {
    let state = try rows.store.load()
    var known: [RunID: RunRecord] = [:]
    for run in evidence { known[run.id] = try rows.store.run(run.id) }
    let stored = try rows.store.fact(.salt)
    let salt = stored ?? Self.salt(evidence)
    let recovery = Recovery.plan(
      RecoveryFacts(
        rows: state, known: known, evidence: evidence, stateTag: RunID.stateTag(salt: salt),
        now: now, isOlder: rows.problem != nil, pauses: pauses))
    var report = RecoveryReport(
      at: now, stateDirectory: place.stateDirectory, dryRun: dryRun, recovery: recovery,
      problem: rows.problem, rows: path(of: rows.origin), remarks: rows.remarks)
    if dryRun || !recovery.isNeeded { return report }
    let specs = evidence.compactMap(\.spec?.stateNumber)
    let number = max(rows.number, specs.max() ?? 0) + 1
    var changes = recovery.changes + [.setFact(.stateNumber, String(number))]
    if stored == nil { changes.append(.setFact(.salt, salt)) }
    try rows.store.commit(changes, basis: nil)
    let aside = freeName()
    try rows.store.install(in: place.stateDirectory, aside: aside, number: number)
    if Files.exists(aside) { report.aside = aside }
    return report
  }

  private func path(of origin: RemainingRows.Origin) -> String? {
    switch origin {
    case .database: layout.database
    case .copy(let path): path
    case .nothing: nil
    }
  }

  /// By the time, and a number where there was one in the same second.
  private func freeName() -> String {
    let stamp = String(now.rfc3339.map { $0 == ":" ? "-" : $0 })
    let first = Files.join(layout.damaged, stamp)
    var (name, count) = (first, 1)
    while Files.exists(name) {
      count += 1
      name = "\(first)-\(count)"
    }
    return name
  }

  /// A salt of the tag that the runs carry: by it a worker knows a branch for its own.
  private static func salt(_ evidence: [RunEvidence]) -> String {
    let random = Host.randomHex(bytes: 16)
    let tags = Dictionary(grouping: evidence.compactMap { $0.id.parts?.stateTag }) { $0 }
    guard let tag = tags.max(by: { ($0.value.count, $0.key) < ($1.value.count, $1.key) })?.key
    else { return random }
    return tag + random.dropFirst(tag.count)
  }
}
