// Every command with a stdout that takes nothing: a full disk, a reader that has left, no stdout at
// all. What it did stays done and is said; nothing looks like success that is none.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@testable import symphony

@Suite struct LostAnswerTests {
  /// Each command in a form that answers over a world with one issue.
  private static let answers: [[String]] = [
    ["tick", "--dry-run"], ["tick", "--dry-run", "--json"], ["tick", "--json"], ["status"],
    ["status", "--json"], ["status", "1"], ["why", "1"], ["why", "1", "--json"], ["events"],
    ["events", "--json"], ["cost"], ["cost", "--json"], ["cost", "--csv"], ["pause"],
    ["pause", "--json"], ["hold", "command", "--until", "2h"],
    ["hold", "command", "--until", "2h", "--json"], ["resume"], ["resume", "--json"],
    ["stop", "--all"], ["stop", "1", "--json"], ["retry", "1"], ["retry", "1", "--json"],
    ["release", "1"], ["release", "--all", "--json"], ["logs", "2"], ["logs", "2", "--json"],
    ["logs", "2", "-f"], ["top"], ["status", "--watch"], ["recover", "--adopt"],
    ["recover"], ["recover", "--json"], ["gc", "--dry-run"], ["gc"], ["gc", "--json"],
    ["backup", "--force", "copy.db"], ["doctor"],
    ["doctor", "--json"], ["manual"], ["manual", "tick"],
    ["init", "--local", "--agent", "command", "--command", "true", "-w", "other/WORKFLOW.md"],
    ["demo"], ["--help"], ["--version"], ["tick", "--help"],
    ["--generate-completion-script", "bash"],
  ]
  /// What cannot be called here, and why.
  private static let left: [String: String] = [
    "install": "it writes to the crontab or to systemd of who runs the tests",
    "uninstall": "the same",
    "serve": "it answers over HTTP, until it is told to end",
    "worker": "its stdout is a file of its run",
    "notify": "its stdout is that of a command of the workflow's, and read by a tick",
  ]

  @Test func noCommandIsForgotten() throws {
    let named = Set(Self.answers.compactMap(\.first)).union(Self.left.keys)
    for command in Symphony.configuration.subcommands {
      let name = command.configuration.commandName ?? ""
      #expect(named.contains(name), "\(name)")
      let flags = CommandTree.whole?.command(named: name)?.shownArguments.flatMap(\.spellings) ?? []
      if flags.contains("--json"), Self.left[name] == nil {
        #expect(Self.answers.contains { $0.first == name && $0.contains("--json") }, "\(name)")
      }
    }
  }

  /// One parked issue and one that had a run.
  private func world() async throws -> Project {
    let project = try Project.local(issues: 2, agent: "cat > /dev/null; echo done; echo > file")
    try project.folder.directory("project/other")
    try project.addIssue(1, labels: "other")
    try await project.tickUntil(2, is: "handed_off")
    try project.addIssue(1)
    _ = try await project.run("pause")
    _ = try await project.run("tick")
    _ = try await project.run("resume")
    return project
  }

  /// `stdout`: redirections of the shell.
  private func run(
    _ arguments: [String], stdout: String, before: String = ":", in project: Project
  ) async throws -> Transcript {
    let program = try SymphonyBinary.path
    let script = "\(before); exec \"$0\" \"$@\" \(stdout)"
    return Transcript(
      try await Blocking.run {
        try CapturedCommand.run(
          ["/bin/sh", "-c", script, program] + arguments,
          environment: [
            "PATH": Host.environment["PATH"] ?? "/usr/bin:/bin", "HOME": project.home,
            "SYMPHONY_STATE_DIR": project.state, "TMPDIR": project.folder.file("tmp"),
            "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C",
          ], directory: project.path, timeoutMilliseconds: 120_000)
      })
  }

  private static let loss = "the answer could not be written: "

  @Test func aFullDiskIsSaidOnceAndIsNoSuccess() async throws {
    let project = try await world()
    for arguments in Self.answers {
      let told = try await run(arguments, stdout: "> /dev/full", in: project)
      #expect(told.code == 74, "\(arguments): \(told)")
      let losses = told.complaints.filter { $0.hasPrefix(Self.loss) }
      #expect(losses.count == 1, "\(arguments): \(told)")
      #expect(losses.first?.hasPrefix(Self.loss + "No space left on device") == true, "\(told)")
      #expect(told.errorLines.last?.contains(Self.loss) == true, "\(told)")
    }
  }

  @Test func whatWasDoneIsSaidAndStaysDone() async throws {
    let project = try await world()
    let pause = try await run(["pause", "--json"], stdout: "> /dev/full", in: project)
    #expect(
      pause.complaints == [
        Self.loss + "No space left on device; all the same: "
          + "paused: nothing is started until `symphony resume`"
      ], "\(pause)")
    let state = try await project.run("status", "--json").state()
    #expect(state.holds.map(\.kind) == [.pause])
    let release = try await run(["release", "2"], stdout: "> /dev/full", in: project)
    let said = release.complaints.last ?? ""
    #expect(said.contains("; all the same: local/project#2: "), "\(release)")
    let requests = try await project.run("status", "--json").state().items.flatMap(\.requests)
    #expect(requests.map(\.kind) == [.release])
    let tick = try await run(["tick"], stdout: "> /dev/full", in: project)
    #expect(tick.complaints.last?.contains("; all the same: ") == true, "\(tick)")
  }

  @Test func aReaderThatHasLeftIsNoMistake() async throws {
    let project = try await world()
    let pipe = project.folder.file("pipe")
    for arguments in [
      ["status"], ["events", "--json"], ["logs", "2", "-f"], ["--help"], ["pause", "--json"],
      ["tick", "--json"],
    ] {
      // Both ends are opened, then the reading one is closed: what is written then fails.
      let told = try await run(
        arguments, stdout: "3<> '\(pipe)' 1> '\(pipe)' 3<&-",
        before: "test -p '\(pipe)' || mkfifo '\(pipe)'", in: project)
      #expect(told.code == 0, "\(arguments): \(told)")
      #expect(told.complaints.isEmpty, "\(arguments): \(told)")
    }
  }

  @Test func withoutStdoutNothingIsWrittenIntoAnotherFile() async throws {
    let project = try await world()
    for arguments in [["status"], ["pause"], ["tick", "--json"]] {
      let told = try await run(arguments, stdout: "<&- >&-", in: project)
      #expect(told.code == 74, "\(told)")
      #expect(told.complaints.last?.hasPrefix(Self.loss + "Bad file descriptor") == true, "\(told)")
    }
    #expect(try await project.run("status").code == 0, "the database is whole")
  }
}
