// The names that a person may write for an issue: `42`, `#42`, `owner/repo#42`, its address, or a
// local issue's file stem; and the times they write. Used by the commands that look at one issue.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTick
import SymphonyTrackers

struct IssueName: Hashable, Sendable {
  let key: WrittenKey
  /// As it was written.
  let text: String

  /// - Throws: `Stop` with 64 for what can name no issue, and for an address on another host than
  ///   that of this workflow's issues.
  init(_ text: String, at place: Place) throws {
    self.text = text
    key = try Self.read(text)
    try refuseForeign(place)
  }

  private static func read(_ text: String) throws -> WrittenKey {
    let word = text.trimmingWhitespace()
    if let address = address(word) { return address }
    var repository: RepositoryName?
    let reference: String
    let parts = word.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2 {
      let place = parts[0].isEmpty ? nil : RepositoryName(String(parts[0]))
      guard parts[0].isEmpty || place != nil, !parts[1].isEmpty else { throw unclear(text) }
      (repository, reference) = (place, String(parts[1]))
    } else {
      reference = word.hasSuffix(".md") ? String(word.dropLast(3)) : word
    }
    guard !reference.isEmpty, !reference.contains("/"), !reference.hasPrefix("-") else {
      throw unclear(text)
    }
    return WrittenKey(repository: repository, reference: reference)
  }

  /// Where no workflow can be read, the addresses of the known issues say which host is theirs.
  private func refuseForeign(_ place: Place) throws {
    guard let host = key.host else { return }
    let composition = Composition(place: place, logbook: .silent)
    guard let tracker = composition.trackerPolicy else { return }
    let foreign = "\(Output.oneLine(text, 80)) is on \(Output.oneLine(host, 80)), but "
    guard let own = IssueHost.name(of: tracker) else {
      throw Stop(
        .usage, foreign + "the issues of this workflow are files in \(tracker.directory)",
        hint: "name one by its number or its file's name, or another workflow with --workflow")
    }
    guard own == host else {
      throw Stop(
        .usage, foreign + "the issues of this workflow are on \(own)",
        hint: "name an issue on \(own), or the workflow for \(Output.oneLine(host, 80)) with "
          + "--workflow")
    }
  }

  /// `https://HOST/owner/repo/issues/42`, with or without what browsers put behind it.
  private static func address(_ word: String) -> WrittenKey? {
    guard let start = ["https://", "http://"].first(where: { word.lowercased().hasPrefix($0) })
    else { return nil }
    let path = word.dropFirst(start.count).prefix { $0 != "#" && $0 != "?" }
    let parts = path.split(separator: "/").map(String.init)
    guard parts.count >= 5, ["issues", "pull"].contains(parts[3]), Int(parts[4]) != nil,
      let place = RepositoryName("\(parts[1])/\(parts[2])")
    else { return nil }
    let host = parts[0].lowercased()
    return WrittenKey(
      repository: place, reference: parts[4], host: host == "www.github.com" ? "github.com" : host)
  }

  private static func unclear(_ text: String) -> Stop {
    Stop(
      .usage, "\"\(Output.oneLine(text, 80))\" names no issue",
      hint: "write 42, #42, owner/repo#42 or the issue's address")
  }

  /// The one item among those known; nil: none.
  /// - Throws: `Stop` where several are meant.
  func find(in items: [ItemRecord]) throws -> ItemRecord? {
    let found = items.filter { key.names($0) }
    if found.count <= 1 { return found.first }
    throw ambiguous(found.map(\.key))
  }

  /// The one item among those known.
  /// - Throws: `Stop` where none or several are meant.
  func known(among items: [ItemRecord]) throws -> ItemRecord {
    guard let record = try find(in: items) else { throw unknown(among: items) }
    return record
  }

  /// The one item of a report.
  /// - Throws: `Stop` where none or several are meant.
  func find(in report: StateReport) throws -> ItemReport {
    let found = report.items.filter { item in
      key.names(ItemKey(item.key), RepositoryName(item.repository), url: item.url)
    }
    if found.count > 1 { throw ambiguous(found.map { ItemKey($0.key) }) }
    guard let item = found.first else {
      throw unknown(among: report.items.map { ItemKey($0.key) })
    }
    return item
  }

  /// For a name that several issues have.
  func ambiguous(_ keys: [ItemKey]) -> Stop {
    Stop(
      .usage, "\(Output.oneLine(text, 80)) is ambiguous",
      hint: "one of " + keys.sorted().map(\.text).joined(separator: ", "))
  }

