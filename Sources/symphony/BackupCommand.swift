// `symphony backup FILE`: one consistent file of the database, made from a private copy, so that it
// takes no lock and holds up no tick. What restoring it means is told by `recover`.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyStore
import SymphonyTick

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Copy the database into one file, while ticks run.",
    discussion: """
      The file holds all rows as they were at one moment; -wal and -shm are not needed beside it. \
      Ticks keep a copy of each day in the state directory, too (`retention.backups`). To restore \
      one, put it in the place of symphony.db, without -wal and -shm, and call `symphony recover`: \
      until then no tick starts anything, because the world went on since the copy was made.

      Examples:
        symphony backup /var/backups/symphony.db
        symphony backup --force latest.db
      """)
  @Argument(help: "The file to write.", completion: .file()) var file: String
  @Flag(help: "Replace a file that is there.") var force = false
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try refuseInsideRun()
    let place = try global.place()
    try place.requireProject()
    let path = Files.absolute(file)
    if Files.exists(path), !force || Files.isDirectory(path) {
      throw Stop(
        .usage, "\(path) is there already",
        hint: Files.isDirectory(path) ? "name a file" : "pass --force to replace it")
    }
    guard Files.isDirectory(Files.parent(of: path)) else {
      throw Stop(.usage, "\(Files.parent(of: path)) is not a directory", hint: "make it first")
    }
    guard place.hasState else {
      throw Stop(
        .state, "no state at \(place.stateDirectory): there is nothing to copy",
        hint: "`symphony tick` runs the first tick")
    }
    do throws(StoreError) {
      let store = try SQLiteStore.open(
        directory: place.stateDirectory, mode: .privateCopy,
        now: Timestamp(milliseconds: Clock.wallMilliseconds()))
      defer { store.close() }
      try store.copy(to: path)
    } catch {
      throw Stop(error)
    }
    Output.done("\(path) holds the state of \(place.workflowPath)")
  }
}
