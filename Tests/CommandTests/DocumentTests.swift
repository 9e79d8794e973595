// The documents against the program: every link leads somewhere, every call of symphony is one that
// the parser takes, every setting that is named exists. The same for the calls that hints name.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import SymphonyWorkflow
import Testing

@testable import symphony

/// A page of Markdown in the project.
struct Document: Sendable, CustomTestStringConvertible {
  /// Relative to the project: `docs/money.md`.
  var name: String
  var text: String
  var testDescription: String { name }

  static let root: String = {
    let here = Files.resolved(#filePath) ?? #filePath
    return Files.parent(of: Files.parent(of: Files.parent(of: here)))
  }()

  static let pages: [Document] = {
    let pages = (try? Files.list(Files.join(root, "docs"))) ?? []
    let names = pages.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
    return (["README.md", "ARCHITECTURE.md", "SECURITY.md"] + names).compactMap { name in
      (try? Files.readText(Files.join(root, name))).map { Document(name: name, text: $0) }
    }
  }()
  /// Those that tell people what to type.
  static let guides = pages.filter { $0.name == "README.md" || $0.name.hasPrefix("docs/") }

  /// Lines inside and outside of fences, without the fences' own.
  private var parts: (fenced: [String], prose: [String]) {
    var (fenced, prose): ([String], [String]) = ([], [])
    var isFenced = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.trimmingWhitespace().hasPrefix("```") {
        isFenced.toggle()
      } else if isFenced || line.hasPrefix("    ") && !line.trimmingWhitespace().hasPrefix("-") {
        fenced.append(line)
      } else {
        prose.append(line)
      }
    }
    return (fenced, prose)
  }
  var fencedLines: [String] { parts.fenced }
  var prose: String { parts.prose.joined(separator: "\n") }

  /// What stands between single backticks.
  var quoted: [String] {
    prose.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }
      .map { $0.element.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
  }

  /// As GitHub names them: small letters, spaces as dashes, without punctuation.
  var anchors: Set<String> {
    var anchors: Set<String> = []
    for line in prose.split(separator: "\n") where line.hasPrefix("#") {
      let title = line.drop { $0 == "#" }.trimmingWhitespace()
      let kept = title.lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
      let name = kept.replacing(" ", with: "-")
      var anchor = name
      var count = 0
      while !anchors.insert(anchor).inserted {
        count += 1
        anchor = "\(name)-\(count)"
      }
    }
    return anchors
  }

  /// The targets of links and pictures.
  var links: [String] {
    prose.matches(of: /\]\(([^)\s]+)\)/).map { String($0.output.1) }
  }
}

