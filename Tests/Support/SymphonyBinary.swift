// The built `symphony` program, as tests start it: found beside the test program, run with a
// constructed environment and its output captured.
// Called by scenario and command tests; it never builds anything.
import SymphonyPlatform

/// No `symphony` beside the test program.
package struct BinaryMissing: Error, CustomStringConvertible {
  package var searched: [String]
  package var description: String {
    "no built symphony in \(searched.joined(separator: ", ")); build the whole package first"
  }
}

package enum SymphonyBinary {
  /// The absolute path of the program.
  ///
  /// The build directory holds the test program and the executable side by side.
  package static var path: String {
    get throws(BinaryMissing) { try find(in: directories) }
  }

  /// Where the test program may lie: its own file's directory, or that of an argument (test helpers
  /// load a bundle).
  static var directories: [String] {
    var found = [Files.parent(of: Host.executablePath)]
    for argument in CommandLine.arguments where argument.contains(".xctest") {
      let end = argument.split(separator: "/", omittingEmptySubsequences: false)
        .prefix { !$0.hasSuffix(".xctest") }
      found.append(Files.absolute(end.isEmpty ? "." : end.joined(separator: "/")))
    }
    return found
  }

  static func find(in directories: [String]) throws(BinaryMissing) -> String {
    for directory in directories {
      let path = Files.join(directory, "symphony")
      if Files.isExecutable(path) { return path }
    }
    throw BinaryMissing(searched: directories)
  }

  /// Runs it to its end.
  ///
  /// The child gets PATH, HOME (the directory) and what is given, nothing else.
  package static func run(
    _ arguments: [String], directory: String, environment: [String: String] = [:],
    timeoutMilliseconds: Int64 = 120_000
  ) async throws -> CapturedCommand {
    let path = try path
    return try await Blocking.run {
      try CapturedCommand.run(
        [path] + arguments, environment: SymphonyBinary.environment(directory, environment),
        directory: directory, timeoutMilliseconds: timeoutMilliseconds)
    }
  }

  static func environment(_ home: String, _ given: [String: String]) -> [String: String] {
    let standard = [
      "PATH": Host.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", "HOME": home,
      "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C",
    ]
    return standard.merging(given) { _, own in own }
  }
}
