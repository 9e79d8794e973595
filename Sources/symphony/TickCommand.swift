// `symphony tick`: one tick, its rehearsal (--dry-run), or ticks until all is quiet (--wait).
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

struct TickCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tick", abstract: "Look at the world once, decide, act and end.",
    discussion: """
      Asks the tracker, starts workers for what may run, settles those that ended, pays what is \
      owed to the tracker, and exits within tick.deadline_ms. Two at once do no harm: the second \
      says so and exits 0.

      Examples:
        symphony tick --dry-run               what it would do, and why
        symphony tick
        symphony tick --scheduled             as timers call it
        symphony tick --wait --timeout 3000   in a CI job: until all is quiet
        symphony tick --json
      """)

  @Argument(help: "The workflow file (default: WORKFLOW.md here, or above).") var workflowPath:
    String?
  @OptionGroup var global: GlobalOptions
  @Flag(help: "Print the plan and change nothing.") var dryRun = false
  @Flag(help: "Print the result as JSON.") var json = false
  @Flag(help: "What timers use: polls GitHub at most every polling.interval_ms.") var scheduled =
    false
  @Flag(help: .hidden) var nudged = false
  @Flag(help: .hidden) var hinted = false
  @Flag(help: "Exit 75 instead of 0 when another tick runs.") var failIfLocked = false
  @Flag(help: "Tick until no run lives and no retry is due; SIGTERM stops the workers.") var wait =
    false
  @Option(
    help: """
      With --wait: give up after this many seconds (exit 1); workers live on, but where a GitHub \
      runner would kill them they are ended.
      """)
  var timeout: Int?

  func validate() throws {
    if timeout != nil, !wait { throw ValidationError("--timeout goes with --wait") }
    if let timeout, timeout < 1 { throw ValidationError("--timeout takes seconds from 1") }
    if wait, dryRun {
      throw ValidationError("--dry-run changes nothing, so there is nothing to --wait for")
    }
  }

  func run() async throws {
    if !dryRun { try refuseInsideRun() }
    if !dryRun { FaultPoint.take(role: .tick) }
    let place = try global.place(positional: workflowPath)
    var options = Tick.Options(
      trigger: nudged ? .nudged : hinted ? .hinted : scheduled ? .scheduled : .manual)
    LogStyle.begin(tick: options.id)
    let composition = Composition(place: place, logbook: global.logbook)
    Signals.watch([Signals.terminate, Signals.interrupt])
    let report: TickReport
    if wait {
      var loop = WaitLoop(composition: composition, timeoutSeconds: timeout)
      report = await loop.run()
      if ActionsRunner.isHere { RunnerEnding(report: report, composition: composition).publish() }
    } else {
      options.dryRun = dryRun
      options.failIfLocked = failIfLocked
      report = await Tick(parts: composition.tickParts(), options: options).run()
    }
    // A timer's tick told its news under its lock already, and that a second tick waits is no news.
    let isQuiet =
      options.trigger == .scheduled && !dryRun && (report.isTold || report.wasBusy)
      && !Host.isTerminalOutput
    if !dryRun, let summary = report.summary { Answer.remember(summary) }
    let printer = TickPrinter(report: report, composition: composition, dryRun: dryRun)
    if json { try printer.printJSON() } else if !isQuiet { printer.print() }
    if isQuiet, report.exit != .locked {
      if report.exit != .done { throw Stop(report.exit) }
      return
    }
    if report.exit != .done {
      // Of another trouble it would be no cure.
      let remedy =
        report.exit == .workflow || report.problem == nil ? composition.remedy : nil
      throw Stop(
        report.exit, report.problem ?? hindrance(report),
        hint: report.hint ?? remedy ?? hint(report.exit))
    }
    if let problem = report.problem { Output.failure(problem, hint: report.hint) }
  }

  /// Without it such a tick would exit 1 and not say why.
  private func hindrance(_ report: TickReport) -> String? {
    report.hindrance.map { why in
      (report.launched > 0 ? "not everything was started: " : "nothing was started: ") + why
    }
  }

  private func hint(_ exit: SymphonyTick.ExitCode) -> String? {
    exit == .workflow || exit == .willRetry ? "`symphony doctor` checks all of it" : nil
  }
}
