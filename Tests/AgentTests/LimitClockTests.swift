// The ends of usage limits, as codex writes them for people: with and without a date, as spans, in
// the zone of this process and in UTC.
import Glibc
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct LimitClockTests {
  private func limit(
    _ words: String, zone: LimitClock.Zone = .utc, now: Timestamp = CodexWorld.noon
  ) -> String? {
    LimitClock(now: { now }, zone: zone).limit(in: words)?.rfc3339
  }

  @Test(arguments: [
    ("or try again at Nov 21st, 2026 3:00 AM.", "2026-11-21T03:00:00Z"),
    ("Try again at Dec 2nd, 2026 12:05 PM.", "2026-12-02T12:05:00Z"),
    ("Try again at Jan 13th, 2027 12:00 AM.", "2027-01-13T00:00:00Z"),
    ("try again at 3:28 PM.", "2026-11-20T15:28:00Z"),
    ("Try again at 11:59\u{202F}PM.", "2026-11-20T23:59:00Z"),
    ("try again in 3 days 6 hours 57 minutes.", "2026-11-23T18:57:00Z"),
    ("try again in 1 minute.", "2026-11-20T12:01:00Z"),
    // The last one counts: a plan's offer may say it too.
    ("try again at 1:00 PM, or try again at 2:00 PM.", "2026-11-20T14:00:00Z"),
  ])
  func aTimeIsRead(_ words: String, _ expected: String) {
    #expect(limit("You\u{2019}ve hit your usage limit. \(words)") == expected)
  }

  @Test(arguments: [
    "", "Try again later.", "try again at", "try again at Feb 30th, 2027 3:00 AM.",
    "try again at Foo 3rd, 2027 3:00 AM.", "try again at Nov 21st, 2026 13:00 AM.",
    "try again at Nov 21st, 2026 3:60 AM.", "try again at Nov 21st, 26 3:00 AM.",
    "try again at 3:00.", "try again at noon.", "try again in a while.",
    "try again in 3 fortnights.",
    "try again in 99999999999 days.",
  ])
  func whatIsNotCertainIsNoTime(_ words: String) {
    #expect(limit(words) == nil)
  }

  /// Whatever the zone of this machine is: the library that reads the text writes it, too.
  @Test(arguments: [1_800_000_000, 1_784_116_800] as [Int])
  func timesAreLocal(_ moment: Int) {
    var seconds = time_t(moment)
    var local = tm()
    localtime_r(&seconds, &local)
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let hour = local.tm_hour % 12 == 0 ? 12 : local.tm_hour % 12
    let minute = local.tm_min < 10 ? "0\(local.tm_min)" : "\(local.tm_min)"
    let clock = "\(hour):\(minute) \(local.tm_hour < 12 ? "AM" : "PM")"
    let date = "\(months[Int(local.tm_mon)]) \(local.tm_mday)th, \(local.tm_year + 1900)"
    let expected = Timestamp(milliseconds: Int64(moment) * 1000)
    #expect(limit("try again at \(date) \(clock).", zone: .own) == expected.rfc3339)
    #expect(limit("try again at \(clock).", zone: .own, now: expected) == expected.rfc3339)
  }

  @Test func theZoneIsTheAgents() {
    let own = getenv("TZ").map { String(cString: $0) }
    var environment: [String: String] = [:]
    environment["TZ"] = own
    #expect(LimitClock.Zone.ofAgent(environment) == .own)
    #expect(LimitClock.Zone.ofAgent(["TZ": "Pacific/Nowhere"]) == .unknown)
    if own != "Etc/UTC" { #expect(LimitClock.Zone.ofAgent(["TZ": "Etc/UTC"]) == .utc) }
    // A time of day elsewhere is no time here; a span is the same everywhere.
    #expect(limit("try again at 3:28 PM.", zone: .unknown) == nil)
    #expect(limit("try again at Nov 21st, 2026 3:00 AM.", zone: .unknown) == nil)
    #expect(limit("try again in 2 hours 5 minutes.", zone: .unknown) == "2026-11-20T14:05:00Z")
  }

  @Test func aLimitInAnotherZoneHasNoTime() {
    let replay = CodexWorld.replay(
      CodexWorld.lines("codex-exec-err-usage.ndjson"), .exited(1),
      agentEnvironment: ["TZ": "Pacific/Nowhere"])
    #expect(replay.outcome.kind == .limited(until: nil))
  }
}
