// The look before a launch, with a board and without: everything about an item in one request, and
// what cannot be read stops the launch instead of hiding.
import SymphonyCore
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct ConfirmTests {
  private func found(_ survey: Survey, _ item: WorkItem) -> WorkItem? {
    if case .found(let found)? = survey.answers[item.id] { found } else { nil }
  }

  @Test(arguments: [true, false])
  func oneRequestSaysEverything(_ board: Bool) async throws {
    let world = try await BoardWorld()
    let numbers = try world.add(3, "Todo")
    try world.simulator.setField("Size", "2.5", of: numbers[0])
    world.simulator.block(numbers[0], by: numbers[1])
    world.simulator.addSubIssue(numbers[2], to: numbers[0])
    world.simulator.closeIssue(numbers[2])
    try world.simulator.commit(branch: "work", files: ["a": "b"])
    world.simulator.editIssue(numbers[0]) { $0.assignees = ["bob"] }
    try world.simulator.createPullRequest(
      title: "Work", body: "Closes #\(numbers[0])", head: "work")
    let listed = world.items(await world.survey(board: board)).filter { $0.state == .open }
    let item = try #require(listed.first { $0.number == numbers[0] })
    let survey = await world.tracker(board: board).confirm([world.watch(item)])
    #expect(survey.requests == 1)
    let full = try #require(found(survey, item))
    #expect(full.body == "Its text")
    #expect(full.assignees == ["bob"])
    #expect(full.blockedBy.map(\.key.text) == ["acme/app#\(numbers[1])"])
    #expect(full.blockedBy.first?.state == .open)
    #expect(full.openBlockers == 1)
    #expect(full.subIssues.map(\.state) == [.closed])
    #expect(full.openSubIssues == 0)
    #expect(full.dependenciesKnown)
    #expect(full.linkedPullRequests.map(\.state) == ["open"])
    #expect((full.board != nil) == board)
    #expect(full.projectFields == (board ? ["Status": "Todo", "Size": "2.5"] : [:]))
    let head = HeadRef(item.repository, "work")
    #expect(survey.pullRequest(of: head)?.state == .open)
    #expect(survey.facts(of: item.repository)?.defaultBranch == "main")
    await world.end()
  }

  @Test func dependenciesThatCannotBeReadAreUnknown() async throws {
    let world = try await BoardWorld()
    try world.add(2, "Todo")
    let items = world.items(await world.survey())
    world.simulator.add(
      Fault(.partial(["links", "0"], type: "FORBIDDEN"), operation: "Confirmation"))
    let survey = await world.tracker().confirm(items.map { world.watch($0) })
    #expect(items.map { found(survey, $0)?.dependenciesKnown } == [false, true])
    await world.end()
  }

  @Test func aBlockerOutOfSightStillCounts() async throws {
    let world = try await BoardWorld()
    let number = try #require(try world.add(1, "Todo").first)
    try world.simulator.addRepository("acme/hidden")
    let blocker = world.simulator.createIssue(title: "Secret", in: "acme/hidden")
    world.simulator.block(number, by: blocker, of: "acme/hidden")
    world.simulator.hide("acme/hidden")
    let item = try #require(world.items(await world.survey()).first)
    let full = try #require(
      found(await world.tracker().confirm([world.watch(item)]), item))
    #expect(full.blockedBy.isEmpty)
    #expect(full.openBlockers == 1)
    await world.end()
  }

  @Test func withoutTheBoardNothingIsOffIt() async throws {
    let world = try await BoardWorld()
    try world.add(1, "Todo")
    let item = try #require(world.items(await world.survey()).first)
    world.simulator.addFineGrainedToken(
      "github_pat_blind", permissions: ["metadata": "read", "issues": "write", "contents": "write"])
    for survey in [
      await world.tracker(token: "github_pat_blind").confirm([world.watch(item)]),
      await world.survey([world.watch(item)], token: "github_pat_blind"),
    ] {
      guard case .unknown(let error)? = survey.answers[item.id] else {
        Issue.record("\(String(describing: survey.answers[item.id]))")
        continue
      }
      #expect(error.hint?.contains("Projects: read and write") == true, "\(error)")
    }
    await world.end()
  }

  @Test func goneIsBelievedOnlyWhereItCouldBeSeen() async throws {
    let world = try await BoardWorld()
    let numbers = try world.add(2, "Todo")
    let items = world.items(await world.survey())
    world.simulator.deleteIssue(numbers[0])
    guard case .gone? = await world.tracker().confirm([world.watch(items[0])]).answers[items[0].id]
    else {
      Issue.record("a deleted issue of a visible repository is gone")
      return
    }
    world.simulator.hide("acme/app")
    let survey = await world.survey(items.map { world.watch($0) })
    for item in items {
      guard case .unknown? = survey.answers[item.id] else {
        Issue.record("\(String(describing: survey.answers[item.id]))")
        continue
      }
    }
    #expect(survey.notices.contains { $0.contains("acme/app") })
    await world.end()
  }

  @Test func twentyItemsFitIntoOneRequest() async throws {
    let world = try await BoardWorld()
    try world.add(25, "Todo")
    let items = world.items(await world.survey { $0.board?.pageSize = 100 })
    #expect(await world.tracker().confirm(items.prefix(20).map { world.watch($0) }).requests == 1)
    let all = await world.tracker().confirm(items.map { world.watch($0) })
    #expect(all.requests == 2)
    #expect(all.answers.count == 25)
    world.simulator.add(Fault(.reset, operation: "Confirmation"))
    let lost = await world.tracker().confirm(items.map { world.watch($0) })
    #expect(lost.requests == 1, "trouble of the server is everybody's")
    #expect(lost.answers.count == 25)
    await world.end()
  }
}
