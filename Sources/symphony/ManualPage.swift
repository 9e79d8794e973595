// The pages of the manual, in the macros of man(7): one for each command, made of the words of its
// `--help`, and one for WORKFLOW.md, made of the rows that its settings are read by. Nothing in
// them depends on the day or the machine. Printed by `symphony manual`.
import SymphonyWorkflow

struct ManualPage: Sendable {
  /// `symphony-tick`.
  var name: String
  /// 1: commands, 5: files.
  var section: Int
  var text: String
  /// The name of the file that `man` looks for.
  var file: String { "\(name).\(section)" }

  /// The program's first, then its commands, then the file's.
  static var all: [ManualPage] {
    guard let tree = CommandTree.whole else { return [] }
    let shown = (tree.subcommands ?? []).filter { !$0.isHidden }
    return [program(tree, shown)] + shown.map(command) + [workflow]
  }

  private static let program = "symphony"
  private static let workflowName = "symphony-workflow"

  private static func name(of command: CommandTree) -> String {
    "\(program)-\(command.commandName)"
  }

  // MARK: Commands

  private static func program(_ tree: CommandTree, _ commands: [CommandTree]) -> ManualPage {
    var page = Roff(title: program, section: 1)
    page.section("NAME")
    page.line("\(program) \\- \(Roff.text(line(tree.abstract)))")
    page.section("SYNOPSIS")
    page.line("\\fB\(program)\\fR \\fIcommand\\fR [\\fIarguments\\fR]")
    let discussion = Discussion(tree.discussion ?? "")
    describe(discussion, &page)
    page.section("COMMANDS")
    for command in commands {
      page.term("\\fB\(Roff.text(name(of: command)))\\fR(1)", line(command.abstract))
    }
    page.section("OPTIONS")
    for argument in tree.shownArguments { option(argument, &page) }
    page.section("ENVIRONMENT")
    for (name, words) in environment { page.term(Roff.bold(name), words) }
    page.section("FILES")
    for (name, words) in files { page.term(Roff.italic(name), words) }
    endings(discussion, &page)
    seeAlso(commands.map { "\(name(of: $0))(1)" } + ["\(workflowName)(5)"], &page)
    return ManualPage(name: program, section: 1, text: page.text)
  }

  private static func command(_ command: CommandTree) -> ManualPage {
    let name = name(of: command)
    var page = Roff(title: name, section: 1)
    page.section("NAME")
    page.line("\(Roff.text(name)) \\- \(Roff.text(line(command.abstract)))")
    page.section("SYNOPSIS")
    page.line(
      (["\\fB\(program) \(Roff.text(command.commandName))\\fR"]
        + command.shownArguments.map(synopsis)).joined(separator: " "))
    let discussion = Discussion(command.discussion ?? "")
    describe(discussion, &page)
    page.section("OPTIONS")
    for argument in command.shownArguments { option(argument, &page) }
    endings(discussion, &page)
    if discussion.lines(under: Discussion.exitCodes) == nil {
      page.section("EXIT STATUS")
      page.paragraph("0 when it was done; `symphony`(1) lists the others.")
    }
    seeAlso(["\(program)(1)", "\(workflowName)(5)"], &page)
    return ManualPage(name: name, section: 1, text: page.text)
  }

  private static func describe(_ discussion: Discussion, _ page: inout Roff) {
    let prose = discussion.parts.compactMap { if case .prose(let text) = $0 { text } else { nil } }
    if prose.isEmpty { return }
    page.section("DESCRIPTION")
    for text in prose { page.paragraph(text) }
  }

  private static func endings(_ discussion: Discussion, _ page: inout Roff) {
    if let lines = discussion.lines(under: Discussion.exitCodes) {
      page.section("EXIT STATUS")
      for line in lines {
        let code = line.prefix { !$0.isWhitespace }
        page.term(
          Roff.bold(String(code)),
          line.dropFirst(code.count).split(separator: " ")
            .joined(separator: " "))
      }
    }
    if let lines = discussion.lines(under: Discussion.examples) {
      page.section("EXAMPLES")
      page.verbatim(lines)
    }
  }

  private static func synopsis(_ argument: CommandTree.Argument) -> String {
    let names = argument.spellings.last.map(Roff.bold)
    let value = argument.placeholder.map(Roff.italic)
    let words = [names, value].compactMap(\.self).joined(separator: " ")
    let many = argument.isRepeating ? " ..." : ""
    return argument.isOptional || argument.kind != "positional" ? "[\(words)]\(many)" : words + many
  }

  private static func option(_ argument: CommandTree.Argument, _ page: inout Roff) {
    let names = argument.spellings.map(Roff.bold).joined(separator: ", ")
    let value = argument.placeholder.map(Roff.italic)
    let standard = argument.defaultValue.map { " Default: \($0)." } ?? ""
    page.term(
      [names, value ?? ""].filter { !$0.isEmpty }.joined(separator: " "),
      (argument.abstract ?? "") + standard)
  }

  private static func seeAlso(_ names: [String], _ page: inout Roff) {
    page.section("SEE ALSO")
    page.line(
      names.map { "\\fB\(Roff.text(String($0.dropLast(3))))\\fR\($0.suffix(3))" }
        .joined(separator: ", "))
  }

  /// An abstract as the line of a list: without its full stop, and begun in small letters.
  private static func line(_ abstract: String?) -> String {
    let text = abstract ?? ""
    let ended = text.hasSuffix(".") ? String(text.dropLast()) : text
    return ended.prefix(1).lowercased() + ended.dropFirst()
  }

