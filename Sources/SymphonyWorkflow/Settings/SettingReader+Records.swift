// Settings that are more than one value: MCP servers and the small fixed shapes of the schema.
// Called by `SettingReader.read`. Unknown keys inside them get the same warning as anywhere else.

import SymphonyCore

extension SettingReader {
  private static let serverKeys = [
    "name", "command", "url", "args", "env", "headers", "on_demand", "type",
  ]

  /// A list of {name, command or url, args, env, headers, on_demand} as objects of exactly those
  /// keys (`command` is a list of words, `args` is part of it).
  mutating func mcpServers(_ tree: YAMLTree, _ name: String) -> Structure? {
    guard case .list(let entries) = tree.content else {
      wrong(tree, name, "a list of servers, each with a name and a command or url")
      return nil
    }
    var servers: [Structure] = []
    var names: [String] = []
    for (number, entry) in entries.enumerated() {
      let place = "\(name)[\(number)]"
      guard case .map(let members) = entry.content else {
        wrong(entry, place, "a map with a name and a command or url")
        continue
      }
      guard let server = mcpServer(members, entry, place), let title = server["name"]?.stringValue
      else { continue }
      if names.contains(title) {
        log.error(
          "wrong_value", at: entry.place, "`\(place)` has the name `\(title)` of an earlier server")
        continue
      }
      names.append(title)
      servers.append(server)
    }
    return .list(servers)
  }

  private mutating func mcpServer(
    _ members: [YAMLTree.Member], _ entry: YAMLTree, _ place: String
  ) -> Structure? {
    var server: [String: Structure] = [
      "name": .null, "command": .list([]), "url": .null, "env": .object([:]),
      "headers": .object([:]), "on_demand": .bool(false),
    ]
    var command: [String] = []
    var arguments: [String] = []
    for member in members {
      let key = "\(place).\(member.key)"
      if case .null = member.value.content, Self.serverKeys.contains(member.key) { continue }
      switch member.key {
      case "name":
        if let text = text(member.value, key) { server["name"] = .string(text) }
      case "url":
        if let text = serverText(member.value, key) { server["url"] = .string(text) }
      case "command":
        if let words = commandWords(member.value, key) { command = words }
      case "args":
        if let words = plainTexts(member.value, key) { arguments = words }
      case "env", "headers":
        server[member.key] = textMap(member.value, key)
        if case .map(let values) = member.value.content {
          for value in values { warnUnset(value.value, "\(key).\(value.key)") }
        }
      case "on_demand":
        if let flag = flag(member.value, key) { server["on_demand"] = .bool(flag) }
      // Written by people who copy from `.mcp.json`; command or url says the same.
      case "type": _ = choice(member.value, ["stdio", "http", "sse"], key)
      default: unknown(member, place, Self.serverKeys)
      }
    }
    let title = server["name"]?.stringValue ?? ""
    guard !title.trimmingWhitespace().isEmpty else {
      log.error("wrong_value", at: entry.place, "`\(place)` needs a `name`")
      return nil
    }
    let hasURL = server["url"]?.stringValue?.isEmpty == false
    guard hasURL != !command.isEmpty else {
      log.error(
        "wrong_value", at: entry.place,
        "`\(place)` (\(title)) needs either a `command` or a `url`, "
          + " not \(hasURL ? "both" : "neither")"
      )
      return nil
    }
    server["command"] = .list((command + arguments).map { .string($0) })
    return .object(server)
  }

  /// A string is split like a shell does; a list is taken as it is.
  private mutating func commandWords(_ tree: YAMLTree, _ name: String) -> [String]? {
    if case .list = tree.content { return plainTexts(tree, name) }
    guard let text = serverText(tree, name) else { return nil }
    guard let words = ShellWords.split(text) else {
      wrong(tree, name, "a command line whose quotes are closed")
      return nil
    }
    return words
  }

  /// Unlike `textList` it keeps repeated and empty words: these are arguments.
  private mutating func plainTexts(_ tree: YAMLTree, _ name: String) -> [String]? {
    guard case .list(let entries) = tree.content else {
      return serverText(tree, name).map { [$0] }
    }
    return entries.compactMap { serverText($0, name) }
  }

  /// A text of a server, its variables left for the worker: they may name secrets.
  private mutating func serverText(_ tree: YAMLTree, _ name: String) -> String? {
    guard let text = text(tree, name, expand: false) else { return nil }
    warnUnset(tree, name)
    return text
  }

  /// Says which variable of a server's text would keep it from being started.
  private mutating func warnUnset(_ tree: YAMLTree, _ name: String) {
    guard case .scalar(let text, _) = tree.content else { return }
    if case .unset(let missing) = VariableText.expand(text, variables.environment) {
      log.warn(
        "unset_variable", at: tree.place,
        "`\(name)` uses $\(missing), which is not set: no turn that gets this server can start",
        hint: "set \(missing) in the environment, or in .env beside WORKFLOW.md")
    }
  }

  /// Texts to texts, `$VAR` left for the worker.
  mutating func textMap(_ tree: YAMLTree, _ name: String) -> Structure {
    guard case .map(let members) = tree.content else {
      wrong(tree, name, "a map of names to texts")
      return .object([:])
    }
    var values: [String: Structure] = [:]
    for member in members {
      if case .null = member.value.content {
        values[member.key] = .string("")
      } else if let text = text(member.value, "\(name).\(member.key)", expand: false) {
        values[member.key] = .string(text)
      }
    }
    return .object(values)
  }

  private mutating func choice(_ tree: YAMLTree, _ words: [String], _ name: String) -> String? {
    guard let text = text(tree, name) else { return nil }
    return choice(text, words, tree, name)
  }

  mutating func record(
    _ tree: YAMLTree, _ name: String, _ fields: [RecordField]
  ) -> Structure? {
    guard case .map(let members) = tree.content else {
      wrong(tree, name, "a map with \(fields.map(\.name).joined(separator: ", "))")
      return nil
    }
    var values: [String: Structure] = [:]
    for member in members {
      guard let field = fields.first(where: { $0.name == member.key }) else {
        unknown(member, name, fields.map(\.name))
        continue
      }
      if case .null = member.value.content { continue }
      let path = "\(name).\(member.key)"
      switch field.shape {
      case .choice(let words):
        values[field.name] = choice(member.value, words, path).map { .string($0) }
      case .textList:
        values[field.name] = textList(member.value, path).map { .list($0.map { .string($0) }) }
      case .record(let inner):
        values[field.name] = record(member.value, path, inner)
      case .variableMap:
        values[field.name] = variableMap(member.value, path)
      case .variablePatterns:
        values[field.name] = variablePatterns(member.value, path)
      }
    }
    return .object(values)
  }

  mutating func unknown(_ member: YAMLTree.Member, _ parent: String, _ known: [String]) {
    func full(_ name: String) -> String { "\(parent).\(name)" }
    log.unknown(
      full(member.key), at: member.keyPlace,
      NearestName.slip(member.key, among: known).map(full)
    ) {
      NearestName.find(member.key, among: known).map { "did you mean `\(full($0))`?" }
    }
  }
}
