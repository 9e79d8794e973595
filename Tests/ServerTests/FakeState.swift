// A state that the tests set: what the server asks of the program, without a database.
import SymphonyCore
import SymphonyReport
import Synchronization

@testable import SymphonyServer

final class FakeState: ServedState {
  struct Contents {
    var ticks = 0
    var orders: [SteeringOrder] = []
    var seen: Set<String> = []
    /// How often deliveries were written down, whatever their number.
    var writes = 0
    /// Deliveries after which a tick may find something.
    var mattering = 0
    var events: [EventReport] = []
    var version: Int64 = 0
    /// From which transcripts were asked for.
    var places: [Int64] = []
    var problem: ServedProblem?
    var steering: ServedProblem?
  }
  let contents = Mutex(Contents())
  let now = Timestamp(milliseconds: 1_795_914_314_000)

  private func check() throws(ServedProblem) {
    if let problem = contents.withLock({ $0.problem }) { throw problem }
  }

  func report() async throws(ServedProblem) -> StateReport {
    try check()
    var sources = StateSources(
      now: now, workflow: "/w/WORKFLOW.md", stateDirectory: "/s", state: StoredState(), poll: nil)
    sources.maxConcurrent = 2
    return StateReport(sources)
  }
  func version() async throws(ServedProblem) -> Int64 {
    try check()
    return contents.withLock { $0.version }
  }
  func events(of item: String?, since: Timestamp?) async throws(ServedProblem) -> [EventReport] {
    try check()
    if item == "nope" { throw ServedProblem(404, "no such item") }
    return contents.withLock { $0.events }
  }
  func totals() async throws(ServedProblem) -> ServedTotals {
    var totals = ServedTotals(usage: Usage(), seconds: 0, writebacks: 0, runs: 0)
    totals.isRefreshPending = contents.withLock { $0.ticks > 0 }
    return totals
  }
  func metrics() async throws(ServedProblem) -> String { "symphony_active_runs 0\n" }
  func cost(by: CostReport.By) async throws(ServedProblem) -> CostReport {
    CostReport(by: by, since: nil, totals: [])
  }
  func why(_ issue: String, isTrusted: Bool) async throws(ServedProblem) -> WhyReport {
    throw ServedProblem(404, "no work item \(issue), \(isTrusted ? "asked" : "not asked")")
  }
  func transcript(run: String, from place: Int64) async throws(ServedProblem) -> TranscriptPiece {
    contents.withLock { $0.places.append(place) }
    guard run == "r1" else { throw ServedProblem(404, "no run has that id") }
    return place == 0
      ? TranscriptPiece(run: run, lines: [.init(kind: "said", text: "a\nb")], next: 5, isOver: true)
      : TranscriptPiece(run: run, lines: [], next: 5, isOver: true)
  }
  func steer(_ order: SteeringOrder) async throws(ServedProblem) -> SteeringReport {
    if let problem = contents.withLock({ $0.steering }) { throw problem }
    contents.withLock { $0.orders.append(order) }
    return SteeringReport(at: now, command: order.command.rawValue, all: order.all)
  }
  func note(_ deliveries: [WebhookDelivery]) async throws(ServedProblem) -> [Bool] {
    try check()
    return contents.withLock { contents in
      contents.writes += 1
      contents.mattering += deliveries.count { $0.matters }
      return deliveries.map { contents.seen.insert($0.id).inserted }
    }
  }
  func startTick() { contents.withLock { $0.ticks += 1 } }
}
