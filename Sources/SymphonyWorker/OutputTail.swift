// Follows a file that a child appends to and hands out its complete lines, from a given offset on:
// the output of this turn and of no other. Used by TurnRunner. A line too long for anything sane is
// left out, and of a flood of text most; bytes that are not UTF-8 are repaired.
import Glibc
import SymphonyPlatform

struct OutputTail {
  private let path: String
  private(set) var offset: Int
  private var pending: [UInt8] = []
  /// In the middle of a line that is too long.
  private var skipping = false
  private let lineLimit: Int
  /// Lines of text in a row at the end of this portion.
  private var plainLines = 0
  private static let plainKept = 1000

  /// `start`: where the turn's output begins.
  init(_ path: String, from start: Int, lineLimit: Int = 16 << 20) {
    self.path = path
    self.lineLimit = lineLimit
    offset = start
  }

  static func size(_ path: String) -> Int {
    var found = stat()
    return lstat(path, &found) == 0 ? Int(found.st_size) : 0
  }

  /// Goes on near the end when there is more than any agent says: a file may be made to look as
  /// long as one likes (truncate(2)), and reading it would take for ever.
  mutating func skipFlood() {
    let size = Self.size(path)
    guard size - offset > Self.floodLimit else { return }
    offset = size - Self.floodKept
    pending = []
    skipping = true
  }
  private static let floodLimit = 1 << 30
  private static let floodKept = 16 << 20

  /// The lines that became complete since the last call, at most some megabytes of them; `atEnd`
  /// also gives a last line without its end, and everything that is left.
  mutating func read(atEnd: Bool = false) -> [String] {
    // A link or a pipe that an agent put in the file's place is not read, nor waited for.
    guard let descriptor = try? Files.openOwn(path, O_RDONLY, "read") else { return [] }
    defer { close(descriptor) }
    var lines: [String] = []
    plainLines = 0
    var chunk = [UInt8](repeating: 0, count: 256 << 10)
    var budget = 4 << 20
    while atEnd || budget > 0 {
      let count = pread(descriptor, &chunk, chunk.count, off_t(offset))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      offset += count
      budget -= count
      chunk.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<count]), into: &lines) }
    }
    if atEnd, !pending.isEmpty {
      lines.append(String(decoding: pending, as: UTF8.self))
      pending = []
    }
    return lines
  }

  private mutating func take(_ bytes: UnsafeRawBufferPointer, into lines: inout [String]) {
    guard let base = bytes.baseAddress else { return }
    var start = 0
    while start < bytes.count, let end = memchr(base + start, 0x0A, bytes.count - start) {
      let line = UnsafeRawBufferPointer(
        start: base + start, count: UnsafeRawPointer(end) - (base + start))
      start += line.count + 1
      if skipping {
        skipping = false
      } else if pending.isEmpty {
        if line.count <= lineLimit { append(line, to: &lines) }
      } else if pending.count + line.count <= lineLimit {
        pending += line
        pending.withUnsafeBytes { append($0, to: &lines) }
      }
      if !pending.isEmpty { pending.removeAll(keepingCapacity: pending.count < 1 << 20) }
    }
    let rest = bytes[start...]
    guard !skipping, !rest.isEmpty else { return }
    if pending.count + rest.count > lineLimit {
      skipping = true
      pending = []
    } else {
      pending += rest
    }
  }

  /// Of many lines of text in one portion only the last ones can mean anything to anybody; what
  /// begins like JSON is kept always.
  private mutating func append(_ bytes: UnsafeRawBufferPointer, to lines: inout [String]) {
    let line = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes[...]
    let isText = line.first.map { $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: " ") } ?? true
    plainLines = isText ? plainLines + 1 : 0
    if plainLines > 2 * Self.plainKept {
      lines.removeSubrange(lines.count - plainLines + 1..<lines.count - Self.plainKept)
      plainLines = Self.plainKept + 1
    }
    lines.append(String(decoding: line, as: UTF8.self))
  }
}
