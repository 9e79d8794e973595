// The objects of Git LFS on their way from a clone that an agent writes into the cache. The agent
// is not believed: an object is taken when its content has the digest by which it is asked for, no
// link or pipe is opened on the way to it, and the disk has room for it. Called by LargeFiles,
// which knows which objects are wanted.
import Glibc
import SymphonyCore
import SymphonyPlatform

struct LargeObjects {
  let run: LiveRun
  let checkout: Checkout

  /// Bytes of one object: the most that GitHub takes.
  private static let largest: Int64 = 5 << 30
  /// Bytes of the disk that stay free: less than `workspace.min_free_mb`, at which runs wait.
  private static let reserve: Int64 = 256 << 20

  /// Lower-case hexadecimal digits of SHA-256.
  static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 64 && GitSettings.isObjectName(text)
  }

  /// Those that are in the cache, or not in the clone, need no way: whoever sends them finds out.
  ///
  /// `digests`: of the objects that are wanted.
  /// - Returns: for people, why those are left that are in the clone, by their digests.
  func takeOut(_ digests: [String]) throws(RunStop) -> [String: String] {
    let target = try platform { () throws(PlatformError) in
      try Self.descend(
        from: Folder(checkout.repository.path), [LargeFiles.store, "objects"], creating: 0o755)
    }
    var left: [String: String] = [:]
    var taken = 0
    let source: Folder
    do throws(PlatformError) {
      source = try Self.descend(
        from: Folder(checkout.path), [".git", LargeFiles.store, "objects"])
    } catch {
      if !error.isMissing { run.log(error.description) }
      return [:]
    }
    for digest in digests {
      try run.beat()
      do throws(PlatformError) {
        if try take(digest, from: source, to: target) { taken += 1 }
      } catch {
        // A stop, or the end of the time: said by whoever asks next.
        try run.beat()
        if error.errno == ECANCELED { break }
        if error.isMissing { continue }
        left[digest] = error.description
        run.log(error.description)
      }
    }
    if taken > 0 { run.log("\(taken) objects of Git LFS are taken over from the clone") }
    return left
  }

  /// - Returns: false when it is there already, or is not in the clone.
  private func take(
    _ digest: String, from source: Folder, to target: Folder
  ) throws(PlatformError) -> Bool {
    let name = try FileName(digest)
    let folders = [String(digest.prefix(2)), String(digest.dropFirst(2).prefix(2))]
    let own = try Self.descend(from: source, folders)
    guard try own.facts(name) != nil else { return false }
    let folder = try Self.descend(from: target, folders, creating: 0o755)
    if try folder.facts(name) != nil { return false }
    // Of a copy that was killed; what is younger may be another run's.
    try folder.removeTemporaries(olderThan: 3600)
    let free = Int64(Files.freeMegabytes(target.path) ?? .max / 1_000_000) * 1_000_000
    try own.copy(
      name, into: folder, sha256: digest, limit: min(Self.largest, max(0, free - Self.reserve))
    ) { (try? run.beat()) != nil && run.remaining != 0 }
    return true
  }

  private static func descend(
    from folder: Folder, _ names: [String], creating mode: mode_t? = nil
  ) throws(PlatformError) -> Folder {
    var folder = folder
    for name in names { folder = try folder.folder(FileName(name), creating: mode) }
    return folder
  }
}
