// What `tick` and `doctor` say about a WORKFLOW.md that cannot be used: each mistake with its place
// and the next step, all of them at once, exit 78; and a misspelled key as a mere warning.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

struct Mistake: Sendable, CustomTestStringConvertible {
  var name: String
  var text: String
  /// `line:column` of the file.
  var place: String
  var says: String
  var hint: String
  var testDescription: String { name }

  static let all = [
    Mistake(
      name: "unclosed front matter", text: "---\ntracker:\n  kind: local\n\nFix it.\n",
      place: "1:1", says: "the front matter that begins here is not closed",
      hint: "put a line `---` between the settings and the prompt"),
    Mistake(
      name: "0 bytes", text: "", place: "1:1", says: "the file is empty", hint: "restore it"),
    Mistake(
      name: "a heading above", text: "# Notes\n\n---\ntracker:\n  kind: local\n---\nFix it.\n",
      place: "3:1",
      says: "the settings seem to start here, and nothing is read as settings unless the file "
        + "begins with a line that is exactly `---`",
      hint: "put a line `---` at the top of the file"),
    Mistake(
      name: "a tab", text: "---\ntracker:\n\tkind: local\n---\nFix it.\n", place: "3:1",
      says: "a tab cannot indent YAML", hint: "indent with spaces"),
    Mistake(
      name: "a list", text: "---\n- tracker\n- agent\n---\nFix it.\n", place: "2:1",
      says: "the front matter must be a map of settings, not a list",
      hint: "write `tracker:` and the other sections"),
    Mistake(
      name: "a misspelled variable where no issue goes",
      text: "---\ntracker:\n  kind: local\n---\nX\n{% if issue.number == 0 %}{{ issue.titel }}"
        + "{% endif %}\n",
      place: "6:36", says: "the prompt cannot be rendered: unknown variable `issue.titel`",
      hint: "did you mean `issue.title`?"),
    Mistake(
      name: "a prompt in Go's syntax that does not end",
      text: "---\ntracker:\n  kind: local\n---\n{{if .issue.title}}X\n", place: "5:1",
      says: "the prompt cannot be rendered: `{{if}}` has no `{{end}}`", hint: ""),
    Mistake(
      name: "max_turns: -1",
      text: "---\ntracker:\n  kind: local\nagent:\n  max_turns: -1\n---\nX\n",
      place: "5:14", says: "`agent.max_turns` must be a whole number, 1 or more, not `-1`", hint: ""
    ),
    Mistake(
      name: "max_concurrent: lots",
      text: "---\ntracker:\n  kind: local\nagent:\n  max_concurrent: lots\n---\nX\n",
      place: "5:19", says: "`agent.max_concurrent` must be a whole number, 1 or more, not `lots`",
      hint: ""),
    Mistake(
      name: "unquoted @me", text: "---\ntracker:\n  repository: a/b\n  assignee: @me\n---\nX\n",
      place: "4:13", says: "`@me` must be quoted in YAML", hint: "write \"@me\""),
    Mistake(
      name: "a token that is not set",
      text: "---\ntracker:\n  repository: a/b\ngithub:\n  token: $MISSING\n---\nX\n", place: "5:10",
      says: "`github.token` uses $MISSING, which is not set, and no other token was found",
      hint: "set MISSING in the environment, or in .env beside WORKFLOW.md"),
  ]
}

@Suite struct WorkflowMessageTests {
  @Test(arguments: Mistake.all)
  func aTickNamesTheMistakeAndItsPlace(_ mistake: Mistake) async throws {
    let project = try Project()
    try project.write(mistake.text)
    let tick = try await project.run("tick")
    #expect(tick.code == 78, "\(tick)")
    #expect(tick.output.isEmpty, "\(tick)")
    #expect(tick.complaints.count == 1, "\(tick)")
    let said = tick.complaints.first ?? ""
    #expect(said.hasPrefix("\(project.workflow):\(mistake.place): \(mistake.says)"), "\(tick)")
    #expect(said.contains(mistake.hint), "\(tick)")
    #expect(tick.hints.count == 1, "\(tick)")
    #expect(!Files.exists(Files.join(project.state, "runs")))
  }

