// Refuses to work where somebody else can swap what is worked on. Tick asks for its state directory
// before it leaves a lock there, and for the places of caches and workspaces before it plans and
// before it launches. The store asks for itself; the rules are FolderSafety's.
import SymphonyCore
import SymphonyPlatform

struct SafePlaces {
  let stateDirectory: String
  private let safety = FolderSafety()

  init(stateDirectory: String) { self.stateDirectory = stateDirectory }

  /// Makes the state directory, in a safe place only.
  func makeState() throws(StoreError) {
    // Before: nothing is made in an unsafe place. After: somebody may have been faster.
    try check(stateDirectory)
    try make(stateDirectory)
    try check(stateDirectory)
    try checkFile(Files.join(stateDirectory, "tick.lock"))
    try checkFile(Files.join(stateDirectory, "tick.again"))
  }

  /// The places a workflow names for caches and workspaces, whether or not they are used now.
  func checkRoots(_ policy: WorkspacePolicy) throws(StoreError) {
    for path in [policy.cacheDirectory, policy.worktreeDirectory].compactMap(\.self) {
      try check(path)
    }
  }

  /// What a run is to work in, just before its worker starts.
  func prepare(_ paths: RunPaths) throws(StoreError) {
    for path in [paths.cache, paths.workspace].map(Files.parent) {
      // In a directory that everybody shares it has to be ours before somebody else makes it.
      if !path.hasPrefix(stateDirectory + "/") {
        try check(path)
        try make(path)
      }
      try check(path)
    }
    try wrap { () throws(UnsafeFolder) in
      try safety.checkEntries(of: paths.cache)
      // A complete workspace may have been given to an account of the agent's own.
      if Files.exists(paths.createdMark) {
        try safety.checkFile(paths.createdMark)
      } else {
        try safety.check(paths.workspace)
      }
    }
  }

  private func check(_ path: String) throws(StoreError) {
    try wrap { () throws(UnsafeFolder) in try safety.check(path) }
  }
  private func checkFile(_ path: String) throws(StoreError) {
    try wrap { () throws(UnsafeFolder) in try safety.checkFile(path) }
  }
  private func make(_ path: String) throws(StoreError) {
    do throws(PlatformError) { try Files.makeDirectories(path) } catch {
      throw StoreError.of(error)
    }
  }
  private func wrap(_ body: () throws(UnsafeFolder) -> Void) throws(StoreError) {
    do throws(UnsafeFolder) { try body() } catch {
      throw .unsafe(error.sentence, hint: error.hint)
    }
  }
}
