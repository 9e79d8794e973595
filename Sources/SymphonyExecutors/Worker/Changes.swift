// The files that git calls changed or untracked, each with its content, so that two moments can be
// compared: what was so before the agent began (line ends that no checkout gets right, files that a
// hook wrote) is none of its work. Taken by Work around the hooks; kept in the workspace's mark,
// because an interrupted run's own leftovers are still the agent's in the next one.
import SymphonyCore
import SymphonyPlatform

/// By name, what git says of the file and what is in it. A name is bytes, each written as the
/// character of that number.
typealias Changes = [String: String]

extension Changes {
  /// What was not the agent's doing when it begins: what hooks changed just now, and what is as it
  /// was before any agent.
  static func baseline(before: Changes, after: Changes, known: Changes?) -> Changes {
    // Of a workspace that no agent has seen, all of it.
    guard let known else { return after }
    return after.filter { name, state in before[name] != state || known[name] == state }
  }
}

extension Checkout {
  /// Those that differ from the baseline.
  func changes(in status: [UInt8]) -> Changes {
    allChanges(in: status).filter { baseline[$0.key] != $0.value }
  }

  /// - Parameter status: of `git status --porcelain=v1 -z`.
  func allChanges(in status: [UInt8]) -> Changes {
    var found: Changes = [:]
    var entries = status.split(separator: 0).makeIterator()
    while let entry = entries.next() {
      guard entry.count > 3 else { continue }
      let name = Array(entry.dropFirst(3))
      let word = String(decoding: entry.prefix(2), as: UTF8.self)
      found[Self.text(name)] = "\(word) \(content(of: name))"
      // The old name of what was renamed or copied follows.
      if word.contains("R") || word.contains("C") { _ = entries.next() }
    }
    return found
  }

  /// Pathspecs that keep out of a commit what is as it was before the agent began, and repositories
  /// of their own (their names end with a slash), of which only a link would be committed.
  func exclusions(_ now: Changes) -> [String] {
    now.filter { baseline[$0.key] == $0.value || $0.key.hasSuffix("/") }.keys.sorted().map { key in
      var pattern = ""
      for scalar in key.unicodeScalars {
        // Arguments are text: what is not ASCII is matched byte by byte.
        if !scalar.isASCII {
          pattern += "?"
        } else if "*?[]\\".unicodeScalars.contains(scalar) {
          pattern += "\\"
          pattern.unicodeScalars.append(scalar)
        } else {
          pattern.unicodeScalars.append(scalar)
        }
      }
      return ":(top,exclude,glob)\(pattern.hasSuffix("/") ? String(pattern.dropLast()) : pattern)"
    }
  }

  private static func text(_ name: [UInt8]) -> String {
    var text = ""
    for byte in name { text.unicodeScalars.append(Unicode.Scalar(byte)) }
    return text
  }

  private static let hashed = 16 << 20

  /// - Parameter name: relative; bytes, as git printed them.
  private func content(of name: [UInt8]) -> String {
    let parts = name.split(separator: UInt8(ascii: "/")).compactMap { FileName(bytes: Array($0)) }
    do throws(PlatformError) {
      var folder = try Folder(path)
      for part in parts.dropLast() { folder = try folder.folder(part) }
      guard let last = parts.last, let facts = try folder.facts(last) else { return "gone" }
      if let target = folder.linkTarget(last) { return "link " + StableHash.hex(target) }
      if facts.size > Self.hashed || name.last == UInt8(ascii: "/") {
        return "\(facts.inode):\(facts.size):\(facts.modifiedSeconds)"
      }
      return StableHash.hex(try folder.read(last, limit: Self.hashed))
    } catch {
      return "unreadable"
    }
  }
}
