// A directory of a test's own below the system's temp folder, removed with everything in it when
// the last reference goes. Tests keep it in a `let` for as long as their processes live. Files that
// processes leave elsewhere stay.
import SymphonyPlatform
import Synchronization

package final class TemporaryDirectory: Sendable {
  /// Absolute, with links resolved.
  package let path: String

  package init(_ label: String = "test") throws(PlatformError) {
    let folder = Host.environment["TMPDIR"] ?? "/tmp"
    let made = Files.join(folder, "symphony-\(label)-\(Host.randomHex(bytes: 6))")
    try Files.makeDirectories(made)
    path = Files.resolved(made) ?? made
  }
  deinit { remove() }

  /// Removes it now; a second call does nothing.
  package func remove() {
    // A process that is just ending may still add a file between listing and rmdir.
    for _ in 0..<3 where Files.exists(path) { try? Files.removeTree(path) }
  }

  /// The path of an entry in it, which need not exist.
  package func file(_ name: String) -> String { Files.join(path, name) }

  @discardableResult
  package func write(_ name: String, _ text: String, mode: UInt32 = 0o600) throws(PlatformError)
    -> String
  {
    let target = file(name)
    try Files.makeDirectories(Files.parent(of: target))
    try Files.writeAtomically(target, text, mode: mode, durable: false)
    return target
  }

  /// Makes a directory in it and returns its path.
  @discardableResult
  package func directory(_ name: String) throws(PlatformError) -> String {
    try Files.makeDirectories(file(name))
    return file(name)
  }
}
