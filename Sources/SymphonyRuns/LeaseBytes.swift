// The bytes of a run's lease, which its worker holds locked for life. All of them are reserved at
// the launch and overwritten in place, so that a worker on a full disk still shows that it lives
// and says how it ended. Written by the executor at the launch and by the worker from then on, both
// through the lock's own descriptor; read by the executor.
import SymphonyCore
import SymphonyPlatform

/// The word of a worker that cannot leave a result.
package enum LeaseEnd: Int64, Sendable {
  /// The machine had no room for it.
  case machineTrouble = 1
  /// Another worker has the item: nothing was begun.
  case itemTaken = 2
}

extension RunDirectory {
  /// Where each value begins.
  ///
  /// Numbers have 8 bytes, the lowest first. A lease of an older version
  /// ends behind the pulse.
  private enum Place: Int {
    case pulse = 0
    case birth = 8
    case token = 16
    case end = 32
  }
  private static let leaseSize = 64
  private static let tokenSize = 16

  /// Reserves the bytes and notes when the run was launched.
  /// - Throws: ENOSPC where there is no room: better here than in the worker.
  package func reserveLease(_ lock: FileLock) throws(PlatformError) {
    try lock.write([UInt8](repeating: 0, count: Self.leaseSize))
    try put(Clock.monotonicMilliseconds(), at: .birth, lock)
  }

  /// `milliseconds`: CLOCK_MONOTONIC; 0 means "no pulse yet".
  package func writePulse(_ lock: FileLock, milliseconds: Int64) throws(PlatformError) {
    try put(milliseconds, at: .pulse, lock)
  }
  /// CLOCK_MONOTONIC milliseconds of the last pulse; nil before the first.
  package func readPulse() -> Int64? { number(at: .pulse) }

  /// CLOCK_MONOTONIC milliseconds of the launch; nil in a lease of an older version.
  package func readBirth() -> Int64? { number(at: .birth) }

  /// Says which worker the run is of, where two kernels see one file and neither the other's locks.
  package func writeToken(_ lock: FileLock) throws(PlatformError) {
    let digits = Array(Host.randomHex(bytes: Self.tokenSize / 2).utf8)
    try lock.write(digits, at: Place.token.rawValue)
  }
  /// Empty where there is none.
  package func token(_ lock: FileLock) -> [UInt8] {
    let bytes = lock.read(Place.token.rawValue + Self.tokenSize)
    return Array(bytes.dropFirst(Place.token.rawValue))
  }

  package func writeEnd(_ end: LeaseEnd, _ lock: FileLock) throws(PlatformError) {
    try put(end.rawValue, at: .end, lock)
  }
  /// Nil: the worker left none.
  package func readEnd() -> LeaseEnd? { number(at: .end).flatMap(LeaseEnd.init) }

  private func put(_ value: Int64, at place: Place, _ lock: FileLock) throws(PlatformError) {
    try lock.write(
      UInt64(bitPattern: value).littleEndianBytes, at: place.rawValue,
      as: place == .pulse ? .pulse : .overwrite)
  }
  private func number(at place: Place) -> Int64? {
    guard let bytes = try? Files.readOwn(lease, limit: 4096), bytes.count >= place.rawValue + 8
    else { return nil }
    let value = UInt64(littleEndianBytes: bytes[place.rawValue...].prefix(8))
    return value == 0 ? nil : Int64(bitPattern: value)
  }
}

extension UInt64 {
  /// All 8, the lowest first.
  var littleEndianBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) } }
  /// At most 8 bytes, the lowest first.
  init(littleEndianBytes bytes: some BidirectionalCollection<UInt8>) {
    self = bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
