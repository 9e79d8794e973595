// Turns the YAML value of one key into the typed value its schema row asks for, or says what is
// wrong with it. Called by `SettingSet` for each key given. It never stops at a mistake and never
// shows what a variable holds.

import SymphonyCore

struct SettingReader {
  let variables: Variables
  /// `agent.command` is a script that belongs to the shell (`AgentKind.isScript`).
  let commandIsScript: Bool
  var log: DiagnosticLog
  /// Variables met in the value being read.
  private(set) var usedVariables: [String] = []
  private(set) var missingVariables: [String] = []

  init(variables: Variables, commandIsScript: Bool, log: DiagnosticLog) {
    self.variables = variables
    self.commandIsScript = commandIsScript
    self.log = log
  }

  /// Nil: not given (null or empty), or wrong, which the log then says.
  mutating func read(_ tree: YAMLTree, _ spec: SettingSpec) -> Structure? {
    usedVariables = []
    missingVariables = []
    return value(tree, spec.type, spec.path)
  }

  /// A value of a type, under whatever name messages should call it.
  mutating func value(_ tree: YAMLTree, _ type: SettingType, _ name: String) -> Structure? {
    if case .null = tree.content { return nil }
    switch type {
    case .text, .path, .url, .repository, .secret, .script, .template, .agentCommand:
      return readText(tree, type, name)
    case .choice(let words):
      guard let text = text(tree, name) else { return nil }
      return choice(text, words, tree, name).map { .string($0) }
    case .spelled(let words):
      return spelled(tree, words, name).map { .string($0) }
    case .textOrMap(let words):
      return textOrMap(tree, words, name)
    case .integer(let range):
      return integer(tree, name, range).map { .integer($0) }
    case .limit(let range):
      return limit(tree, name, range)
    case .flag:
      return flag(tree, name).map { .bool($0) }
    case .textList:
      return textList(tree, name).map { .list($0.map { .string($0) }) }
    case .choiceList, .repositoryList, .trustedAuthors:
      return readCheckedList(tree, type, name)
    case .integerMap(let range):
      return integerMap(tree, name, range, ofRepositories: false)
    case .repositoryMap(let range):
      return integerMap(tree, name, range, ofRepositories: true)
    case .freeMap:
      guard case .map(let members) = tree.content else {
        wrong(tree, name, "a map")
        return nil
      }
      return freeMap(members, name, areArguments: true)
    case .mcpServers:
      return mcpServers(tree, name)
    case .record(let fields):
      return record(tree, name, fields)
    case .agentRules:
      return agentRules(tree, name)
    }
  }

  // MARK: Texts

  /// Settings for which a missing variable is no error yet.
  ///
  /// The value may come from elsewhere, or not be needed: `TokenSearch` and `AppSearch` decide.
  private static let foundElsewhere: Set<String> = [
    "github.token", "github.app_id", "github.private_key", "github.installation_id",
  ]
  /// Secrets that ticks can do without: `symphony serve` says what it lacks.
  private static let ofServer: Set<String> = ["github.webhook_secret", "server.token"]

  private mutating func readText(
    _ tree: YAMLTree, _ type: SettingType, _ name: String
  ) -> Structure? {
    switch type {
    case .script, .template:
      // YAML takes an unquoted `{{` for the beginning of a map.
      if case .map = tree.content {
        wrong(
          tree, name, "a text", hint: "quote a text that begins with `{`, or write it below `|`")
        return nil
      }
      guard let text = text(tree, name, expand: false) else { return nil }
      return text.allSatisfy(\.isWhitespace) ? nil : .string(text)
    case .agentCommand:
      return command(tree, name, isScript: commandIsScript)
    default: break
    }
    guard let whole = text(tree, name, tolerant: Self.foundElsewhere.contains(name)) else {
      return nil
    }
    let text = whole.trimmingWhitespace()
    if text.isEmpty { return nil }
    switch type {
    case .path:
      guard let path = variables.path(text) else {
        wrong(tree, name, "a path (`~` needs HOME to be set; `~name` is not understood)")
        return nil
      }
      return .string(path)
    case .url:
      return url(text, tree, name)
    case .repository:
      guard isRepository(text) else {
        wrong(tree, name, "owner/name", hint: RepositoryName.hint(for: text))
        return nil
      }
      return .string(text)
    default:
      return .string(text)
    }
  }

