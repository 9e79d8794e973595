// Whose the branch on the remote is: the mark beside it says so, whatever was written down here.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct FenceMarkTests {
  private let mark = FenceMark.ref(WorkerYard.branch)

  @Test func aWorkerThatDiedBehindItsFencePushFindsItsMark() throws {
    let yard = try WorkerYard()
    _ = try yard.perform("true")
    #expect(try yard.remoteTip() == yard.remoteTip("main"))
    #expect(try yard.remoteRefs("refs/symphony").hasSuffix(" \(mark)"))
    let result = try yard.perform(commitScript) { $0.git.ownsBranch = false }
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result.summary)")
    #expect(result.commitsAhead == 1, "the mark is no commit of the branch")
  }

  /// The one died just before its push, with the intent written down; the other raised the branch
  /// at the very same commit.
  @Test(arguments: [false, true])
  func whatAnotherRaisedAtTheSameCommitIsNotTaken(isOwned: Bool) throws {
    let yard = try WorkerYard()
    _ = try yard.perform("true") { $0.git.raiser = "theirs" }
    let tip = try yard.remoteTip()
    let result = try yard.perform("touch $YARD/ran; \(commitScript)") {
      $0.git.ownsBranch = isOwned
      $0.git.fenceHead = tip
    }
    #expect(result.code == "branch_taken", "\(result.summary)")
    #expect(!Files.exists(yard.path("ran")))
    #expect(try yard.remoteTip() == tip)
  }

  @Test func aTakeOverIsToldToTheOther() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript) { $0.git.raiser = "theirs" }
    let taken = try yard.perform(commitScript) {
      $0.git.ownsBranch = false
      $0.git.takeOver = true
    }
    #expect(taken.outcome == .succeeded, "\(taken.summary)")
    let theirs = try yard.perform("touch $YARD/ran") { $0.git.raiser = "theirs" }
    #expect(theirs.code == "branch_taken", "\(theirs.summary)")
    #expect(!Files.exists(yard.path("ran")))
  }

  @Test func theMarkOfABranchThatIsGoneStandsInNobodysWay() throws {
    let yard = try WorkerYard()
    _ = try yard.perform("true") { $0.git.raiser = "theirs" }
    let old = try yard.remoteRefs("refs/symphony")
    try yard.shell("git --git-dir=remote.git update-ref -d refs/heads/\(WorkerYard.branch)")
    let result = try yard.perform(commitScript) { $0.git.ownsBranch = false }
    #expect(result.outcome == .succeeded, "\(result.summary)")
    let new = try yard.remoteRefs("refs/symphony")
    #expect(new != old && new.hasSuffix(" \(mark)"))
  }

  /// A branch of an earlier version, or of a remote that takes no marks.
  @Test func whereNoMarkIsTheRowDecides() throws {
    let yard = try WorkerYard()
    _ = try yard.perform("true")
    try yard.shell("git --git-dir=remote.git update-ref -d \(mark)")
    let owned = try yard.perform("true")
    #expect(owned.outcome == .succeeded, "\(owned.summary)")
    let other = try yard.perform("true") { $0.git.ownsBranch = false }
    #expect(other.code == "branch_taken")
  }

  @Test func aRemoteThatTakesBranchesOnlyIsFencedWithoutAMark() throws {
    let yard = try WorkerYard()
    try yard.shell(
      """
      printf '#!/bin/sh\ncase $1 in refs/heads/*) exit 0;; esac\nexit 1\n' > remote.git/hooks/update
      chmod +x remote.git/hooks/update
      """)
    let result = try yard.perform(commitScript)
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(try yard.remoteRefs("refs/symphony") == "")
    // Written down once the branch was there.
    #expect(yard.directory.readProgress()?.progress.fenceHead == (try yard.remoteTip("main")))
    #expect(yard.logged.contains { $0.contains("does not take the mark \(mark)") })
  }

  @Test func aCleanUpTakesOurMarkAwayAndNobodyElses() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell(
      "git --git-dir=remote.git update-ref \(mark)-of-another refs/heads/\(WorkerYard.branch)")
    #expect(try yard.cleanUp().removed)
    let left = try yard.remoteRefs("refs/symphony").split(separator: "\n")
    #expect(left.count == 1 && left.allSatisfy { $0.hasSuffix(" \(mark)-of-another") })
    _ = try yard.perform(commitScript) {
      $0.git.raiser = "theirs"
      $0.git.takeOver = true
    }
    #expect(try yard.cleanUp().removed)
    #expect(try yard.remoteRefs("refs/symphony").contains("\(mark)\n"))
  }

  /// A branch that somebody raised at the same commit between our look and our push, and a remote
  /// that we cannot reach any more once our mark is beside it: the mark does not make it ours.
  @Test(arguments: [false, true])
  func aMarkThatCouldNotBeTakenAwayAgainIsNotBelieved(isOwned: Bool) throws {
    let yard = try WorkerYard()
    let git = try #require(Spawn.find("git", environment: yard.environment))
    try yard.shell(
      """
      mkdir bin; cat > bin/git <<'END'
      #!/bin/sh
      case " $* " in
      *" :\(mark) "*) if [ -e "$YARD/away" ]; then exit 128; fi;;
      *" push "*) [ -e "$YARD/away" ] && \(git) --git-dir="$YARD/remote.git" branch \
        \(WorkerYard.branch) main 2>&-;;
      esac
      exec \(git) "$@"
      END
      chmod +x bin/git; touch away
      """)
    yard.environment["PATH"] = yard.path("bin") + ":" + (yard.environment["PATH"] ?? "")
    #expect(try yard.perform("touch $YARD/ran").code == "branch_taken")
    #expect(try yard.remoteRefs("refs/symphony").hasSuffix(" \(mark)"), "the trap of this test")
    try Files.remove(yard.path("away"))
    for _ in 0..<2 {
      let again = try yard.perform("touch $YARD/ran") { $0.git.ownsBranch = isOwned }
      #expect(again.code == "branch_taken", "\(again.summary)")
      #expect(try yard.remoteRefs("refs/symphony") == "", "it is taken away late")
    }
    #expect(!Files.exists(yard.path("ran")))
    let taken = try yard.perform(commitScript) {
      $0.git.ownsBranch = false
      $0.git.takeOver = true
    }
    #expect(taken.outcome == .succeeded, "\(taken.summary)")
    let later = try yard.perform(commitScript) { $0.git.ownsBranch = false }
    #expect(later.outcome == .succeeded, "\(later.summary)")
  }

  @Test func aForeignBranchThatIsGoneStandsInNobodysWay() throws {
    let yard = try WorkerYard()
    let git = try #require(Spawn.find("git", environment: yard.environment))
    try yard.shell(
      """
      mkdir bin; cat > bin/git <<'END'
      #!/bin/sh
      case " $* " in *" push "*) test -e "$YARD/race" && rm "$YARD/race" &&
        \(git) --git-dir="$YARD/remote.git" branch \(WorkerYard.branch) main;;
      esac
      exec \(git) "$@"
      END
      chmod +x bin/git; touch race
      """)
    yard.environment["PATH"] = yard.path("bin") + ":" + (yard.environment["PATH"] ?? "")
    #expect(try yard.perform("true").code == "branch_taken")
    try yard.shell("git --git-dir=remote.git update-ref -d refs/heads/\(WorkerYard.branch)")
    let raised = try yard.perform(commitScript) { $0.git.ownsBranch = false }
    #expect(raised.outcome == .succeeded, "\(raised.summary)")
    let next = try yard.perform(commitScript) { $0.git.ownsBranch = false }
    #expect(next.outcome == .succeeded, "\(next.summary)")
  }
}