  private static let environment = [
    (
      "GITHUB_TOKEN, GH_TOKEN",
      "The token, where `github.token` names none; else `gh auth token` is asked."
    ),
    ("GITHUB_APP_ID, GITHUB_APP_PRIVATE_KEY", "A GitHub App in place of a token."),
    ("SYMPHONY_STATE_DIR", "The state directory, where `--state-dir` names none."),
    ("XDG_STATE_HOME", "Where state directories lie by default: below `~/.local/state` if unset."),
    ("SYMPHONY_LOG_FORMAT", "`json`: as `--log-format json`."),
    ("NO_COLOR", "Not empty: no colours on a terminal."),
    ("COLUMNS", "The width of answers that do not go to a terminal; 80 if unset."),
  ]

  private static let files = [
    ("WORKFLOW.md", "Settings and prompt; see symphony-workflow(5)."),
    (
      ".env",
      "Beside `WORKFLOW.md`: variables, one `NAME=VALUE` a line. One that is set in the "
        + "environment wins."
    ),
    (
      "~/.local/state/symphony/NAME-HASH/",
      "The state directory of one `WORKFLOW.md`: the database, caches, workspaces and runs. "
        + "`symphony status` prints it."
    ),
  ]

  // MARK: WORKFLOW.md

  private static var workflow: ManualPage {
    var page = Roff(title: workflowName, section: 5)
    page.section("NAME")
    page.line("\(Roff.text(workflowName)) \\- settings and prompt of a symphony project")
    page.section("SYNOPSIS")
    page.verbatim([
      "---", "tracker:", "  repository: acme/app", "  labels: [symphony]", "agent:",
      "  kind: claude_code", "---", "Work on {{ issue.identifier }}: {{ issue.title }}", "",
      "{{ issue.body }}",
    ])
    page.section("DESCRIPTION")
    for text in workflowWords { page.paragraph(text) }
    page.section("SETTINGS")
    for section in SchemaReference.sections {
      page.subsection(section.name)
      for row in section.rows {
        let unit = row.unit.map { ", \($0)" } ?? ""
        page.term(
          row.names.map(Roff.bold).joined(separator: ", ")
            + " (\(Roff.italic(row.type + unit)); default: \(Roff.text(row.fallback)))",
          row.meaning)
      }
    }
    seeAlso(["\(program)(1)", "\(program)-doctor(1)", "\(program)-init(1)"], &page)
    return ManualPage(name: workflowName, section: 5, text: page.text)
  }

  private static let workflowWords = [
    "`WORKFLOW.md` begins with a line `---`, the settings in YAML, and another line `---`. What "
      + "stands below is the prompt: a template, filled in for each run. A file that cannot be "
      + "read is an error with line and column, and the last good version stays in force for what "
      + "runs.",
    "The template has the syntax of `{{ issue.title }}` with `{% if %}` and `{% for %}`, or that "
      + "of Go's `{{.work_item.title}}`. An unknown variable or filter is an error.",
    "`symphony doctor` prints the settings in effect and where each comes from. In a text `$NAME` "
      + "is taken from the environment or from `.env`; in scripts and templates `$` belongs to the "
      + "shell and the template. Secrets belong into `.env`.",
    "A default `B x, G y` depends on the dialect: Baton's (B), or github-symphony's (G), which a "
      + "file has that sets `tracker.project_number` or `agent.kind`. Names that stand together "
      + "are spellings of one setting.",
  ]
}

/// A page while it is written.
struct Roff {
  private(set) var text: String
  /// A section has just begun: its first paragraph needs no mark, and may not have one.
  private var isFresh = false

  init(title: String, section: Int) {
    text =
      ".TH \(title.uppercased()) \(section) \"\(symphonyVersionDate)\" "
      + "\"symphony \(symphonyVersion)\" \"symphony manual\"\n"
      // Words are neither divided nor stretched: people copy commands from here.
      + ".nh\n.ad l\n"
  }

  mutating func section(_ name: String) {
    line(".SH \(name)")
    isFresh = true
  }
  mutating func subsection(_ name: String) { line(".SS \(name)") }
  /// As it is.
  mutating func line(_ written: String) {
    text += written + "\n"
    isFresh = false
  }

  mutating func paragraph(_ words: String) {
    if !isFresh { line(".PP") }
    line(Self.guarded(Self.marked(words)))
  }

  /// `term` is written already, `words` are not.
  mutating func term(_ term: String, _ words: String) {
    line(".TP")
    line(term)
    line(words.isEmpty ? "\\&" : Self.guarded(Self.marked(words)))
  }

  mutating func verbatim(_ lines: [String]) {
    if !isFresh { line(".PP") }
    line(".nf")
    line(".RS 4")
    for words in lines { line(Self.guarded(Self.text(words))) }
    line(".RE")
    line(".fi")
  }

  static func bold(_ words: String) -> String { "\\fB\(text(words))\\fR" }
  static func italic(_ words: String) -> String { "\\fI\(text(words))\\fR" }

  /// Characters that roff would read as its own, as they are to be printed.
  static func text(_ words: String) -> String {
    words.reduce(into: "") { text, character in
      switch character {
      case "\\": text += "\\e"
      case "-": text += "\\-"
      case "'": text += "\\(aq"
      case "`": text += "\\(ga"
      case "^": text += "\\(ha"
      case "~": text += "\\(ti"
      case "\n": text += " "
      default: text.append(character)
      }
    }
  }

  /// Words with the text between backticks in bold, as in `--help` and the documents.
  private static func marked(_ words: String) -> String {
    words.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .map { $0.offset % 2 == 1 ? bold(String($0.element)) : text(String($0.element)) }.joined()
  }

  /// A line that begins with one of these would be an order to roff.
  private static func guarded(_ line: String) -> String {
    line.hasPrefix(".") || line.hasPrefix("\\(aq") ? "\\&" + line : line
  }
}
