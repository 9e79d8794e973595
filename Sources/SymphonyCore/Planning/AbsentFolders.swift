// A directory that the workflow names for caches or workspaces and that is not there: its disk may
// not be mounted. Nothing is launched for an item that has, or would get, its place in it, and no
// attempt is spent; all else goes on. Dispatch and Housekeeping ask.

/// A named directory that cannot be worked in.
package struct AbsentFolder: Hashable, Sendable {
  /// The item's folder below it, present or not: `WorkspaceHome.cacheFolder` or `.workspaceFolder`.
  package var folder: String
  /// The fault of that directory, or of the one it is to be made in.
  package var sentence: String
  package var hint: String
  package init(folder: String, sentence: String, hint: String) {
    self.folder = folder
    self.sentence = sentence
    self.hint = hint
  }
}

extension Planning {
  /// The absent folder that an item's launch would need; nil: none.
  func absence(_ record: ItemRecord) -> AbsentFolder? {
    if snapshot.absentFolders.isEmpty { return nil }
    let home =
      record.home
      ?? RunPaths.home(record, state: snapshot.stateDirectory, policy: policy.workspace)
    return snapshot.absentFolders.first {
      $0.folder == home.workspaceFolder || $0.folder == home.cacheFolder
    }
  }
}
