// One world with an item of every kind, and what each command says about it: Tests/Screens/commands.txt
// is that session, with times, ages, paths and random names taken out. SYMPHONY_WRITE_DOCS=1 writes it.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct TranscriptTests {
  /// Does by the issue's number what makes an item of that kind.
  private static let agent = #"""
    |
        read -r line
        case "$line" in
        *1*|*6*) date > work.txt; git add work.txt; git commit --quiet -m "Do it";;
        *3*) echo '{"type":"progress","message":"reading the code"}'; exec sleep 600;;
        *4*) echo '{"type":"result","status":"blocked","message":"PostgreSQL or Redis?"}';;
        *2*) echo "{\"type\":\"result\",\"status\":\"limited\",\"resets_at\":$(($(date +%s) + 172800))}";;
        esac
    """#

  private static let calls: [[String]] = [
    ["tick", "--dry-run"], ["status"], ["status", "-v", "--all"], ["status", "4"],
    ["why", "1"], ["why", "2"], ["why", "4"], ["why", "5"], ["why", "7"], ["why", "99"],
    ["logs", "4"], ["logs", "3"], ["logs", "5"], ["events", "4"],
    ["cost"], ["cost", "--by", "issue", "--csv"], ["stop", "4"], ["retry", "6"],
    ["retry", "4", "--why", "use PostgreSQL"], ["release", "5"],
    ["hold", "command", "--until", "2d"],
    ["pause", "--reason", "release night"], ["status"], ["resume", "command"], ["resume"],
    ["stop", "3", "--reason", "wrong branch"], ["status", "statsu"], ["statsu"],
  ]

  private func world() async throws -> Project {
    let project = try Project.local(issues: 6)
    try project.write(
      "---\n"
        + Project.localSettings(agent: "x").replacing("'x'", with: Self.agent)
        .replacing("max_concurrent: 1", with: "max_concurrent: 3")
        + "---\nFix {{ issue.title }}.\n")
    try project.addIssue(7, labels: "other")
    try project.folder.write(
      "project/issues/5.md",
      "---\ntitle: Issue 5\nlabels: [symphony]\nblocked_by: [3]\n---\n\nPlease.\n")
    // The one that meets a limit holds its agent: it comes when the others have begun.
    try Files.remove(project.folder.file("project/issues/2.md"))
    for (number, code) in [(1, "handed_off"), (6, "handed_off"), (4, "agent_blocked")] {
      try await project.tickUntil(number, is: code)
    }
    try await project.tickUntil(3, is: "running")
    try project.folder.write(
      "project/issues/6.md",
      "---\ntitle: Issue 6\nlabels: [symphony]\nstatus: Done\n---\n\nPlease.\n")
    try project.addIssue(2)
    try await project.tickUntil(2, is: "held")
    try await eventually("item 6 is done") {
      _ = try await project.run("tick")
      let item = try await project.run("status", "--json").state().item(6)
      return item?.group == .done && item?.run == nil && item?.workspace == nil
    }
    return project
  }

  @Test func everyCommandOverOneWorld() async throws {
    let project = try await world()
    var said: [String] = []
    for call in Self.calls {
      let answer = try await project.call(call)
      let code = answer.code.map { $0 == 0 ? [] : ["[exit \($0)]"] } ?? ["[killed]"]
      var told = lines(answer.output, project)
      // Of one second the order is that of two clocks.
      if call.first == "events" { told.sort() }
      let title = "$ symphony " + call.map(Self.quoted).joined(separator: " ")
      said.append(
        ([title] + told + lines(answer.errors, project) + code).joined(separator: "\n"))
    }
    try await project.stopAll()
    let text = said.joined(separator: "\n\n") + "\n"
    let file = Files.join(Files.parent(of: Files.parent(of: #filePath)), "Screens/commands.txt")
    if Host.environment["SYMPHONY_WRITE_DOCS"] != nil {
      try Files.writeAtomically(file, text, mode: 0o644)
    }
    let wanted = try Files.readText(file)
    let difference = zip(text.splitLines(), wanted.splitLines()).first { $0 != $1 }
    #expect(text == wanted, "\(difference.map { "\($0) instead of \($1)" } ?? "another length")")
  }

  private static let passing = [
    "a worker is at work", "pull_request_owed", "TIME running an agent",
    "verdict running: an agent",
  ]

  private static func quoted(_ word: String) -> String {
    word.contains(" ") ? "\"\(word)\"" : word
  }

  private func lines(_ text: String, _ project: Project) -> [String] {
    // What is so for moments only may be met or missed.
    text.splitLines().map { normal(String($0), project) }.filter { line in
      !Self.passing.contains { line.contains($0) }
    }
  }

  /// Without what is another at every run; columns move with it, so that spaces are one.
  private func normal(_ line: String, _ project: Project) -> String {
    var line = line.replacing(project.state, with: "/state").replacing(
      project.path, with: "/project"
    )
    .replacing(project.folder.path, with: "/folder")
    line = line.replacing(#/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#, with: "TIME")
    line = line.replacing(#/-[0-9a-f]{8}\b/#, with: "-HASH").replacing(
      #/-[0-9a-f]{6}-r/#, with: "-TAG-r")
    line = line.replacing(#/\b[0-9a-f]{12,40}\b/#, with: "COMMIT")
    line = line.replacing(#/\b\d+(ms|s|m|h|d)\b/#, with: "AGE").replacing(
      #/AGE( AGE)+/#, with: "AGE")
    line = line.replacing(#/\(AGE ago, (manual|nudged)\)/#, with: "(AGE ago)")
    line = line.replacing(#/ /\S+\.\.\.$/#, with: " PATH...")
    line = line.replacing(#/^ticked .*/#, with: "ticked ...")
    let indent = line.prefix { $0 == " " }
    return indent + line.split(separator: " ").joined(separator: " ")
  }
}

extension Project {
  fileprivate func call(_ arguments: [String]) async throws -> Transcript {
    Transcript(
      try await SymphonyBinary.run(
        arguments, directory: path,
        environment: [
          "SYMPHONY_STATE_DIR": state, "HOME": home, "TMPDIR": folder.file("tmp"), "USER": "ann",
          "COLUMNS": "400",
        ]))
  }
}