  @Test(arguments: Mistake.all)
  func doctorNamesTheMistakeAndItsPlace(_ mistake: Mistake) async throws {
    let project = try Project()
    try project.write(mistake.text)
    let doctor = try await project.run("doctor")
    #expect(doctor.code == 78, "\(doctor)")
    let lines = doctor.outputLines
    let index = lines.firstIndex { line in
      line.hasPrefix("fail  workflow ")
        && line.hasSuffix("\(project.workflow):\(mistake.place): \(mistake.says)")
    }
    let at = try #require(index, "\(doctor)")
    if !mistake.hint.isEmpty {
      #expect(lines[at + 1].contains(mistake.hint), "\(doctor)")
    }
    #expect(doctor.complaints == ["WORKFLOW.md is not valid"], "\(doctor)")
    #expect(doctor.hints == ["mend what is marked fail above"], "\(doctor)")
    #expect(!Files.exists(project.state), "doctor writes nothing")
  }

  @Test(arguments: ["tick", "doctor"])
  func withoutAFileNothingIsMade(_ command: String) async throws {
    let project = try Project()
    let answer = try await project.run(command)
    #expect(answer.code == 78, "\(answer)")
    #expect(answer.output.isEmpty, "\(answer)")
    #expect(answer.complaints.count == 1, "\(answer)")
    #expect(answer.complaints.first?.hasPrefix("\(project.workflow): no such file") == true)
    #expect(answer.complaints.first?.contains("--workflow") == true, "\(answer)")
    #expect(answer.hints.count == 1, "\(answer)")
    #expect(!Files.exists(project.state), "\(answer)")
  }

  @Test(arguments: [
    ["why", "1"], ["logs", "1"], ["events"], ["cost"], ["status"], ["stop", "1"],
  ])
  func whereThereIsNoProjectNothingIsLookedFor(_ command: [String]) async throws {
    let project = try Project()
    let answer = Transcript(
      try await SymphonyBinary.run(
        command, directory: project.path, environment: ["SYMPHONY_STATE_DIR": project.state]))
    #expect(answer.code == 78 && answer.output.isEmpty, "\(answer)")
    #expect(answer.complaints == ["no WORKFLOW.md in \(project.path)"], "\(answer)")
    #expect(answer.hints.first?.contains("`symphony init`") == true, "\(answer)")
  }

