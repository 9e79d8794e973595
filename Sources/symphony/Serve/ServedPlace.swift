// The state as the server tells it: looks of `top`, answers of `why`, `events`, `logs` and `cost`,
// and requests as the commands write them. One look serves all who ask within half a second.
// SQLite and files block, so that all of it happens on a thread of its own.
import Dispatch
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyServer
import SymphonyStore
import SymphonyTick
import Synchronization

final class ServedPlace: ServedState {
  let place: Place
  /// As the files beside WORKFLOW.md were when they were last read.
  private let current: Mutex<Composition>
  private let starter: TickStarter
  private let desk = WhyDesk()
  /// All that opens the database: closing a copied file would drop the locks of a write beside it
  /// (fcntl_locking(2), "Record locks").
  private let queue = DispatchQueue(label: "symphony.serve")
  let transcripts = DispatchQueue(label: "symphony.serve.transcripts")
  private let measuring = DispatchQueue(label: "symphony.serve.disk")
  private struct Seen {
    var look: LiveLook?
    var content: LiveContent?
    var takenAt: Int64 = 0
    var version: Int64 = 0

    func look(_ composition: Composition) throws(StoreError) -> LiveLook {
      if let look { look } else { try LiveLook(composition) }
    }
  }
  private let seen = Mutex(Seen())
  private let measured = Mutex<DiskMeasure?>(nil)
  /// Milliseconds for which a look serves all who ask.
  private static let freshness: Int64 = 500

  init(_ composition: Composition, starter: TickStarter) {
    current = Mutex(composition)
    place = composition.place
    self.starter = starter
  }

  var composition: Composition { current.withLock { $0 } }

  /// Takes the settings and the environment that were read anew.
  func adopt(_ composition: Composition) {
    current.withLock { $0 = composition }
    seen.withLock { seen in
      seen.look?.close()
      (seen.look, seen.content) = (nil, nil)
    }
  }

  /// On `queue`; nil: on the one of all that opens the database.
  func blocking<Value: Sendable>(
    on queue: DispatchQueue? = nil, _ body: @escaping @Sendable () throws(ServedProblem) -> Value
  ) async throws(ServedProblem) -> Value {
    let result = await withCheckedContinuation { done in
      (queue ?? self.queue).async {
        let result: Result<Value, ServedProblem>
        do throws(ServedProblem) { result = .success(try body()) } catch {
          result = .failure(error)
        }
        done.resume(returning: result)
      }
    }
    return try result.get()
  }

  // MARK: Looking

  private typealias Looked = (content: LiveContent, version: Int64)

  private func content() async throws(ServedProblem) -> LiveContent {
    try await blocking { () throws(ServedProblem) in try self.look().content }
  }

  /// On the queue.
  private func look() throws(ServedProblem) -> Looked {
    let result: Result<Looked, ServedProblem> = seen.withLock { seen in
      let now = Clock.monotonicMilliseconds()
      if let content = seen.content, now - seen.takenAt < Self.freshness {
        return .success((content, seen.version))
      }
      do throws(StoreError) {
        var look = try seen.look(composition)
        let content = look.take(issue: nil)
        seen.look = look
        if let problem = content.problem {
          return .failure(ServedProblem(503, "the state cannot be read: \(problem)"))
        }
        if let old = seen.content,
          content.events != old.events || content.report.hasNews(since: old.report)
        {
          seen.version += 1
        }
        seen.content = content
        seen.takenAt = Clock.monotonicMilliseconds()
        return .success((content, seen.version))
      } catch {
        return .failure(ServedProblem(503, error.sentence, hint: error.hint))
      }
    }
    return try result.get()
  }

  func report() async throws(ServedProblem) -> StateReport { try await content().report }

  func version() async throws(ServedProblem) -> Int64 {
    try await blocking { () throws(ServedProblem) in try self.look().version }
  }

  func events(of item: String?, since: Timestamp?) async throws(ServedProblem) -> [EventReport] {
    if let since {
      return try await blocking { () throws(ServedProblem) in
        try self.stored { look throws in
          let record = try item.map { try self.record($0, look.state.items) }
          let history = try look.read { (store) throws(StoreError) in
            try store.history(since: since, item: record?.id)
          }
          return history.events(of: look.state)
        }
      }
    }
    guard let item else { return try await content().events }
    return try await blocking { () throws(ServedProblem) in
      try self.stored { look throws in
        let record = try self.record(item, look.state.items)
        let history = try look.read { (store) throws(StoreError) in
          try store.history(since: Timestamp(milliseconds: 0), item: record.id)
        }
        return Array(history.events(of: look.state).suffix(300))
      }
    }
  }

