// `symphony recover --adopt`: makes this machine the owner of a state directory that was moved
// here, as a cache of a CI system is. Runs of the other machine are vanished ones for the next
// tick, which spends no attempt on them; branches on the remote keep out whoever still works there.
import ArgumentParser
import SymphonyCore
import SymphonyExecutors
import SymphonyPlatform
import SymphonyStore
import SymphonyTick

struct RecoverCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Take over a state directory that was moved here from another machine.",
    discussion: """
      Without a state it does nothing, so that a CI run can call it always. Move the whole \
      directory, and only while no worker of it lives.

      Examples:
        symphony recover --adopt
      """)
  @Flag(help: "Make this machine the owner.") var adopt = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if !adopt { throw ValidationError("pass --adopt: nothing else can be recovered") }
  }

  func run() async throws {
    try refuseInsideRun()
    let place = try global.place()
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
    let taken: FileLock?
    do throws(PlatformError) {
      taken = try FileLock.take(StateLayout(place.stateDirectory).tickLock)
    } catch {
      throw Stop(.state, error.description)
    }
    if let taken { return taken }
    throw Stop(.locked, "a tick runs there: this machine has it already")
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
