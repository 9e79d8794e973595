// How git gets the token: as one setting scoped to the remote's URL, in a file in memory for our
// own commands that talk to the remote, in the environment for hooks outside a sandbox. Never in
// argv, a URL or a file on disk. Used by GitCommand and AgentEnvironment. The agent gets
// none of it, but where the workflow passes it the token: then its git asks for it by a helper.
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
    "GIT_CONFIG_PARAMETERS", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE",
    "GIT_IMPLICIT_WORK_TREE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_QUARANTINE_PATH",
    "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
    "GIT_DEFAULT_HASH",
  ]

  /// The address of the remote in a command, where the token is used.
  ///
  /// No rule of the user's that sends addresses elsewhere (`url.<base>.insteadOf`) begins like
  /// this, and the one rule that does is ours: so git goes to the host that the token is for.
  static let address = "symphony-remote:/"

  /// Nil where no token is used: then the user's own git decides how remotes are reached.
  static func scope(_ order: GitOrder, _ token: Secret?) -> String? {
    guard let scope = order.credentialScope, !scope.isEmpty, token?.isEmpty == false
    else { return nil }
    return scope
  }

  /// The argument, or the setting, with the address in it that leads where the token is for.
  static func addressed(_ argument: String, _ scope: String?) -> String {
    guard let scope else { return argument }
    for start in ["", "lfs.url=", "lfs.pushurl="] where argument.hasPrefix(start + scope) {
      return start + address + argument.dropFirst((start + scope).count)
    }
    return argument
  }

  /// The settings that carry the token, as the text of a configuration file; nil without a token.
  ///
  /// It never becomes a file on a disk, nor stands in an environment: git reads it from a
  /// descriptor. A connection that is used again and reset makes git's HTTP library send a push a
  /// second time by itself. The branch is there by then, and looks like somebody else's: so a push
  /// uses no connection again.
  ///
  /// `arguments`: the command's, with the addresses it talks to.
  static func configuration(_ token: Secret?, _ order: GitOrder, for arguments: [String])
    -> String?
  {
    guard let token, let scope = scope(order, token) else { return nil }
    var urls = arguments.filter { $0.hasPrefix(scope) && $0 != scope }
    // A filter of a checkout finds the remote in the configuration.
    if urls.isEmpty { urls = [order.cloneURL] }
    var lines = ["[url \"\(quoted(scope))\"]", "insteadOf = \"\(address)\""]
    for (section, key, value) in settings(token, scope: scope, urls: urls) {
      lines += ["[\(section.kind) \"\(quoted(section.url))\"]", "\(key) = \"\(value)\""]
    }
    for url in arguments.contains("push") ? [scope] + urls : [] {
      lines += ["[http \"\(quoted(url))\"]", "extraHeader = \"Connection: close\""]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private typealias Section = (kind: String, url: String)

  /// An empty value takes back what was said before it.
  ///
  /// The person's own login for this host is left alone: git would try it when the token is
  /// refused, and have it erased when that is refused too. A header of theirs would be sent beside
  /// ours, which servers answer with 400. The longest matching address wins in git, so the token is
  /// given for the whole one, too.
  private static func settings(_ token: Secret, scope: String, urls: [String]) -> [(
    Section, String, String
  )] {
    var all: [(Section, String, String)] = [(("credential", scope), "helper", "")]
    for url in [scope] + urls {
      all.append((("http", url), "extraHeader", ""))
      all.append((("http", url), "extraHeader", "Authorization: Basic \(basic(token))"))
    }
    return all
  }

  /// As git-config(1) wants the name of a subsection.
  private static func quoted(_ name: String) -> String {
    name.filter { !$0.isNewline }.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }

  /// The same for a hook, whose children may close descriptors that they do not know: as entries in
  /// its environment.
  ///
  /// Nothing without a token or a scope.
  static func add(_ token: Secret?, _ order: GitOrder, to environment: inout [String: String]) {
    guard let token, let scope = scope(order, token) else { return }
    let url = order.cloneURL
    for (section, key, value) in settings(token, scope: scope, urls: [url]) {
      GitSettings.add("\(section.kind).\(section.url).\(key)", value, to: &environment)
    }
    // A hook says `origin`. Of two rules for one address the longer one wins.
    GitSettings.add("url.\(url).insteadOf", url, to: &environment)
  }

  /// For an agent that has the token as GITHUB_TOKEN: its git answers itself from that variable,
  /// for the tracker's host and no other, and a bare `git push` goes to the branch of that name.
  ///
  /// The person's own logins for this host are not asked: they may do more than this token.
  /// - Returns: the names of what was added. Empty where `agent.env.set` has entries of its own:
  ///   git refuses to do anything with half a list, and what is in theirs is not known.
  static func addForAgent(
    _ token: Secret?, _ order: GitOrder, to environment: inout [String: String]
  ) -> [String] {
    guard let token, let scope = scope(order, token) else { return [] }
    let isWhole = !environment.keys.contains(where: isConfiguration)
    GitSettings.add("credential.\(scope).helper", "", to: &environment)
    GitSettings.add("credential.\(scope).helper", agentHelper, to: &environment)
    GitSettings.add("push.default", "current", to: &environment)
    // Behind the wall the remote's address leads to the cache, which takes nothing from there.
    if order.cloneURL.hasPrefix(scope) {
      GitSettings.add("url.\(scope).insteadOf", address, to: &environment)
      GitSettings.add(
        "remote.origin.pushurl", addressed(order.cloneURL, scope), to: &environment)
    }
    return isWhole ? environment.keys.filter(isConfiguration).sorted() : []
  }

  /// A shell's words (gitcredentials(7), helpers that begin with `!`); without the variable it says
  /// nothing.
  private static let agentHelper =
    "!f() { test \"$1\" = get && test -n \"$GITHUB_TOKEN\" && "
    + "printf 'username=x-access-token\\npassword=%s\\n' \"$GITHUB_TOKEN\"; }; f"

  /// The host the token is for, with its port; nil: none is known.
  static func host(_ order: GitOrder) -> String? {
    guard let scope = order.credentialScope, let start = scope.firstRange(of: "://")?.upperBound
    else { return nil }
    let host = scope[start...].prefix { $0 != "/" }
    return host.isEmpty ? nil : String(host)
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
