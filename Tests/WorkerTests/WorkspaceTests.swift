// Cache, worktree and their repair, with real git and a real remote.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct WorkspaceTests {
  @Test func firstRunGoesFromCloneToPush() throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      "cat $YARD/state/runs/*/private/private.json > $YARD/seen; \(commitScript); echo done")
    #expect(result.outcome == .succeeded)
    #expect(result.code == "")
    #expect(result.turns == 1)
    #expect(result.commitsAhead == 1)
    #expect(result.madeProgress)
    #expect(result.message == "done")
    #expect(result.baseBranch == "main")
    #expect(result.usage.inputTokens == 10)
    let tip = try yard.remoteTip()
    #expect(result.head == tip)
    #expect(result.push == .pushed(head: tip))
    // The cache's own heads are ours only: a prune can never take an unpushed branch.
    #expect(
      try yard.shell("git --git-dir=\(yard.cache) for-each-ref --format='%(refname)' refs/heads")
        == "refs/heads/\(WorkerYard.branch)")
    #expect(Files.exists(yard.workspace + ".created"))
    #expect(try yard.shell("cd \(yard.workspace) && git rev-parse origin/main") != tip)
    let identity = try #require(yard.directory.readIdentity())
    #expect(identity.pid == Host.processID)
    #expect(yard.directory.readProgress()?.progress.turn == 1)
    #expect(yard.directory.readPulse() != nil)
    #expect(try !FileLock.probe(yard.directory.lease))
    #expect(yard.text("seen") == "private")
    #expect(!Files.exists(yard.directory.privateFolder))
  }

  @Test func laterRunKeepsTheBranchAndDoesNotRepeatAfterCreate() throws {
    let yard = try WorkerYard()
    let hook: (inout RunSpec) -> Void = {
      $0.hooks.scripts["after_create"] = "echo made >> $YARD/made"
    }
    let first = try yard.perform(commitScript, hook)
    try yard.shell(
      "cd seed && echo two >> file && git commit -qam two && git push -q ../remote.git main")
    let second = try yard.perform(commitScript, hook)
    #expect(second.commitsAhead == 2)
    #expect(yard.text("made") == "made\n")
    let head = try #require(first.head)
    try yard.shell("git --git-dir=remote.git merge-base --is-ancestor \(head) \(WorkerYard.branch)")
  }

  @Test func aWorkspaceWithoutItsMarkIsBuiltAnewAndItsBranchKept() throws {
    let yard = try WorkerYard()
    let first = try yard.perform(commitScript)
    try yard.shell("rm state/workspaces/w42.created; touch state/workspaces/w42/rubbish")
    let second = try yard.perform("echo nothing to do") {
      $0.hooks.scripts["after_create"] = "echo made >> $YARD/made"
    }
    #expect(second.head == first.head)
    #expect(second.commitsAhead == 1)
    #expect(!Files.exists(yard.workspace + "/rubbish"))
    #expect(yard.text("made") == "made\n")
    #expect(try yard.shell("git --git-dir=\(yard.cache) worktree list | wc -l") == "2")
  }

  @Test func aFailedCreationIsUndone() throws {
    let yard = try WorkerYard()
    // A filter that fails makes the checkout fail after the worktree was registered.
    try yard.shell(
      """
      cd seed && echo '* filter=broken' > .gitattributes && git add . && git commit -qm attributes
      git push -q ../remote.git main
      printf '[filter "broken"]\\n smudge = false\\n required = true\\n' > ../gitconfig
      """)
    yard.environment["GIT_CONFIG_GLOBAL"] = yard.path("gitconfig")
    let failed = try yard.perform(commitScript)
    #expect(failed.outcome == .failed)
    #expect(failed.code == "git_failed")
    #expect(failed.summary.contains("worktree add"))
    #expect(!Files.exists(yard.workspace))
    #expect(try yard.shell("git --git-dir=\(yard.cache) worktree list | wc -l") == "1")
    #expect(try yard.shell("git --git-dir=\(yard.cache) for-each-ref refs/heads") == "")
    yard.environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
    #expect(try yard.perform(commitScript).outcome == .succeeded)
  }

  @Test func locksOfAKilledGitAreRemoved() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell(
      """
      touch $(cd state/workspaces/w42 && git rev-parse --absolute-git-dir)/index.lock
      touch $(cd state/workspaces/w42 && git rev-parse --absolute-git-dir)/HEAD.lock
      touch \(yard.cache)/refs/heads/\(WorkerYard.branch).lock
      touch \(yard.cache)/shallow.lock
      touch -d '11 minutes ago' \(yard.cache)/packed-refs.lock
      """)
    let second = try yard.perform(commitScript)
    #expect(second.outcome == .succeeded, "\(second.summary)")
    #expect(second.commitsAhead == 2)
    #expect(!Files.exists(yard.cache + "/packed-refs.lock"))
    // Young, and somebody else's perhaps.
    #expect(Files.exists(yard.cache + "/shallow.lock"))
  }

  @Test func aCorruptCacheIsDeletedOnlyWithoutWorktrees() throws {
    let yard = try WorkerYard()
    try Files.makeDirectories(yard.cache)
    #expect(try yard.perform(commitScript).outcome == .succeeded)
    try yard.shell("rm \(yard.cache)/HEAD")
    let kept = try yard.perform(commitScript)
    #expect(kept.code == "cache_corrupt")
    #expect(Files.exists(yard.cache + "/objects"))
  }

  @Test func aLinkOutOfTheFolderIsRefused() throws {
    let yard = try WorkerYard()
    try yard.shell(
      "mkdir -p elsewhere state/workspaces; ln -s $YARD/elsewhere state/workspaces/w42")
    let result = try yard.perform(commitScript)
    #expect(result.code == "workspace_escapes")
    #expect(Files.exists(yard.path("elsewhere")))
  }

  @Test func anotherRepositorysCacheIsRefusedAndAMovedOneAdopted() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell("mv remote.git moved.git")
    let moved = try yard.perform(commitScript) { $0.git.cloneURL = yard.path("moved.git") }
    #expect(moved.outcome == .succeeded, "\(moved.summary)")
    #expect(
      try yard.shell("git --git-dir=\(yard.cache) config remote.origin.url")
        == yard.path("moved.git"))
    try yard.shell(
      "git init -q --bare other.git; git init -q o && cd o && git commit -q --allow-empty -m other "
        + "&& git push -q ../other.git HEAD:main")
    let other = try yard.perform(commitScript) { $0.git.cloneURL = yard.path("other.git") }
    #expect(other.code == "workspace_foreign")
  }

  /// Nothing on the remote is a commit we know: the base moved on and our branch was deleted.
  @Test func aRenamedRepositoryKeepsItsCache() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell(
      """
      cd seed && echo two >> file && git commit -qam two && git push -q ../remote.git main && cd ..
      git --git-dir=remote.git update-ref -d refs/heads/\(WorkerYard.branch)
      mv remote.git renamed.git
      """)
    let renamed: (inout RunSpec) -> Void = {
      $0.repository = RepositoryName(owner: "acme", name: "renamed")
      $0.git.cloneURL = yard.path("renamed.git")
    }
    let result = try yard.perform(commitScript, renamed)
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.push == .pushed(head: result.head ?? ""))
    #expect(
      try yard.shell("git --git-dir=\(yard.cache) config remote.origin.url")
        == yard.path("renamed.git"))
    #expect(try yard.cleanUp(renamed).removed)
  }

  @Test func aCloneOfItsOwn() throws {
    let yard = try WorkerYard()
    let change: (inout RunSpec) -> Void = { $0.git.settings.useWorktrees = false }
    let result = try yard.perform(commitScript, change)
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(!Files.exists(yard.cache))
    #expect(Files.isDirectory(yard.workspace + "/.git"))
    #expect(try yard.perform(commitScript, change).commitsAhead == 2)
    #expect(try yard.cleanUp(change).removed)
    #expect(!Files.exists(yard.workspace))
  }

  @Test func shallowFetchAndDefaultBranch() throws {
    let yard = try WorkerYard()
    try yard.shell(
      "cd seed && echo 2 > file && git commit -qam two && git push -q ../remote.git main")
    let result = try yard.perform(commitScript) {
      $0.git.baseBranch = nil
      $0.git.settings.fetchDepth = 1
      $0.git.cloneURL = "file://\($0.git.cloneURL)"
    }
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.baseBranch == "main")
    #expect(result.commitsAhead == 1)
    #expect(try yard.shell("git --git-dir=\(yard.cache) rev-list --count origin/main") == "1")
  }

  @Test func missingBaseBranchAndMissingRemoteSaySo() throws {
    let yard = try WorkerYard()
    let base = try yard.perform(commitScript) { $0.git.baseBranch = "nope" }
    #expect(base.code == "base_branch_missing")
    #expect(base.summary.contains("`nope`"))
    let gone = try yard.perform(commitScript) { $0.git.cloneURL = "/nowhere/x.git" }
    #expect(gone.outcome == .failed)
    #expect(gone.summary.contains("git "))
  }

  @Test func untrackedFilesAreCleanedOnlyOnRequestAndNotesAreKept() throws {
    let yard = try WorkerYard()
    _ = try yard.perform("\(commitScript); touch junk; false")
    #expect(Files.exists(yard.workspace + "/junk"))
    _ = try yard.perform("ls > $YARD/seen; \(commitScript)") {
      $0.git.settings.cleanUntrackedBeforeRun = true
    }
    #expect(yard.text("seen") == "file\nwork\n")
  }

  @Test func theCacheIsLockedWhileGitWorksInIt() throws {
    let yard = try WorkerYard()
    try yard.shell(
      """
      mkdir bin
      printf '#!/bin/sh\\necho "$(readlink /proc/$$/fd/3) $*" >> $YARD/argv\\nexec %s "$@"\\n' \
        "$(command -v git)" > bin/git
      chmod +x bin/git
      """)
    yard.environment["PATH"] = yard.path("bin") + ":" + (yard.environment["PATH"] ?? "")
    _ = try yard.perform(commitScript)
    let fetches = yard.text("argv").split(separator: "\n").filter { $0.contains(" worktree add ") }
    #expect(fetches.count == 1)
    #expect(fetches.allSatisfy { $0.hasPrefix(yard.cache + ".lock ") })
    let pushes = yard.text("argv").split(separator: "\n").filter { $0.contains(" push ") }
    #expect(pushes.count == 2)
    #expect(pushes.allSatisfy { !$0.hasPrefix(yard.cache) })
    let lock = try FileLock.take(yard.cache + ".lock")
    let busy = try yard.perform(commitScript) {
      var limits = PhaseLimits()
      limits.prepare = .milliseconds(200)
      $0.phaseLimits = limits
    }
    #expect(busy.code == "cache_busy")
    #expect(lock != nil)
  }
}