@Suite struct DocumentTests {
  @Test func thePagesAreThere() {
    let names = Set(Document.pages.map(\.name))
    for name in [
      "README.md", "docs/github.md", "docs/settings.md", "docs/verdicts.md", "docs/templates.md",
      "docs/agents.md", "docs/money.md", "docs/sandbox.md", "docs/from-baton.md",
      "docs/from-github-symphony.md", "docs/troubleshooting.md", "docs/upgrading.md",
      "docs/files.md", "docs/scheduling.md", "docs/commands.md", "docs/faults.md",
    ] { #expect(names.contains(name), "\(name)") }
    let readme = Document.pages.first { $0.name == "README.md" }
    for name in names where name.hasPrefix("docs/") {
      #expect(readme?.links.contains(name) == true, "README.md does not lead to \(name)")
    }
  }

  @Test(arguments: Document.pages)
  func everyLinkLeadsSomewhere(_ page: Document) throws {
    let folder = Files.parent(of: Files.join(Document.root, page.name))
    for link in page.links where !link.contains("://") && !link.hasPrefix("mailto:") {
      let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
      let file = parts[0].isEmpty ? page.name : String(parts[0])
      let path =
        parts[0].isEmpty ? Files.join(Document.root, file) : Files.join(folder, file)
      #expect(Files.exists(path), "\(page.name): \(link)")
      guard parts.count == 2, Files.exists(path) else { continue }
      let anchors = Document(name: file, text: try Files.readText(path)).anchors
      #expect(anchors.contains(String(parts[1])), "\(page.name): \(link)")
    }
  }

  @Test(arguments: Document.guides)
  func everyCallInABlockIsTaken(_ page: Document) {
    for line in page.fencedLines {
      let written = line.trimmingWhitespace()
      for call in CommandLines.calls(
        in: written.hasPrefix("$ ") ? written.dropFirst(2) + "" : written)
      {
        let problem = CommandLines.problem(call)
        #expect(problem == nil, "\(page.name): \(written): \(problem ?? "")")
      }
    }
  }

  /// Announced, and said to be so wherever it is named; and what the parser adds by itself.
  private static let announced: Set<String> = ["serve", "help"]

  /// What is wrong with a call in words, such as `symphony retry ISSUE`, whose arguments may be left
  /// out: its command and its options have to be there; nil: nothing.
  private func problem(_ quoted: String) -> String? {
    let words = quoted.prefix { $0 != "|" }.split(separator: " ").map(String.init)
    guard words.count > 1, words[0] == "symphony", words[1].first?.isLetter == true,
      !Self.announced.contains(words[1])
    else { return nil }
    guard let command = CommandTree.whole?.command(named: words[1]) else {
      return "there is no command \(words[1])"
    }
    let known = Set(command.shownArguments.flatMap(\.spellings))
    let given = words.dropFirst(2).map { $0.split(separator: "[").last.map(String.init) ?? $0 }
      .map { String($0.prefix { $0 != "=" && $0 != "]" }) }
    let unknown = given.first { $0.hasPrefix("-") && $0.count > 1 && !known.contains($0) }
    return unknown.map { "\(words[1]) has no option \($0)" }
  }

  @Test(arguments: Document.guides)
  func everyCallInProseIsTaken(_ page: Document) {
    for quoted in page.quoted {
      let problem = problem(quoted)
      #expect(problem == nil, "\(page.name): `\(quoted)`: \(problem ?? "")")
    }
  }

  private static func forEachSource(_ body: (_ file: String, _ text: String) throws -> Void) throws
  {
    func walk(_ path: String) throws {
      for name in try Files.list(path) {
        let file = Files.join(path, name)
        if Files.isDirectory(file) {
          try walk(file)
        } else if file.hasSuffix(".swift") {
          try body(file, try Files.readText(file))
        }
      }
    }
    try walk(Files.join(Document.root, "Sources"))
  }

  /// A hint that leads to a command that is not there is worse than none.
  @Test func everyCallThatTheProgramAdvisesIsTaken() throws {
    var seen = 0
    try Self.forEachSource { file, text in
      for match in text.matches(of: /`(symphony [a-z][^`\n]*)`/) {
        // What is put in stands for a word.
        let quoted = String(match.output.1).replacing(/\\\(.*?\)+/, with: "1")
          .replacing("\\", with: "")
        let problem = problem(quoted)
        #expect(problem == nil, "\(file): `\(quoted)`: \(problem ?? "")")
        seen += 1
      }
    }
    #expect(seen > 60)
  }

  /// What stands in code in the first column of tables of what somebody sees.
  private func seen(_ page: Document) -> [String] {
    var isOpen = false
    var seen: [String] = []
    for line in page.text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("| what you see |") { isOpen = true }
      if !line.hasPrefix("|") { isOpen = false }
      guard isOpen, let cell = line.dropFirst().firstRange(of: " | ") else { continue }
      let parts = line[..<cell.lowerBound].split(
        separator: "`", omittingEmptySubsequences: false)
      seen += parts.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
    return seen
  }

  /// Somebody who searches for what they see must find it in the program's words; `...` stands for
  /// what differs.
  @Test func everyMessageThatIsExplainedIsSaid() throws {
    var parts: [String] = []
    try Self.forEachSource { _, text in
      for line in text.split(separator: "\n") {
        let words = line.trimmingWhitespace()
        // A text may go on in the next line.
        if words.hasPrefix("+ \""), parts.last?.hasSuffix("\"") == true {
          parts[parts.count - 1].removeLast()
          parts.append(String(words.dropFirst(3)))
        } else {
          parts.append(words)
        }
      }
    }
    let sources = parts.joined()
    let messages = Document.guides.flatMap(seen)
    #expect(messages.count > 20)
    for message in messages {
      for part in message.split(separator: "...").map({ $0.trimmingWhitespace() })
      where part.count > 1 {
        #expect(strstr(sources, part) != nil, "nothing says \"\(part)\"")
      }
    }
  }

  /// An outcome that nothing shows is a wish.
  @Test func everyTestThatIsNamedIsThere() throws {
    let page = try #require(Document.pages.first { $0.name == "docs/faults.md" })
    let tests = Files.join(Document.root, "Tests")
    let folders = try Files.list(tests).map { Files.join(tests, $0) }
    var named = 0
    for line in page.prose.split(separator: "\n") where line.hasPrefix("| ") {
      let cells = line.dropFirst(2).split(separator: " | ").map(String.init)
      guard cells.count == 4, cells[0] != "what happens" else {
        #expect(cells.count == 4, "\(line)")
        continue
      }
      let names = Document(name: "", text: cells[3]).quoted.filter { !$0.hasPrefix("make ") }
      #expect(!names.isEmpty, "\(line)")
      for name in names {
        named += 1
        if name.hasSuffix(".py") {
          #expect(Files.exists(Files.join(tests, "System/\(name)")), "\(name)")
          continue
        }
        let parts = name.split(separator: ".").map(String.init)
        let files = folders.map { Files.join($0, parts[0] + ".swift") }.filter(Files.exists)
        let texts = try files.map { try Files.readText($0, limit: 1 << 20) }
        let isThere = texts.contains { text in
          parts.count < 2 || text.contains("func \(parts[1])(")
        }
        #expect(isThere, "\(name)")
      }
    }
    #expect(named > 60)
  }

  private static let sections = Set(SchemaReference.sections.map(\.name))
  private static let settings = Set(SchemaReference.sections.flatMap(\.rows).flatMap(\.names))
  /// What only looks like a setting: files and fields.
  private static let others: Set<String> = [
    "agent.ndjson", "agent.stderr", "tick.lock", "tick.again", "github.com",
  ]

  @Test(arguments: Document.guides)
  func everySettingThatIsNamedExists(_ page: Document) {
    for quoted in page.quoted {
      guard let match = quoted.prefixMatch(of: /([a-z_]+)\.([a-z_]+)/) else { continue }
      let name = String(match.output.0)
      guard Self.sections.contains(String(match.output.1)), !Self.others.contains(name),
        !quoted.hasSuffix(".md")
      else { continue }
      #expect(Self.settings.contains(name), "\(page.name): `\(quoted)`")
    }
  }
}
