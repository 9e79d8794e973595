// What is read of a pull request that waits for people: each kind of remark with the facts that the
// planner judges by, and nothing that is not there for others.
import SymphonyCore
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct FollowReadingTests {
  @Test func aReviewIsReadWithItsLines() async throws {
    let world = try await FollowWorld()
    let review = try world.simulator.review(
      world.pull, "CHANGES_REQUESTED", "Please fix",
      lines: [
        SimulatedLinePlan("a.txt", 5, "why?", from: 3), SimulatedLinePlan("b.txt", nil, "move it"),
      ])
    try world.simulator.reply(world.pull, thread: 0, by: "bob", "indeed")
    world.simulator.changeReviewing(world.pull) { $0.requested = ["bob"] }
    let conversation = try await world.conversation()
    #expect(conversation.remarks.map(\.words.text) == ["Please fix", "why?", "indeed", "move it"])
    let said = try #require(conversation.remarks.first)
    #expect(said.kind == .review)
    #expect(said.id == review.nodeID)
    #expect(said.words.verdict == .changesRequested)
    #expect(said.words.review == review.nodeID)
    #expect(said.words.head == world.head)
    #expect(said.words.author == "alice")
    #expect(said.mayWrite == true)
    #expect(said.words.url?.hasSuffix("/pull/2#pullrequestreview-\(review.id)") == true)
    let threads = world.simulator.reviewing(world.pull).threads
    let line = conversation.remarks[1]
    #expect(line.kind == .line)
    #expect(line.words.path == "a.txt")
    #expect([line.words.firstLine, line.words.lastLine] == [3, 5])
    #expect(line.words.hunk == "@@ -1 +1 @@\n+text")
    #expect(line.words.thread == threads[0].nodeID)
    #expect(line.words.replyTo == Int64(threads[0].lines[0].id))
    #expect(line.words.review == review.nodeID)
    #expect(line.words.head == world.head)
    #expect(line.words.isOutdated == false)
    #expect(conversation.remarks[2].words.replyTo == line.words.replyTo, "there is no other place")
    #expect(conversation.remarks[2].words.author == "bob")
    #expect(conversation.remarks[3].words.path == "b.txt")
    #expect(conversation.remarks[3].words.lastLine == nil)
    #expect(conversation.openThreads == threads.map(\.nodeID))
    #expect(conversation.requested == ["bob"])
    #expect(
      conversation.opinions == [
        Opinion(author: "alice", isApproval: false, review: review.nodeID, head: world.head)
      ])
    #expect(conversation.isWhole)
    await world.end()
  }

  @Test func whatIsNotThereForOthersIsNoRemark() async throws {
    let world = try await FollowWorld()
    try world.simulator.review(
      world.pull, by: "symphony-bot", "PENDING", "a draft",
      lines: [SimulatedLinePlan("a.txt", 1, "mine alone")])
    try world.simulator.review(world.pull, by: "bob", "COMMENTED", "")
    try world.simulator.review(world.pull, by: "bob", "APPROVED", "")
    let conversation = try await world.conversation()
    #expect(conversation.remarks.map(\.words.verdict) == [.approved])
    #expect(conversation.opinions.map(\.isApproval) == [true])
    await world.end()
  }

  @Test func theStateOfARemarkIsRead() async throws {
    let world = try await FollowWorld()
    let lines = [SimulatedLinePlan("a.txt", 7, "x")]
    try world.simulator.review(world.pull, "CHANGES_REQUESTED", "no", lines: lines)
    try world.simulator.comment(world.pull, author: "bob", body: "spam")
    let later = world.simulator.now + .seconds(90)
    world.simulator.changeReviewing(world.pull) {
      $0.reviews[0].state = "DISMISSED"
      $0.threads[0].isOutdated = true
      $0.threads[0].isResolved = true
      $0.threads[0].lines[0].editedAt = later
    }
    world.simulator.editIssue(world.pull) { $0.comments[0].isMinimized = true }
    let conversation = try await world.conversation()
    #expect(conversation.remarks.map(\.isDismissed) == [true, false, false])
    #expect(conversation.remarks.map(\.isResolved) == [false, true, false])
    #expect(conversation.remarks.map(\.isMinimized) == [false, false, true])
    #expect(conversation.remarks[1].words.isOutdated == true)
    #expect(conversation.remarks[1].words.lastLine == 7, "the line it was made for")
    #expect(conversation.remarks[1].words.at == later)
    #expect(conversation.opinions.isEmpty)
    #expect(conversation.openThreads.isEmpty)
    await world.end()
  }

  /// A marker says something where nobody can have quoted it: at the end.
  @Test func aMarkerCountsAtTheEndAlone() async throws {
    let world = try await FollowWorld()
    let mark = CommentMarker.make("0123456789abcdef")
    for (author, body) in [
      ("symphony-bot", "Pushed.\n\n\(mark)\n"), ("symphony-bot", "I saw\n\(mark)\nin it"),
      ("bob", "> Pushed.\n\n\(mark)"), ("symphony-bot", "> \(mark)"),
    ] {
      try world.simulator.comment(world.pull, author: author, body: body)
    }
    let remarks = try await world.conversation().remarks
    #expect(remarks.map(\.nonce) == ["0123456789abcdef", nil, "0123456789abcdef", nil])
    #expect(remarks.map(\.isByViewer) == [true, true, false, true])
    #expect(remarks[0].words.text == "Pushed.")
    #expect(remarks[1].words.text.contains(mark))
    #expect(remarks[2].words.text == "> Pushed.")
    await world.end()
  }

  @Test func aBotIsOneByGitHubsWord() async throws {
    let world = try await FollowWorld()
    for author in ["helper[bot]", "bot"] {
      try world.simulator.review(world.pull, by: author, "COMMENTED", "look")
    }
    let remarks = try await world.conversation().remarks
    #expect(remarks.map(\.words.author) == ["helper[bot]", "bot"])
    #expect(remarks.map(\.isBot) == [true, false])
    await world.end()
  }

  @Test func permissionsAreAskedWhereTheyCount() async throws {
    let world = try await FollowWorld(isPrivate: false)
    try world.simulator.review(world.pull, by: "carol", "COMMENTED", "hm")
    for author in ["carol", "alice", "mallory", "mallory"] {
      try world.simulator.comment(world.pull, author: author, body: "words")
    }
    _ = world.takeNames()
    let remarks = try await world.conversation().remarks
    #expect(remarks.map(\.mayWrite) == [false, false, true, false, false])
    let asked = world.takeNames().filter { $0.contains("/permission") }
    #expect(asked.count == 2, "a review says it of its author: \(asked)")
    world.simulator.setPrivate(true)
    let closed = try await world.view(FollowWorld.question()).conversation
    #expect(closed?.remarks.map(\.mayWrite) == [false, false, nil, nil, nil])
    #expect(!world.takeNames().contains { $0.contains("/permission") })
    await world.end()
  }

  @Test func theFactsOfMergingAreRead() async throws {
    let world = try await FollowWorld()
    world.simulator.changeReviewing(world.pull) {
      $0.decision = "CHANGES_REQUESTED"
      ($0.mergeable, $0.mergeState) = ("CONFLICTING", "DIRTY")
      ($0.hasQueue, $0.isInQueue) = (true, true)
    }
    let view = try await world.view()
    #expect(view.id == world.id)
    #expect(view.ref.number == world.pull)
    #expect(view.head == world.head)
    #expect(view.base == "main")
    #expect(view.baseHead == world.simulator.branches["main"])
    #expect(view.decision == .changesRequested)
    #expect(view.mergeability == .conflicting)
    #expect(view.mergeState == .dirty)
    #expect(view.hasQueue && view.isInQueue && !view.isDraft)
    #expect(view.checks == nil)
    #expect(view.troubles == nil)
    await world.end()
  }
}
