// A small world for the worker's tests: a bare remote, a state directory, a scripted agent, and a
// worker run inside the test's own process. Nothing outside its temporary folder is touched.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import Testing

@testable import SymphonyWorker

/// For agents whose output nobody reads.
struct SilentTranscript: TranscriptReader {
  mutating func read(_ line: String) -> [TranscriptEntry] { [] }
}

/// Runs `agent.command` by `sh -c`.
///
/// Lines of its output steer events and the outcome; all of them are the message.
struct ScriptedAgent: Agent {
  var kind = "scripted"
  var notesFile: String?
  var notesReplace: String?
  var homePaths: [String] = []
  var ownVariables: [String] = []
  var stopSignal = StopSignal.terminate

  func command(for turn: AgentTurn) throws(AgentError) -> AgentCommand {
    let secret = Files.join(turn.runDirectory, "private.json")
    var command = AgentCommand(
      arguments: ["sh", "-c", turn.policy.command ?? "true"],
      environment: [
        "TURN": "\(turn.number)", "RESUME": turn.resume?.id ?? "", "NEW": turn.newSessionID,
        "LEFT": turn.costLeftUSD.map { "\($0)" } ?? "", "NOTES": turn.notesFile ?? "",
        "PRIVATE": secret,
      ], privateFiles: [secret: "private"])
    command.stopSignal = stopSignal
    return command
  }
  func reader(for turn: AgentTurn) -> any AgentReader { Reader(agent: kind) }
  func transcript() -> any TranscriptReader { SilentTranscript() }
  func probe(_ policy: AgentPolicy) -> AgentProbe {
    var probe = AgentProbe(executable: nil, versionArguments: [], installHint: "")
    (probe.notesFile, probe.notesReplace) = (notesFile, notesReplace)
    (probe.homePaths, probe.ownVariables) = (homePaths, ownVariables)
    probe.ownCostLimitUSD = policy.claude.maxBudgetUSD
    return probe
  }
  func examine(_ policy: AgentPolicy) -> [Finding] { [] }

  struct Reader: AgentReader {
    let agent: String
    var lines: [String] = []
    var session: SessionRef?
    var usage: Usage?
    var denied: [String] = []

    mutating func read(_ line: String) -> [AgentEvent] {
      lines.append(line)
      let words = line.split(separator: " ").map(String.init)
      switch (words.first, words.count) {
      case ("session", 2):
        session = SessionRef(id: words[1])
        return [.session(words[1])]
      case ("usage", 4):
        var usage = Usage()
        usage.inputTokens = Int64(words[1]) ?? 0
        usage.outputTokens = Int64(words[2]) ?? 0
        usage.costUSD = Double(words[3]) ?? 0
        self.usage = usage
        return [.usage(["m": usage], counted: nil)]
      case ("denied", 2): denied.append(words[1])
      case ("concluded", 1): return [.concluded]
      case ("abandon", 1): return [.abandon("the script says so")]
      default: break
      }
      return [.activity(line)]
    }

    func finish(_ exit: SymphonyCore.ExitStatus, errorTail: String) -> TurnOutcome {
      var usage = Usage()
      usage.inputTokens = 10
      let kind: TurnOutcome.Kind =
        switch lines.last {
        case "gone": .sessionGone
        case "in use": .sessionInUse
        case "limited": .limited(until: Timestamp(milliseconds: 5000))
        case "cut short": .cutShort(code: "agent_max_turns")
        case "blocked": .blocked
        case "overloaded": .failed(code: "agent_api_unavailable", .transient)
        case "too dear": .failed(code: "agent_budget_exhausted", .budget(.run))
        default: exit == .exited(0) ? .succeeded : .failed(code: "agent_failed", .agent)
        }
      var outcome = TurnOutcome(
        kind: kind, message: lines.joined(separator: "\n"), session: session,
        spent: ["m": self.usage ?? usage])
      outcome.denied = denied
      if lines.last == "odd", exit != .exited(0) {
        outcome.kind = .succeeded
        outcome.trouble = .init(.failed(code: "agent_failed", .agent), "it ended oddly")
      }
      return outcome
    }
  }
}

