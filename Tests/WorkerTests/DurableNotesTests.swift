// What a power loss must not take from a run: whose its branch is, what it cost and its session; and
// the files that git wrote, before they count as a complete workspace.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct DurableNotesTests {
  /// What a yard's worker wrote durably, in order.
  private final class Notes {
    var durable: [RunProgress] = []
    func listen(to yard: WorkerYard) {
      yard.seams.writeProgress = { (files, progress, deadline, durably) throws(PlatformError) in
        if durably { self.durable.append(progress) }
        try files.writeProgress(progress, deadline: deadline, durably: durably)
      }
    }
  }

  @Test func theFenceTheSessionAndTheCostOfATurnAreKept() throws {
    let yard = try WorkerYard()
    let notes = Notes()
    notes.listen(to: yard)
    _ = try yard.perform("echo session s1; echo usage 7 1 0.5; \(commitScript)") {
      $0.agent.maxTurns = 1
    }
    let first = try #require(notes.durable.first)
    #expect(first.fenced && first.turn == 0, "before the first turn")
    #expect(notes.durable.contains { $0.session?.id == "s1" && $0.usage.costUSD == 0 })
    let last = try #require(notes.durable.last)
    #expect(last.usage.costUSD == 0.5 && last.turnTimes.first?.endedAt != nil)
  }

  /// Where the remote takes no marks, the note is all there is.
  @Test func aFenceWithoutAMarkIsNotedDurablyOnceItStands() throws {
    let yard = try WorkerYard()
    try yard.shell(
      """
      printf '#!/bin/sh\ncase $1 in refs/heads/*) exit 0;; esac\nexit 1\n' > remote.git/hooks/update
      chmod +x remote.git/hooks/update
      """)
    let notes = Notes()
    notes.listen(to: yard)
    _ = try yard.perform(commitScript) { $0.agent.maxTurns = 1 }
    #expect(notes.durable.first?.fenceHead == (try yard.remoteTip("main")))
    #expect(notes.durable.first?.fenced == false && notes.durable[1].fenced)
  }

  /// A file that was renamed and not synced may come back empty.
  @Test func whatIsWrittenOftenDoesNotOutliveWhatIsWrittenDurably() throws {
    let yard = try WorkerYard()
    _ = try yard.perform("echo session s1; \(commitScript)") { $0.agent.maxTurns = 1 }
    let files = yard.directory
    let known = try #require(files.readProgress()?.progress)
    #expect(known.phase == .pushing && known.fenced)
    for spoilt in ["", "{\"nonce\":"] {
      try Files.writeAtomically(files.progress, spoilt)
      let kept = try #require(files.readProgress()?.progress)
      #expect(kept.nonce == known.nonce && kept.fenced && kept.session?.id == "s1")
    }
    try Files.remove(files.progress)
    #expect(files.readProgress()?.progress.fenced == true)
    try Files.remove(files.checkpoint)
    #expect(files.readProgress() == nil)
  }

  @Test(arguments: [false, true])
  func aWorkspaceIsCompleteWhenItsFilesAreOnTheDisk(isWorktree: Bool) throws {
    let yard = try WorkerYard()
    var synced: [String] = []
    yard.seams.syncFileSystem = { [unowned yard] (path) throws(PlatformError) in
      #expect(!Files.exists(yard.workspace + ".created"), "not complete before")
      #expect(yard.text("state/workspaces/w42/file") == "one\n")
      #expect(yard.text("state/workspaces/w42/made") == "made\n", "a hook's files, too")
      synced.append(path)
    }
    _ = try yard.perform(commitScript) {
      $0.git.settings.useWorktrees = isWorktree
      $0.hooks.scripts["after_create"] = "echo made > made"
      $0.agent.maxTurns = 1
    }
    #expect(synced == [yard.workspace])
  }

  /// Git writes files into a complete workspace when the branch moved, and when a round begins.
  @Test func whatGitChangesInACompleteWorkspaceIsBroughtToTheDisk() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript) { $0.agent.maxTurns = 1 }
    var synced = 0
    yard.seams.syncFileSystem = { (_) throws(PlatformError) in synced += 1 }
    _ = try yard.perform("true") { $0.agent.maxTurns = 1 }
    #expect(synced == 0, "nothing moved")
    try yard.shell(
      """
      git clone -q remote.git theirs && cd theirs && git checkout -q \(WorkerYard.branch)
      echo theirs > theirs && git add . && git commit -qm theirs && git push -q
      """)
    _ = try yard.perform("true") { $0.agent.maxTurns = 1 }
    #expect(synced == 1 && yard.text("state/workspaces/w42/theirs") == "theirs\n")
    _ = try yard.perform("true") {
      $0.agent.maxTurns = 1
      $0.git.fresh = true
    }
    #expect(synced == 2 && yard.text("state/workspaces/w42/theirs") == "")
  }

  @Test func aDiskThatDoesNotTakeTheFilesHasNoWorkspaceOnIt() throws {
    let yard = try WorkerYard()
    yard.seams.syncFileSystem = { (path) throws(PlatformError) in
      throw PlatformError("sync the file system of", path, 5)
    }
    let result = try yard.perform("touch $YARD/ran")
    #expect(result.code == RunCode.machineTrouble && result.failure == .transient, "\(result)")
    #expect(!Files.exists(yard.workspace + ".created") && !Files.exists(yard.path("ran")))
  }

  @Test func theFileSystemOfAFolderIsSynced() throws {
    let yard = try WorkerYard()
    try Files.syncFileSystem(of: yard.root)
    let error = #expect(throws: PlatformError.self) {
      try Files.syncFileSystem(of: yard.path("nowhere"))
    }
    #expect(error?.isMissing == true)
  }
}
