// The files that a tick writes for others besides its database, after its note, so that they tell
// of this tick, and under its lock, so that no two write at once. What goes wrong with one never
// stops a tick: it is kept as a fact, and the next tick tells it as a trouble. The form of the
// files is the composition's matter; which of a tick's words the log gets is decided here.
import SymphonyCore
import SymphonyPlatform

/// A tick's part in the log that `logs.directory` asks for.
package protocol KeptLog: Sendable {
  /// Lines are kept from now on; those of this process's start, too.
  func open(_ place: GrowingFilePolicy)
  /// Nothing while it is not open.
  /// - Returns: what went wrong since it was opened; nil: nothing did.
  func append(_ lines: [KeptLine]) -> String?
  /// The lock is given back: whatever is said now is not the log's any more.
  func close()
}

package enum KeptLine: Sendable {
  case said(LogLevel, String)
  case news(NewsLine)
}

struct NoLog: KeptLog {
  func open(_ place: GrowingFilePolicy) {}
  func append(_ lines: [KeptLine]) -> String? { nil }
  func close() {}
}

/// A kind of file that WORKFLOW.md may ask for, with where its last trouble is kept.
enum PublishedFile: CaseIterable {
  case metrics, logs, traces, backups

  var trouble: Trouble.Code {
    switch self {
    case .metrics: .metrics
    case .logs: .logs
    case .traces: .traces
    case .backups: .backups
    }
  }

  var fact: StoredFact {
    switch self {
    case .metrics: .metricsProblem
    case .logs: .logsProblem
    case .traces: .tracesProblem
    case .backups: .backupsProblem
    }
  }

  func path(_ policy: Policy) -> String? {
    switch self {
    case .metrics: policy.metricsFile
    case .logs: policy.logs.path
    case .traces: policy.traces.path
    case .backups: policy.retention.backups > 0 ? "backups" : nil
    }
  }
}

extension Tick {
  func publishMetrics(of report: TickReport, in store: any TickStore) {
    guard let path = report.snapshot?.policy.metricsFile else { return }
    remember(parts.publishMetrics(store, path), of: .metrics, in: store)
  }

  /// News that no log has got yet, whichever tick found them out, and what this tick says itself.
  ///
  /// News are marked after they were written: a tick killed between the two leaves them to the next
  /// one, which writes them once more under the same number.
  func keepLog(of report: TickReport, from store: any TickStore) {
    guard report.snapshot?.policy.logs.path != nil else { return }
    do throws(StoreError) {
      let desk = try NewsDesk(store, tick: options.id)
      let news = desk.unlogged
      FaultPoint.log.reach()
      let lines = news.map(KeptLine.news) + said(report)
      let problem = parts.keptLog.append(lines)
      // Who wrote nothing does not know whether a full disk would take it now.
      if lines.isEmpty, problem == nil { return }
      if problem == nil, let last = news.last {
        try store.commit(desk.changing { $0.markLogged(through: last.id) }, basis: nil)
      }
      remember(problem, of: .logs, in: store)
    } catch {
      parts.log(.warning, "the log: \(error.sentence)")
    }
  }

  /// A timer's tick says as news what others print.
  private func said(_ report: TickReport) -> [KeptLine] {
    let summary = report.summary.map { [KeptLine.said(.info, $0)] } ?? []
    if options.trigger == .scheduled { return summary }
    let problem = report.problem.map { $0.splitLines().map { KeptLine.said(.error, String($0)) } }
    return report.notes.map { .said(.info, $0) } + report.failures.map { .said(.warning, $0) }
      + (problem ?? []) + summary
  }

  func exportSpans(of report: TickReport, startedAt: Timestamp, in store: any TickStore) {
    guard let snapshot = report.snapshot, snapshot.policy.traces.path != nil else { return }
    let spans = TickSpans(
      report: report, snapshot: snapshot, tick: options.id, startedAt: startedAt,
      endedAt: parts.now()
    ).all
    let problem = parts.exportSpans(spans, snapshot.policy.traces, snapshot.stateTag)
    remember(problem, of: .traces, in: store)
  }

  /// For the next tick to tell; written where it has changed.
  func remember(
    _ problem: String?, of file: PublishedFile, in store: any TickStore
  ) {
    let problem = problem ?? ""
    do throws(StoreError) {
      if try store.fact(file.fact) ?? "" != problem {
        try store.commit([.setFact(file.fact, problem)], basis: nil)
      }
    } catch {
      parts.log(.warning, "the \(file): \(error.sentence)")
    }
  }
}
