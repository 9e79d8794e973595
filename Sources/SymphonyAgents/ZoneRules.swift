// The local time of a zone that is not this process's, from the machine's own tables (tzfile(5)):
// the C library knows one zone for a whole process, and the Foundation that we link none but GMT.
// Called by LimitClock. A machine without tables, a name that is none, a table that cannot be read
// with certainty: no rules.
import Glibc
import SymphonyCore

struct ZoneRules: Hashable, Sendable {
  /// The usual folder of a machine's zone tables.
  static let folder = "/usr/share/zoneinfo"
  private static let longest = 1 << 20

  /// Seconds since 1970, rising, each with the offset that holds from then on.
  private var changes: [Change] = []
  /// Before the first change.
  ///
  /// All offsets are seconds to be added to UTC.
  private var first: Int64 = 0
  /// After the last change; nil: its offset goes on.
  private var yearly: YearlyOffsets?

  private struct Change: Hashable {
    var at: Int64
    var offset: Int64
  }

  /// The rules of a zone such as `Europe/Berlin`; `name` may be anybody's words.
  init?(named name: String, in folder: String = Self.folder) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isName = parts.allSatisfy { part in
      !part.isEmpty
        && part.utf8.allSatisfy { byte in
          let scalar = Unicode.Scalar(byte)
          return scalar.isASCII
            && (scalar.properties.isAlphabetic || "0123456789_+-".contains(Character(scalar)))
        }
    }
    guard isName, parts.count <= 3, name.utf8.count <= 64 else { return nil }
    guard let file = fopen("\(folder)/\(name)", "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: Self.longest)
    let count = fread(&bytes, 1, bytes.count, file)
    guard count < Self.longest else { return nil }
    self.init(Array(bytes[..<count]))
  }

  init?(_ bytes: [UInt8]) {
    var source = Source(bytes: bytes)
    // The first block is for programs of the last century: 32 bits.
    guard let old = source.header(), old.version >= UInt8(ascii: "2"),
      source.skip(old.length(word: 4)), let counts = source.header()
    else { return nil }
    guard let times = source.numbers(counts.times, 8), let kinds = source.numbers(counts.times, 1),
      counts.types > 0, counts.types <= 256
    else { return nil }
    var offsets: [Int64] = []
    for _ in 0..<counts.types {
      guard let offset = source.number(4), source.skip(2) else { return nil }
      offsets.append(offset)
    }
    guard source.skip(counts.length(word: 8) - counts.times * 9 - counts.types * 6),
      let rule = source.footer(), zip(times, times.dropFirst()).allSatisfy({ $0 < $1 })
    else { return nil }
    for (at, kind) in zip(times, kinds) {
      guard offsets.indices.contains(Int(kind)) else { return nil }
      changes.append(Change(at: at, offset: offsets[Int(kind)]))
    }
    first = offsets[0]
    if !rule.isEmpty {
      guard let yearly = YearlyOffsets(rule) else { return nil }
      self.yearly = yearly
    }
  }

  /// The seconds to add to UTC at that moment.
  func offset(at moment: Int64) -> Int64 {
    if let yearly, changes.last.map({ moment >= $0.at }) ?? true {
      return yearly.offset(at: moment)
    }
    return changes.last { $0.at <= moment }?.offset ?? first
  }

  /// The moment at which a clock there shows `local`, seconds since the first of January 1970 on
  /// that clock; the earlier of two, and in an hour that is left out the clock before it.
  func moment(local: Int64) -> Int64 {
    let day: Int64 = 86400
    let guesses = [local - offset(at: local - day), local - offset(at: local + day)]
    return guesses.filter { $0 + offset(at: $0) == local }.min() ?? guesses[0]
  }
}

/// The bytes of a table, read from the front.
private struct Source {
  var bytes: [UInt8]
  private var place = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  struct Counts {
    var version: UInt8
    var utc, standard, leaps, times, types, letters: Int
    func length(word: Int) -> Int {
      times * (word + 1) + types * 6 + letters + leaps * (word + 4) + standard + utc
    }
  }

  mutating func header() -> Counts? {
    guard bytes.dropFirst(place).starts(with: Array("TZif".utf8)), bytes.count >= place + 44 else {
      return nil
    }
    let version = bytes[place + 4]
    place += 20
    var found: [Int] = []
    for _ in 0..<6 {
      guard let count = number(4), (0...100_000).contains(count) else { return nil }
      found.append(Int(count))
    }
    return Counts(
      version: version, utc: found[0], standard: found[1], leaps: found[2], times: found[3],
      types: found[4], letters: found[5])
  }

  mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, bytes.count - place >= count else { return false }
    place += count
    return true
  }

  /// Signed where it has more than one byte, the highest byte first.
  mutating func number(_ size: Int) -> Int64? {
    let start = place
    guard skip(size) else { return nil }
    let raw = bytes[start..<place].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    if size == 4 { return Int64(Int32(truncatingIfNeeded: raw)) }
    return Int64(truncatingIfNeeded: raw)
  }

  mutating func numbers(_ count: Int, _ size: Int) -> [Int64]? {
    guard bytes.count - place >= count * size else { return nil }
    return (0..<count).compactMap { _ in number(size) }
  }

  /// The text between two line ends; nil: there is none.
  mutating func footer() -> String? {
    let rest = bytes[place...]
    guard rest.first == 0x0A, let end = rest.dropFirst().firstIndex(of: 0x0A) else { return nil }
    return String(decoding: rest[(place + 1)..<end], as: UTF8.self)
  }
}
