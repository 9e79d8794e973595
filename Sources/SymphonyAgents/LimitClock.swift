// When a usage limit ends. Agents say it for people: as seconds since 1970 behind a bar, as a clock
// time with or without a date and a zone ("resets Oct 6, 3pm (UTC)", "Nov 21st, 2026 3:00 AM"), or
// as a span ("3 days 6 hours 57 minutes"). What cannot be read with certainty is no time: a limit
// without one is waited for anyway. Called by the readers of all agents.
import Glibc
import SymphonyCore

struct LimitClock: Sendable {
  let now: @Sendable () -> Timestamp
  let zone: Zone
  /// The folder with the tables of zones.
  var tables = ZoneRules.folder

  /// The zone of the agent's local time.
  enum Zone: Hashable, Sendable {
    /// This process's.
    case own
    case utc
    /// One that this machine has a table of.
    case other(ZoneRules)
    /// A time in the wrong zone would hold the account for half a day too long.
    case unknown

    static func ofAgent(_ environment: [String: String]) -> Zone {
      let own = getenv("TZ").map { String(cString: $0) }
      let agents = environment["TZ"]
      if agents == own { return .own }
      guard let agents else { return .unknown }
      if isUTC(agents) { return .utc }
      let name = agents.hasPrefix(":") ? String(agents.dropFirst()) : agents
      return ZoneRules(named: name).map { .other($0) } ?? .unknown
    }

    /// A zone that a text names.
    fileprivate init(named name: String, own: Zone, tables: String) {
      if Self.isUTC(name) {
        self = .utc
      } else if own == .own, Self.ownName?.lowercased() == name.lowercased() {
        self = .own
      } else {
        self = ZoneRules(named: name, in: tables).map { .other($0) } ?? .unknown
      }
    }

    private static func isUTC(_ name: String) -> Bool {
      ["utc", "utc0", "etc/utc", "gmt", "gmt0", "z"].contains(name.lowercased())
    }

    /// As `Europe/Berlin`; nil where this machine does not say.
    private static let ownName: String? = {
      if let name = getenv("TZ").map({ String(cString: $0) }), !name.isEmpty { return name }
      guard let path = realpath("/etc/localtime", nil) else { return nil }
      defer { free(path) }
      let place = String(cString: path)
      return place.firstRange(of: "/zoneinfo/").map { String(place[$0.upperBound...]) }
    }()
  }

  /// Of this process and this moment.
  static let own = LimitClock(
    now: { Timestamp(milliseconds: Int64(time(nil)) * 1000) }, zone: .own)

  /// The time in a sentence about a limit; nil where it names none.
  func limit(in words: String) -> Timestamp? {
    let lower = words.lowercased()
    if let epoch = Self.epoch(lower) { return epoch }
    if let found = lower.lastRange(of: "try again at ") {
      return moment(Self.words(lower[found.upperBound...]))
    }
    if let found = lower.lastRange(of: "try again in ") {
      return Self.span(Self.words(lower[found.upperBound...])).map { now() + $0 }
    }
    for announced in ["resets at ", "reset at ", "resets in ", "resets "] {
      guard let found = lower.lastRange(of: announced) else { continue }
      let rest = lower[found.upperBound...]
      if announced == "resets in " {
        return Self.span(Self.words(rest)).map { now() + $0 }
      }
      return reset(rest, words)
    }
    return nil
  }

  /// `reached|1795223114`, in seconds or milliseconds.
  private static func epoch(_ words: String) -> Timestamp? {
    guard let bar = words.lastIndex(of: "|") else { return nil }
    let digits = words[words.index(after: bar)...].drop { $0 == " " }
      .prefix { $0.isASCII && $0.isNumber }
    guard let number = Double(digits), [10, 13].contains(digits.count) else { return nil }
    return Timestamp(claimedSeconds: digits.count == 13 ? number / 1000 : number)
  }

  /// The next moment that `3pm (utc)`, `1:05am` or `oct 6, 3pm (europe/berlin)` names.
  ///
  /// `original` is the whole sentence, in which names have their capitals.
  private func reset(_ text: Substring, _ original: String) -> Timestamp? {
    var own = self
    if let open = text.firstIndex(of: "("), let close = text[open...].firstIndex(of: ")") {
      let lower = text[text.index(after: open)..<close]
      let name = original.split(separator: "(").map { $0.prefix { $0 != ")" } }
        .first { $0.lowercased() == lower }
      let named = Zone(named: String(name ?? lower), own: zone, tables: tables)
      own = LimitClock(now: now, zone: named)
    }
    var words = Self.words(text.prefix { $0 != "(" }).filter { $0 != "at" }
    guard let today = own.today() else { return nil }
    var date: Date?
    if words.count >= 3, let month = Self.months.firstIndex(of: String(words[0].prefix(3))),
      let day = Int32(words[1].prefix { $0.isASCII && $0.isNumber }), (1...31).contains(day)
    {
      date = Date(year: today.year, month: Int32(month + 1), day: day)
      words.removeFirst(2)
    }
    guard let (hour, minute) = Self.clock(Self.apart(words)) else { return nil }
    if var date {
      // Without a year: what lies far back is the next one's.
      guard let found = own.timestamp(date, hour, minute) else { return nil }
      if now() - found < .days(180) { return found }
      date.year += 1
      return own.timestamp(date, hour, minute)
    }
    guard let found = own.timestamp(today, hour, minute) else { return nil }
    if found > now() { return found }
    // The next day's, whatever happens to the clock in the night.
    let later = LimitClock(now: { now() + .hours(24) }, zone: own.zone)
    return later.today().flatMap { later.timestamp($0, hour, minute) }
  }

  /// `3pm` and `3:05pm` as two words, the first with minutes.
  private static func apart(_ words: [Substring]) -> [Substring] {
    guard var first = words.first else { return [] }
    var rest = words.dropFirst()
    for half in ["am", "pm"] where first.hasSuffix(half) && first.count > 2 {
      first = first.dropLast(2)
      rest = [Substring(half)]
    }
    return [first.contains(":") ? first : first + ":00"] + rest
  }

  private static func words(_ text: Substring) -> [Substring] {
    text.split { $0.isWhitespace || $0 == "," }.prefix(8).map { word in
      // A sentence, or what a gateway wrapped it in, ends behind it.
      var rest = word
      while let last = rest.last, !last.isLetter, !last.isNumber { rest = rest.dropLast() }
      return rest
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

  /// Reads a date such as `nov 21st 2026`.
  private static func date(_ words: [Substring]) -> Date? {
    guard words.count >= 3, let month = months.firstIndex(of: String(words[0].prefix(3))),
      let day = Int32(words[1].prefix { $0.isASCII && $0.isNumber }), (1...31).contains(day),
      let year = Int32(words[2]), (2000...2200).contains(year)
    else { return nil }
    return Date(year: year, month: Int32(month + 1), day: day)
  }

  /// Reads a time of day such as `3:28 pm`.
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
    case .other(let rules):
      seconds += time_t(rules.offset(at: Int64(seconds)))
      gmtime_r(&seconds, &local)
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
    case .other(let rules): seconds = time_t(rules.moment(local: Int64(timegm(&local))))
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

  /// Reads a length of time such as `3 days 6 hours 57 minutes`.
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
  /// The last place at which `other` stands in it.
  fileprivate func lastRange(of other: String) -> Range<Index>? { ranges(of: other).last }
}
