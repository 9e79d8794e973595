// `logs.directory` and `traces.otlp_file` with real ticks and workers: every line is there and
// whole whoever ticks and whatever is killed, a disk that takes none stops no tick, and nothing is
// written where nobody asked.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct LogFileTests {
  private static let blocked = "echo SYMPHONY: blocked: which database?"

  private func project(_ agent: String = blocked) throws -> Project {
    try Project.local(
      agent: agent, more: "logs: {directory: ../logs}\ntraces: {otlp_file: ../traces.jsonl}\n")
  }

  private func log(_ project: Project) -> String { project.folder.file("logs/symphony.ndjson") }
  private func traces(_ project: Project) -> String { project.folder.file("traces.jsonl") }

  private func lines(_ path: String) throws -> [Structure] {
    guard Files.exists(path) else { return [] }
    return try Files.readText(path).split(separator: "\n").map {
      try ReportJSON.read(String($0), as: Structure.self)
    }
  }

  private func parked(_ project: Project) async throws {
    _ = try await project.run("tick", "--scheduled")
    try await project.tickUntil(1, is: "agent_blocked")
  }

  private static let always: Set = [
    "time", "level", "msg", "source", "work_item_id", "project_item_id", "issue_identifier",
    "repository", "session_id", "run_id", "tick_id",
  ]

  @Test func ticksOfAllKindsWriteTheirLines() async throws {
    let project = try project()
    try await parked(project)
    let lines = try lines(log(project))
    for line in lines {
      let keys = Set((line.objectValue ?? [:]).keys)
      #expect(Self.always.isSubset(of: keys) && line["source"] == .string("symphony"), "\(line)")
      #expect(line["tick_id"]?.stringValue?.count == 8, "\(line)")
      #expect(line["msg"] == line["message"], "\(line)")
    }
    let news = lines.filter { $0["news_id"] != nil }
    #expect(news.compactMap { $0["kind"]?.stringValue } == ["launched", "parked"], "\(lines)")
    for line in news {
      #expect(line["issue_identifier"] == .string("local/project#1"), "\(line)")
      #expect(line["work_item_id"] == .string("local:1"), "\(line)")
      #expect(line["repository"] == .string("local/project"), "\(line)")
    }
    #expect(lines.contains { $0["msg"]?.stringValue?.contains("1 launched") == true }, "\(lines)")
    #expect(Files.permissions(log(project)) == 0o600)
    #expect(Files.permissions(Files.parent(of: log(project))) == 0o700)
    #expect(Files.permissions(traces(project)) == 0o600)
  }

  @Test func withoutTheSettingsNothingIsWritten() async throws {
    let project = try Project.local(agent: Self.blocked)
    try await parked(project)
    // Whatever has a name of theirs, wherever a tick of this project may write.
    let names = try contents(of: project.folder.path).keys
    #expect(!names.contains { $0.contains("symphony.ndjson") || $0.contains("traces") }, "\(names)")
  }

  /// Before the line is written, and between it and its mark.
  @Test(arguments: [("log", 1), ("log/commit", 2)])
  func aKilledTickLosesNoNews(_ point: String, _ copies: Int) async throws {
    let project = try project("cat > /dev/null; sleep 600")
    let faults = try Faults(in: project.folder)
    try faults.order(.tick, point, 1, .kill)
    _ = try await project.run("tick", "--scheduled", environment: faults.environment)
    // As if the kill had come in the middle of a write.
    if copies == 2 { try Files.append(log(project), "{\"msg\":\"to") }
    _ = try await project.run("tick", "--scheduled")
    _ = try await project.run("tick")
    let text = try Files.readText(log(project)).replacing("{\"msg\":\"to\n", with: "")
    let news = try text.split(separator: "\n").map {
      try ReportJSON.read(String($0), as: Structure.self)
    }.filter { $0["kind"] == .string("launched") }
    #expect(news.count == copies && Set(news.map { $0["news_id"] }).count == 1, "\(text)")
    try await project.stopAll()
  }

  // MARK: Disks that take nothing

  @Test(
    .enabled(if: SmallDisk.isAllowed, "mounting a file system needs root"),
    arguments: [true, false])
  func aDiskThatTakesNothingStopsNoTick(_ isFull: Bool) async throws {
    let project = try project()
    try project.folder.directory("logs")
    let disk = try SmallDisk(at: project.folder.file("logs"), kilobytes: 64)
    if isFull { try disk.fill() } else { try disk.makeReadOnly() }
    let first = try await project.run("tick", "--scheduled")
    #expect(first.code == 0 && first.errors.contains("run 1 is launched"), "\(first)")
    try await project.tickUntil(1, is: "agent_blocked")
    var told: [String] = []
    for _ in 0..<3 { told += try await project.run("tick", "--scheduled").errorLines }
    let why = isFull ? "No space left on device" : "Read-only file system"
    let troubles = told.filter { $0.contains("the log is not written: ") }
    #expect(troubles.count == 1 && troubles[0].contains(why), "\(told)")
    #expect((Files.size(log(project)) ?? 0) == 0, "no half a line is left")
  }

  @Test func doctorSaysWhatCannotBeWritten() async throws {
    let project = try project()
    let good = try await project.run("doctor")
    #expect(good.output.contains("pass  files        logs.directory: "), "\(good)")
    #expect(good.output.contains("pass  files        traces.otlp_file: "), "\(good)")
    #expect(!Files.exists(Files.parent(of: log(project))), "it makes nothing")
    try project.folder.write("logs", "a file\n")
    try project.folder.directory("traces.jsonl")
    let bad = try await project.run("doctor")
    #expect(bad.output.contains("fail  files        logs.directory: "), "\(bad)")
    #expect(bad.output.contains("fail  files        traces.otlp_file: "), "\(bad)")
    let none = try await Project.local().run("doctor")
    #expect(none.output.contains("skip  files        ticks write none"), "\(none)")
  }

  // MARK: Traces

  private func spans(_ project: Project) throws -> [Structure] {
    try lines(traces(project)).flatMap { line in
      let resource = try #require(line["resourceSpans"]?.listValue?.first)
      return try #require(resource["scopeSpans"]?.listValue?.first?["spans"]?.listValue)
    }
  }

  private func nanoseconds(_ span: Structure, _ key: String) throws -> UInt64 {
    try #require(span[key]?.stringValue.flatMap { UInt64($0) })
  }

  @Test func aRunIsTracedOnceWithItsTurns() async throws {
    let agent =
      #"cat > /dev/null; echo "{\"type\":\"usage\",\"input_tokens\":10,\"output_tokens\":3,"#
      + #"\"cost_usd\":0.5}"; echo done > done.txt"#
    let project = try project(agent)
    _ = try await project.run("tick", "--scheduled")
    try await project.tickUntil(1, is: "handed_off")
    let spans = try spans(project)
    let runs = spans.filter { $0["name"] == .string("invoke_agent") }
    try #require(runs.count == 1, "\(spans)")
    let turns = spans.filter { $0["parentSpanId"] == runs[0]["spanId"] }
    #expect(!turns.isEmpty && turns.allSatisfy { $0["name"] == .string("turn") }, "\(spans)")
    let (from, to) = ("startTimeUnixNano", "endTimeUnixNano")
    for turn in turns {
      #expect(turn["traceId"] == runs[0]["traceId"] && turn["status"] == .object([:]), "\(turn)")
      #expect(try nanoseconds(turn, from) >= nanoseconds(runs[0], from))
      #expect(try nanoseconds(turn, to) <= nanoseconds(runs[0], to))
    }
    let text = "\(turns)"
    #expect(text.contains("gen_ai.usage.input_tokens") && text.contains("symphony.cost.usd"))
    let link = runs[0]["links"]?.listValue?.first?["spanId"]
    #expect(spans.contains { $0["name"] == .string("tick") && $0["spanId"] == link }, "\(spans)")
    #expect(spans.contains { $0["name"] == .string("deliver ensure_pull_request") }, "\(spans)")
  }
}
