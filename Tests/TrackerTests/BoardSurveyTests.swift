// A board looked at tick after tick: what is asked when, what happens to a scan that finds no time,
// a filter that lies, a page too heavy, a server that lacks features; and which items come out.
import SymphonyCore
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct BoardSurveyTests {
  @Test func theWholeBoardIsReadFirstAndThenNowAndAgain() async throws {
    let world = try await BoardWorld()
    try world.add(25, "Backlog")
    try world.add(5, "Todo")
    let cold = await world.survey()
    #expect(cold.requests == 3)
    #expect(world.items(cold).count == 30)
    #expect(!cold.isFiltered)
    for _ in 1...2 {
      let idle = await world.survey()
      #expect(idle.requests == 1)
      #expect(world.items(idle).map(\.status) == Array(repeating: "Todo", count: 5))
      #expect(idle.isFiltered)
      #expect(idle.notices.isEmpty)
    }
    world.wait(.minutes(31))
    let scan = await world.survey()
    #expect(scan.requests == 3)
    #expect(!scan.isFiltered)
    await world.end()
  }

  @Test func aSmallBoardIsReadWholeForTheSamePrice() async throws {
    let world = try await BoardWorld()
    try world.add(3, "Backlog")
    try world.add(2, "Todo")
    for _ in 1...2 {
      let survey = await world.survey()
      #expect(survey.requests == 1)
      #expect(world.items(survey).count == 5)
      #expect(!survey.isFiltered)
    }
    try world.add(10, "Backlog")
    #expect(world.items(await world.survey()).count == 15)
    await world.end()
  }

  @Test func aScanThatFindsNoTimeGoesOnInTheNextTick() async throws {
    let world = try await BoardWorld()
    try world.add(45, "Backlog")
    try world.add(1, "Todo")
    // At the start, for the first request, before the second; then little is left.
    world.giveTime([.seconds(20), .seconds(20), .seconds(19), .seconds(18), .seconds(5)])
    let first = await world.survey()
    #expect(first.isFiltered)
    #expect(world.items(first).contains { $0.status == "Todo" })
    let read = world.items(first).count
    #expect(read < 46)
    let second = await world.survey()
    #expect(second.isFiltered)
    #expect(world.items(second).count < 46, "it went on, and did not begin anew")
    #expect(world.items(second).count + read >= 46)
    #expect(await world.survey().requests == 1)
    await world.end()
  }

  @Test func aFilterThatLeavesItemsOutIsNoticed() async throws {
    let world = try await BoardWorld()
    try world.add(12, "Backlog")
    try world.add(2, "Todo")
    // What just changed is no evidence: the list may have been read before.
    world.wait(.minutes(2))
    world.breakFilter(true)
    let cold = await world.survey()
    #expect(cold.notices.contains { $0.contains("left out") })
    #expect(world.items(cold).count == 14)
    #expect(world.items(await world.survey()).count == 14, "every tick reads the whole board")
    world.breakFilter(false)
    let agreed = await world.survey()
    #expect(agreed.notices.isEmpty)
    #expect(await world.survey().requests == 1)
    await world.end()
  }

  @Test func heavyPagesAreHalvedForAnHour() async throws {
    let world = try await BoardWorld()
    try world.add(60, "Todo")
    func look() async -> Survey { await world.survey { $0.board?.pageSize = 100 } }
    world.simulator.add(
      Fault(.partial(["organization"], type: "RESOURCE_LIMITS_EXCEEDED"), operation: "BoardSurvey"))
    let survey = await look()
    #expect(world.items(survey).count == 60)
    #expect(survey.requests == 4, "one came to nothing, and there are smaller pages")
    #expect(await look().requests == 2)
    world.wait(.minutes(61))
    #expect(await look().requests == 1)
    await world.end()
  }

  @Test func aCursorTheServerForgotCostsOnlyTheScan() async throws {
    let world = try await BoardWorld()
    try world.add(12, "Backlog")
    try world.add(2, "Todo")
    _ = await world.survey()
    let tracker = world.tracker()
    let board = try #require(tracker.policy.board)
    var memory = BoardMemory.recall(tracker.memory, board)
    memory.cursor = "no cursor"
    memory.store(tracker.memory, board)
    let survey = await world.survey()
    #expect(world.items(survey).count == 2)
    #expect(survey.isFiltered)
    #expect(survey.notices.contains { $0.contains("changed while it was read") })
    #expect(await world.survey().notices.isEmpty)
    await world.end()
  }

  @Test func anOldServerIsAskedWithoutWhatItLacks() async throws {
    let world = try await BoardWorld()
    for path in [
      "ProjectV2.items.query", "ProjectV2.items.archivedStates", "Issue.issueDependenciesSummary",
      "Issue.blockedBy", "Issue.subIssuesSummary", "Issue.subIssues", "Issue.parent",
    ] {
      world.simulator.removeFromSchema(path)
    }
    try world.add(12, "Backlog")
    let numbers = try world.add(1, "Todo")
    world.simulator.archive(try #require(numbers.first))
    try world.add(1, "Todo")
    let survey = await world.survey()
    #expect(world.items(survey).count == 13)
    #expect(world.items(survey).allSatisfy { $0.dependenciesKnown })
    let before = world.simulator.requestCount
    _ = await world.survey()
    #expect(world.simulator.requestCount - before == 2, "what it lacks is remembered")
    await world.end()
  }

  @Test func draftsAndRedactedItemsHaveKeysOfTheirOwn() async throws {
    let world = try await BoardWorld()
    _ = try world.simulator.addDraft("Idea", fields: ["Status": "Todo"])
    try world.simulator.addRepository("acme/hidden")
    let number = world.simulator.createIssue(title: "Secret", in: "acme/hidden")
    _ = try world.simulator.addItem(number, in: "acme/hidden", fields: ["Status": "Todo"])
    world.simulator.hide("acme/hidden")
    let items = world.items(await world.survey())
    #expect(
      items.map(\.contentType).sorted { $0.rawValue < $1.rawValue } == [.draftIssue, .redacted])
    for item in items {
      #expect(item.key.text.hasPrefix("acme/projects-1#"))
      #expect(item.id.text.hasPrefix("PVTI_"))
    }
    let again = world.items(
      await world.survey { $0.board?.draftRepository = RepositoryName("acme/app") })
    let draft = try #require(again.first { $0.contentType == .draftIssue })
    #expect(draft.key.text.hasPrefix("acme/app#draft-"))
    #expect(draft.key.reference == items.first { $0.contentType == .draftIssue }?.key.reference)
    await world.end()
  }

  @Test func withoutARequestTheActiveItemsAreRemembered() async throws {
    let world = try await BoardWorld()
    try world.add(2, "Todo")
    try world.add(1, "Backlog")
    guard case .failed = await world.survey(cachedOnly: true).candidates else {
      Issue.record("nothing was stored yet")
      return
    }
    let polled = await world.survey()
    let cached = await world.survey(cachedOnly: true)
    #expect(cached.requests == 0)
    #expect(cached.isCached)
    #expect(world.items(cached) == world.items(polled).filter { $0.status == "Todo" })
    #expect(cached.repositories == polled.repositories)
    await world.end()
  }

  @Test func manyWatchedItemsAreAskedInPortions() async throws {
    let world = try await BoardWorld()
    try world.add(60, "Todo")
    let items = world.items(await world.survey { $0.board?.pageSize = 100 })
    let watched = items.map { world.watch($0, "work-\($0.number ?? 0)") }
    let survey = await world.survey(watched) { $0.board?.pageSize = 100 }
    #expect(survey.requests == 2)
    #expect(survey.answers.count == 60)
    #expect(survey.knownHeads.count == 60)
    let bodies = survey.answers.values.compactMap { answer in
      if case .found(let item) = answer { item.body } else { nil }
    }
    #expect(bodies == Array(repeating: "Its text", count: 60))
    await world.end()
  }

  @Test func prioritiesFollowTheOptionsTheMapOrTheNumber() async throws {
    let world = try await BoardWorld()
    let number = try #require(try world.add(1, "Todo").first)
    try world.simulator.setField("Priority", "P1", of: number)
    try world.simulator.setField("Size", "7", of: number)
    #expect(world.items(await world.survey()).first?.priority == 1)
    let mapped = await world.survey { $0.board?.priorityMap = ["p1": 40] }
    #expect(world.items(mapped).first?.priority == 40)
    let sized = await world.survey { $0.board?.priorityField = "Size" }
    #expect(world.items(sized).first?.priority == 7)
    let none = await world.survey { $0.board?.priorityField = "No such" }
    #expect(world.items(none).first?.priority == .some(nil))
    await world.end()
  }
}
