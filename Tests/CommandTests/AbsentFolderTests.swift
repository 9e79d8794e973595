// Directories that a person named and that are not there: nothing is made in their place, every
// command says so once and what to do, and all goes on when they are back.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct AbsentFolderTests {
  private static let agent = "cat > /dev/null; echo work >> work; git add work; git commit -qm work"

  private static func project(_ key: String) throws -> (Project, [String: String], disk: String) {
    let project = try Project.local(
      agent: agent, more: "workspace:\n  \(key): $SYMPHONY_TEST_PLACE\n")
    let disk = project.folder.file("disk")
    return (project, ["SYMPHONY_TEST_PLACE": disk], disk)
  }

  @Test(arguments: ["root", "repo_cache_dir", "worktree_dir"])
  func aNamedDirectoryIsRefusedAndNotMade(_ key: String) async throws {
    let (project, place, disk) = try Self.project(key)
    for command in [["tick"], ["tick", "--dry-run"], ["tick"]] {
      let answer = Transcript(
        try await SymphonyBinary.run(
          command + ["--state-dir", project.state], directory: project.path, environment: place))
      #expect(answer.code == 74, "\(answer)")
      #expect(answer.complaints.count == 1 && answer.complaints[0].contains("\(disk) is not there"))
      #expect(answer.hints.contains { $0.contains("mkdir -p \(disk)") }, "\(answer)")
      #expect(!Files.exists(disk))
    }
    let told = try await project.run("status", "--json", environment: place).state()
    let sentence = told.item(1)?.sentence ?? ""
    #expect(sentence.contains("\(disk) is not there"), "\(told)")
    let doctor = try await project.run("doctor", environment: place)
    #expect(doctor.code == 1, "\(doctor)")
    #expect(
      doctor.outputLines.count { $0.hasPrefix("fail") && $0.contains("\(disk) is not there") } == 1,
      "\(doctor)")
    try Files.makeDirectory(disk)
    #expect(try await project.run("doctor", environment: place).code == 0)
    try await eventually("its work is handed off") {
      _ = try await project.run("tick", environment: place)
      let told = try await project.run("status", "--json", environment: place).state()
      return told.item(1)?.code == "handed_off"
    }
    let after = try await project.run("status", "--json", environment: place).state()
    #expect(after.item(1)?.runs == 1, "\(after)")
  }

  /// The disk is away: its mount point is gone, or empty.
  @Test(arguments: ["root", "worktree_dir"], [false, true])
  func workOnADiskThatIsAwayIsNeitherRemovedNorBegunAnew(_ key: String, isEmpty: Bool)
    async throws
  {
    let (project, place, disk) = try Self.project(key)
    try Files.makeDirectory(disk)
    func code() async throws -> String? {
      let told = try await project.run("status", "--json", environment: place).state()
      return told.item(1)?.code
    }
    try await eventually("its work is handed off") {
      _ = try await project.run("tick", environment: place)
      return try await code() == "handed_off"
    }
    let before = try contents(of: disk)
    let away = project.folder.file("away")
    #expect(rename(disk, away) == 0)
    if isEmpty { try Files.makeDirectory(disk) }
    // Closed: its workspace is to be removed.
    try project.folder.write(
      "project/issues/1.md", "---\ntitle: Issue 1\nlabels: [symphony]\nstatus: done\n---\n\nX.\n")
    for _ in 0..<3 {
      let answer = try await project.run("tick", environment: place)
      #expect(answer.code == 74 && answer.complaints.count == 1, "\(answer)")
      #expect(answer.complaints.first?.contains(disk) == true, "\(answer)")
    }
    #expect(isEmpty ? try Files.list(disk).isEmpty : !Files.exists(disk))
    let doctor = try await project.run("doctor", environment: place)
    #expect(doctor.code == 1 && doctor.output.contains(disk), "\(doctor)")
    if isEmpty { try Files.removeTree(disk) }
    #expect(rename(away, disk) == 0)
    #expect(try contents(of: disk) == before)
    // Then it goes its way, the workspace with it.
    let workspaces = key == "root" ? Files.join(disk, "workspaces") : disk
    try await eventually("the workspace is removed") {
      let answer = try await project.run("tick", environment: place)
      #expect(answer.code == 0, "\(answer)")
      return try Files.list(workspaces) == [NamedFolder.markName]
    }
    // The run of the clean-up ends with a tick of its own.
    try await eventually("its run is settled") {
      _ = try await project.run("tick", environment: place)
      let told = try await project.run("status", "--json", environment: place).state()
      return told.item(1).map { $0.run == nil } == true
    }
    // No item has a place there now; what is remembered is the directory itself.
    try project.addIssue(2)
    #expect(rename(disk, away) == 0)
    if isEmpty { try Files.makeDirectory(disk) }
    #expect(try await project.run("tick", environment: place).code == 74)
    #expect(isEmpty ? try Files.list(disk).isEmpty : !Files.exists(disk))
  }

  @Test func aStateDirectoryIsMadeOnlyInOneThatIsThere() async throws {
    let project = try Project.local(issues: 0)
    let state = project.folder.file("disk/state")
    let there = ["SYMPHONY_STATE_DIR": state]
    for command in [["tick"], ["tick", "--dry-run"], ["pause"]] {
      let answer = Transcript(
        try await SymphonyBinary.run(command, directory: project.path, environment: there))
      #expect(answer.code == 74, "\(answer)")
      #expect(answer.complaints.first?.contains("/disk is not there") == true, "\(answer)")
      #expect(answer.hints.first?.contains("mkdir -p \(state)") == true, "\(answer)")
      #expect(!Files.exists(project.folder.file("disk")))
    }
    #expect(symlink(project.folder.file("gone"), project.folder.file("link")) == 0)
    let astray = ["SYMPHONY_STATE_DIR": project.folder.file("link")]
    for command in [["tick"], ["tick", "--dry-run"]] {
      let answer = Transcript(
        try await SymphonyBinary.run(command, directory: project.path, environment: astray))
      #expect(answer.code == 74 && answer.complaints.first?.contains("/gone, which") == true)
    }
    let doctor = try await project.run("doctor", environment: there)
    #expect(doctor.code == 1 && doctor.output.contains("disk is not there"), "\(doctor)")
    try project.folder.directory("disk")
    #expect(try await project.run("tick", environment: there).code == 0)
    // One that nobody named is made with all that is above it.
    let unnamed = ["SYMPHONY_STATE_DIR": "", "XDG_STATE_HOME": project.folder.file("new/xdg")]
    #expect(try await project.run("tick", environment: unnamed).code == 0)
  }
}
