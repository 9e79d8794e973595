// Rows for tests of the report: an item, a run of it, what the executor sees of that run, and the
// sources around them. Used by every suite of this target; asserts nothing.
import SymphonyCore
import SymphonyReport

let noon = Timestamp(milliseconds: 1_899_990_000_000)
let app = RepositoryName(owner: "acme", name: "app")

extension ItemRecord {
  static func sample(_ number: Int, _ edit: (inout ItemRecord) -> Void = { _ in }) -> ItemRecord {
    let key = ItemKey(repository: app, reference: "\(number)")
    let id = ItemID("I_\(number)")
    var record = ItemRecord(
      id: id, key: key, workspace: WorkspaceKey(item: key, id: id), repository: app,
      number: number, title: "Issue \(number)", url: "https://github.com/acme/app/issues/\(number)",
      firstSeen: noon - .days(1), branch: "symphony/acme_app_\(number)", epoch: noon - .days(1))
    record.verdict = "no_slot"
    record.sentence = "all 1 slot in use (agent.max_concurrent)"
    edit(&record)
    return record
  }

  /// As the tick that launched its run left it.
  static func launched(
    _ number: Int, generation: Int = 2, _ edit: (inout ItemRecord) -> Void = { _ in }
  ) -> ItemRecord {
    .sample(number) { record in
      record.claim = .running(.sample(number, generation))
      record.generation = generation
      record.runs = generation
      record.verdict = "launching"
      record.sentence = "starting run \(generation)"
      edit(&record)
    }
  }
}

extension RunID {
  static func sample(_ number: Int, _ generation: Int) -> RunID {
    RunID("acme_app_\(number)-abc123-r\(generation)")
  }
}

extension RunRecord {
  static func sample(
    _ number: Int, generation: Int = 2, purpose: RunPurpose = .work,
    _ edit: (inout RunRecord) -> Void = { _ in }
  ) -> RunRecord {
    var run = RunRecord(
      id: .sample(number, generation), item: ItemID("I_\(number)"), generation: generation,
      purpose: purpose, nonce: String(repeating: "a", count: 32), era: "boot",
      launchedAt: noon - .seconds(12))
    run.account = Account(kind: "command")
    edit(&run)
    return run
  }
}

extension RunObservation {
  static func alive(_ edit: (inout RunProgress) -> Void) -> RunObservation {
    var progress = RunProgress(
      nonce: String(repeating: "a", count: 32), phase: .agent, phaseSince: noon - .seconds(5))
    edit(&progress)
    var seen = RunObservation(liveness: .alive(RunObservation.Vitals()))
    seen.progress = progress
    return seen
  }

  static func ended(_ outcome: Outcome, _ summary: String) -> RunObservation {
    RunObservation(
      liveness: .ended(
        RunResult(
          nonce: String(repeating: "a", count: 32), runID: .sample(1, 2), outcome: outcome,
          summary: summary, startedAt: noon - .seconds(10), endedAt: noon)))
  }
}

extension Usage {
  static func of(_ tokens: Int64, _ dollars: Double) -> Usage {
    var usage = Usage()
    usage.inputTokens = tokens
    usage.costUSD = dollars
    return usage
  }
}

extension StateSources {
  static func sample(
    _ items: [ItemRecord], runs: [RunRecord] = [], seen: [RunID: RunObservation] = [:],
    _ edit: (inout StateSources) -> Void = { _ in }
  ) -> StateSources {
    var sources = StateSources(
      now: noon, workflow: "/p/WORKFLOW.md", stateDirectory: "/s",
      state: StoredState(items: items, runs: runs),
      poll: PollAnswer(runs: seen, era: "boot"))
    edit(&sources)
    return sources
  }

  /// One item with one run that is not settled, seen so.
  static func oneRun(
    _ seen: RunObservation?, purpose: RunPurpose = .work,
    run edit: (inout RunRecord) -> Void = { _ in }
  ) -> StateSources {
    let run = RunRecord.sample(1, purpose: purpose, edit)
    return .sample([.launched(1)], runs: [run], seen: seen.map { [run.id: $0] } ?? [:])
  }

  var report: StateReport { StateReport(self) }
  var first: ItemReport { report.items[0] }
}
