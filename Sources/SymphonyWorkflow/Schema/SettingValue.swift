// How the fields of the policy are written in WORKFLOW.md. A row of the schema names a field, and
// the field's type says what the reader is asked for, unless the row says it more exactly: a range,
// a path. The reading itself, with its error texts, is SettingReader's.

import SymphonyCore

protocol SettingValue: Sendable {
  /// The form that the reader asks for where the row says no more.
  static var type: SettingType { get }
  /// The same of a list of these, and of a map of names to these.
  static var listType: SettingType { get }
  static var mapType: SettingType { get }
  /// `ms`, `USD`.
  static var unit: String? { get }
  /// From what the reader made of it, and the line it begins on, counted from 1; nil: it is of
  /// another type, which is a mistake in the schema.
  static func read(_ value: Structure, line: Int) -> Self?
  /// The way back, for the default a field has; null: it is empty.
  var written: Structure { get }
}

extension SettingValue {
  static var listType: SettingType { .textList }
  static var mapType: SettingType { .freeMap }
  static var unit: String? { nil }
}

/// How one field is written, where that is more than its type says.
struct SettingForm<Value: SettingValue>: Sendable {
  var type = Value.type
  /// The value to keep, made from the one that was read.
  var kept: @Sendable (Value) -> Value = { $0 }
}

extension SettingForm where Value: WholeNumber {
  static func whole(_ range: ClosedRange<Int64>) -> Self { Self(type: .integer(range)) }
  /// 0, in ranges that begin there or below, is an older word for no limit.
  static func limit(_ range: ClosedRange<Int64>) -> Self { Self(type: .limit(range)) }
  static var count: Self { limit(Schema.largeCount) }
}

extension SettingForm where Value: Text {
  static var path: Self { Self(type: .path) }
  static var url: Self { Self(type: .url) }
  static var script: Self { Self(type: .script) }
  static var agentCommand: Self { Self(type: .agentCommand) }
  static func spelled(_ words: [String]) -> Self { Self(type: .spelled(words)) }
}

extension SettingForm where Value == [String] {
  /// Labels compare without case and surrounding space.
  static var labels: Self {
    Self { $0.reduce(into: []) { if !$0.contains($1.folded) { $0.append($1.folded) } } }
  }
  /// Empty: all.
  ///
  /// `all` is how the reference names that default.
  static var tools: Self { Self { $0 == ["all"] ? [] : $0 } }
}

extension SettingForm where Value == [String: Int] {
  static var byRepository: Self { Self(type: .repositoryMap(Schema.count)) }
}

extension SettingForm where Value == [String: Int]? {
  static var priorities: Self { Self(type: .integerMap(Schema.priorities)) }
}

// MARK: Single values

protocol WholeNumber: SettingValue {}
protocol Text: SettingValue {}

extension Bool: SettingValue {
  static var type: SettingType { .flag }
  static func read(_ value: Structure, line: Int) -> Bool? { value.boolValue }
  var written: Structure { .bool(self) }
}

extension Int: WholeNumber {
  static var type: SettingType { .integer(Schema.count) }
  static var mapType: SettingType { .integerMap(Schema.count) }
  static func read(_ value: Structure, line: Int) -> Int? { value.integerValue.map { Int($0) } }
  var written: Structure { .integer(Int64(self)) }
}

extension Int64: WholeNumber {
  static var type: SettingType { .limit(Schema.largeCount) }
  static func read(_ value: Structure, line: Int) -> Int64? { value.integerValue }
  var written: Structure { .integer(self) }
}

extension Interval: WholeNumber {
  static var type: SettingType { .integer(Schema.milliseconds) }
  static var unit: String? { "ms" }
  static func read(_ value: Structure, line: Int) -> Interval? {
    value.integerValue.map { .milliseconds($0) }
  }
  var written: Structure { .integer(milliseconds) }
}

/// Dollars.
extension Double: SettingValue {
  static var type: SettingType { .limit(nil) }
  static var unit: String? { "USD" }
  static func read(_ value: Structure, line: Int) -> Double? { value.numberValue }
  var written: Structure { .number(self) }
}

