// Remembers that the state cannot be used, and since when that was told, where there is no database
// to remember it in: 16 bytes that are overwritten in place, which a full disk still takes. Used by
// the scheduler's ticks alone, so that a full disk is one mail an hour and not one every 30 s.
import SymphonyCore
import SymphonyPlatform

struct StateAlarm {
  let stateDirectory: String
  private var path: String { Files.join(stateDirectory, "state.alarm") }

  /// The state could not be used before, and somebody was told so.
  var isOn: Bool { read().map { $0.at != 0 } ?? false }

  /// All is well: also makes the file, because a disk that is full takes no new one.
  func clear() {
    if isOn || !Files.exists(path) { write(toldAt: 0, of: 0) }
  }

  /// Whether this trouble is worth a line now: it is new, another one, or an hour old.
  ///
  /// On a disk that takes no note it always is: rather a line too many than a silent night.
  func rings(for sentence: String, at now: Timestamp) -> Bool {
    let mark = Self.mark(sentence)
    if let told = read(), told.at != 0, told.mark == mark {
      let deadline = Deadline(setAt: Timestamp(milliseconds: told.at), delay: .hours(1))
      if !deadline.isDue(at: now) { return false }
    }
    write(toldAt: now.milliseconds, of: mark)
    return true
  }

  private static func mark(_ sentence: String) -> Int64 {
    Int64(StableHash.hex(Trouble.withoutFigures(sentence), 8), radix: 16) ?? 1
  }

  private func read() -> (at: Int64, mark: Int64)? {
    guard let bytes = try? Files.readOwn(path, limit: 64), bytes.count >= 16 else { return nil }
    func number(_ place: Int) -> Int64 {
      bytes[place..<place + 8].reduce(0) { $0 << 8 | Int64($1) }
    }
    return (number(0), number(8))
  }

  private func write(toldAt: Int64, of mark: Int64) {
    // Only the scheduler's ticks come here, so the lock is free; without it, and where the disk
    // takes nothing, the line is told again.
    guard let file = try? FileLock.take(path) else { return }
    let bytes = [toldAt, mark].flatMap { number in
      (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }
    _ = try? file.write(bytes)
  }
}
