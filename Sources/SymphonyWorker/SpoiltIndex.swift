// An index that git cannot read, as after a power loss: it says which files are tracked, and every
// look at the working tree needs it. It is moved aside and made anew from the commit that is
// checked out; the files stay as they are, so what was staged shows as changed or untracked. Called
// by Workspace before anything looks at the tree.
import SymphonyCore
import SymphonyPlatform

struct SpoiltIndex {
  let git: GitCommand
  let checkout: Checkout

  private var run: LiveRun { git.run }

  /// Does nothing where the index can be read, or is not what git complains about.
  ///
  /// `folder`: the working tree's own git directory.
  func mend(in folder: Folder) throws(RunStop) {
    let look = try git.ask(["ls-files", "--unmerged"], in: checkout.place)
    // A tree with a list of conflicts beyond all bounds can be read.
    guard !look.isSuccess, look.isConclusive, look.errors.contains("index"),
      try git.commit("HEAD", in: checkout.place) != nil
    else { return }
    let aside = "index.unreadable-r\(run.spec.generation)"
    run.log(
      "the index of \(checkout.path) cannot be read (\(look.complaint)); it is kept as "
        + "\(aside) in its git directory, and made anew from the commit that is checked out")
    try platform { () throws(PlatformError) in
      let index = try FileName("index")
      if try folder.facts(index)?.kind == .file {
        try folder.write(FileName(aside), try folder.read(index))
      }
      try folder.removeTree(index)
    }
    try git.must(["read-tree", "HEAD"], in: checkout.place)
  }
}
