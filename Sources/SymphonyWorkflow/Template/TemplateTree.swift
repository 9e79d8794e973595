// The nodes of a parsed template, the same for both syntaxes. Built by the two parsers, walked by
// the evaluator. Offsets point at scalars of the template, for error positions.

import SymphonyCore

enum TemplateSyntax: Sendable {
  /// `{{ issue.title }}`, `{% if %}`, filters.
  case tags
  /// `{{.work_item.title}}`, `{{if}}`, functions.
  case go
}

indirect enum Expression {
  enum Comparison: String {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, within
  }

  case literal(Structure)
  /// Go's `$`: all variables.
  case root
  /// Go's `.`: all variables, or what `range` and `with` made of it.
  case dot
  /// A variable: a loop's in the first syntax (or one of the closed list), `$x` in Go's.
  case name(String, Int)
  case member(Expression, String, Int)
  case item(Expression, Expression, Int)
  case list([Expression])
  case not(Expression)
  case and(Expression, Expression)
  case or(Expression, Expression)
  case compare(Comparison, Expression, Expression, Int)
  case filter(String, Expression, [Expression], Int)
  case call(String, [Expression], Int)
}

indirect enum TemplateNode {
  case text(String)
  case output(Expression, Int)
  case branch([Arm], otherwise: [TemplateNode])
  case loop(Loop)
  case with(Arm, otherwise: [TemplateNode])
  case assign(String, Expression, declares: Bool, Int)

  struct Arm {
    /// Go's `{{if $x := ...}}`.
    var variable: String?
    var condition: Expression
    var body: [TemplateNode]
    var offset: Int
  }
  struct Loop {
    var key: String?
    var value: String?
    var source: Expression
    var body: [TemplateNode]
    var otherwise: [TemplateNode]
    var offset: Int
  }
}

/// The template's scalars and where its lines begin.
struct TemplateLines {
  let scalars: [Unicode.Scalar]
  private let lineStarts: [Int]
  private let firstLine: Int

  init(_ text: String, firstLine: Int) {
    let scalars = Array(text.unicodeScalars)
    self.scalars = scalars
    self.firstLine = firstLine
    lineStarts = [0] + scalars.indices.filter { scalars[$0] == "\n" }.map { $0 + 1 }
  }

  func text(_ range: Range<Int>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[range])
    return String(view)
  }

  func error(at offset: Int, _ sentence: String, hint: String? = nil) -> TemplateError {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return TemplateError(
      line: firstLine + low, column: offset - lineStarts[low] + 1,
      sentence: PlainText.ends(of: sentence), hint: hint.map { PlainText.ends(of: $0) })
  }

  func starts(with text: String, at offset: Int) -> Bool {
    let wanted = text.unicodeScalars
    guard offset + wanted.count <= scalars.count else { return false }
    return zip(wanted, scalars[offset...]).allSatisfy { $0 == $1 }
  }
}
