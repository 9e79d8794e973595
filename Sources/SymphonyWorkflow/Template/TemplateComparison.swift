// How values compare in templates. Called by the evaluator for the operators of the first syntax
// and for the functions eq, ne, lt, le, gt, ge of Go's.

import SymphonyCore

extension TemplateEvaluator {
  mutating func compare(
    _ comparison: Expression.Comparison, _ left: Operand, _ right: Operand, _ offset: Int
  ) throws(TemplateError) -> Operand {
    guard left.isKnown, right.isKnown else { return .unknown }
    let answer: Bool
    switch comparison {
    case .equal, .notEqual:
      // Go calls this a mistake; the first syntax, like Python, calls it unequal.
      if syntax == .go, !Self.comparable(left.value, right.value) {
        return try misfit(
          offset,
          "\(TemplateText.kind(left.value)) cannot be compared with"
            + " \(TemplateText.kind(right.value))")
      }
      answer = Self.equal(left.value, right.value) == (comparison == .equal)
    case .within:
      guard let found = Self.contains(right.value, left.value) else {
        return try misfit(
          offset,
          "`in` cannot look for \(TemplateText.kind(left.value)) in"
            + " \(TemplateText.kind(right.value))")
      }
      answer = found
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      // `attempt` is null on the first run: nothing is smaller or greater than that.
      if left.value == .null || right.value == .null { return Operand(value: .bool(false)) }
      guard let order = Self.order(left.value, right.value) else {
        return try misfit(
          offset,
          "\(TemplateText.kind(left.value)) and \(TemplateText.kind(right.value)) have no order")
      }
      switch comparison {
      case .less: answer = order < 0
      case .lessOrEqual: answer = order <= 0
      case .greater: answer = order > 0
      default: answer = order >= 0
      }
    }
    return Operand(value: .bool(answer))
  }

  static func equal(_ left: Structure, _ right: Structure) -> Bool {
    if let first = left.numberValue, let second = right.numberValue { return first == second }
    return left == right
  }

  private static func comparable(_ left: Structure, _ right: Structure) -> Bool {
    switch (left, right) {
    case (.null, _), (_, .null), (.string, .string), (.bool, .bool): true
    default: left.numberValue != nil && right.numberValue != nil
    }
  }

  private static func contains(_ whole: Structure, _ part: Structure) -> Bool? {
    switch (whole, part) {
    case (.null, _): false
    case (.list(let values), _): values.contains { equal($0, part) }
    case (.object(let members), .string(let name)): members[name] != nil
    case (.string(let text), .string(let piece)): piece.isEmpty || text.contains(piece)
    case (.string, .null): false
    default: nil
    }
  }

  private static func order(_ left: Structure, _ right: Structure) -> Int? {
    if let first = left.numberValue, let second = right.numberValue {
      return first < second ? -1 : first > second ? 1 : 0
    }
    if let first = left.stringValue, let second = right.stringValue {
      return first < second ? -1 : first > second ? 1 : 0
    }
    return nil
  }
}