  private mutating func url(_ text: String, _ tree: YAMLTree, _ name: String) -> Structure? {
    var url = text
    while url.hasSuffix("/") { url = String(url.dropLast()) }
    let rest =
      url.hasPrefix("https://")
      ? url.dropFirst(8) : url.hasPrefix("http://") ? url.dropFirst(7) : ""
    // An address that different programs take apart differently is refused.
    let isPlain = rest.unicodeScalars.allSatisfy {
      ("!"..."~").contains($0) && !"\\?#".unicodeScalars.contains($0)
    }
    guard let first = rest.first, first != "/", isPlain else {
      let isBare = !text.contains(":/") && text.contains(".") && !text.contains(" ")
      wrong(
        tree, name, "an address that begins with https:// or http://",
        hint: isBare ? "did you mean `https://\(url)`?" : nil)
      return nil
    }
    if ["github.com", "www.github.com"].contains(rest.prefix { $0 != "/" }.lowercased()) {
      wrong(
        tree, name, "the address of the API",
        hint: "leave it out: `https://api.github.com` is the default")
      return nil
    }
    guard !rest.prefix(while: { $0 != "/" }).contains("@") else {
      log.error(
        "wrong_value", at: tree.place, "`\(name)` must not hold a user name or password",
        hint: "put the token into GITHUB_TOKEN")
      return nil
    }
    return .string(url)
  }

  private func isRepository(_ text: String) -> Bool {
    RepositoryName(text) != nil
  }

  /// The text of a scalar with its variables expanded; whatever the scalar looks like, it stays
  /// text.
  mutating func text(
    _ tree: YAMLTree, _ name: String, expand: Bool = true, tolerant: Bool = false
  ) -> String? {
    guard case .scalar(let text, _) = tree.content else {
      wrong(tree, name, "a single value")
      return nil
    }
    guard expand else { return text }
    let expansion = variables.expand(text)
    usedVariables += expansion.names
    missingVariables += expansion.missing
    guard let missing = expansion.missing.first else { return expansion.text }
    if tolerant { return nil }
    let spec = Schema.index[name].map { Schema.all[$0] }
    let message = "`\(name)` uses $\(missing), which is not set"
    let hint = "set \(missing) in the environment, or in .env beside WORKFLOW.md"
    if let spec, spec.feature != .works || Self.ofServer.contains(spec.path) {
      log.warn("unset_variable", at: tree.place, message, hint: hint)
    } else {
      log.error("unset_variable", at: tree.place, message, hint: hint)
    }
    return nil
  }

  mutating func choice(
    _ text: String, _ words: [String], _ tree: YAMLTree, _ name: String
  ) -> String? {
    if let word = words.first(where: { $0 == text.folded }) { return word }
    let near = NearestName.find(text, among: words) ?? NearestName.beginning(text, among: words)
    // `command` is in the list for an agent that symphony does not know.
    let other = name == "agent.kind" ? "`command` runs any other agent: see agent.command" : nil
    wrong(
      tree, name, "one of \(words.joined(separator: ", "))",
      hint: near.map { "did you mean `\($0)`?" } ?? other)
    return nil
  }

  // MARK: Numbers and flags

  mutating func integer(
    _ tree: YAMLTree, _ name: String, _ range: ClosedRange<Int64>, hint: String? = nil
  ) -> Int64? {
    guard let text = text(tree, name) else { return nil }
    guard let value = YAMLScalar.integer(text), range.contains(value) else {
      let bound =
        range.upperBound >= 1_000_000 ? "\(range.lowerBound) or more" : "\(words(range))"
      wrong(
        tree, name, range.lowerBound < 0 ? "a whole number" : "a whole number, \(bound)",
        hint: hint ?? Schema.index[name].map { Schema.all[$0].summary })
      return nil
    }
    return value
  }

  private func words(_ range: ClosedRange<Int64>) -> String {
    "from \(range.lowerBound) to \(range.upperBound)"
  }

  mutating func flag(_ tree: YAMLTree, _ name: String) -> Bool? {
    guard let text = text(tree, name) else { return nil }
    if let flag = YAMLScalar.flag(text) { return flag }
    wrong(tree, name, "true or false")
    return nil
  }

  // MARK: Lists and maps

  /// A single value stands for a list of one.
  ///
  /// Empty and repeated entries are dropped.
  mutating func textList(_ tree: YAMLTree, _ name: String) -> [String]? {
    var entries: [YAMLTree]
    switch tree.content {
    case .list(let values): entries = values
    case .scalar: entries = [tree]
    case .null: return nil
    case .map:
      wrong(tree, name, "a list")
      return nil
    }
    var texts: [String] = []
    for (number, entry) in entries.enumerated() {
      if case .null = entry.content { continue }
      guard case .scalar = entry.content else {
        wrong(entry, "\(name)[\(number)]", "a single value")
        continue
      }
      guard let text = text(entry, name)?.trimmingWhitespace() else { continue }
      if !text.isEmpty, !texts.contains(text) { texts.append(text) }
    }
    return texts
  }

