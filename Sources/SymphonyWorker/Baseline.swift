// Changes in a working tree that nobody committed and that are not the agent's doing: kept for the
// run, and in the workspace's mark for the next one. Looked at around every hook: a hook's changes
// are not the agent's, unless the agent changed the file before, as where a hook formats what the
// agent wrote. Called by Work and HookRunner; Changes tells what is in a file.
import SymphonyCore
import SymphonyPlatform

/// Shared by all copies of a checkout.
final class Baseline {
  /// Nil: no agent was here yet.
  fileprivate(set) var states: Changes?
  /// The commit that the first turn begins with; nil: no turn has begun.
  var start: String?
  /// The changes before the hook that runs, or before one after which no look succeeded.
  fileprivate var pending: TreeLook?
}

extension Changes {
  /// The changes that are not the agent's doing after a hook.
  ///
  /// `known`: what was none of it before; nil: no agent was here yet. `committed`: names of files
  /// that the agent's commits of this run changed.
  static func baseline(
    before: Changes, after: Changes, known: Changes?, committed: Set<String> = []
  ) -> Changes {
    guard let known else { return after }
    return after.filter { name, state in
      // Left alone by the hook, or changed when it was changed already: whose it was, it stays.
      if let old = before[name] { return known[name] == old }
      return !committed.contains(name)
    }
  }
}

struct BaselineWatch {
  let git: GitCommand
  let checkout: Checkout

  private var baseline: Baseline { checkout.baseline }
  private var run: LiveRun { git.run }
  private var mark: String { run.spec.paths.createdMark }

  /// What earlier runs noted.
  func recall() throws(RunStop) { baseline.states = try WorkspaceMark.read(mark)?.baseline }

  /// Before the first hook that may find an agent's work.
  ///
  /// `known`: a look since which no program of the workflow has run; nil: there is none.
  func begin(_ known: TreeLook?) throws(RunStop) {
    try recall()
    try open(known)
  }

  /// Before a hook.
  ///
  /// When the end of an earlier hook could not be looked at, its changes are judged together with
  /// those of this hook: no agent ran between the two.
  func open(_ known: TreeLook? = nil) throws(RunStop) {
    guard baseline.pending == nil else { return }
    try run.enter(.hooks, limit: run.limits.prepare)
    baseline.pending = if let known { known } else { try TreeLook.take(git, checkout) }
  }

  /// After a hook, however it ended.
  ///
  /// Does nothing where nothing was opened.
  ///
  /// `nothingRan`: there is no such hook: then the tree is as it was when the watch was opened.
  /// - Returns: what the tree is like now; nil: nothing was opened.
  @discardableResult
  func close(nothingRan: Bool = false) throws(RunStop) -> TreeLook? {
    guard let before = baseline.pending else { return nil }
    try run.enter(.hooks, limit: run.limits.prepare)
    let after = nothingRan ? before : try TreeLook.take(git, checkout)
    let isNew = after.changes.contains { before.changes[$0.key] == nil }
    let states = Changes.baseline(
      before: before.changes, after: after.changes, known: baseline.states,
      committed: isNew ? try committed(before.head) : [])
    var mark = try WorkspaceMark.read(self.mark) ?? WorkspaceMark(runID: run.spec.runID.text)
    mark.baseline = states
    try mark.write(self.mark)
    baseline.states = states
    baseline.pending = nil
    return after
  }

  /// Files that this run's commits changed, as far as they were made before the hook.
  private func committed(_ head: String) throws(RunStop) -> Set<String> {
    guard let start = baseline.start, head != start else { return [] }
    let names = try git.ask(
      ["diff", "--name-only", "--no-renames", "-z", start, head], in: checkout.place)
    guard names.isSuccess else { throw .failed("git_failed", names.complaint) }
    return Set(names.bytes.split(separator: 0).map { Changes.name(Array($0)) })
  }
}
