// `symphony status`: the report of the state, as text or as JSON. Asks the tracker nothing and
// changes nothing.
import ArgumentParser
import SymphonyCore
import SymphonyReport
import SymphonyTick

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show every work item with its verdict and why.")
  @Argument(help: "The workflow file (default: ./WORKFLOW.md).") var workflowPath: String?
  @OptionGroup var global: GlobalOptions
  @Flag(help: "Print the result as JSON.") var json = false
  @Flag(help: "Also list items that are not listed by the tracker any more.") var all = false

  func run() async throws {
    let place = try global.place(positional: workflowPath)
    let composition = Composition(place: place, logbook: global.logbook)
    let report: StateReport
    do throws(StoreError) { report = try composition.stateReport() } catch {
      throw Stop(.state, error.sentence, hint: error.hint)
    }
    if json { return try Output.json(report) }
    Output.answer(StatusText(report: report, all: all).lines)
  }
}
