// Long random histories of ticks over a simulated world, drawn from one seed: a short run with a fixed
// seed, a long one by `make soak`, and the proof that a seed is one history wherever it is played.
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@Suite struct SoakTests {
  private static let environment = Host.environment

  @Test func short() async throws {
    let summary = try await Soak(seed: 1).run(0..<25)
    #expect(summary.failures.isEmpty, "\(summary.failures.joined(separator: "\n"))")
    #expect(summary.ticks >= 5_000)
    print("soak: \(summary.ticks) ticks, \(summary.seen.sorted { $0.key < $1.key })")
    let effects = [
      "launch", "clean_up", "stop", "kill", "sweep", "clear_run", "forget_run", "deliver",
    ]
    #expect(
      effects.allSatisfy { summary.seen[$0, default: 0] > 0 }, "the histories show every effect")
  }

  /// `make soak SEED=1 TICKS=100000`; EPISODE plays one of it.
  @Test(.enabled(if: environment["SYMPHONY_SOAK"] != nil)) func soak() async throws {
    let seed = try #require(Self.environment["SYMPHONY_SOAK"].flatMap { Int($0) })
    let ticks = Self.environment["SYMPHONY_TICKS"].flatMap { Int($0) } ?? 100_000
    let only = Self.environment["SYMPHONY_EPISODE"].flatMap { Int($0) }
    if let file = Self.environment["SYMPHONY_TRACE"] {
      let episode = try Episode(seed: seed, number: only ?? 0)
      let violations = try await episode.play(Soak(seed: seed).events(only ?? 0))
      #expect(violations.isEmpty, "\(violations)")
      try Files.writeAtomically(file, episode.trace.joined(separator: "\n"), durable: false)
      return
    }
    let start = Clock.boottimeMilliseconds()
    let episodes = only.map { $0..<$0 + 1 } ?? 0..<(ticks + 199) / 200
    let summary = try await Soak(seed: seed).run(episodes)
    let time = Clock.boottimeMilliseconds() - start
    print(
      "soak: seed \(seed), \(summary.ticks) ticks in \(summary.episodes) episodes, "
        + "\(summary.failures.count) violations, \(time) ms; "
        + summary.seen.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        .joined(separator: ", "))
    #expect(summary.failures.isEmpty, "\(summary.failures.joined(separator: "\n"))")
  }

  /// Another process has other hash seeds, and another directory.
  @Test func aSeedIsOneHistoryInEveryProcess() async throws {
    let directory = try TemporaryDirectory("trace")
    let file = directory.file("trace")
    var environment = Self.environment
    environment["SYMPHONY_SOAK"] = "5"
    environment["SYMPHONY_TRACE"] = file
    let program = try #require(Files.linkTarget("/proc/self/exe"))
    let child = try CapturedCommand.run(
      [program, "--testing-library", "swift-testing", "--filter", "^SoakTests\\.SoakTests/soak"],
      environment: environment, timeoutMilliseconds: 300_000)
    let other = try String(decoding: Files.read(file), as: UTF8.self)
    let episode = try Episode(seed: 5, number: 0)
    let violations = try await episode.play(Soak(seed: 5).events(0))
    #expect(violations.isEmpty, "\(violations)")
    #expect(episode.trace.count > 200, "\(child.output.suffix(400))")
    #expect(other == episode.trace.joined(separator: "\n"))
  }

  /// A failure is told with as few events as show it.
  @Test func aHistoryIsMadeAsShortAsItCanBe() async throws {
    let events = Soak(seed: 1).events(0)
    let wanted = [events[17], events[111], events[112]]
    let shortest = try await Minimiser { rest in
      wanted.allSatisfy(rest.contains) ? ["all three are there"] : []
    }.minimal(events)
    #expect(shortest == wanted)
  }
}
