// When a zone's clocks change from one year to the next, as tzset(3) writes it:
// `CET-1CEST,M3.5.0,M10.5.0/3`. Called by ZoneRules for what lies behind its table; days by number
// in the year are not read, and no zone of today has them.
import Glibc

struct YearlyOffsets: Hashable, Sendable {
  /// Seconds to be added to UTC.
  private var standard: Int64
  private var summer: Turn?

  private struct Turn: Hashable {
    var offset: Int64
    var start: Day
    var end: Day
  }
  /// `M3.5.0/2`: the fifth, or last, Sunday of March at two.
  private struct Day: Hashable {
    var month: Int32
    var week: Int32
    /// 0 is Sunday.
    var weekday: Int32
    /// Seconds after midnight by the clock until then; may lie outside the day.
    var time: Int64
  }

  init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard let names = parts.first else { return nil }
    var rest = names
    guard Self.dropName(&rest), let west = Self.time(&rest) else { return nil }
    standard = -west
    if rest.isEmpty {
      if parts.count > 1 { return nil }
      return
    }
    guard parts.count == 3, Self.dropName(&rest), let start = Self.day(parts[1]),
      let end = Self.day(parts[2])
    else { return nil }
    var offset = standard + 3600
    if !rest.isEmpty {
      guard let west = Self.time(&rest), rest.isEmpty else { return nil }
      offset = -west
    }
    summer = Turn(offset: offset, start: start, end: end)
  }

  func offset(at moment: Int64) -> Int64 {
    guard let summer else { return standard }
    var seconds = time_t(moment + standard)
    var local = tm()
    gmtime_r(&seconds, &local)
    let start = Self.moment(summer.start, local.tm_year) - standard
    let end = Self.moment(summer.end, local.tm_year) - summer.offset
    let isSummer =
      start < end ? moment >= start && moment < end : !(moment >= end && moment < start)
    return isSummer ? summer.offset : standard
  }

  /// On the clock of the zone.
  private static func moment(_ day: Day, _ year: Int32) -> Int64 {
    var date = tm()
    (date.tm_year, date.tm_mon, date.tm_mday) = (year, day.month - 1, 1)
    var seconds = timegm(&date)
    let first = 1 + (day.weekday - date.tm_wday + 7) % 7
    var number = first + 7 * (day.week - 1)
    // The fifth is the last: which months have only four of them?
    date = tm()
    (date.tm_year, date.tm_mon, date.tm_mday) = (year, day.month, 0)
    _ = timegm(&date)
    while number > date.tm_mday { number -= 7 }
    seconds += time_t(number - 1) * 86400
    return Int64(seconds) + day.time
  }

  // MARK: Text

  /// `CET`, or anything between angle brackets.
  private static func dropName(_ text: inout Substring) -> Bool {
    if text.first == "<" {
      guard let close = text.firstIndex(of: ">") else { return false }
      text = text[text.index(after: close)...]
      return true
    }
    let name = text.prefix { $0.isLetter }
    text = text.dropFirst(name.count)
    return name.count >= 3
  }

  /// Reads a time such as `-1`, `5:30` or `03:00:00`.
  private static func time(_ text: inout Substring) -> Int64? {
    let words = text.prefix { "+-:0123456789".contains($0) }
    text = text.dropFirst(words.count)
    let isNegative = words.first == "-"
    let digits = words.first.map { "+-".contains($0) } == true ? words.dropFirst() : words
    let numbers = digits.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
    guard (1...3).contains(numbers.count) else { return nil }
    var seconds: Int64 = 0
    for (number, unit) in zip(numbers, [3600, 60, 1] as [Int64]) {
      guard let number, (0...167).contains(number) else { return nil }
      seconds += number * unit
    }
    return isNegative ? -seconds : seconds
  }

  private static func day(_ text: Substring) -> Day? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, first.first == "M", parts.count <= 2 else { return nil }
    let numbers = first.dropFirst().split(separator: ".").compactMap { Int32($0) }
    guard numbers.count == 3, (1...12).contains(numbers[0]), (1...5).contains(numbers[1]),
      (0...6).contains(numbers[2])
    else { return nil }
    var at: Int64 = 7200
    if parts.count == 2 {
      var rest = parts[1]
      guard let time = time(&rest), rest.isEmpty else { return nil }
      at = time
    }
    return Day(month: numbers[0], week: numbers[1], weekday: numbers[2], time: at)
  }
}
