// Zones that are not this process's: tables of the machine, made here byte by byte, so that the tests
// say the same where there are none.
import FoundationEssentials
import Glibc
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct ZoneRulesTests {
  /// A table (tzfile(5)) of version 2.
  private static func table(
    _ footer: String, _ changes: [(at: Int64, offset: Int32)] = [], first: Int32 = 0
  ) -> [UInt8] {
    func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
      withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
    func block(_ word: Int, _ changes: [(at: Int64, offset: Int32)]) -> [UInt8] {
      let counts = [0, 0, 0, changes.count, changes.count + 1, 4].map { bytes(Int32($0)) }
      var block = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + counts.joined()
      for change in changes { block += word == 8 ? bytes(change.at) : bytes(Int32(0)) }
      block += changes.indices.map { UInt8($0 + 1) }
      for offset in [first] + changes.map(\.offset) { block += bytes(offset) + [0, 0] }
      return block + Array("ABC\0".utf8)
    }
    return block(4, changes) + block(8, changes) + Array("\n\(footer)\n".utf8)
  }

  private static func seconds(_ moment: String) -> Int64 {
    (Timestamp(rfc3339: moment)?.milliseconds ?? 0) / 1000
  }

  /// What zdump(8) says of the same zones.
  @Test(
    arguments: [
      ("PST8PDT,M3.2.0,M11.1.0", "2027-03-14T09:59:59Z", -28800),
      ("PST8PDT,M3.2.0,M11.1.0", "2027-03-14T10:00:00Z", -25200),
      ("PST8PDT,M3.2.0,M11.1.0", "2027-11-07T08:59:59Z", -25200),
      ("PST8PDT,M3.2.0,M11.1.0", "2027-11-07T09:00:00Z", -28800),
      ("CET-1CEST,M3.5.0,M10.5.0/3", "2027-03-28T00:59:59Z", 3600),
      ("CET-1CEST,M3.5.0,M10.5.0/3", "2027-03-28T01:00:00Z", 7200),
      ("CET-1CEST,M3.5.0,M10.5.0/3", "2027-10-31T01:00:00Z", 3600),
      // South of the equator, and where winter is the exception.
      ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2027-01-01T00:00:00Z", 39600),
      ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2027-07-01T00:00:00Z", 36000),
      ("IST-1GMT0,M10.5.0,M3.5.0/1", "2027-01-01T00:00:00Z", 0),
      ("IST-1GMT0,M10.5.0,M3.5.0/1", "2027-07-01T00:00:00Z", 3600),
      ("<+0530>-5:30", "2027-07-01T00:00:00Z", 19800), ("MST7", "2027-07-01T00:00:00Z", -25200),
      ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2027-03-27T00:00:00Z", 10800),
      ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2027-03-26T23:59:59Z", 7200),
    ] as [(String, String, Int64)])
  func theYearsChangesAreKept(_ footer: String, _ moment: String, _ offset: Int64) throws {
    let rules = try #require(ZoneRules(Self.table(footer)))
    #expect(rules.offset(at: Self.seconds(moment)) == offset)
  }

  @Test func theTableRulesUpToItsEnd() throws {
    let changes: [(at: Int64, offset: Int32)] = [(1000, 3600), (2000, 7200)]
    let rules = try #require(ZoneRules(Self.table("XYZ-5", changes, first: 60)))
    #expect([999, 1000, 1999].map { rules.offset(at: $0) } == [60, 3600, 3600])
    #expect(rules.offset(at: 2000) == 5 * 3600)
    let last = try #require(ZoneRules(Self.table("", changes)))
    #expect(last.offset(at: 5000) == 7200)
  }

  @Test func anHourThatIsThereTwiceOrNotAtAll() throws {
    let rules = try #require(ZoneRules(Self.table("PST8PDT,M3.2.0,M11.1.0")))
    let twice = rules.moment(local: Self.seconds("2027-11-07T01:30:00Z"))
    #expect(twice == Self.seconds("2027-11-07T08:30:00Z"))
    let never = rules.moment(local: Self.seconds("2027-03-14T02:30:00Z"))
    #expect(never == Self.seconds("2027-03-14T10:30:00Z"))
  }

  @Test(arguments: [
    "X", "XY-5", "X-5,M3.2.0", "PST8PDT", "PST8PDT,J60,J300", "PST8PDT,M13.2.0,M11.1.0",
    "PST8PDT,M3.2.0/x,M11.1.0", "<+05-5", "PST999", "PST8,M3.2.0,M11.1.0",
  ])
  func aRuleThatIsNotCertainIsNone(_ footer: String) {
    #expect(ZoneRules(Self.table(footer)) == nil)
  }

  @Test func aDamagedTableIsNone() {
    let whole = Self.table("PST8", [(1000, 3600), (2000, 7200)])
    #expect(ZoneRules(whole) != nil)
    for count in 0..<whole.count { #expect(ZoneRules(Array(whole[..<count])) == nil, "\(count)") }
    for place in [20, 32, 36, 40] {
      var damaged = whole
      damaged[place] = 0xFF
      #expect(ZoneRules(damaged) == nil, "\(place)")
    }
    #expect(ZoneRules(Self.table("PST8", [(2000, 0), (1000, 0)])) == nil, "not rising")
  }

  @Test func aLimitIsReadInTheZoneThatItNames() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/zones-\(getpid())"
    try FileManager.default.createDirectory(
      atPath: folder + "/America", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let table = Data(Self.table("PST8PDT,M3.2.0,M11.1.0"))
    try table.write(to: URL(filePath: folder + "/America/Los_Angeles"))
    try table.write(to: URL(filePath: folder + "/outside"))
    var clock = LimitClock(now: { CodexWorld.noon }, zone: .utc)
    clock.tables = folder
    func limit(_ words: String) -> String? { clock.limit(in: words)?.rfc3339 }
    let zone = "(America/Los_Angeles)"
    #expect(limit("You've hit your limit · resets 3pm \(zone)") == "2026-11-20T23:00:00Z")
    #expect(limit("resets 3am \(zone)") == "2026-11-21T11:00:00Z", "four in the morning there")
    #expect(limit("resets Mar 20, 3pm \(zone)") == "2027-03-20T22:00:00Z")
    #expect(limit("usage (5h) reached, resets 3pm \(zone)") == "2026-11-20T23:00:00Z")
    clock.tables = folder + "/America"
    for name in [
      "../outside", "/etc/localtime", "Los_Angeles/", ".", "", "Los\u{0}Angeles", "Nowhere",
      "Los_Angeles\n",
    ] {
      #expect(limit("resets 3pm (\(name))") == nil, "\(name)")
    }
  }
}
