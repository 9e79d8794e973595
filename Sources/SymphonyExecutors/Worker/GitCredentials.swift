// How git gets the token: as one setting scoped to the remote's URL, in a file in memory for our
// own commands that talk to the remote, in the environment for hooks outside a sandbox. Never in
// argv, a URL or a file on disk. Used by GitCommand and AgentEnvironment. The agent gets none of
// it.
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

  /// The settings that carry the token, as the text of a configuration file; nil without a token.
  /// It never becomes a file on a disk, nor stands in an environment: git reads it from a
  /// descriptor.
  /// - Parameters:
  ///   - scope: the URL prefix of the remote: no other host is sent the header.
  ///   - sendOnce: a connection that is used again and reset makes git's HTTP library send a push a
  ///     second time by itself. The branch is there by then, and looks like somebody else's: so no
  ///     connection is used again.
  static func configuration(_ token: Secret?, scope: String, sendOnce: Bool) -> String? {
    guard let token, !token.isEmpty else { return nil }
    var lines = ["[http \"\(quoted(scope))\"]"]
    lines.append("extraHeader = \"Authorization: Basic \(basic(token))\"")
    if sendOnce { lines.append("extraHeader = \"Connection: close\"") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// As git-config(1) wants the name of a subsection.
  private static func quoted(_ name: String) -> String {
    name.filter { !$0.isNewline }.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }

  /// The same for a hook, whose children may close descriptors that they do not know: as an entry
  /// in its environment. Nothing without a token or a scope.
  static func add(_ token: Secret?, scope: String?, to environment: inout [String: String]) {
    guard let token, !token.isEmpty, let scope else { return }
    GitSettings.add(
      "http.\(scope).extraHeader", "Authorization: Basic \(basic(token))", to: &environment)
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
