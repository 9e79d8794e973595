// Names of what an item waits for: asked once per change, also in other repositories, and never by
// an idle tick.
import SymphonyCore
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct DependencyTests {
  @Test(arguments: [true, false])
  func namesAreAskedOncePerChange(_ board: Bool) async throws {
    let world = try await BoardWorld()
    let numbers = try world.add(2, "Todo")
    try world.simulator.addRepository("acme/api")
    let far = world.simulator.createIssue(title: "Far", in: "acme/api")
    world.simulator.block(numbers[0], by: far, of: "acme/api")
    world.simulator.addSubIssue(numbers[1], to: numbers[0])
    func listed() async -> (WorkItem?, Survey) {
      let survey = await world.survey(board: board)
      return (world.items(survey).first { $0.number == numbers[0] }, survey)
    }
    let (item, _) = await listed()
    #expect(item?.blockedBy.map(\.key.text) == ["acme/api#\(far)"])
    #expect(item?.openBlockers == 1, "the whole count")
    #expect(item?.subIssues.map(\.key.text) == ["acme/app#\(numbers[1])"])
    #expect(item?.openSubIssues == 1)
    let (again, idle) = await listed()
    #expect(again?.blockedBy == item?.blockedBy)
    #expect(idle.requests == (board ? 1 : 3))
    #expect(idle.notModified == (board ? 0 : 3))
    world.simulator.closeIssue(far, in: "acme/api")
    world.simulator.editIssue(numbers[0]) { _ in }
    let (freed, _) = await listed()
    #expect(freed?.blockedBy.contains { $0.state != .closed } == false)
    #expect(freed?.openBlockers == 0)
    await world.end()
  }

  @Test func aNameThatWasNotSaidIsAskedAgain() async throws {
    let world = try await BoardWorld()
    let numbers = try world.add(2, "Todo")
    world.simulator.block(numbers[0], by: numbers[1])
    world.simulator.add(Fault(.partial(["links", "0"]), operation: "BoardSurvey", skip: 1))
    for (requests, names) in [(2, []), (2, ["acme/app#\(numbers[1])"]), (1, nil)] {
      let survey = await world.survey()
      #expect(survey.requests == requests)
      let item = world.items(survey).first { $0.number == numbers[0] }
      #expect(item?.openBlockers == 1)
      if let names { #expect(item?.blockedBy.map(\.key.text) == names) }
    }
    await world.end()
  }
}
