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
  /// Explains the item that `repository` (nil: the workflow's own, or any) and `reference` (`42`,
  /// or a local issue's file stem) name.
  /// - Returns: nil for an item that neither the state nor the tracker knows; a report for a look
  ///   that could not be made at all.
  package func inspect(
    _ repository: RepositoryName?, _ reference: String
  ) async throws(StoreError) -> Result<Inspection?, InspectionFailure> {
    let started = Clock.boottimeMilliseconds()
    Signals.alarm(seconds: UInt32(options.deadline.milliseconds / 1000 + 5))
    defer { Signals.alarm(seconds: 0) }
    // In a state directory in which a tick refuses to begin there is nothing to explain.
    try places.checkState(isNamed: parts.namesState)
    let store = try parts.openStore(.privateCopy)
    defer { store.close() }
    try refuseOtherProject(store)
    let load = parts.loadPolicy(try store.fact(.lastGoodWorkflow))
    guard let policy = load.policy else {
      return .failure(InspectionFailure(problem: load.problem ?? "no usable WORKFLOW.md"))
    }
    try places.checkRoots(policy.workspace)
    let deadline = bound(policy, started)
    let observer = Observer(
      parts: parts, store: store, policy: policy, load: load, isRehearsal: true)
    var seen = try await observer.observe(options, deadline)
    let result = await explain(repository, reference, &seen, deadline)
    await seen.tracker?.close()
    return .success(result)
  }

  private func explain(
    _ repository: RepositoryName?, _ reference: String, _ seen: inout Observation,
    _ deadline: TickDeadline
  ) async -> Inspection? {
    var problem = seen.trackerProblem?.sentence
    var record = Self.known(repository, reference, seen.snapshot)
    if let tracker = seen.tracker?.tracker {
      seen.budget.extend(to: deadline, share: 85)
      if record == nil {
        do throws(TrackerError) {
          record = try await tracker.find(reference, in: repository).map { item in
            Self.record(item, seen.snapshot)
          }
        } catch { problem = problem ?? error.sentence }
      }
      if let record {
        let question = SurveyQuestion.Watched(
          record: record, wantsPullRequest: false, commentsSince: nil)
        seen.snapshot.survey.absorb(await tracker.confirm([question]))
      }
    }
    guard let record else {
      return problem.map { words in
        Inspection(
          explanation: .unknown, now: seen.snapshot.now, trackerProblem: words)
      }
    }
    if case .unknown(let error)? = seen.snapshot.survey.answers[record.id] {
      problem = problem ?? error.sentence
    }
    return Inspection(
      explanation: Planner.explain(record.id, seen.snapshot), now: seen.snapshot.now,
      trackerProblem: problem)
  }

  /// The item in the state or in the tracker's list.
  private static func known(
    _ repository: RepositoryName?, _ reference: String, _ snapshot: Snapshot
  ) -> ItemRecord? {
    func fits(_ key: ItemKey, _ place: RepositoryName) -> Bool {
      key.reference == reference && repository.map { $0.matches(place) } ?? true
    }
    if let record = snapshot.state.items.first(where: { fits($0.key, $0.repository) }) {
      return record
    }
    guard case .items(let items) = snapshot.survey.candidates else { return nil }
    return items.first { fits($0.key, $0.repository) }
      .map { record($0, snapshot) }
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
package struct InspectionFailure: Error, Sendable {
  package var problem: String
}
