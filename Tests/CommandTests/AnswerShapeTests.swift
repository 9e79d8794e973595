// The form of every answer as JSON, over one world: each has the version, each time is written as
// one, and a state with nothing in it has the same keys as a full one.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@testable import symphony

@Suite struct AnswerShapeTests {
  /// Every command with `--json`, in forms that answer in an empty and in a full world.
  private static let calls: [[String]] = [
    ["tick", "--dry-run"], ["tick"], ["status"], ["events"], ["cost"], ["cost", "--by", "day"],
    ["pause", "--until", "2h"], ["resume"], ["hold", "command", "--until", "2h"],
    ["resume", "command"], ["stop", "--all"], ["resume", "--stopped"], ["retry", "--all"],
    ["release", "--all"], ["doctor"], ["recover"], ["recover", "--dry-run"],
    ["gc", "--dry-run"], ["gc"],
  ]
  /// Those that are about an issue, for which there is nothing to say in an empty world.
  private static let aboutIssues: [[String]] = [
    ["why", "1"], ["logs", "2"], ["stop", "1"], ["retry", "1"], ["release", "1"],
  ]

  @Test func everyCommandWithJSONIsHere() throws {
    let tree = try #require(CommandTree.whole)
    let able = (tree.subcommands ?? []).filter { command in
      command.shownArguments.contains { $0.spellings.contains("--json") }
    }
    let called = Set((Self.calls + Self.aboutIssues).compactMap(\.first))
    #expect(Set(able.map(\.commandName)) == called)
  }

  /// The keys of an object, and of those that are not in lists below it.
  private static func keys(_ value: Structure, _ path: String = "") -> Set<String> {
    guard case .object(let members) = value else { return [] }
    return members.reduce(into: []) { keys, member in
      let name = path.isEmpty ? member.key : "\(path).\(member.key)"
      keys.insert(name)
      keys.formUnion(Self.keys(member.value, name))
    }
  }

  /// Objects that are null until there is something to tell.
  private static let sometimes = ["late", "last_tick", "github"]

  private static func withoutSometimes(_ keys: Set<String>) -> Set<String> {
    keys.filter { key in !sometimes.contains { key.hasPrefix($0 + ".") } }
  }

  private static let times: Set<String> = [
    "at", "since", "until", "started_at", "ended_at", "settled_at", "retry_at", "done_at",
    "first_seen", "last_launch", "last_poll", "next_try", "phase_since", "reset_at",
  ]

  /// Every value at a key that names a time.
  private static func times(in value: Structure) -> [(key: String, value: Structure)] {
    switch value {
    case .object(let members):
      members.flatMap { member in
        (times.contains(member.key) ? [(member.key, member.value)] : []) + times(in: member.value)
      }
    case .list(let values): values.flatMap(times)
    default: []
    }
  }

  private func expectForm(
    _ answer: Structure, of call: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(answer["version"] == .integer(1), "\(call)", sourceLocation: sourceLocation)
    for (key, value) in Self.times(in: answer) where value != .null {
      let time = value.stringValue.flatMap { Timestamp(rfc3339: $0) }
      #expect(time != nil, "\(call): \(key): \(value)", sourceLocation: sourceLocation)
    }
  }

  @Test func anEmptyWorldHasTheKeysOfAFullOne() async throws {
    let empty = try Project.local(issues: 0)
    let full = try Project.local(
      issues: 3,
      agent: #"case $(cat) in *"Issue 2."*) echo done; echo > a ;; *) exit 1 ;; esac"#)
    try await full.tickUntil(2, is: "handed_off")
    try await full.tickUntil(1, is: "retry_waiting")
    _ = try await empty.run("tick")
    for call in Self.calls {
      let answers = try await (
        json(call + ["--json"], in: empty), json(call + ["--json"], in: full)
      )
      expectForm(answers.0, of: call)
      expectForm(answers.1, of: call)
      #expect(
        Self.withoutSometimes(Self.keys(answers.0)) == Self.withoutSometimes(Self.keys(answers.1)),
        "\(call)")
    }
    for call in Self.aboutIssues {
      expectForm(try await json(call + ["--json"], in: full), of: call)
    }
    try await full.stopAll()
  }

  /// The first line: `logs` answers with one object on each.
  private func json(_ call: [String], in project: Project) async throws -> Structure {
    let told = Transcript(
      try await SymphonyBinary.run(
        call, directory: project.path,
        environment: [
          "SYMPHONY_STATE_DIR": project.state, "HOME": project.home,
          "TMPDIR": project.folder.file("tmp"),
        ]))
    let line = try #require(told.outputLines.first, "\(call): \(told)")
    return try ReportJSON.read(line, as: Structure.self)
  }

  @Test func whatFollowsHasItsVersionOnEachLine() throws {
    let event = try ReportJSON.read(
      #"{"at":"2026-11-21T03:04:05Z","kind":"verdict","key":"a/b#1","code":"done","sentence":"x"}"#,
      as: EventReport.self)
    let line = try ReportJSON.read(ReportJSON.text(of: EventLine(event)), as: Structure.self)
    #expect(line["version"] == .integer(1))
    #expect(line["at"] == .string("2026-11-21T03:04:05Z") && line["key"] == .string("a/b#1"))
  }
}
