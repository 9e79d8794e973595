// What may go of what a state directory keeps, and why the rest stays: directories of ended runs,
// workspaces, caches, and what a recovery put aside. One answer for the planner (Housekeeping), for
// what a tick tidies (SymphonyTick/Tidying) and for `symphony gc`. What git alone can say of a
// workspace is asked once more by the clean-up run that takes it away.

package enum DiskHygiene {
  /// What becomes of each directory of an ended run.
  ///
  /// `ended`: oldest first. `agesCount`: false where the clock may have leapt.
  /// - Returns: a fate for each, in the same order.
  package static func runs(
    _ ended: [EndedRun], _ policy: Policy, agesCount: Bool = true
  ) -> [RunFate] {
    var fates = [RunFate](repeating: .recent, count: ended.count)
    let limit = (agesCount ? policy.retention.runDays : nil).map { Interval.days(Int64($0)) }
    for places in Dictionary(grouping: ended.indices, by: { ended[$0].item }).values {
      for place in places.dropLast(policy.workspace.keptRuns) { fates[place] = .beyondNumber }
      for place in places where fates[place] == .recent {
        if let limit, let age = ended[place].age, age > limit { fates[place] = .beyondAge }
      }
      if let first = places.first { fates[first] = .first }
      if let newest = places.last { fates[newest] = .newest }
      // Clean-ups come and go, and the last words of an agent stay.
      if let said = places.last(where: { ended[$0].hasTranscript }) { fates[said] = .newest }
    }
    guard let most = policy.retention.runsMaxMegabytes else { return fates }
    var left = ended.indices.reduce(into: Int64(0)) { sum, place in
      if !fates[place].goes { sum += ended[place].bytes ?? 0 }
    }
    for place in ended.indices where left > Int64(most) * 1_000_000 {
      guard fates[place] == .recent else { continue }
      fates[place] = .beyondSize
      left -= ended[place].bytes ?? 0
    }
    return fates
  }

  /// What becomes of each workspace.
  ///
  /// `busy`: items of which a run is not settled, with its purpose. `sizes`: as last
  /// measured; of a workspace that was made or worked in since, nothing is known.
  package static func workspaces(
    _ items: [ItemRecord], busy: [ItemID: RunPurpose], sizes: DiskSizes, _ policy: Policy,
    now: Timestamp, agesCount: Bool = true
  ) -> [ItemID: WorkspaceFate] {
    var fates: [ItemID: WorkspaceFate] = [:]
    var resting: [ItemRecord] = []
    var left: Int64 = 0
    for record in items where record.hasWorkspace {
      let fate = busy[record.id] != nil ? .underWay : fate(record, policy, now, agesCount)
      fates[record.id] = fate
      if fate == .resting { resting.append(record) }
      // One that is being taken away makes room already.
      if !fate.goes, busy[record.id] != .cleanUp { left += sizes.known(of: record) ?? 0 }
    }
    guard let most = policy.workspace.maxGigabytes else { return fates }
    resting.sort { (restsSince($0), $0.id) < (restsSince($1), $1.id) }
    for record in resting where left > Int64(most) * 1_000_000_000 {
      fates[record.id] = .beyondSize
      left -= sizes.known(of: record) ?? 0
    }
    return fates
  }

  private static func fate(
    _ record: ItemRecord, _ policy: Policy, _ now: Timestamp, _ agesCount: Bool
  ) -> WorkspaceFate {
    let refusal: WorkspaceFate? =
      record.cleanUpAfter?.isDue(at: now) ?? true
      ? nil : record.cleanUpProblem.map { .refused($0) }
    switch record.claim {
    case .unclaimed, .running, .retrying: return .atWork
    case .released:
      // With commits that are owed as well: the clean-up pushes them, or all stays.
      return policy.workspace.removeOnTerminal ? refusal ?? .done : .wanted
    case .handedOff, .parked: break
    }
    if let head = record.unpushed {
      return .unpushed("commit \(head.prefix(12)) is on no branch of the remote")
    }
    if let refusal { return refusal }
    // Of what a clean-up found it is asked again: somebody may have pushed it since.
    if record.cleanUpProblem == nil,
      let words = record.left.clauses(branch: record.branch, workspace: nil).first
    {
      return .unpushed(words)
    }
    guard agesCount, let days = policy.workspace.maxAgeDays else { return .resting }
    return now - restsSince(record) > .days(Int64(days)) ? .beyondAge : .resting
  }

  /// No agent is to go on in its workspace before somebody does something.
  package static func mayRest(_ record: ItemRecord) -> Bool {
    switch record.claim {
    case .unclaimed, .running, .retrying: false
    case .handedOff, .parked, .released: true
    }
  }

  /// An agent is in a workspace at the time of a run only; of a run the begin is on record.
  package static func restsSince(_ record: ItemRecord) -> Timestamp {
    record.lastLaunch ?? record.firstSeen
  }

  /// What becomes of a cache.
  package static func cache(
    _ cache: SeenCache, items: [ItemRecord], _ policy: Policy
  ) -> CacheFate {
    let users = items.filter { record in
      record.home?.cache == cache.path && (record.hasWorkspace || !record.claim.isReleased)
    }
    if let user = users.first { return .used(by: user.key, others: users.count - 1) }
    if let problem = cache.problem { return .unreadable(problem) }
    guard let rest = cache.rest else { return .holdsWork }
    guard let days = policy.retention.cachesDays, rest > .days(Int64(days)) else { return .recent }
    return .unused
  }

  /// Whether a database that a recovery replaced goes.
  package static func damagedGoes(age: Interval?, _ policy: Policy) -> Bool {
    guard let days = policy.retention.damagedDays, let age else { return false }
    return age > .days(Int64(days))
  }

  package static func damagedWords(_ goes: Bool, _ policy: Policy) -> String {
    let limit = policy.retention.damagedDays.map(String.init) ?? "unlimited"
    return "\(goes ? "older than" : "within") retention.damaged_days (\(limit))"
  }
}

