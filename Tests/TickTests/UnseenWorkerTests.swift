// A tick that cannot look at its workers: whoever reads its exit code, its JSON or the note it left
// is told, and nothing about the runs changes.
import FoundationEssentials
import SymphonyCore
import SymphonyTick
import Synchronization
import Testing

@Suite struct UnseenWorkerTests {
  /// Two items whose workers live.
  private func bench() async throws -> Bench {
    let bench = try Bench(issues: 1..<3)
    #expect(await bench.tick().launched == 2)
    bench.pass(.minutes(1))
    return bench
  }

  private func outcome(_ bench: Bench) throws -> String {
    let text = try #require(bench.store.fact(.lastTick))
    return try JSONDecoder().decode(LastTick.self, from: Data(text.utf8)).outcome
  }

  @Test(arguments: [false, true])
  func anExecutorThatDoesNotAnswerIsNoSuccess(dryRun: Bool) async throws {
    let bench = try await bench()
    bench.executor.runs.withLock { $0.problem = .disk("cannot list runs: EIO") }
    let blind = await bench.tick(dryRun: dryRun)
    #expect(blind.exit == .willRetry)
    #expect(blind.failures == ["cannot look at the workers: cannot list runs: EIO"])
    if !dryRun { #expect(try outcome(bench) == "will_retry") }
    bench.executor.runs.withLock { $0.problem = nil }
    let seeing = await bench.tick()
    #expect(seeing.exit == .done && seeing.failures.isEmpty)
    #expect(bench.store.load().runs.count == 2)
  }

  @Test func aRunThatCannotBeLookedAtIsNamed() async throws {
    let bench = try await bench()
    let run = try #require(bench.store.load().runs.first)
    bench.executor.runs.withLock { $0.seen[run.id]?.liveness = .unknown(why: "result.json: EIO") }
    let report = await bench.tick()
    #expect(report.exit == .willRetry && report.failures.count == 1)
    let told = report.failures.first ?? ""
    #expect(told.contains("acme/app#") && told.hasSuffix("looked at: result.json: EIO"), "\(told)")
    #expect(bench.store.load().runs.count == 2)
  }
}
