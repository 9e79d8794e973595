// A status is moved once, from where it may be moved, by whoever may move it.
import SymphonyCore
import Testing

@testable import SymphonyTrackers

@Suite struct StatusDeliveryTests {
  private let pull = PullRequestRef(number: 8, url: "https://github.com/acme/app/pull/8")

  @Test func aStatusIsMovedByNameAndOnce() async throws {
    let world = DeliveryWorld()
    let first = try await world.deliver(statusOrder(" human review"), pullRequest: pull)
    #expect(first == .done("moved to `Human Review`"))
    #expect(world.effects == ["status Human Review"])
    let second = try await world.deliver(statusOrder("human review"), tries: 1, pullRequest: pull)
    #expect(second == .done("it was in `Human Review` already"))
    #expect(world.effects.count == 1)
    #expect(world.now.asked == ["SymphonyStatus", "SymphonyMove", "SymphonyStatus"])
  }

  @Test func aDraftIsKnownByItsBoardItem() async throws {
    let world = DeliveryWorld()
    _ = try await world.deliver(statusOrder(), item: "PVTI_1")
    #expect(world.effects == ["status Human Review"])
  }

  @Test func aHumanWasFaster() async throws {
    let world = DeliveryWorld { $0.status = "Done" }
    let why = superseded(try await world.deliver(statusOrder()))
    #expect(why?.contains("`Done`") == true)
    #expect(why?.contains("`Human Review`") == true)
    world.change { $0.status = nil }
    #expect(superseded(try await world.deliver(statusOrder()))?.contains("no status") == true)
    #expect(world.effects.isEmpty)
    // Without an expectation it is moved from anywhere.
    _ = try await world.deliver(statusOrder(expected: []))
    #expect(world.effects == ["status Human Review"])
  }

  @Test func whatIsNotThereIsBelievedOnlyBesideTheBoard() async throws {
    let world = DeliveryWorld { $0.isOnBoard = false }
    #expect(superseded(try await world.deliver(statusOrder()))?.contains("board acme/1") == true)
    world.change { ($0.isOnBoard, $0.isArchived) = (true, true) }
    #expect(superseded(try await world.deliver(statusOrder()))?.contains("archived") == true)
    world.change { ($0.isArchived, $0.faults) = (false, ["node": "NOT_FOUND"]) }
    #expect(superseded(try await world.deliver(statusOrder())) != nil)
    #expect(superseded(try await world.deliver(statusOrder(), item: "PVTI_1")) != nil)
    // An issue of a repository that cannot be seen is not gone.
    world.change { $0.faults = ["node": "NOT_FOUND", "repository": "NOT_FOUND"] }
    let unseen = await failure { () async throws(TrackerError) in
      _ = try await world.deliver(statusOrder())
    }
    #expect(unseen?.code == "tracker_forbidden")
    // Nor is anything gone while the server has trouble, or while the board is out of sight.
    for faults in [["node": "SERVICE_UNAVAILABLE"], ["projectV2": "NOT_FOUND"]] {
      world.change { ($0.faults, $0.isOnBoard) = (faults, false) }
      let error = await failure { () async throws(TrackerError) in
        _ = try await world.deliver(statusOrder())
      }
      #expect(error != nil)
      #expect(error?.disposition != .permanent, "\(error?.sentence ?? "")")
    }
    #expect(world.effects.isEmpty)
  }

  @Test func withoutABoardThereIsNothingToMove() async throws {
    let world = DeliveryWorld()
    let delivery = try await world.deliver(statusOrder()) { $0.board = nil }
    #expect(delivery == .superseded("there is no board"))
    #expect(world.now.asked.isEmpty)
  }

  @Test func anOptionThatIsNotThereIsNamedWithTheRealOnes() async throws {
    let world = DeliveryWorld { $0.options = ["Todo", "Review"] }
    let error = await failure { () async throws(TrackerError) in
      _ = try await world.deliver(statusOrder())
    }
    #expect(error?.disposition == .operator)
    #expect(error?.sentence.contains("`Human Review`") == true)
    #expect(error?.sentence.contains("Todo, Review") == true)
    world.change { $0.field = "State" }
    let field = await failure { () async throws(TrackerError) in
      _ = try await world.deliver(statusOrder())
    }
    #expect(field?.disposition == .operator)
    #expect(field?.sentence.contains("it has: State") == true)
    // Once there is one again, the same entry is paid.
    world.change { ($0.options, $0.field) = (["Todo", "In Progress", "Human Review"], "STATUS") }
    _ = try await world.deliver(statusOrder(), tries: 9)
    #expect(world.effects == ["status Human Review"])
  }

  @Test(arguments: ["MERGED", "CLOSED"])
  func anEndedPullRequestAsksForNothing(_ state: String) async throws {
    let world = DeliveryWorld { $0.pull = state }
    let why = superseded(try await world.deliver(statusOrder(), pullRequest: pull))
    #expect(why == "pull request #8 is \(state.lowercased()) already")
    // A move that does not follow from a pull request is not overtaken by an old one.
    _ = try await world.deliver(
      statusOrder("In Progress", expected: [], needsPullRequest: false), pullRequest: pull)
    world.change { $0.status = "Todo" }
    _ = try await world.deliver(
      statusOrder("In Progress", needsPullRequest: false), pullRequest: pull)
    #expect(world.effects == ["status In Progress"])
  }

  @Test func aMissingPermissionIsNamed() async throws {
    let world = DeliveryWorld { $0.faults = ["updateProjectV2ItemFieldValue": "FORBIDDEN"] }
    let fineGrained = await failure { () async throws(TrackerError) in
      _ = try await world.deliver(statusOrder()) { $0.token = Secret("github_pat_x") }
    }
    #expect(fineGrained?.code == "tracker_forbidden")
    #expect(
      fineGrained?.sentence.contains("organization permission Projects: read and write") == true,
      "\(fineGrained?.sentence ?? "")")
    world.change { $0.faults = ["updateProjectV2ItemFieldValue": "NOT_FOUND"] }
    let race = await failure { () async throws(TrackerError) in
      _ = try await world.deliver(statusOrder())
    }
    #expect(race?.code == "tracker_unreachable", "the next look says what became of it")
    world.change { $0.faults = ["updateProjectV2ItemFieldValue": "UNPROCESSABLE"] }
    let refused = await failure { () async throws(TrackerError) in
      _ = try await world.deliver(statusOrder())
    }
    #expect(refused?.disposition == .permanent)
    #expect(world.effects.isEmpty)
  }
}
