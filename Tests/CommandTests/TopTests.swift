// `top` in a terminal of its own, as a person has it: what it shows, what keys do, and that the
// terminal is as before whichever way it ends.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct TopTests {
  /// Starts `top` on a terminal, over a project whose second issue is parked.
  private func start(
    _ project: Project, columns: Int = 80, lines: Int = 24, _ arguments: [String] = ["top"],
    kind: String = "xterm-256color"
  ) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(columns: columns, lines: lines)
    try terminal.start(
      [try SymphonyBinary.path] + arguments, directory: project.path,
      environment: [
        "SYMPHONY_STATE_DIR": project.state, "HOME": project.home, "USER": "ann",
        "TMPDIR": project.folder.file("tmp"), "TERM": kind,
      ])
    return terminal
  }

  private func paused() async throws -> Project {
    let project = try Project.local(issues: 3)
    _ = try await project.run("pause", "--reason", "lunch")
    _ = try await project.run("tick")
    _ = try await project.run("stop", "2")
    _ = try await project.run("tick")
    return project
  }

  enum WayOut: Hashable, CaseIterable {
    case key, controlC, interrupt, terminate, hangUp, quit, user, fault, abort, illegal
    /// Every other signal that ends a program by default (signal(7)).
    case other(Int32)

    static let allCases: [WayOut] =
      [
        .key, .controlC, .interrupt, .terminate, .hangUp, .quit, .user, .fault, .abort, .illegal,
      ] + [12, 14, 16, 24, 25, 26, 27, 29, 30, 31, 34, 64].map { .other($0) }
  }

  @Test(arguments: WayOut.allCases) func theTerminalIsAsBefore(_ way: WayOut) async throws {
    let project = try await paused()
    let terminal = try start(project)
    let before = terminal.modes
    try await terminal.waits(for: "needs you (1)")
    #expect(terminal.modes != before && terminal.screen.modes.isSuperset(of: [1049, 2004]))
    #expect(terminal.screen.modes.isDisjoint(with: [7, 25]))
    let wanted: ChildExit
    switch way {
    case .key: wanted = .exited(0)
    case .controlC, .interrupt: wanted = .exited(0)
    case .terminate: wanted = .signalled(15)
    case .hangUp: wanted = .signalled(1)
    case .quit: wanted = .signalled(3)
    case .user: wanted = .signalled(10)
    case .fault, .abort, .illegal: wanted = .exited(70)
    case .other(let number): wanted = .signalled(number)
    }
    switch way {
    case .key: terminal.type("q")
    case .controlC: terminal.type("\u{03}")
    case .interrupt: terminal.signal(2)
    case .terminate: terminal.signal(15)
    case .hangUp: terminal.signal(1)
    case .quit: terminal.type("\u{1C}")
    case .user: terminal.signal(10)
    case .fault: terminal.signal(11)
    case .abort: terminal.signal(6)
    case .illegal: terminal.signal(4)
    case .other(let number): terminal.signal(number)
    }
    #expect(try await terminal.end() == wanted)
    #expect(terminal.modes == before)
    #expect(terminal.screen.modes == [7, 25])
    #expect(terminal.screen.unknown.isEmpty, "\(terminal.screen.unknown)")
  }

  @Test func aTerminalThatTakesNothingKeepsNobody() async throws {
    let project = try await paused()
    let terminal = try start(project)
    let before = terminal.modes
    try await terminal.waits(for: "needs you (1)")
    terminal.holdOutput()
    terminal.type("r")
    // Nothing tells from outside that it waits to write; ending before that is as good.
    try await Task.sleep(nanoseconds: 1_500_000_000)
    terminal.signal(15)
    var exit: ChildExit?
    try await eventually("it has ended, unread") {
      exit = Spawn.reap(terminal.pid)
      return exit != nil
    }
    #expect(exit == .exited(143) || exit == .signalled(15))
    #expect(terminal.modes == before)
  }

  @Test func anySizeIsDrawn() async throws {
    let project = try await paused()
    let terminal = try start(project)
    try await terminal.waits(for: "needs you (1)")
    for (columns, lines) in [(10, 3), (120, 40), (1, 1), (250, 60), (40, 8), (80, 24)] {
      terminal.resize(columns: columns, lines: lines)
      try await terminal.waits("a screen of \(columns)x\(lines)") { screen in
        if columns < 40 { return screen.text.contains { !$0.isEmpty } }
        // The clock ends the first line, the keys stand on the last one.
        return Columns.count(screen.text[0]) == columns && screen.text[0].hasSuffix(" UTC")
          && screen.text[lines - 1].hasPrefix("q quit")
      }
    }
    try await terminal.waits(for: "needs you (1)")
    terminal.type("q")
    #expect(try await terminal.end() == .exited(0))
    #expect(terminal.screen.unknown.isEmpty, "\(terminal.screen.unknown)")
  }

  @Test func keysSteerAsTheCommandsDo() async throws {
    let project = try await paused()
    let terminal = try start(project)
    try await terminal.waits(for: "> #2")
    terminal.type("t")
    try await terminal.waits(for: "retry local/project#2, counters at zero?")
    terminal.type("n")
    try await terminal.waits(for: "nothing was done")
    #expect(try await project.run("status", "--json").state().item(2)?.requests.isEmpty == true)
    // What is typed ahead answers no question that is not on the screen yet.
    terminal.type("ty")
    try await terminal.waits(for: "retry local/project#2, counters at zero?")
    #expect(try await project.run("status", "--json").state().item(2)?.requests.isEmpty == true)
    terminal.type("y")
    try await terminal.waits(for: "local/project#2: it runs again, counters at zero")
    try await terminal.waits(for: "the next tick carries it out")
    let asked = try await project.run("status", "--json").state().item(2)?.requests
    #expect(asked?.map(\.kind) == [.retry] && asked?.map(\.by) == ["ann"], "\(asked ?? [])")
    terminal.type("j")
    try await terminal.waits(for: "> #1")
    terminal.type("s")
    try await terminal.waits(for: "y yes, any other key no")
    terminal.type("y")
    try await terminal.waits(for: "local/project#1: it is parked, and nothing of it starts until")
    terminal.type("p")
    try await terminal.waits(for: "resume, as `symphony resume` does?")
    terminal.type("y")
    try await terminal.waits(for: "resumed")
    #expect(try await project.run("status", "--json").state().holds.isEmpty)
    terminal.type("\u{1B}[200~sypyq\u{1B}[201~p")
    try await terminal.waits(for: "pause: start nothing new?")
    terminal.type("y")
    try await terminal.waits(for: "paused: nothing is started until")
    #expect(try await project.run("status", "--json").state().holds.map(\.kind) == [.pause])
    terminal.type("q")
    #expect(try await terminal.end() == .exited(0))
  }

  @Test func aPageFollowsWhatTheAgentSays() async throws {
    let project = try Project.local(
      agent: #"cat > /dev/null; echo "{\"type\":\"progress\",\"message\":\"halfway\"}"; sleep 600"#)
    _ = try await project.run("tick")
    let terminal = try start(project, columns: 100, lines: 30, ["status", "--watch", "1"])
    try await terminal.waits(for: "said     halfway")
    try await terminal.waits(for: "transcript of run 1, command")
    terminal.type("\u{1B}")
    try await terminal.waits(for: "running (1 of 1)")
    try await terminal.waits(for: "agent, turn 1")
    try await terminal.waits(for: "halfway")
    terminal.type("\r")
    try await terminal.waits(for: "verdict     running")
    terminal.type("q")
    #expect(try await terminal.end() == .exited(0))
    try await project.stopAll()
  }

  /// A shell that minds its jobs, on a terminal.
  private func startShell(_ project: Project, _ script: String) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(columns: 80, lines: 24)
    try terminal.start(
      ["sh", "-m", "-c", script, try SymphonyBinary.path], directory: project.path,
      environment: [
        "SYMPHONY_STATE_DIR": project.state, "HOME": project.home, "TERM": "xterm",
        "TMPDIR": project.folder.file("tmp"),
      ])
    return terminal
  }

  @Test func inTheBackgroundItTouchesNothing() async throws {
    let project = try await paused()
    let terminal = try startShell(
      project,
      #"""
      "$0" top &
      until jobs > jobs.txt; grep -q Stopped jobs.txt; do sleep 0.05; done
      stty -a | grep -o ' icanon'; echo 'it waits'; read line; fg; echo "left: $?"
      """#)
    try await terminal.waits(for: "it waits")
    #expect(terminal.screen.text.contains(" icanon") && terminal.screen.modes == [7, 25])
    terminal.type("\n")
    try await terminal.waits(for: "needs you (1)")
    terminal.type("q")
    try await terminal.waits(for: "left: 0")
    #expect(try await terminal.end() == .exited(0))
    #expect(terminal.screen.modes == [7, 25])
  }

  @Test func stoppedInTheBackgroundItCanBeEnded() async throws {
    let project = try await paused()
    let terminal = try startShell(
      project,
      #"""
      "$0" top &
      until jobs > jobs.txt; grep -q Stopped jobs.txt; do sleep 0.05; done
      kill $!; kill -CONT $!
      # The shell tells of its stop first.
      until wait $!; end=$?; [ $end -ne 150 ]; do sleep 0.05; done; echo "ended: $end"
      """#)
    try await terminal.waits(for: "ended: 143")
    #expect(try await terminal.end() == .exited(0))
    #expect(terminal.screen.modes == [7, 25])
  }

  @Test func stoppedAndGoneOnItIsDrawnAgain() async throws {
    let project = try await paused()
    let terminal = try startShell(
      project, #""$0" top; printf 'it was stopped: %s\n' "$?"; read line; fg; echo "left: $?""#)
    let before = terminal.modes
    try await terminal.waits(for: "needs you (1)")
    terminal.type("\u{1A}")
    try await terminal.waits(for: "it was stopped: 148")
    #expect(terminal.modes == before && terminal.screen.modes == [7, 25])
    terminal.type("\n")
    try await terminal.waits(for: "needs you (1)")
    #expect(terminal.screen.modes.contains(1049))
    terminal.type("q")
    try await terminal.waits(for: "left: 0")
    #expect(try await terminal.end() == .exited(0))
    #expect(terminal.modes == before)
  }

  // MARK: Without a screen

  @Test(arguments: ["dumb", ""]) func whatCannotDrawGetsText(_ kind: String) async throws {
    let project = try await paused()
    let terminal = try start(project, kind: kind)
    try await terminal.waits(for: "waiting (2)")
    let why = kind.isEmpty ? "TERM is not set" : "TERM is dumb"
    #expect(terminal.screen.text[0].hasPrefix("symphony: \(why): no full screen"))
    #expect(terminal.screen.modes == [7, 25] && !terminal.output.contains(0x1B))
    terminal.type("\u{03}")
    #expect(try await terminal.end() == .signalled(2))
  }

  /// What a shell makes of `symphony top` behind which something stands.
  private func shell(_ project: Project, _ script: String) async throws -> Transcript {
    let path = try SymphonyBinary.path
    return Transcript(
      try await Blocking.run {
        try CapturedCommand.run(
          ["sh", "-c", script, path],
          environment: [
            "SYMPHONY_STATE_DIR": project.state, "HOME": project.home,
            "TMPDIR": project.folder.file("tmp"), "TERM": "xterm",
            "PATH": Host.environment["PATH"] ?? "/usr/bin:/bin",
          ], directory: project.path, timeoutMilliseconds: 60_000)
      })
  }

  @Test func whatHasChangedIsPrintedAgain() async throws {
    let project = try await paused()
    let said = try await shell(
      project,
      #"""
      : > seen.txt; "$0" top >> seen.txt 2> remarks.txt & top=$!
      until grep -q '^waiting (2)' seen.txt; do sleep 0.05; done
      "$0" retry 2 > /dev/null 2>&1
      until grep -q 'retry asked for' seen.txt; do sleep 0.05; done
      kill $top; wait $top; echo "ended: $?"; cat remarks.txt >&2; cat seen.txt
      """#)
    #expect(said.outputLines.first == "ended: 143", "\(said)")
    #expect(said.outputLines.count { $0.hasPrefix("workflow  ") } == 2, "\(said)")
    #expect(!said.output.contains("\u{1B}"))
    let remarks = said.errorLines.filter { $0.hasPrefix("symphony: ") }
    #expect(
      remarks == [
        "symphony: stdout is no terminal: no full screen; the status is printed whenever it changes"
      ])
  }

  @Test func aReaderThatHasSeenEnoughEndsIt() async throws {
    let project = try await paused()
    let said = try await shell(project, #"{ "$0" top; echo "ended: $?" >&2; } | head -n 1"#)
    #expect(said.outputLines.count == 1 && said.errorLines.last == "ended: 0", "\(said)")
  }

  @Test func whatCannotBeWrittenIsAnError() async throws {
    let project = try await paused()
    let said = try await shell(project, #""$0" top > /dev/full"#)
    let loss = "the answer could not be written: No space left on device"
    #expect(said.code == 74 && said.complaints == [loss], "\(said)")
  }

  @Test(arguments: [
    (["top", "--interval", "0"], "--interval takes 1 to 3600 seconds, not 0"),
    (["status", "--watch", "--json"], "--watch takes neither --json nor --all"),
    (["status", "--watch", "1", "2"], "--watch shows one issue at a time"),
    (["top", "77"], "no work item 77"),
  ])
  func whatCannotBeShownIsUsage(_ arguments: [String], _ words: String) async throws {
    let project = try await paused()
    let said = try await shell(project, "\"$0\" \(arguments.joined(separator: " "))")
    #expect(said.code == 64 && said.complaints.first?.contains(words) == true, "\(said)")
  }
}
