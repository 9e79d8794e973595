// One folder for readers of files, for as long as the process lives.
import FoundationEssentials
import Glibc
import SymphonyPlatform
import SymphonyTestSupport

enum Scratch {
  private static let folder: TemporaryDirectory? = {
    let made = try? TemporaryDirectory("fuzz")
    // A global is never destroyed.
    atexit { Scratch.folder?.remove() }
    return made
  }()

  /// The path of a file that only this target's checks use.
  static func file(_ name: String) throws -> String {
    guard let folder else { throw BrokenPromise(description: "there is no folder to write in") }
    return folder.file(name)
  }

  static func write(_ path: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }

  static func append(_ path: String, _ bytes: ArraySlice<UInt8>) throws {
    let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    defer { close(file) }
    let written = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    if written != bytes.count { throw BrokenPromise(description: "nothing is written to \(path)") }
  }
}
