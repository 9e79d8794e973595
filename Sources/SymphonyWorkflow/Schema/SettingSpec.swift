// One key of WORKFLOW.md as the schema describes it: spelling, type, default, what it means, where
// its value goes, whether it works yet. The reading, the policy, rules, `doctor` and the reference
// table all come from these; nothing else knows a key's type.

import SymphonyCore

/// The form that a value must have.
///
/// Free text may hold `$VAR`; scripts and templates may not.
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
  /// A number, or the word `unlimited`, which is read as 0.
  ///
  /// The range is that of whole numbers; nil: any number above 0.
  case limit(ClosedRange<Int64>?)
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
    case .limit(let range): (range == nil ? "number" : "int") + " or \(SettingText.unlimited)"
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

/// The place to which the value of a setting goes.
enum Destination: Sendable {
  typealias Writer<Root> = @Sendable (_ value: Structure, _ line: Int, _ into: inout Root) -> Void
  /// Into a field of the policy.
  case policy(Writer<Policy>)
  /// Into a field of the agents of these kinds; empty: of all.
  case agent(kinds: [String], Writer<AgentPolicy>)
  /// It decides about more than a field: who reads it asks for it by its name. Or it has no effect.
  case asked
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
  let destination: Destination
  /// Its name in the `set` of a rule; nil: no rule sets it.
  let ruleKey: String?

  /// A setting without a field of its own.
  init(
    _ path: String, _ type: SettingType, default fallback: SettingDefault = .nothing,
    shown: String? = nil, aliases: [String] = [], unit: String? = nil,
    feature: Feature = .works, ruleKey: String? = nil, destination: Destination = .asked,
    _ summary: String
  ) {
    self.path = path
    self.aliases = aliases
    self.type = type
    self.fallback = fallback
    self.fallbackText = shown
    self.unit = unit
    self.feature = feature
    self.summary = summary
    self.destination = destination
    self.ruleKey = ruleKey
  }

  /// A setting of the whole workflow.
  ///
  /// Its default is what the field begins with.
  ///
  /// `githubSymphony`: the default in files of github-symphony's dialect, where it is another one.
  init<Value: SettingValue>(
    _ path: String, _ field: any WritableKeyPath<Policy, Value> & Sendable,
    as form: SettingForm<Value> = SettingForm(), githubSymphony: Value? = nil,
    shown: String? = nil, aliases: [String] = [], unit: String? = nil, _ summary: String
  ) {
    let standard = Policy(promptTemplate: "", promptLine: 1, workflowPath: "")
    self.init(
      path, form.type, default: form.fallback(standard[keyPath: field], githubSymphony),
      shown: shown, aliases: aliases, unit: unit ?? Value.unit,
      destination: .policy(form.writer(field, path)), summary)
  }

  /// A setting of an agent: of all kinds, or of the one whose section it stands in.
  ///
  /// Its default is what the field begins with.
  ///
  /// `kinds`: who has it, where that is not what the section says. `inRules`: rules may set it,
  /// under the last part of its name. `ruleKey`: rules may set it, under this name.
  init<Value: SettingValue>(
    _ path: String, _ field: any WritableKeyPath<AgentPolicy, Value> & Sendable,
    as form: SettingForm<Value> = SettingForm(), githubSymphony: Value? = nil,
    shown: String? = nil, aliases: [String] = [], unit: String? = nil, kinds: [String]? = nil,
    inRules: Bool = false, ruleKey: String? = nil, _ summary: String
  ) {
    let (section, key) = Self.parts(of: path)
    self.init(
      path, form.type, default: form.fallback(AgentPolicy()[keyPath: field], githubSymphony),
      shown: shown, aliases: aliases, unit: unit ?? Value.unit,
      ruleKey: ruleKey ?? (inRules ? key : nil),
      destination: .agent(
        kinds: kinds ?? AgentSections.kinds(of: section), form.writer(field, path)),
      summary)
  }

  /// `agent` and `max_turns` of `agent.max_turns`.
  static func parts(of path: String) -> (section: String, key: String) {
    let section = path.prefix { $0 != "." }
    return (String(section), String(path.dropFirst(section.count + 1)))
  }

  /// The kinds of agents that have it; empty: all, or it is not theirs.
  var kinds: [String] {
    if case .agent(let kinds, _) = destination { kinds } else { [] }
  }

  /// A value of this setting for people.
  func show(_ value: Structure) -> String {
    if case .limit = type, let number = value.numberValue, number <= 0 {
      return SettingText.unlimited
    }
    return SettingText.show(value)
  }

  var isSecret: Bool { if case .secret = type { true } else { false } }

  /// The default as the reference shows it.
  var shownDefault: String {
    if let fallbackText { return fallbackText }
    switch fallback {
    case .same(let value): return show(value)
    case .byDialect(let baton, let githubSymphony):
      return "B \(SettingText.show(baton)), G \(SettingText.show(githubSymphony))"
    }
  }
}

extension SettingForm {
  fileprivate func fallback(_ standard: Value, _ githubSymphony: Value?) -> SettingDefault {
    guard let githubSymphony else { return .same(written(standard)) }
    return .byDialect(baton: written(standard), githubSymphony: written(githubSymphony))
  }

  private func written(_ value: Value) -> Structure {
    switch type {
    case .integer, .limit: value.written == .null ? .integer(0) : value.written
    default: value.written
    }
  }

  fileprivate func writer<Root>(
    _ field: any WritableKeyPath<Root, Value> & Sendable, _ path: String
  ) -> Destination.Writer<Root> {
    { structure, line, root in
      guard let value = Value.read(structure, line: line) else {
        preconditionFailure("the field of \(path) cannot hold what \(type.name) is read as")
      }
      root[keyPath: field] = kept(value)
    }
  }
}

extension SettingDefault {
  static func number(_ value: Int64) -> SettingDefault { .same(.integer(value)) }
  static func word(_ text: String) -> SettingDefault { .same(.string(text)) }
  static let yes = SettingDefault.same(.bool(true))
  static let nothing = SettingDefault.same(.null)
  static let emptyList = SettingDefault.same(.list([]))
}

/// Values for people.
enum SettingText {
  /// How no limit is written, wherever one may be set.
  static let unlimited = "unlimited"

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
