// `symphony demo` as a newcomer's machine has it: an empty HOME, no git identity, nothing left
// behind; and that it notices an agent that does not do its work.
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@Suite(.serialized) struct DemoTests {
  /// With an empty HOME and a temporary folder of its own.
  private func demo(_ project: Project, _ arguments: [String] = []) async throws -> Transcript {
    Transcript(
      try await SymphonyBinary.run(
        ["demo"] + arguments, directory: project.path,
        environment: ["HOME": project.home, "TMPDIR": project.folder.file("tmp")]))
  }

  /// Processes whose working directory or arguments name the folder.
  private func processes(below folder: String) -> [Int32] {
    Processes.all.filter { pid in
      let directory = Processes.workingDirectory(of: pid) ?? ""
      // /proc/PID/cmdline is empty for a process that has just ended.
      let words = (try? Files.readText("/proc/\(pid)/cmdline")) ?? ""
      return directory.hasPrefix(folder) || words.contains(folder)
    }
  }

  @Test func itGoesAsToldAndLeavesNothing() async throws {
    let project = try Project("demo")
    let told = try await demo(project)
    #expect(told.code == 0, "\(told)")
    #expect(told.output.hasSuffix("The demo went as told.\n"), "\(told)")
    for claim in [
      "ok issue 3 waits for issue 1", "ok the dry run wrote nothing",
      "ok issue 2 was retried after its failed attempt", "ok issue 3 still waits for issue 1",
      "ok issue 3 has a pull request record",
    ] {
      #expect(told.output.contains("  \(claim)\n"), "\(claim): \(told)")
    }
    #expect(!told.output.contains("\u{1B}"), "\(told)")
    let tmp = project.folder.file("tmp")
    try await eventually("its processes have ended") { processes(below: tmp).isEmpty }
    #expect(try Files.list(tmp) == [])
    #expect(try Files.list(project.home) == [])
    #expect(try Files.list(project.path) == [])
  }

  @Test func itNoticesAnAgentThatDoesNotWork() async throws {
    let project = try Project("demo")
    let told = try await demo(project, ["--sabotage-agent"])
    #expect(told.code == 1, "\(told)")
    #expect(!told.output.contains("went as told"), "\(told)")
    #expect(
      told.complaints.first?.hasPrefix("the demo did not get there: issues 1 and 2") == true,
      "\(told)")
    #expect(told.complaints.first?.contains("no_progress") == true, "\(told)")
    let tmp = project.folder.file("tmp")
    try await eventually("its processes have ended") { processes(below: tmp).isEmpty }
    #expect(try Files.list(tmp) == [])
  }

  @Test func keepKeepsTheDirectoryAndSaysHowToLook() async throws {
    let project = try Project("demo")
    let told = try await demo(project, ["--keep"])
    #expect(told.code == 0, "\(told)")
    let line = try #require(told.outputLines.first { $0.hasPrefix("kept: ") }, "\(told)")
    let kept = String(line.dropFirst("kept: ".count))
    #expect(Files.parent(of: kept) == project.folder.file("tmp"))
    for name in ["project/issues/pull-requests/3.md", "state/symphony.db"] {
      #expect(Files.exists(Files.join(kept, name)), "\(name)")
    }
    // What it says works as it is written.
    let says = try #require(
      told.outputLines.first { $0.hasPrefix("  symphony status") }, "\(told)")
    let words = says.split(separator: " ").dropFirst().map(String.init)
    let status = Transcript(
      try await SymphonyBinary.run(words, directory: Files.join(kept, "project")))
    #expect(status.code == 0 && status.output.contains("\nhanded off (2)\n"), "\(status)")
    #expect(status.output.contains("\n  #3  Translate the greeting "), "\(status)")
  }
}
