// Which directories that a person named are not there: those of the workflow as it stands, and
// those in which items of earlier settings still have their places. The observer asks for the
// plan, doctor for its findings. Makes nothing; what is below the state directory is our own.
import SymphonyCore
import SymphonyPlatform

public struct NamedFolders {
  let stateDirectory: String
  let policy: WorkspacePolicy
  let items: [ItemRecord]

  public init(stateDirectory: String, policy: WorkspacePolicy, items: [ItemRecord]) {
    self.stateDirectory = stateDirectory
    self.policy = policy
    self.items = items
  }

  public func absent() -> [AbsentFolder] {
    var found: [AbsentFolder] = []
    for folder in Set(wanted).sorted()
    where NamedFolder(folder).isNamed(inState: stateDirectory) {
      if let absent = absence(folder) { found.append(absent) }
    }
    return found
  }

  private var wanted: [String] {
    let homes = items.filter(\.needsHome).compactMap(\.home)
    return [policy.cacheDirectory, policy.worktreeDirectory].compactMap(\.self)
      + homes.flatMap { [$0.cacheFolder, $0.workspaceFolder] }
  }

  /// Whether an item was given a place in it: then it was made, and must be there.
  private func wasUsed(_ folder: String) -> Bool {
    items.contains { $0.home?.cacheFolder == folder || $0.home?.workspaceFolder == folder }
  }

  private func absence(_ folder: String) -> AbsentFolder? {
    guard wasUsed(folder) else {
      let root = policy.namedRoot(of: folder) ?? folder
      return NamedFolder(root).absence(wasUsed: false).map { sentence in
        AbsentFolder(
          folder: folder, sentence: sentence,
          hint: "mount its disk; for the first use: mkdir -p \(ShellWords.quoted(root))")
      }
    }
    return NamedFolder(folder).absence(wasUsed: true).map { sentence in
      let words = ShellWords.quoted(folder)
      let mark = ShellWords.quoted(Files.join(folder, NamedFolder.markName))
      return AbsentFolder(
        folder: folder, sentence: sentence,
        hint: "mount its disk, and all goes on; if what was in it is gone for good: "
          + "mkdir -p \(words) && touch \(mark)")
    }
  }
}

extension ItemRecord {
  /// Its workspace is there, or its next run looks for it.
  fileprivate var needsHome: Bool {
    if case .released = claim { return hasWorkspace }
    return true
  }
}
