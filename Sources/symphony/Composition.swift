// The only place that knows all adapters: builds what a tick, a worker or doctor needs from the
// workflow file, the environment and the registries. Decides nothing.
import SymphonyAgents
import SymphonyCore
import SymphonyExecutors
import SymphonyPlatform
import SymphonyStore
import SymphonyTick
import SymphonyTrackers
import SymphonyWorker
import SymphonyWorkflow
import Synchronization

final class Composition: Sendable {
  let place: Place
  let logbook: Logbook
  /// The process environment, with .env from the directory of WORKFLOW.md merged under it.
  private let baseEnvironment: [String: String]
  private struct Seen {
    var warnings: [String] = []
    var literals: [String: String] = [:]
    var token: (Secret, String)??
    var sandboxProblem: String??
    var remedy: String?
    /// Said before a tick could keep a log of it.
    var early: [LogLine] = []
  }
  private let seen = Mutex(Seen())

  init(place: Place, logbook: Logbook, base: [String: String] = Host.environment) {
    self.place = place
    self.logbook = logbook
    // A nudged tick inherits what an earlier tick read from .env: those names are .env's, not the
    // environment's.
    var merged = base
    for name in (base[Self.dotEnvNames] ?? "").split(separator: ",") { merged[String(name)] = nil }
    var (fromFile, early): ([String], [String]) = ([], [])
    let file = Files.join(place.projectDirectory, ".env")
    do throws(PlatformError) {
      let before = merged
      let text = try Files.readText(file, limit: Self.dotEnvLimit)
      let read = DotEnv.parse(text)
      for (name, value) in read.pairs where before[name] == nil {
        merged[name] = value
        fromFile.append(name)
      }
      early = read.problems.map { "\(file): \($0)" }
    } catch {
      // Say so: settings that are missing because of it would look like a mistake elsewhere.
      if !error.isMissing { early = ["nothing of .env is used: \(error.description)"] }
    }
    merged[Self.dotEnvNames] = fromFile.isEmpty ? nil : fromFile.joined(separator: ",")
    // Of the tick before; this one reads the file anew.
    baseEnvironment = merged.filter { !$0.key.hasPrefix(Workflow.literalPrefix) }
    for problem in early { logbook.write(.error, problem) }
    seen.withLock { $0.early = early.map { LogLine(.error, $0, [:]) } }
  }

  /// With the secrets that stand in WORKFLOW.md, as far as it was read.
  var environment: [String: String] {
    let literals = seen.withLock { $0.literals }
    return literals.isEmpty ? baseEnvironment : baseEnvironment.merging(literals) { $1 }
  }

  /// Bytes.
  ///
  /// Every child gets all of it, and the kernel takes 2 MB for arguments and environment.
  private static let dotEnvLimit = 1 << 18

  /// Tells a nudged tick which variables came from .env.
  static let dotEnvNames = "SYMPHONY_DOTENV"

  /// Warnings of the last reading of WORKFLOW.md, with their places.
  var warnings: [String] { seen.withLock { $0.warnings } }

  /// The next step for a workflow that cannot be read or an agent that is not there; nil: neither.
  ///
  /// It tells the places that were searched. Not part of a verdict: a tick by hand has another PATH
  /// than a timer's.
  var remedy: String? { seen.withLock { $0.remedy } }

  func reading(of text: String, isStored: Bool = false) -> WorkflowReading {
    let reading = Workflow.read(
      text: text, path: place.workflowPath, environment: baseEnvironment, isStored: isStored,
      otherToken: { otherToken(apiURL: $0) }, keyFile: Self.keyFile)
    let literals = reading.policy?.literals.mapValues { $0.reveal() } ?? [:]
    seen.withLock { $0.literals = literals }
    return reading
  }

  /// Where the issues are, by the file alone: starts nothing; nil for a file that cannot be used.
  var trackerPolicy: TrackerPolicy? {
    guard let text = try? Files.readText(place.workflowPath, limit: 1 << 20) else { return nil }
    return Workflow.read(
      text: text, path: place.workflowPath, environment: baseEnvironment, otherToken: { _ in nil },
      keyFile: Self.keyFile
    ).policy?.tracker
  }

