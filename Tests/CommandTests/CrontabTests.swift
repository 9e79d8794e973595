// Other people's lines in a crontab: two commands at once lose none, and carriage returns or a last
// line without an end come back as they were. The stand-in for crontab(1) shows control characters as
// Debian's does.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import symphony

@Suite struct CrontabTests {
  /// Two at the same moment: the second reads what the first one wrote.
  @Test(arguments: ["install", "uninstall"])
  func theSecondWaitsForTheFirst(_ command: String) async throws {
    let room = try SchedulingRoom("plain")
    try room.project.folder.write("home/crontab", "@daily mine\n")
    if command == "uninstall" {
      #expect(try await room.run("install", "--cron", "--no-wait").code == 0)
    }
    let read = try Files.readText(room.crontab)
    var first = try room.crontabLock()
    let isNew = command == "install"
    let (pid, log) =
      isNew ? try room.start(command, "--cron", "--no-wait") : try room.start(command)
    var exit: ChildExit?
    try await eventually("the second has come to it, or is over") {
      exit = Spawn.reap(pid)
      let said = (try? Files.readText(log)) ?? ""
      return exit != nil || said.contains("waiting for another symphony command")
    }
    #expect(exit == nil)
    // What the first one read before is what it writes now.
    try room.project.folder.write("home/crontab", read + "@daily theirs\n")
    withExtendedLifetime(first) {}
    first = nil
    try await eventually("the second is over") {
      exit = exit ?? Spawn.reap(pid)
      return exit != nil
    }
    let said = try Files.readText(log)
    #expect(exit == .exited(0), "\(said)")
    let text = try Files.readText(room.crontab)
    #expect(text.hasPrefix("@daily mine\n") && text.contains("@daily theirs\n"), "\(text)")
    #expect(text.contains("BEGIN symphony") == isNew, "\(text)")
  }

  @Test func linesWithReturnsStayAsTheyAre() async throws {
    let room = try SchedulingRoom("plain")
    let before = "# mine\r\nMAILTO=ann\r\n0 1 * * * printf 'a\\r'\r\n"
    try room.project.folder.write("home/crontab", before)
    #expect(try await room.run("install", "--cron", "--no-wait").code == 0)
    #expect(try Files.readText(room.crontab).utf8.starts(with: before.utf8))
    // An editor may give all lines the same ends; what is ours is found all the same.
    let edited = try Files.readText(room.crontab).splitLines().map { line in
      line.utf8.last == UInt8(ascii: "\r") ? line + "\n" : line + "\r\n"
    }
    try room.project.folder.write("home/crontab", edited.joined())
    #expect(try await room.run("uninstall").code == 0)
    #expect(try Files.read(room.crontab) == Array(before.utf8))
  }

  @Test func aCallerBehindLinesWithReturnsIsNamedByItsLine() throws {
    let room = try SchedulingRoom("plain")
    let search = CallerSearch(workflow: room.workflow)
    let text = "A=\(room.path)\r\n# x\r\n* * * * * cd $A && symphony tick\r\n@daily true\n"
    #expect(search.lines(of: text) == [3])
    let line = CronLine(3, of: text, isShared: false)
    #expect(line?.assignments == ["A=\(room.path)\r"] && line?.endsInReturn == true)
    #expect(CronLine(4, of: text, isShared: false)?.endsInReturn == false)
  }

  /// crontab(1) takes no last line without an end; one may be there all the same.
  @Test func aLastLineWithoutAnEndIsNotGluedToOurs() async throws {
    let room = try SchedulingRoom("plain")
    try room.project.folder.write("home/crontab", "@daily a\n@daily last")
    #expect(try await room.run("install", "--cron", "--no-wait").code == 0)
    let text = try Files.readText(room.crontab)
    #expect(text.hasPrefix("@daily a\n@daily last\n# BEGIN symphony"), "\(text)")
    #expect(try await room.run("uninstall").code == 0)
    #expect(try Files.readText(room.crontab) == "@daily a\n@daily last\n")
    // Of ours the last end may be gone, too.
    #expect(try await room.run("install", "--cron", "--no-wait").code == 0)
    try room.project.folder.write(
      "home/crontab", String(try Files.readText(room.crontab).dropLast()))
    #expect(try await room.run("uninstall").code == 0)
    #expect(try Files.readText(room.crontab) == "@daily a\n@daily last\n")
  }
}
