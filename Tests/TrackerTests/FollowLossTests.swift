// Every kind of write to a pull request with its answer lost, before the effect or after it: no
// attempt is final, and the second leaves exactly one effect behind.
import SymphonyCore
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct FollowLossTests {
  static let kinds: [OutboxEntry.Kind] = [
    .reply, .resolveThread, .requestReview, .rerunChecks, .updateBranch, .merge,
  ]

  enum Loss: CaseIterable, Sendable { case resetBefore, badGatewayBefore, resetAfter, tornAfter }

  /// The order, ready to be carried out.
  private func payload(_ kind: OutboxEntry.Kind, _ world: FollowWorld) throws
    -> OutboxEntry.Payload
  {
    let place = world.place
    switch kind {
    case .reply, .resolveThread:
      try world.simulator.review(
        world.pull, "CHANGES_REQUESTED", "no", lines: [SimulatedLinePlan("a.txt", 1, "why?")])
      let thread = world.simulator.reviewing(world.pull).threads[0]
      if kind == .resolveThread {
        return .resolveThread(ResolveOrder(place: place, thread: thread.nodeID))
      }
      return .reply(
        ReplyOrder(
          place: place, thread: thread.nodeID, replyTo: Int64(thread.lines[0].id), text: "Done."))
    case .requestReview:
      return .requestReview(ReviewRequestOrder(place: place, logins: ["bob"]))
    case .rerunChecks:
      world.simulator.setChecks([.run("unit", "timed_out")], branch: FollowWorld.branch)
      let jobs = world.simulator.checks(of: world.head).map { Int64($0.id) }
      return .rerunChecks(RerunOrder(place: place, head: world.head, jobs: jobs))
    case .updateBranch:
      try world.simulator.commit(branch: "main", files: ["c": "3"])
      return .updateBranch(UpdateOrder(place: place, head: world.head))
    case .merge:
      return .merge(
        MergeOrder(
          place: place, head: world.head, method: .squash, usesQueue: false, branch: nil))
    default: throw RestMistake()
    }
  }
  private struct RestMistake: Error {}

  private func effects(_ kind: OutboxEntry.Kind, _ world: FollowWorld) throws -> Int {
    let reviewing = world.simulator.reviewing(world.pull)
    switch kind {
    case .reply: return (reviewing.threads.first?.lines.count ?? 1) - 1
    case .resolveThread: return reviewing.threads.count(where: \.isResolved)
    case .requestReview: return reviewing.requested.count
    case .rerunChecks:
      return (world.simulator.checks(of: world.head).map(\.attempt).max() ?? 1) - 1
    case .updateBranch:
      return try world.simulator.git.subjects(of: FollowWorld.branch)
        .count { $0.hasPrefix("Merge branch") }
    default:
      return try world.simulator.git.subjects(of: "main").count { $0.hasPrefix("Merge pull") }
    }
  }

  private func fault(_ kind: OutboxEntry.Kind, _ loss: Loss) -> Fault {
    let what: Fault.Kind =
      switch loss {
      case .resetBefore, .resetAfter: .reset
      case .badGatewayBefore: .html502
      case .tornAfter: .truncated
      }
    let isAfter = loss == .resetAfter || loss == .tornAfter
    if kind == .resolveThread {
      return Fault(what, operation: "SymphonyResolve", after: isAfter)
    }
    let isPut = kind == .updateBranch || kind == .merge
    return Fault(what, method: isPut ? "PUT" : "POST", path: "/(pulls|actions)/", after: isAfter)
  }

  @Test(arguments: kinds, Loss.allCases)
  func aLostAnswerIsLookedUp(_ kind: OutboxEntry.Kind, _ loss: Loss) async throws {
    let world = try await FollowWorld()
    let payload = try payload(kind, world)
    let rule = world.simulator.add(fault(kind, loss))
    let lost = await failure { () async throws(TrackerError) in
      _ = try await world.deliver(payload)
    }
    #expect(world.simulator.timesFired(rule) == 1)
    // What is not read from an answer cannot be torn.
    if loss != .tornAfter || lost != nil {
      #expect(lost?.disposition == .transient(until: nil), "\(lost?.sentence ?? "no error")")
    }
    let isDone = loss == .resetAfter || loss == .tornAfter
    #expect(try effects(kind, world) == (isDone ? 1 : 0))
    for tries in 1...2 {
      _ = try await world.deliver(payload, tries: tries)
      #expect(try effects(kind, world) == 1)
    }
    await world.end()
  }
}
