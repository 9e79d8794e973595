// The secrets that an agent must not see: the variables symphony takes them from, and the files
// that hold them. Called by `PolicyBuilder` for every agent. An adapter names the variables for its
// agent's own login, and the worker leaves those.

import SymphonyCore

enum SecretVariables {
  private static let always = [
    "GH_ENTERPRISE_TOKEN", "GH_TOKEN", "GITHUB_APP_PRIVATE_KEY", "GITHUB_ENTERPRISE_TOKEN",
    "GITHUB_TOKEN", "GITHUB_WEBHOOK_SECRET", "SYMPHONY_SERVER_TOKEN",
  ]

  /// Variables that a server's settings may name and that hold no secret.
  private static let ordinary: Set<String> = [
    "HOME", "HOSTNAME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "PWD", "SHELL", "TERM", "TMPDIR",
    "TZ", "USER",
  ]
  private static let ordinaryBeginnings = ["LC_", "XDG_"]

  /// Sorted names, no patterns: GitHub's secrets wherever they come from, and what MCP servers get
  /// through their private file, unless `agent.env` speaks of the same variable.
  static func all(_ settings: SettingSet, _ variables: Variables) -> [String] {
    var names = Set(always)
    // Beside the key itself people keep its parts or its path.
    names.formUnion(
      variables.environment.keys.filter { $0.hasPrefix("GITHUB_APP_PRIVATE_KEY") })
    names.formUnion(variables.environment.keys.filter { $0.hasPrefix(LiteralSecrets.prefix) })
    for spec in Schema.all where spec.isSecret {
      names.formUnion(settings.given[spec.path]?.usedVariables ?? [])
    }
    let spokenOf = mentioned(settings)
    for name in ofServers(settings) where !isOrdinary(name) && !spokenOf(name) {
      names.insert(name)
    }
    return names.sorted()
  }

  /// Every process knows them.
  static func isOrdinary(_ name: String) -> Bool {
    ordinary.contains(name) || ordinaryBeginnings.contains { name.hasPrefix($0) }
  }

  private static func ofServers(_ settings: SettingSet) -> [String] {
    (settings.value("agent.mcp_servers").listValue ?? []).flatMap { server in
      let maps = ["env", "headers"].flatMap { (server[$0]?.objectValue ?? [:]).values }
      let texts = (server["command"]?.listValue ?? []) + [server["url"] ?? .null] + maps
      return texts.compactMap(\.stringValue).flatMap(Variables.names)
    }
  }

  private static func mentioned(_ settings: SettingSet) -> (String) -> Bool {
    let environment = settings.value("agent.env")
    let set = environment["set"]?.objectValue ?? [:]
    let remove = environment["remove"]?.texts ?? []
    return { name in
      set[name] != nil
        || remove.contains {
          $0.hasSuffix("*") ? name.hasPrefix($0.dropLast()) : name == $0
        }
    }
  }

  /// Absolute paths, whether there is anything or not.
  static func files(_ settings: SettingSet, _ variables: Variables) -> [String] {
    let files = [variables.path(".env"), AppSearch.keyPath(settings, variables)]
    return files.compactMap { $0 }
  }
}
