// When anything is read again: what moves the digest of a pull request, what does not, and what a
// tick asks for.
import SymphonyCore
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct FollowDigestTests {
  typealias Edit = @Sendable (FollowWorld) throws -> Void

  private static let edits: [(name: String, edit: Edit)] = [
    ("a comment", { try $0.simulator.comment($0.pull, author: "bob", body: "x") }),
    (
      "an edit",
      { world in
        world.simulator.advanceClock(seconds: 5)
        let later = world.simulator.now
        world.simulator.editIssue(world.pull) {
          $0.comments[0].body = "y"
          $0.comments[0].updatedAt = later
        }
      }
    ),
    (
      "a review",
      {
        try $0.simulator.review(
          $0.pull, "COMMENTED", "x", lines: [SimulatedLinePlan("a.txt", 1, "y")])
      }
    ),
    (
      "a resolved thread",
      { $0.simulator.changeReviewing($0.pull) { $0.threads[0].isResolved = true } }
    ),
    ("a check", { $0.simulator.setChecks([.run("unit", nil)], branch: FollowWorld.branch) }),
    (
      "its end", { $0.simulator.setChecks([.run("unit", "failure")], branch: FollowWorld.branch) }
    ),
    ("a push", { try $0.simulator.commit(branch: FollowWorld.branch, files: ["b": "2"]) }),
    ("a push to the base", { try $0.simulator.commit(branch: "main", files: ["c": "3"]) }),
    (
      "a conflict", { $0.simulator.changeReviewing($0.pull) { $0.mergeable = "CONFLICTING" } }
    ),
    (
      "the state of merging",
      { $0.simulator.changeReviewing($0.pull) { $0.mergeState = "BLOCKED" } }
    ),
    (
      "the decision", { $0.simulator.changeReviewing($0.pull) { $0.decision = "APPROVED" } }
    ),
    ("the queue", { $0.simulator.changeReviewing($0.pull) { $0.isInQueue = true } }),
  ]

  @Test func eachChangeMovesTheDigest() async throws {
    let world = try await FollowWorld()
    try world.simulator.comment(world.pull, author: "bob", body: "first")
    var last = try await world.view().digest
    for (name, edit) in Self.edits {
      try edit(world)
      let next = try await world.view().digest
      #expect(next != last, "\(name)")
      #expect(try await world.view().digest == next, "\(name), looked at twice")
      last = next
    }
    await world.end()
  }

  /// GitHub computes both in the background, after each push to the base.
  @Test func whatIsNotComputedYetChangesNothing() async throws {
    let world = try await FollowWorld()
    let known = try await world.view().digest
    world.simulator.changeReviewing(world.pull) {
      ($0.mergeable, $0.mergeState) = ("UNKNOWN", "UNKNOWN")
    }
    let unknown = try await world.view()
    #expect(unknown.digest == known)
    #expect(unknown.mergeability == .unknown, "what was known is of an older head")
    #expect(unknown.mergeState == .unknown)
    world.simulator.changeReviewing(world.pull) {
      ($0.mergeable, $0.mergeState) = ("MERGEABLE", "CLEAN")
    }
    #expect(try await world.view().digest == known)
    await world.end()
  }

  @Test func onlyWhatChangedIsReadAgain() async throws {
    let world = try await FollowWorld()
    try world.simulator.review(world.pull, "CHANGES_REQUESTED", "no")
    let first = try await world.view()
    func operations() -> [String] { world.takeNames().filter { $0.hasPrefix("Symphony") } }
    #expect(operations() == ["SymphonyDigest", "SymphonyConversation"])
    let same = try await world.view(FollowWorld.question(digest: first.digest))
    #expect(operations() == ["SymphonyDigest"])
    #expect(same.conversation == nil)
    let forced = FollowWorld.question(digest: first.digest, wantsConversation: true)
    #expect(try await world.view(forced).conversation == first.conversation)
    #expect(operations() == ["SymphonyDigest", "SymphonyConversation"])
    #expect(await world.survey(nil).views.isEmpty)
    #expect(await world.survey(cachedOnly: true).views.isEmpty)
    #expect(operations().isEmpty, "nobody is followed, or nothing may be asked")
    let confirmed = await world.tracker().confirm([world.watched(forced)])
    #expect(confirmed.views.values.first?.conversation == first.conversation)
    #expect(operations() == ["SymphonyDigest", "SymphonyConversation"])
    await world.end()
  }

  @Test func whatHasEndedIsNotLookedAt() async throws {
    let world = try await FollowWorld()
    try world.simulator.mergePullRequest(world.pull)
    var watched = world.watched(FollowWorld.question())
    for isKnown in [false, true] {
      watched.wantsPullRequest = isKnown
      _ = world.takeNames()
      let survey = await world.tracker().survey(
        SurveyQuestion(watched: [watched], cachedOnly: false))
      #expect(survey.views.isEmpty)
      #expect(survey.notices.isEmpty, "\(survey.notices)")
      #expect(world.takeNames().contains("SymphonyDigest") == !isKnown)
    }
    await world.end()
  }

  @Test func aBoardsItemsAreFollowedToo() async throws {
    let world = try await FollowWorld()
    world.simulator.addBoard(fields: [.status(["Todo", "Done"])])
    try world.simulator.addItem(world.issue, fields: ["Status": "Todo"])
    try world.simulator.comment(world.pull, author: "bob", body: "words")
    let view = try await world.view {
      $0.board = BoardPolicy(owner: "acme", number: 1)
      $0.activeStatuses = ["Todo"]
      $0.terminalStatuses = ["Done"]
    }
    #expect(view.conversation?.remarks.map(\.words.text) == ["words"])
    await world.end()
  }

  @Test func aHundredAreOneRequest() async throws {
    let world = try await FollowWorld()
    try world.simulator.comment(world.pull, author: "bob", body: "words")
    let watched = (0..<100).map { number in
      var one = world.watched(FollowWorld.question(digest: "none"))
      one.id = ItemID("I_many_\(number)")
      return one
    }
    let tracker = world.tracker()
    let survey = await tracker.survey(SurveyQuestion(watched: watched, cachedOnly: false))
    #expect(survey.views.count == 100)
    let asked = world.takeNames()
    #expect(asked.count { $0 == "SymphonyDigest" } == 1)
    #expect(asked.count { $0 == "SymphonyConversation" } == 10)
    await world.end()
  }

  /// An Enterprise server of some age.
  @Test(arguments: [
    "PullRequest.isMergeQueueEnabled", "PullRequest.isInMergeQueue",
    "PullRequestReviewComment.fullDatabaseId",
  ])
  func anOldServerIsAskedForLess(_ field: String) async throws {
    let world = try await FollowWorld()
    world.simulator.removeFromSchema(field)
    try world.simulator.review(
      world.pull, "COMMENTED", "x", lines: [SimulatedLinePlan("a.txt", 1, "y")])
    let threads = world.simulator.reviewing(world.pull).threads
    let remarks = try await world.conversation().remarks
    #expect(remarks.last?.words.replyTo == Int64(threads[0].lines[0].id))
    await world.end()
  }
}
