// The functions of Go's syntax: a closed list. Called by the evaluator, which hands over
// unevaluated arguments, because `and` and `or` look at the second only when the first does not
// decide.

import SymphonyCore

extension TemplateEvaluator {
  /// Name, and how many arguments it takes.
  static let functions: [(name: String, arguments: ClosedRange<Int>)] = [
    ("eq", 2...32), ("ne", 2...2), ("lt", 2...2), ("le", 2...2), ("gt", 2...2), ("ge", 2...2),
    ("and", 1...32), ("or", 1...32), ("not", 1...1), ("len", 1...1), ("index", 1...32),
    ("printf", 1...32),
  ]

  mutating func call(
    _ name: String, _ arguments: [Expression], _ offset: Int
  ) throws(TemplateError) -> Operand {
    guard let function = Self.functions.first(where: { $0.name == name }) else {
      return try mistake(offset, "unknown function `\(name)`", hint: hint(forFunction: name))
    }
    guard function.arguments.contains(arguments.count) else {
      return try mistake(
        offset,
        "the function `\(name)` takes \(TemplateText.count(function.arguments)),"
          + " not \(arguments.count)")
    }
    if name == "and" || name == "or" { return try decide(name, arguments) }
    var operands: [Operand] = []
    for argument in arguments { operands.append(try evaluate(argument)) }
    let isKnown = operands.allSatisfy(\.isKnown)
    switch name {
    case "eq":
      var answer = Operand(value: .bool(false))
      for other in operands.dropFirst() {
        answer = try compare(.equal, operands[0], other, offset)
        if answer.isKnown, answer.value == .bool(true) { break }
      }
      return answer
    case "ne": return try compare(.notEqual, operands[0], operands[1], offset)
    case "lt": return try compare(.less, operands[0], operands[1], offset)
    case "le": return try compare(.lessOrEqual, operands[0], operands[1], offset)
    case "gt": return try compare(.greater, operands[0], operands[1], offset)
    case "ge": return try compare(.greaterOrEqual, operands[0], operands[1], offset)
    case "not":
      return Operand(value: .bool(!operands[0].value.isTruthy), isKnown: isKnown)
    case "len": return isKnown ? try len(operands[0].value, offset) : .unknown
    case "index":
      var value = operands[0]
      for key in operands.dropFirst() {
        value = try item(value, key, TemplateText.spell(arguments[0]), offset)
      }
      return value
    default: return try printf(operands, offset)
    }
  }

  private func hint(forFunction name: String) -> String? {
    if root[name] != nil {
      return "this file is written in Go's syntax: write `.\(name)` with a dot"
    }
    if let near = NearestName.find(name, among: Self.functions.map(\.name)) {
      return "did you mean `\(near)`?"
    }
    return "known are \(Self.functions.map(\.name).joined(separator: ", "))"
  }

  private mutating func decide(
    _ name: String, _ arguments: [Expression]
  ) throws(TemplateError) -> Operand {
    var result = Operand(value: .null)
    var isKnown = true
    var decided = false
    for argument in arguments {
      let operand = try evaluate(argument)
      isKnown = isKnown && operand.isKnown
      if !decided { result = operand }
      decided = decided || operand.value.isTruthy == (name == "or")
      if decided, !isCheck { break }
    }
    return isKnown ? result : .unknown
  }

  /// Of a text: its bytes, as in Go.
  private mutating func len(_ value: Structure, _ offset: Int) throws(TemplateError) -> Operand {
    switch value {
    case .null: return Operand(value: .integer(0))
    case .string(let text): return Operand(value: .integer(Int64(text.utf8.count)))
    case .list(let values): return Operand(value: .integer(Int64(values.count)))
    case .object(let members): return Operand(value: .integer(Int64(members.count)))
    default: return try misfit(offset, "\(TemplateText.kind(value)) has no length")
    }
  }

  // MARK: printf

  private mutating func printf(
    _ operands: [Operand], _ offset: Int
  ) throws(TemplateError) -> Operand {
    guard operands[0].isKnown else { return .unknown }
    guard case .string(let format) = operands[0].value else {
      return try mistake(offset, "`printf` needs a text with % verbs first")
    }
    var result = ""
    var next = 1
    var isVerb = false
    for character in format {
      guard isVerb else {
        if character == "%" { isVerb = true } else { result.append(character) }
        continue
      }
      isVerb = false
      if character == "%" {
        result.append("%")
        continue
      }
      guard "sdvq".contains(character) else {
        return try mistake(
          offset, "`printf` does not know %\(character)", hint: "known are %s %d %v %q %%")
      }
      guard next < operands.count else {
        return try mistake(offset, "`printf` has fewer arguments than % verbs")
      }
      let operand = operands[next]
      next += 1
      guard operand.isKnown else { continue }
      guard let text = Self.formatted(operand.value, character) else {
        return try misfit(
          offset, "%\(character) does not fit \(TemplateText.kind(operand.value))")
      }
      result += text
    }
    if isVerb { return try mistake(offset, "`printf` has a % without a verb at its end") }
    guard next == operands.count else {
      return try mistake(offset, "`printf` has more arguments than % verbs")
    }
    return operands.allSatisfy(\.isKnown) ? Operand(value: .string(result)) : .unknown
  }

  /// Null prints nothing, whatever the verb: Go's `<nil>` must never reach a prompt.
  private static func formatted(_ value: Structure, _ verb: Character) -> String? {
    if value == .null { return "" }
    switch verb {
    case "d":
      if case .integer(let number) = value { return "\(number)" }
      return nil
    case "q":
      if case .string(let text) = value { return TemplateText.json(.string(text)) }
      return nil
    default: return TemplateText.print(value, .go)
    }
  }
}
