// Metrics of a state directory: for the file that ticks write (`metrics.textfile`), and for the
// server. Each reader of the file finds the old one or the new one, whole.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTick

extension Composition {
  /// All but the look at the workers.
  func metricsSources(_ store: SQLiteStore, at now: Timestamp) throws(StoreError) -> MetricsSources
  {
    var sources = MetricsSources(
      state: try stateSources(store, at: now, .awake), counters: try store.counters(),
      totals: try store.totals(day: nil), program: symphonyVersion)
    // One that cannot be read is measured anew.
    sources.diskUse = try store.fact(.diskUse).flatMap {
      try? ReportJSON.read($0, as: DiskMeasure.self)
    }
    let database = StateLayout(place.stateDirectory).database
    sources.databaseBytes = ["", "-wal"].compactMap { Files.size(database + $0) }.reduce(0, +)
    var places = [(place: "state", path: place.stateDirectory)]
    if let homes = sources.state.state.items.lazy.compactMap(\.home).first {
      places.append((place: "workspaces", path: Files.parent(of: homes.workspace)))
    }
    for (place, path) in places {
      if let free = Files.freeMegabytes(path) {
        sources.freeBytes.append((place: place, bytes: Int64(free) * 1_000_000))
      }
    }
    return sources
  }

  /// How much the directories take up: as it was last measured, or anew once an hour.
  func diskUse(_ sources: StateSources, last: DiskMeasure?) -> DiskMeasure {
    if let last, last.at.time <= sources.now, sources.now - last.at.time < .hours(1) {
      return last
    }
    // About a second, where the system knows the files already.
    let entries = 200_000
    let roots = Set(
      sources.state.items.compactMap(\.home).map { Files.parent(of: $0.workspace) })
    let workspaces = roots.map { DiskUse(of: $0, entries: entries / max(roots.count, 1)) }
    let state = DiskUse(of: place.stateDirectory, except: roots, entries: entries)
    return DiskMeasure(
      at: Moment(sources.now), stateBytes: state.bytes,
      workspaceBytes: workspaces.reduce(0) { $0 + $1.bytes },
      isWhole: state.isWhole && workspaces.allSatisfy(\.isWhole))
  }

  /// - Returns: what went wrong; nil: nothing did.
  func publishMetrics(of store: any TickStore, to path: String) -> String? {
    guard let store = store as? SQLiteStore else { return nil }
    do {
      var sources = try metricsSources(
        store, at: Timestamp(milliseconds: Clock.wallMilliseconds()))
      lookAtWorkers(&sources.state)
      let last = sources.diskUse
      sources.diskUse = diskUse(sources.state, last: last)
      if let measure = sources.diskUse, measure != last {
        try store.commit([.setFact(.diskUse, try ReportJSON.text(of: measure))], basis: nil)
      }
      // Readers are other users, such as node_exporter's.
      try Files.writeAtomically(
        path, MetricsReport(sources).text, mode: 0o644, durable: false)
      return nil
    } catch let error as PlatformError {
      return "the metrics are not written: \(error.description)"
    } catch let error as StoreError {
      return "the metrics are not written: \(error.sentence)"
    } catch {
      return "the metrics are not written: \(error)"
    }
  }
}
