// How a setting is written and which Swift value it becomes. A row of the schema names a shape and
// a field of the policy, and the compiler sees to it that they fit together. The reading itself,
// with its error texts, is SettingReader's.

import SymphonyCore

struct SettingShape<Value>: Sendable {
  /// What the reader is asked for.
  let type: SettingType
  /// `ms`, `MB`, `USD`, ...
  let unit: String?
  /// From what the reader made of it, and the line it begins on, counted from 1; nil: the field
  /// cannot hold it, which is a mistake in the schema.
  let value: @Sendable (Structure, Int) -> Value?
  /// The way back, for the default that a field has.
  let written: @Sendable (Value) -> Structure

  fileprivate init(
    _ type: SettingType, unit: String? = nil, written: @escaping @Sendable (Value) -> Structure,
    value: @escaping @Sendable (Structure) -> Value?
  ) {
    self.init(type: type, unit: unit, value: { structure, _ in value(structure) }, written: written)
  }

  fileprivate init(
    type: SettingType, unit: String?, value: @escaping @Sendable (Structure, Int) -> Value?,
    written: @escaping @Sendable (Value) -> Structure
  ) {
    self.type = type
    self.unit = unit
    self.value = value
    self.written = written
  }
}

// MARK: Flags and numbers

extension SettingShape where Value == Bool {
  static var flag: Self { Self(.flag, written: { .bool($0) }) { $0.boolValue } }
}

extension SettingShape where Value == Int {
  static func integer(_ range: ClosedRange<Int64>) -> Self {
    Self(.integer(range), written: { .integer(Int64($0)) }) { $0.integerValue.map { Int($0) } }
  }
}

extension SettingShape where Value == Interval {
  static func interval(_ range: ClosedRange<Int64>) -> Self {
    Self(.integer(range), unit: "ms", written: { .integer($0.milliseconds) }) {
      $0.integerValue.map { .milliseconds($0) }
    }
  }
}

// Limits: nil is none. Those that are a function are written as a number, 0 or less for none; the
// others have null for it.

extension SettingShape where Value == Int? {
  static func limit(_ range: ClosedRange<Int64>) -> Self {
    Self(.integer(range), written: { .integer(Int64($0 ?? 0)) }) {
      $0.integerValue.map { $0 > 0 ? Int($0) : nil }
    }
  }
  static var limit: Self {
    Self(.limit(whole: true), written: { .optional($0) }) { $0.integerValue.map { Int($0) } }
  }
}

extension SettingShape where Value == Int64? {
  static var limit: Self {
    Self(.limit(whole: true), written: { $0.map { .integer($0) } ?? .null }) { $0.integerValue }
  }
}

extension SettingShape where Value == Interval? {
  static func limit(_ range: ClosedRange<Int64>) -> Self {
    Self(.integer(range), unit: "ms", written: { .integer($0?.milliseconds ?? 0) }) {
      $0.integerValue.map { $0 > 0 ? .milliseconds($0) : nil }
    }
  }
}

extension SettingShape where Value == Double? {
  static var dollars: Self {
    Self(.limit(whole: false), unit: "USD", written: { $0.map { .number($0) } ?? .null }) {
      $0.numberValue
    }
  }
}

// MARK: Texts

extension SettingShape where Value == String {
  static var text: Self { plain(.text) }
  static var path: Self { plain(.path) }
  static var url: Self { plain(.url) }
  static func spelled(_ words: [String]) -> Self { plain(.spelled(words)) }
  private static func plain(_ type: SettingType) -> Self {
    Self(type, written: { .string($0) }) { $0.stringValue }
  }
}

extension SettingShape where Value == String? {
  static var text: Self { plain(.text) }
  static var path: Self { plain(.path) }
  static var script: Self { plain(.script) }
  static var agentCommand: Self { plain(.agentCommand) }
  static func spelled(_ words: [String]) -> Self { plain(.spelled(words)) }
  private static func plain(_ type: SettingType) -> Self {
    Self(type, written: { .optional($0) }) { $0.stringValue }
  }
}

extension SettingShape where Value == TemplateSource? {
  static var template: Self {
    Self(
      type: .template, unit: nil,
      value: { value, line in value.stringValue.map { TemplateSource(text: $0, line: line) } },
      written: { .optional($0?.text) })
  }
}

extension SettingShape
where Value: RawRepresentable<String> & CaseIterable & Sendable {
  /// One of the names of the cases.
  static var choice: Self {
    Self(.choice(Value.allCases.map(\.rawValue)), written: { .string($0.rawValue) }) {
      $0.stringValue.flatMap { Value(rawValue: $0) }
    }
  }
}

extension SettingShape where Value == RepositoryName? {
  static var repository: Self {
    Self(.repository, written: { .optional($0?.description) }) {
      $0.stringValue.flatMap { RepositoryName($0) }
    }
  }
}

// MARK: Lists and maps

