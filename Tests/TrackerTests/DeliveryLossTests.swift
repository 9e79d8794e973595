// Every kind of write with its answer lost, before the effect or after it: no attempt is final, and
// the second leaves exactly one effect behind.
import SymphonyCore
import Testing

@testable import SymphonyTrackers

@Suite struct DeliveryLossTests {
  private static let kinds: [String: (payload: OutboxEntry.Payload, item: String, effect: String)] =
    [
      "set_status": (statusOrder(), "I_1", "status Human Review"),
      "add_label": (labelOrder(add: ["x"]), "I_1", "+x"),
      "remove_label": (labelOrder(remove: ["todo"]), "I_1", "-todo"),
      "convert_draft": (.convertDraft(DraftOrder(repository: acmeApp)), "PVTI_1", "issue"),
      "close_issue": (closeOrder(), "I_1", "close"),
    ]

  @Test(arguments: kinds.keys.sorted(), DeliveryWorld.Loss.allCases)
  func aLostAnswerIsLookedUp(_ kind: String, _ loss: DeliveryWorld.Loss) async throws {
    let (payload, item, effect) = try #require(Self.kinds[kind])
    let world = DeliveryWorld { $0.loss = loss }
    let lost = await failure { () async throws(TrackerError) in
      _ = try await world.deliver(payload, item: item)
    }
    // What is not read from an answer cannot be torn.
    if loss != .tornAfter || lost != nil {
      #expect(lost?.disposition == .transient(until: nil), "\(lost?.sentence ?? "no error")")
    }
    #expect(world.effects.isEmpty == loss.rawValue.hasSuffix("Before"))
    _ = try await world.deliver(payload, item: item, tries: 1)
    #expect(world.effects == [effect])
    _ = try await world.deliver(payload, item: item, tries: 2)
    #expect(world.effects == [effect])
  }

  /// Pull requests and comments have losses of their own (GitHubDeliveryTests), because they are
  /// found by branch and by marker; what is owed to a pull request has them in FollowLossTests.
  @Test func noKindOfDebtIsLeftOut() {
    let here = Set(Self.kinds.values.map(\.payload.storedKind))
    let all = here.union([.ensurePullRequest, .comment]).union(FollowLossTests.kinds)
    #expect(all == Set(OutboxEntry.Kind.allCases))
  }
}
