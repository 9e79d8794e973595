// What the documents show of WORKFLOW.md against the code: every block of settings is read without
// a remark, and docs/templates.md lists exactly the names that a template may use.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyWorkflow

@Suite struct DocumentedTests {
  private static let root: String = {
    let here = Files.resolved(#filePath) ?? #filePath
    return Files.parent(of: Files.parent(of: Files.parent(of: here)))
  }()

  private static func page(_ name: String) throws -> String {
    try Files.readText(Files.join(root, name))
  }

  /// The blocks of YAML whose first line is a section of the settings.
  private static func blocks(of text: String) -> [String] {
    var blocks: [String] = []
    var open: [Substring]?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.trimmingWhitespace()
      if words == "```yaml" {
        open = []
      } else if words == "```" {
        if let lines = open, let first = lines.first {
          let indent = first.prefix { $0 == " " }.count
          let name = first.dropFirst(indent).prefix { $0 != ":" }
          if Schema.sections.contains(String(name)) {
            blocks.append(lines.map { $0.dropFirst(indent) }.joined(separator: "\n"))
          }
        }
        open = nil
      } else {
        open?.append(line)
      }
    }
    return blocks
  }

  @Test func everyBlockOfSettingsIsRead() throws {
    var count = 0
    for name in ["README.md"]
      + (try Files.list(Files.join(Self.root, "docs"))).map({ "docs/\($0)" })
    where name.hasSuffix(".md") {
      for block in Self.blocks(of: try Self.page(name)) {
        count += 1
        let reading = Workflow.read(
          text: "---\n\(block)\n---\nWork on {{ issue.title }}.\n", path: "/p/WORKFLOW.md",
          environment: ["HOME": "/h", "GITHUB_TOKEN": "t", "NPM_TOKEN": "n", "TICKETS_TOKEN": "x"],
          otherToken: { _ in nil })
        let errors = reading.diagnostics.filter {
          $0.severity == .error || $0.code == "unknown_key"
        }
        #expect(errors.isEmpty, "\(name): \(errors.map(\.description))\n\(block)")
      }
    }
    #expect(count >= 10)
  }

  /// `issue.labels` and so on; of lists of objects the list alone.
  private static func names(_ value: Structure, _ path: String = "") -> [String] {
    guard case .object(let members) = value, path != "project_fields",
      path != "issue.project_fields",
      path != "issue.parent_issue"
    else { return [path] }
    return members.flatMap { names($0.value, path.isEmpty ? $0.key : "\(path).\($0.key)") }
  }

  /// What stands in backticks in the first column of its tables.
  private static func firstCells(_ text: String, under heading: String) -> [String] {
    let section = text.split(separator: "\n## ").first { $0.hasPrefix(heading) } ?? ""
    return section.split(separator: "\n").filter { $0.hasPrefix("| `") }.flatMap { line in
      let cell = line.dropFirst().split(separator: " | ", maxSplits: 1).first ?? ""
      return cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
  }

  @Test func everyVariableIsInItsTable() throws {
    let text = try Self.page("docs/templates.md")
    let context = TemplateContext.adding(.sample, to: TemplateContext.sample())
    let known = Self.names(context).filter { !$0.hasPrefix("work_item") }
    let told = Self.firstCells(text, under: "Variables")
    #expect(Set(told) == Set(known))
    #expect(told.count == Set(told).count, "each once")
  }

  @Test func everyFilterAndFunctionIsNamed() throws {
    let text = try Self.page("docs/templates.md")
    let filters = Self.firstCells(text, under: "Filters").map { String($0.prefix { $0 != "(" }) }
    #expect(Set(filters) == Set(TemplateEvaluator.filters.map(\.name)))
    for (name, _) in TemplateEvaluator.functions {
      #expect(text.contains("`\(name)`"), "\(name)")
    }
    for kind in Wake.Kind.allCases { #expect(text.contains("`\(kind.rawValue)`"), "\(kind)") }
  }
}
