// Hidden: `symphony manual`, the pages that `make install` puts where `man` looks for them. Reads
// nothing and changes nothing.
import ArgumentParser
import SymphonyTick
import SymphonyWorkflow

struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Print a page of the manual, or the names of all.",
    discussion: """
      A page is named as its file is, or by its command. Pages are in the macros of man(7).

      Examples:
        symphony manual
        symphony manual tick | man -l -
        symphony manual symphony-workflow.5 > symphony-workflow.5
      """, shouldDisplay: false)
  @Argument(help: "A page; none: their names, a line each.") var page: String?

  func run() throws {
    let pages = ManualPage.all
    guard let page else { return Output.answer(pages.map(\.file)) }
    let found = pages.first { [$0.file, $0.name].contains(page) || $0.name == "symphony-\(page)" }
    guard let found else {
      let near = NearestName.slip(
        page, among: pages.flatMap { [$0.name, String($0.name.dropFirst("symphony-".count))] })
      throw Stop(
        .usage, "the manual has no page \(Output.oneLine(page, 80))",
        hint: near.map { "did you mean `symphony manual \($0)`?" }
          ?? "`symphony manual` lists the pages")
    }
    Output.page(found.text)
  }
}
