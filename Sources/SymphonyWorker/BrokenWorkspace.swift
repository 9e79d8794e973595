// Replaces a workspace that is no longer what it was made as: it is moved aside under a name that
// the run tells, never removed, and the branch keeps every commit that can be had. Called by
// Workspace.prepare, which then makes a new one.
import Glibc
import SymphonyCore
import SymphonyPlatform

extension Workspace {
  /// Moves the workspace aside and forgets that it was complete.
  ///
  /// The item's branch is taken forward to the commits found in it, if they share history with the
  /// base and the branch loses nothing by that.
  func replace(_ checkout: inout Checkout, _ fault: String) throws(RunStop) {
    let wasThere = Files.exists(path)
    let rescued = try findCommits(checkout)
    try FoundCommits.abandon(git, checkout)
    let aside = freeName()
    try platform { () throws(PlatformError) in
      if wasThere { try Files.move(path, to: aside) }
      try Files.syncDirectory(Files.parent(of: path))
    }
    if checkout.repository.isBare {
      let registration = Registration(cache: checkout.repository.path, workspace: path)
      _ = try platform { () throws(PlatformError) in try registration.remove() }
    }
    try removeMark()
    checkout.isComplete = false
    if wasThere {
      run.keep("the workspace \(path) was not usable (\(fault)); it is kept as \(aside)")
    } else {
      run.log("the workspace \(path) is gone; it is made anew")
    }
    if checkout.repository.isBare {
      try keepStrayBranch(checkout)
      try advance(checkout, to: rescued)
    }
  }

  private func freeName() -> String {
    let plain = "\(path).aside-r\(run.spec.generation)"
    var name = plain
    var count = 1
    while Files.exists(name) || Files.linkTarget(name) != nil {
      count += 1
      name = "\(plain)-\(count)"
    }
    return name
  }

  /// Takes into the cache what is checked out in the workspace, of whatever repository that is, and
  /// what its own entry in the cache has checked out.
  private func findCommits(_ checkout: Checkout) throws(RunStop) -> [String] {
    guard checkout.repository.isBare, Files.isDirectory(checkout.repository.path) else { return [] }
    let outside = checkout.repository.place
    var found: [String] = []
    let registration = Registration(cache: checkout.repository.path, workspace: path)
    if let entry = registration.directory, let head = try git.commit("HEAD", in: .bare(entry)) {
      found.append(head)
    }
    do throws(RunStop) {
      guard let head = try foundHead() else { return found }
      if isWalled {
        let branch = "refs/heads/\(run.spec.git.branch)"
        let clone = WalledClone(git: git, checkout: checkout)
        try clone.takeOut(head)
        if let tip = try git.commit(branch, in: checkout.place) {
          try clone.takeOut(tip, from: .branch)
          found.append(tip)
        }
      } else if try git.commit(head, in: outside) == nil {
        try git.must(
          [
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
            "--update-shallow", "--", "file://\(path)", "+HEAD:\(KeptCommits.ref(head, run))",
          ], in: outside)
      }
      found.append(head)
    } catch {
      guard case .ended(let trouble) = error else { throw error }
      run.log("its commits stay in it: \(trouble.summary)")
    }
    return found
  }

  /// A branch of ours that has nothing in common with the base is no base for more work.
  private func keepStrayBranch(_ checkout: Checkout) throws(RunStop) {
    let (place, branch) = (checkout.repository.place, "refs/heads/\(run.spec.git.branch)")
    let check = WorkspaceCheck(git: git, checkout: checkout)
    guard let tip = try git.commit(branch, in: place),
      try git.commit(checkout.base, in: place) != nil, try !check.isRelated(tip, in: place)
    else { return }
    try KeptCommits(git: git, place: place).keep(tip)
    try git.must(["update-ref", "-d", branch], in: place)
  }

  /// Takes the branch forward to what was found.
  ///
  /// A commit that does not descend from the branch is kept under a ref of its own.
  private func advance(_ checkout: Checkout, to found: [String]) throws(RunStop) {
    let (place, branch) = (checkout.repository.place, "refs/heads/\(run.spec.git.branch)")
    let knowsBase = try git.commit(checkout.base, in: place) != nil
    let check = WorkspaceCheck(git: git, checkout: checkout)
    for head in found where try git.commit(head, in: place) != nil {
      let tip = try git.commit(branch, in: place)
      if let tip, try git.isAncestor(head, of: tip, in: place) { continue }
      let isFurther = try tip.map { old throws(RunStop) in
        try git.isAncestor(old, of: head, in: place)
      }
      if knowsBase, try check.isRelated(head, in: place), isFurther ?? true {
        try git.must(["update-ref", branch, head], in: place)
      } else {
        try KeptCommits(git: git, place: place).keep(head)
      }
    }
  }
}

/// Commits that go on no branch of the remote and must not be lost: refs of their own in the
/// item's repository, each told once.
struct KeptCommits {
  let git: GitCommand
  let place: GitPlace

  static func prefix(_ run: LiveRun) -> String { "refs/symphony/kept/\(run.spec.git.branch)/" }
  static func ref(_ commit: String, _ run: LiveRun) -> String {
    prefix(run) + String(commit.prefix(16))
  }

  func keep(_ commit: String) throws(RunStop) {
    let ref = Self.ref(commit, git.run)
    try git.must(["update-ref", ref, commit], in: place)
    git.run.keep(
      "commit \(commit.prefix(12)) is not delivered; it is kept as \(ref) in \(place.path)")
  }
}
