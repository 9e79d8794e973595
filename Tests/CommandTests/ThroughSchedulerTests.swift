// `doctor --through-scheduler` with stand-ins for crontab(1) and systemctl(1) that call what they are
// given as cron and systemd do: with little of an environment. The real ones are in
// Tests/System/through_scheduler.sh.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@testable import symphony

@Suite struct ThroughSchedulerTests {
  /// A project whose agent lies where only this shell looks.
  private struct Room {
    let project: Project
    var workflow: String { project.workflow }
    var crontab: String { project.folder.file("home/crontab") }
    var runtime: String { project.folder.file("run") }
    let program: String

    init() throws {
      program = try SymphonyBinary.path
      project = try Project()
      try Git.run(["init", "--quiet", "-b", "main"], in: project.path)
      try Git.run(["commit", "--quiet", "--allow-empty", "-m", "first"], in: project.path)
      try project.folder.directory("project/issues")
      try project.addIssue(1)
      try WorkflowFile.write(
        in: project.path,
        settings: """
          tracker: {kind: local, labels: [symphony]}
          agent: {kind: claude_code, permission_mode: acceptEdits}

          """)
      try project.folder.write("agents/claude", "#!/bin/sh\necho 2.1.0\n", mode: 0o755)
      try project.folder.write("bin/crontab", Self.crontabProgram, mode: 0o755)
      try project.folder.write("bin/systemctl", Self.systemctlProgram, mode: 0o755)
    }

    /// What is written is called at once, once, as cron would at the next minute.
    ///
    /// `crontab.edited` is
    /// somebody's edit meanwhile; `crontab.dead` is a cron that does not run.
    private static let crontabProgram = """
      #!/bin/sh
      case "$1" in
      -l) test -e "$HOME/crontab" || { echo "no crontab for tess" >&2; exit 1; }
          sed 's/\\r/\\\\r/g' "$HOME/crontab" ;;
      -e) $VISUAL "$HOME/crontab" ;;
      -r) rm "$HOME/crontab" ;;
      -) cat > "$HOME/crontab.new"
         test -z "$(tail -c 1 "$HOME/crontab.new")" ||
           { echo "missing newline before EOF" >&2; exit 1; }
         mv "$HOME/crontab.new" "$HOME/crontab"
         echo x >> "$HOME/crontab.writes"
         test -e "$HOME/crontab.dead" && exit 0
         line=$(sed -n '/^# BEGIN symphony doctor/,/^# END/p' "$HOME/crontab" |
           sed -n 's/^\\* \\* \\* \\* \\* //p' | sed 's/\\\\%/%/g')
         test -n "$line" || exit 0
         bin=${0%/*}
         (if test -e "$HOME/crontab.edited"; then
            sleep 1; echo "@daily theirs" >> "$HOME/crontab"
          fi
          cd "$HOME" && exec env -i HOME="$HOME" LOGNAME=tess SHELL=/bin/sh \\
           PATH="$bin:/usr/bin:/bin" ${CRON_EXTRA:+"$CRON_EXTRA"} \\
           setsid /bin/sh -c "$line") </dev/null >"$HOME/mail" 2>&1 &
         ;;
      *) exit 2 ;;
      esac

      """
    /// `start` runs the unit with what its Environment= lines say.
    private static let systemctlProgram = """
      #!/bin/sh
      echo "$*" >> "$HOME/systemctl.log"
      test "$1" = --user && shift
      units="$XDG_RUNTIME_DIR/systemd/user"
      value() { sed -n "s/^$1=//p" "$units/$2" | tail -n 1; }
      case "$1" in
      cat) test -e "$HOME/unit" || { echo "No files found for $3." >&2; exit 1; }
           cat "$HOME/unit" ;;
      show) test "$2" = "--property=UnitPath" || echo "symphony-tick.service" ;;
      start)
        out=$(value StandardOutput "$2"); said=$(value StandardError "$2")
        eval "exec env -i HOME=\\"$HOME\\" $(sed -n 's/^Environment=//p' "$units/$2") \\
          $(value ExecStart "$2")" >"${out#file:}" 2>"${said#file:}" ;;
      esac
      exit 0

      """

    func schedule(_ lines: String) throws { try project.folder.write("home/crontab", lines) }

    var caller: String {
      "* * * * * cd \(project.path) && SYMPHONY_STATE_DIR=\(project.state) TMPDIR=\(temporary) "
        + "\(program) tick --scheduled\n"
    }
    var temporary: String { project.folder.file("tmp") }
    var environment: [String: String] {
      let own = [project.folder.file("agents"), project.folder.file("bin")].joined(separator: ":")
      return ["PATH": "\(own):/usr/bin:/bin", "XDG_RUNTIME_DIR": runtime, "SSH_AUTH_SOCK": "hush"]
    }

    func ask(_ arguments: String...) async throws -> Transcript {
      var all = environment
      all["SYMPHONY_STATE_DIR"] = project.state
      all["HOME"] = project.home
      all["TMPDIR"] = temporary
      return Transcript(
        try await SymphonyBinary.run(
          ["doctor", "--through-scheduler"] + arguments, directory: project.path,
          environment: all))
    }

