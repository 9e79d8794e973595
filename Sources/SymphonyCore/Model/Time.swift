// Points and spans of time as plain values. The core never reads a clock: `now` arrives in the
// snapshot. Stored deadlines are pairs (set at, delay), so that a clock set back by an hour delays
// nothing by an hour.

/// A point of wall-clock time, in milliseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Hashable, Comparable, Codable, Sendable {
  package var milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }
  package static func + (time: Timestamp, span: Interval) -> Timestamp {
    let (sum, overflow) = time.milliseconds.addingReportingOverflow(span.milliseconds)
    return Timestamp(milliseconds: overflow ? (span.milliseconds > 0 ? .max : .min) : sum)
  }
  package static func - (later: Timestamp, earlier: Timestamp) -> Interval {
    let (difference, overflow) =
      later.milliseconds.subtractingReportingOverflow(earlier.milliseconds)
    return Interval(milliseconds: overflow ? (later > earlier ? .max : .min) : difference)
  }
  package static func - (time: Timestamp, span: Interval) -> Timestamp {
    time + Interval(milliseconds: span.milliseconds == .min ? .max : -span.milliseconds)
  }

  package init(from decoder: any Decoder) throws {
    milliseconds = try decoder.singleValueContainer().decode(Int64.self)
  }
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }
}

/// A span of time in milliseconds; negative spans exist only as differences.
package struct Interval: Hashable, Comparable, Codable, Sendable {
  package var milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }
  package static func milliseconds(_ count: Int64) -> Interval { Interval(milliseconds: count) }
  package static func seconds(_ count: Int64) -> Interval { times(count, 1000) }
  package static func minutes(_ count: Int64) -> Interval { times(count, 60_000) }
  package static func hours(_ count: Int64) -> Interval { times(count, 3_600_000) }
  package static func days(_ count: Int64) -> Interval { times(count, 86_400_000) }
  /// The longest span there is where it would be longer.
  private static func times(_ count: Int64, _ milliseconds: Int64) -> Interval {
    let (product, overflow) = count.multipliedReportingOverflow(by: milliseconds)
    return Interval(milliseconds: overflow ? (count > 0 ? .max : .min) : product)
  }
  package static let zero = Interval(milliseconds: 0)

  package static func < (left: Interval, right: Interval) -> Bool {
    left.milliseconds < right.milliseconds
  }
  package static func + (left: Interval, right: Interval) -> Interval {
    let (sum, overflow) = left.milliseconds.addingReportingOverflow(right.milliseconds)
    return Interval(milliseconds: overflow ? (left.milliseconds > 0 ? .max : .min) : sum)
  }

  /// For people: "850ms", "12s", "3m 20s", "2h 05m", "4d 3h".
  package var description: String {
    let total = max(0, milliseconds)
    if total < 1000 { return "\(total)ms" }
    let seconds = total / 1000
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 {
      return seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds / 60)m \(seconds % 60)s"
    }
    if seconds < 86400 { return "\(seconds / 3600)h \((seconds % 3600) / 60)m" }
    return "\(seconds / 86400)d \((seconds % 86400) / 3600)h"
  }

  package init(from decoder: any Decoder) throws {
    milliseconds = try decoder.singleValueContainer().decode(Int64.self)
  }
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }
}

/// A stored deadline: due when `now >= setAt + delay`, or when the clock was set back behind
/// `setAt` by more than 60 s (then nobody can say how long it has waited, and waiting on is the
/// worse mistake).
package struct Deadline: Hashable, Codable, Sendable {
  package var setAt: Timestamp
  package var delay: Interval

  package init(setAt: Timestamp, delay: Interval) {
    self.setAt = setAt
    self.delay = delay
  }

  package var time: Timestamp { setAt + delay }
  package func isDue(at now: Timestamp) -> Bool { now >= time || now < setAt - .seconds(60) }
}

extension Timestamp {
  /// Seconds since 1970 as somebody claims them: what lies before or behind all times that can be
  /// written becomes the first or the last of them, and is judged like any other.
  ///
  /// Nil: no number.
  package init?(claimedSeconds seconds: Double) {
    if seconds.isNaN { return nil }
    let lastSecondOf9999 = 253_402_300_799.0
    self.init(milliseconds: Int64(min(max(seconds, 0), lastSecondOf9999) * 1000))
  }

  /// Reads RFC 3339 (`2026-11-21T03:04:05Z`, fractions and offsets allowed; 5.6).
  ///
  /// Nil for anything else, such as a 31st of June, or words behind it.
  package init?(rfc3339 text: String) {
    let bytes = Array(text.utf8)
    func number(_ start: Int, _ length: Int) -> Int64? {
      guard start + length <= bytes.count else { return nil }
      var value: Int64 = 0
      for byte in bytes[start..<start + length] {
        guard (48...57).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - 48)
      }
      return value
    }
    func isAt(_ place: Int, _ allowed: String) -> Bool {
      place < bytes.count && allowed.utf8.contains(bytes[place])
    }
    guard bytes.count >= 20, isAt(4, "-"), isAt(7, "-"), isAt(10, "Tt "), isAt(13, ":"),
      isAt(16, ":"), let year = number(0, 4), let month = number(5, 2),
      let day = number(8, 2), let hour = number(11, 2), let minute = number(14, 2),
      let second = number(17, 2), (1...12).contains(month), hour < 24, minute < 60,
      // Of a leap second, which becomes the first of the next minute.
      second <= 60
    else { return nil }
    let days = Timestamp.days(year: year, month: month, day: day)
    guard day > 0, Timestamp.civil(days: days) == (year, month, day) else { return nil }
    var index = 19
    var fraction: Int64 = 0
    if bytes[index] == UInt8(ascii: ".") {
      var scale: Int64 = 100
      index += 1
      while index < bytes.count, (48...57).contains(bytes[index]) {
        fraction += Int64(bytes[index] - 48) * scale
        scale /= 10
        index += 1
      }
    }
    var offset: Int64 = 0
    if isAt(index, "+-") {
      guard let hours = number(index + 1, 2), isAt(index + 3, ":"),
        let minutes = number(index + 4, 2), hours < 24, minutes < 60, bytes.count == index + 6
      else { return nil }
      offset = (hours * 60 + minutes) * (isAt(index, "-") ? -1 : 1)
    } else if !isAt(index, "Zz") || bytes.count != index + 1 {
      return nil
    }
    let seconds = days * 86400 + hour * 3600 + (minute - offset) * 60 + second
    self.init(milliseconds: seconds * 1000 + fraction)
  }

  /// `2026-11-21T03:04:05Z`, whole seconds, always UTC.
  package var rfc3339: String {
    let (whole, part) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    let seconds = part < 0 ? whole - 1 : whole
    let days = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
    let rest = seconds - days * 86400
    let (year, month, day) = Timestamp.civil(days: days)
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(year)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest % 3600 / 60)):"
      + "\(two(rest % 60))Z"
  }

  // Howard Hinnant's algorithms "days_from_civil" and "civil_from_days" (chrono-compatible
  // low-level date algorithms): proleptic Gregorian calendar, no tables.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468
  }
  private static func civil(days: Int64) -> (Int64, Int64, Int64) {
    let shifted = days + 719468
    let era = (shifted >= 0 ? shifted : shifted - 146096) / 146097
    let dayOfEra = shifted - era * 146097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }
}
