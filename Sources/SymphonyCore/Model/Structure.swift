// A value of JSON's shape: template variables, agents' output lines, provider parameters, and API
// bodies that are read field by field. Object keys are sorted on output so that two processes write
// the same bytes.

package enum Structure: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case list([Structure])
  case object([String: Structure])

  package subscript(_ key: String) -> Structure? {
    if case .object(let members) = self { members[key] } else { nil }
  }
  package var stringValue: String? { if case .string(let text) = self { text } else { nil } }
  package var boolValue: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  package var listValue: [Structure]? { if case .list(let values) = self { values } else { nil } }
  package var objectValue: [String: Structure]? {
    if case .object(let members) = self { members } else { nil }
  }
  package var integerValue: Int64? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int64(exactly: value)
    default: nil
    }
  }
  package var numberValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
  /// null, false, "", [] and {} are false in both template syntaxes; 0 is false in Go's only (see
  /// there).
  package var isTruthy: Bool {
    switch self {
    case .null: false
    case .bool(let flag): flag
    case .integer(let value): value != 0
    case .number(let value): value != 0
    case .string(let text): !text.isEmpty
    case .list(let values): !values.isEmpty
    case .object(let members): !members.isEmpty
    }
  }
  /// A string when there is one, null otherwise.
  package static func optional(_ text: String?) -> Structure { text.map { .string($0) } ?? .null }
  package static func optional(_ value: Int?) -> Structure {
    value.map { .integer(Int64($0)) } ?? .null
  }
}

extension Structure: Codable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  package init(from decoder: any Decoder) throws {
    // The most frequent kind first: each wrong guess costs an error made for nothing.
    let single = try? decoder.singleValueContainer()
    if let single, let text = try? single.decode(String.self) {
      self = .string(text)
      return
    }
    if let container = try? decoder.container(keyedBy: Key.self) {
      var members: [String: Structure] = [:]
      for key in container.allKeys {
        members[key.stringValue] = try container.decode(Structure.self, forKey: key)
      }
      self = .object(members)
      return
    }
    if var container = try? decoder.unkeyedContainer() {
      var values: [Structure] = []
      while !container.isAtEnd { values.append(try container.decode(Structure.self)) }
      self = .list(values)
      return
    }
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .bool(flag)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else {
      self = .number(try container.decode(Double.self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    switch self {
    case .object(let members):
      var container = encoder.container(keyedBy: Key.self)
      for (name, value) in members.sorted(by: { $0.key < $1.key }) {
        try container.encode(value, forKey: Key(stringValue: name))
      }
    case .list(let values):
      var container = encoder.unkeyedContainer()
      for value in values { try container.encode(value) }
    default:
      var container = encoder.singleValueContainer()
      switch self {
      case .bool(let flag): try container.encode(flag)
      case .integer(let value): try container.encode(value)
      case .number(let value): try container.encode(value)
      case .string(let text): try container.encode(text)
      default: try container.encodeNil()
      }
    }
  }
}
