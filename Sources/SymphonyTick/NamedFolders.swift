// Which directories that a person named are not there: those of the workflow as it stands, and
// those in which items of earlier settings still have their places. The observer asks for the
// plan, doctor for its findings. Makes nothing; what is below the state directory is our own.
import SymphonyCore
import SymphonyPlatform

package struct NamedFolders {
  let stateDirectory: String
  let policy: WorkspacePolicy
  let items: [ItemRecord]
  /// The folders that ever got our mark.
  let marked: Set<String>

  /// `marked`: the value of `StoredFact.markedFolders`.
  package init(
    stateDirectory: String, policy: WorkspacePolicy, items: [ItemRecord], marked: String?
  ) {
    self.stateDirectory = stateDirectory
    self.marked = Self.folders(marked)
    self.policy = policy
    self.items = items
  }

  package func absent() -> [AbsentFolder] {
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

  /// The value of the fact with what these launches mark; nil: it stays as it is.
  func marked(by launches: [WorkspaceHome]) -> String? {
    let folders = launches.flatMap { [$0.cacheFolder, $0.workspaceFolder] }
      .filter {
        NamedFolder($0).isNamed(inState: stateDirectory) && !$0.unicodeScalars.contains("\n")
      }
    let all = marked.union(folders)
    return all == marked ? nil : all.sorted().joined(separator: "\n")
  }
  private static func folders(_ fact: String?) -> Set<String> {
    Set((fact ?? "").splitLines().map(String.init))
  }

  private func absence(_ folder: String) -> AbsentFolder? {
    let homes = items.compactMap(\.home).filter {
      $0.cacheFolder == folder || $0.workspaceFolder == folder
    }
    guard marked.contains(folder) || !homes.isEmpty else {
      let root = policy.namedRoot(of: folder) ?? folder
      return NamedFolder(root).absence(wasUsed: false).map { sentence in
        AbsentFolder(
          folder: folder, sentence: sentence,
          hint: "mount its disk; for the first use: mkdir -p \(ShellWords.quoted(root))")
      }
    }
    let places = homes.map { $0.cacheFolder == folder ? $0.cache : $0.workspace }
    return NamedFolder(folder).absence(wasUsed: true, orHas: places).map { sentence in
      let words = ShellWords.quoted(folder)
      let mark = ShellWords.quoted(Files.join(folder, NamedFolder.markName))
      return AbsentFolder(
        folder: folder, sentence: sentence,
        hint: "mount its disk, and all goes on; if what was in it is gone for good: "
          + "mkdir -p \(words) && touch \(mark)")
    }
  }
}

/// A state directory that a person named, perhaps on a disk that is not mounted just now.
///
/// Begun anew beside it the state would know nothing of the agents that run: so the directory
/// around it has to be there at least. Tick, `pause` and doctor ask.
package enum NamedState {
  /// Why it is neither there nor to be made; nil: it is.
  package static func absence(_ directory: String) -> StoreError? {
    if Files.isDirectory(directory) { return nil }
    let around = Files.parent(of: directory)
    let what = "the state directory \(directory) cannot be made: \(around) is not there"
    if let why = NamedFolder(directory).absence(wasUsed: false), Files.exists(directory) {
      return .absent(
        "the state directory cannot be used: \(why)",
        hint: "name another directory with --state-dir")
    } else if Files.isDirectory(around) {
      return nil
    }
    return .absent(
      what, hint: "mount its disk; for the first use: mkdir -p \(ShellWords.quoted(directory))")
  }
}

extension ItemRecord {
  /// Its workspace is there, or its next run looks for it.
  fileprivate var needsHome: Bool {
    if case .released = claim { return hasWorkspace }
    return true
  }
}