  /// The private key of a GitHub App, where the workflow names a file.
  private static func keyFile(_ path: String) -> KeyFile {
    do throws(PlatformError) {
      let text = try Files.readText(path, limit: 1 << 16)
      return .found(text: text, isExposed: (Files.permissions(path) ?? 0) & 0o044 != 0)
    } catch {
      return .failed(error.description)
    }
  }

  /// Asked once per process: it starts `gh`.
  private func otherToken(apiURL: String) -> (Secret, String)? {
    if let known = seen.withLock({ $0.token }) { return known }
    let found = TokenFallback.ghToken(apiURL: apiURL, environment: environment)
    seen.withLock { $0.token = .some(found) }
    return found
  }

  func loadPolicy(lastGood: String?) -> PolicyLoad {
    var problem: String?
    do throws(PlatformError) {
      let text = try Files.readText(place.workflowPath, limit: 1 << 20)
      let reading = reading(of: text)
      let warnings = reading.diagnostics.filter { $0.severity == .warning }.map(Self.line)
      seen.withLock { $0.warnings = warnings }
      if let policy = reading.policy {
        return PolicyLoad(
          policy: policy, problem: nil, goodText: reading.storableText)
      }
      let errors = reading.diagnostics.filter { $0.severity == .error }.map(Self.line)
      problem = errors.joined(separator: "\n")
    } catch {
      problem = unreadable(error)
    }
    let policy = lastGood.flatMap { reading(of: $0, isStored: true).policy }
    var load = PolicyLoad(policy: policy, problem: problem, goodText: nil)
    if policy != nil, lastGood?.contains("$" + Workflow.literalPrefix) == true {
      load.remark =
        "the last good text is used without the secrets that stood in it: they are not kept"
    }
    return load
  }

  /// Why there is no text of WORKFLOW.md; what to do about it is kept as the remedy.
  private func unreadable(_ error: PlatformError) -> String {
    let path = place.workflowPath
    let (sentence, remedy): (String, String?) =
      switch error.errno {
      case _ where error.isMissing:
        (
          "\(path): no such file; write one, or name one with --workflow",
          "`symphony init` writes one for the repository around it"
        )
      case 21:  // EISDIR
        (
          "\(path) is a directory, not a file",
          "name the file in it: --workflow \(ShellWords.quoted(Files.join(path, "WORKFLOW.md")))"
        )
      case 27: ("\(path):1:1: larger than 1 MB", nil)  // EFBIG
      case 13:  // EACCES
        (
          error.description,
          "this is uid \(Host.userID): call it as the user whose file it is"
        )
      default: (error.description, nil)
      }
    seen.withLock { $0.remedy = remedy }
    return sentence
  }

  /// For commands that can do nothing without it.
  /// - Throws: `Stop` with 78 and all that is wrong with it.
  func requirePolicy(lastGood: String?) throws -> Policy {
    let load = loadPolicy(lastGood: lastGood)
    if let policy = load.policy { return policy }
    throw Stop(
      .workflow, load.told ?? "\(place.workflowPath) is not valid",
      hint: remedy ?? "`symphony doctor` checks all of it")
  }

  static func line(_ diagnostic: Diagnostic) -> String {
    let place = "\(diagnostic.file):\(diagnostic.line):\(diagnostic.column): "
    // One line each: a key of the file may hold a line end.
    return PlainText.line(
      place + diagnostic.message + (diagnostic.hint.map { " (\($0))" } ?? ""))
  }

  /// Every workflow's workers run on this machine.
  func executor() -> any Executor {
    let parts = ExecutorRegistry.Parts(
      stateDirectory: place.stateDirectory, executable: Host.executablePath)
    return ExecutorRegistry.open(.local, parts)
  }

  /// Why an agent cannot be started: nothing by that name is in its PATH, no sandbox can be had, or
  /// doctor fails its settings.
  func agentProblem(_ policy: AgentPolicy, _ limits: LimitPolicy) -> String? {
    do throws(AgentError) {
      let agent = try AgentRegistry.find(kind: policy.kind, environment: environment)
      let probe = agent.probe(policy)
      let view = try AgentView.environment(policy, own: probe.ownVariables, from: environment)
      if let problem = AgentPresence.problem(probe, view) {
        seen.withLock { $0.remedy = AgentPresence.remedy(probe, view) }
        return problem
      }
      if policy.sandbox.kind == .bubblewrap, let problem = sandboxProblem(view) { return problem }
      let findings =
        agent.examine(policy) + examineLimits(policy, probe, maxCostPerDay: limits.maxCostPerDay)
      return findings.first { $0.grade == .fail }
        .map { finding in finding.text + (finding.hint.map { "; \($0)" } ?? "") }
    } catch {
      return error.sentence
    }
  }

