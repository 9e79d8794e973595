// All settings of one file: each key given is matched with its schema row, read, and checked
// against its other spelling; the rest get their defaults. Called by `Workflow.read`. It decides
// the dialect, and no policy.

import SymphonyCore

struct SettingSet {
  /// One key as it stands in the file.
  struct Given {
    /// The spelling used.
    var name: String
    var keyPlace: TextPosition
    var tree: YAMLTree
    /// Nil: null, empty, or wrong (then the log says so).
    var value: Structure?
    var usedVariables: [String]
    var missingVariables: [String]
    var line: Int { keyPlace.line }
    var valuePlace: TextPosition { tree.place }
    /// The text in the file, of a scalar.
    var written: String? {
      if case .scalar(let text, _) = tree.content { text } else { nil }
    }
    var isNull: Bool { if case .null = tree.content { true } else { false } }
    /// The line a text begins on.
    var textLine: Int { tree.place.line + (tree.isBlock ? 1 : 0) }
    /// The secret itself stands in the file; `github.private_key` may also be a path.
    var isPlainSecret: Bool {
      guard usedVariables.isEmpty, let written else { return false }
      return name != "github.private_key" || written.contains("-----BEGIN")
    }
  }

  private(set) var dialect = Dialect.baton
  /// By canonical name.
  private(set) var given: [String: Given] = [:]
  var log: DiagnosticLog

  init(_ root: YAMLTree?, variables: Variables, log: DiagnosticLog) {
    self.log = log
    guard let root else { return }
    guard case .map(let sections) = root.content else {
      if case .null = root.content { return }
      self.log.error(
        "front_matter_not_map", at: root.place,
        "the front matter must be a map of settings, not \(root.kindName)",
        hint: "write `tracker:` and the other sections, each followed by its indented keys")
      return
    }
    dialect = Self.dialect(of: sections)
    let kind = Self.text(of: "kind", in: "agent", sections)
    let isScript = kind.map { AgentKind.isScript($0.folded) } ?? false
    var reader = SettingReader(variables: variables, commandIsScript: isScript, log: self.log)
    var spellings: [Int: [Given]] = [:]
    for section in sections { Self.read(section, &reader, &spellings) }
    self.log = reader.log
    for (number, found) in spellings.sorted(by: { $0.key < $1.key }) {
      keep(found, of: Schema.all[number])
    }
  }

  /// The value in effect.
  func value(_ path: String) -> Structure {
    guard let number = Schema.index[path] else {
      preconditionFailure("no setting is called \(path)")
    }
    return given[path]?.value ?? Schema.all[number].fallback.value(dialect)
  }

  // MARK: Reading

  private static func read(
    _ section: YAMLTree.Member, _ reader: inout SettingReader, _ spellings: inout [Int: [Given]]
  ) {
    guard Schema.sections.contains(section.key) else {
      return reader.log.unknown(
        section.key, at: section.keyPlace, Schema.meant(bySection: section.key)
      ) { hint(forTopLevel: section.key) }
    }
    if case .null = section.value.content { return }
    guard case .map(let members) = section.value.content else {
      reader.log.error(
        "wrong_value", at: section.value.place,
        "`\(section.key)` must be a map of settings, not \(section.value.kindName)")
      return
    }
    for member in members {
      let name = "\(section.key).\(member.key)"
      guard let number = Schema.index[name] else {
        reader.log.unknown(
          name, at: member.keyPlace, Schema.meant(byKey: member.key, in: section.key),
          // A misspelled setting of `tracker` would narrow nothing: all issues would start.
          isRefused: section.key == "tracker"
        ) { hint(for: member.key, in: section.key) }
        continue
      }
      let value = reader.read(member.value, Schema.all[number])
      spellings[number, default: []].append(
        Given(
          name: name, keyPlace: member.keyPlace, tree: member.value, value: value,
          usedVariables: reader.usedVariables, missingVariables: reader.missingVariables))
    }
  }

  private static func hint(for key: String, in section: String) -> String? {
    if let near = NearestName.find(key, among: Schema.keys(of: section)) {
      return "did you mean `\(section).\(near)`?"
    }
    return Schema.sections.first { Schema.keys(of: $0).contains(key) }
      .map { "did you mean `\($0).\(key)`?" }
  }

  private static func hint(forTopLevel key: String) -> String? {
    if Schema.index[key] != nil {
      let parts = key.split(separator: ".")
      return "write `\(parts[0]):` and under it, indented, `\(parts[1]):`"
    }
    if let near = NearestName.find(key, among: Schema.sections) { return "did you mean `\(near)`?" }
    return Schema.sections.first { Schema.keys(of: $0).contains(key) }
      .map { "did you mean `\($0).\(key)`?" }
  }

  private static func text(
    of key: String, in section: String, _ sections: [YAMLTree.Member]
  ) -> String? {
    guard let found = sections.first(where: { $0.key == section }),
      case .map(let members) = found.value.content,
      let member = members.first(where: { $0.key == key }),
      case .scalar(let text, _) = member.value.content
    else { return nil }
    return text
  }

  /// Only github-symphony's files name an agent or a board.
  private static func dialect(of sections: [YAMLTree.Member]) -> Dialect {
    let isOther =
      text(of: "kind", in: "agent", sections) != nil
      || text(of: "project_number", in: "tracker", sections) != nil
    return isOther ? .githubSymphony : .baton
  }

  // MARK: Two spellings of one idea

  private mutating func keep(_ found: [Given], of spec: SettingSpec) {
    let valued = found.filter { $0.value != nil }.sorted { $0.line < $1.line }
    guard let first = valued.first else {
      given[spec.path] = found.first
      return
    }
    for other in valued.dropFirst() where other.value != first.value {
      log.error(
        "conflicting_keys", at: other.keyPlace,
        "`\(first.name)` (line \(first.line)) and `\(other.name)` (line \(other.line)) mean the"
          + " same setting and have different values", hint: "keep one of the two lines")
    }
    given[spec.path] = first
  }

  // MARK: Remarks

  /// Warns of settings that work differently here from what the file asks for.
  mutating func remark() {
    for spec in Schema.all {
      guard let given = given[spec.path], given.value != nil else { continue }
      if spec.isSecret, given.isPlainSecret {
        log.warn(
          "secret_in_file", at: given.valuePlace, "`\(given.name)` holds a secret in plain text",
          hint: "move it to .env beside WORKFLOW.md and write \(spec.shownDefault) here")
      }
    }
    guard dialect == .baton else { return }
    for hook in ["hooks.before_run", "hooks.after_run"] {
      guard let given = given[hook], given.value != nil else { continue }
      log.warn(
        "hook_per_run", at: given.keyPlace,
        "`\(hook)` runs around each run here; Baton ran it around each turn",
        hint: "use `\(hook == "hooks.before_run" ? "hooks.before_turn" : "hooks.after_turn")`"
          + " for each turn")
    }
  }
}
