// The lock of an item, runs/<workspace key>.item: its worker holds it for life, besides its lease.
// The kernel itself then allows one worker per item, whatever the database says; where kernels do
// not see each other's locks, the generation in the file tells the older worker that it was
// replaced. Taken by WorkerStart; looked at by the executor before a launch.
import SymphonyCore
import SymphonyPlatform

package struct ItemLock: Sendable {
  private let lock: FileLock
  /// What the file says while the item is ours; empty before `claim`.
  private var ours: [UInt8] = []
  /// The highest generation that a worker of the item had, then the token of that worker.
  private static let size = 24

  package static func path(of run: RunID, in layout: StateLayout) -> String {
    layout.item(run.workspace)
  }

  /// Takes the lock; nil: a worker of the item holds it.
  ///
  /// Of a worker that ends, the lease is free a moment before this lock is, and somebody who looks
  /// shares it for a moment: `patienceMilliseconds` is how long it is tried. The file is made, and
  /// its bytes are reserved, where there is none.
  package static func take(
    _ run: RunID, in layout: StateLayout, patienceMilliseconds: Int64
  ) throws(PlatformError) -> ItemLock? {
    let path = path(of: run, in: layout)
    let deadline = Clock.monotonicMilliseconds() + patienceMilliseconds
    while true {
      if let lock = try FileLock.take(path) {
        let missing = size - lock.read(size).count
        if missing > 0 {
          try lock.write([UInt8](repeating: 0, count: missing), at: size - missing)
        }
        return ItemLock(lock: lock)
      }
      if Clock.monotonicMilliseconds() > deadline { return nil }
      Clock.sleep(milliseconds: 5)
    }
  }

  /// The highest generation that a worker of the item had; 0: there was none.
  package var generation: Int64 { Self.generation(lock.read(8)) }

  /// The same without taking the lock; nil: there is no such file, or it cannot be read.
  package static func generation(of run: RunID, in layout: StateLayout) -> Int64? {
    (try? Files.readOwn(path(of: run, in: layout), limit: 4096)).map(generation)
  }
  private static func generation(_ bytes: [UInt8]) -> Int64 {
    Int64(bitPattern: UInt64(littleEndianBytes: bytes.prefix(8)))
  }

  /// Writes that the item is from now on this worker's.
  package mutating func claim(_ generation: Int) throws(PlatformError) {
    let token = Array(Host.randomHex(bytes: 8).utf8)
    let bytes = UInt64(bitPattern: Int64(generation)).littleEndianBytes + token
    try lock.write(bytes)
    ours = bytes
  }

  /// False once the file is another one, or somebody else wrote there.
  package var isOurs: Bool { lock.isIntact && lock.read(Self.size) == ours }

  private init(lock: FileLock) { self.lock = lock }
}