    /// Nothing of the asking is left anywhere.
    func expectClean(_ told: Transcript) throws {
      #expect(try Files.list(temporary).isEmpty, "\(told)")
      let units = Files.join(runtime, "systemd/user")
      let left = Files.exists(units) ? try Files.list(units) : []
      #expect(left.isEmpty, "\(left)")
    }
  }

  @Test func cronsDoctorFailsWhereItsPATHLacksTheAgent() async throws {
    let room = try Room()
    let before = "MAILTO=ann\n# mine\n" + room.caller + "@daily true\n"
    try room.schedule(before)
    let told = try await room.ask()
    #expect(told.code == 1, "\(told)")
    #expect(told.output.hasPrefix("called by line 3 of your crontab, as "), "\(told)")
    let at = try #require(told.outputLines.firstIndex { $0.hasPrefix("fail  agent") }, "\(told)")
    #expect(told.outputLines[at].hasSuffix("claude is not in PATH"), "\(told)")
    #expect(
      told.output.contains("here: pass: \(room.project.folder.file("agents"))/claude: 2.1.0"),
      "\(told)")
    let path = told.outputLines.first { $0.hasPrefix("  in PATH ") }
    #expect(path?.contains(room.project.folder.file("agents")) == true, "\(told)")
    #expect(
      told.outputLines.contains { $0.hasPrefix("  SSH_AUTH_SOCK ") && $0.hasSuffix(" -") },
      "\(told)")
    #expect(!told.description.contains("hush"), "\(told)")
    #expect(try Files.readText(room.crontab) == before)
    #expect(try Files.readText(room.project.folder.file("home/mail")).isEmpty, "cron has no mail")
    try room.expectClean(told)
  }

  @Test func allIsWellWhereTheLineHasThePATH() async throws {
    let room = try Room()
    let agents = room.project.folder.file("agents")
    let before = "PATH=\(agents):/usr/bin:/bin\n" + room.caller
    // The stand-in for cron knows no assignments: the command has it, too.
    try room.schedule(before.replacing("&& SYMPHONY", with: "&& PATH=\(agents):$PATH SYMPHONY"))
    let kept = try Files.readText(room.crontab)
    let told = try await room.ask("--json")
    #expect(told.code == 0, "\(told)")
    let json = try told.json()
    #expect(json["version"] == .integer(1) && json["exit_code"] == .integer(0), "\(told)")
    #expect(json["there"]?["surroundings"]?["home"]?.stringValue == room.project.home)
    #expect(json["caller"] == .string("line 2 of your crontab"))
    #expect(try Files.readText(room.crontab) == kept)
    try room.expectClean(told)
  }

  @Test func aLastLineWithoutAnEndGetsOne() async throws {
    let room = try Room()
    try room.schedule(String(room.caller.dropLast()))
    let told = try await room.ask()
    #expect(told.code == 1 && told.output.hasPrefix("called by line 1 of your crontab"), "\(told)")
    #expect(try Files.readText(room.crontab) == room.caller, "\(told)")
    try room.expectClean(told)
  }

  @Test func aLineThatEndsInAReturnIsTheAnswer() async throws {
    let room = try Room()
    let before = "# mine\r\n" + room.caller.dropLast() + "\r\n"
    try room.schedule(before)
    let told = try await room.ask()
    #expect(told.code == 64, "\(told)")
    #expect(
      told.complaints.first?.hasPrefix("line 2 ends in a carriage return (line 2 of your cron")
        == true,
      "\(told)")
    #expect(try Files.readText(room.crontab) == before)
    try room.expectClean(told)
  }

  @Test func aProgramThatCronDoesNotFindIsTheAnswer() async throws {
    let room = try Room()
    let caller = room.caller.replacing(room.program, with: "symphony")
    try room.schedule(caller)
    let told = try await room.ask()
    #expect(told.code == 1, "\(told)")
    #expect(told.complaints.first?.contains("could not run doctor: ") == true, "\(told)")
    #expect(told.complaints.first?.contains("symphony: not found") == true, "\(told)")
    #expect(try Files.readText(room.crontab) == caller)
    try room.expectClean(told)
  }

  @Test func anEditMeanwhileIsKept() async throws {
    let room = try Room()
    try room.schedule(room.caller)
    try room.project.folder.write("home/crontab.edited", "")
    let told = try await room.ask()
    #expect(told.code == 1, "\(told)")
    #expect(try Files.readText(room.crontab) == room.caller + "@daily theirs\n", "\(told)")
  }

  @Test(arguments: [Signals.terminate, Signals.interrupt])
  func toldToStopItTakesItsLineOut(_ number: Int32) async throws {
    let room = try Room()
    try room.schedule(room.caller)
    try room.project.folder.write("home/crontab.dead", "")
    let (pid, log) = try start(room)
    try await eventually("its line is in the crontab") {
      try Files.readText(room.crontab).contains("# BEGIN symphony doctor")
    }
    Processes.signalChild(pid, number)
    var exit: ChildExit?
    try await eventually("it ends") {
      exit = Spawn.reap(pid)
      return exit != nil
    }
    let said = try Files.readText(log)
    #expect(exit == .exited(1) && said.contains("told to stop: all is as it was"), "\(said)")
    #expect(try Files.readText(room.crontab) == room.caller)
    #expect(try Files.list(room.temporary).isEmpty)
  }

  private func start(_ room: Room) throws -> (Int32, String) {
    let log = room.project.folder.file("log")
    var all = room.environment
    all["SYMPHONY_STATE_DIR"] = room.project.state
    all["HOME"] = room.project.home
    all["TMPDIR"] = room.temporary
    var request = SpawnRequest(
      arguments: [room.program, "doctor", "--through-scheduler"], environment: all,
      directory: room.project.path)
    request.output = log
    return (try Spawn.start(request), log)
  }

  /// What a kill leaves goes by the next call, by `uninstall`, or when cron calls it.
  @Test(arguments: ["again", "uninstall", "cron"])
  func whatAKillLeavesGoes(_ way: String) async throws {
    let room = try Room()
    try room.schedule(room.caller)
    let dead = try room.project.folder.write("home/crontab.dead", "")
    let (pid, _) = try start(room)
    try await eventually("its line is in the crontab") {
      try Files.readText(room.crontab).contains("# BEGIN symphony doctor")
    }
    let busy = try await room.ask()
    #expect(busy.code == 75, "one at a time: \(busy)")
    Processes.signalChild(pid, Signals.killNow)
    try await eventually("it is gone") { Spawn.reap(pid) != nil }
    #expect(try Files.readText(room.crontab).contains("# BEGIN symphony doctor"))
    switch way {
    case "again":
      try Files.remove(dead)
      let told = try await room.ask()
      #expect(told.code == 1 && told.errors.contains("removed what an earlier call"), "\(told)")
    case "uninstall":
      _ = Transcript(
        try await SymphonyBinary.run(
          ["uninstall"], directory: room.project.path,
          environment: ["HOME": room.project.home, "TMPDIR": room.temporary].merging(
            room.environment
          ) { $1 }))
    default:
      let text = try Files.readText(room.crontab)
      let line = try #require(
        text.split(separator: "\n").first { $0.contains("doctor --json --result") })
      let called = try CapturedCommand.run(
        ["sh", "-c", String(line.dropFirst("* * * * * ".count))],
        environment: [
          "HOME": room.project.home, "PATH": "\(room.project.folder.file("bin")):/usr/bin:/bin",
        ], timeoutMilliseconds: 60_000)
      #expect(called.output.isEmpty && called.errorOutput.isEmpty, "\(called)")
    }
    #expect(try Files.readText(room.crontab) == room.caller)
    #expect(try Files.list(room.temporary).isEmpty)
  }

  @Test func aUnitsDoctorIsCompared() async throws {
    let room = try Room()
    try room.project.folder.directory("run")
    let units = room.project.folder.file("home/.config/systemd/user/timers.target.wants")
    try Files.makeDirectories(units)
    let name = SystemdUnits.name(of: room.workflow)
    try Files.writeAtomically(Files.join(units, "\(name).timer"), "", durable: false)
    try room.project.folder.write(
      "home/unit",
      """
      [Service]
      ExecStart=\(room.program) tick --scheduled --workflow \(room.workflow) --state-dir \
      \(room.project.state)
      Environment="PATH=/usr/bin:/bin"

      """)
    let told = try await room.ask()
    #expect(told.code == 1, "\(told)")
    #expect(told.output.hasPrefix("called by the timer \(name).timer ("), "\(told)")
    #expect(told.outputLines.contains { $0.hasSuffix("claude is not in PATH") }, "\(told)")
    let log = try Files.readText(room.project.folder.file("home/systemctl.log"))
    #expect(log.contains("--user start symphony-doctor-"), "\(log)")
    #expect(
      log.split(separator: "\n").suffix(3).map { $0.split(separator: " ")[1] }
        == ["stop", "daemon-reload", "reset-failed"], "\(log)")
    try room.expectClean(told)
  }

  @Test func withoutACallerThereIsNobodyToAsk() async throws {
    let room = try Room()
    let told = try await room.ask()
    #expect(told.code == 64 && told.complaints.first?.hasPrefix("nothing calls ticks") == true)
    #expect(told.hints.first?.contains("symphony install") == true, "\(told)")
    #expect(!Files.exists(room.crontab))
    try room.expectClean(told)
  }

  @Test func anAnswerThatNobodyWaitsForIsNotGiven() async throws {
    let room = try Room()
    let answer = room.project.folder.file("tmp/answer.json")
    let told = try await room.project.run("doctor", "--json", "--result", answer)
    #expect(told.code == 0 && told.output.isEmpty && !Files.exists(answer), "\(told)")
  }
}
