// Users and groups of this machine, as far as FolderSafety needs them: who else is in a group, and
// what an owner is called. The local files are read; the system's directory of users is asked only
// whether a user or group is known to it at all.
import Glibc

struct UserDirectory: Sendable {
  struct User: Hashable, Sendable {
    var name: String
    var user: UInt32
    /// The primary one.
    var group: UInt32
  }
  struct Group: Hashable, Sendable {
    var name: String
    var members: [String]
  }
  private let users: [User]
  private let groups: [UInt32: Group]
  /// Of users and groups that are in no local file, their names where they are known.
  private let distantUser: @Sendable (UInt32) -> String?
  private let distantGroup: @Sendable (UInt32) -> String?

  /// - Parameters: `passwd` and `group` in the form of passwd(5) and group(5); broken lines are
  ///   skipped.
  init(
    passwd: String, group: String,
    distantUser: @escaping @Sendable (UInt32) -> String? = { _ in nil },
    distantGroup: @escaping @Sendable (UInt32) -> String? = { _ in nil }
  ) {
    users = passwd.systemLines.compactMap { line in
      let parts = line.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count >= 4, let user = UInt32(parts[2]), let group = UInt32(parts[3]) else {
        return nil
      }
      return User(name: String(parts[0]), user: user, group: group)
    }
    var groups: [UInt32: Group] = [:]
    for line in group.systemLines {
      let parts = line.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count >= 4, let number = UInt32(parts[2]) else { continue }
      let members = parts[3].split(separator: ",").map(String.init)
      groups[number, default: Group(name: String(parts[0]), members: [])].members += members
    }
    self.groups = groups
    self.distantUser = distantUser
    self.distantGroup = distantGroup
  }

  static var system: UserDirectory {
    UserDirectory(
      passwd: (try? Files.readText("/etc/passwd", limit: 4 << 20)) ?? "",
      group: (try? Files.readText("/etc/group", limit: 4 << 20)) ?? "",
      distantUser: { user in getpwuid(user).map { String(cString: $0.pointee.pw_name) } },
      distantGroup: { group in getgrgid(group).map { String(cString: $0.pointee.gr_name) } })
  }

  func hasUser(_ user: UInt32) -> Bool {
    users.contains { $0.user == user } || distantUser(user) != nil
  }

  /// True when nobody but the user and root is in the group.
  ///
  /// Such are the private group that Debian and Fedora give to each user, a service's own group,
  /// and one that nobody is in. A group of a distant directory counts only when it is the user's
  /// own by its number, because its members cannot be told for certain.
  func isPrivate(_ group: UInt32, of user: UInt32) -> Bool {
    let names = Set(users.filter { $0.user == user || $0.user == 0 }.map(\.name))
    let others = users.contains { $0.group == group && $0.user != user && $0.user != 0 }
    if others { return false }
    if let local = groups[group] { return local.members.allSatisfy(names.contains) }
    return group == user || distantGroup(group) == nil
  }

  func userName(_ user: UInt32) -> String {
    let name = users.first { $0.user == user }?.name ?? distantUser(user)
    return name.map { "\($0) (uid \(user))" } ?? "uid \(user)"
  }
  func groupName(_ group: UInt32) -> String {
    let name = groups[group]?.name ?? distantGroup(group)
    return name.map { "\($0) (gid \(group))" } ?? "gid \(group)"
  }
}

extension Host {
  /// Directories on which something is mounted, by their real paths (proc_pid_mountinfo(5)).
  static var mountPoints: Set<String> {
    let text = (try? Files.readText("/proc/self/mountinfo", limit: 8 << 20)) ?? ""
    return Set(
      text.systemLines.compactMap { line in
        let parts = line.split(separator: " ", maxSplits: 5)
        return parts.count > 4 ? unescaped(parts[4]) : nil
      })
  }

  /// Space, tab, line end and backslash are written as `\040` and the like.
  static func unescaped(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == 0x5C, let digits = String(rest.prefix(3)), let value = UInt8(digits, radix: 8) {
        bytes.append(value)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// False in a user namespace to which not every user of the machine is mapped.
  static var mapsEveryUser: Bool {
    let text = (try? Files.readText("/proc/self/uid_map", limit: 1 << 16)) ?? ""
    let lines = text.systemLines
    guard !lines.isEmpty else { return true }
    return lines.contains { line in
      line.split(separator: " ").compactMap { UInt64($0) } == [0, 0, UInt64(UInt32.max)]
    }
  }

  /// The owner that files of unmapped users seem to have.
  static var overflowUserID: UInt32 {
    let text = (try? Files.readText("/proc/sys/kernel/overflowuid", limit: 64)) ?? ""
    return text.split(whereSeparator: \.isWhitespace).first.flatMap { UInt32($0) } ?? 65534
  }
}
