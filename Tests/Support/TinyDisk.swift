// A file system of a few kilobytes in memory, for tests of full disks; only root can have one.
import SymphonyPlatform

package struct TinyDisk {
  package let path: String

  package static var isAvailable: Bool {
    Host.userID == 0 && (try? run(["unshare", "--mount", "true"])) == true
  }

  /// Mounts it over a directory that is there.
  ///
  /// `options`: of tmpfs(5), such as `size=256k` or `nr_inodes=24`.
  package init(at path: String, _ options: String) throws {
    self.path = path
    guard try Self.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path]) else {
      throw PlatformError("mount", path, 1)
    }
  }
  package func remove() { _ = try? Self.run(["umount", "--lazy", path]) }

  private var filler: String { Files.join(path, "filler") }

  /// Takes what is left: files until none can be made, then bytes.
  package func fill() throws {
    try Files.makeDirectories(filler)
    for number in 0..<2000 {
      do throws(PlatformError) { try Files.append(Files.join(filler, "\(number)"), "x") } catch {
        guard error.isDiskFull else { throw error }
        break
      }
    }
    // What has a place already can still grow.
    for name in try Files.list(filler) {
      for size in [65536, 4096, 256, 1] {
        do throws(PlatformError) {
          while true {
            try Files.append(Files.join(filler, name), String(repeating: "x", count: size))
          }
        } catch { guard error.isDiskFull else { throw error } }
      }
    }
  }
  package func free() throws { try Files.removeTree(filler) }

  private static func run(_ command: [String]) throws -> Bool {
    try CapturedCommand.run(
      command, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], directory: "/",
      timeoutMilliseconds: 20_000
    ).exit.isSuccess
  }
}
