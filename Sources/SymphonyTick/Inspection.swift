// Asks the tracker once about one item and decides about it as a tick would, on a private copy of
// the state: `symphony why`. No lock, no directory, no effect; what the decision would be is the
// planner's, here is only the way to it.
import SymphonyCore
import SymphonyPlatform

package struct Inspection: Sendable {
  package var explanation: Explanation
  package var now: Timestamp
  /// Why the tracker could not be asked; nil: it answered.
  package var trackerProblem: String?
}

extension Tick {
  /// Explains the item that `name` names, in the state, in the tracker's list or anywhere in the
  /// tracker.
  /// - Returns: nil for an item that neither the state nor the tracker knows; a failure for a name
  ///   that names several, and for a look that could not be made at all.
  package func inspect(
    _ name: WrittenKey
  ) async throws(StoreError) -> Result<Inspection?, InspectionFailure> {
    let started = parts.bootClock()
    if options.hasAlarm {
      Signals.alarm(seconds: UInt32(options.deadline.milliseconds / 1000 + 5))
    }
    defer { if options.hasAlarm { Signals.alarm(seconds: 0) } }
    // In a state directory in which a tick refuses to begin there is nothing to explain.
    try places.checkState(isNamed: parts.namesState)
    let store = try parts.openStore(.privateCopy)
    defer { store.close() }
    try refuseOtherProject(store)
    let load = parts.loadPolicy(try store.fact(.lastGoodWorkflow))
    guard let policy = load.policy else {
      return .failure(.workflow(load.told ?? "no usable WORKFLOW.md", hint: nil))
    }
    try places.checkRoots(policy.workspace)
    let deadline = bound(policy, started)
    let observer = Observer(
      parts: parts, store: store, policy: policy, load: load, isRehearsal: true,
      scope: .everything)
    var seen = try await observer.observe(options, deadline)
    let result = await explain(name, &seen, deadline)
    await seen.tracker?.close()
    return result
  }

  private func explain(
    _ name: WrittenKey, _ seen: inout Observation, _ deadline: TickDeadline
  ) async -> Result<Inspection?, InspectionFailure> {
    var problem = seen.trackerProblem?.sentence
    let known = Self.known(name, seen.snapshot)
    if known.count > 1 { return .failure(.ambiguous(known.map(\.key))) }
    var record = known.first
    if record == nil, case .misconfigured(let sentence, let hint)? = seen.trackerProblem {
      return .failure(.workflow(sentence, hint: hint))
    }
    if let tracker = seen.tracker?.tracker {
      seen.budget.extend(to: deadline, share: 85)
      if record == nil {
        do throws(TrackerError) {
          record = try await tracker.find(name.reference, in: name.repository).map { item in
            Self.record(item, seen.snapshot)
          }
        } catch {
          // The tracker answers, but what is asked for is none of this workflow's.
          if case .misconfigured(let sentence, let hint) = error {
            return .failure(.unfit(sentence, hint: hint))
          }
          problem = problem ?? error.sentence
        }
      }
      if let record {
        let question = SurveyQuestion.Watched(
          record: record, wantsPullRequest: false, commentsSince: nil)
        seen.snapshot.survey.absorb(await tracker.confirm([question]))
      }
    }
    guard let record else {
      return .success(
        problem.map { words in
          Inspection(
            explanation: .unknown, now: seen.snapshot.now, trackerProblem: words)
        })
    }
    if case .unknown(let error)? = seen.snapshot.survey.answers[record.id] {
      problem = problem ?? error.sentence
    }
    return .success(
      Inspection(
        explanation: Planner.explain(record.id, seen.snapshot), now: seen.snapshot.now,
        trackerProblem: problem))
  }

  /// The items with that name in the state or in the tracker's list, each once.
  private static func known(_ name: WrittenKey, _ snapshot: Snapshot) -> [ItemRecord] {
    let records = snapshot.state.items.filter { name.names($0) }
    guard case .items(let items) = snapshot.survey.candidates else { return records }
    let ids = Set(snapshot.state.items.map(\.id))
    return records
      + items.filter { name.names($0) && !ids.contains($0.id) }.map { record($0, snapshot) }
  }

  /// As the planner would enter it.
  private static func record(_ item: WorkItem, _ snapshot: Snapshot) -> ItemRecord {
    let branch = BranchName.make(
      prefix: snapshot.policy.git.branchPrefix, repository: item.repository,
      reference: item.key.reference)
    return ItemRecord(item: item, branch: branch, now: snapshot.now)
  }
}

/// Why nothing could be explained.
package enum InspectionFailure: Error, Sendable {
  /// WORKFLOW.md, or what it asks for, cannot be.
  case workflow(String, hint: String?)
  /// Several items have that name.
  case ambiguous([ItemKey])
  /// No item of this workflow can have that name.
  case unfit(String, hint: String?)
}
