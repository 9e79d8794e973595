// `symphony recover`: rebuilds a database that is damaged, lost or older than what its directory
// did. With `--adopt` it makes this machine the owner of a state directory that was moved here, as
// a cache of a CI system is: runs of the other machine are vanished ones for the next tick, which
// spends no attempt on them; branches on the remote keep out whoever still works there.
import ArgumentParser
import SymphonyCore
import SymphonyExecutors
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTick

struct RecoverCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Rebuild a lost or outdated database, or take over a moved state directory.",
    discussion: """
      Goes by the database as far as it can be read, else by the newest copy in backups/, and adds \
      what the run directories tell: which runs live or have ended, generations, sessions, \
      branches and money. The next ticks settle those runs as always, and look for each pull \
      request and comment before they write one. What nobody can know is parked as `recovered`. \
      The files that are replaced are kept in damaged/. It asks nobody on the network, and may be \
      killed and called again.

      Afterwards nothing new is started until `symphony resume`, unless --resume is passed. Where \
      nothing is missing nothing is changed.

      With --adopt it makes this machine the owner of a directory that was moved here whole, while \
      no worker of it lives; without a state it does nothing, so that a CI run can call it always.

      Examples:
        symphony recover --dry-run
        symphony recover
        symphony recover --adopt
      """)
  @Flag(help: "Make this machine the owner, and rebuild nothing.") var adopt = false
  @Flag(name: .customLong("dry-run"), help: "Show what would be rebuilt, and change nothing.")
  var dryRun = false
  @Flag(help: "Do not pause afterwards.") var resume = false
  @Flag(help: "Print the result as JSON.") var json = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if adopt, dryRun || resume || json {
      throw ValidationError("pass --adopt alone: it rebuilds nothing")
    }
  }

  func run() async throws {
    try refuseInsideRun()
    let place = try global.place()
    if adopt { return try takeOver(place) }
    guard Files.isDirectory(place.stateDirectory) else {
      throw Stop(
        .state, "no state at \(place.stateDirectory)", hint: "`symphony tick` makes a new one")
    }
    do throws(StoreError) { try SQLiteStore.checkPlace(place.stateDirectory) } catch {
      throw Stop(error)
    }
    let lock = dryRun ? nil : try lock(place)
    defer { withExtendedLifetime(lock) {} }
    let report = try Rebuild(place: place, dryRun: dryRun, pauses: !resume).run()
    if report.needed, !dryRun { Answer.remember("rebuilt the database of \(place.stateDirectory)") }
    if json { return try Output.json(report) }
    if !report.needed {
      return Output.done("nothing is missing in \(place.stateDirectory): nothing was changed")
    }
    Output.answer(report.said)
    if dryRun { return Output.hint("`symphony recover` does it") }
    Output.hint("`symphony status` shows what is known now; `symphony resume` lets work begin")
  }

  private func takeOver(_ place: Place) throws {
    guard place.hasState else { return Output.answer("no state at \(place.stateDirectory)") }
    do throws(StoreError) { try SQLiteStore.checkPlace(place.stateDirectory) } catch {
      throw Stop(error)
    }
    let lock = try lock(place)
    defer { withExtendedLifetime(lock) {} }
    try refuseLivingWorkers(Composition(place: place, logbook: global.logbook))
    do throws(StoreError) {
      try SQLiteStore.adopt(
        directory: place.stateDirectory, now: Timestamp(milliseconds: Clock.wallMilliseconds()))
    } catch {
      throw Stop(error)
    }
    Output.done("this machine has \(place.stateDirectory) now")
  }

  private func lock(_ place: Place) throws -> FileLock {
    if let taken = try place.takeTickLock() { return taken }
    throw adopt
      ? Stop(.locked, "a tick runs there: this machine has it already") : Place.isTicking
  }

  private func refuseLivingWorkers(_ composition: Composition) throws {
    let alive: [RunID]
    do throws(ExecutorError) {
      alive = try composition.executor().poll(PollQuestion(findsOthers: true)).othersAlive
    } catch {
      throw Stop(.state, error.sentence)
    }
    if alive.isEmpty { return }
    throw Stop(.locked, "\(alive.count) worker(s) of it live here: this machine has it already")
  }
}

extension Place {
  /// Keeps ticks out for as long as it is held; nil: one runs.
  /// - Throws: `Stop` with 74.
  func takeTickLock() throws -> FileLock? {
    do throws(PlatformError) {
      let lock = try FileLock.take(StateLayout(stateDirectory).tickLock)
      // Ticks name it, and one that hangs does not keep them out for ever.
      if let lock {
        try TickLock(stateDirectory: stateDirectory).writeHolder(deadline: .minutes(5), in: lock)
      }
      return lock
    } catch {
      throw Stop(.state, error.description)
    }
  }

  static var isTicking: Stop {
    Stop(
      .locked, "a tick runs there just now", hint: "call it again when the tick has ended")
  }
}
