// `symphony gc`: what it prints, what it removes, and what a kill in the middle leaves.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct GcTests {
  private static let runs = (1...8).map { "acme_app_1-ab12cd-r\($0)" }

  /// A state with directories of eight runs of an issue that no row knows.
  private func world() async throws -> Project {
    let project = try Project.local(issues: 0)
    _ = try await project.run("tick")
    for run in Self.runs {
      try project.folder.directory("state/runs/\(run)")
      for number in 1...10 { try project.folder.write("state/runs/\(run)/\(number)", "text") }
    }
    return project
  }

  private func left(_ project: Project) throws -> [String] {
    try Files.list(project.state + "/runs").filter { $0 != StateLayout.numberName }
  }

  @Test func aRehearsalShowsItAndChangesNothing() async throws {
    let project = try await world()
    let before = try contents(of: project.state)
    let lock = try #require(try FileLock.take(StateLayout(project.state).tickLock))
    let told = try await project.run("gc", "--dry-run", environment: ["COLUMNS": "80"])
    withExtendedLifetime(lock) {}
    #expect(told.code == 0, "\(told)")
    #expect(told.outputLines.contains { $0.hasPrefix("goes") && $0.contains(Self.runs[1]) })
    #expect(told.outputLines.allSatisfy { $0.count <= 80 }, "\(told)")
    #expect(told.output.contains("can go") && told.hints == ["`symphony gc` does it"])
    #expect(try contents(of: project.state) == before)
  }

  @Test func whatMayGoGoesOnceAndTheRestIsExplained() async throws {
    let project = try await world()
    let report = try ReportJSON.read(
      try await project.run("gc", "--json").output, as: DiskReport.self)
    let removed = report.things.filter { $0.fate == .removed }
    #expect(removed.map(\.name).sorted() == Array(Self.runs[1...2]))
    #expect(removed.allSatisfy { ($0.bytes ?? 0) > 0 && $0.why.contains("kept_runs") })
    #expect(report.things.allSatisfy { !$0.why.isEmpty && !$0.path.isEmpty })
    #expect(try left(project).count == 6)
    let again = try await project.run("gc")
    #expect(again.code == 0, "\(again)")
    #expect(again.outputLines.allSatisfy { !$0.hasPrefix("removed") }, "\(again)")
    #expect(again.output.contains("4 runs: one of the last 5 of its issue"), "\(again)")
    #expect(try await project.run("gc", "-v").output.contains(project.state + "/runs/"))
  }

  @Test func whileATickRunsNothingIsRemoved() async throws {
    let project = try await world()
    let lock = try #require(try FileLock.take(StateLayout(project.state).tickLock))
    let told = try await project.run("gc")
    withExtendedLifetime(lock) {}
    #expect(told.code == 75 && told.complaints == ["a tick runs there just now"], "\(told)")
    #expect(try left(project).count == 8)
  }

  @Test func aKillInTheMiddleLeavesNothingThatLooksWhole() async throws {
    let project = try await world()
    let faults = try Faults(in: project.folder)
    // Among the files of the first directory.
    try faults.order(.command, "remove", 8, .kill)
    let killed = try await project.run("gc", environment: faults.environment)
    #expect(killed.code == nil, "\(killed)")
    let half = Self.runs[1] + Files.removedSuffix
    #expect(try left(project).filter { $0.hasSuffix(Files.removedSuffix) } == [half])
    #expect(try (1..<10).contains(Files.list("\(project.state)/runs/\(half)").count))
    let told = try await project.run("gc", "--dry-run")
    #expect(told.output.contains("half removed, run \(Self.runs[1])"), "\(told)")
    _ = try await project.run("tick")
    #expect(try left(project) == [Self.runs[0]] + Self.runs[3...])
  }

  /// Its database cannot be written before something went, wherever copies of it would lie.
  @Test(
    .enabled(if: SmallDisk.isAllowed, "needs to mount a tmpfs"),
    arguments: ["symphony.db", "symphony.db-wal"])
  func onAFullDiskItMakesRoom(_ newest: String) async throws {
    let project = try Project.local(issues: 0)
    try project.folder.directory("state")
    #expect(chmod(project.state, 0o700) == 0)
    let disk = try SmallDisk(at: project.state, kilobytes: 2048)
    #expect(chmod(project.state, 0o700) == 0)
    _ = try await project.run("tick")
    if newest.hasSuffix("-wal") {
      // A tick was killed, and left its log.
      let faults = try Faults(in: project.folder)
      try faults.order(.tick, "commit", 2, .kill)
      try project.addIssue(1)
      let killed = try await project.run("tick", environment: faults.environment)
      #expect(killed.code == nil && Files.exists("\(project.state)/\(newest)"), "\(killed)")
    }
    for run in Self.runs {
      try project.folder.directory("state/runs/\(run)")
      for number in 1...10 { try project.folder.write("state/runs/\(run)/\(number)", "text") }
    }
    try disk.fill()
    #expect(try await project.run("tick").code == 74)
    let told = try await project.run("gc", "--json")
    let report = try ReportJSON.read(told.output, as: DiskReport.self)
    #expect(report.things.filter { $0.fate == .removed }.map(\.name) == Array(Self.runs[1...2]))
    #expect(told.code == 0, "\(told)")
    #expect(try await project.run("tick").code == 0)
    withExtendedLifetime(disk) {}
  }

  /// `repo_cache_dir` and `worktree_dir` may lie in one another.
  @Test func whatCannotBeReadIsNamedAndTheRestIsToldOnce() async throws {
    let project = try await world()
    try project.folder.write("state/damaged", "a file in the place of a directory")
    let nested = Files.join(project.folder.path, "nested")
    for path in ["work/acme_app_1.aside-r2", "acme/app.git.damaged-r1", "acme/old.git.removed"] {
      try project.folder.directory("nested/\(path)")
    }
    let folders = "workspace:\n  repo_cache_dir: \(nested)\n  worktree_dir: \(nested)/work\n"
    try WorkflowFile.write(
      in: project.path, settings: Project.localSettings() + folders, prompt: "Fix it.\n")
    let told = try await project.run("gc", "--json")
    #expect(told.code == 1, "\(told)")
    let report = try ReportJSON.read(told.output, as: DiskReport.self)
    let aside = report.things.filter { $0.kind == .aside }.map(\.path)
    #expect(
      aside == ["\(nested)/acme/app.git.damaged-r1", "\(nested)/work/acme_app_1.aside-r2"])
    let failed = report.things.filter { $0.fate == .failed }
    #expect(failed.map(\.name) == ["damaged"], "\(failed)")
    #expect(failed.first?.why.contains("Not a directory") == true, "\(failed)")
    #expect(!Files.exists(nested + "/acme/old.git.removed"))
    #expect(report.things.count { $0.fate == .removed } == 3, "two runs and what was half removed")
  }

  @Test func withoutAStateThereIsNothingToShow() async throws {
    let project = try Project.local()
    let told = try await project.run("gc", "--dry-run", environment: ["SYMPHONY_STATE_DIR": ""])
    #expect(told.code == 74, "\(told)")
  }
}
