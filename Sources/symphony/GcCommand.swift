// `symphony gc`: what a state directory keeps, what of it may go, and why the rest stays. What
// ticks do in small portions it does at once, under their lock.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTick

struct GcCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc",
    abstract: "Remove what is not needed any more, and show what is kept and why.",
    discussion: """
      Ticks tidy by themselves, a little at a time; this does all of it at once, and prints what \
      takes up room. Directories of old runs, caches that no issue uses and what \
      `symphony recover` replaced go now; workspaces go with the next ticks, by a run that asks \
      git first. Whatever holds work that is on no branch of the remote stays, and is named. How \
      long and how much is kept is set by workspace.kept_runs, workspace.max_age_days, \
      workspace.max_gb and the settings of retention.

      Examples:
        symphony gc --dry-run       what would go, and what is kept
        symphony gc
        symphony gc --dry-run -v    a line for each directory, with its path
        symphony gc --json
      """)
  @Flag(name: .customLong("dry-run"), help: "Show it, and change nothing.") var dryRun = false
  @Flag(help: "Print the result as JSON.") var json = false
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    if !dryRun { try refuseInsideRun() }
    let place = try global.place().ofState()
    guard place.hasState else {
      throw Stop(
        .state, "no state at \(place.stateDirectory)", hint: "`symphony tick` makes a new one")
    }
    do throws(StoreError) { try SQLiteStore.checkPlace(place.stateDirectory) } catch {
      throw Stop(error)
    }
    let lock = dryRun ? nil : try place.takeTickLock()
    defer { withExtendedLifetime(lock) {} }
    if !dryRun, lock == nil { throw Place.isTicking }
    let report = try DiskTally(
      composition: Composition(place: place, logbook: global.logbook), dryRun: dryRun
    ).run()
    let removed = report.things.count { $0.fate == .removed }
    if removed > 0 { Answer.remember("\(removed) things removed in \(place.stateDirectory)") }
    if json {
      try Output.json(report)
    } else {
      Output.answer(report.lines(width: Output.columns, isVerbose: global.verbose))
      if dryRun, report.things.contains(where: { $0.fate == .goes }) {
        Output.hint("`symphony gc` does it")
      }
    }
    if report.things.contains(where: { $0.fate == .failed }) { throw Stop(.willRetry) }
  }
}
