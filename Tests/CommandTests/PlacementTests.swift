// Where the state lives: outside the checkout, for its owner only, and where --state-dir,
// $SYMPHONY_STATE_DIR or $XDG_STATE_HOME put it, in this order.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct PlacementTests {
  /// The state directory that status names, with a tick before it.
  private func place(
    _ project: Project, _ environment: [String: String], _ arguments: [String] = []
  ) async throws -> String {
    // Empty: not set at all.
    var all = environment
    all["SYMPHONY_STATE_DIR"] = environment["SYMPHONY_STATE_DIR"] ?? ""
    let values = all.filter { !$0.value.isEmpty }
      .merging(["HOME": project.home]) { given, _ in given }
    let tick = Transcript(
      try await SymphonyBinary.run(
        ["tick"] + arguments, directory: project.path, environment: values))
    #expect(tick.code == 0 && tick.errors.isEmpty, "\(tick)")
    let status = Transcript(
      try await SymphonyBinary.run(
        ["status", "--json"] + arguments, directory: project.path, environment: values))
    return try status.state().stateDirectory
  }

  private func mode(_ path: String) -> mode_t {
    var found = stat()
    return stat(path, &found) == 0 ? found.st_mode & 0o7777 : 0
  }

  private func expectState(
    at path: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(
      Files.exists(Files.join(path, "symphony.db")), "\(path)", sourceLocation: sourceLocation)
    #expect(mode(path) == 0o700, "\(path)", sourceLocation: sourceLocation)
    for name in try Files.list(path) where !Files.isDirectory(Files.join(path, name)) {
      #expect(mode(Files.join(path, name)) == 0o600, "\(name)", sourceLocation: sourceLocation)
    }
  }

  @Test func theDefaultIsBelowHomeAndNamedAfterTheProject() async throws {
    let project = try Project.local(issues: 0)
    let found = try await place(project, [:])
    let prefix = Files.join(project.home, ".local/state/symphony/project-")
    #expect(found.hasPrefix(prefix), "\(found)")
    #expect(found.dropFirst(prefix.count).wholeMatch(of: /[0-9a-f]{8}/) != nil, "\(found)")
    try expectState(at: found)
    // A path that is not absolute is ignored, as the XDG specification says.
    #expect(try await place(project, ["XDG_STATE_HOME": "relative"]) == found)
    #expect(
      Set(try Files.list(project.path)) == [".git", "WORKFLOW.md", "issues"], "the checkout is left"
    )
  }

  @Test func aLinkedDirectoryIsTheSameProject() async throws {
    let project = try Project.local(issues: 0)
    let found = try await place(project, [:])
    let link = project.folder.file("link")
    #expect(symlink(project.path, link) == 0)
    #expect(try await place(project, [:], ["--workflow", "\(link)/WORKFLOW.md"]) == found)
    let other = try Project.local(issues: 0)
    let theirs = try await place(other, ["HOME": project.home])
    #expect(theirs != found, "two projects of one name share nothing")
  }

  @Test func eachSettingMovesItAndTheNearestWins() async throws {
    let project = try Project.local(issues: 0)
    let xdg = ["XDG_STATE_HOME": project.folder.file("xdg")]
    let first = try await place(project, xdg)
    #expect(first.hasPrefix(project.folder.file("xdg/symphony/project-")), "\(first)")
    try expectState(at: first)
    let own = xdg.merging(["SYMPHONY_STATE_DIR": project.folder.file("own")]) { old, _ in old }
    #expect(try await place(project, own) == project.folder.file("own"))
    try expectState(at: project.folder.file("own"))
    let option = try await place(project, own, ["--state-dir", "../option"])
    #expect(option == project.folder.file("option"), "relative to the current directory")
    try expectState(at: option)
  }

  @Test func withoutHomeSomethingHasToBeSaid() async throws {
    let project = try Project.local(issues: 0)
    let answer = Transcript(
      try await SymphonyBinary.run(
        ["tick"], directory: project.path, environment: ["HOME": "relative"]))
    #expect(answer.code == 64 && answer.output.isEmpty, "\(answer)")
    #expect(answer.complaints.count == 1, "\(answer)")
    #expect(answer.hints == ["set HOME, or pass --state-dir"], "\(answer)")
  }
}
