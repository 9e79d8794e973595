// A project whose tracker, workers and rows are in memory: ticks and rehearsals over it, on a clock
// of its own, and what may happen to it between two of them.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import SymphonyTick
import Synchronization

/// No template is rendered here.
struct NoRenderer: PromptRenderer {
  func render(_ template: String, context: Structure, firstLine: Int) -> String { template }
}

final class Bench: Sendable {
  static let app = RepositoryName(owner: "acme", name: "app")
  let directory: String
  let record = Record()
  let store = FakeStore()
  let executor: FakeExecutor
  let tracker: FakeTracker
  /// What the scheduler's channel got, in order.
  let told = Mutex<[NewsLine]>([])
  /// What stands in the way for the next ticks.
  struct Trouble {
    var workflow: String?
    var agent: String?
    /// Nobody can hear the scheduler's channel.
    var isDeaf = false
    /// There is a `notify.command`, for these events.
    var notifies: [NotifyPolicy.Event] = []
    /// What goes wrong with it.
    var notify: String?
    /// The workflow asks for a log, and for traces.
    var keepsLog = false
    var traces = false
    /// Why the traces cannot be written.
    var spans: String?
    /// Daily copies that are kept.
    var backups = 7
    /// Why the database cannot be copied.
    var copy: String?
  }
  let trouble = Mutex(Trouble())
  /// What `notify.command` got, in order.
  let notified = Mutex<[NewsLine]>([])
  let log = FakeLog()
  /// What the file of traces got, a tick each.
  let spans = Mutex<[[Span]]>([])
  /// Where copies of the database were to be made, in order.
  let copies = Mutex<[String]>([])
  private let clock = Mutex(Timestamp(milliseconds: 1_900_000_000_000))

  init(issues: Range<Int>) throws {
    let root = Files.join(
      Host.environment["TMPDIR"] ?? "/tmp", "symphony-tick-\(Host.randomHex(bytes: 6))")
    try Files.makeDirectories(root)
    directory = Files.resolved(root) ?? root
    try Files.writeAtomically(Files.join(directory, "WORKFLOW.md"), "", durable: false)
    executor = FakeExecutor(record)
    var world = FakeTracker.World()
    world.issues = issues.map(Self.issue)
    world.repositories = [
      RepositoryFacts(
        name: Self.app, defaultBranch: "main", cloneURL: "https://github.com/acme/app.git",
        credentialScope: nil, isPrivate: true, htmlURL: "https://github.com/acme/app")
    ]
    tracker = FakeTracker(world, record)
  }
  deinit { try? Files.removeTree(directory) }

  private static func issue(_ number: Int) -> WorkItem {
    var item = WorkItem(
      id: ItemID("I_\(number)"), key: ItemKey(repository: app, reference: "\(number)"),
      repository: app, number: number, title: "Issue \(number)", body: "body")
    item.labels = ["symphony"]
    item.author = "alice"
    item.createdAt = Timestamp(milliseconds: 1_000_000 + Int64(number))
    item.updatedAt = Timestamp(milliseconds: 2_000_000)
    return item
  }

  private func policy(_ path: String) -> Policy {
    var policy = Self.policy(path)
    let events = trouble.withLock { $0.notifies }
    if !events.isEmpty { (policy.notify.command, policy.notify.events) = ("true", events) }
    if trouble.withLock({ $0.keepsLog }) { policy.logs.path = "/log" }
    if trouble.withLock({ $0.traces }) { policy.traces.path = "/traces" }
    policy.retention.backups = trouble.withLock { $0.backups }
    return policy
  }

  private static func policy(_ path: String) -> Policy {
    var tracker = TrackerPolicy()
    tracker.requiredLabels = ["symphony"]
    tracker.labelsOn.start = LabelMove(add: ["working"])
    tracker.labelsOn.park = LabelMove(add: ["needs-human"], remove: ["working"])
    var limits = LimitPolicy()
    limits.maxConcurrent = 3
    var workspace = WorkspacePolicy()
    workspace.minFreeMegabytes = 0
    // Long: how fast this machine is must not decide what a tick gets done.
    var policy = Policy(promptTemplate: "do it", promptLine: 1, workflowPath: path)
    (policy.tracker, policy.limits, policy.workspace) = (tracker, limits, workspace)
    (policy.pollInterval, policy.tickDeadline) = (.seconds(1), .minutes(30))
    return policy
  }

  var now: Timestamp { clock.withLock { $0 } }
  func pass(_ time: Interval) { clock.withLock { $0 = $0 + time } }

