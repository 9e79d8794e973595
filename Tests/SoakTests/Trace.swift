// What a simulated tick leaves, on one line: what it planned, how it ended, and every row that decides
// about the next ones. Two plays of one history have the same lines, in whatever process.
import SymphonyCore
import SymphonyTick

extension Episode {
  func line(_ report: TickReport, _ state: StoredState, isDead: Bool) -> String {
    let end = isDead ? "killed" : report.exit.word
    let effects = (report.plan?.effects ?? []).map { "\($0.name) \($0.subject)" }
    let digest = StableHash.hex(Self.digest(state))
    return "\(ticks) \(end) \(digest) \(effects.joined(separator: ", "))"
  }

  private static func digest(_ state: StoredState) -> String {
    var text = ""
    for record in state.items {
      let counters = record.counters
      text += "\(record.id) \(record.claim.state) \(record.generation) \(record.verdict) "
      text += "\(counters.failures) \(counters.launches) \(counters.vanishes) "
      text += "\(counters.continuations) \(record.usage.totalTokens) \(record.unpushed ?? "")\n"
    }
    for run in state.runs { text += "\(run.id) \(run.nonce) \(run.stop?.why ?? "")\n" }
    for entry in state.outbox {
      text += "\(entry.id) \(entry.dedupeKey) \(entry.nonce) \(entry.tries) \(entry.lastError)\n"
    }
    for hold in state.holds { text += "\(hold.kind) \(hold.scope) \(hold.setAt.milliseconds)\n" }
    return text
  }
}
