// Whether a directory is safe to work in: anybody else who can swap its content, or a directory on
// the way to it, decides what this program reads, writes and starts. The store asks before it opens
// a state directory, a tick before it launches, doctor to say it beforehand. Nothing is changed
// here.
//
// The rules are those of sshd's StrictModes with what Debian adds to them: owned by this user or
// root; not writable by others, except by a group that has nobody else in it; on the way a
// directory with the sticky bit will do, because there only owners rename and remove.
import Glibc

/// Why a directory is not safe, with the exact place.
package struct UnsafeFolder: Error, Hashable, Sendable {
  /// "/tmp/x/repos belongs to mallory (uid 1002), not to uid 1000 (mode 0755)".
  package var sentence: String
  package var hint: String
}

package struct FolderSafety: Sendable {
  /// The user to whom the directory has to belong.
  let user: UInt32
  let users: UserDirectory
  /// The places at which file systems are mounted; nil: read when asked for.
  let mounts: Set<String>?
  /// False where a file can belong to a user whom this user namespace does not know.
  let ownersAreMapped: Bool

  init(user: UInt32, users: UserDirectory, mounts: Set<String>?, ownersAreMapped: Bool) {
    self.user = user
    self.users = users
    self.mounts = mounts
    self.ownersAreMapped = ownersAreMapped
  }

  /// The rules for this process and its user.
  package init() {
    self.init(
      user: geteuid(), users: .system, mounts: nil,
      ownersAreMapped: Host.mapsEveryUser)
  }

  /// Looks at every directory on the way to `path` (absolute), through links, and at itself.
  ///
  /// A directory that is not there yet is safe if those above it are; look again when it has been
  /// made.
  package func check(_ path: String) throws(UnsafeFolder) {
    var walk = Walk(rest: path.split(separator: "/").map(String.init))
    try judge("/", &walk)
    while !walk.rest.isEmpty {
      let part = walk.rest.removeFirst()
      if part == "." { continue }
      if part == ".." {
        walk.here = Files.parent(of: walk.here)
        walk.isClosed = false
        continue
      }
      let next = Files.join(walk.here, part)
      guard let facts = Files.facts(next) else { return }
      if facts.kind == .link {
        try judgeLink(next, facts, &walk)
        continue
      }
      walk.here = next
      try judge(next, &walk)
    }
  }

  /// Looks at a file of ours that may be there already, in a directory that was checked: it must
  /// not be another user's, and nobody else may write it.
  ///
  /// Users whom the directory keeps out cannot reach the file either.
  package func checkFile(_ path: String) throws(UnsafeFolder) {
    guard let facts = Files.facts(path) else { return }
    guard facts.kind == .file else {
      throw UnsafeFolder(
        sentence: "\(path) is \(facts.kind.noun), not a regular file",
        hint: "nobody but symphony writes there: find out who made it, and remove it")
    }
    if facts.owner != user, facts.owner != 0 { throw foreign(path, facts) }
    let isOpen = Files.facts(Files.parent(of: path)).map { $0.permissions & 0o011 != 0 } ?? true
    if isOpen, let who = writers(facts) { throw writable(path, facts, who) }
  }

  /// Looks at a directory and each entry in it, not deeper: the entries of a cache decide what git
  /// starts.
  package func checkEntries(of path: String) throws(UnsafeFolder) {
    try check(path)
    guard let folder = try? Folder(path), let names = try? folder.names() else { return }
    for name in names {
      guard let facts = try? folder.facts(name) else { continue }
      if facts.owner != user, facts.owner != 0 { throw foreign(folder.path(of: name), facts) }
    }
  }

  // MARK: The way

  private struct Walk {
    var here = "/"
    var rest: [String]
    var links = 0
    /// True when nobody else gets below this directory: then it does not matter who may write
    /// there.
    var isClosed = false
    /// A directory in which everybody may make entries was passed.
    var wasShared = false
  }

  private func judgeLink(
    _ path: String, _ facts: FileFacts, _ walk: inout Walk
  ) throws(UnsafeFolder) {
    if facts.owner != user, facts.owner != 0 { throw foreign(path, facts) }
    walk.links += 1
    guard walk.links <= 40, let target = Files.linkTarget(path) else {
      throw UnsafeFolder(
        sentence: "the symbolic link \(path) leads nowhere", hint: "name another directory")
    }
    if target.hasPrefix("/") { walk.here = "/" }
    walk.isClosed = false
    walk.rest = target.split(separator: "/").map(String.init) + walk.rest
  }

  private func judge(_ path: String, _ walk: inout Walk) throws(UnsafeFolder) {
    guard let facts = Files.facts(path), facts.kind == .folder else { return }
    let isLast = walk.rest.isEmpty
    let isTrusted = facts.owner == user || facts.owner == 0
    if !isTrusted, !isVolume(path, facts), !isUnknown(facts, isLast, walk) {
      throw foreign(path, facts)
    }
    if !walk.isClosed, let who = writers(facts) {
      guard facts.permissions & 0o1000 != 0 else { throw writable(path, facts, who) }
      if isLast {
        throw UnsafeFolder(
          sentence: "\(path) is shared: \(who) may make files in it (mode \(mode(facts)))",
          hint: "name a directory of its own inside it; symphony makes it")
      }
      walk.wasShared = true
    }
    if isTrusted, facts.permissions & 0o011 == 0 { walk.isClosed = true }
  }

  /// True for a directory that root mounted into a container and that belongs to a user outside,
  /// for whom there is no account here: the person who started the container vouches for it.
  private func isVolume(_ path: String, _ facts: FileFacts) -> Bool {
    user == 0 && !users.hasUser(facts.owner)
      && (mounts ?? Host.mountPoints).contains(path)
  }

  /// In a user namespace that knows only some users, root's own directories outside of it seem to
  /// belong to nobody.
  ///
  /// A directory of ours is never taken for one of these, nor one below a directory in which
  /// everybody may make entries.
  private func isUnknown(_ facts: FileFacts, _ isLast: Bool, _ walk: Walk) -> Bool {
    !ownersAreMapped && facts.owner == Host.overflowUserID && !isLast && !walk.wasShared
  }

  /// The others who may write, in words; nil: nobody.
  private func writers(_ facts: FileFacts) -> String? {
    if facts.permissions & 0o002 != 0 { return "everybody" }
    guard facts.permissions & 0o020 != 0, !users.isPrivate(facts.group, of: user) else {
      return nil
    }
    return "group \(users.groupName(facts.group))"
  }

  // MARK: Words

  private func foreign(_ path: String, _ facts: FileFacts) -> UnsafeFolder {
    UnsafeFolder(
      sentence: "\(path) belongs to \(users.userName(facts.owner)), "
        + "not to \(users.userName(user)) (mode \(mode(facts)))",
      hint: "whoever owns it decides what runs from it: name another directory, run as its owner, "
        + "or have it given over with chown once you know what is in it")
  }
  private func writable(_ path: String, _ facts: FileFacts, _ who: String) -> UnsafeFolder {
    UnsafeFolder(
      sentence: "\(path) is writable for \(who), not only for its owner "
        + "\(users.userName(facts.owner)) (mode \(mode(facts)))",
      hint: "look at what is in it, then take the right away: chmod go-w \(path)")
  }
  private func mode(_ facts: FileFacts) -> String {
    let digits = String(facts.permissions, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}

extension Files {
  /// The facts of a path, of a link its own; nil when there is nothing, or nobody may look.
  package static func facts(_ path: String) -> FileFacts? {
    var found = stat()
    return lstat(path, &found) == 0 ? FileFacts(found) : nil
  }
}