extension SettingShape where Value == [String] {
  static var texts: Self { list { $0 } }
  /// Labels compare without case and surrounding space.
  static var labels: Self {
    list { names in
      names.reduce(into: []) { if !$0.contains($1.folded) { $0.append($1.folded) } }
    }
  }
  /// Empty: all. `all` is how the reference names that default.
  static var tools: Self { list { $0 == ["all"] ? [] : $0 } }
  private static func list(_ read: @escaping @Sendable ([String]) -> [String]) -> Self {
    Self(.textList, written: { .list($0.map { .string($0) }) }) { read($0.texts) }
  }
}

extension SettingShape where Value == [WorkItem.ContentType] {
  static func choices(_ choices: [WorkItem.ContentType]) -> Self {
    Self(.choiceList(choices.map(\.rawValue)), written: { .list($0.map { .string($0.rawValue) }) })
    { $0.texts.compactMap { WorkItem.ContentType(rawValue: $0) } }
  }
}

extension SettingShape where Value == [RepositoryName] {
  static var repositories: Self {
    Self(.repositoryList, written: { .list($0.map { .string($0.description) }) }) {
      $0.texts.compactMap { RepositoryName($0) }
    }
  }
}

extension SettingShape where Value == [String: Int] {
  /// By folded name.
  static func integers(_ range: ClosedRange<Int64>) -> Self { map(.integerMap(range)) }
  /// By folded `owner/name`.
  static func integersByRepository(_ range: ClosedRange<Int64>) -> Self {
    map(.repositoryMap(range))
  }
  private static func map(_ type: SettingType) -> Self {
    Self(type, written: { .object($0.mapValues { .integer(Int64($0)) }) }) { $0.integers }
  }
}

extension SettingShape where Value == [String: Int]? {
  static func integers(_ range: ClosedRange<Int64>) -> Self {
    Self(.integerMap(range), written: { _ in .null }) { $0.integers }
  }
}

extension SettingShape where Value == [String: Structure] {
  static var free: Self { Self(.freeMap, written: { .object($0) }) { $0.objectValue } }
}

// MARK: Small fixed forms

extension SettingShape where Value == Structure {
  static func textOrMap(_ words: [String] = []) -> Self {
    Self(.textOrMap(words), written: { $0 }) { $0 }
  }
}

/// What its field begins with is empty.
extension SettingShape {
  fileprivate init(
    _ type: SettingType, empty: Structure, value: @escaping @Sendable (Structure) -> Value?
  ) {
    self.init(type, written: { _ in empty }, value: value)
  }
}

extension SettingShape where Value == TrackerPolicy.TrustedAuthors {
  static var trustedAuthors: Self {
    Self(.trustedAuthors, empty: .null) { $0.listValue == nil ? .writeAccess : .list($0.texts) }
  }
}

extension SettingShape where Value == LabelMoves {
  static var labelMoves: Self {
    let move = [("add", .textList), ("remove", .textList)].map(RecordField.init)
    let events = ["start", "handoff", "park"].map { RecordField(name: $0, shape: .record(move)) }
    return Self(.record(events), empty: .object([:])) { value in
      func move(_ event: String) -> LabelMove {
        let lists = value[event]
        return LabelMove(add: lists?["add"]?.texts ?? [], remove: lists?["remove"]?.texts ?? [])
      }
      var moves = LabelMoves()
      (moves.start, moves.handoff, moves.park) = (move("start"), move("handoff"), move("park"))
      return moves
    }
  }
}

extension SettingShape where Value == EnvironmentPolicy {
  static var environment: Self {
    let fields = [
      RecordField(name: "inherit", shape: .choice(["all", "minimal"])),
      RecordField(name: "set", shape: .variableMap),
      RecordField(name: "remove", shape: .variablePatterns),
    ]
    return Self(.record(fields), empty: .null) { value in
      var environment = EnvironmentPolicy()
      environment.inherit =
        value["inherit"]?.stringValue.flatMap { .init(rawValue: $0) } ?? environment.inherit
      environment.set = value["set"]?.textsByName ?? [:]
      environment.remove = value["remove"]?.texts ?? []
      return environment
    }
  }
}

extension SettingShape where Value == [MCPServer] {
  static var servers: Self {
    Self(.mcpServers, empty: .list([])) { value in
      (value.listValue ?? []).compactMap { server in
        guard let name = server["name"]?.stringValue else { return nil }
        return MCPServer(
          name: name, command: server["command"]?.texts ?? [], url: server["url"]?.stringValue,
          env: server["env"]?.textsByName ?? [:], headers: server["headers"]?.textsByName ?? [:],
          onDemand: server["on_demand"]?.boolValue ?? false)
      }
    }
  }
}

extension Structure {
  /// The texts of a list.
  var texts: [String] { listValue?.compactMap(\.stringValue) ?? [] }
  fileprivate var textsByName: [String: String] {
    objectValue?.compactMapValues(\.stringValue) ?? [:]
  }
  /// The whole numbers of a map, by folded name.
  fileprivate var integers: [String: Int] {
    (objectValue ?? [:]).reduce(into: [:]) { numbers, member in
      numbers[member.key.folded] = member.value.integerValue.map { Int($0) }
    }
  }
}
