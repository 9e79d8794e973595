// The one template engine, strict in both syntaxes: scan, parse, check every branch, then render.
// Called by the worker for prompts and by `doctor` for its check. Only the template is parsed; what
// an issue says is printed as it is, whatever braces it holds.

import SymphonyCore

package struct TemplateEngine: PromptRenderer {
  package init() {}

  /// The prompt.
  ///
  /// Names, filters and functions are checked in every branch before anything is rendered.
  ///
  /// `firstLine`: the line of the file on which `template` begins.
  /// - Throws: the first mistake by place; also a prompt above 2 MB, and loops of more than 100,000
  ///   rounds.
  package func render(
    _ template: String, context: Structure, firstLine: Int
  ) throws(TemplateError) -> String {
    let (source, syntax, nodes) = try parse(template, firstLine)
    var check = TemplateEvaluator(
      source, syntax, root: context, mode: .check(strictValues: false))
    try check.run(nodes)
    if let first = Self.sorted(check.problems).first { throw first }
    var evaluator = TemplateEvaluator(source, syntax, root: context, mode: .render)
    try evaluator.run(nodes)
    return evaluator.output
  }

  /// All mistakes that show against a sample, by place; one only when the template cannot be
  /// parsed.
  package func check(_ template: String, sample: Structure, firstLine: Int) -> [TemplateError] {
    do {
      let (source, syntax, nodes) = try parse(template, firstLine)
      var evaluator = TemplateEvaluator(
        source, syntax, root: sample, mode: .check(strictValues: true))
      try evaluator.run(nodes)
      return Self.sorted(evaluator.problems)
    } catch {
      return [error]
    }
  }

  /// The parts that a template prints by itself; none when it cannot be parsed.
  package func reads(_ template: String) -> PromptReads {
    do {
      var reads = TemplateReads()
      reads.walk(try parse(template, 1).2)
      return reads.found
    } catch {
      return PromptReads()
    }
  }

  private func parse(
    _ template: String, _ firstLine: Int
  ) throws(TemplateError) -> (TemplateLines, TemplateSyntax, [TemplateNode]) {
    let source = TemplateLines(template, firstLine: firstLine)
    let scanner = TemplateScanner(source)
    let pieces = try scanner.pieces()
    switch scanner.syntax {
    case .tags:
      var parser = TagParser(source, pieces)
      return (source, .tags, try parser.parse())
    case .go:
      var parser = GoParser(source, pieces)
      return (source, .go, try parser.parse())
    }
  }

  private static func sorted(_ problems: [TemplateError]) -> [TemplateError] {
    problems.sorted { ($0.line, $0.column, $0.sentence) < ($1.line, $1.column, $1.sentence) }
  }
}
