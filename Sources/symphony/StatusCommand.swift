// `symphony status`: the report of the state, as a screen, as the facts of single issues, or as
// JSON. Asks the tracker nothing and changes nothing.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTick

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show who is needed, what runs, waits and is done, and why.",
    discussion: """
      A line for each issue, in the terminal's width (else $COLUMNS, else 80). -v prints each with \
      all its facts, and the issues that a rule of the workflow leaves out; an issue's name prints \
      that issue alone.

      Examples:
        symphony status              the screen
        symphony status 42           all about one issue
        symphony status -v --all     everything, uncut
        symphony status --json       for programs; --all adds what is long done
        symphony status --watch      live, full screen: `symphony top`

      Exit codes:
        0   ticks come as they should
        1   ticks are missing: the last one that a timer or a person called is
            older than three times polling.interval_ms, and than 5 minutes
        64  no such issue, or no state where --state-dir points
        74  state unusable
        78  no WORKFLOW.md
      """)
  @Argument(
    help: "Issues (42, #42, owner/repo#42, an address); or the workflow file.")
  var names: [String] = []
  @OptionGroup var global: GlobalOptions
  @Flag(help: "Print the result as JSON.") var json = false
  @Flag(help: "Also list what is done for longer, left out by a rule, or not listed any more.")
  var all = false
  @Flag(help: "Show it live, as `symphony top` does.") var watch = false
  @Option(help: "With --watch: seconds between two looks, 1 to 3600.") var interval = 1

  func validate() throws {
    try Watching.validate(interval)
    if watch, json || all { throw ValidationError("--watch takes neither --json nor --all") }
  }

  func run() async throws {
    let files = names.filter(Self.isFile)
    guard files.count <= 1 else {
      throw Stop(.usage, "two workflow files: \(files[0]) and \(files[1])", hint: "name one")
    }
    let place = try global.place(positional: files.first).ofState()
    let issues = names.filter { !Self.isFile($0) }
    if watch {
      guard issues.count <= 1 else {
        throw Stop(.usage, "--watch shows one issue at a time", hint: "name one, or none")
      }
      let watching = Watching(place: place, logbook: global.logbook, seconds: interval)
      return try watching.run(try issues.first.map { try IssueName($0, at: place) })
    }
    let composition = Composition(place: place, logbook: global.logbook)
    let scope: StateScope = all || !issues.isEmpty ? .everything : .awake
    let report: StateReport
    do throws(StoreError) { report = try composition.stateReport(scope) } catch {
      throw Stop(error)
    }
    let items = try issues.map { try IssueName($0, at: place).find(in: report) }
    if json {
      var shown = report
      if !items.isEmpty { shown.items = items }
      try Output.json(shown)
    } else if items.isEmpty {
      let screen = StatusScreen(
        report: report, width: Output.columns, showsAll: all, isVerbose: global.verbose)
      Output.answer(screen.lines)
    } else {
      let details = items.map { StatusDetail(report: report, item: $0).lines }
      let late = report.late.map { [StyledLine($0.sentence(at: report.at), .red)] } ?? []
      Output.answer(late + Array(details.joined(separator: [StyledLine()])))
    }
    if report.late != nil { throw Stop(.willRetry) }
  }

  /// A number is an issue, also where a file is called so.
  private static func isFile(_ name: String) -> Bool {
    if name.hasSuffix(".md") { return true }
    let isNumber = !name.isEmpty && name.allSatisfy { ("0"..."9").contains($0) }
    return !isNumber && Files.exists(name) && !Files.isDirectory(name)
  }
}

extension Place {
  /// For commands that only look: with a state that is there the workflow is the state's own.
  ///
  /// - Throws: `Stop` for a place that holds neither, or two that do not belong together.
  func ofState() throws -> Place {
    let place = self
    if let option = place.stateOption, !place.hasState {
      throw Stop(
        .usage, "no state at \(Files.absolute(option)): no tick has run with it",
        hint: "leave --state-dir out, or name the directory that `symphony tick` was given")
    }
    try place.requireProject()
    guard place.namesState, place.hasState,
      let owner = try StoredLook.fact(.workflowPath, of: place)
    else {
      return place
    }
    if SameFile.isSame(owner, place.workflowPath) { return place }
    if place.namesWorkflow, !Files.exists(place.workflowPath) {
      throw Stop(
        .workflow, "\(place.workflowPath): no such file",
        hint: "the state at \(place.stateDirectory) belongs to \(owner)")
    }
    if place.namesWorkflow, Files.exists(owner) {
      throw Stop(
        .state, "\(place.stateDirectory) belongs to \(owner), not to \(place.workflowPath)",
        hint: "leave one of the two out")
    }
    if place.namesWorkflow { return place }
    var other = place
    other.workflowPath = owner
    return other
  }
}
