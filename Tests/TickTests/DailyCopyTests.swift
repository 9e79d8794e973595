// The daily copy of the database: once a day, a bounded number of them, and a failure that is told
// and stops nothing.
import SymphonyCore
import SymphonyPlatform
import SymphonyTick
import Synchronization
import Testing

@Suite struct DailyCopyTests {
  private func names(_ bench: Bench) throws -> [String] {
    try Files.list(StateLayout(Files.join(bench.directory, "state")).backups).sorted()
  }

  @Test func oneIsMadeADayAndTheOldestGo() async throws {
    let bench = try Bench(issues: 1..<2)
    bench.trouble.withLock { $0.backups = 3 }
    var made: [String] = []
    for _ in 0..<5 {
      made.append(DailyCopy.name(bench.now))
      for _ in 0..<3 {
        _ = await bench.tick()
        bench.pass(.hours(7))
      }
      bench.pass(.hours(4))
    }
    #expect(bench.copies.withLock { $0 }.map(Files.lastName(of:)) == made)
    #expect(try names(bench) == Array(made.suffix(3)))
  }

  @Test func noneIsMadeOfNothingOrWhereNoneIsWanted() async throws {
    let empty = try Bench(issues: 0..<0)
    _ = await empty.tick()
    #expect(empty.copies.withLock { $0 }.isEmpty)
    let unwanted = try Bench(issues: 1..<2)
    unwanted.trouble.withLock { $0.backups = 0 }
    for _ in 0..<2 { _ = await unwanted.tick() }
    _ = await unwanted.tick(dryRun: true)
    #expect(unwanted.copies.withLock { $0 }.isEmpty)
  }

  @Test func aRehearsalMakesNone() async throws {
    let bench = try Bench(issues: 1..<2)
    _ = await bench.tick()
    bench.pass(.days(2))
    _ = await bench.tick(dryRun: true)
    #expect(bench.copies.withLock { $0 }.count == 1)
  }

  @Test func aFailureIsToldAndTriedAgainAfterAnHour() async throws {
    let bench = try Bench(issues: 1..<2)
    bench.trouble.withLock { $0.copy = "no space left" }
    for _ in 0..<3 {
      #expect(await bench.tick(trigger: .scheduled).exit == .done)
      bench.pass(.minutes(1))
    }
    #expect(bench.copies.withLock { $0 }.count == 1)
    let told = bench.told.withLock { $0 }.filter { $0.code == "backups" }
    #expect(told.map(\.kind) == [.trouble] && told[0].sentence.contains("no space left") == true)
    bench.trouble.withLock { $0.copy = nil }
    bench.pass(.hours(1))
    for _ in 0..<2 {
      _ = await bench.tick(trigger: .scheduled)
      bench.pass(.minutes(1))
    }
    #expect(bench.copies.withLock { $0 }.count == 2)
    #expect(bench.told.withLock { $0 }.filter { $0.code == "backups" }.last?.kind == .over)
  }

  /// The others go, the new copy counts, and it is not made again for it.
  @Test func oneThatCannotGoKeepsNoOther() async throws {
    let bench = try Bench(issues: 1..<2)
    bench.trouble.withLock { $0.backups = 1 }
    let folder = StateLayout(Files.join(bench.directory, "state")).backups
    let (first, second) = ("symphony-2020-01-01.db", "symphony-2020-01-02.db")
    try Files.makeDirectories("\(folder)/\(first)/a directory in its place")
    try Files.writeAtomically("\(folder)/\(second)", "")
    for _ in 0..<3 {
      _ = await bench.tick(trigger: .scheduled)
      bench.pass(.hours(2))
    }
    let made = try #require(bench.copies.withLock { $0 }.first)
    #expect(bench.copies.withLock { $0 }.count == 1)
    #expect(try names(bench) == [first, Files.lastName(of: made)])
    let told = bench.told.withLock { $0 }.filter { $0.code == "backups" }
    #expect(told.first?.kind == .trouble)
    #expect(told.first?.sentence.contains("an old copy of the database stays") == true)
    #expect(told.first?.sentence.contains(first) == true)
  }

  @Test func whatMayGoIsNamed() {
    let names = [
      "symphony-2026-01-02.db", "symphony-2026-01-01.db", "symphony-2026-01-03.db",
      "symphony-2025-12-31.db.new", "before-version-9.db", "mine.db", "symphony-2026-01-03.db.new",
    ]
    func expired(_ kept: Int, _ newest: String = "symphony-2026-01-03.db") -> Set<String> {
      Set(DailyCopy.expired(names, keeping: kept, newest: newest))
    }
    let halves: Set = ["symphony-2025-12-31.db.new", "symphony-2026-01-03.db.new"]
    #expect(expired(7) == halves)
    #expect(expired(2) == halves.union(["symphony-2026-01-01.db"]))
    #expect(expired(1) == halves.union(["symphony-2026-01-01.db", "symphony-2026-01-02.db"]))
    // A clock that was set back: the new one stays.
    #expect(
      expired(2, "symphony-2026-01-01.db") == halves.union(["symphony-2026-01-02.db"]))
  }
}
