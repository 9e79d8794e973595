// Walks a parsed template over its variables: to render it, or to check every branch of it against
// a sample. Called by the engine. Values are printed and never parsed. In a check, what cannot be
// known (null in the sample) is let pass; every name, filter and function is looked at all the
// same.

import SymphonyCore

struct TemplateEvaluator {
  enum Mode {
    case render
    /// `strictValues`: the variables are a full sample, so a value of the wrong type is a mistake
    /// too.
    case check(strictValues: Bool)
  }

  /// A value, and what a check knows of it.
  struct Operand {
    var value: Structure
    var isKnown = true
    /// A map whose keys nobody can list beforehand: a missing key is null.
    var isFree = false
    static let unknown = Operand(value: .null, isKnown: false)
  }

  static let maxOutputBytes = 2_097_152
  static let maxSteps = 100_000

  let source: TemplateLines
  let syntax: TemplateSyntax
  let root: Structure
  let mode: Mode
  private(set) var output = ""
  private(set) var problems: [TemplateError] = []
  private var outputBytes = 0
  private var steps = 0
  private var dot: Operand
  private var scopes: [[String: Operand]] = [[:]]

  init(_ source: TemplateLines, _ syntax: TemplateSyntax, root: Structure, mode: Mode) {
    self.source = source
    self.syntax = syntax
    self.root = root
    self.mode = mode
    self.dot = Operand(value: root)
  }

  var isCheck: Bool { if case .check = mode { true } else { false } }

  /// An unknown name, filter or function, or a wrong count of arguments: always a mistake.
  mutating func mistake(
    _ offset: Int, _ sentence: String, hint: String? = nil
  ) throws(TemplateError) -> Operand {
    let error = source.error(at: offset, sentence, hint: hint)
    guard isCheck else { throw error }
    if !problems.contains(error) { problems.append(error) }
    return .unknown
  }

  /// A value that does not fit: a mistake of these variables, perhaps not of others.
  mutating func misfit(
    _ offset: Int, _ sentence: String, hint: String? = nil
  ) throws(TemplateError) -> Operand {
    if case .check(strictValues: false) = mode { return .unknown }
    return try mistake(offset, sentence, hint: hint)
  }

  // MARK: Nodes

  mutating func run(_ nodes: [TemplateNode]) throws(TemplateError) {
    for node in nodes {
      switch node {
      case .text(let text): try append(text, 0)
      case .output(let expression, let offset):
        let operand = try evaluate(expression)
        if operand.isKnown { try append(TemplateText.print(operand.value, syntax), offset) }
      case .branch(let arms, let otherwise): try branch(arms, otherwise)
      case .loop(let loop): try self.loop(loop)
      case .with(let arm, let otherwise): try with(arm, otherwise)
      case .assign(let name, let expression, let declares, let offset):
        try assign(name, try evaluate(expression), declares: declares, offset)
      }
    }
  }

  private mutating func append(_ text: String, _ offset: Int) throws(TemplateError) {
    guard !isCheck else { return }
    outputBytes += text.utf8.count
    guard outputBytes <= Self.maxOutputBytes else {
      throw source.error(at: offset, "the prompt is longer than \(Self.maxOutputBytes) bytes")
    }
    output += text
  }

  private mutating func branch(
    _ arms: [TemplateNode.Arm], _ otherwise: [TemplateNode]
  ) throws(TemplateError) {
    scopes.append([:])
    defer { scopes.removeLast() }
    for arm in arms {
      let condition = try evaluate(arm.condition)
      if let variable = arm.variable { scopes[scopes.count - 1][variable] = condition }
      if isCheck || condition.value.isTruthy {
        try inner(arm.body)
        if !isCheck { return }
      }
    }
    try inner(otherwise)
  }

  private mutating func with(
    _ arm: TemplateNode.Arm, _ otherwise: [TemplateNode]
  ) throws(TemplateError) {
    let value = try evaluate(arm.condition)
    scopes.append([:])
    defer { scopes.removeLast() }
    if let variable = arm.variable { scopes[scopes.count - 1][variable] = value }
    if isCheck || value.value.isTruthy {
      let outer = dot
      dot = value
      defer { dot = outer }
      try inner(arm.body)
      if !isCheck { return }
    }
    try inner(otherwise)
  }

