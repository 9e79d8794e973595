// Which WORKFLOW.md a command is about when none is named, and what a link to one means.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct FindingTests {
  private func run(
    _ project: Project, _ arguments: [String], in directory: String? = nil,
    environment: [String: String] = [:]
  ) async throws -> Transcript {
    Transcript(
      try await SymphonyBinary.run(
        arguments, directory: directory ?? project.path,
        environment: environment.merging(["HOME": project.home]) { given, _ in given }))
  }

  @Test func fromASubdirectoryTheProjectIsFound() async throws {
    let project = try Project.local()
    let deep = try project.folder.directory("project/src/deep")
    #expect(try await run(project, ["pause"]).code == 0)
    let note = "symphony: WORKFLOW.md found above: \(project.workflow)\n"
    for arguments in [
      ["status"], ["tick"], ["tick", "--dry-run"], ["resume"], ["pause"], ["stop", "1"],
      ["retry", "1"],
    ] {
      let told = try await run(project, arguments, in: deep)
      #expect(told.code == 0 && told.errors.hasPrefix(note), "\(arguments): \(told)")
    }
    let doctor = try await run(project, ["doctor"], in: deep)
    #expect(doctor.errors.hasPrefix(note), "\(doctor)")
    let status = try await run(project, ["status"], in: deep)
    #expect(status.outputLines.first == "workflow  \(project.workflow)", "\(status)")
    // What is named is not looked for, and what is here comes first.
    let named = try await run(project, ["status", "-w", "WORKFLOW.md"], in: deep)
    #expect(named.code == 78, "\(named)")
    try project.folder.write("project/src/WORKFLOW.md", "---\ntracker: {}\n---\n")
    let nearer = try await run(project, ["status", "--json"], in: deep)
    #expect(try nearer.state().workflow == Files.join(project.path, "src/WORKFLOW.md"))
  }

  @Test func theSearchEndsAtTheRepositorysRoot() async throws {
    let project = try Project.local()
    let inner = try project.folder.directory("project/vendor/inner/src")
    try Git.run(["init", "--quiet"], in: Files.parent(of: inner))
    let told = try await run(project, ["status"], in: inner)
    #expect(told.code == 78, "\(told)")
    let root = Files.parent(of: inner)
    #expect(
      told.complaints == ["no WORKFLOW.md in \(inner), nor above it up to \(root)"], "\(told)")
    // Without a repository only this directory counts.
    try project.folder.write("loose/WORKFLOW.md", "---\ntracker: {}\n---\n")
    let below = try project.folder.directory("loose/below")
    #expect(try await run(project, ["status"], in: below).code == 78)
  }

  @Test func whatOthersMayWriteIsNotFoundButNamed() async throws {
    let project = try Project.local()
    let below = try project.folder.directory("project/below")
    #expect(chmod(project.folder.path, 0o755) == 0 && chmod(project.path, 0o777) == 0)
    let told = try await run(project, ["tick"], in: below)
    #expect(told.code == 64 && told.output.isEmpty, "\(told)")
    #expect(
      told.complaints.first?.hasPrefix("\(project.workflow) is not used without being named: ")
        == true, "\(told)")
    #expect(told.hints == ["if it is meant: --workflow \(project.workflow)"], "\(told)")
    #expect(!Files.exists(Files.join(project.home, ".local")))
  }

  @Test func aLinkedWorkflowHasItsTargetsState() async throws {
    let project = try Project.local(issues: 0)
    #expect(try await run(project, ["tick"]).code == 0)
    let state = try await run(project, ["status", "--json"]).state().stateDirectory
    let outside = project.folder.file("outside.md")
    #expect(symlink(project.workflow, outside) == 0)
    #expect(symlink("WORKFLOW.md", Files.join(project.path, "alias.md")) == 0)
    let docs = try project.folder.directory("project/docs")
    #expect(symlink("../WORKFLOW.md", Files.join(docs, "WORKFLOW.md")) == 0)
    for link in [outside, Files.join(project.path, "alias.md"), Files.join(docs, "WORKFLOW.md")] {
      let told = try await run(project, ["status", "--json", "-w", link])
      #expect(try told.state().stateDirectory == state, "\(link)")
      let tick = try await run(project, ["tick", "-w", link, "--dry-run"])
      #expect(tick.code == 0, "one project, not another's state: \(tick)")
    }
    // Two repositories that share one text stay two projects.
    let other = try Project.local(issues: 0)
    #expect(unlink(other.workflow) == 0 && symlink(project.workflow, other.workflow) == 0)
    let shared = try await run(project, ["status", "--json"], in: other.path).state()
    #expect(shared.workflow == other.workflow && shared.stateDirectory != state)
  }

  @Test func aStateUnderALinksNameGoesOn() async throws {
    let project = try Project.local(issues: 0)
    let link = Files.join(project.path, "alias.md")
    #expect(symlink("WORKFLOW.md", link) == 0)
    // As an older version named it, after the link.
    let root = Files.join(project.home, ".local/state/symphony")
    let older = Files.join(root, "project-\(StableHash.hex(link, 8))")
    let made = try await run(project, ["tick", "--state-dir", older, "-w", link])
    #expect(made.code == 74, "a named state is made only in a directory that is there: \(made)")
    try project.folder.directory("home/.local/state/symphony")
    #expect(try await run(project, ["tick", "--state-dir", older, "-w", link]).code == 0)
    let found = try await run(project, ["status", "--json", "-w", link]).state()
    #expect(found.stateDirectory == older)
  }

  @Test func withoutHomeTheAccountHasOne() async throws {
    let project = try Project.local(issues: 0)
    let home = try #require(Host.accountHome)
    for environment in [["HOME": ""]] {
      let told = Transcript(
        try await SymphonyBinary.run(
          ["status", "--json"], directory: project.path, environment: environment))
      #expect(told.code == 0, "\(told)")
      #expect(
        try told.state().stateDirectory.hasPrefix(Files.join(home, ".local/state/symphony/")))
    }
  }

  @Test(arguments: ["---\ntracker: {\n---\n", "---\nagnet: {}\n---\nx\n", "no front matter"])
  func aFirstTickThatCannotBeginLeavesNothing(text: String) async throws {
    let project = try Project.local()
    try project.write(text)
    let told = try await run(project, ["tick"])
    #expect(told.code == 78, "\(told)")
    #expect(!Files.exists(Files.join(project.home, ".local")), "\(told)")
    #expect(told.complaints.first?.hasPrefix(project.workflow) == true, "\(told)")
  }
}