  /// For an issue that is not known.
  func unknown(among items: [ItemRecord]) -> Stop { unknown(among: items.map(\.key)) }

  private func unknown(among keys: [ItemKey]) -> Stop {
    let near = near(keys).prefix(5).map(\.text).joined(separator: ", ")
    return Stop(
      .usage, "no work item \(Output.oneLine(text, 80))",
      hint: near.isEmpty
        ? "no tick has seen any yet: `symphony tick` looks, `symphony why` asks at once"
        : "near: \(near)")
  }

  /// The nearest first: of numbers those beside it, of stems those that begin alike.
  private func near(_ keys: [ItemKey]) -> [ItemKey] {
    let reference = key.reference
    func distance(_ key: ItemKey) -> Int {
      let other = key.reference
      if let one = Int(reference), let two = Int(other) {
        let (difference, overflow) = one.subtractingReportingOverflow(two)
        return overflow ? .max : Int(clamping: difference.magnitude)
      }
      let alike = zip(reference.lowercased(), other.lowercased()).prefix { $0 == $1 }.count
      return 1_000_000 - alike
    }
    return keys.map { (distance($0), $0) }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.1)
  }
}

/// A time as people write one: `2h` or `1d` ago, `03:10` (the last one), a day, or RFC 3339.
///
/// All in UTC, as every time that is printed.
struct WrittenTime: ExpressibleByArgument {
  private enum Form: Equatable {
    case ago(Interval)
    case point(Timestamp)
    /// Milliseconds since midnight.
    case clock(Int64)
  }
  private let form: Form

  static let examples = "2h, 1d, 03:10, 2026-11-28, or RFC 3339; UTC"

  init?(argument: String) {
    let text = argument.trimmingWhitespace()
    if let unit = text.last, let span = Self.units[unit], let count = Int64(text.dropLast()),
      (0...1_000_000).contains(count)
    {
      form = .ago(Interval(milliseconds: count * span))
    } else if let time = Timestamp(rfc3339: text) ?? Self.day(text) {
      form = .point(time)
    } else if let milliseconds = Self.clock(text) {
      form = .clock(milliseconds)
    } else {
      return nil
    }
  }

  private static func day(_ text: String) -> Timestamp? {
    guard text.split(separator: "-", omittingEmptySubsequences: false).map(\.count) == [4, 2, 2]
    else { return nil }
    return Timestamp(rfc3339: text + "T00:00:00Z")
  }

  private static func clock(_ text: String) -> Int64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int64($0) }
    guard (2...3).contains(parts.count), numbers.count == parts.count,
      parts.allSatisfy({ $0.count <= 2 }), (0...23).contains(numbers[0]),
      numbers.dropFirst().allSatisfy({ (0...59).contains($0) })
    else { return nil }
    return (numbers[0] * 3600 + numbers[1] * 60 + (numbers.count > 2 ? numbers[2] : 0)) * 1000
  }

  private static let units: [Character: Int64] = [
    "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
  ]

  static let comingExamples = "8h, 2d, 07:30, 2026-11-28, or RFC 3339; UTC"
  /// No operator means a hold to last longer; a slip of a digit in a year does.
  private static let longest = Interval.days(366)

  /// The same words for what is still to come: `8h` from now, the next `07:30`.
  ///
  /// - Throws: `Stop` with 64 for a time that is over, or more than a year ahead.
  func coming(_ now: Timestamp) throws -> Timestamp {
    let time: Timestamp
    switch form {
    case .ago(let span): time = now + span
    case .point(let point): time = point
    case .clock:
      let last = resolved(now)
      time = last + .days(1)
    }
    return try Self.coming(time, now)
  }

  /// A time that is still to come, and not too far away.
  static func coming(_ time: Timestamp, _ now: Timestamp) throws -> Timestamp {
    guard time > now else {
      throw Stop(
        .usage, "\(time.rfc3339) is over",
        hint: "--until takes a time to come: \(comingExamples)")
    }
    guard time - now <= Self.longest else {
      throw Stop(
        .usage, "\(time.rfc3339) is more than a year ahead",
        hint: "--until takes a nearer time: \(comingExamples)")
    }
    return time
  }

  func resolved(_ now: Timestamp) -> Timestamp {
    switch form {
    case .ago(let span): return now - span
    case .point(let time): return time
    case .clock(let milliseconds):
      let day: Int64 = 86_400_000
      let today = now.milliseconds / day * day + milliseconds
      return Timestamp(milliseconds: today <= now.milliseconds ? today : today - day)
    }
  }
}