  /// On the queue: from the copy that the looks use, so that many who ask cost one copy for each
  /// change.
  func stored<Value>(_ body: (StoredLook) throws -> Value) throws(ServedProblem) -> Value {
    try answering {
      try place.requireProject()
      return try seen.withLock { seen in
        var look = try seen.look(composition)
        defer { seen.look = look }
        return try body(look.stored())
      }
    }
  }

  /// A command's errors as the server tells them.
  private func answering<Value>(_ body: () throws -> Value) throws(ServedProblem) -> Value {
    do { return try body() } catch let problem as ServedProblem {
      throw problem
    } catch let stop as Stop {
      throw ServedProblem(stop, notFound: 404)
    } catch let error as StoreError {
      throw ServedProblem(503, error.sentence, hint: error.hint)
    } catch {
      throw ServedProblem(503, "\(error)")
    }
  }

  /// By its id, or as a person names it.
  private func record(_ name: String, _ items: [ItemRecord]) throws -> ItemRecord {
    if let found = items.first(where: { $0.id.text == name }) { return found }
    return try IssueName(name, at: place).known(among: items)
  }

  func totals() async throws(ServedProblem) -> ServedTotals {
    try await blocking { () throws(ServedProblem) in
      try self.stored { look throws in
        let counters = try look.read { (store) throws(StoreError) in try store.counters() }
        let totals = try look.read { (store) throws(StoreError) in try store.totals(day: nil) }
        func sum(_ name: Counter.Name) -> Int64 {
          counters.filter { $0.name == name }.reduce(0) { $0 + $1.value }
        }
        func time(_ fact: StoredFact) throws -> Int64 {
          try look.read { (store) throws(StoreError) in try store.fact(fact) }.flatMap(Int64.init)
            ?? 0
        }
        var served = ServedTotals(
          usage: totals.usage,
          seconds: Double(sum(.runMilliseconds)) / 1000, writebacks: sum(.writebacks),
          runs: sum(.dispatches))
        served.isRefreshPending =
          try self.starter.isUnderWay || time(.hintedAt) > time(.lastPoll)
        return served
      }
    }
  }

  func metrics() async throws(ServedProblem) -> String {
    var sources = try await blocking { () throws(ServedProblem) in
      try self.stored { look throws in
        var sources = try self.composition.metricsSources(look.store, at: look.now)
        self.composition.lookAtWorkers(&sources.state)
        return sources
      }
    }
    sources.diskUse = await measure(sources)
    return MetricsReport(sources).text
  }

  /// Where ticks write metrics too they measure; else it is done here, and others need not wait.
  private func measure(_ sources: MetricsSources) async -> DiskMeasure {
    await withCheckedContinuation { done in
      measuring.async { [self] in
        let own = measured.withLock { $0 }
        let measure = composition.diskUse(
          sources.state, last: [sources.diskUse, own].compactMap { $0 }.max { $0.at < $1.at })
        measured.withLock { $0 = measure }
        done.resume(returning: measure)
      }
    }
  }

  func cost(by: CostReport.By) async throws(ServedProblem) -> CostReport {
    try await blocking { () throws(ServedProblem) in
      try self.stored { look throws in
        if by == .issue { return CostReport(items: look.state.items, since: nil, runs: []) }
        let totals = try look.read { (store) throws(StoreError) in try store.totals(day: nil) }
        return CostReport(by: by, since: nil, totals: totals)
      }
    }
  }

  // MARK: Asking the tracker

  func why(_ issue: String, isTrusted: Bool) async throws(ServedProblem) -> WhyReport {
    let version = try await version()
    let question = try await blocking { () throws(ServedProblem) in
      try self.stored { look throws in
        let record = look.state.items.first { $0.id.text == issue }
        let name = try IssueName(record?.key.text ?? issue, at: self.place)
        return try WhyQuestion(name, try record ?? name.find(in: look.state.items), look)
      }
    }
    if question.record == nil, !isTrusted {
      throw ServedProblem(
        404, "\(question.name.text) is not on record",
        hint: "the tracker is asked about it for whoever sends the server's token")
    }
    // What is new of any item may be what it waited for.
    let key = "\(version) \(question.record?.id.text ?? question.name.text)"
    return try await desk.answer(key, isTrusted: isTrusted) { () throws(ServedProblem) in
      try await self.ask(question)
    }
  }

