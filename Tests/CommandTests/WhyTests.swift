// `why` as an operator meets it: over a folder of local issues, with the built program. It asks the
// tracker, tells every rule, and leaves no trace.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct WhyTests {
  private func why(_ project: Project, _ arguments: String...) async throws -> WhyReport {
    let said = try await run(project, arguments + ["--json"])
    #expect(said.code == 0, "\(said)")
    return try ReportJSON.read(said.output, as: WhyReport.self)
  }

  private func run(_ project: Project, _ arguments: [String]) async throws -> Transcript {
    Transcript(
      try await SymphonyBinary.run(
        ["why"] + arguments, directory: project.path,
        environment: [
          "SYMPHONY_STATE_DIR": project.state, "HOME": project.home,
          "TMPDIR": project.folder.file("tmp"),
        ]))
  }

  @Test func everyRuleIsToldBeforeAnyTick() async throws {
    let project = try Project.local(issues: 1)
    try project.addIssue(2, labels: "other")
    let first = try await why(project, "1")
    #expect(first.version == 1 && first.key == "local/project#1")
    #expect(first.rules.map(\.rule) == LaunchRule.inOrder.map(\.name))
    #expect(first.rules.allSatisfy { $0.outcome == .passed }, "\(first.rules)")
    #expect(first.history.isEmpty && first.trackerProblem == nil)
    #expect(first.code == "launching" && first.toRun?.contains("`symphony tick`") == true)
    #expect(first.sentence == "nothing is in its way: the next tick starts it")
    let second = try await why(project, "local/project#2")
    #expect(second.code == "label_missing" && second.toRun == "put on symphony")
    let stop = try #require(second.rules.first { $0.outcome != .passed })
    #expect(stop.rule == "required_labels" && stop.outcome == .stops)
    #expect(stop.facts == "wants symphony; it has other")
    #expect(!Files.exists(project.state))
    let text = try await run(project, ["#2"])
    #expect(text.output.contains("verdict  label_missing: lacks the required label symphony\n"))
    #expect(text.output.contains("  stops it  required_labels"), "\(text)")
    let names = LaunchRule.inOrder.map(\.name)
    #expect(text.output.contains("\n  not asked  excluded_labels, assignee, status, "), "\(text)")
    #expect(text.output.contains(" second_look\n"), "\(text)")
    #expect(names.allSatisfy { text.output.contains($0) }, "every rule: \(text)")
  }

  /// The tracker lists open issues only.
  @Test func anIssueThatIsNotListedIsAskedFor() async throws {
    let project = try Project.local(issues: 1)
    try project.folder.write(
      "project/issues/7.md", "---\ntitle: Old\nlabels: [symphony]\nstatus: closed\n---\n\nDone.\n")
    let told = try await why(project, "7")
    #expect(told.code == "issue_closed" && told.title == "Old", "\(told)")
  }

  @Test func theHistoryIsToldByTime() async throws {
    let project = try Project.local(issues: 1)
    #expect(try await project.run("pause").code == 0)
    #expect(try await project.run("tick").code == 0)
    let now = try await why(project, "1")
    #expect(now.code == "paused" && now.toRun == "`symphony resume`")
    #expect(now.history.map(\.code) == ["paused"])
    let state = try contents(of: project.state)
    let past = try await why(project, "1", "--at", "2020-01-01")
    #expect(past.code == nil && past.rules.isEmpty && past.at.text == "2020-01-01T00:00:00Z")
    let since = try await why(project, "1", "--since", "1h")
    #expect(since.code == "paused" && since.history.count == 1 && since.toRun == nil)
    let ahead = try await run(project, ["1", "--at", "2999-01-01"])
    #expect(ahead.code == 64 && ahead.output.isEmpty, "\(ahead)")
    #expect(ahead.complaints == ["2999-01-01T00:00:00Z is still to come"], "\(ahead)")
    #expect(try contents(of: project.state) == state)
  }

  @Test func whatNamesNoIssueIsSaidWithNearOnes() async throws {
    let project = try Project.local(issues: 3)
    _ = try await project.run("pause")
    _ = try await project.run("tick")
    let unknown = try await run(project, ["4"])
    #expect(unknown.code == 64)
    #expect(unknown.complaints == ["no work item 4"])
    #expect(unknown.hints.first?.hasPrefix("near: local/project#3, local/project#2") == true)
    for word in ["a/b/c#1", "#", "acme/x y#1"] {
      let said = try await run(project, [word])
      #expect(said.code == 64, "\(word): \(said)")
      #expect(said.hints == ["write 42, #42, owner/repo#42 or the issue's address"], "\(said)")
    }
    for time in ["yesterday", "25:00", "2026-1-1", "-5h"] {
      #expect(try await run(project, ["1", "--at=\(time)"]).code == 64, "\(time)")
    }
  }
}
