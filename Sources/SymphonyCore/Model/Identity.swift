// Names of things. An item's identity is its tracker's node id; `owner/repo#42` is for people,
// because repositories are renamed. Directory and branch names are derived here and nowhere else.

/// A string with a meaning of its own, stored and printed as the bare string.
package protocol Name: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
  var text: String { get }
  init(_ text: String)
}

extension Name {
  package var description: String { text }
  package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
  package init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(String.self))
  }
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// The tracker's own identity of a work item (GitHub: the node id; local: `local:` and the file
/// stem).
package struct ItemID: Name {
  package let text: String
  package init(_ text: String) { self.text = text }
}

/// `owner/repo#42`, for people and messages; it may change when a repository is renamed.
package struct ItemKey: Name {
  package let text: String
  package init(_ text: String) { self.text = text }
  package init(repository: RepositoryName, reference: String) {
    self.text = "\(repository)#\(reference)"
  }
  package static func < (left: ItemKey, right: ItemKey) -> Bool {
    NaturalComparison.isBefore(left.text, right.text)
  }
  /// The text after the last `#`: `42` of `acme/app#42`.
  package var reference: String { text.split(separator: "#").last.map(String.init) ?? text }
}

/// Names one run for ever: the workspace key, the state directory's tag and the generation.
///
/// The tag keeps apart the runs that two state directories make for one item: agents are found by
/// this name.
package struct RunID: Name {
  /// The environment variable that names a run to everything that was started for it.
  package static let variable = "SYMPHONY_RUN"
  package let text: String
  package init(_ text: String) { self.text = text }
  package init(workspace: WorkspaceKey, stateTag: String, generation: Int) {
    self.text = "\(workspace)-\(stateTag)-r\(generation)"
  }

  /// The tag of a state directory, by the random text that it keeps for itself.
  package static func stateTag(salt: String) -> String { String(salt.prefix(6)) }

  /// The parts it was made of; nil: it was not made by us.
  package var parts: (workspace: WorkspaceKey, stateTag: String, generation: Int)? {
    guard let mark = text.range(ofLast: "-r"), let generation = Int(text[mark...].dropFirst(2)),
      generation > 0
    else { return nil }
    let rest = text[..<mark]
    guard let dash = rest.lastIndex(of: "-") else { return nil }
    return (
      WorkspaceKey(String(rest[..<dash])), String(rest[rest.index(after: dash)...]), generation
    )
  }

  /// The workspace key that it begins with; of a name of another form the whole name.
  package var workspace: WorkspaceKey {
    parts?.workspace ?? WorkspaceKey(text)
  }
}

/// The name of a work item's directory: safe in a path, never shared by two items.
package struct WorkspaceKey: Name {
  package let text: String
  package init(_ text: String) { self.text = text }

  /// Replaces everything outside `[A-Za-z0-9._-]` and appends a hash of the original when that
  /// changed anything, so that `a/b` and `a_b` stay apart; at most 100 characters.
  package init(item: ItemKey, id: ItemID) {
    let safe = String(
      item.text.unicodeScalars.map { scalar -> Character in
        WorkspaceKey.isSafe(scalar) ? Character(scalar) : "_"
      }.prefix(80))
    // A leading dot would hide the directory, and `..` would leave it.
    let visible = safe.first.map { $0 != "." && $0 != "-" } ?? false
    self.text =
      safe == item.text && visible
      ? safe : (visible ? safe : "_" + safe) + "-" + StableHash.hex(item.text + "\n" + id.text, 8)
  }

  /// True for a character of `[A-Za-z0-9._-]`.
  package static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "A"..."Z", "a"..."z", "0"..."9", ".", "_", "-": true
    default: false
    }
  }
}

/// `owner/name` of a repository.
package struct RepositoryName: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
  package var owner: String
  package var name: String

  package init(owner: String, name: String) {
    self.owner = owner
    self.name = name
  }
  /// Nil unless `text` is `owner/name` and both are names: `[A-Za-z0-9._-]`, 1 to 100 characters,
  /// neither `.` nor `..`.
  ///
  /// They become parts of paths and addresses.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy(Self.isName) else { return nil }
    self.init(owner: String(parts[0]), name: String(parts[1]))
  }
  private static func isName(_ part: Substring) -> Bool {
    (1...100).contains(part.utf8.count) && part != "." && part != ".."
      && part.unicodeScalars.allSatisfy(WorkspaceKey.isSafe)
  }
  package var description: String { "\(owner)/\(name)" }
  package static func < (left: RepositoryName, right: RepositoryName) -> Bool {
    left.description < right.description
  }
  /// For keys of dictionaries: GitHub compares owner and name without case.
  package var folded: String { description.lowercased() }
  package func matches(_ other: RepositoryName) -> Bool {
    folded == other.folded
  }
}

/// A branch of a repository, as pull requests name their head; compares repositories without case.
package struct HeadRef: Hashable, Sendable {
  package let repository: String
  package let branch: String
  package init(_ repository: RepositoryName, _ branch: String) {
    self.repository = repository.folded
    self.branch = branch
  }
}

/// Branch names have github-symphony's shape: prefix + `owner_repo_number`.
package enum BranchName {
  /// A name `git check-ref-format` accepts, whatever the repository or the reference is called.
  package static func make(prefix: String, repository: RepositoryName, reference: String) -> String
  {
    let raw = "\(repository.owner)_\(repository.name)_\(reference)"
    var safe = ""
    for scalar in raw.unicodeScalars {
      safe.unicodeScalars.append(WorkspaceKey.isSafe(scalar) ? scalar : "_")
    }
    while safe.contains("..") { safe = safe.replacing("..", with: "._") }
    if safe.hasSuffix(".") { safe = safe.dropLast() + "_" }
    if safe.hasSuffix(".lock") { safe += "_" }
    return prefix + safe
  }

  /// Whether a name that comes from outside can be a branch: the rules of `git check-ref-format
  /// --branch`, at most 250 bytes, and nothing that git or a terminal takes for something else.
  package static func isUsable(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...250).contains(name.utf8.count), name != "@", name != "HEAD",
      !name.hasPrefix("-"), !name.hasSuffix("."), !name.contains(".."), !name.contains("@{"),
      parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock") })
    else { return false }
    return name.unicodeScalars.allSatisfy { scalar in
      scalar.value > 0x20 && !(0x7F...0xA0).contains(scalar.value)
        && !"~^:?*[\\".unicodeScalars.contains(scalar) && !scalar.isInvisible
    }
  }
}

/// FNV-1a, 64 bits: the same in every process, unlike Swift's seeded `Hasher`.
///
/// Not for secrets.
package enum StableHash {
  package static func value(_ text: String) -> UInt64 { value(text.utf8) }
  package static func value(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return hash
  }
  /// The first `length` hexadecimal digits (1 to 16).
  package static func hex(_ text: String, _ length: Int = 16) -> String {
    hex(text.utf8, length)
  }
  package static func hex(_ bytes: some Sequence<UInt8>, _ length: Int = 16) -> String {
    let digits = String(value(bytes), radix: 16)
    let padded = String(repeating: "0", count: 16 - digits.count) + digits
    return String(padded.prefix(length))
  }
}

/// A value that must not be printed, logged, stored or encoded: it shows as `***`.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  private let value: String
  package init(_ value: String) { self.value = value }
  /// The value itself, for the one place that hands it to the outside (a header, an environment).
  package func reveal() -> String { value }
  package var isEmpty: Bool { value.isEmpty }
  package var description: String { "***" }
  package var debugDescription: String { "***" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