  func tick(
    dryRun: Bool = false, trigger: Snapshot.Trigger = .manual, store: (any TickStore)? = nil,
    plan: @escaping @Sendable (Snapshot) -> Plan = { Planner.plan($0) }
  ) async -> TickReport {
    let path = Files.join(directory, "WORKFLOW.md")
    var parts = TickParts(
      stateDirectory: Files.join(directory, "state"), workflowPath: path, environment: [:],
      executable: "/bin/false",
      loadPolicy: { _ in
        PolicyLoad(
          policy: self.policy(path), problem: self.trouble.withLock { $0.workflow }, goodText: nil)
      },
      openStore: { access in
        switch access {
        case .tick: store ?? self.store
        case .privateCopy: self.store.copy()
        }
      },
      openTracker: { _, _, _, _ in TrackerInUse(tracker: self.tracker) {} },
      makeExecutor: { self.executor }, agentProblem: { _, _ in self.trouble.withLock { $0.agent } },
      promptNote: { _, _ in nil },
      renderer: NoRenderer(), log: { _, _ in })
    parts.now = { self.now }
    parts.plan = plan
    parts.notify = { order in
      self.notified.withLock { $0 += order.lines }
      return self.trouble.withLock { $0.notify }
    }
    parts.keptLog = log
    parts.copyDatabase = { _, path in
      self.copies.withLock { $0.append(path) }
      if let problem = self.trouble.withLock({ $0.copy }) { return problem }
      do { try Files.writeAtomically(path, "", durable: false) } catch { return "\(error)" }
      return nil
    }
    parts.exportSpans = { spans, _, _ in
      self.spans.withLock { $0.append(spans) }
      return self.trouble.withLock { $0.spans }
    }
    parts.tell = { lines in
      self.told.withLock { $0 += lines }
      return !self.trouble.withLock { $0.isDeaf }
    }
    var options = Tick.Options(trigger: trigger)
    options.dryRun = dryRun
    options.deadline = .minutes(30)
    options.failIfLocked = true
    // What other tests of this process are starting shares its descriptors until it is executed: the
    // lock of the tick before may be held a moment longer.
    while true {
      let report = await Tick(parts: parts, options: options).run()
      if report.exit != .locked { return report }
      await Task.yield()
    }
  }

  // MARK: What happens between two ticks

  func disturb(_ dice: inout Dice) {
    let runs = store.load().runs
    if let run = runs.randomElement(using: &dice) { change(run, &dice) }
    let event = Int.random(in: 0..<8, using: &dice)
    let pick = dice.next()
    tracker.world.withLock { world in
      let index = Int(pick % UInt64(world.issues.count))
      world.issues[index].updatedAt = now
      switch event {
      case 0: world.issues[index].state = world.issues[index].state == .open ? .closed : .open
      case 1: world.issues[index].labels = ["symphony"]
      case 2: world.issues[index].labels = []
      case 3: world.issues[index].body += "."
      case 4:
        if let head = world.pullRequests.keys.sorted(by: { $0.branch < $1.branch }).first {
          world.pullRequests[head]?.state = pick % 2 == 0 ? .merged : .closed
          world.pullRequests[head]?.endedAt = now
        }
      default: break
      }
    }
    pass(.seconds(Int64.random(in: 1...400, using: &dice)))
  }

  private func change(_ run: RunRecord, _ dice: inout Dice) {
    var result = RunResult(
      nonce: run.nonce, runID: run.id, outcome: .succeeded, summary: "s", startedAt: now,
      endedAt: now)
    var vitals = RunObservation.Vitals()
    var seen = RunObservation(liveness: .alive(vitals))
    if run.purpose == .cleanUp {
      result.removed = true
      seen.liveness = .ended(result)
    } else {
      switch Int.random(in: 0..<8, using: &dice) {
      case 0, 1, 2:
        result.turns = 1
        result.commitsAhead = 1
        result.madeProgress = true
        result.push = .pushed(head: "abc")
        seen.liveness = .ended(result)
      case 3:
        result.outcome = .failed
        seen.liveness = .ended(result)
      case 4:
        result.outcome = .blocked
        seen.liveness = .ended(result)
      case 5:
        seen.liveness = .vanished(.died)
        executor.runs.withLock { _ = $0.uncleared.insert(run.id) }
      case 6:
        seen.liveness = .vanished(.died)
        seen.leftovers = .some(1)
      default:
        vitals.silence = .minutes(2)
        seen.liveness = .alive(vitals)
      }
    }
    let observation = seen
    executor.runs.withLock { $0.seen[run.id] = observation }
  }
}
