// Finds in a template's tree what it prints of the item and of the item's wake: symphony adds what
// is missing, and says nothing twice. Called by the engine. A variable that is only tested is not
// printed.

import SymphonyCore

struct TemplateReads {
  private(set) var found = PromptReads()

  mutating func walk(_ nodes: [TemplateNode]) {
    for node in nodes {
      switch node {
      case .text: break
      case .output(let expression, _): walk(expression, isTest: false)
      case .assign(_, let expression, _, _): walk(expression, isTest: false)
      case .branch(let arms, let otherwise):
        for arm in arms {
          walk(arm.condition, isTest: arm.variable == nil)
          walk(arm.body)
        }
        walk(otherwise)
      case .with(let arm, let otherwise):
        walk(arm.condition, isTest: false)
        walk(arm.body)
        walk(otherwise)
      case .loop(let loop):
        walk(loop.source, isTest: false)
        walk(loop.body)
        walk(loop.otherwise)
      }
    }
  }

  private mutating func walk(_ expression: Expression, isTest: Bool) {
    if let path = Self.path(expression) {
      if !isTest { note(path) }
      return
    }
    switch expression {
    case .item(let subject, let key, _):
      walk(subject, isTest: isTest)
      walk(key, isTest: true)
    case .list(let values): for value in values { walk(value, isTest: isTest) }
    case .not(let inner): walk(inner, isTest: true)
    case .and(let left, let right), .or(let left, let right):
      walk(left, isTest: isTest)
      walk(right, isTest: isTest)
    case .compare(_, let left, let right, _):
      walk(left, isTest: true)
      walk(right, isTest: true)
    case .filter(_, let subject, let arguments, _):
      walk(subject, isTest: isTest)
      for argument in arguments { walk(argument, isTest: isTest) }
    case .call(_, let arguments, _): for argument in arguments { walk(argument, isTest: isTest) }
    case .literal, .root, .dot, .name, .member: break
    }
  }

  private mutating func note(_ path: [String]) {
    switch path.first {
    case "wake"?: if path.count == 1 || path[1] == "text" { found.placesWake = true }
    case "feedback"?: found.placesFeedback = true
    case "issue"?, "work_item"?: found.namesItem = true
    default: break
    }
  }

  /// `issue.title` as its names; nil: it is no variable.
  private static func path(_ expression: Expression) -> [String]? {
    switch expression {
    case .name(let name, _): [name]
    case .root, .dot: []
    case .member(let subject, let name, _): path(subject).map { $0 + [name] }
    default: nil
    }
  }
}
