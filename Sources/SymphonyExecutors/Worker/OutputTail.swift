// Follows a file that a child appends to and hands out its complete lines, from a given offset on:
// the output of this turn and of no other. Used by TurnRunner. A line too long for anything sane is
// left out; bytes that are not UTF-8 are repaired.
import Glibc
import SymphonyPlatform

struct OutputTail {
  private let path: String
  private(set) var offset: Int
  private var pending: [UInt8] = []
  /// In the middle of a line that is too long.
  private var skipping = false
  private let lineLimit: Int

  /// - Parameter start: where the turn's output begins.
  init(_ path: String, from start: Int, lineLimit: Int = 16 << 20) {
    self.path = path
    self.lineLimit = lineLimit
    offset = start
  }

  static func size(_ path: String) -> Int {
    var found = stat()
    return stat(path, &found) == 0 ? Int(found.st_size) : 0
  }

  /// The lines that became complete since the last call, at most some megabytes of them; `atEnd`
  /// also gives a last line without its end, and everything that is left.
  mutating func read(atEnd: Bool = false) -> [String] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var lines: [String] = []
    var chunk = [UInt8](repeating: 0, count: 256 << 10)
    var budget = 4 << 20
    while atEnd || budget > 0 {
      let count = pread(descriptor, &chunk, chunk.count, off_t(offset))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      offset += count
      budget -= count
      take(chunk[0..<count], into: &lines)
    }
    if atEnd, !pending.isEmpty {
      lines.append(String(decoding: pending, as: UTF8.self))
      pending = []
    }
    return lines
  }

  private mutating func take(_ bytes: ArraySlice<UInt8>, into lines: inout [String]) {
    var rest = bytes
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      if skipping {
        skipping = false
      } else if pending.count + (end - rest.startIndex) <= lineLimit {
        pending += rest[..<end]
        if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
        lines.append(String(decoding: pending, as: UTF8.self))
      }
      pending.removeAll(keepingCapacity: pending.count < 1 << 20)
      rest = rest[(end + 1)...]
    }
    guard !skipping else { return }
    if pending.count + rest.count > lineLimit {
      skipping = true
      pending = []
    } else {
      pending += rest
    }
  }
}
