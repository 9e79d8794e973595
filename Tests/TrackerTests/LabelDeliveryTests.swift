// Labels are put on and taken off where they are not so already.
import SymphonyCore
import Testing

@testable import SymphonyTrackers

@Suite struct LabelDeliveryTests {
  @Test func onlyWhatDiffersIsWritten() async throws {
    let world = DeliveryWorld { $0.labels = ["Symphony", "In Work", "bug"] }
    let first = try await world.deliver(
      labelOrder(add: ["symphony", "review"], remove: ["in work", "never there"]))
    #expect(first == .done("labels: +review -In Work"))
    #expect(world.effects == ["+review", "-In Work"])
    #expect(world.now.labels == ["Symphony", "bug", "review"])
    let second = try await world.deliver(
      labelOrder(add: ["symphony", "review"], remove: ["in work"]), tries: 1)
    #expect(second == .done("the labels were so already"))
    #expect(world.effects.count == 2)
  }

  @Test func whatIsPutOnIsNotTakenOff() async throws {
    let world = DeliveryWorld()
    _ = try await world.deliver(labelOrder(add: ["Todo"], remove: ["todo"]))
    #expect(world.effects.isEmpty)
  }

  @Test func aLabelSomebodyElseTookOffIsFine() async throws {
    let transport = FakeTransport { request throws(TransportError) in
      request.method == "GET"
        ? .json("[{\"name\":\"old\"}]")
        : .json("{\"message\":\"Label does not exist\"}", status: 404)
    }
    let entry = OutboxEntry(
      item: ItemID("I_1"), dedupeKey: "k", payload: labelOrder(remove: ["old"]), nonce: "n",
      createdAt: noon)
    let delivery = try await makeTracker(transport).deliver(entry, pullRequest: nil)
    #expect(delivery == .done("labels: -old"))
    #expect(transport.requests.map(\.method) == ["GET", "DELETE"])
  }

  @Test(arguments: [(403, "issue is locked"), (410, "This issue was deleted")])
  func whatIsRefusedIsRefusedForGood(_ status: Int, _ message: String) async throws {
    let world = DeliveryWorld { $0.refusal = (status, message) }
    let error = await failure { () async throws(TrackerError) in
      _ = try await world.deliver(labelOrder(add: ["x"]))
    }
    #expect(error?.disposition == .permanent)
    #expect(error?.sentence.contains(message) == true)
  }

  @Test func aDraftHasNoLabels() async throws {
    let world = DeliveryWorld()
    #expect(superseded(try await world.deliver(labelOrder(add: ["x"], number: nil))) != nil)
    #expect(world.now.asked.isEmpty)
  }
}