  private mutating func inner(_ nodes: [TemplateNode]) throws(TemplateError) {
    scopes.append([:])
    defer { scopes.removeLast() }
    try run(nodes)
  }

  private mutating func loop(_ loop: TemplateNode.Loop) throws(TemplateError) {
    let list = try evaluate(loop.source)
    var entries = try elements(list, loop)
    if isCheck {
      entries = [entries.first ?? (.unknown, .unknown)]
    } else if entries.isEmpty {
      return try inner(loop.otherwise)
    }
    for (number, entry) in entries.enumerated() {
      steps += 1
      guard steps <= Self.maxSteps else {
        throw source.error(at: loop.offset, "the loops go round too often")
      }
      var scope: [String: Operand] = [:]
      if let key = loop.key { scope[key] = entry.key }
      if let value = loop.value { scope[value] = entry.value }
      if syntax == .tags {
        scope["loop"] = Operand(value: Self.loopFacts(number, entries.count))
      }
      let outer = dot
      if syntax == .go { dot = entry.value }
      scopes.append(scope)
      defer {
        scopes.removeLast()
        dot = outer
      }
      try run(loop.body)
    }
    if isCheck { try inner(loop.otherwise) }
  }

  private static func loopFacts(_ number: Int, _ count: Int) -> Structure {
    .object([
      "index": .integer(Int64(number + 1)), "index0": .integer(Int64(number)),
      "first": .bool(number == 0), "last": .bool(number == count - 1),
      "length": .integer(Int64(count)),
    ])
  }

  /// Pairs of key (or index) and value; null has none.
  ///
  /// Maps go in the order of their keys.
  private mutating func elements(
    _ operand: Operand, _ loop: TemplateNode.Loop
  ) throws(TemplateError) -> [(key: Operand, value: Operand)] {
    guard operand.isKnown else { return [] }
    switch operand.value {
    case .null: return []
    case .list(let values):
      return values.enumerated().map {
        (Operand(value: .integer(Int64($0.offset))), known($0.element))
      }
    case .object(let members):
      // One name of the first syntax stands for the key, as in Python.
      let keysOnly = syntax == .tags && loop.key == nil
      return members.sorted { $0.key < $1.key }.map {
        let key = Operand(value: .string($0.key))
        return (key, keysOnly ? key : known($0.value))
      }
    default:
      _ = try misfit(
        loop.offset, "a loop needs a list, not \(TemplateText.kind(operand.value))")
      return []
    }
  }

  private mutating func assign(
    _ name: String, _ value: Operand, declares: Bool, _ offset: Int
  ) throws(TemplateError) {
    if declares {
      scopes[scopes.count - 1][name] = value
    } else if let level = scopes.lastIndex(where: { $0[name] != nil }) {
      scopes[level][name] = value
    } else {
      _ = try mistake(offset, "unknown variable `\(name)`", hint: "set it first with :=")
    }
  }

  /// In a check a null says nothing about the shape of what may stand there.
  func known(_ value: Structure, isFree: Bool = false) -> Operand {
    Operand(value: value, isKnown: !(isCheck && value == .null), isFree: isFree)
  }

  // MARK: Expressions

