// A draft becomes one issue, whoever converted it.
import SymphonyCore
import Testing

@testable import SymphonyTrackers

@Suite struct DraftDeliveryTests {
  private let order = OutboxEntry.Payload.convertDraft(DraftOrder(repository: acmeApp))

  @Test func aDraftBecomesAnIssueOnce() async throws {
    let world = DeliveryWorld()
    let first = try await world.deliver(order, item: "PVTI_1")
    #expect(first == .converted(to: sevenKey))
    let second = try await world.deliver(order, item: "PVTI_1", tries: 1)
    #expect(second == .converted(to: sevenKey))
    #expect(world.effects == ["issue"])
  }

  @Test func archivedAndGoneDraftsAreLeftAlone() async throws {
    let world = DeliveryWorld { $0.isArchived = true }
    #expect(superseded(try await world.deliver(order, item: "PVTI_1")) != nil)
    world.change { ($0.isArchived, $0.faults) = (false, ["node": "NOT_FOUND"]) }
    #expect(superseded(try await world.deliver(order, item: "PVTI_1")) != nil)
    #expect(superseded(try await world.deliver(order) { $0.board = nil }) != nil)
    #expect(world.effects.isEmpty)
  }

  @Test func troublesAreToldApart() async throws {
    func error(_ change: (inout DeliveryWorld.State) -> Void) async -> TrackerError? {
      let world = DeliveryWorld(change)
      let error = await failure { () async throws(TrackerError) in
        _ = try await world.deliver(order, item: "PVTI_1")
      }
      #expect(world.effects.isEmpty)
      return error
    }
    let mutation = "convertProjectV2DraftIssueItemToIssue"
    #expect(
      await error { $0.faults = ["repository": "NOT_FOUND"] }?.code == "tracker_misconfigured")
    #expect(await error { $0.faults = [mutation: "FORBIDDEN"] }?.code == "tracker_forbidden")
    #expect(await error { $0.faults = [mutation: "NOT_FOUND"] }?.code == "tracker_unreachable")
    #expect(await error { ($0.isDraft, $0.isHidden) = (false, true) }?.code == "tracker_forbidden")
  }
}
