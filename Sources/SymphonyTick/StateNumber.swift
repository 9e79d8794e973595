// The state number: counts what a state directory has done outside itself, in runs/number, where a
// database that is lost or put back from a copy does not take it along. Moved by the applier after
// a commit and before what follows from it; a kill between the two leaves the file behind, which is
// harmless, because nothing was done. Compared at every open (SymphonyStore/StateNumberCheck).
import SymphonyCore
import SymphonyPlatform

struct StateNumber {
  private let layout: StateLayout
  private var file: NumberFile { NumberFile(layout.stateNumber) }

  init(stateDirectory: String) {
    layout = StateLayout(stateDirectory)
  }

  /// Makes the file where there is none, before a commit that is to be acted on: then the disk may
  /// be full, and what is committed is done all the same.
  ///
  /// `stored`: what the database counts now.
  func prepare(_ stored: Int64) throws(StoreError) {
    if Files.exists(file.path) { return }
    do throws(PlatformError) {
      try Files.makeDirectories(layout.runs)
      try file.write(stored)
      try Files.syncDirectory(layout.path)
    } catch { throw .of(error) }
  }

  /// On disk when this returns: nothing may be done outside before.
  func write(_ number: Int64) throws(StoreError) {
    do throws(PlatformError) { try file.write(number) } catch { throw .of(error) }
  }
}
