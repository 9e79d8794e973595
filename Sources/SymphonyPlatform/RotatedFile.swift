// A file that is appended to by whole lines and keeps within a bound on disk: NAME is written,
// NAME.1 is the part before it, and so on. One process writes at a time; callers hold a lock for
// that. Readers need none: a part is renamed and never changed again. No step of a rotation
// destroys what was written, so one that is cut short by a kill goes on where it was.
import Glibc

package struct RotatedFile: Sendable {
  package let path: String
  /// Bytes of all parts together.
  package let limit: Int64

  /// The bound is divided by this: so much of it goes at once when the oldest part does.
  static let parts: Int64 = 8
  /// A part may have no higher number.
  static let highest = 9_999

  package init(_ path: String, limit: Int64) {
    self.path = path
    self.limit = max(limit, Self.parts)
  }

  /// The most that one line may have, its line feed included.
  package var lineLimit: Int64 { limit / Self.parts }

  /// Appends lines, each whole in one part.
  ///
  /// A line end inside one of them would make two of it: none may have any. Those that are longer
  /// than `lineLimit` are left out.
  /// - Returns: how many were left out.
  @discardableResult
  package func append(_ lines: [String]) throws(PlatformError) -> Int {
    let whole = lines.map { Array($0.utf8) + [UInt8(ascii: "\n")] }
    let fitting = whole.filter { $0.count <= lineLimit }
    var block: [UInt8] = []
    for line in fitting {
      if Int64(block.count + line.count) > lineLimit {
        try write(block)
        block = []
      }
      block += line
    }
    if !block.isEmpty { try write(block) }
    return whole.count - fitting.count
  }

  /// One block that fits in a part.
  private func write(_ block: [UInt8]) throws(PlatformError) {
    let folder = try Folder(Files.parent(of: path))
    let size = try Self.size(of: FileName(Files.lastName(of: path)), in: folder)
    // One byte more, for the end of a line that a kill has torn.
    if size > 0, size + Int64(block.count) + 1 > lineLimit { try rotate(in: folder) }
    try makeRoom(for: Int64(block.count) + 1, in: folder)
    let file = try Files.openOwn(path, O_RDWR | O_CREAT | O_APPEND, "append to", mode: 0o600)
    defer { close(file) }
    let end = lseek(file, 0, SEEK_END)
    do throws(PlatformError) {
      try Files.writeAll(file, Self.isTorn(file, end) ? [UInt8(ascii: "\n")] + block : block, path)
    } catch {
      // What a full disk took of a line is no line.
      if end >= 0 { _ = Disk.shorten(file, to: Int64(end), path) }
      throw error
    }
  }

  /// The last byte before `end` is not the end of a line.
  private static func isTorn(_ file: Int32, _ end: off_t) -> Bool {
    var last: UInt8 = 0
    return end > 0 && pread(file, &last, 1, end - 1) == 1 && last != UInt8(ascii: "\n")
  }

  // MARK: Parts

  /// Every part moves up by one, as far as the first number that is free: the highest first, so
  /// that none is put in the place of another.
  private func rotate(in folder: Folder) throws(PlatformError) {
    let taken = Set(try numbers(in: folder))
    var free = 1
    while taken.contains(free) { free += 1 }
    guard free <= Self.highest else { throw PlatformError("rotate", path, EMFILE) }
    for number in (1...free).reversed() {
      let (from, to) = (name(number - 1), name(number))
      do throws(PlatformError) { try Files.move(from, to: to) } catch {
        throw PlatformError("rename", from, error.errno)
      }
    }
  }

  /// The oldest parts go until there is room for so many bytes more.
  private func makeRoom(for bytes: Int64, in folder: Folder) throws(PlatformError) {
    var sizes: [(number: Int, size: Int64)] = []
    for number in try numbers(in: folder) + [0] {
      let name = try FileName(Files.lastName(of: name(number)))
      sizes.append((number, try Self.size(of: name, in: folder)))
    }
    var total = sizes.reduce(bytes) { $0 + $1.size }
    for (number, size) in sizes where total > limit && number > 0 {
      try Files.remove(name(number))
      total -= size
    }
  }

  private func name(_ number: Int) -> String { number == 0 ? path : "\(path).\(number)" }

  /// Of the parts that are there, the oldest first.
  private func numbers(in folder: Folder) throws(PlatformError) -> [Int] {
    let start = Files.lastName(of: path) + "."
    return try folder.names().compactMap { name -> Int? in
      guard let text = name.text, text.hasPrefix(start) else { return nil }
      let digits = text.dropFirst(start.count)
      guard let number = Int(digits), (1...Self.highest).contains(number), "\(number)" == digits
      else { return nil }
      return number
    }.sorted(by: >)
  }

  private static func size(of name: FileName, in folder: Folder) throws(PlatformError) -> Int64 {
    try folder.facts(name)?.size ?? 0
  }
}
