// Another program that simulates GitHub, where it lies beside the checkout (`../shared/ghsim`, or
// the directory GHSIM names): starts it with a world of the test's own and steers it through its
// admin endpoints below /_sim. Tests that show our own simulator true compare the two. It ends when
// the test process does, however that ends.
import FoundationEssentials
import Glibc
import SymphonyCore
import SymphonyPlatform

package final class OutsideSimulator: Sendable {
  /// `http://127.0.0.1:PORT`.
  package let url: String

  /// Where the program is; nil when it is not there.
  package static let folder: String? = {
    // From the file's real place: packages may be built through links.
    var path = Files.resolved(#filePath) ?? #filePath
    for _ in 0..<4 { path = Files.parent(of: path) }
    let named = Host.environment["GHSIM"] ?? Files.join(path, "../shared/ghsim")
    return Files.isExecutable(Files.join(named, "up")) ? Files.resolved(named) : nil
  }()

  /// Starts it; blocks until it listens.
  ///
  /// The first start of all makes a Python environment.
  /// - Throws: when it is not there, or does not begin to listen within three minutes.
  package init(world: Structure) throws {
    guard let folder = OutsideSimulator.folder else {
      throw PlatformError("find", "../shared/ghsim", ENOENT)
    }
    let directory = Files.join(
      Host.environment["TMPDIR"] ?? "/tmp", "symphony-outside-\(Host.randomHex(bytes: 6))")
    try Files.makeDirectories(directory)
    let worldFile = Files.join(directory, "world.json")
    try Files.writeAtomically(
      worldFile, String(decoding: JSON.bytes(world), as: UTF8.self), durable: false)
    let life = Files.join(directory, "life")
    guard mkfifo(life, 0o600) == 0 else { throw PlatformError("make", life, errno) }
    // Held open for as long as this process lives; its end is the other side's end of file.
    let hold = open(life, O_RDWR | O_CLOEXEC)
    guard hold >= 0 else { throw PlatformError("open", life, errno) }
    let script = """
      "$1/up" "$2/world.json" "$2/port" "$2/git" --no-secondary < /dev/null > "$2/log" 2>&1 &
      child=$!
      while read -r line < "$2/life"; do :; done
      kill "$child"
      wait "$child"
      rm -rf "$2"
      """
    var environment = Host.environment
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    let spawn = SpawnRequest(
      arguments: ["sh", "-c", script, "sh", folder, directory], environment: environment,
      directory: directory)
    let watcher = try Spawn.start(spawn)
    let portFile = Files.join(directory, "port")
    let limit = Clock.monotonicMilliseconds() + 180_000
    while !Files.exists(portFile) {
      if Clock.monotonicMilliseconds() > limit || Spawn.reap(watcher) != nil {
        throw PlatformError("start (see \(directory)/log)", folder, ETIMEDOUT)
      }
      Clock.sleep(milliseconds: 50)
    }
    let port = try Files.readText(portFile).filter(\.isNumber)
    url = "http://127.0.0.1:\(port)"
  }

  /// An admin call; blocks for as long as it takes.
  @discardableResult
  package func admin(_ method: String, _ path: String, _ body: Structure? = nil) throws -> Structure
  {
    var arguments = [
      "curl", "-sS", "--fail-with-body", "--noproxy", "*", "-X", method, "\(url)/_sim/\(path)",
    ]
    if let body {
      arguments += ["--data-binary", String(decoding: JSON.bytes(body), as: UTF8.self)]
    }
    let ended = try CapturedCommand.run(
      arguments, environment: ["PATH": Host.environment["PATH"] ?? "/usr/bin:/bin"],
      timeoutMilliseconds: 60_000)
    guard ended.exit.isSuccess, let value = JSON.value(Array(ended.output.utf8)) else {
      throw GitFailure(
        arguments: arguments, exit: ended.exit, text: ended.output + ended.errorOutput)
    }
    return value
  }
}
