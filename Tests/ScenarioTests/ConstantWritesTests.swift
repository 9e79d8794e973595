// Looks at a large database that somebody writes to all the time: each copy of it would be disturbed,
// and what a person asks is answered all the same.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Synchronization
import Testing

@testable import SymphonyStore

@Suite("looks beside constant writes")
struct ConstantWritesTests {
  private final class Writes: Sendable {
    let count = Atomic(0)
    let isOver = Atomic(false)
  }

  @Test("why, a rehearsal of gc and one of a tick are answered") func answered() async throws {
    let directory = try TemporaryDirectory("constant")
    let (project, state) = (directory.file("project"), directory.file("state"))
    try directory.write("project/issues/1-one.md", "---\ntitle: One\n---\nDo it.\n")
    try Git.run(["init", "--quiet", "-b", "main"], in: project)
    try WorkflowFile.write(
      in: project,
      settings: "tracker: { kind: local }\n"
        + "agent: { kind: command, command: 'cat > /dev/null' }\n", prompt: "Fix it.\n")
    func run(_ arguments: [String]) async throws -> CapturedCommand {
      try await SymphonyBinary.run(
        arguments, directory: project, environment: ["SYMPHONY_STATE_DIR": state])
    }
    _ = try await run(["tick"])
    _ = try await run(["pause"])
    let store = try SQLiteStore.open(
      directory: state, mode: .tick, now: Timestamp(milliseconds: Clock.wallMilliseconds()))
    for number in 0..<24 {
      try store.execute("INSERT INTO fact VALUES ('bulk \(number)', hex(zeroblob(500000)))")
    }
    try #require(Files.size(StateLayout(state).database).map { $0 > 0 } == true)
    let writes = Writes()
    async let writer: Void = Blocking.run {
      while !writes.isOver.load(ordering: .relaxed) {
        try? store.setFact(.lastPoll, "\(Clock.wallMilliseconds())")
        writes.count.add(1, ordering: .relaxed)
      }
    }
    defer { writes.isOver.store(true, ordering: .relaxed) }
    try await eventually("it is written to") { writes.count.load(ordering: .relaxed) > 1 }
    for command in [
      ["why", "1"], ["gc", "--dry-run"], ["tick", "--dry-run"], ["status"], ["backup"],
    ] {
      let names = try Files.list(state).sorted()
      let told = try await run(command)
      #expect(told.exit != .exited(74), "\(command): \(told.errorOutput)")
      #expect(!told.errorOutput.contains("was written during"), "\(command)")
      if command != ["backup"] { #expect(try Files.list(state).sorted() == names) }
    }
    #expect(writes.count.load(ordering: .relaxed) > 10, "they were disturbed")
    writes.isOver.store(true, ordering: .relaxed)
    try await writer
    store.close()
    let left = try Files.list(state).filter { $0.hasPrefix("symphony.db") }
    #expect(left == ["symphony.db"], "its end is a clean one")
    #expect(try await run(["status"]).exit.isSuccess)
  }
}
