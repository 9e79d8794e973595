// What an agent's flood leaves on disk, and what is read of it.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct OutputBoundTests {
  @Test func theFirstAndTheLastPartStay() throws {
    let yard = try WorkerYard()
    let limit = 8 << 20
    let result = try yard.perform(
      """
      echo the first words; echo x > f; git add -A; git commit -qm work
      yes 'progress: the same line again and again' | head -c 60000000; echo the last words
      """
    ) { $0.agent.maxOutput = limit }
    #expect(result.outcome == .succeeded)
    let path = yard.directory.agentOutput
    let extent = try #require(Files.extent(path))
    #expect(extent.size > 60_000_000)
    #expect(extent.onDisk < limit)
    // Which lines of a flood are handed on depends on how much of it comes at once.
    #expect(result.message.contains("progress: the same line again and again"))
    #expect(result.remarks.contains { $0.contains("agent.max_output_mb") })
    let text = try yard.shell(
      "head -c 30 '\(path)'; tail -c 15 '\(path)'; grep -ac 'symphony left out' '\(path)'")
    #expect(text.hasPrefix("the first words"))
    #expect(text.contains("the last words"))
    #expect(text.hasSuffix("1"))
  }

  /// It has the size it was given and almost nothing on the disk.
  @Test func aFileThatIsMadeToLookHugeHoldsNobodyUp() throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      "\(commitScript); python3 -c 'import os; os.ftruncate(1, 8 << 40)' || truncate -s 8T /dev/stdout"
    )
    #expect(result.turns == 1 && result.commitsAhead == 1, "\(result)")
    let link = yard.path("link")
    try yard.shell("ln -s /dev/zero link; mkfifo pipe")
    for path in [link, yard.path("pipe")] {
      var tail = OutputTail(path, from: 0)
      #expect(tail.read(atEnd: true) == [])
    }
  }

  @Test func ofAFloodOfTextOnlyTheEndIsRead() throws {
    let yard = try WorkerYard()
    let json = #"{"type":"x"}"#
    _ = try yard.shell(
      "{ seq 1 5000; echo '\(json)'; seq 5001 9000; printf 'open'; } > lines")
    var tail = OutputTail(yard.path("lines"), from: 0)
    let lines = tail.read(atEnd: true)
    #expect(lines.contains(json))
    #expect(lines.suffix(3) == ["8999", "9000", "open"])
    #expect(lines.count < 5000)
    // Too little for a flood: nothing is left out.
    _ = try yard.shell("seq 1 900 > few")
    var few = OutputTail(yard.path("few"), from: 0)
    #expect(few.read() == (1...900).map { "\($0)" })
  }
}
