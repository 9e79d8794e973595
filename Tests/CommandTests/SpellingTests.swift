// The command line itself: help, version, completions, the predecessors' spellings and mistakes in
// typing. None of them may start work.
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@Suite struct SpellingTests {
  private func expectUsage(
    _ answer: Transcript, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(answer.code == 64, "\(answer)", sourceLocation: sourceLocation)
    #expect(answer.output.isEmpty, "\(answer)", sourceLocation: sourceLocation)
    #expect(answer.complaints.count == 1, "\(answer)", sourceLocation: sourceLocation)
    #expect(answer.hints.count == 1, "\(answer)", sourceLocation: sourceLocation)
    #expect(answer.errorLines.count == 2, "\(answer)", sourceLocation: sourceLocation)
  }

  @Test func bareSymphonyPrintsHelpAndStartsNothing() async throws {
    let project = try Project.local()
    let answer = try await project.run()
    #expect(answer.code == 64, "\(answer)")
    #expect(answer.output.isEmpty, "\(answer)")
    #expect(answer.errors.contains("USAGE: symphony <subcommand>"), "\(answer)")
    #expect(!Files.exists(project.state))
  }

  @Test(arguments: [
    (["start"], "symphony tick --scheduled"),
    (["start", "-w", "my-workflow.md"], "symphony tick --scheduled"),
    (["--doctor", "WORKFLOW.md"], "symphony doctor [WORKFLOW.md]"),
    (["--port", "1"], "symphony status --json"),
    (["--port=9097", "WORKFLOW.md"], "symphony status --json"), (["--no-tui"], "symphony tick"),
    (["--no-tui", "--log-format", "json", "WORKFLOW.md"], "symphony tick"),
    (["-doctor"], "symphony doctor"), (["-port", "1"], "symphony status --json"),
    (["WORKFLOW.md", "--log-level", "debug", "-doctor"], "symphony doctor"),
    (["--log-level", "debug", "WORKFLOW.md"], "symphony tick WORKFLOW.md"),
  ])
  func thePredecessorsSpellingsGetAHint(_ arguments: [String], _ hint: String) async throws {
    let project = try Project.local()
    let answer = try await run(arguments, in: project)
    expectUsage(answer)
    #expect(answer.complaints.first?.contains(arguments.joined(separator: " ")) == true)
    #expect(answer.hints.first?.contains("`\(hint)") == true, "\(answer)")
    #expect(!Files.exists(project.state))
  }

  @Test(arguments: [
    (["frobnicate"], "frobnicate"), (["tick", "--dryrun"], "--dryrun"),
    (["tick", "--timeout", "5"], "--wait"), (["tick", "--wait", "--timeout", "0"], "--timeout"),
    (["tick", "--wait", "--dry-run"], "--wait"), (["tick", "a.md", "-w", "b.md"], "b.md"),
    (["stop"], "--all"), (["stop", "1", "--all"], "--all"),
    (["tick", "--log-format", "xml"], "xml"), (["status", "--log-level", "loud"], "loud"),
  ])
  func aMistakeInTypingIsUsage(_ arguments: [String], _ names: String) async throws {
    let project = try Project.local()
    let answer = try await run(arguments, in: project)
    expectUsage(answer)
    #expect(answer.complaints.first?.contains(names) == true, "\(answer)")
    #expect(!Files.exists(project.state))
  }

  @Test(arguments: [
    (["statsu"], "did you mean `symphony status`?"), (["frobnicate"], "`symphony --help`"),
    (["tick", "--dryrun"], "`symphony tick --help`"), (["why"], "`symphony why --help`"),
    (["--log-level", "debug", "status"], "`symphony status --log-level debug`"),
    (["--nonsense"], "`symphony --help`"), (["statsu", "status"], "`symphony status`?"),
    (["42"], "`symphony status 42`"), (["#42"], "`symphony status 42`"),
    (["help", "statsu"], "`symphony status`?"), (["why"], "42, #42, owner/repo#42"),
    (["events", "--since", "soon"], "--since: Only since then: 2h, 1d, 03:10"),
    (["cost", "--since"], "--since: Only since then: 2h, 1d, 03:10"),
    (["manual", "tik"], "`symphony manual tick`"),
  ])
  func theHintLeadsToTheCommandThatWasMeant(_ arguments: [String], _ hint: String) async throws {
    let answer = try await run(arguments, in: try Project.local())
    expectUsage(answer)
    #expect(answer.hints.first?.contains(hint) == true, "\(answer)")
  }

  /// The parser takes them for options, and misses a value.
  @Test(arguments: [
    (["tick", "--wait", "--timeout", "-5"], "--timeout takes nothing below 0: -5"),
    (["tick", "--wait", "--timeout=-5"], "--timeout takes seconds from 1"),
    (["logs", "1", "--run", "-1"], "--run takes nothing below 0: -1"),
    (["cost", "--since", "-3d"], "--since takes nothing below 0: -3d"),
  ])
  func aNegativeNumberIsSaidToBeOne(_ arguments: [String], _ says: String) async throws {
    let answer = try await run(arguments, in: try Project.local())
    expectUsage(answer)
    #expect(answer.complaints == [says], "\(answer)")
  }

  @Test func helpListsCommandsAndExitCodes() async throws {
    let project = try Project()
    let help = try await project.run("--help")
    #expect(help.code == 0, "\(help)")
    #expect(help.errors.isEmpty, "\(help)")
    for line in [
      "0   done (also: another tick runs)", "1   something failed and will be retried",
      "64  usage", "69  tracker unreachable, refused or limited", "70  a bug of ours",
      "74  state unusable (database, disk), or the answer could not be written",
      "75  locked: somebody else is at it (of ticks only with --fail-if-locked)",
      "78  WORKFLOW.md invalid",
    ] {
      #expect(help.outputLines.contains { $0.hasSuffix(line) }, "\(line)")
    }
    for command in ["tick", "status", "stop", "pause", "resume", "retry", "doctor", "demo"] {
      #expect(help.outputLines.contains { $0.hasPrefix("  \(command) ") }, "\(command)")
      let own = try await run([command, "--help"], in: project)
      #expect(own.code == 0 && own.output.contains("USAGE: symphony \(command)"), "\(own)")
      #expect(own.errors.isEmpty, "\(own)")
    }
    #expect(!help.output.contains("worker "), "the worker is hidden: \(help)")
    #expect(help.outputLines.allSatisfy { $0.count <= 80 }, "\(help)")
  }

  @Test func theVersionIsOneLine() async throws {
    let answer = try await Project().run("--version")
    #expect(answer.code == 0 && answer.errors.isEmpty, "\(answer)")
    #expect(answer.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil, "\(answer)")
  }

  @Test(arguments: [("bash", "complete"), ("zsh", "#compdef symphony"), ("fish", "complete -c")])
  func completionsAreAScript(_ shell: String, _ mark: String) async throws {
    let answer = try await Project().run("--generate-completion-script", shell)
    #expect(answer.code == 0 && answer.errors.isEmpty, "\(answer)")
    #expect(answer.output.contains(mark))
    #expect(answer.output.contains("doctor"))
    if shell == "bash" {
      let folder = try TemporaryDirectory("completions")
      let script = try folder.write("symphony.bash", answer.output)
      let checked = try CapturedCommand.run(
        ["bash", "-n", script], environment: ["PATH": Host.environment["PATH"] ?? "/usr/bin:/bin"],
        directory: folder.path, timeoutMilliseconds: 60_000)
      #expect(checked.exit.isSuccess, "\(checked.errorOutput)")
    }
  }

  private func run(_ arguments: [String], in project: Project) async throws -> Transcript {
    Transcript(
      try await SymphonyBinary.run(
        arguments, directory: project.path, environment: ["SYMPHONY_STATE_DIR": project.state]))
  }
}
