// Values that only agents have: limits on money and tokens, permissions, sandboxes, and the
// variables of `agent.env`. Called by `SettingReader.value`. What an agent's own permission
// settings may hold is its adapter's business.

import SymphonyCore

extension SettingReader {
  private static let noLimit = "use `\(SettingText.unlimited)` for no limit"

  /// `range`: of a whole number; nil: dollars.
  mutating func limit(
    _ tree: YAMLTree, _ name: String, _ range: ClosedRange<Int64>?
  ) -> Structure? {
    guard let text = text(tree, name)?.folded else { return nil }
    if text == SettingText.unlimited { return .integer(0) }
    if let range {
      return integer(tree, name, range, hint: Self.noLimit).map { .integer($0) }
    }
    guard let value = YAMLScalar.number(text), value > 0 else {
      wrong(tree, name, "a number above 0", hint: Self.noLimit)
      return nil
    }
    return .number(value)
  }

  /// `workspace-write`, `workspace_write` and `workspaceWrite` are one word.
  mutating func spelled(_ tree: YAMLTree, _ words: [String], _ name: String) -> String? {
    guard let text = text(tree, name) else { return nil }
    func plain(_ word: String) -> String {
      word.folded.replacing("-", with: "").replacing("_", with: "")
    }
    if let word = words.first(where: { plain($0) == plain(text) }) { return word }
    return choice(text, words, tree, name)
  }

  mutating func textOrMap(_ tree: YAMLTree, _ words: [String], _ name: String) -> Structure? {
    switch tree.content {
    case .map(let members): return freeMap(members, name)
    case .list:
      wrong(tree, name, "a single value or a map")
      return nil
    default: break
    }
    guard let text = text(tree, name)?.trimmingWhitespace(), !text.isEmpty else { return nil }
    if words.isEmpty { return .string(text) }
    return choice(text, words, tree, name).map { .string($0) }
  }

  /// `isScript`: it belongs to `sh -c`, with its variables; else it must split into words.
  mutating func command(_ tree: YAMLTree, _ name: String, isScript: Bool) -> Structure? {
    guard let text = text(tree, name, expand: !isScript), !text.isEmpty else { return nil }
    if !isScript, ShellWords.split(text) == nil {
      wrong(tree, name, "a command line whose quotes are closed")
      return nil
    }
    if !isScript, case .scalar(let written, _) = tree.content { warnShown(written, tree, name) }
    return .string(text)
  }

  /// Warns of a secret in a setting that becomes an argument of the agent.
  ///
  /// Which variable holds one cannot be told: the remark is made on all but the ordinary ones.
  ///
  /// `written`: as it stands in the file.
  mutating func warnShown(_ written: String, _ tree: YAMLTree, _ name: String) {
    var said: Set<String> = []
    for variable in variables.expand(written).names
    where !SecretVariables.isOrdinary(variable) && said.insert(variable).inserted {
      log.warn(
        "secret_in_argv", at: tree.place,
        "`\(name)` uses $\(variable), whose value is shown in the process list and kept in the"
          + " run's spec.json",
        hint: "give a secret to the agent with agent.env.set")
    }
  }

  // MARK: The agent's environment

  /// Texts by variable, `$VAR` in them left for the worker.
  mutating func variableMap(_ tree: YAMLTree, _ name: String) -> Structure? {
    guard case .map(let members) = tree.content else {
      wrong(tree, name, "a map of variables to texts")
      return nil
    }
    for member in members {
      if !Variables.isName(member.key) {
        log.error(
          "wrong_value", at: member.keyPlace,
          "`\(name)` must name variables, not `\(SettingText.oneLine(member.key))`",
          hint: "a name has letters, digits and `_`, and no digit at its beginning")
      } else if case .scalar(let text, _) = member.value.content {
        remark(text, of: member, name)
      }
    }
    return textMap(tree, name)
  }

  private mutating func remark(_ text: String, of member: YAMLTree.Member, _ name: String) {
    if case .unset(let missing) = VariableText.expand(text, variables.environment) {
      log.warn(
        "unset_variable", at: member.value.place,
        "`\(name).\(member.key)` uses $\(missing), which is not set: no run can start",
        hint: "set \(missing) in the environment, or in .env beside WORKFLOW.md")
    }
    let isSecret = ["TOKEN", "KEY", "SECRET", "PASSWORD"].contains {
      member.key.uppercased().hasSuffix($0)
    }
    if isSecret, !text.isEmpty, Variables.names(in: text).isEmpty {
      log.warn(
        "secret_in_file", at: member.value.place,
        "`\(name).\(member.key)` looks like a secret in plain text",
        hint: "move it to .env beside WORKFLOW.md and write $\(member.key)")
    }
  }

  /// Names of variables as they are: a `$` before one would ask for its value.
  mutating func variablePatterns(_ tree: YAMLTree, _ name: String) -> Structure? {
    var entries = [tree]
    if case .list(let values) = tree.content { entries = values }
    var names: [Structure] = []
    for entry in entries {
      if case .null = entry.content { continue }
      guard let text = text(entry, name, expand: false)?.trimmingWhitespace() else { continue }
      guard Variables.isName(text.hasSuffix("*") ? String(text.dropLast()) : text) else {
        wrong(
          entry, name, "names of variables, or beginnings that end in `*`",
          hint: text == "*" ? "`inherit: minimal` leaves only what programs need" : nil)
        continue
      }
      names.append(.string(text))
    }
    return .list(names)
  }
}
