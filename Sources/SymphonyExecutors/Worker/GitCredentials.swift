// How git children get the token: as one configuration entry in their environment, scoped to the
// remote's URL. Never in argv, a URL or a file. Used by GitCommand for children that talk to the
// remote, and by HookRunner. The agent gets none of it (AgentEnvironment).
import FoundationEssentials
import SymphonyCore

enum GitCredentials {
  /// The worker's own variable; the executor's caller sets it, nobody else sees it.
  static let tokenVariable = "SYMPHONY_GIT_TOKEN"

  /// Variables that carry configuration, and with it perhaps credentials, from process to process.
  static func isConfiguration(_ name: String) -> Bool {
    name == "GIT_CONFIG_COUNT" || name == "GIT_CONFIG_PARAMETERS"
      || name.hasPrefix("GIT_CONFIG_KEY_") || name.hasPrefix("GIT_CONFIG_VALUE_")
  }

  /// Variables that would point our git at another repository than the one meant.
  static let misleading = [
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_CONFIG",
  ]

  /// Adds the header after whatever entries are there already; nothing without a token or a scope.
  static func add(_ token: Secret?, scope: String?, to environment: inout [String: String]) {
    guard let token, !token.isEmpty, let scope else { return }
    addHeader("Authorization: Basic \(basic(token))", scope, to: &environment)
  }

  /// A connection that is used again and reset makes git's HTTP library send a push a second time
  /// by itself. The branch is there by then, and looks like somebody else's: so no connection is
  /// used again.
  static func sendOnce(scope: String?, in environment: inout [String: String]) {
    guard let scope else { return }
    addHeader("Connection: close", scope, to: &environment)
  }

  private static func addHeader(
    _ line: String, _ scope: String, to environment: inout [String: String]
  ) {
    let count = environment["GIT_CONFIG_COUNT"].flatMap { Int($0) } ?? 0
    environment["GIT_CONFIG_COUNT"] = "\(count + 1)"
    environment["GIT_CONFIG_KEY_\(count)"] = "http.\(scope).extraHeader"
    environment["GIT_CONFIG_VALUE_\(count)"] = line
  }

  /// The text without the token, in either of its forms.
  static func redact(_ text: String, _ token: Secret?) -> String {
    guard let token, !token.isEmpty else { return text }
    return text.replacing(token.reveal(), with: "***").replacing(basic(token), with: "***")
  }

  private static func basic(_ token: Secret) -> String {
    Data("x-access-token:\(token.reveal())".utf8).base64EncodedString()
  }
}
