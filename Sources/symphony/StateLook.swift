// Gathers what the report of the state is made of: a private copy of the database, a look at the
// live workers, and WORKFLOW.md for the limits that figures are compared with. Used by status, the
// live view and the demo. Changes nothing, plans nothing, asks the tracker nothing.
import SymphonyCore
import SymphonyExecutors
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTick
import SymphonyTrackers

extension Composition {
  /// `scope`: `.awake` leaves out items that came to rest before yesterday, and counts them.
  /// - Throws: what `SQLiteStore.open` throws, and `.corrupt` for rows that cannot be read.
  func stateReport(_ scope: StateScope = .everything) throws(StoreError) -> StateReport {
    let now = Timestamp(milliseconds: Clock.wallMilliseconds())
    var sources = try SQLiteStore.look(directory: place.stateDirectory, now: now) {
      (store) throws(StoreError) in try stateSources(store, at: now, scope)
    }
    lookAtWorkers(&sources)
    return StateReport(sources)
  }

  /// All but the look at the workers.
  func stateSources(
    _ store: SQLiteStore, at now: Timestamp, _ scope: StateScope = .everything
  ) throws(StoreError) -> StateSources {
    let load = loadPolicy(lastGood: try store.fact(.lastGoodWorkflow))
    let midnight = Timestamp(rfc3339: now.rfc3339.prefix(10) + "T00:00:00Z") ?? now
    let (state, others): (StoredState, [RestingItems]) =
      switch scope {
      case .everything: (try store.load(), [])
      case .awake: try store.recent(since: midnight - .days(1), last: 100)
      }
    var sources = StateSources(
      now: now, workflow: place.workflowPath, stateDirectory: place.stateDirectory, state: state,
      poll: nil)
    sources.resting = others
    let ids = state.items.map(\.id)
    sources.latestRuns = try store.latestRuns(of: ids)
    sources.changes = try store.lastChanges(of: ids)
    sources.refused = try store.refusedEntries()
    let today = try store.history(since: midnight, item: nil)
    (sources.ledgerToday, sources.runsToday) = (today.ledger, today.runs)
    sources.lastPoll = try store.fact(.lastPoll).flatMap(Int64.init)
      .map(Timestamp.init(milliseconds:))
    // A note that cannot be read is as good as none: it hides nothing that matters.
    sources.lastTick = try store.fact(.lastTick).flatMap {
      try? ReportJSON.read($0, as: LastTick.self)
    }
    sources.trackerProblem = try store.fact(.trackerProblem) ?? ""
    sources.workflowProblem = load.told
    sources.trackerUse = TrackerSpending.read(store).map { spending in
      TrackerUse(spending, at: now, ceiling: load.policy?.tracker.pointsPerHour)
    }
    sources.pollInterval = load.policy?.pollInterval
    sources.workflowWritten = Files.modifiedSeconds(place.workflowPath)
      .map { Timestamp(milliseconds: $0 * 1000) }
    sources.maxConcurrent = load.policy?.limits.maxConcurrent
    sources.maxCostPerDay = load.policy?.limits.maxCostPerDay
    sources.dollarLimits = load.policy?.dollarLimits ?? []
    return sources
  }

  /// How the runs that are not settled are doing now.
  func lookAtWorkers(_ sources: inout StateSources) {
    do throws(ExecutorError) {
      sources.poll = try executor().poll(PollQuestion(runs: sources.state.runs, workspaces: [:]))
      sources.workersProblem = nil
    } catch {
      sources.poll = nil
      sources.workersProblem = error.sentence
    }
  }
}

extension TrackerUse {
  /// `ceiling`: `github.max_points_per_hour`; nil: none.
  init(_ spending: TrackerSpending, at now: Timestamp, ceiling: Int?) {
    let (points, requests) = spending.current(at: now)
    func window(_ window: TrackerSpending.Window?) -> Window? {
      window.map {
        Window(limit: $0.limit, remaining: $0.remaining, resetAt: Moment($0.resetAt))
      }
    }
    self.init(
      points: points, requests: requests, ceiling: ceiling,
      graphql: window(spending.graphQL), rest: window(spending.core))
  }
}
