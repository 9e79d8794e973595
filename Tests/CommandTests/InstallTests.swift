// `symphony install` and `uninstall` with stand-ins for crontab(1) and systemctl(1) in PATH: what is
// written works as written, everything that was there stays, and a second caller is refused.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import symphony

@Suite struct InstallTests {
  @Test func theUnitsAreThoseOfTheTree() throws {
    let root = Files.parent(of: Files.parent(of: Files.parent(of: #filePath)))
    for (name, text) in [
      ("symphony-tick@.service", SystemdUnits.unitTemplate),
      ("symphony-tick@.timer", SystemdUnits.timerTemplate),
    ] {
      let file = try Files.readText(Files.join(root, "systemd/\(name)"))
      let start = try #require(file.firstRange(of: "[Unit]"), "\(name)")
      #expect(String(file[start.lowerBound...]) == text, "\(name)")
    }
  }

  @Test func aCrontabKeepsEveryOtherByte() async throws {
    let room = try SchedulingRoom()
    let before = Array("# m\u{e9}\n".utf8) + [0xE9, 0x0A] + Array("1 2 * * * date +\\%s\n\n".utf8)
    try room.project.folder.write("home/crontab", "")
    let written = try CapturedCommand.run(
      [
        "sh", "-c", "printf '# m\\303\\251\\n\\351\\n1 2 * * * date +\\\\%%s\\n\\n' > \"$1\"", "sh",
        room.crontab,
      ],
      environment: [:], timeoutMilliseconds: 5000)
    #expect(written.exit.isSuccess)
    #expect(try Files.read(room.crontab) == before)
    let told = try await room.run("install", "--cron", "--no-wait")
    #expect(told.code == 0, "\(told)")
    let after = try Files.read(room.crontab)
    #expect(after.starts(with: before))
    let text = String(decoding: after, as: UTF8.self)
    let calls = text.split(separator: "\n").filter { $0.hasPrefix("* * * * * ") }
    #expect(calls.count == 2 && calls.last?.hasPrefix("* * * * * sleep 30; ") == true, "\(text)")
    // As cron does it: an escaped % is one, a bare one would end the command.
    var command = String((calls.first ?? "").dropFirst("* * * * * ".count))
    #expect(command.replacing("\\%", with: "").contains("%") == false)
    command = command.replacing("\\%", with: "%")
    let tick = try CapturedCommand.run(
      ["sh", "-c", command], environment: ["HOME": room.project.home], timeoutMilliseconds: 30_000)
    #expect(tick.exit.isSuccess && tick.errorOutput.isEmpty, "\(command)\n\(tick)")
    #expect(Files.exists(Files.join(room.project.state, "symphony.db")))
    #expect(!command.contains("/nowhere") && !command.contains("=.:"), "\(command)")
    let again = try await room.run("install", "--systemd", "--user", "--no-wait")
    #expect(again.code == 64, "\(again)")
    #expect(again.complaints.first?.hasSuffix("of your crontab") == true, "\(again)")
    let gone = try await room.run("uninstall")
    #expect(gone.code == 0, "\(gone)")
    #expect(try Files.read(room.crontab) == before)
    let nothing = try await room.run("uninstall")
    #expect(nothing.code == 64, "\(nothing)")
  }

  @Test func whereThereWasNoCrontabNoneIsLeft() async throws {
    let room = try SchedulingRoom()
    #expect(try await room.run("install", "--cron", "--no-wait", "--every", "1min").code == 0)
    let text = try Files.readText(room.crontab)
    #expect(text.split(separator: "\n").filter { $0.hasPrefix("* ") }.count == 1, "\(text)")
    #expect(try await room.run("uninstall", "--dry-run").code == 0)
    #expect(try Files.readText(room.crontab) == text)
    #expect(try await room.run("uninstall").code == 0)
    #expect(!Files.exists(room.crontab))
  }

  @Test func aCrontabThatCannotBeReadIsNotWrittenOver() async throws {
    let room = try SchedulingRoom()
    try room.project.folder.write("home/crontab", "@daily true\n")
    try room.project.folder.write("home/crontab.refuses", "")
    let told = try await room.run("install", "--cron", "--no-wait")
    #expect(told.code == 74 && told.complaint.contains("you may not use this"), "\(told)")
    #expect(try Files.readText(room.crontab) == "@daily true\n")
    // Marks that somebody took out leave nothing that could be known for ours.
    try Files.remove(room.project.folder.file("home/crontab.refuses"))
    try room.project.folder.write(
      "home/crontab", "# BEGIN symphony \(room.workflow)\n* * * * * a\n")
    let marks = try await room.run("uninstall")
    #expect(marks.code == 74, "\(marks)")
    #expect(try Files.readText(room.crontab).hasSuffix("* * * * * a\n"))
  }

  @Test func aTimerIsInstalledAndTicks() async throws {
    let room = try SchedulingRoom()
    let told = try await room.run("install", "--systemd", "--user", "--every", "1min")
    #expect(told.code == 0, "\(told)")
    #expect(told.output.contains("the first tick came: done"), "\(told)")
    let name = SystemdUnits.name(of: room.workflow)
    let unit = try Files.readText(Files.join(room.units, "\(name).service"))
    #expect(
      !unit.contains("%f") && !unit.contains("%h") && !unit.contains("/usr/local/bin/symphony"))
    #expect(unit.contains("\nKillMode=process\n") && !unit.contains("User="))
    let timer = try Files.readText(Files.join(room.units, "\(name).timer"))
    #expect(timer.contains("\nOnUnitActiveSec=1min\n"), "\(timer)")
    let again = try await room.run("install", "--cron", "--no-wait")
    #expect(again.code == 64 && again.complaint.contains(name), "\(again)")
    let gone = try await room.run("uninstall")
    #expect(gone.code == 0, "\(gone)")
    #expect(try room.nothingIsWritten())
    #expect(Files.exists(Files.join(room.project.state, "symphony.db")))
    let log = try Files.readText(room.project.folder.file("home/systemctl.log"))
    #expect(log.contains("--user disable --now \(name).timer\n"), "\(log)")
    #expect(log.hasSuffix("--user daemon-reload\n") || log.contains("list-units"), "\(log)")
  }

  @Test func whatFailsHalfwayLeavesNothing() async throws {
    let room = try SchedulingRoom()
    try room.project.folder.write("home/systemctl.refuses", "")
    let told = try await room.run("install", "--systemd", "--user")
    #expect(told.code == 1 && told.complaint.contains("No medium found"), "\(told)")
    #expect(told.hints.last?.contains("--cron") == true, "\(told)")
    #expect(try room.nothingIsWritten())
  }

  @Test func aRehearsalChangesNothing() async throws {
    let room = try SchedulingRoom()
    let before = try contents(of: room.project.home)
    let units = try await room.run("install", "--systemd", "--user", "--dry-run")
    #expect(units.code == 0 && units.output.contains("\nOnUnitActiveSec=30s\n"), "\(units)")
    let lines = try await room.run("install", "--cron", "--dry-run")
    #expect(lines.code == 0 && lines.output.contains("\n* * * * * /usr/bin/env "), "\(lines)")
    var after = try contents(of: room.project.home)
    after["systemctl.log"] = nil
    #expect(after == before)
    #expect(!Files.exists(room.project.state))
  }

  @Test(arguments: [
    "* * * * * cd PROJECT && symphony tick --scheduled",
    "P=PROJECT\n* * * * * sleep 30; cd \"$P\" && /opt/symphony tick",
    "*/5 * * * * /usr/local/bin/symphony tick -w PROJECT/WORKFLOW.md",
    "@reboot symphony tick --workflow=PROJECT/WORKFLOW.md --scheduled",
  ])
  func anotherCallerIsNamed(_ line: String) async throws {
    let room = try SchedulingRoom("plain")
    try room.project.folder.write(
      "home/crontab", "# x\n" + line.replacing("PROJECT", with: room.path) + "\n")
    let before = try Files.readText(room.crontab)
    let told = try await room.run("install", "--systemd", "--user", "--no-wait")
    let number = line.contains("\n") ? 3 : 2
    #expect(told.code == 64, "\(told)")
    #expect(told.complaint.hasSuffix("by line \(number) of your crontab"), "\(told)")
    #expect(try room.nothingIsWritten())
    #expect(try Files.readText(room.crontab) == before)
    let other = try await room.run("uninstall")
    #expect(other.code == 64 && other.hint.contains("line \(number) of your"), "\(other)")
  }

  @Test(arguments: [
    "# * * * * * cd PROJECT && symphony tick", "* * * * * cd PROJECT && symphony status",
    "* * * * * cd PROJECT-2 && symphony tick", "* * * * * symphony tick -w PROJECT/other.md",
    "* * * * * cd PROJECT && symphony tick other.md",
  ])
  func whatCallsSomethingElseIsNoCaller(_ line: String) throws {
    let room = try SchedulingRoom("plain")
    let search = CallerSearch(workflow: room.workflow)
    #expect(search.lines(of: line.replacing("PROJECT", with: room.path)).isEmpty)
  }

  @Test func anInstanceOfTheUnitsIsACaller() async throws {
    let room = try SchedulingRoom("my app")
    let escaped = room.path.dropFirst().replacing("-", with: "\\x2d").replacing(" ", with: "\\x20")
      .replacing("/", with: "-")
    let name = "symphony-tick@\(escaped).timer"
    #expect(CallerSearch.instance(name) == room.path)
    let wants = Files.join(room.units, "timers.target.wants")
    try Files.makeDirectories(wants)
    try Files.writeAtomically(Files.join(wants, name), "", durable: false)
    let told = try await room.run("install", "--cron", "--no-wait")
    #expect(told.code == 64 && told.complaint.contains("the timer \(name)"), "\(told)")
    #expect(try room.nothingIsWritten())
  }

  @Test func whatOnlyThisShellKnowsIsNamedAndNotWritten() async throws {
    let room = try SchedulingRoom("plain")
    try room.project.folder.write("bin/claude", "#!/bin/sh\necho 2.1.0\n", mode: 0o755)
    try WorkflowFile.write(
      in: room.path,
      settings: """
        tracker: {kind: local, labels: [a]}
        agent: {kind: claude_code, permission_mode: acceptEdits}

        """)
    let bin = room.project.folder.file("bin")
    let told = Transcript(
      try await SymphonyBinary.run(
        ["install", "--cron", "--dry-run"], directory: room.path,
        environment: [
          "HOME": room.project.home, "PATH": "\(bin):/usr/bin:/bin",
          "ANTHROPIC_API_KEY": "sk-hidden", "HTTPS_PROXY": "http://me:hidden@proxy.example:1",
        ]))
    #expect(told.code == 0 && !told.description.contains("hidden"), "\(told)")
    for name in ["ANTHROPIC_API_KEY", "HTTPS_PROXY"] {
      #expect(told.hints.contains { $0.hasPrefix("\(name) is set in this shell only") }, "\(told)")
    }
    #expect(told.output.contains("'PATH=\(bin):/usr/bin:/bin:/usr/local/bin'"), "\(told)")
  }

  @Test func whatAScheduledTickWouldLackIsSaidBefore() async throws {
    let server = try await GitHubSimulator.start()
    let room = try SchedulingRoom("plain")
    try WorkflowFile.write(
      in: room.path,
      settings: """
        tracker: {kind: github, repository: acme/app, labels: [a]}
        github: {api_url: "\(server.apiURL)"}
        agent: {kind: command, command: cat}

        """)
    let path = Host.environment["PATH"] ?? "/usr/bin:/bin"
    let told = Transcript(
      try await SymphonyBinary.run(
        ["install", "--cron", "--no-wait"], directory: room.path,
        environment: [
          "HOME": room.project.home, "PATH": "\(room.project.folder.file("bin")):\(path)",
          "GITHUB_TOKEN": server.token,
        ]))
    #expect(told.code == 64 && told.complaint.contains("$GITHUB_TOKEN"), "\(told)")
    #expect(told.hint.hasSuffix("\(room.path)/.env"), "\(told)")
    #expect(try room.nothingIsWritten())
    await server.stop()
  }
}

extension Transcript {
  /// The first of each; empty: there is none.
  fileprivate var complaint: String { complaints.first ?? "" }
  fileprivate var hint: String { hints.first ?? "" }
}
