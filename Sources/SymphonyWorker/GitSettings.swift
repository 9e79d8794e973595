// Settings for every git that we start, our own and the hooks': which of them keep it out of other
// repositories, which protocols it may speak, and what it sees of the environment behind the wall.
// Values only; GitCommand and AgentEnvironment apply them.
import SymphonyCore
import SymphonyPlatform

enum GitSettings {
  /// A repository inside the workspace has a configuration of its own, with programs in it.
  ///
  /// These keep git from starting another git there: fetch, status, diff, checkout and push would
  /// each go into submodules, some of them because a file that the agent wrote (.gitmodules) says
  /// so.
  static let noNestedGit = [
    "fetch.recurseSubmodules=no", "submodule.recurse=false", "push.recurseSubmodules=no",
    "diff.submodule=short", "diff.ignoreSubmodules=dirty", "status.submoduleSummary=false",
  ]

  /// Our own git's manners, instead of those that the user or the machine set.
  ///
  /// Theirs could stop a program: signatures that want a key, options that a server does not take,
  /// colours in lines that we read, files that `git status` leaves out.
  static let ownManners = [
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.fsync=all", "core.pager=cat",
    "gc.auto=0", "maintenance.auto=false", "advice.detachedHead=false", "color.ui=false",
    "commit.gpgSign=false", "push.gpgSign=false", "push.followTags=false", "push.pushOption=",
    "push.useForceIfIncludes=false", "merge.verifySignatures=false", "fetch.pruneTags=false",
    "log.showSignature=false", "status.showUntrackedFiles=normal", "i18n.commitEncoding=UTF-8",
  ]

  /// Adds a setting after whatever entries are there already (git-config(1), GIT_CONFIG_COUNT).
  static func add(_ key: String, _ value: String, to environment: inout [String: String]) {
    let count = environment["GIT_CONFIG_COUNT"].flatMap { Int($0) } ?? 0
    environment["GIT_CONFIG_COUNT"] = "\(count + 1)"
    environment["GIT_CONFIG_KEY_\(count)"] = key
    environment["GIT_CONFIG_VALUE_\(count)"] = value
  }

  /// Adds each `key=value` of a list.
  static func add(_ settings: [String], to environment: inout [String: String]) {
    for setting in settings {
      let parts = setting.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { add(String(parts[0]), String(parts[1]), to: &environment) }
    }
  }

  /// For GIT_ALLOW_PROTOCOL (git(1)): how remotes are reached, and files for what passes between
  /// repositories of this machine.
  ///
  /// Never `ext` and its kind, which are programs. Plain http only where the remote's own address
  /// has it, or where the operator named another push remote.
  static func protocols(_ order: GitOrder) -> String {
    let isNamed = !["origin", ""].contains(order.settings.pushRemoteName)
    let isPlain = isNamed || order.cloneURL.lowercased().hasPrefix("http://")
    return isPlain ? "file:http:https:ssh" : "file:https:ssh"
  }

  /// Keeps git quiet and safe: no question, no page, English words, and only allowed protocols.
  static func keepQuiet(_ order: GitOrder, _ values: inout [String: String]) {
    for name in GitCredentials.misleading { values[name] = nil }
    values["GIT_TERMINAL_PROMPT"] = "0"
    values["GIT_ASKPASS"] = ""
    values["GIT_PAGER"] = "cat"
    values["GIT_EDITOR"] = "true"
    values["SSH_ASKPASS_REQUIRE"] = "never"
    // An agent could have one commit shown in the place of another.
    values["GIT_NO_REPLACE_OBJECTS"] = "1"
    values["GIT_ALLOW_PROTOCOL"] = protocols(order)
    values["LC_ALL"] = "C"
    values["PWD"] = nil
    // The one variable for a private authority: libraries that git may be linked to read others.
    if values["GIT_SSL_CAINFO"] == nil, let file = values["SSL_CERT_FILE"], !file.isEmpty {
      values["GIT_SSL_CAINFO"] = file
    }
  }

  /// The variables that git may see behind the wall: none of them can be a secret.
  static func plain(_ environment: [String: String]) -> [String: String] {
    var values = PassedEnvironment.visible(environment)
    for name in [
      "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM", "XDG_CONFIG_HOME",
    ] {
      values[name] = environment[name]
    }
    return values
  }

  /// SHA-1 or SHA-256, in full.
  static func isObjectName(_ text: String) -> Bool {
    [40, 64].contains(text.utf8.count)
      && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }
}
