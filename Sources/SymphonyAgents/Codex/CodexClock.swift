// When a usage limit ends. codex says it for people and in local time: with a date ("Nov 21st, 2026
// 3:00 AM"), without one when it is today ("3:28 PM"), or as a span ("3 days 6 hours 57 minutes").
// What cannot be read with certainty is no time: a limit without one is waited for anyway. Called
// by CodexReader.
import Glibc
import SymphonyCore

struct CodexClock: Sendable {
  let now: @Sendable () -> Timestamp
  let zone: Zone

  /// Whose local time the agent's is.
  enum Zone: Hashable, Sendable {
    /// This process's.
    case own
    case utc
    /// Another one by its TZ. The C library knows one zone for a whole process, and a time in the
    /// wrong zone would hold the account for half a day too long.
    case unknown

    static func ofAgent(_ environment: [String: String]) -> Zone {
      let own = getenv("TZ").map { String(cString: $0) }
      let agents = environment["TZ"]
      if agents == own { return .own }
      return ["UTC", "UTC0", "Etc/UTC", "GMT", "GMT0"].contains(agents) ? .utc : .unknown
    }
  }

  /// The time in a sentence about a limit; nil where it names none.
  func limit(in words: String) -> Timestamp? {
    let lower = words.lowercased()
    if let found = lower.lastRange(of: "try again at ") {
      return moment(Self.words(lower[found.upperBound...]))
    }
    if let found = lower.lastRange(of: "try again in ") {
      return Self.span(Self.words(lower[found.upperBound...])).map { now() + $0 }
    }
    return nil
  }

  private static func words(_ text: Substring) -> [Substring] {
    text.split { $0.isWhitespace || $0 == "," }.prefix(8).map { word in
      word.hasSuffix(".") ? word.dropLast() : word
    }
  }

  // MARK: Moments

  private struct Date {
    var year: Int32
    /// From 1.
    var month: Int32
    var day: Int32
  }

  private func moment(_ words: [Substring]) -> Timestamp? {
    if let date = Self.date(words), let (hour, minute) = Self.clock(Array(words.dropFirst(3))) {
      return timestamp(date, hour, minute)
    }
    guard let (hour, minute) = Self.clock(words), let today = today() else { return nil }
    return timestamp(today, hour, minute)
  }

  private static let months = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]

  /// `nov 21st 2026`
  private static func date(_ words: [Substring]) -> Date? {
    guard words.count >= 3, let month = months.firstIndex(of: String(words[0].prefix(3))),
      let day = Int32(words[1].prefix { $0.isASCII && $0.isNumber }), (1...31).contains(day),
      let year = Int32(words[2]), (2000...2200).contains(year)
    else { return nil }
    return Date(year: year, month: Int32(month + 1), day: day)
  }

  /// `3:28 pm`
  private static func clock(_ words: [Substring]) -> (hour: Int32, minute: Int32)? {
    guard words.count >= 2, words[1] == "am" || words[1] == "pm" else { return nil }
    let parts = words[0].split(separator: ":")
    guard parts.count == 2, let hour = Int32(parts[0]), (1...12).contains(hour),
      let minute = Int32(parts[1]), (0...59).contains(minute)
    else { return nil }
    return (hour % 12 + (words[1] == "pm" ? 12 : 0), minute)
  }

  private func today() -> Date? {
    var seconds = time_t(now().milliseconds / 1000)
    var local = tm()
    switch zone {
    case .own: localtime_r(&seconds, &local)
    case .utc: gmtime_r(&seconds, &local)
    case .unknown: return nil
    }
    return Date(year: local.tm_year + 1900, month: local.tm_mon + 1, day: local.tm_mday)
  }

  private func timestamp(_ date: Date, _ hour: Int32, _ minute: Int32) -> Timestamp? {
    var local = tm()
    local.tm_year = date.year - 1900
    local.tm_mon = date.month - 1
    local.tm_mday = date.day
    local.tm_hour = hour
    local.tm_min = minute
    // Whether it is summer time then is the library's to say.
    local.tm_isdst = -1
    let seconds: time_t
    switch zone {
    case .own: seconds = mktime(&local)
    case .utc: seconds = timegm(&local)
    case .unknown: return nil
    }
    // A day that its month does not have comes back as another one.
    guard seconds > 0, local.tm_mday == date.day else { return nil }
    return Timestamp(milliseconds: Int64(seconds) * 1000)
  }

  // MARK: Spans

  private static let units: [(name: String, seconds: Int64)] = [
    ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1),
  ]

  /// `3 days 6 hours 57 minutes`
  private static func span(_ words: [Substring]) -> Interval? {
    var seconds: Int64 = 0
    var rest = words[...]
    while rest.count >= 2, let first = rest.first, let number = Int64(first),
      (0...100_000).contains(number)
    {
      let word = rest[rest.startIndex + 1]
      guard let unit = units.first(where: { word == $0.name || word == $0.name + "s" }) else {
        return nil
      }
      seconds += number * unit.seconds
      rest = rest.dropFirst(2)
    }
    return seconds > 0 ? .seconds(seconds) : nil
  }
}

extension String {
  /// Where `other` stands last in it.
  fileprivate func lastRange(of other: String) -> Range<Index>? { ranges(of: other).last }
}
