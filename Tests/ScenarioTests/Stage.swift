// The stage of one scenario: a directory of its own with project, state and home, a simulated
// GitHub, a scripted agent, and the built `symphony` run against them. Every process that descends
// from it carries SCENARIO_DIR, so that what a failing test leaves behind is found and ended.
// Assertions are the tests' own; this file only lets them act and look.
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

final class Stage: Sendable {
  let directory: TemporaryDirectory
  let github: GitHubSimulator
  /// What the processes of this stage do is on record, and can be ordered to fail.
  let faults: Faults
  /// What is left of its files when the power is lost.
  let powerLoss: PowerLoss.World

  init(github: GitHubSimulator, powerLoss: PowerLoss.World) throws {
    directory = try TemporaryDirectory("scenario")
    self.github = github
    self.powerLoss = powerLoss
    try directory.directory("project")
    faults = try Faults(in: directory)
  }

  var project: String { directory.file("project") }
  var state: String { directory.file("state") }
  var environment: [String: String] {
    [
      "SYMPHONY_STATE_DIR": state, "GITHUB_TOKEN": github.token, "SCENARIO_DIR": directory.path,
      "HOME": directory.path, "NO_COLOR": "1", "SYMPHONY_FAULTS": faults.path,
    ]
  }

  // MARK: Setting the scene

  /// What every agent script begins with: its start is on record, `wait_for` waits for a flag of
  /// the test, `commit` leaves one commit that names its run and is on record too.
  ///
  /// Two agents at once at one issue are on record as well.
  static let prelude = """
    prompt=$(cat)
    n=$(printf '%s\\n' "$prompt" | sed -n 's/^Issue \\([0-9]*\\):.*/\\1/p' | head -n 1)
    echo "$SYMPHONY_RUN" >>"$SCENARIO_DIR/started"
    exec 8>"$SCENARIO_DIR/agent-$n.lock"
    flock -n 8 || echo "$SYMPHONY_RUN" >>"$SCENARIO_DIR/doubled"
    wait_for() {
      until [ -e "$SCENARIO_DIR/$1" ]; do [ -d "$SCENARIO_DIR" ] || exit 9; sleep 0.1; done
    }
    commit() {
      echo "$SYMPHONY_RUN" >>"work-$n.txt" && git add -A && git commit -qm "Work on $n" &&
        echo "$n $(git rev-parse HEAD)" >>"$SCENARIO_DIR/commits"
    }

    """