  private func ask(_ question: WhyQuestion) async throws(ServedProblem) -> WhyReport {
    var options = Tick.Options(trigger: .manual)
    options.hasAlarm = false
    var parts = composition.tickParts()
    let open = parts.openStore
    let queue = queue
    // A copy that is made beside a write of this process would drop that write's locks.
    parts.openStore = { (access) throws(StoreError) in
      let result = queue.sync { () -> Result<any TickStore, StoreError> in
        do throws(StoreError) { return .success(try open(access)) } catch { return .failure(error) }
      }
      return try result.get()
    }
    do {
      return try await question.answer(Tick(parts: parts, options: options), composition)
    } catch let stop as Stop {
      throw ServedProblem(stop, notFound: 404)
    } catch {
      throw ServedProblem(503, "\(error)")
    }
  }

  // MARK: Changing

  func steer(_ order: SteeringOrder) async throws(ServedProblem) -> SteeringReport {
    let report = try await writing { () throws in
      let desk = try Desk(
        at: self.place, create: order.command == .pause, patience: Self.patience)
      defer { desk.database.close() }
      let report = try self.order(order, desk)
      if !report.issues.isEmpty, report.issues.allSatisfy({ !$0.accepted }) {
        throw ServedProblem(
          409, report.issues.map(\.sentence).joined(separator: "; "), hint: report.hint)
      }
      return report
    }
    await desk.forget()
    starter.start()
    return report
  }

  /// How long one try to write may hold up the queue, and how long all of them go on.
  private static let patience = Interval.milliseconds(50)
  private static let allTries = Interval.seconds(5)

  /// On the queue, again and again while somebody else writes: between two tries others read.
  private func writing<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws(ServedProblem) -> Value {
    let end = Clock.monotonicMilliseconds() + Self.allTries.milliseconds
    while true {
      let value = try await blocking { () throws(ServedProblem) -> Value? in
        try self.answering {
          do { return try body() } catch let stop as Stop where stop.isLocked {
            if Clock.monotonicMilliseconds() > end { throw stop }
            return nil
          }
        }
      }
      if let value { return value }
      // Somebody who no longer waits is answered all the same.
      try? await Task.sleep(nanoseconds: 50_000_000)
    }
  }

  private func order(_ order: SteeringOrder, _ desk: Desk) throws -> SteeringReport {
    switch order.command {
    case .pause:
      var end: Timestamp?
      do {
        end = try order.until.map { try WrittenTime.coming($0, desk.now) }
      } catch let stop as Stop {
        throw ServedProblem(400, stop.message ?? "that time will not do", hint: "RFC 3339")
      }
      return try PauseCommand.order(desk, until: end, reason: order.reason)
    case .resume: return try Resumption(desk: desk, stopped: order.all).order()
    case .stop, .retry:
      let isStop = order.command == .stop
      let requests = IssueRequests(
        desk: desk, kind: isStop ? .stop : .retry, words: order.issues, why: order.reason)
      if !order.all {
        return try requests.order(order.issues.map { try self.record($0, desk.state.items) })
      }
      if isStop { return try StopCommand.orderAll(desk, reason: order.reason) }
      return try requests.order { $0.retriedWithAll }
    }
  }

  func note(_ deliveries: [WebhookDelivery]) async throws(ServedProblem) -> [Bool] {
    try await writing { () throws in
      do throws(StoreError) {
        let now = Timestamp(milliseconds: Clock.wallMilliseconds())
        let store = try SQLiteStore.open(
          directory: self.place.stateDirectory, mode: .command, now: now, patience: Self.patience)
        defer { store.close() }
        return try store.note(
          deliveries.map { SQLiteStore.Webhook(id: $0.id, code: $0.code, matters: $0.matters) },
          at: now)
      } catch { throw Stop(error) }
    }
  }

  func startTick() { starter.start() }
}

extension ServedProblem {
  /// `notFound`: the status of what names nothing.
  init(_ stop: Stop, notFound: Int) {
    let status =
      switch stop.code {
      case .usage: notFound
      case .locked: 409
      case .tracker: 502
      case .done, .willRetry, .bug, .state, .workflow: 503
      }
    self.init(status, stop.message ?? "it could not be done", hint: stop.hint)
  }
}
