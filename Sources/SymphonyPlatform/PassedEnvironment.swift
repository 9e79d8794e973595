// How one of our processes hands its environment to the next: tick to worker, worker to the tick it
// becomes. The variables, secrets among them, travel in a sealed file in memory; what the kernel
// shows of the new process to others (/proc/PID/environ) is only what a program needs to run at
// all.
import CSymphonyPlatform
import Glibc

package enum PassedEnvironment {
  /// The variable that names the descriptor to a process that cannot know its number.
  package static let variable = "SYMPHONY_ENVIRONMENT_FD"

  /// The whole environment in a form `read` takes back.
  package static func file(_ environment: [String: String]) throws(PlatformError) -> MemoryFile {
    var bytes: [UInt8] = []
    for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
      bytes += Array("\(name)=\(value)".utf8) + [0]
    }
    return try MemoryFile(sealed: bytes)
  }

  /// The variables that may stand in the process's own environment: people keep no secret there.
  ///
  /// Programs are found by them, and the user's folders and language.
  package static func visible(_ environment: [String: String]) -> [String: String] {
    environment.filter { plain.contains($0.key) || $0.key.hasPrefix("LC_") }
  }
  private static let plain: Set<String> = [
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME", "LD_LIBRARY_PATH", "SYMPHONY_FAULTS",
  ]

  /// Takes over what `file` made, and closes the descriptor.
  /// - Returns: nil when there is nothing of the kind behind it.
  package static func read(descriptor: Int32) -> [String: String]? {
    guard sy_is_sealed(descriptor) == 1 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = pread(descriptor, &chunk, chunk.count, off_t(bytes.count))
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      bytes += chunk[0..<count]
    }
    var values: [String: String] = [:]
    for entry in bytes.split(separator: 0) {
      guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
      values[String(decoding: entry[..<equals], as: UTF8.self)] = String(
        decoding: entry[entry.index(after: equals)...], as: UTF8.self)
    }
    return values
  }
}

extension Host {
  /// The environment of this process: the one passed to it in a file, where there was one, else the
  /// kernel's.
  ///
  /// It is read once; secrets are blanked where others could read them.
  package static let environment: [String: String] = {
    var values = shownEnvironment
    if let number = values[PassedEnvironment.variable].flatMap({ Int32($0) }),
      let passed = PassedEnvironment.read(descriptor: number)
    {
      values = passed
    }
    values[PassedEnvironment.variable] = nil
    for name in values.keys where looksSecret(name) { name.withCString(sy_blank_environment) }
    return values
  }()

  /// True for a variable whose name says that another user's program, or a debugger, must not find
  /// it in /proc.
  private static func looksSecret(_ name: String) -> Bool {
    let upper = name.uppercased()
    return ["TOKEN", "SECRET", "PASSW", "KEY", "CREDENTIAL", "AUTH"].contains(where: upper.contains)
  }

  /// Leaves the user's keys (keyrings(7)) behind, for this process and what it starts.
  package static func leaveKeyring() { _ = sy_leave_keyring() }

  /// Puts this process out of reach of the other programs of this user: no /proc/PID/environ, mem
  /// or fd, no debugger, no core file.
  ///
  /// For every process of ours that knows a secret.
  package static func hideProcess() { _ = sy_hide_process() }
}