  private mutating func readCheckedList(
    _ tree: YAMLTree, _ type: SettingType, _ name: String
  ) -> Structure? {
    guard let texts = textList(tree, name) else { return nil }
    if case .choiceList(let words) = type {
      let chosen = texts.compactMap { choice($0, words, tree, name) }
      return .list(chosen.map { .string($0) })
    }
    if case .repositoryList = type {
      for text in texts where !isRepository(text) {
        log.error(
          "wrong_value", at: tree.place,
          "`\(name)` must be a list of owner/name, and `\(SettingText.oneLine(text))` is none",
          hint: RepositoryName.hint(for: text))
        return nil
      }
    }
    // One word is the rule's name; a list of one login is written as a list.
    if case .trustedAuthors = type, case .scalar = tree.content, texts == ["write_access"] {
      return .string("write_access")
    }
    return .list(texts.map { .string($0) })
  }

  private mutating func integerMap(
    _ tree: YAMLTree, _ name: String, _ range: ClosedRange<Int64>, ofRepositories: Bool
  ) -> Structure? {
    guard case .map(let members) = tree.content else {
      wrong(tree, name, "a map of \(ofRepositories ? "owner/name" : "names") to whole numbers")
      return nil
    }
    var values: [String: Structure] = [:]
    var lines: [String: Int] = [:]
    for member in members {
      if ofRepositories, !isRepository(member.key.trimmingWhitespace()) {
        log.error(
          "wrong_value", at: member.keyPlace,
          "`\(name)` must name repositories as owner/name, not `\(member.key)`",
          hint: RepositoryName.hint(for: member.key))
        continue
      }
      if let line = lines.updateValue(member.keyPlace.line, forKey: member.key.folded) {
        log.error(
          "duplicate_key", at: member.keyPlace,
          "`\(name)` names `\(member.key)` twice, first on line \(line)",
          hint: "names compare without case; keep one of them")
        continue
      }
      if let value = integer(member.value, "\(name).\(member.key)", range) {
        values[member.key] = .integer(value)
      }
    }
    return .object(values)
  }

  /// `areArguments`: the values become arguments of the agent.
  mutating func freeMap(
    _ members: [YAMLTree.Member], _ name: String, areArguments: Bool = false
  ) -> Structure {
    var values: [String: Structure] = [:]
    for member in members {
      let path = "\(name).\(member.key)"
      if let value = free(member.value, path, areArguments) { values[member.key] = value }
    }
    return .object(values)
  }

  /// Anything: unquoted scalars get the type they look like.
  private mutating func free(
    _ tree: YAMLTree, _ name: String, _ areArguments: Bool
  ) -> Structure? {
    switch tree.content {
    case .null: return .null
    case .map(let members): return freeMap(members, name, areArguments: areArguments)
    case .list(let entries): return .list(entries.compactMap { free($0, name, areArguments) })
    case .scalar(let written, let plain):
      guard let text = text(tree, name) else { return nil }
      if areArguments { warnShown(written, tree, name) }
      guard plain, text == written else { return .string(text) }
      switch text {
      case "true", "True", "TRUE": return .bool(true)
      case "false", "False", "FALSE": return .bool(false)
      default: break
      }
      if let value = Int64(text) { return .integer(value) }
      let looksNumeric = text.unicodeScalars.allSatisfy {
        "+-.0123456789eE".unicodeScalars.contains($0)
      }
      if looksNumeric, let value = Double(text), value.isFinite { return .number(value) }
      return .string(text)
    }
  }

  // MARK: Messages

  /// Names the place, what was expected and what stands there; secrets and long texts are not
  /// repeated.
  mutating func wrong(
    _ tree: YAMLTree, _ name: String, _ expected: String, hint: String? = nil
  ) {
    let isSecret = Schema.index[name].map { Schema.all[$0].isSecret } ?? false
    var found = tree.kindName
    if case .scalar(let text, _) = tree.content, !isSecret {
      found = "`\(SettingText.oneLine(String(text.prefix(60))))`"
    }
    log.error(
      "wrong_value", at: tree.place, "`\(name)` must be \(expected), not \(found)", hint: hint)
  }
}
