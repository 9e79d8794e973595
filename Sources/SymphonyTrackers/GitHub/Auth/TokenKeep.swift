// Keeps an installation token from tick to tick in the user's runtime directory, which ends with
// the session and by convention never touches a disk. InstallationTokens is the only caller. A
// directory that others can look into keeps nothing; whatever goes wrong costs one request.
import Glibc
import SymphonyCore
import SymphonyPlatform

struct InstallationToken: Hashable, Sendable {
  var token: Secret
  /// On the server's clock.
  var expiresAt: Timestamp
  var installation: String
}

struct TokenKeep: Sendable {
  private let directory: String
  private let path: String

  /// Nil where there is no private runtime directory.
  ///
  /// `name` tells apart servers, Apps, keys and installations, without revealing them.
  init?(runtimeDirectory: String?, name: String) {
    guard let runtimeDirectory, runtimeDirectory.hasPrefix("/") else { return nil }
    directory = Files.join(runtimeDirectory, "symphony")
    path = Files.join(directory, "\(name).token")
    guard Self.isPrivate(runtimeDirectory) else { return nil }
  }

  func read() -> InstallationToken? {
    guard Self.isPrivate(directory), Self.isPrivate(path, kind: S_IFREG),
      let bytes = try? Files.readOwn(path, limit: 16384)
    else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.splitLines().map(String.init)
    guard lines.count == 3, let expiry = Int64(lines[0]) else { return nil }
    return InstallationToken(
      token: Secret(lines[2]), expiresAt: Timestamp(milliseconds: expiry), installation: lines[1])
  }

  func write(_ kept: InstallationToken) {
    if !Files.exists(directory) { try? Files.makeDirectory(directory, mode: 0o700) }
    guard Self.isPrivate(directory) else { return }
    let lines = ["\(kept.expiresAt.milliseconds)", kept.installation, kept.token.reveal()]
    try? Files.writeAtomically(path, lines.joined(separator: "\n"), mode: 0o600, durable: false)
  }

  func forget() { try? Files.remove(path) }

  /// True when the file or directory belongs to this user, is no link, and is closed to everybody
  /// else.
  private static func isPrivate(_ path: String, kind: mode_t = S_IFDIR) -> Bool {
    var found = stat()
    return lstat(path, &found) == 0 && found.st_mode & S_IFMT == kind
      && found.st_uid == Host.userID && found.st_mode & 0o077 == 0
  }
}