  /// Writes the agent and WORKFLOW.md.
  ///
  /// Retries wait for a millisecond unless told otherwise.
  func direct(
    agent script: String, settings: [String: String] = [:], github more: [String: String] = [:],
    extra: String = "", prompt: String = "Issue {{ issue.number }}: {{ issue.title }}\n"
  ) throws {
    try directory.write("agent.sh", Self.prelude + script + "\n")
    var agent = [
      "kind": "command", "command": "sh '\(directory.file("agent.sh"))'", "max_concurrent": "10",
      "max_retry_backoff_ms": "1",
    ]
    agent.merge(settings) { $1 }
    var server = ["api_url": github.apiURL, "token": "$GITHUB_TOKEN"]
    server.merge(more) { $1 }
    func lines(_ values: [String: String]) -> String {
      values.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)\n" }.joined()
    }
    try WorkflowFile.write(
      in: project,
      settings: """
        tracker:
          kind: github
          repository: \(github.repository.name)
          labels: [symphony]
        github:
        \(lines(server))agent:
        \(lines(agent))\(extra)
        """, prompt: prompt)
  }

  @discardableResult
  func issue(_ title: String = "An issue", body: String = "") -> Int {
    github.createIssue(title: title, body: body, labels: ["symphony"])
  }

  /// Lets agents that `wait_for` it go on.
  func raise(_ flag: String) throws { try directory.write(flag, "") }

  // MARK: Acting

  @discardableResult
  func run(_ arguments: [String], environment more: [String: String] = [:]) async throws
    -> CapturedCommand
  {
    try await sufferPowerLoss()
    let ended = try await SymphonyBinary.run(
      arguments, directory: project, environment: environment.merging(more) { $1 },
      timeoutMilliseconds: 60_000)
    try await sufferPowerLoss()
    #expect(!ended.timedOut, "symphony \(arguments) did not end")
    return ended
  }

  @discardableResult
  func tick(_ more: String..., environment: [String: String] = [:]) async throws -> CapturedCommand
  {
    try await run(["tick"] + more, environment: environment)
  }

  /// Ticks until the world is as it should be.
  func tickUntil(
    _ what: String, seconds: Double = 60, file: String = #fileID, line: Int = #line,
    _ condition: () async throws -> Bool
  ) async throws {
    do {
      try await eventually(what, seconds: seconds, file: file, line: line) {
        try await tick()
        if try await condition() { return true }
        // The next tick is worth its while once a worker or a tick has ended, or a delay is over.
        let before = Set(descendants.filter { Self.arguments(of: $0).count > 1 })
        try? await eventually(seconds: 0.3) { !before.isSubset(of: Set(descendants)) }
        return false
      }
    } catch let failure as NeverHappened {
      let told = try await run(["status", "-v"]).output
      throw Failed(description: "\(failure)\n\(told)")
    }
  }
  struct Failed: Error, CustomStringConvertible { var description: String }

  /// Waits until no worker, no agent and no nudged tick of this stage lives.
  func idle(file: String = #fileID, line: Int = #line) async throws {
    try await eventually("all processes end", file: file, line: line) {
      try await sufferPowerLoss()
      return descendants.isEmpty
    }
  }

  /// Where a process has lost power everything has; then the machine is started again.
  func sufferPowerLoss() async throws {
    let sign = Files.join(faults.path, "power")
    guard Files.exists(sign) else { return }
    await clear()
    let lost = try PowerLoss(after: faults.trace).happen(
      powerLoss, old: Files.join(faults.path, "old"))
    try directory.write(
      "lost", lost.map { $0.dropFirst(directory.path.count + 1) + "\n" }.joined())
    try faults.withdraw()
    try directory.write("faults/era", Host.uuid() + "\n")
    try Files.remove(sign)
  }

  /// At most five ticks, each once the workers before it have ended, bring the condition about.
  func quietWithinFiveTicks(
    file: String = #fileID, line: Int = #line, _ condition: () async throws -> Bool
  ) async throws {
    for _ in 0..<5 {
      try await idle(file: file, line: line)
      try await tick()
      try await idle(file: file, line: line)
      if try await condition() { return }
    }
    let told = try await run(["status", "-v"]).output
    throw Failed(description: "\(file):\(line): not quiet within five ticks\n\(told)")
  }

  // MARK: Looking

  func board() async throws -> StateReport {
    let told = try await run(["status", "--json"])
    try #require(told.exit.isSuccess, "\(told.errorOutput)")
    return try ReportJSON.read(told.output, as: StateReport.self)
  }
  /// `missing` for an item that is not there.
  func code(_ number: Int) async throws -> String {
    try await board().find(number)?.code ?? "missing"
  }

  func lines(of name: String) -> [String] {
    let text = (try? Files.readText(directory.file(name), limit: 1 << 20)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }
  /// Runs whose agent began a turn, in order.
  var started: [String] { lines(of: "started") }

  func branch(_ number: Int) -> String { "symphony/acme_app_\(number)" }

  /// Our own comments on an issue: those the token's owner wrote.
  func ourComments(_ number: Int) -> [SimulatedComment] {
    github.comments(number).filter { $0.author == "symphony-bot" }
  }
  func pullRequests(of number: Int) -> [SimulatedIssue] {
    github.pullRequests.filter { $0.pull?.head == branch(number) }
  }
  /// One pull request and one comment, no more and no less.
  func isDelivered(_ number: Int) -> Bool {
    pullRequests(of: number).count == 1 && ourComments(number).count == 1
  }

  // MARK: Processes

  struct Worker: Hashable {
    var pid: Int32
    var run: String
    /// The run's id without its generation.
    var item: String { run.lastIndex(of: "-").map { String(run[..<$0]) } ?? run }
  }

  /// Live workers, by the run directory in their arguments.
  var workers: [Worker] {
    Processes.all.compactMap { pid in
      let words = Self.arguments(of: pid)
      guard words.count == 3, words[1] == "worker", words[2].hasPrefix(state + "/") else {
        return nil
      }
      guard let found = Processes.stat(pid), found.state != "Z" else { return nil }
      // Between fork and exec a child of a worker shows its parent's arguments.
      let parent = Self.parent(of: pid)
      guard parent > 0, Self.arguments(of: parent) != words else { return nil }
      return Worker(pid: pid, run: Files.lastName(of: words[2]))
    }
  }
  private static func parent(of pid: Int32) -> Int32 {
    let text = (try? Files.readText("/proc/\(pid)/stat")) ?? ""
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    return fields.count > 1 ? Int32(fields[1]) ?? 0 : 0
  }
  func worker(on number: Int) -> Worker? {
    workers.first { $0.item.hasPrefix("acme_app_\(number)-") || $0.item == "acme_app_\(number)" }
  }
  /// Processes that carry a run's marker: its agent, hooks and git children.
  func marked(_ run: String) -> [Int32] { Processes.carrying("SYMPHONY_RUN=\(run)") }
  /// By their environment; workers and the ticks they become, whose environment nobody can see, by
  /// their arguments.
  var descendants: [Int32] {
    let named = Processes.all.filter { pid in
      Self.arguments(of: pid).contains { $0.contains(directory.path) }
        && Processes.stat(pid).map { $0.state != "Z" && $0.state != "X" } == true
    }
    let marked = Processes.carrying("SCENARIO_DIR=\(directory.path)")
    return Set(named + marked).subtracting([Host.processID]).sorted()
  }

  static func arguments(of pid: Int32) -> [String] {
    let bytes = (try? Files.read("/proc/\(pid)/cmdline", limit: 1 << 20)) ?? []
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  func kill(_ pid: Int32) {
    guard let found = Processes.stat(pid) else { return }
    Processes.signal(pid, startTime: found.startTime, Signals.killNow)
  }

  /// Leases some process holds; asked only when nothing is being launched.
  ///
  /// One that cannot be looked at counts.
  var heldLeases: [String] {
    let runs = Files.join(state, "runs")
    return ((try? Files.list(runs)) ?? []).filter {
      (try? FileLock.probe("\(runs)/\($0)/lease")) ?? true
    }
  }
  var workspaces: [String] {
    ((try? Files.list(Files.join(state, "workspaces"))) ?? []).filter { !$0.hasSuffix(".lock") }
  }
  var registeredWorktrees: [String] {
    get throws {
      try Git.run(
        ["worktree", "list", "--porcelain"], in: Files.join(state, "repos/acme/app.git")
      ).split(separator: "\n").filter { $0.hasPrefix("worktree ") }.dropFirst().map(String.init)
    }
  }

  /// Every file below a directory with its content.
  static func files(below path: String, prefix: String = "") throws -> [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    for name in try Files.list(path) {
      let inner = Files.join(path, name)
      if let target = Files.linkTarget(inner) {
        found[prefix + name] = Array(target.utf8)
      } else if Files.isDirectory(inner) {
        found[prefix + name + "/"] = []
        found.merge(try files(below: inner, prefix: prefix + name + "/")) { $1 }
      } else {
        found[prefix + name] = try Files.read(inner)
      }
    }
    return found
  }

  /// Ends every process that descends from this stage, until a look finds none.
  func clear() async {
    for _ in 0..<200 {
      let left = descendants
      if left.isEmpty { break }
      for pid in left { kill(pid) }
      try? await Task.sleep(nanoseconds: 10_000_000)
    }
  }
}

extension StateReport {
  func find(_ number: Int) -> ItemReport? { items.first { $0.key.hasSuffix("#\(number)") } }
  func item(_ number: Int) throws -> ItemReport {
    try #require(find(number), "no item \(number) among \(items.map(\.key))")
  }
}

/// How many stages are set at once: each starts several processes, and waiting costs nothing.
private actor Doors {
  static let shared = Doors()
  private var free = 5
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func enter() async {
    if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
  }
  func leave() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}

/// Sets a stage, plays, and clears it whatever happened.
func withStage(
  powerLoss: PowerLoss.World = .undone, _ play: (Stage) async throws -> Void
) async throws {
  await Doors.shared.enter()
  do {
    let github = try await GitHubSimulator.start()
    let stage = try Stage(github: github, powerLoss: powerLoss)
    var failure: (any Error)?
    do { try await play(stage) } catch { failure = error }
    await stage.clear()
    await github.stop()
    stage.directory.remove()
    if let failure { throw failure }
  } catch {
    await Doors.shared.leave()
    throw error
  }
  await Doors.shared.leave()
}