  mutating func evaluate(_ expression: Expression) throws(TemplateError) -> Operand {
    switch expression {
    case .literal(let value): return Operand(value: value)
    case .root: return Operand(value: root)
    case .dot: return dot
    case .name(let name, let offset): return try look(up: name, offset)
    case .member(let subject, let name, let offset):
      return try member(
        name, of: try evaluate(subject), spelled: TemplateText.spell(subject), offset)
    case .item(let subject, let key, let offset):
      return try item(try evaluate(subject), try evaluate(key), TemplateText.spell(subject), offset)
    case .list(let values):
      var operands: [Operand] = []
      for value in values { operands.append(try evaluate(value)) }
      return Operand(
        value: .list(operands.map(\.value)), isKnown: operands.allSatisfy(\.isKnown))
    case .not(let inner):
      let operand = try evaluate(inner)
      return Operand(value: .bool(!operand.value.isTruthy), isKnown: operand.isKnown)
    case .and(let left, let right), .or(let left, let right):
      let first = try evaluate(left)
      var decides = !first.value.isTruthy
      if case .or = expression { decides = !decides }
      if isCheck {
        let second = try evaluate(right)
        return first.isKnown && second.isKnown ? (decides ? first : second) : .unknown
      }
      return decides ? first : try evaluate(right)
    case .compare(let comparison, let left, let right, let offset):
      return try compare(comparison, try evaluate(left), try evaluate(right), offset)
    case .filter(let name, let subject, let arguments, let offset):
      let value = try evaluate(subject)
      var operands: [Operand] = []
      for argument in arguments { operands.append(try evaluate(argument)) }
      return try filter(name, value, operands, offset)
    case .call(let name, let arguments, let offset):
      return try call(name, arguments, offset)
    }
  }

  private mutating func look(up name: String, _ offset: Int) throws(TemplateError) -> Operand {
    for scope in scopes.reversed() {
      if let found = scope[name] { return found }
    }
    if syntax == .tags, let value = root[name] {
      return known(value, isFree: name == "project_fields")
    }
    let local = scopes.flatMap(\.keys)
    let names = (syntax == .tags ? (root.objectValue ?? [:]).keys.sorted() : []) + local.sorted()
    return try mistake(
      offset, "unknown variable `\(name)`",
      hint: suggestion(name, names, prefix: "", offersFields: syntax == .tags))
  }

  /// Null has null members; a name that is not there is a mistake.
  mutating func member(
    _ name: String, of subject: Operand, spelled: String, _ offset: Int
  ) throws(TemplateError) -> Operand {
    guard subject.isKnown else { return .unknown }
    switch subject.value {
    case .null: return isCheck ? .unknown : Operand(value: .null)
    case .object(let members):
      if let value = members[name] { return known(value, isFree: name == "project_fields") }
      if subject.isFree { return isCheck ? .unknown : Operand(value: .null) }
      let isRoot = subject.value == root
      let path = spelled.isEmpty ? name : spelled + "." + name
      return try mistake(
        offset, "unknown variable `\(syntax == .go && spelled.isEmpty ? "." : "")\(path)`",
        hint: suggestion(
          name, members.keys.sorted(), prefix: spelled.isEmpty ? "" : spelled + ".",
          offersFields: isRoot))
    default:
      return try mistake(
        offset, "`\(spelled)` is \(TemplateText.kind(subject.value)) and has no `\(name)`")
    }
  }

  /// The nearest name; for a bare field of the work item (`title`) its full name.
  private func suggestion(
    _ name: String, _ names: [String], prefix: String, offersFields: Bool
  ) -> String? {
    let lead = syntax == .go && !prefix.hasPrefix("$") && !name.hasPrefix("$") ? "." : ""
    if offersFields, root["work_item"]?[name] != nil {
      return "did you mean `\(lead)\(syntax == .go ? "work_item" : "issue").\(name)`?"
    }
    return NearestName.find(name, among: names).map { "did you mean `\(lead)\(prefix)\($0)`?" }
  }

  mutating func item(
    _ subject: Operand, _ key: Operand, _ spelled: String, _ offset: Int
  ) throws(TemplateError) -> Operand {
    guard subject.isKnown, key.isKnown else { return .unknown }
    switch (subject.value, key.value) {
    case (.null, _): return isCheck ? .unknown : Operand(value: .null)
    case (.object, .string(let name)):
      return try member(name, of: subject, spelled: spelled, offset)
    case (.list(let values), .integer(let index)):
      if let position = Int(exactly: index), values.indices.contains(position) {
        return known(values[position])
      }
      // A sample's list says nothing about how long others are.
      if isCheck { return .unknown }
      return try misfit(
        offset, "`\(spelled)` has no element \(index): it has \(values.count)",
        hint: "loop over it, or test its length first")
    default:
      return try misfit(
        offset,
        "\(TemplateText.kind(key.value)) cannot pick an element of"
          + " \(TemplateText.kind(subject.value))")
    }
  }
}
