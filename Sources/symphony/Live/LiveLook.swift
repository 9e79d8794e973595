// Reads what a live view shows, again and again: a private copy of the database when its files or
// WORKFLOW.md have changed, the workers that live at every look, and of the issue whose page is
// open its events and the end of its transcript. Holds up nobody, asks the tracker nothing.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyStore

struct LiveLook {
  /// Events that are shown, and rows of the past that are read for them.
  private static let events = 300
  /// Milliseconds for which a busy writer may keep it from reading before that is said.
  private static let patience: Int64 = 5000

  private struct Mark: Equatable {
    let database: DatabaseMark
    let workflow: FileStamp?

    init(_ place: Place) {
      database = DatabaseMark(directory: place.stateDirectory)
      workflow = FileStamp(place.workflowPath)
    }
  }

  /// The rows read from the database, and the copy they were read from.
  private struct Rows {
    let store: SQLiteStore
    var sources: StateSources
    let events: [EventReport]

    init(_ composition: Composition) throws(StoreError) {
      let now = Timestamp(milliseconds: Clock.wallMilliseconds())
      store = try SQLiteStore.open(
        directory: composition.place.stateDirectory, mode: .privateCopy, now: now)
      sources = try composition.stateSources(store, at: now)
      // Once, and not for each look: the report finds them in its order.
      sources.state.items.sort { ($0.key, $0.id) < ($1.key, $1.id) }
      events = try store.history(last: LiveLook.events).events(of: sources.state)
        .suffix(LiveLook.events)
    }
  }

  private let composition: Composition
  private var rows: Rows
  /// Of what the rows were read from; nil: they are to be read anew.
  private var mark: Mark?
  /// When nothing newer was known to be there (CLOCK_MONOTONIC).
  private var readAt: Int64
  private var page: LivePage?
  private var transcript: TranscriptTail?

  /// - Throws: what reading the database throws.
  init(_ composition: Composition) throws(StoreError) {
    self.composition = composition
    readAt = Clock.monotonicMilliseconds()
    mark = Mark(composition.place)
    rows = try Rows(composition)
  }

  /// Reads the state as it is now; `issue`: the id of the item whose page is open.
  ///
  /// If it cannot be read the rows stay as they were, and that is said with them: of a busy writer
  /// when it lasts, of all else at once.
  mutating func take(issue: String?) -> LiveContent {
    var problem: String?
    do throws(StoreError) {
      try refresh()
      try turn(to: issue)
      readAt = Clock.monotonicMilliseconds()
    } catch {
      // Only what ends by itself is waited for.
      var passes = Clock.monotonicMilliseconds() - readAt <= Self.patience
      if case .operator = error.disposition { passes = false }
      if !passes { problem = error.sentence }
    }
    rows.sources.now = Timestamp(milliseconds: Clock.wallMilliseconds())
    composition.lookAtWorkers(&rows.sources)
    var content = LiveContent(
      report: StateReport(rows.sources), events: rows.events, page: page)
    content.problem = problem
    return content
  }

  /// The rows as they are now, not the workers; copied anew only when something has changed.
  ///
  /// They are the look's own: to be read before the next one, and not to be closed.
  mutating func stored() throws(StoreError) -> StoredLook {
    try refresh()
    return StoredLook(
      rows.store, rows.sources.state, now: Timestamp(milliseconds: Clock.wallMilliseconds()))
  }

  private mutating func refresh() throws(StoreError) {
    let mark = Mark(composition.place)
    if mark == self.mark { return }
    let new = try Rows(composition)
    rows.store.close()
    (rows, self.mark, page) = (new, mark, nil)
  }

  /// Ends it.
  func close() { rows.store.close() }

  /// Reads everything anew at the next look.
  mutating func forget() { mark = nil }

  /// The same rows and workers as they would be told at another time.
  func report(at time: Timestamp) -> StateReport {
    var sources = rows.sources
    sources.now = time
    return StateReport(sources)
  }

  /// To the page of an issue, or to none.
  private mutating func turn(to issue: String?) throws(StoreError) {
    guard let issue else {
      (page, transcript) = (nil, nil)
      return
    }
    let item = ItemID(issue)
    if page?.id != issue {
      let history = try rows.store.history(since: Timestamp(milliseconds: 0), item: item)
      let run = try rows.store.runs(of: item, limit: 20).first { $0.purpose == .work }
      if transcript?.run.id != run?.id { transcript = run.map(TranscriptTail.init) }
      if let run { transcript?.run = run }
      let words = run.map { "run \($0.generation)" + ($0.account.map { ", \($0)" } ?? "") }
      page = LivePage(
        id: issue, events: history.events(of: rows.sources.state), run: words, transcript: [])
    }
    let executor = composition.executor()
    transcript?.advance(executor)
    page?.transcript = transcript?.lines ?? []
  }
}

extension StoredHistory {
  /// What happened to the items of a state, the newest last.
  func events(of state: StoredState) -> [EventReport] {
    let keys = Dictionary(state.items.map { ($0.id, $0.key) }) { first, _ in first }
    return EventReport.all(keys: keys, ledger: ledger, runs: runs, outbox: outbox)
  }
}

/// The last lines of a run's transcript, and what comes after them.
struct TranscriptTail {
  /// Lines that are kept.
  private static let longest = 300
  /// Bytes that are read at once, and from the end at first.
  private static let piece = 1 << 18

  var run: RunRecord
  private var pieces = LineAssembly()
  private var view: TranscriptView
  /// The place at which the next piece begins; nil: at the end.
  private var next: Int64?
  private var kept: [StyledLine] = []
  private var errors: [StyledLine] = []

  init(_ run: RunRecord) {
    self.run = run
    view = TranscriptView(kind: .agent, account: run.account)
  }

  var lines: [StyledLine] { kept + errors }

  /// Reads what was printed since.
  mutating func advance(_ executor: any Executor) {
    do throws(ExecutorError) {
      let from = next
      let tail = try executor.tail(
        run.id, .agent, from.map { .from($0, limit: Self.piece) } ?? .last(Self.piece))
      // Of a line that began before, or whose middle is gone, nothing is made.
      if let from, tail.offset != from { pieces.skip() }
      var new = pieces.take(tail.bytes)
      if from.map({ $0 != tail.offset }) ?? (tail.offset > 0), !new.isEmpty { new.removeFirst() }
      kept += new.flatMap { view.lines(of: $0) }
      kept.removeFirst(max(0, kept.count - Self.longest))
      // An agent that prints faster than we read: skip to the end.
      next = tail.size - tail.next > Int64(Self.piece) ? nil : tail.next
      if next == nil { pieces.skip() }
      guard run.settledAt != nil, errors.isEmpty else { return }
      let beside = try executor.tail(run.id, .agentErrors, .last(TranscriptView.errorBytes))
      errors = TranscriptView.errors(beside).map { line in
        StyledLine("stderr   ", .red).with(StyledLine(line))
      }
    } catch {
      if kept.isEmpty { kept = [StyledLine(error.sentence, .dim)] }
    }
  }
}