  /// Asked once per process: it starts a sandbox.
  func sandboxProblem(_ view: [String: String]) -> String? {
    if let known = seen.withLock({ $0.sandboxProblem }) { return known }
    let problem = Sandbox.problem(environment: view)
    seen.withLock { $0.sandboxProblem = .some(problem) }
    return problem
  }

  func openTracker(
    _ policy: Policy, cache: any ResponseCache, salt: String, budget: TrackerBudget
  ) throws(TrackerError) -> TrackerRegistry.Open {
    var parts = trackerParts(policy, budget: budget)
    parts.cache = cache
    parts.salt = salt
    return try TrackerRegistry.open(parts)
  }

  /// For a question or two: nothing that is answered is kept.
  func trackerParts(_ policy: Policy, budget: TrackerBudget) -> TrackerRegistry.Parts {
    TrackerRegistry.Parts(
      policy: policy.tracker, projectDirectory: place.projectDirectory, environment: environment,
      cache: NoCache(), salt: "asked",
      now: { Timestamp(milliseconds: Clock.wallMilliseconds()) },
      remaining: { .milliseconds(budget.remainingMilliseconds) }, version: symphonyVersion)
  }

  /// Of one tick.
  ///
  /// The first of a process keeps what was said at its start.
  private func keptLog() -> LogFile {
    let early = seen.withLock { seen in
      defer { seen.early = [] }
      return seen.early
    }
    return LogFile(early: early) { [logbook] in logbook.isHeard($0) }
  }

  func tickParts() -> TickParts {
    let keptLog = keptLog()
    var parts = TickParts(
      stateDirectory: place.stateDirectory, workflowPath: place.workflowPath,
      environment: environment, executable: Host.executablePath,
      loadPolicy: { self.loadPolicy(lastGood: $0) },
      openStore: { (access) throws(StoreError) in
        try SQLiteStore.open(
          directory: self.place.stateDirectory, mode: access == .tick ? .tick : .privateCopy,
          now: Timestamp(milliseconds: Clock.wallMilliseconds()))
      },
      openTracker: { (policy, cache, salt, budget) throws(TrackerError) in
        let opened = try self.openTracker(policy, cache: cache, salt: salt, budget: budget)
        var used = TrackerInUse(tracker: opened.tracker, close: opened.close)
        used.time = opened.time
        return used
      },
      makeExecutor: { self.executor() }, agentProblem: { self.agentProblem($0, $1) },
      promptNote: { item, agent in
        skillsNote(item.skills, servers: agent.mcpServers, kind: agent.kind)
      },
      renderer: TemplateEngine(),
      log: {
        self.logbook.write($0, $1)
        _ = keptLog.append([.said($0, $1)])
      })
    parts.keptLog = keptLog
    parts.exportSpans = { self.append($0, to: $1, instance: $2) }
    parts.namesState = place.namesState
    if LogStyle.isJSON { parts.environment[LogStyle.variable] = "json" }
    parts.tell = { self.logbook.tell($0) }
    parts.copyDatabase = { store, path in
      guard let store = store as? SQLiteStore else { return nil }
      do throws(StoreError) { try store.copy(to: path) } catch { return error.sentence }
      do throws(StoreError) { try store.optimize() } catch {
        self.logbook.write(.warning, "SQLite could not count its tables: \(error.sentence)")
      }
      return nil
    }
    parts.boundRows = { ($0 as? SQLiteStore)?.bound($1) }
    parts.trimRuns = { (store, retention, sparing) throws(StoreError) in
      guard let store = store as? SQLiteStore else { return true }
      return try store.trimRuns(retention, sparing: sparing) < SQLiteStore.trimmedAtOnce
    }
    parts.publishMetrics = { self.publishMetrics(of: $0, to: $1) }
    parts.notify = { Notifier(place: self.place, environment: self.environment).run($0) }
    return parts
  }
}

extension SQLiteStore: TickStore {}
