// The ports of a tick, in memory: rows, workers that live until the test ends them, a tracker that
// does what is asked of it. Each writes down every effect that was carried out, in order.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import SymphonyTick
import Synchronization

/// What was carried out, one line per effect.
final class Record: Sendable {
  private let lines = Mutex<[String]>([])
  func note(_ line: String) { lines.withLock { $0.append(line) } }
  /// The lines since the last call.
  func taken() -> [String] {
    lines.withLock { lines in
      defer { lines = [] }
      return lines
    }
  }
}

final class FakeStore: TickStore, Sendable {
  struct Rows {
    var state = StoredState()
    var facts: [StoredFact: String] = [:]
    var keys: Set<String> = []
    var commits = 0
  }
  let rows: Mutex<Rows>

  init(_ rows: sending Rows = Rows()) { self.rows = Mutex(rows) }
  func copy() -> FakeStore { FakeStore(rows.withLock { $0 }) }

  func load() -> StoredState { load(.everything) }
  func load(_ scope: StateScope) -> StoredState {
    var state = rows.withLock { $0.state }
    guard scope == .awake else { return state }
    let busy = Set(state.runs.map(\.item) + state.outbox.map(\.item) + state.requests.map(\.item))
    state.items.removeAll { $0.restedAt != nil && !busy.contains($0.id) }
    return state
  }
  func items(_ ids: Set<ItemID>) -> [ItemRecord] {
    rows.withLock { $0.state.items.filter { ids.contains($0.id) } }
  }
  /// It forgets what was paid: only what is owed is known.
  func knownNonces(among nonces: Set<String>) -> Set<String> {
    rows.withLock { nonces.intersection($0.state.outbox.map(\.nonce)) }
  }
  func fact(_ name: StoredFact) -> String? { rows.withLock { $0.facts[name] } }
  func setFact(_ name: StoredFact, _ value: String) { rows.withLock { $0.facts[name] = value } }
  func lookUp(_ url: String) -> CachedResponse? { nil }
  func remember(_ url: String, _ response: CachedResponse) {}
  func close() {}

  func commit(_ changes: [Change], basis: StoredState?) {
    rows.withLock { rows in
      rows.commits += 1
      rows.state.commit(changes, keys: &rows.keys)
      for case .setFact(let name, let value) in changes { rows.facts[name] = value }
    }
  }
}

/// Workers that live until the test says otherwise.
final class FakeExecutor: Executor, Sendable {
  struct Runs {
    var seen: [RunID: RunObservation] = [:]
    /// Directories, oldest first.
    var directories: [RunID] = []
    /// They left private files.
    var uncleared: Set<RunID> = []
    /// Why no question is answered.
    var problem: ExecutorError?
    /// Why nothing is launched.
    var refusal: ExecutorError?
  }
  let runs = Mutex(Runs())
  let record: Record
  init(_ record: Record) { self.record = record }

  func launch(_ spec: RunSpec, environment: [String: String]) throws(ExecutorError) {
    if let refusal = runs.withLock({ $0.refusal }) {
      record.note("try \(spec.itemKey)")
      runs.withLock { $0.seen[spec.runID] = RunObservation(liveness: .vanished(.notLaunched)) }
      throw refusal
    }
    record.note("launch \(spec.itemKey) \(spec.purpose.rawValue) \(spec.generation)")
    runs.withLock { runs in
      runs.seen[spec.runID] = RunObservation(liveness: .alive(RunObservation.Vitals()))
      runs.directories.append(spec.runID)
    }
  }

  func poll(_ question: PollQuestion) throws(ExecutorError) -> PollAnswer {
    if let problem = runs.withLock({ $0.problem }) { throw problem }
    return runs.withLock { runs in
      let asked = Set(question.runs.map(\.id))
      // What was never tried it knows nothing of.
      let unknown = RunObservation(liveness: .vanished(.notLaunched))
      var answer = PollAnswer(
        runs: Dictionary(
          asked.map { ($0, runs.seen[$0] ?? unknown) }, uniquingKeysWith: { first, _ in first }),
        otherRuns: runs.directories.filter { !asked.contains($0) }, era: "one")
      answer.uncleared = runs.uncleared.sorted()
      return answer
    }
  }

  func end(_ run: RunID, _ how: EndKind) {
    record.note("\(how.rawValue) \(run)")
    if [.kill, .sweep, .clear].contains(how) { runs.withLock { _ = $0.uncleared.remove(run) } }
  }

