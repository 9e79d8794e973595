// Long conversations, damaged ones, and ones that cannot be read: what there is counts, what is
// missing is never taken for "nobody said anything".
import SymphonyCore
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct FollowDamageTests {
  @Test func aLongConversationIsReadToItsBeginning() async throws {
    let world = try await FollowWorld()
    for number in 1...130 {
      try world.simulator.comment(world.pull, author: "bob", body: "comment \(number)")
    }
    let lines = (1...60).map { (line: Int) in SimulatedLinePlan("a.txt", line, "line \(line)") }
    try world.simulator.review(world.pull, "COMMENTED", "much", lines: lines)
    for number in 1...40 {
      try world.simulator.reply(world.pull, thread: 0, by: "alice", "reply \(number)")
    }
    let conversation = try await world.conversation()
    let texts = conversation.remarks.map(\.words.text)
    #expect(conversation.isWhole)
    #expect(texts.filter { $0.hasPrefix("comment") } == (1...130).map { "comment \($0)" })
    #expect(texts.filter { $0.hasPrefix("line") }.count == 60)
    #expect(texts.filter { $0.hasPrefix("reply") } == (1...40).map { "reply \($0)" })
    let first = world.simulator.reviewing(world.pull).threads[0].lines[0].id
    let replies = conversation.remarks.filter { $0.words.text.hasPrefix("reply") }
    #expect(Set(replies.map(\.words.replyTo)) == [Int64(first)])
    #expect(texts.count == texts.count { !$0.isEmpty })
    await world.end()
  }

  @Test func oneWithoutAnEndIsCutAndSaysSo() async throws {
    let world = try await FollowWorld()
    for number in 1...700 {
      try world.simulator.comment(world.pull, author: "bob", body: "\(number)")
    }
    let survey = await world.survey()
    let conversation = try #require(survey.views.values.first?.conversation)
    #expect(!conversation.isWhole)
    #expect(conversation.remarks.last?.words.text == "700")
    #expect((500..<600).contains(conversation.remarks.count))
    #expect(survey.notices.contains { $0.contains("more than 500 remarks") })
    await world.end()
  }

  @Test func aDamagedRemarkCostsNoOther() async throws {
    let world = try await FollowWorld()
    for text in ["one", "two", "three"] {
      try world.simulator.comment(world.pull, author: "bob", body: text)
    }
    for path in [
      ["nodes", "0", "comments", "nodes", "1"],
      ["nodes", "0", "comments", "nodes", "1", "body"],
      ["nodes", "0", "comments", "nodes", "1", "author"],
    ] {
      world.simulator.add(Fault(.partial(path), operation: "SymphonyConversation"))
      let survey = await world.survey()
      let conversation = try #require(survey.views.values.first?.conversation)
      #expect(conversation.remarks.map(\.words.text) == ["one", "three"], "\(path)")
      #expect(!conversation.isWhole, "an absent remark says nothing")
      #expect(survey.notices.contains { $0.contains("1 of the remarks on acme/app#2") })
    }
    await world.end()
  }

  @Test(arguments: [
    ("SymphonyDigest", "r0"), ("SymphonyDigest", "r0 pullRequest"),
    ("SymphonyDigest", "r0 pullRequest statusCheckRollup"),
    ("SymphonyDigest", "r0 pullRequest reviewThreads"),
    ("SymphonyDigest", "r0 pullRequest headRefOid"), ("SymphonyConversation", "nodes 0"),
    ("SymphonyConversation", "nodes 0 reviews"), ("SymphonyConversation", "nodes 0 comments"),
    ("SymphonyConversation", "nodes 0 reviewThreads"),
    ("SymphonyConversation", "nodes 0 latestOpinionatedReviews"),
    ("SymphonyConversation", "nodes 0 latestOpinionatedReviews nodes 0 state"),
    ("SymphonyConversation", "nodes 0 reviewRequests"),
    ("SymphonyPullRequestChecks", "node statusCheckRollup"),
    ("SymphonyPullRequestChecks", "node statusCheckRollup contexts nodes 0"),
  ])
  func halfOfTheTruthIsNoView(_ operation: String, _ path: String) async throws {
    let world = try await FollowWorld()
    try world.simulator.review(world.pull, "APPROVED", "fine")
    world.simulator.setChecks([.run("unit", "failure")], branch: FollowWorld.branch)
    let steps = path.split(separator: " ").map(String.init)
    let rule = world.simulator.add(Fault(.partial(steps), operation: operation))
    let survey = await world.survey()
    #expect(world.simulator.timesFired(rule) == 1)
    #expect(survey.views.isEmpty)
    #expect(
      survey.notices.contains { $0.hasPrefix("not followed up this time: acme/app#2: ") },
      "\(survey.notices)")
    #expect(await world.survey().views.count == 1, "the next tick reads it")
    await world.end()
  }

  @Test func troubleOfTheServerIsToldOnce() async throws {
    let world = try await FollowWorld()
    world.simulator.add(Fault(.html502, operation: "SymphonyDigest"))
    var other = world.watched(FollowWorld.question())
    other.id = ItemID("I_other")
    let survey = await world.tracker().survey(
      SurveyQuestion(
        watched: [world.watched(FollowWorld.question()), other], cachedOnly: false))
    #expect(survey.views.isEmpty)
    #expect(survey.notices.count { $0.contains("not followed up") } == 1)
    #expect(survey.notices.contains { $0.contains("acme/app#2, acme/app#2: ") })
    await world.end()
  }

  @Test(arguments: ["headRefOid", "baseRefName", "number", "state"])
  func whatIsServedIsNotBelieved(_ field: String) async throws {
    var members: [String: Structure] = [
      "id": .string("PR_x"), "number": .integer(2), "url": .string("https://evil.example/2"),
      "state": .string("OPEN"), "isDraft": .bool(false),
      "updatedAt": .string("2026-11-21T03:00:00Z"),
      "headRefOid": .string(String(repeating: "a", count: 40)), "baseRefName": .string("main"),
    ]
    for name in ["comments", "reviews", "reviewThreads"] {
      members[name] = .object(["totalCount": .integer(0), "nodes": .list([])])
    }
    let ref = PullRequestRef(number: 2, url: "")
    let view = try #require(DigestNode(.object(members), ref, known: nil)).view
    let served = ServedFacts(policy: TrackerPolicy())
    #expect(served.checked(view).ref.url.isEmpty, "an address of another server")
    members[field] = field == "number" ? .integer(3) : .string("--upload-pack=x")
    #expect(DigestNode(.object(members), ref, known: nil) == nil)
  }
}
