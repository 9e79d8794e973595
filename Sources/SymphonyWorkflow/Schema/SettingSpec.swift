// One key of WORKFLOW.md as the schema describes it: spelling, type, default, what it means,
// whether it works yet. The reading, `doctor` and the reference table all come from these; nothing
// else knows a key's type.

import SymphonyCore

/// What a value must look like. Free text may hold `$VAR`; scripts and templates may not.
enum SettingType: Sendable {
  case text
  case secret
  /// One of a few words.
  case choice([String])
  /// One of a few words of several parts; the parts may be joined by `-`, `_`, or capitals.
  case spelled([String])
  /// One of the words, any text where there are none, or a map of free keys.
  case textOrMap([String])
  case integer(ClosedRange<Int64>)
  /// A positive number, where null is no limit at all.
  case limit(whole: Bool)
  case flag
  case textList
  case choiceList([String])
  case path
  case url
  case repository
  case repositoryList
  /// Names to whole numbers; the names are free, and compare like labels and statuses.
  case integerMap(ClosedRange<Int64>)
  /// `owner/name` to whole numbers.
  case repositoryMap(ClosedRange<Int64>)
  /// Texts to anything; the keys are free.
  case freeMap
  /// For `sh -c`: `$VAR` is the shell's.
  case script
  /// For the template engine.
  case template
  /// Executable and arguments; a script where `agent.kind` is `command`.
  case agentCommand
  /// `write_access`, or a list of logins.
  case trustedAuthors
  case mcpServers
  /// A fixed shape of its own.
  case record([RecordField])
  /// `agent.rules`.
  case agentRules

  var name: String {
    switch self {
    case .text: "string"
    case .secret: "string (secret)"
    case .choice(let words), .spelled(let words): words.joined(separator: ", ")
    case .textOrMap(let words):
      words.isEmpty ? "string or map" : words.joined(separator: ", ") + ", or map"
    case .integer: "int"
    case .limit(let whole): whole ? "int" : "number"
    case .flag: "bool"
    case .textList, .trustedAuthors: "list"
    case .choiceList(let words): "list of \(words.joined(separator: ", "))"
    case .path: "path"
    case .url: "url"
    case .repository: "owner/name"
    case .repositoryList: "list owner/name"
    case .integerMap: "map string->int"
    case .repositoryMap: "map owner/name->int"
    case .freeMap: "map"
    case .script: "script"
    case .template: "template"
    case .agentCommand: "string"
    case .mcpServers: "list of servers"
    case .record(let fields):
      "{\(fields.map(\.name).joined(separator: ", "))}"
    case .agentRules: "list of {when: {label, field}, set}"
    }
  }
}

struct RecordField: Sendable {
  indirect enum Shape: Sendable {
    case choice([String])
    case textList
    /// Names of variables to texts, `$VAR` left for the worker.
    case variableMap
    /// Names of variables, or beginnings that end in `*`.
    case variablePatterns
    case record([RecordField])
  }
  var name: String
  var shape: Shape
}

/// The value in effect when a key is not given.
enum SettingDefault: Sendable {
  case same(Structure)
  /// The predecessors differ: the file's dialect decides.
  case byDialect(baton: Structure, githubSymphony: Structure)

  func value(_ dialect: Dialect) -> Structure {
    switch self {
    case .same(let value): value
    case .byDialect(let baton, let githubSymphony):
      dialect == .baton ? baton : githubSymphony
    }
  }
}

struct SettingSpec: Sendable {
  let path: String
  let aliases: [String]
  let type: SettingType
  let fallback: SettingDefault
  /// The default in words where the value alone does not say it.
  let fallbackText: String?
  /// `ms`, `MB`, `USD`, ...
  let unit: String?
  let feature: Feature
  let summary: String

  init(
    _ path: String, _ type: SettingType, default fallback: SettingDefault = .same(.null),
    shown: String? = nil, aliases: [String] = [], unit: String? = nil,
    feature: Feature = .works, _ summary: String
  ) {
    self.path = path
    self.aliases = aliases
    self.type = type
    self.fallback = fallback
    self.fallbackText = shown
    self.unit = unit
    self.feature = feature
    self.summary = summary
  }

  var isSecret: Bool { if case .secret = type { true } else { false } }

  /// The default as the reference shows it.
  var shownDefault: String {
    if let fallbackText { return fallbackText }
    switch fallback {
    case .same(let value): return SettingText.show(value)
    case .byDialect(let baton, let githubSymphony):
      return "B \(SettingText.show(baton)), G \(SettingText.show(githubSymphony))"
    }
  }
}

extension SettingDefault {
  static func number(_ value: Int64) -> SettingDefault { .same(.integer(value)) }
  static func words(_ words: String...) -> SettingDefault {
    .same(.list(words.map { .string($0) }))
  }
  static func word(_ text: String) -> SettingDefault { .same(.string(text)) }
  static let yes = SettingDefault.same(.bool(true))
  static let no = SettingDefault.same(.bool(false))
  static let nothing = SettingDefault.same(.null)
  static let emptyList = SettingDefault.same(.list([]))
  static let emptyMap = SettingDefault.same(.object([:]))
}

/// Values for people.
enum SettingText {
  static func show(_ value: Structure) -> String {
    switch value {
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let number): "\(number)"
    case .number(let number): TemplateText.number(number)
    case .string(let text): oneLine(text)
    case .list(let values):
      values.isEmpty ? "[]" : values.map(show).joined(separator: ", ")
    // Free maps may hold secrets, so only whole numbers are shown beside their keys.
    case .object(let members):
      members.isEmpty
        ? "{}"
        : members.sorted { $0.key < $1.key }.map { name, value in
          if case .integer(let number) = value { "\(name): \(number)" } else { name }
        }.joined(separator: ", ")
    }
  }

  /// The first line of a longer text, and how many there are.
  static func oneLine(_ text: String) -> String {
    let lines = text.trimmingWhitespace().split(
      separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.first, lines.count > 1 else { return text.trimmingWhitespace() }
    return "\(first) … (\(lines.count) lines)"
  }
}
