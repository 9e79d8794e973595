// Commits that an agent made beside the item's branch, and repositories inside its workspace: they
// end on the remote, or they are kept and named.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

private let noSandbox = Sandbox.problem(environment: Host.environment)

@Suite(.ownThreads) struct FoundCommitsTests {
  private static let commit = "echo $TURN > mine; git add .; git commit -qm mine"

  /// Where the agent left its commit, with the file `mine`.
  private static let ways = [
    "git checkout -q -b other; \(commit)",
    "git checkout -q --detach; \(commit)",
    "git checkout -q -b other; \(commit); git checkout -q -",
    "\(commit); git checkout -q --detach origin/main",
    "git worktree add -q -b other tree; cd tree; \(commit); cd ..; git worktree remove tree",
    "git branch -m other; \(commit)",
  ]

  @Test(arguments: WorkPlace.allCases, ways)
  func theyAreDelivered(place: WorkPlace, script: String) throws {
    guard place != .walled || noSandbox == nil else { return }
    let yard = try WorkerYard()
    let result = try yard.perform(script, at(place))
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result)")
    #expect(result.commitsAhead == 1)
    #expect(
      try yard.shell("git --git-dir=remote.git ls-tree --name-only \(WorkerYard.branch) | xargs")
        == "file mine")
    let next = try yard.perform("git symbolic-ref HEAD > seen; \(commitScript)", at(place))
    #expect(next.outcome == .succeeded, "\(next.summary)")
    #expect(yard.text("state/workspaces/w42/seen") == "refs/heads/\(WorkerYard.branch)\n")
    #expect(try yard.cleanUp(at(place)).removed)
  }

  @Test func whatGoesAnotherWayIsKeptAndNamed() throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      "git checkout -q -b other; \(Self.commit); git checkout -q -; \(commitScript)",
      at(.clone))
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    let kept = try yard.shell("git -C state/workspaces/w42 rev-parse other")
    #expect(result.summary.contains(kept.prefix(12)), "\(result.summary)")
    let cleaned = try yard.cleanUp(at(.clone))
    #expect(!cleaned.removed)
    #expect(cleaned.push == .unpushed(head: kept, why: "it is not on the item's branch"))
    #expect(Files.exists(yard.workspace + "/.git"))
  }

  /// Another person's work: a branch of the remote, and a pull request that is on none.
  private static let othersWork = """
    git clone -q remote.git other 2> /dev/null; cd other; git checkout -q -b feature
    export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'
    echo x > theirs; git add theirs; git commit -qm theirs; git push -q origin feature
    echo y > request; git add request; git commit -qm request; git push -q origin HEAD:refs/pull/7/head
    """
  private static let request = "git fetch -q $YARD/remote.git refs/pull/7/head:pr7"

  /// How an agent looks at it.
  private static let looks = [
    "git checkout -q -b feature origin/feature; git checkout -q -",
    "git checkout -q -b feature origin/feature",
    "git checkout -q --detach origin/feature",
    "\(request)",
    "\(request); git checkout -q pr7",
    "\(request); git checkout -q pr7; git checkout -q -",
  ]

  @Test(arguments: WorkPlace.allCases, looks)
  func whatTheAgentOnlyLookedAtIsNotPublished(place: WorkPlace, look: String) throws {
    guard place != .walled || noSandbox == nil && !look.hasPrefix("git fetch") else { return }
    for isWorkDone in [false, true] {
      let yard = try WorkerYard()
      _ = try yard.shell(Self.othersWork)
      let result = try yard.perform((isWorkDone ? "\(Self.commit); " : "") + look, at(place))
      #expect(result.outcome == .succeeded, "\(result.summary)")
      #expect(
        try yard.shell("git --git-dir=remote.git ls-tree --name-only \(WorkerYard.branch) | xargs")
          == (isWorkDone ? "file mine" : "file"))
      if !look.hasPrefix("git fetch") { #expect(result.kept.isEmpty, "\(result.kept)") }
      #expect(result.push == (isWorkDone ? .pushed(head: try yard.remoteTip()) : .nothing))
      #expect(try yard.perform("git symbolic-ref HEAD > seen", at(place)).outcome == .succeeded)
      #expect(yard.text("state/workspaces/w42/seen") == "refs/heads/\(WorkerYard.branch)\n")
    }
  }

  @Test func changesMadeWhileLookingComeAlong() throws {
    let yard = try WorkerYard()
    _ = try yard.shell(Self.othersWork)
    let result = try yard.perform("git checkout -q --detach origin/feature; echo x > mine")
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(
      try yard.shell("git --git-dir=remote.git ls-tree --name-only \(WorkerYard.branch) | xargs")
        == "file mine")
  }

  /// What is in a stash was never committed to anything: it is neither published nor forgotten.
  @Test(arguments: [WorkPlace.worktree, .clone])
  func aStashIsKeptAndNamed(place: WorkPlace) throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      "\(commitScript); echo more >> work; git stash -q; git rev-parse stash > $YARD/stash",
      at(place))
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    let stash = yard.text("stash").prefix(12)
    #expect(!stash.isEmpty && result.summary.contains(stash), "\(result.summary)")
    #expect(result.kept.count == 1)
  }

  /// An agent that forgot to have a generator's folder ignored: many names go another way into git.
  @Test func manyNewFilesAreCommitted() throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      "mkdir many; cd many; seq 300 | split -l 1 -a 4; echo x > '\(Self.oddName)'")
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result.summary)")
    let count = try yard.shell(
      "git --git-dir=remote.git ls-tree -r --name-only \(WorkerYard.branch) | grep -c many/")
    #expect(count == "301")
    #expect(!yard.logged.contains { $0.contains("stay uncommitted") })
  }
  private static let oddName = ":(top)*"

  /// On no branch, and not meant to be delivered: named, and never removed.
  @Test(
    arguments: WorkPlace.allCases,
    [
      "\(commit); git tag mine; git reset -q --hard HEAD~1",
      "\(commit); git tag -m mine mine; git reset -q --hard HEAD~1",
      "echo x > file; git stash -q", "echo x > file; git stash push -q -m mine",
    ])
  func whatIsLaidAsideIsKeptAndNamed(place: WorkPlace, script: String) throws {
    guard place != .walled || noSandbox == nil else { return }
    let yard = try WorkerYard()
    try yard.shell("cd seed; git tag v1; git push -q ../remote.git v1")
    let result = try yard.perform("\(script); \(commitScript)", at(place))
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(result.commitsAhead == 1)
    #expect(result.kept.count == 1, "\(result)")
    // It is told once.
    #expect(try yard.perform(commitScript, at(place)).kept == [])
    let cleaned = try yard.cleanUp(at(place))
    #expect(cleaned.removed == (place == .worktree), "\(cleaned)")
    let keeper = place == .worktree ? yard.cache : yard.workspace
    #expect(
      try yard.shell("git -C \(keeper) for-each-ref --format=x refs/symphony/kept") == "x")
  }

  private static let nested =
    "mkdir inner; cd inner; git init -q; echo x > x; git add .; git commit -qm inner; cd .."

  @Test(arguments: [true, false])
  func aRepositoryInsideIsNeverPublishedAsALinkNorRemoved(isCommitted: Bool) throws {
    let yard = try WorkerYard()
    let end = isCommitted ? "git add . 2> /dev/null; git commit -qm outer" : "echo x > beside"
    let result = try yard.perform("\(Self.nested); \(end)", at(.worktree))
    #expect(result.summary.contains("`inner"), "\(result.summary)")
    if isCommitted {
      #expect(result.code == "nested_repository")
      #expect(result.failure == .misconfigured)
      #expect(try yard.remoteTip() == yard.remoteTip("main"))
    } else {
      #expect(result.push == .pushed(head: try yard.remoteTip()))
      #expect(
        try yard.shell("git --git-dir=remote.git ls-tree --name-only \(WorkerYard.branch) | xargs")
          == "beside file")
    }
    let cleaned = try yard.cleanUp(at(.worktree))
    #expect(!cleaned.removed)
    #expect(Files.exists(yard.workspace + "/inner/x"))
  }

  /// A clone of something that is on its remote can be had again.
  @Test func aCloneInsideGoesWithTheWorkspace() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(
      "echo inner > .gitignore; git clone -q $YARD/remote.git inner; \(commitScript)",
      at(.worktree))
    let cleaned = try yard.cleanUp(at(.worktree))
    #expect(cleaned.removed, "\(cleaned.summary)")
  }
}
