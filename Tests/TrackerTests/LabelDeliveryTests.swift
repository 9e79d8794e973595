// Labels are put on and taken off without a look at them first, and a repetition changes nothing.
import SymphonyCore
import Testing

@testable import SymphonyTrackers

@Suite struct LabelDeliveryTests {
  @Test func whatIsSoAlreadyStaysSo() async throws {
    let world = DeliveryWorld { $0.labels = ["Symphony", "In Work", "bug"] }
    let order = labelOrder(add: ["symphony", "review"], remove: ["in work", "never there"])
    for tries in 0...1 {
      let delivery = try await world.deliver(order, tries: tries)
      #expect(delivery == .done("labels: +symphony +review -in work -never there"))
      #expect(world.effects == ["+review", "-in work"])
      #expect(world.now.labels == ["Symphony", "bug", "review"])
    }
  }

  /// A list may be older than the label it does not show.
  @Test func nothingIsLookedAtFirst() async throws {
    let world = DeliveryWorld { $0.labels = [] }
    _ = try await world.deliver(labelOrder(add: ["a", "b"], remove: ["c d"]))
    let address = "/repos/acme/app/issues/7/labels"
    #expect(world.now.asked == ["POST \(address)", "DELETE \(address)/c%20d"])
    let removing = DeliveryWorld()
    _ = try await removing.deliver(labelOrder(remove: ["todo"]))
    #expect(removing.now.asked == ["DELETE \(address)/todo"])
    #expect(removing.now.labels == ["Symphony"])
  }

  @Test func whatIsPutOnIsNotTakenOff() async throws {
    let world = DeliveryWorld()
    _ = try await world.deliver(labelOrder(add: ["Todo"], remove: ["todo"]))
    #expect(world.now.labels.contains("Todo"))
    #expect(world.effects.isEmpty)
  }

  @Test(arguments: [(403, "issue is locked"), (410, "This issue was deleted")])
  func aRefusalIsForGoodWhereNobodyCanLiftIt(_ status: Int, _ message: String) async throws {
    let world = DeliveryWorld { $0.refusal = (status, message) }
    let error = await failure { () async throws(TrackerError) in
      _ = try await world.deliver(labelOrder(add: ["x"]))
    }
    // A lock is a person's to take off; what was deleted stays so.
    #expect(error?.disposition == (status == 403 ? .operator : .permanent))
    #expect(error?.sentence.contains(message) == true)
  }

  @Test func aDraftHasNoLabels() async throws {
    let world = DeliveryWorld()
    #expect(superseded(try await world.deliver(labelOrder(add: ["x"], number: nil))) != nil)
    #expect(world.now.asked.isEmpty)
  }
}
