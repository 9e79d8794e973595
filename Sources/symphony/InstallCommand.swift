// `symphony install` and `symphony uninstall`: have a systemd timer or cron call the ticks of one
// workflow, and take exactly that away again. What is called is ScheduledCall's, the texts are
// SystemdUnits' and Crontab's, who calls already is found by CallerSearch.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

struct InstallCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install",
    abstract: "Have a systemd timer or cron call the ticks of this workflow.",
    discussion: """
      Writes absolute paths and the PATH that git and the agents have now, starts the timer \
      and waits for its first tick. A workflow that somebody calls already is refused.

      Exit codes:
        1   installed, but no tick came, or it failed; or systemd refuses
        64  the workflow is called already, or cannot be called from there
        74  the crontab or a unit cannot be read or written
        75  the crontab was changed meanwhile; try again

      Examples:
        symphony install --systemd --user
        symphony install --cron --every 1min
        symphony install --systemd --user --dry-run
      """)
  @Flag(help: "A systemd timer.") var systemd = false
  @Flag(help: "Lines in your crontab.") var cron = false
  @Flag(help: "With --systemd: of your own manager, which only root need not name.")
  var user = false
  @Option(help: "30s or 1min.") var every = CallInterval.halfMinute
  @Flag(help: "Show what would be written, and change nothing.") var dryRun = false
  @Flag(help: "Do not wait for the first tick.") var noWait = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if systemd == cron { throw ValidationError("pass --systemd or --cron, one of them") }
    if user, cron { throw ValidationError("--user goes with --systemd; a crontab is your own") }
  }

  func run() async throws {
    try refuseInsideRun()
    let place = try global.place()
    try place.requireProject()
    try refuseOthersProject(place)
    let composition = Composition(place: place, logbook: global.logbook)
    let policy = try composition.requirePolicy(lastGood: nil)
    let call = try ScheduledCall(place: place, policy: policy, composition: composition)
    let since = Timestamp(milliseconds: Clock.wallMilliseconds())
    // From here on the crontab is read, changed and written, and no other command does that.
    let look =
      cron && !dryRun
      ? try CrontabLock.holding { try install(call) } : try install(call)
    if !dryRun, !noWait { try await wait(place, since, look) }
  }

  /// With root's rights an agent would do what its author, not root, wants.
  private func refuseOthersProject(_ place: Place) throws {
    guard Host.userID == 0, let owner = Files.facts(place.workflowPath)?.owner, owner != 0
    else { return }
    throw Stop(
      .usage, "\(place.workflowPath) belongs to another user (uid \(owner)): root would run it",
      hint: "run `symphony install --systemd --user` as that user")
  }

  /// - Returns: where to look when no tick comes.
  private func install(_ call: ScheduledCall) throws -> String {
    let crontab = try cron ? Crontab.readIfInstalled() : Crontab.readIfAllowed()
    if let caller = CallerSearch(workflow: call.workflow).callers(crontab: crontab).first {
      throw Stop(
        .usage, "\(call.workflow) is called already: by \(caller)",
        hint:
          "`symphony uninstall` takes away what `symphony install` wrote; take out anything else "
          + "by hand")
    }
    for remark in call.remarks { Output.hint("\(remark)") }
    if cron { return try installLines(call, crontab ?? Crontab(bytes: [])) }
    let scope = UnitScope(isForMachine: !user && Host.userID == 0)
    return try scope.install(
      SystemdUnits(call: call, every: every, isForMachine: scope.isForMachine), dryRun: dryRun)
  }

  private func installLines(_ call: ScheduledCall, _ crontab: Crontab) throws -> String {
    let block = try Crontab.block(call, every: every)
    if !dryRun {
      // The crontab is read anew, so that a change a person made meanwhile is not lost.
      guard try Crontab.read().bytes == crontab.bytes else {
        throw Stop(
          .locked, "the crontab was changed meanwhile; nothing was installed", hint: "try again")
      }
      try crontab.adding(block).write()
      Output.done("added to your crontab:")
    }
    Output.page(block)
    return "is cron running? what a tick says, cron mails to you"
  }

  private func wait(_ place: Place, _ since: Timestamp, _ look: String) async throws {
    Output.error("waiting for the first tick, \(FirstTick.patience) s at most")
    guard let note = try FirstTick(place: place, since: since).wait() else {
      throw Stop(
        .willRetry, "installed, but no tick came within \(FirstTick.patience) s", hint: look)
    }
    let word = note.summary.isEmpty ? note.outcome : "\(note.outcome): \(note.summary)"
    guard note.outcome == SymphonyTick.ExitCode.done.word else {
      throw Stop(
        .willRetry, "installed, and the first tick came, but it ended as \(word)",
        hint: "`symphony doctor` checks what it needs; \(look)")
    }
    Output.answer("the first tick came: \(word)")
  }
}

struct UninstallCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uninstall",
    abstract: "Take away what `symphony install` wrote; state and workers stay.",
    discussion: """
      Examples:
        symphony uninstall
        symphony uninstall --workflow ~/app/WORKFLOW.md --dry-run
      """)
  @Flag(help: "Show what would be taken away, and change nothing.") var dryRun = false
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try refuseInsideRun()
    let place = try global.place()
    let workflow = place.workflowPath
    if !dryRun {
      for left in ThroughScheduler.removeLeftovers(of: workflow) {
        Output.answer("removed \(left)")
      }
    }
    let (crontab, hadLines) = try uninstallLines(workflow)
    var isAny = hadLines
    for scope in UnitScope.all where try scope.uninstall(workflow, dryRun: dryRun) { isAny = true }
    let others = CallerSearch(workflow: workflow).callers(crontab: crontab)
    guard isAny else {
      throw Stop(
        .usage, "`symphony install` wrote nothing for \(workflow)",
        hint: others.first.map { "it is called by \($0), which somebody else wrote" }
          ?? "name another workflow with --workflow")
    }
    if dryRun { return }
    for other in others { Output.hint("it is still called by \(other)") }
    Output.answer("its state stays: \(place.stateDirectory)")
    Output.hint(
      "workers live on; `symphony stop --all`, then `symphony tick`, ends them")
  }

  /// - Returns: the crontab without our lines, and whether there were any.
  private func uninstallLines(_ workflow: String) throws -> (Crontab?, Bool) {
    guard !dryRun else {
      let crontab = Crontab.readIfAllowed()
      guard let without = try crontab?.removing(workflow) else { return (crontab, false) }
      Output.answer("would take its lines out of your crontab")
      return (without, true)
    }
    guard Crontab.isInstalled else { return (nil, false) }
    return try CrontabLock.holding {
      let crontab = Crontab.readIfAllowed()
      guard let without = try crontab?.removing(workflow) else { return (crontab, false) }
      try without.write()
      Output.done("took its lines out of your crontab")
      return (without, true)
    }
  }
}
