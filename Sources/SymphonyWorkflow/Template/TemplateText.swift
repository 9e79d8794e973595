// How values look in a prompt, and how expressions and kinds are called in messages. Called by the
// evaluator, the filters and the settings. Nothing here reads a template.

import SymphonyCore

enum TemplateText {
  /// The text of a value in a prompt; null prints nothing in both syntaxes.
  ///
  /// The program github-symphony ran Go's templates with
  /// missingkey=error; `<nil>` and `<no value>` must never reach a prompt.
  static func print(_ value: Structure, _ syntax: TemplateSyntax) -> String {
    switch value {
    case .null: return ""
    case .bool(let flag): return flag ? "true" : "false"
    case .integer(let number): return "\(number)"
    case .number(let number): return self.number(number)
    case .string(let text): return text
    case .list(let values):
      let texts = values.map { print($0, syntax) }
      if syntax == .go { return "[" + texts.joined(separator: " ") + "]" }
      let isFlat = values.allSatisfy {
        switch $0 {
        case .list, .object: false
        default: true
        }
      }
      return isFlat ? texts.joined(separator: ", ") : json(value)
    case .object(let members):
      guard syntax == .go else { return json(value) }
      let texts = members.sorted { $0.key < $1.key }.map { "\($0.key):\(print($0.value, syntax))" }
      return "map[" + texts.joined(separator: " ") + "]"
    }
  }

  /// Without a fraction where there is none.
  static func number(_ value: Double) -> String {
    Int64(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  /// Compact JSON with sorted keys.
  static func json(_ value: Structure) -> String {
    switch value {
    case .null: return "null"
    case .bool(let flag): return flag ? "true" : "false"
    case .integer(let number): return "\(number)"
    case .number(let number): return number.isFinite ? self.number(number) : "null"
    case .string(let text): return quoted(text)
    case .list(let values): return "[" + values.map(json).joined(separator: ",") + "]"
    case .object(let members):
      let pairs = members.sorted { $0.key < $1.key }.map { quoted($0.key) + ":" + json($0.value) }
      return "{" + pairs.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{0}"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  // MARK: Messages

  static func kind(_ value: Structure) -> String {
    switch value {
    case .null: "null"
    case .bool: "true or false"
    case .integer, .number: "a number"
    case .string: "a text"
    case .list: "a list"
    case .object: "a map"
    }
  }

  static func count(_ range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (0, 0): "no arguments"
    case (1, 1): "1 argument"
    case (let low, 32): "\(low) or more arguments"
    case (let low, let high) where low == high: "\(low) arguments"
    case (let low, let high): "\(low) to \(high) arguments"
    }
  }

  /// `issue.title`, as it is written; empty for Go's dot.
  static func spell(_ expression: Expression) -> String {
    switch expression {
    case .name(let name, _): name
    case .member(let subject, let name, _):
      spell(subject).isEmpty ? name : spell(subject) + "." + name
    case .root: "$"
    case .dot: ""
    case .item(let subject, _, _): spell(subject) + "[...]"
    default: "(...)"
    }
  }
}
