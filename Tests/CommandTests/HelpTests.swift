// The help of every command, and the manual made of it: nothing is left out, and the examples are
// commands that the program takes.
import ArgumentParser
import SymphonyPlatform
import SymphonyTestSupport
import SymphonyWorkflow
import Testing

@testable import symphony

@Suite struct HelpTests {
  private static func everyCommand() throws -> [CommandTree] {
    let tree = try #require(CommandTree.whole)
    return [tree] + (tree.subcommands ?? [])
  }

  @Test func theTreeIsTheProgram() throws {
    let names = try Self.everyCommand().dropFirst().map(\.commandName)
    #expect(names == Symphony.configuration.subcommands.map { $0.configuration.commandName ?? "" })
  }

  @Test func everyCommandHasExamplesThatTheParserTakes() throws {
    for command in try Self.everyCommand() {
      let lines = Discussion(command.discussion ?? "").lines(under: Discussion.examples) ?? []
      #expect(!lines.isEmpty, "\(command.commandName) has no part \"Examples:\"")
      for line in lines {
        // What stands behind two spaces explains.
        let written = line.firstRange(of: "  ").map { String(line[..<$0.lowerBound]) } ?? line
        let calls = CommandLines.calls(in: written)
        #expect(calls.count == 1, "\(command.commandName): \(line)")
        for call in calls {
          #expect(CommandLines.problem(call) == nil, "\(command.commandName): \(line)")
          if command.commandName != "symphony" { #expect(call.first == command.commandName) }
        }
      }
    }
  }

  @Test func everyHelpFitsATerminal() async throws {
    let project = try Project()
    for command in try Self.everyCommand() {
      let isProgram = command.commandName == "symphony"
      let name = isProgram ? [] : [command.commandName]
      let told = Transcript(
        try await SymphonyBinary.run(name + ["--help"], directory: project.path))
      #expect(told.code == 0 && told.errors.isEmpty, "\(told)")
      #expect(told.output.contains("\nExamples:\n"), "\(told)")
      let lines = told.outputLines
      #expect(lines.allSatisfy { $0.count <= 80 }, "\(told)")
      // A table that the parser had to wrap is none any more.
      for line in (command.discussion ?? "").split(separator: "\n") where line.hasPrefix("  ") {
        #expect(lines.contains(String(line)), "not on one line: \(line)")
      }
      let called = isProgram ? "symphony <subcommand>" : "symphony \(command.commandName)"
      #expect(told.output.contains("\nUSAGE: \(called)"), "\(told)")
    }
  }

  /// What has no effect is not taken in silence either.
  @Test(arguments: [
    (
      "demo", ["--keep", "--log-level", "--log-format", "--verbose"], ["--workflow", "--state-dir"]
    ),
    ("init", ["--workflow", "--label", "--log-level"], ["--state-dir"]),
  ])
  func onlyWhatHasAnEffectIsOffered(
    _ command: String, _ offered: [String], _ others: [String]
  ) async throws {
    let project = try Project()
    let help = try await project.run(command, "--help")
    for option in offered { #expect(help.output.contains(option), "\(help)") }
    for option in others {
      #expect(!help.output.contains(option), "\(help)")
      let told = try await project.run(command, option, "x")
      #expect(told.code == 64 && told.complaints.first?.contains(option) == true, "\(told)")
    }
  }

  @Test func aCallIsBrokenBetweenItsArguments() {
    let text =
      "a [--long <value>]\n\nUSAGE: symphony x <issue> --until <until> [--by <by>] [<a> ...]\n"
    let fitted = HelpPage.fitted(text, width: 34)
    #expect(
      fitted == """
        a [--long <value>]

        USAGE: symphony x <issue>
               --until <until> [--by <by>]
               [<a> ...]

        """)
    #expect(HelpPage.fitted(text, width: 200) == text)
  }

  @Test func aTablesLineThatGoesOnIsOneLineOfTheManual() {
    let parts = Discussion("Exit codes:\n  0   done\n  1   not\n      done\n  2   x").parts
    #expect(parts == [.lines(heading: "Exit codes", ["0   done", "1   not done", "2   x"])])
  }

  // MARK: The manual

  /// Its words as a reader sees them, on one line.
  private static func words(_ page: ManualPage) -> String {
    var text = page.text.replacing(/\\f[BIR]/, with: "").replacing("\\-", with: "-")
      .replacing("\\&", with: "").replacing("\\(aq", with: "'").replacing("\\(ga", with: "`")
    for (mark, letter) in [("\\(ha", "^"), ("\\(ti", "~"), ("\\e", "\\")] {
      text = text.replacing(mark, with: letter)
    }
    return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test func everyCommandHasAPageWithEveryOption() throws {
    let pages = ManualPage.all
    let overview = try #require(pages.first { $0.file == "symphony.1" })
    for command in try Self.everyCommand() where !command.isHidden {
      let isProgram = command.commandName == "symphony"
      let file = isProgram ? "symphony.1" : "symphony-\(command.commandName).1"
      let page = try #require(pages.first { $0.file == file }, "\(file)")
      let words = Self.words(page)
      for argument in command.shownArguments {
        for spelling in argument.spellings { #expect(words.contains(spelling), "\(file)") }
        let abstract = (argument.abstract ?? "-").replacing("`", with: "")
        #expect(words.contains(abstract), "\(file): \(abstract)")
      }
      for case .prose(let text) in Discussion(command.discussion ?? "").parts {
        #expect(words.contains(text.replacing("`", with: "")), "\(file): \(text)")
      }
      #expect(words.contains(".SH EXAMPLES"), "\(file)")
      #expect(isProgram || Self.words(overview).contains("symphony-\(command.commandName)(1)"))
    }
    let shown = try Self.everyCommand().filter { !$0.isHidden }.count
    #expect(pages.count == shown + 1, "and nothing else: \(pages.map(\.file))")
  }

  @Test func theFilesPageHasEverySetting() throws {
    let page = try #require(ManualPage.all.first { $0.file == "symphony-workflow.5" })
    let words = Self.words(page)
    let rows = SchemaReference.sections.flatMap(\.rows)
    #expect(rows.count > 100)
    for row in rows {
      for name in row.names { #expect(words.contains(name)) }
      #expect(words.contains(row.meaning.replacing("`", with: "")), "\(row.meaning)")
    }
  }

  @Test func pagesArePrintedByNameAndTheSameEveryTime() async throws {
    let project = try Project()
    let list = try await project.run("manual")
    #expect(list.code == 0 && list.outputLines == ManualPage.all.map(\.file), "\(list)")
    for name in ["tick", "symphony-tick", "symphony-tick.1"] {
      let told = try await project.run("manual", name)
      let page = ManualPage.all.first { $0.file == "symphony-tick.1" }
      #expect(told.code == 0 && told.output == page?.text, "\(told)")
    }
    let wrong = try await project.run("manual", "symphony-tik")
    #expect(wrong.code == 64 && wrong.output.isEmpty, "\(wrong)")
    #expect(wrong.hints == ["did you mean `symphony manual symphony-tick`?"], "\(wrong)")
  }

  private static let man = Spawn.find("man", environment: Host.environment)
  private static let mandoc = Spawn.find("mandoc", environment: Host.environment)

  /// - Returns: what a formatter remarked, by page.
  private func remarks(_ command: [String]) async throws -> [String] {
    let folder = try TemporaryDirectory("manual")
    var remarks: [String] = []
    for page in ManualPage.all {
      let file = try folder.write(page.file, page.text)
      let done = try await Blocking.run {
        try CapturedCommand.run(
          command + [file],
          environment: ["PATH": Host.environment["PATH"] ?? "/usr/bin:/bin", "LC_ALL": "C.UTF-8"],
          directory: folder.path, timeoutMilliseconds: 60_000)
      }
      #expect(done.exit.isSuccess, "\(page.file): \(done.errorOutput)")
      remarks += done.errorOutput.isEmpty ? [] : ["\(page.file): \(done.errorOutput)"]
      #expect(done.output.contains("\(page.name)") || done.output.isEmpty, "\(page.file)")
    }
    return remarks
  }

  @Test(.enabled(if: man != nil, "man is not installed"))
  func manReadsThePagesWithoutARemark() async throws {
    #expect(try await remarks([Self.man ?? "", "--warnings", "-Tutf8", "-l"]) == [])
  }

  @Test(.enabled(if: mandoc != nil, "mandoc is not installed"))
  func mandocReadsThePagesWithoutAWarning() async throws {
    #expect(try await remarks([Self.mandoc ?? "", "-Tlint", "-Wwarning"]) == [])
  }
}
