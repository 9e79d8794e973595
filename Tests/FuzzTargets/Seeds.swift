// The corpus: files of this repository that a reader was made for, and what an earlier run found
// (Found/TARGET/), which every later one tries first.
import SymphonyPlatform

package enum Seeds {
  private static let here = Files.parent(of: #filePath)
  package static let root = Files.parent(of: Files.parent(of: here))

  /// The files of a folder whose names begin and end so, in the order of their names.
  static func files(
    _ folder: String, prefix: String = "", suffix: String = ""
  ) throws -> [[UInt8]] {
    let path = Files.join(root, folder)
    return try Files.list(path).filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }.sorted()
      .map { try Files.read(Files.join(path, $0), limit: 1 << 20) }
  }

  static func file(_ path: String) throws -> [UInt8] {
    try Files.read(Files.join(root, path), limit: 1 << 20)
  }

  /// Those kept for one target in Seeds/.
  static func own(_ prefix: String) throws -> [[UInt8]] {
    try files("Tests/FuzzTargets/Seeds", prefix: prefix)
  }

  static func texts(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

  /// Inputs that broke a promise once, with their names.
  package static func found(_ target: String) throws -> [(name: String, bytes: [UInt8])] {
    let folder = Files.join(here, "Found/\(target)")
    guard Files.isDirectory(folder) else { return [] }
    return try Files.list(folder).sorted().map {
      ($0, try Files.read(Files.join(folder, $0), limit: 1 << 20))
    }
  }
}
