// The filters of the first syntax: a closed list. Called by the evaluator. Null goes through all of
// them but `default`, `length` and `json` as nothing, so that an unknown value never stops a
// prompt.

import SymphonyCore

extension TemplateEvaluator {
  /// Name, and how many arguments it takes.
  static let filters: [(name: String, arguments: ClosedRange<Int>)] = [
    ("default", 1...1), ("join", 0...1), ("upper", 0...0), ("lower", 0...0), ("trim", 0...0),
    ("truncate", 0...2), ("length", 0...0), ("json", 0...0), ("indent", 0...1),
  ]

  mutating func filter(
    _ name: String, _ subject: Operand, _ arguments: [Operand], _ offset: Int
  ) throws(TemplateError) -> Operand {
    guard let filter = Self.filters.first(where: { $0.name == name }) else {
      let near = NearestName.find(name, among: Self.filters.map(\.name))
      return try mistake(
        offset, "unknown filter `\(name)`",
        hint: near.map { "did you mean `\($0)`?" }
          ?? "known are \(Self.filters.map(\.name).joined(separator: ", "))")
    }
    guard filter.arguments.contains(arguments.count) else {
      return try mistake(
        offset,
        "the filter `\(name)` takes \(TemplateText.count(filter.arguments)),"
          + " not \(arguments.count)")
    }
    guard subject.isKnown, arguments.allSatisfy(\.isKnown) else { return .unknown }
    let values = arguments.map(\.value)
    switch name {
    case "default":
      let isEmpty = [.null, .string(""), .list([]), .object([:])].contains(subject.value)
      return Operand(value: isEmpty ? values[0] : subject.value)
    case "json": return Operand(value: .string(TemplateText.json(subject.value)))
    case "length": return try length(subject.value, offset)
    case "join": return try join(subject.value, values.first, offset)
    default: break
    }
    if subject.value == .null { return subject }
    guard let text = Self.textual(subject.value) else {
      return try misfit(
        offset, "the filter `\(name)` needs a text, not \(TemplateText.kind(subject.value))")
    }
    switch name {
    case "upper": return Operand(value: .string(text.uppercased()))
    case "lower": return Operand(value: .string(text.lowercased()))
    case "trim": return Operand(value: .string(text.trimmingWhitespace()))
    case "truncate": return try truncate(text, values, offset)
    default: return try indent(text, values.first, offset)
    }
  }

  /// Texts and numbers; lists and maps are nobody's text.
  static func textual(_ value: Structure) -> String? {
    switch value {
    case .string(let text): text
    case .integer, .number, .bool: TemplateText.print(value, .tags)
    default: nil
    }
  }

  private mutating func length(_ value: Structure, _ offset: Int) throws(TemplateError) -> Operand {
    switch value {
    case .null: return Operand(value: .integer(0))
    case .string(let text): return Operand(value: .integer(Int64(text.unicodeScalars.count)))
    case .list(let values): return Operand(value: .integer(Int64(values.count)))
    case .object(let members): return Operand(value: .integer(Int64(members.count)))
    default: return try misfit(offset, "\(TemplateText.kind(value)) has no length")
    }
  }

  private mutating func join(
    _ value: Structure, _ separator: Structure?, _ offset: Int
  ) throws(TemplateError) -> Operand {
    if value == .null { return Operand(value: .null) }
    guard case .list(let values) = value else {
      return try misfit(
        offset, "the filter `join` needs a list, not \(TemplateText.kind(value))")
    }
    let texts = values.map { TemplateText.print($0, .tags) }
    return Operand(value: .string(texts.joined(separator: separator?.stringValue ?? "")))
  }

  /// At most `length` characters (255), the end mark ("...") included.
  private mutating func truncate(
    _ text: String, _ values: [Structure], _ offset: Int
  ) throws(TemplateError) -> Operand {
    let mark = values.count > 1 ? values[1].stringValue ?? "" : "..."
    guard let length = values.isEmpty ? 255 : values[0].integerValue, length >= 0 else {
      return try misfit(offset, "the filter `truncate` needs a whole number of characters")
    }
    guard text.count > Int(clamping: length) else { return Operand(value: .string(text)) }
    let kept = max(0, Int(clamping: length) - mark.count)
    return Operand(value: .string((text.prefix(kept) + mark).prefix(Int(clamping: length)) + ""))
  }

  /// Every line but the first begins with `width` spaces (4); empty lines stay empty.
  private mutating func indent(
    _ text: String, _ width: Structure?, _ offset: Int
  ) throws(TemplateError) -> Operand {
    guard let spaces = width == nil ? 4 : width?.integerValue, (0...200).contains(spaces) else {
      return try misfit(offset, "the filter `indent` needs a whole number from 0 to 200")
    }
    let pad = String(repeating: " ", count: Int(spaces))
    let lines = text.splitLines(keepingEmpty: true, keepingReturns: true)
    let padded = lines.enumerated().map { $0.offset == 0 || $0.element.isEmpty ? "" : pad }
    let result = zip(padded, lines).map { $0 + $1 }.joined(separator: "\n")
    return Operand(value: .string(result))
  }
}
