// Real git for tests, cut off from the machine's own settings: no global or system configuration,
// no prompts, no proxies, a fixed identity. Blocks its caller; in a test that must go on meanwhile,
// wrap it in `Blocking.run`.
import FoundationEssentials
import SymphonyPlatform

package enum Git {
  /// PATH and what keeps git away from the user's configuration; nothing else is inherited.
  package static var environment: [String: String] {
    [
      "PATH": Host.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent",
      "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
      "GIT_AUTHOR_NAME": "Tess Tester", "GIT_AUTHOR_EMAIL": "tess@example.test",
      "GIT_COMMITTER_NAME": "Tess Tester", "GIT_COMMITTER_EMAIL": "tess@example.test",
      "LC_ALL": "C", "no_proxy": "*",
    ]
  }

  /// The variables that hand git a token for everything below `scope` (a URL ending in a slash),
  /// out of argv and of every file.
  package static func credentials(token: String, scope: String) -> [String: String] {
    let pair = Data("x-access-token:\(token)".utf8).base64EncodedString()
    return [
      "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.\(scope).extraHeader",
      "GIT_CONFIG_VALUE_0": "Authorization: Basic \(pair)",
    ]
  }

  /// Runs git to its end, whatever that is.
  package static func attempt(
    _ arguments: [String], in directory: String, environment: [String: String] = [:],
    input: String = "/dev/null", timeoutMilliseconds: Int64 = 60_000
  ) -> CapturedCommand {
    do throws(PlatformError) {
      return try CapturedCommand.run(
        ["git"] + arguments,
        environment: Git.environment.merging(environment) { _, given in given },
        directory: directory, input: input, timeoutMilliseconds: timeoutMilliseconds)
    } catch {
      preconditionFailure("git cannot be started: \(error)")
    }
  }

  /// What git printed, without the last line's end.
  /// - Throws: `GitFailure` with both outputs when git does not exit with 0.
  @discardableResult
  package static func run(
    _ arguments: [String], in directory: String, environment: [String: String] = [:],
    input: String = "/dev/null"
  ) throws -> String {
    let ended = attempt(arguments, in: directory, environment: environment, input: input)
    guard ended.exit.isSuccess else {
      throw GitFailure(
        arguments: arguments, exit: ended.exit, text: ended.output + ended.errorOutput)
    }
    var text = ended.output[...]
    while text.hasSuffix("\n") { text = text.dropLast() }
    return String(text)
  }
}
