// The parts that the composition plugs into a tick: the adapters behind their ports, made when they
// are needed. The tick itself names none of them.
import SymphonyCore
import SymphonyPlatform
import Synchronization

/// WORKFLOW.md as it could be read.
package struct PolicyLoad: Sendable {
  /// Nil when there is nothing usable, not even a last good text.
  package var policy: Policy?
  /// Set when the file is missing or broken: a line for each mistake, with file:line:column.
  ///
  /// Nothing is dispatched then.
  package var problem: String?
  /// A remark about the last good text, which is used instead; nil: none is needed.
  package var remark: String?
  /// The text to keep as the last good one; nil when it is broken.
  package var goodText: String?
  package init(policy: Policy?, problem: String?, goodText: String?) {
    self.policy = policy
    self.problem = problem
    self.goodText = goodText
  }

  /// All that is to be said, a line each: for those who mend it.
  package var told: String? {
    problem.map { problem in problem + (remark.map { "\n\($0)" } ?? "") }
  }

  /// The same on one line, such as the news and a verdict have: the first mistake, and how many
  /// more there are.
  package var headline: String? {
    let lines = (problem ?? "").splitLines()
    guard let first = lines.first else { return problem }
    let more = lines.count > 1 ? "; and \(lines.count - 1) more: `symphony doctor` lists them" : ""
    return first + more + (remark.map { "; \($0)" } ?? "")
  }
}

package enum StoreAccess: Sendable {
  /// Read and write, created when that is allowed.
  case tick
  /// A private copy: nothing under the state directory changes, not even by reading.
  case privateCopy
}

package protocol TickStore: StateStore, ResponseCache {
  /// Marks a clean end.
  func close()
}

/// A tracker and how to let go of its connections.
package struct TrackerInUse: Sendable {
  package var tracker: any Tracker
  package var close: @Sendable () async -> Void
  /// What was asked of it so far.
  package var time: @Sendable () -> TrackerTime = { TrackerTime() }
  package init(tracker: any Tracker, close: @escaping @Sendable () async -> Void) {
    self.tracker = tracker
    self.close = close
  }
}

package struct TickParts: Sendable {
  package var stateDirectory: String
  /// Absolute, links in its directory resolved: one project has one name.
  package var workflowPath: String
  /// The process environment with .env merged under it.
  package var environment: [String: String]
  package var executable: String
  /// Reads .env and WORKFLOW.md; falls back to the given last good text.
  package var loadPolicy: @Sendable (_ lastGood: String?) -> PolicyLoad
  package var openStore: @Sendable (StoreAccess) throws(StoreError) -> any TickStore
  package var openTracker:
    @Sendable (Policy, any ResponseCache, _ salt: String, TrackerBudget) throws(TrackerError) ->
      TrackerInUse
  package var makeExecutor: @Sendable () -> any Executor
  /// Why an agent with these settings cannot be started under these limits; nil: it can.
  package var agentProblem: @Sendable (AgentPolicy, LimitPolicy) -> String?
  /// The agent's note about an item besides the prompt (its `## Skills`).
  package var promptNote: @Sendable (WorkItem, AgentPolicy) -> String?
  /// For the texts of pull requests.
  package var renderer: any PromptRenderer
  /// Logs once: level and line.
  package var log: @Sendable (LogLevel, String) -> Void
  /// The time a tick plans with.
  package var now: @Sendable () -> Timestamp = { Timestamp(milliseconds: Clock.wallMilliseconds()) }
  /// CLOCK_BOOTTIME in milliseconds: deadlines run on it.
  package var bootClock: @Sendable () -> Int64 = { Clock.boottimeMilliseconds() }
  /// Random bytes as hexadecimal digits: nonces and salts.
  package var random: @Sendable (_ bytes: Int) -> String = { Host.randomHex(bytes: $0) }
  /// Free space of the disk that a directory lies on; nil: not known.
  package var freeMegabytes: @Sendable (_ directory: String) -> Int? = { Files.freeMegabytes($0) }
  /// The decision procedure.
  package var plan: @Sendable (Snapshot) -> Plan = { Planner.plan($0) }

  /// Says news where the scheduler's output goes; false: nobody can have read them, and they are
  /// told again.
  package var tell: @Sendable ([NewsLine]) -> Bool = { _ in false }

  /// Runs `notify.command`; answers with what went wrong, nil: nothing did.
  package var notify: @Sendable (NotifyOrder) -> String? = { _ in nil }

  /// Writes the file of metrics; answers with what went wrong, nil: nothing did.
  package var publishMetrics: @Sendable (_ store: any TickStore, _ path: String) -> String? = {
    _, _ in nil
  }

  /// Copies the database into a file of its own; answers with what went wrong, nil: nothing did.
  package var copyDatabase: @Sendable (_ store: any TickStore, _ path: String) -> String? = {
    _, _ in nil
  }

  /// Tells a store how many rows it keeps of what every commit adds to.
  package var boundRows: @Sendable (_ store: any TickStore, RetentionPolicy) -> Void = { _, _ in }

  /// Deletes a portion of the oldest rows of settled runs beyond `retention.run_rows`, but those of
  /// `sparing`.
  /// - Returns: false: there is more to be deleted.
  package var trimRuns:
    @Sendable (_ store: any TickStore, RetentionPolicy, _ sparing: Set<RunID>) throws(StoreError)
      -> Bool = { (_, _, _) throws(StoreError) in true }

  /// What `logs.directory` gets of this tick.
  package var keptLog: any KeptLog = NoLog()

  /// Appends to the file of traces; answers with what went wrong, nil: nothing did.
  ///
  /// `instance`: names the state directory.
  package var exportSpans:
    @Sendable (_ spans: [Span], _ file: GrowingFilePolicy, _ instance: String) -> String? = {
      _, _, _ in nil
    }

  /// A person named the state directory: it is made only in a directory that is there.
  package var namesState = false

  package init(
    stateDirectory: String, workflowPath: String, environment: [String: String], executable: String,
    loadPolicy: @escaping @Sendable (String?) -> PolicyLoad,
    openStore: @escaping @Sendable (StoreAccess) throws(StoreError) -> any TickStore,
    openTracker:
      @escaping @Sendable (Policy, any ResponseCache, String, TrackerBudget) throws(TrackerError)
      -> TrackerInUse,
    makeExecutor: @escaping @Sendable () -> any Executor,
    agentProblem: @escaping @Sendable (AgentPolicy, LimitPolicy) -> String?,
    promptNote: @escaping @Sendable (WorkItem, AgentPolicy) -> String?,
    renderer: any PromptRenderer,
    log: @escaping @Sendable (LogLevel, String) -> Void
  ) {
    self.stateDirectory = stateDirectory
    self.workflowPath = workflowPath
    self.environment = environment
    self.executable = executable
    self.loadPolicy = loadPolicy
    self.openStore = openStore
    self.openTracker = openTracker
    self.makeExecutor = makeExecutor
    self.agentProblem = agentProblem
    self.promptNote = promptNote
    self.renderer = renderer
    self.log = log
  }
}

