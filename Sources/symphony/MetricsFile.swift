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
      state: try stateSources(store, at: now), counters: try store.counters(),
      totals: try store.totals(day: nil), program: symphonyVersion)
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

  /// - Returns: what went wrong; nil: nothing did.
  func publishMetrics(of store: any TickStore, to path: String) -> String? {
    guard let store = store as? SQLiteStore else { return nil }
    do {
      var sources = try metricsSources(
        store, at: Timestamp(milliseconds: Clock.wallMilliseconds()))
      lookAtWorkers(&sources.state)
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
