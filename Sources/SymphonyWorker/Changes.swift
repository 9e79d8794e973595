// The files that git calls changed or untracked, each with its content, so that two moments can be
// compared: what was so before the agent began (line ends that no checkout gets right, files that a
// hook wrote) is none of its work. Asked for by TreeFacts and Baseline; what follows from a
// difference is their business.
import SymphonyCore
import SymphonyPlatform

/// By name, what is in the file, and nothing of how git lists it: who adds a file to the index has
/// not changed it.
///
/// A name is bytes, each written as the character of that number.
typealias Changes = [String: String]

extension Changes {
  static func name(_ bytes: [UInt8]) -> String {
    var text = ""
    for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
    return text
  }

  /// - Parameter names: as `name` gives them.
  /// - Returns: the names' own bytes, each ended by 0.
  static func list(_ names: some Sequence<String>) -> [UInt8] {
    names.sorted().flatMap { $0.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } + [0] }
  }

  /// The state of a name whose file is gone.
  static let gone = "gone"
  /// Of a directory that git takes for one file: a submodule.
  static let folder = "folder"
}

extension Checkout {
  /// Those that differ from the baseline.
  func own(_ changes: Changes) -> Changes {
    let states = baseline.states ?? [:]
    return changes.filter { states[$0.key] != $0.value }
  }

  /// `status`: of `git status --porcelain=v1 -z --no-renames`.
  func changes(in status: [UInt8]) -> Changes {
    var found: Changes = [:]
    for entry in status.split(separator: 0) where entry.count > 3 {
      let name = Array(entry.dropFirst(3))
      found[Changes.name(name)] = content(of: name)
    }
    return found
  }

  private static let hashed = 16 << 20

  /// `name`: relative; bytes, as git printed them.
  private func content(of name: [UInt8]) -> String {
    let parts = name.split(separator: UInt8(ascii: "/")).compactMap { FileName(bytes: Array($0)) }
    do throws(PlatformError) {
      var folder = try Folder(path)
      for part in parts.dropLast() { folder = try folder.folder(part) }
      guard let last = parts.last, let facts = try folder.facts(last) else { return Changes.gone }
      if let target = folder.linkTarget(last) { return "link " + StableHash.hex(target) }
      if facts.kind == .folder, name.last != UInt8(ascii: "/") { return Changes.folder }
      // Of a file's rights git keeps this one.
      let words = facts.permissions & 0o100 == 0 ? "" : "program "
      if facts.size > Self.hashed || facts.kind != .file {
        return words + "\(facts.inode):\(facts.size):\(facts.modifiedSeconds)"
      }
      return words + StableHash.hex(try folder.read(last, limit: Self.hashed))
    } catch {
      return "unreadable"
    }
  }
}