  @Test(arguments: ["tick", "doctor"])
  func aDirectoryIsSaidToBeOne(_ command: String) async throws {
    let project = try Project()
    try project.folder.directory("project/WORKFLOW.md")
    let answer = try await project.run(command)
    #expect(answer.code == 78 && answer.output.isEmpty, "\(answer)")
    #expect(answer.complaints == ["\(project.workflow) is a directory, not a file"], "\(answer)")
    #expect(
      answer.hints == ["name the file in it: --workflow \(project.workflow)/WORKFLOW.md"],
      "\(answer)")
  }

  @Test func everyMistakeIsSaidAtOnce() async throws {
    let project = try Project()
    try project.write(
      """
      ---
      tracker:
        repository: a/b
        assignee: @me
      agent:
        max_turns: -1
        max_concurrent: lots
      github:
        token: $MISSING
      ---
      X
      """)
    let places = ["4:13", "6:14", "7:19", "9:10"]
    let tick = try await project.run("tick")
    #expect(tick.code == 78, "\(tick)")
    #expect(tick.complaints.count == places.count, "\(tick)")
    for (said, place) in zip(tick.complaints, places) {
      #expect(said.hasPrefix("\(project.workflow):\(place): "), "\(tick)")
    }
    let doctor = try await project.run("doctor")
    let failed = doctor.outputLines.filter { $0.hasPrefix("fail") }
    #expect(failed.count == places.count, "\(doctor)")
    for (line, place) in zip(failed, places) {
      #expect(line.contains("\(project.workflow):\(place): "), "\(doctor)")
    }
    #expect(doctor.output.contains("tracker.assignee    @me"), "as it was written: \(doctor)")
    let answer = try await project.run("tick", "--json").tick()
    #expect(answer.exitCode == 78)
    #expect(answer.error?.contains(":7:19: ") == true)
  }

  /// A filter that is not there starts every open issue, a limit that is not there spends.
  @Test(arguments: [("tracker:", "trakcer:", "2:1"), ("  labels:", "  lables:", "4:3")])
  func aMisspelledSectionOrKeyStartsNothing(
    _ right: String, _ wrong: String, _ place: String
  ) async throws {
    let project = try Project.local(issues: 1)
    let settings = Project.localSettings().replacing(right, with: wrong)
    try WorkflowFile.write(in: project.path, settings: settings)
    for command in ["tick", "doctor"] {
      let answer = try await project.run(command)
      #expect(answer.code == 78, "\(answer)")
      #expect((answer.output + answer.errors).contains("WORKFLOW.md:\(place): "), "\(answer)")
      let meant = right.trimmingWhitespace().dropLast()
      #expect((answer.output + answer.errors).contains("\(meant)` seems to be meant"), "\(answer)")
    }
    let runs = try? Files.list(Files.join(project.state, "runs"))
    #expect(runs ?? [] == [])
    let answer = try await project.run("tick", "--json").tick()
    #expect(answer.exitCode == 78)
  }

  @Test func anUnknownKeyIsAWarningWithWhereItBelongs() async throws {
    let project = try Project.local(issues: 0)
    let settings = Project.localSettings() + "labels: [a]\n"
    try WorkflowFile.write(in: project.path, settings: settings)
    let line = settings.split(separator: "\n").count + 1
    let said = "\(project.workflow):\(line):1: unknown key `labels` is ignored"
    let tick = try await project.run("tick")
    #expect(tick.code == 0, "\(tick)")
    #expect(tick.output.isEmpty, "a warning is no answer: \(tick)")
    #expect(tick.errorLines.count == 1, "\(tick)")
    #expect(tick.errors.contains(" warning \(said) (did you mean `tracker.labels`?)"), "\(tick)")
    let doctor = try await project.run("doctor")
    #expect(doctor.code == 0, "\(doctor)")
    let at = try #require(
      doctor.outputLines.firstIndex { $0.hasPrefix("warn  workflow ") && $0.hasSuffix(said) },
      "\(doctor)")
    #expect(doctor.outputLines[at + 1].hasSuffix("did you mean `tracker.labels`?"), "\(doctor)")
  }

  @Test func anUnknownTemplateVariableFailsDoctor() async throws {
    let project = try Project.local(prompt: "Hello.\n\nFix {{ issue.titel }}.\n")
    let doctor = try await project.run("doctor")
    #expect(doctor.code == 78, "\(doctor)")
    let said =
      "\(project.workflow):12:14: the prompt cannot be rendered: unknown variable `issue.titel`"
    let at = try #require(
      doctor.outputLines.firstIndex { $0.hasPrefix("fail  workflow ") && $0.hasSuffix(said) },
      "\(doctor)")
    #expect(doctor.outputLines[at + 1].hasSuffix("did you mean `issue.title`?"), "\(doctor)")
  }

  /// It would fail run after run of every issue.
  @Test func anUnknownTemplateVariableStartsNothing() async throws {
    let project = try Project.local()
    #expect(try await project.run("pause").code == 0)
    #expect(try await project.run("tick").code == 0)
    #expect(try await project.run("resume").code == 0)
    let good = try Files.readText(project.workflow, limit: 1 << 20)
    try project.write(good + "\nFix {{ issue.titel }}.\n")
    for tick in [try await project.run("tick", "--dry-run"), try await project.run("tick")] {
      #expect(tick.code == 78, "\(tick)")
      #expect("\(tick)".contains("unknown variable `issue.titel`"), "\(tick)")
    }
    let state = try await project.run("status", "--json").state()
    #expect(state.item(1)?.code == "policy_invalid" && state.item(1)?.runs == 0, "\(state)")
    try project.write(good)
    #expect(try await project.run("tick").output == "1 launched, 1 running\n")
    try await project.stopAll()
  }

  @Test func aDotEnvThatCannotBeUsedIsSaid() async throws {
    let project = try Project.local()
    try project.folder.write("project/.env", "A=" + String(repeating: "x", count: 1 << 18))
    let big = try await project.run("tick", "--dry-run")
    #expect("\(big)".contains("nothing of .env is used: cannot read"), "\(big)")
    #expect("\(big)".contains("it has more than 262144 bytes"))
    try Files.remove(Files.join(project.path, ".env"))
    #expect(try await !"\(project.run("tick", "--dry-run"))".contains(".env"))
  }
}
