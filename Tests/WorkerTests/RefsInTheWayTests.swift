// A ref is a path: one agent's branch of a prefix's name would stop all items of a repository. It
// is taken away, with no commit lost; somebody's branch on the remote is told in one sentence.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct RefsInTheWayTests {
  private let single: (inout RunSpec) -> Void = { $0.agent.maxTurns = 1 }
  private let other: @Sendable (inout RunSpec) -> Void = {
    $0.paths.workspace += "-other"
    $0.git.branch = "symphony/acme_app_43"
    $0.git.ownsBranch = false
  }
  private static let own = WorkerYard.branch
  private static let commit = "echo $TURN > mine; git add .; git commit -qm mine"

  /// HEAD stands on the branch that is in the way: it is the agent's work.
  @Test(
    arguments: [
      "git checkout -q --detach; git branch -q -D \(own); git checkout -q -b symphony; \(commit)",
      "git checkout -q --detach; git branch -q -D \(own); git checkout -q -b \(own)/sub; \(commit)",
      "git branch -m \(own) \(own)/sub; \(commit)",
      "git checkout -q --detach; git branch -q -D \(own); git branch symphony; \(commit)",
    ], [true, false])
  func whatTheAgentMadeUnderSuchANameIsDelivered(script: String, isWorktree: Bool) throws {
    let yard = try WorkerYard()
    let result = try yard.perform(script) {
      single(&$0)
      $0.git.settings.useWorktrees = isWorktree
    }
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result)")
    #expect(result.commitsAhead == 1)
    #expect(try yard.perform("true", single).outcome == .succeeded)
  }

  /// What stands in the way in the cache when a run of any item begins.
  @Test(arguments: [
    "git update-ref refs/heads/symphony $MADE",
    "git update-ref refs/heads/symphony $MADE; git pack-refs --all",
    "git symbolic-ref refs/heads/symphony refs/tags/made; git update-ref refs/tags/made $MADE",
    "git symbolic-ref refs/heads/symphony refs/tags/nowhere",
    ": > refs/heads/symphony", "echo 0 > refs/heads/symphony",
    "git update-ref refs/heads/symphony/acme_app_43/sub $MADE",
    "mkdir -p refs/heads/symphony/acme_app_43; : > refs/heads/symphony/acme_app_43/sub",
    "mkdir -p refs/heads/symphony/acme_app_43.lock",
    "rm -rf refs/symphony; git pack-refs --all; git update-ref refs/symphony $MADE",
    "rm -rf refs/symphony; git update-ref refs/symphony/kept $MADE",
    "rm -rf refs/remotes packed-refs; git update-ref refs/remotes/origin $MADE",
  ])
  func aRefInTheWayStopsNobody(script: String) throws {
    let yard = try WorkerYard()
    #expect(try yard.perform(Self.commit, single).outcome == .succeeded)
    let made = try yard.shell(
      """
      cd '\(yard.cache)'; git worktree list --porcelain | grep -q w42
      MADE=$(git commit-tree -p refs/remotes/origin/main -m made refs/remotes/origin/main^{tree})
      git -C '\(yard.workspace)' checkout -q --detach; git for-each-ref \
        --format='delete %(refname)' refs/heads refs/symphony | git update-ref --stdin
      \(script); echo $MADE
      """)
    let result = try yard.perform(commitScript) {
      single(&$0)
      other(&$0)
    }
    #expect(result.outcome == .succeeded, "\(result)")
    #expect(result.push == .pushed(head: try yard.remoteTip("symphony/acme_app_43")), "\(result)")
    #expect(result.commitsAhead == 1)
    if script.contains("$MADE") {
      #expect(result.kept.contains { $0.contains(made.prefix(12)) }, "\(result.kept)")
    }
    #expect(try yard.perform("true", single).outcome == .succeeded)
  }

  /// Another item's agent stands on it: its working tree and what it has committed stay.
  @Test func aWorkingTreeThatStandsOnItStaysWhereItIs() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(Self.commit, single)
    let head = try yard.shell(
      """
      cd '\(yard.workspace)'; git checkout -q --detach; git branch -q -D \(Self.own)
      git checkout -q -b symphony; git commit -q --allow-empty -m more; git rev-parse HEAD
      """)
    let result = try yard.perform(commitScript) {
      single(&$0)
      other(&$0)
    }
    #expect(result.outcome == .succeeded, "\(result)")
    #expect(try yard.shell("git -C '\(yard.workspace)' rev-parse HEAD") == head)
    #expect(result.kept == [])
  }

  @Test(arguments: ["symphony", "symphony/acme_app_42/sub"])
  func aBranchOfTheRemoteIsToldInOneSentence(name: String) throws {
    let yard = try WorkerYard()
    try yard.shell("git --git-dir=remote.git branch \(name) main")
    let result = try yard.perform(Self.commit, single)
    #expect(result.outcome == .failed)
    #expect(result.code == "branch_excluded", "\(result)")
    #expect(result.failure == .misconfigured)
    #expect(result.turns == 0)
    #expect(result.summary.contains("`\(name)`") && result.summary.contains("git.branch_prefix"))
    try yard.shell("git --git-dir=remote.git branch -D \(name)")
    #expect(try yard.perform(Self.commit, single).outcome == .succeeded)
  }
}