package enum LogLevel: String, Sendable { case debug, info, warning, error }

/// The end of a tick's time, on CLOCK_BOOTTIME: a tick that was suspended for hours begins nothing
/// new.
package struct TickDeadline: Sendable {
  package let end: Int64
  private let clock: @Sendable () -> Int64
  package init(after interval: Interval) {
    self.init(started: Clock.boottimeMilliseconds(), after: interval)
  }
  /// `clock`: CLOCK_BOOTTIME in milliseconds, by which `started` was read.
  package init(
    started: Int64, after interval: Interval,
    clock: @escaping @Sendable () -> Int64 = { Clock.boottimeMilliseconds() }
  ) {
    end = started + interval.milliseconds
    self.clock = clock
  }
  package var isOver: Bool { remainingMilliseconds <= 0 }
  package var remainingMilliseconds: Int64 { end - clock() }
  /// Also over once the tick was told to end (SIGTERM): the effect under way is finished, none is
  /// begun.
  package var mayBegin: Bool { !isOver && Signals.seen == nil }
}

/// How long the tracker may take: a part of the tick while it is surveyed, the rest while it is
/// written to.
///
/// A server that hangs must not use up the time in which ended runs are settled.
package final class TrackerBudget: Sendable {
  private let deadline: TickDeadline
  private let end: Mutex<Int64>
  package init(_ deadline: TickDeadline, share: Int64 = 100) {
    self.deadline = deadline
    end = Mutex(deadline.end - deadline.remainingMilliseconds * (100 - share) / 100)
  }
  package func extend(to deadline: TickDeadline, share: Int64 = 100) {
    let left = deadline.remainingMilliseconds * (100 - share) / 100
    end.withLock { $0 = max($0, deadline.end - left) }
  }
  package var remainingMilliseconds: Int64 {
    deadline.remainingMilliseconds - (deadline.end - end.withLock { $0 })
  }
}

package enum ExitCode: Int32, Sendable {
  case done = 0
  case willRetry = 1
  case usage = 64
  case tracker = 69
  case bug = 70
  case state = 74
  case locked = 75
  case workflow = 78
}
