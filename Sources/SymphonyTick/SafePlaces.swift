// Refuses to work where somebody else can swap what is worked on. Tick asks for its state directory
// before it leaves a lock there, and for the places of caches and workspaces before it plans and
// before it launches. The store asks for itself; the rules are FolderSafety's.
import SymphonyCore
import SymphonyPlatform

package struct SafePlaces {
  let stateDirectory: String
  private let safety = FolderSafety()

  package init(stateDirectory: String) { self.stateDirectory = stateDirectory }

  /// Makes the state directory, in a safe place only.
  ///
  /// `isNamed`: by a person: see `NamedState`.
  func makeState(isNamed: Bool) throws(StoreError) {
    // Before: nothing is made in an unsafe place. After: somebody may have been faster.
    try checkState(isNamed: isNamed)
    try make(stateDirectory)
    try checkState(isNamed: isNamed)
  }

  /// Whether a tick could begin there, without making anything.
  func checkState(isNamed: Bool) throws(StoreError) {
    try check(stateDirectory)
    if isNamed, let absence = NamedState.absence(stateDirectory) { throw absence }
    try checkFile(StateLayout(stateDirectory).tickLock)
    try checkFile(Files.join(stateDirectory, "tick.again"))
  }

  /// The places a workflow names for caches and workspaces, whether or not they are used now.
  package func checkRoots(_ policy: WorkspacePolicy) throws(StoreError) {
    for path in [policy.cacheDirectory, policy.worktreeDirectory].compactMap(\.self) {
      try check(path)
    }
  }

  /// Prepares the folders that a run is to work in, just before its worker starts.
  ///
  /// A named directory gets our mark; it is not made itself, only what lies in it.
  func prepare(_ paths: RunPaths, _ policy: WorkspacePolicy) throws(StoreError) {
    let home = WorkspaceHome(cache: paths.cache, workspace: paths.workspace)
    for folder in [home.cacheFolder, home.workspaceFolder] where isNamed(folder) {
      // In a directory that everybody shares it has to be ours before somebody else makes it.
      try check(folder)
      try make(folder, below: policy.namedRoot(of: folder) ?? folder)
      try check(folder)
      do throws(PlatformError) { try NamedFolder(folder).leaveMark() } catch {
        throw StoreError.of(error)
      }
    }
    let owner = Files.parent(of: paths.cache)
    if isNamed(home.cacheFolder) { try make(owner, below: home.cacheFolder) }
    for path in [owner, home.workspaceFolder] { try check(path) }
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

  /// All but what we make in our own state directory.
  private func isNamed(_ folder: String) -> Bool {
    NamedFolder(folder).isNamed(inState: stateDirectory)
  }
  private func check(_ path: String) throws(StoreError) {
    try wrap { () throws(UnsafeFolder) in try safety.check(path) }
  }
  private func checkFile(_ path: String) throws(StoreError) {
    try wrap { () throws(UnsafeFolder) in try safety.checkFile(path) }
  }
  private func make(_ path: String, below root: String? = nil) throws(StoreError) {
    // A link in its place is the person's own.
    if Files.isDirectory(path) { return }
    do throws(PlatformError) { try Files.makeDirectories(path, below: root) } catch {
      throw StoreError.of(error)
    }
  }
  private func wrap(_ body: () throws(UnsafeFolder) -> Void) throws(StoreError) {
    do throws(UnsafeFolder) { try body() } catch {
      throw .unsafe(error.sentence, hint: error.hint)
    }
  }
}
