// An issue is closed once, and a person's reopening stands.
import SymphonyCore
import Testing

@testable import SymphonyTrackers

@Suite struct CloseDeliveryTests {
  @Test func anOpenIssueIsClosedAsCompleted() async throws {
    let world = DeliveryWorld()
    #expect(try await world.deliver(closeOrder()) == .done("closed"))
    #expect(world.now.issue == "closed")
    #expect(world.now.reason == .string("completed"))
    #expect(try await world.deliver(closeOrder(), tries: 1) == .done("it was closed already"))
    #expect(world.effects == ["close"])
  }

  @Test func whatAHumanReopenedStaysOpen() async throws {
    let world = DeliveryWorld { $0.reason = .string("reopened") }
    #expect(superseded(try await world.deliver(closeOrder(), tries: 1)) != nil)
    // GitHub itself may have closed it at the merge: a first try is no different.
    #expect(superseded(try await world.deliver(closeOrder())) != nil)
    #expect(world.effects.isEmpty)
  }

  @Test func nothingIsClosedWithoutANumberOrWithoutAnIssue() async throws {
    #expect(superseded(try await DeliveryWorld().deliver(closeOrder(number: nil))) != nil)
    let world = DeliveryWorld { $0.refusal = (410, "This issue was deleted") }
    let error = await failure { () async throws(TrackerError) in
      _ = try await world.deliver(closeOrder())
    }
    #expect(error?.disposition == .permanent)
  }
}