struct PlainRenderer: PromptRenderer {
  func render(_ template: String, context: Structure, firstLine: Int) throws(TemplateError)
    -> String
  {
    if template.contains("{{ nope }}") {
      throw TemplateError(line: firstLine, column: 3, sentence: "unknown variable `nope`")
    }
    let pieces = (context["feedback"]?.listValue ?? []).map { piece in
      [piece["kind"]?.stringValue, piece["text"]?.stringValue, piece["log_file"]?.stringValue]
        .compactMap(\.self).joined(separator: " ")
    }
    return template.replacing("{{ feedback }}", with: pieces.joined(separator: "; "))
      + " turn \(context["turn"]?.integerValue ?? 0)"
  }
}

/// Where an item's agent works.
enum WorkPlace: CaseIterable { case worktree, clone, walled }

/// One turn there.
func at(_ place: WorkPlace) -> (inout RunSpec) -> Void {
  {
    $0.git.settings.useWorktrees = place != .clone
    if place == .walled { $0.agent.sandbox.kind = .bubblewrap }
    $0.agent.maxTurns = 1
  }
}

final class WorkerYard {
  let root: String
  var environment: [String: String]
  var seams = WorkerSeams()
  var agent = ScriptedAgent()
  /// What else a spec may name.
  var agents: [any Agent] = []
  private(set) var generation = 0
  private(set) var logged: [String] = []

  init() throws {
    let folder = Host.environment["TMPDIR"] ?? "/tmp"
    root = Files.join(folder, "symphony-yard-\(Host.randomHex(bytes: 8))")
    try Files.makeDirectories(Files.join(root, "home"))
    try Files.makeDirectories(Files.join(root, "state/runs"))
    environment = [
      "PATH": Host.environment["PATH"] ?? "/usr/bin:/bin", "HOME": Files.join(root, "home"),
      "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "YARD": root,
    ]
    seams.ownsProcess = false
    seams.signal = { nil }
    seams.killGrace = 300
    seams.budgetGrace = 0
    seams.pulseInterval = 10
    seams.sweepPatience = 5000
    try shell(
      """
      git init --quiet --bare -b main remote.git
      git init --quiet -b main seed && cd seed && echo one > file && git add . && git commit -qm one
      git push --quiet ../remote.git main
      """)
    seams.log = { [unowned self] in self.logged.append($0) }
  }
  deinit { try? Files.removeTree(root) }

  var remote: String { Files.join(root, "remote.git") }
  var cache: String { Files.join(root, "state/repos/acme/app.git") }
  var workspace: String { Files.join(root, "state/workspaces/w42") }
  static let branch = "symphony/acme_app_42"

  /// The clock of the limits stands still, except that each byte of the workspace's file `late` is
  /// a second: a limit is reached where the script says, on a busy machine too.
  func stopClock() {
    let (start, file) = (Clock.monotonicMilliseconds(), Files.join(workspace, "late"))
    seams.now = { start + 1000 * Int64(OutputTail.size(file)) }
  }

  /// A directory that a person named, as the tick prepares it.
  func name(_ folder: String) throws {
    try Files.makeDirectories(path(folder))
    try NamedFolder(path(folder)).leaveMark()
  }

  func path(_ name: String) -> String { Files.join(root, name) }
  func text(_ name: String) -> String { (try? Files.readText(path(name))) ?? "" }

  /// A shell script in the yard, as another person would run it; it has to succeed.
  @discardableResult
  func shell(_ script: String) throws -> String {
    var variables = environment
    for who in ["AUTHOR", "COMMITTER"] {
      variables["GIT_\(who)_NAME"] = "Person"
      variables["GIT_\(who)_EMAIL"] = "person@example.com"
    }
    let done = try CapturedCommand.run(
      ["sh", "-e", "-c", script], environment: variables, directory: root,
      timeoutMilliseconds: 60_000)
    #expect(done.exit.isSuccess, "\(script): \(done.output) \(done.errorOutput)")
    return done.output.trimmingWhitespace()
  }
  func remoteTip(_ branch: String = WorkerYard.branch) throws -> String {
    try shell("git --git-dir=remote.git rev-parse --verify --quiet refs/heads/\(branch) || true")
  }