  func tail(_ run: RunID, _ log: RunLog, _ piece: LogPiece) -> LogTail {
    LogTail(bytes: [], offset: 0, size: 0)
  }

  func forget(_ run: RunID) {
    record.note("forget \(run)")
    runs.withLock { $0.directories.removeAll { $0 == run } }
  }
}

final class FakeTracker: Tracker, Sendable {
  struct World {
    var issues: [WorkItem] = []
    var repositories: [RepositoryFacts] = []
    var pullRequests: [HeadRef: Survey.PullRequestFact] = [:]
    /// What the next delivery is refused with.
    var refusal: TrackerError?
    /// Why nothing is listed.
    var problem: TrackerError?
  }
  let world: Mutex<World>
  let record: Record
  init(_ world: sending World, _ record: Record) {
    self.world = Mutex(world)
    self.record = record
  }

  func survey(_ question: SurveyQuestion) -> Survey {
    world.withLock { world in
      if let problem = world.problem { return Survey(candidates: .failed(problem)) }
      var survey = Survey(candidates: .items(world.issues.filter { $0.state == .open }))
      survey.repositories = world.repositories
      survey.requests = 1
      answer(question.watched, world, &survey)
      return survey
    }
  }

  func confirm(_ items: [SurveyQuestion.Watched]) -> Survey {
    world.withLock { world in
      var survey = Survey(candidates: .skipped)
      answer(items, world, &survey)
      return survey
    }
  }

  func find(_ reference: String, in repository: RepositoryName?) -> WorkItem? {
    world.withLock { $0.issues.first { $0.key.reference == reference } }
  }

  private func answer(
    _ items: [SurveyQuestion.Watched], _ world: World, _ survey: inout Survey
  ) {
    for watched in items {
      if let item = world.issues.first(where: { $0.id == watched.id }) {
        survey.answers[watched.id] = .found(item)
      }
      let head = HeadRef(watched.repository, watched.branch)
      survey.knownHeads.insert(head)
      survey.pullRequests[head] = world.pullRequests[head]
    }
  }

  func credential(_ order: CredentialOrder) -> Secret? { nil }
  func examine() -> [Finding] { [] }

  func deliver(
    _ entry: OutboxEntry, pullRequest: PullRequestRef?
  ) throws(TrackerError) -> Delivery {
    record.note("deliver \(entry.item) \(entry.payload.kind)")
    return try world.withLock { (world) throws(TrackerError) -> Delivery in
      if let refusal = world.refusal {
        world.refusal = nil
        throw refusal
      }
      switch entry.payload {
      case .ensurePullRequest(let order):
        let head = HeadRef(order.repository, order.head)
        let number = 100 + world.pullRequests.count
        let reference = PullRequestRef(number: number, url: "https://h/pull/\(number)")
        world.pullRequests[head] = .init(
          ref: reference, state: .open, createdAt: Timestamp(milliseconds: 0), endedAt: nil)
        return .pullRequest(reference, created: true)
      case .comment, .reply: return .comment(url: "u")
      case .setLabels(let order):
        for index in world.issues.indices where world.issues[index].id == entry.item {
          world.issues[index].labels.removeAll { order.move.remove.contains($0) }
          world.issues[index].labels += order.move.add
        }
        return .done("labelled")
      case .setStatus, .convertDraft, .closeIssue, .resolveThread, .requestReview, .rerunChecks,
        .updateBranch, .merge:
        return .done("done")
      }
    }
  }
}

/// Lines of a tick's log, as long as it is open.
final class FakeLog: KeptLog {
  struct Lines {
    var isOpen = false
    var opened = 0
    var lines: [KeptLine] = []
    /// Why none can be written.
    var problem: String?
  }
  let state = Mutex(Lines())

  func open(_ place: GrowingFilePolicy) {
    state.withLock { ($0.isOpen, $0.opened) = (true, $0.opened + 1) }
  }
  func append(_ lines: [KeptLine]) -> String? {
    state.withLock { state in
      if !state.isOpen || lines.isEmpty { return nil }
      if state.problem == nil { state.lines += lines }
      return state.problem
    }
  }
  func close() { state.withLock { $0.isOpen = false } }

  var news: [NewsLine] {
    state.withLock { $0.lines.compactMap { if case .news(let news) = $0 { news } else { nil } } }
  }
}
