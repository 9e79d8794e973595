// `agent.rules`: a list of {when: {label, field}, set: {...}}. Called by `SettingReader.value`.
// An unknown name in a rule is an error and no warning: a rule that silently sets nothing, or holds
// for every item, could spend money.

import SymphonyCore

extension SettingReader {
  /// The plural of each is another spelling.
  static let conditions = ["label", "field"]

  /// One object for each entry, also for a wrong one: {when: {label: [...], field: {name: [...]}},
  /// set: {...}}.
  mutating func agentRules(_ tree: YAMLTree, _ name: String) -> Structure? {
    guard case .list(let entries) = tree.content else {
      wrong(tree, name, "a list of rules, each with `when` and `set`")
      return nil
    }
    var rules: [Structure] = []
    for (number, entry) in entries.enumerated() {
      rules.append(.object(agentRule(entry, "\(name)[\(number)]")))
    }
    return .list(rules)
  }

  private mutating func agentRule(_ entry: YAMLTree, _ name: String) -> [String: Structure] {
    guard case .map(let members) = entry.content else {
      wrong(entry, name, "a map with `when` and `set`")
      return [:]
    }
    var rule: [String: Structure] = [:]
    for member in members {
      switch member.key {
      case "when": rule["when"] = .object(condition(member.value, "\(name).when"))
      case "set": rule["set"] = .object(change(member.value, "\(name).set"))
      default: refuse(member, name, ["when", "set"])
      }
    }
    for key in ["when", "set"] where !members.contains(where: { $0.key == key }) {
      log.error("missing_setting", at: entry.place, "`\(name)` needs `\(key)`")
    }
    return rule
  }

  // MARK: When

  private mutating func condition(_ tree: YAMLTree, _ name: String) -> [String: Structure] {
    guard let members = members(tree, name, "at least one of label, field") else { return [:] }
    var found: [String: Structure] = [:]
    for member in members {
      let path = "\(name).\(member.key)"
      guard let key = Self.conditions.first(where: { [$0, $0 + "s"].contains(member.key) }) else {
        refuse(member, name, Self.conditions)
        continue
      }
      if found[key] != nil {
        log.error(
          "conflicting_keys", at: member.keyPlace,
          "`\(name)` has `\(key)` and `\(key)s`, which mean the same",
          hint: "keep one of them; a list names several")
        continue
      }
      found[key] = key == "label" ? names(member.value, path) : fields(member.value, path)
    }
    return found
  }

  private mutating func fields(_ tree: YAMLTree, _ name: String) -> Structure? {
    guard let members = members(tree, name, "fields and their values") else { return nil }
    var fields: [String: Structure] = [:]
    var lines: [String: Int] = [:]
    for member in members {
      let path = "\(name).\(member.key)"
      if let line = lines.updateValue(member.keyPlace.line, forKey: member.key.folded) {
        log.error(
          "duplicate_key", at: member.keyPlace, "`\(path)` is there already, on line \(line)",
          hint: "names compare without case; a list names several values")
        continue
      }
      fields[member.key.trimmingWhitespace()] = names(member.value, path)
    }
    return .object(fields)
  }

  /// A text or a list of texts, at least one.
  private mutating func names(_ tree: YAMLTree, _ name: String) -> Structure? {
    let errors = log.errorCount
    let texts = textList(tree, name) ?? []
    if texts.isEmpty {
      if log.errorCount == errors { wrong(tree, name, "a text or a list of texts") }
      return nil
    }
    return .list(texts.map { .string($0) })
  }

  // MARK: Set

  private mutating func change(_ tree: YAMLTree, _ name: String) -> [String: Structure] {
    let keys = Schema.ruleSettings.compactMap(\.ruleKey)
    guard let members = members(tree, name, "at least one of \(keys.joined(separator: ", "))")
    else { return [:] }
    var isScript = commandIsScript
    if let kind = members.first(where: { $0.key == "kind" }),
      case .scalar(let word, _) =
        kind.value.content
    {
      isScript = AgentKind.isScript(variables.expand(word).text.folded)
    }
    var change: [String: Structure] = [:]
    for member in members {
      guard let spec = Schema.ruleSettings.first(where: { $0.ruleKey == member.key }) else {
        refuse(member, name, keys)
        continue
      }
      let errors = log.errorCount
      let full = "\(name).\(member.key)"
      change[member.key] =
        member.key == "command"
        ? command(member.value, full, isScript: isScript)
        : value(member.value, spec.type, full)
      if change[member.key] == nil, log.errorCount == errors {
        log.error(
          "wrong_value", at: member.value.place,
          "`\(full)` has no value: a rule cannot take a setting away",
          hint: "give it a value, or take the line out")
      }
    }
    return change
  }

  // MARK: Both

  /// The members of a map that is not empty; nil: it is none, which the log then says.
  private mutating func members(
    _ tree: YAMLTree, _ name: String, _ expected: String
  ) -> [YAMLTree.Member]? {
    guard case .map(let members) = tree.content, !members.isEmpty else {
      log.error("wrong_value", at: tree.place, "`\(name)` must be a map with \(expected)")
      return nil
    }
    return members
  }

  private mutating func refuse(_ member: YAMLTree.Member, _ parent: String, _ known: [String]) {
    let near = NearestName.find(member.key, among: known)
    let isForAll = Schema.index["agent." + member.key] != nil
    log.error(
      "unknown_key", at: member.keyPlace,
      isForAll
        ? "`\(parent).\(member.key)`: `agent.\(member.key)` holds for the whole workflow"
        : "unknown key `\(parent).\(member.key)`",
      hint: near.map { "did you mean `\($0)`?" } ?? "known here: \(known.joined(separator: ", "))")
  }
}