extension String: Text {
  static var type: SettingType { .text }
  static func read(_ value: Structure, line: Int) -> String? { value.stringValue }
  var written: Structure { .string(self) }
}

extension Secret: SettingValue {
  static var type: SettingType { .secret }
  static func read(_ value: Structure, line: Int) -> Secret? {
    value.stringValue.map { Secret($0) }
  }
  var written: Structure { .null }
}

extension TemplateSource: SettingValue {
  static var type: SettingType { .template }
  static func read(_ value: Structure, line: Int) -> TemplateSource? {
    value.stringValue.map { TemplateSource(text: $0, line: line) }
  }
  var written: Structure { .string(text) }
}

extension RepositoryName: SettingValue {
  static var type: SettingType { .repository }
  static var listType: SettingType { .repositoryList }
  static func read(_ value: Structure, line: Int) -> RepositoryName? {
    value.stringValue.flatMap { RepositoryName($0) }
  }
  var written: Structure { .string(description) }
}

extension SettingValue where Self: RawRepresentable<String> {
  static func read(_ value: Structure, line: Int) -> Self? {
    value.stringValue.flatMap { Self(rawValue: $0) }
  }
  var written: Structure { .string(rawValue) }
}

extension SettingValue where Self: RawRepresentable<String> & CaseIterable {
  static var type: SettingType { .choice(allCases.map(\.rawValue)) }
}

extension TrackerPolicy.Kind: SettingValue {}
extension BoardPolicy.Scope: SettingValue {}
extension MergePolicy.When: SettingValue {}
extension MergePolicy.Method: SettingValue {}
extension AgentPolicy.SessionReuse: SettingValue {}
extension SandboxPolicy.Kind: SettingValue {}
extension NotifyPolicy.Event: SettingValue {
  static var listType: SettingType { .choiceList(allCases.map(\.rawValue)) }
}
extension WorkItem.ContentType: SettingValue {
  private static let wanted: [Self] = [.issue, .draftIssue, .pullRequest]
  static var type: SettingType { .choice(wanted.map(\.rawValue)) }
  static var listType: SettingType { .choiceList(wanted.map(\.rawValue)) }
}

// MARK: None, several, anything

extension Optional: SettingValue where Wrapped: SettingValue {
  static var type: SettingType { Wrapped.type }
  static var unit: String? { Wrapped.unit }
  /// A number that may be absent is a limit: 0 and less are none.
  static func read(_ value: Structure, line: Int) -> Wrapped?? {
    if let number = value.numberValue, number <= 0 { return .some(nil) }
    return Wrapped.read(value, line: line).map { .some($0) }
  }
  var written: Structure { self?.written ?? .null }
}

extension Optional: WholeNumber where Wrapped: WholeNumber {}
extension Optional: Text where Wrapped: Text {}

extension Array: SettingValue where Element: SettingValue {
  static var type: SettingType { Element.listType }
  static func read(_ value: Structure, line: Int) -> [Element]? {
    value.listValue?.compactMap { Element.read($0, line: line) }
  }
  var written: Structure { .list(map(\.written)) }
}

extension Dictionary: SettingValue where Key == String, Value: SettingValue {
  static var type: SettingType { Value.mapType }
  /// Names compare without case; the keys of a free map are as they are.
  static func read(_ value: Structure, line: Int) -> [String: Value]? {
    let isFree = if case .freeMap = type { true } else { false }
    return value.objectValue?.reduce(into: [:]) { members, member in
      members[isFree ? member.key : member.key.folded] = Value.read(member.value, line: line)
    }
  }
  var written: Structure { .object(mapValues(\.written)) }
}

extension Structure: SettingValue {
  static var type: SettingType { .textOrMap([]) }
  static func read(_ value: Structure, line: Int) -> Structure? { value }
  var written: Structure { self }
}

extension Structure {
  /// The texts of a list.
  var texts: [String] { listValue?.compactMap(\.stringValue) ?? [] }
}