extension StoredState {
  /// Of the runs that are not settled, by item.
  package var purposes: [ItemID: RunPurpose] {
    Dictionary(runs.map { ($0.item, $0.purpose) }) { first, _ in first }
  }
}

/// The directory of a run that has ended.
package struct EndedRun: Hashable, Sendable {
  package var id: RunID
  /// Since something in it was last made or replaced; nil: not known.
  package var age: Interval?
  /// Nil: not measured.
  package var bytes: Int64?
  /// An agent said something in it; clean-ups have none.
  package var hasTranscript = false
  package init(_ id: RunID, age: Interval? = nil, bytes: Int64? = nil) {
    (self.id, self.age, self.bytes) = (id, age, bytes)
  }

  /// The same text for all runs of one item.
  fileprivate var item: String {
    id.text.range(ofLast: "-r").map { String(id.text[..<$0]) } ?? id.text
  }
}

extension PollAnswer {
  /// The directories of runs that are not among those asked about, oldest first.
  ///
  /// `sizes`: as last measured.
  package func ended(at now: Timestamp, sizes: DiskSizes) -> [EndedRun] {
    otherRuns.map { run in
      // One from the future says nothing: then a clock was wrong.
      let age = changedAt[run].map { now - $0 }
      var ended = EndedRun(
        run, age: age.flatMap { $0 < .zero ? nil : $0 }, bytes: sizes.runs[run.text])
      ended.hasTranscript = transcripts.contains(run)
      return ended
    }
  }
}

/// What directories take up in bytes, as they were last measured.
package struct DiskSizes: Codable, Hashable, Sendable {
  /// When the workspaces were.
  package var at = Timestamp(milliseconds: 0)
  /// By their keys.
  package var workspaces: [String: Int64] = [:]
  /// Those of them that an agent was in meanwhile.
  package var unsettled: Set<String> = []
  /// Of ended runs, by their ids; these change no more.
  package var runs: [String: Int64] = [:]
  package init() {}

  /// Bytes of an item's workspace; nil: not measured since somebody worked in it, or made it.
  package func known(of record: ItemRecord) -> Int64? {
    let isStill =
      DiskHygiene.mayRest(record) && DiskHygiene.restsSince(record) < at
      && !unsettled.contains(record.workspace.text)
    return isStill ? workspaces[record.workspace.text] : nil
  }
}

/// A bare repository among the caches, as it lies there.
package struct SeenCache: Hashable, Sendable {
  /// Absolute.
  package var path: String
  /// Since the last run that used it, which found nothing in it that is not on the remote; nil: no
  /// run has found that, or somebody changed it since.
  package var rest: Interval?
  /// Why it cannot be looked at; nil: it can.
  package var problem: String?
  package init(path: String) { self.path = path }
}