  /// `commit name` of the remote's refs below `prefix`, a line each.
  func remoteRefs(_ prefix: String) throws -> String {
    try shell(
      "git --git-dir=remote.git for-each-ref --format='%(objectname) %(refname)' '\(prefix)'")
  }

  /// The spec of the next run of the item; `change` makes it special.
  func spec(_ script: String, _ change: (inout RunSpec) -> Void = { _ in }) -> RunSpec {
    generation += 1
    // The marker must be this test's alone: tests run side by side and sweep.
    let run = RunID("w42-\(Files.lastName(of: root))-r\(generation)")
    var agent = AgentPolicy()
    // The tests' agents are shell scripts: nothing of theirs is long.
    agent.turnTimeout = .minutes(2)
    agent.kind = self.agent.kind
    agent.command = script
    agent.maxTurns = 3
    var spec = RunSpec(
      runID: run, nonce: "nonce-\(generation)", purpose: .work, itemKey: ItemKey("acme/app#42"),
      repository: RepositoryName(owner: "acme", name: "app"), generation: generation,
      paths: RunPaths(
        state: path("state"), run: path("state/runs/\(run)"), cache: cache, workspace: workspace),
      git: GitOrder(
        cloneURL: remote, credentialScope: nil, baseBranch: "main", branch: WorkerYard.branch,
        ownsBranch: generation > 1, fenceHead: nil, takeOver: false, debt: nil,
        settings: GitPolicy()),
      hooks: HookPolicy(), agent: agent, resume: nil, newSessionID: "new-session", attempt: nil,
      promptTemplate: "Do it", promptLine: 7, workflowPath: "/p/WORKFLOW.md", skills: [],
      context: .object(["issue": .object(["number": .integer(42), "title": .string("A title")])]),
      nudge: [])
    spec.git.raiser = "ours"
    change(&spec)
    return spec
  }

  func start(_ spec: RunSpec) throws -> Int32 {
    try Files.makeDirectories(spec.paths.run)
    try RunDirectory(path: spec.paths.run).writeSpec(spec)
    return Worker(
      runDirectory: spec.paths.run, agents: [agent] + agents, renderer: PlainRenderer(),
      environment: environment, seams: seams
    ).run()
  }

  /// A run for the parts of a worker.
  func live(_ change: (inout RunSpec) -> Void = { _ in }) throws -> LiveRun {
    let spec = spec("true", change)
    try Files.makeDirectories(spec.paths.run)
    let files = RunDirectory(path: spec.paths.run)
    let lease = try #require(try FileLock.take(files.lease))
    return LiveRun(
      spec: spec, files: files, lease: lease, environment: environment, seams: seams)
  }

  /// Runs a worker to its end and reads what it left.
  func perform(_ script: String, _ change: (inout RunSpec) -> Void = { _ in }) throws -> RunResult {
    let spec = spec(script, change)
    let status = try start(spec)
    #expect(status == 0, "\(logged)")
    let result = try RunDirectory(path: spec.paths.run).readResult(nonce: spec.nonce)
    #expect(Processes.carrying(RunMarker.entry(spec.runID)) == [])
    return try #require(result, "\(logged)")
  }
  func cleanUp(_ change: (inout RunSpec) -> Void = { _ in }) throws -> RunResult {
    try perform("true") {
      $0.purpose = .cleanUp
      change(&$0)
    }
  }
  var directory: RunDirectory {
    RunDirectory(path: path("state/runs/w42-\(Files.lastName(of: root))-r\(generation)"))
  }
}

/// A commit as an agent makes it.
let commitScript = "echo $TURN >> work && git add work && git commit -qm turn-$TURN"
