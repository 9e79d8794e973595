// What is owed to a pull request is paid once, also when the answer that said so was lost.
import SymphonyCore
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct FollowDeliveryTests {
  private func inThread(_ world: FollowWorld) throws -> ReplyOrder {
    try world.simulator.review(
      world.pull, "CHANGES_REQUESTED", "no", lines: [SimulatedLinePlan("a.txt", 1, "why?")])
    let thread = world.simulator.reviewing(world.pull).threads[0]
    return ReplyOrder(
      place: world.place, thread: thread.nodeID, replyTo: Int64(thread.lines[0].id), text: "Done.")
  }

  private func words(_ delivery: Delivery) -> String {
    switch delivery {
    case .done(let text), .waiting(let text), .superseded(let text): text
    case .comment(let url): url
    default: "\(delivery)"
    }
  }

  // MARK: Replies

  @Test(arguments: [Fault.Kind.reset, .resetMidBody, .truncated])
  func aReplyIsWrittenOnce(_ kind: Fault.Kind) async throws {
    let world = try await FollowWorld()
    let order = try inThread(world)
    if case .truncated = kind {
      world.simulator.add(Fault(kind, method: "POST", path: "/replies$", after: true))
      let torn = await failure { () async throws(TrackerError) in
        _ = try await world.deliver(.reply(order))
      }
      #expect(torn?.code == "tracker_malformed")
      _ = try await world.deliver(.reply(order), tries: 1)
    } else {
      let found = try await world.deliverTwice(
        .reply(order), losing: Fault(kind, method: "POST", path: "/replies$", after: true))
      #expect(words(found).contains("/pull/2#discussion_r"))
    }
    let lines = world.simulator.reviewing(world.pull).threads[0].lines
    #expect(lines.map(\.author) == ["alice", "symphony-bot"])
    #expect(lines[1].body == "Done.\n\n<!-- symphony:0123456789abcdef -->")
    let remark = try await world.conversation().remarks.last
    #expect(remark?.nonce == "0123456789abcdef")
    _ = try await world.deliver(.reply(order), nonce: "fedcba9876543210")
    #expect(world.simulator.reviewing(world.pull).threads[0].lines.count == 3, "another debt")
    await world.end()
  }

  @Test func aReplyWaitsForAReviewThatItsAccountHasBegun() async throws {
    let world = try await FollowWorld()
    let order = try inThread(world)
    try world.simulator.review(world.pull, by: "symphony-bot", "PENDING", "")
    guard case .waiting(let why) = try await world.deliver(.reply(order)) else {
      Issue.record("it did not wait")
      return
    }
    #expect(why.contains("pending review"))
    #expect(world.simulator.reviewing(world.pull).threads[0].lines.count == 1)
    await world.end()
  }

  @Test func aReplyToNobodyIsPointless() async throws {
    let world = try await FollowWorld()
    var order = try inThread(world)
    world.simulator.changeReviewing(world.pull) { $0.threads = [] }
    guard case .superseded = try await world.deliver(.reply(order)) else {
      Issue.record("it was written, or is tried again")
      return
    }
    order.place.number = 99
    let gone = await failure { () async throws(TrackerError) in
      _ = try await world.deliver(.reply(order))
    }
    #expect(gone?.code == "tracker_not_found", "nothing is said about what is not seen")
    await world.end()
  }

  // MARK: Threads and reviews

  @Test func aThreadIsResolvedOnce() async throws {
    let world = try await FollowWorld()
    let thread = try inThread(world).thread
    let order = ResolveOrder(place: world.place, thread: thread)
    let found = try await world.deliverTwice(
      .resolveThread(order), losing: Fault(.reset, operation: "SymphonyResolve", after: true))
    #expect(found == .done("it was resolved already"))
    #expect(world.simulator.reviewing(world.pull).threads[0].isResolved)
    // Somebody opens it again: a delivery that was answered is not made again.
    world.simulator.changeReviewing(world.pull) { $0.threads[0].isResolved = false }
    #expect(try await world.deliver(.resolveThread(order)) == .done("resolved"))
    world.simulator.changeReviewing(world.pull) { $0.threads = [] }
    #expect(
      try await world.deliver(.resolveThread(order)) == .superseded("the thread is gone"))
    await world.end()
  }

  @Test func whoMayNotResolveSaysWhatIsMissing() async throws {
    let world = try await FollowWorld()
    let order = ResolveOrder(place: world.place, thread: try inThread(world).thread)
    world.simulator.addFineGrainedToken(
      "github_pat_0123456789",
      permissions: ["metadata": "read", "pull_requests": "write", "contents": "read"])
    let delivery = try await world.deliver(
      .resolveThread(order), token: "github_pat_0123456789")
    guard case .superseded(let why) = delivery else {
      Issue.record("\(delivery)")
      return
    }
    #expect(why.contains("Contents: read and write"))
    await world.end()
  }

  @Test func aReviewIsAskedForOnce() async throws {
    let world = try await FollowWorld()
    let order = ReviewRequestOrder(place: world.place, logins: ["alice", "symphony-bot"])
    let path = "/requested_reviewers$"
    let found = try await world.deliverTwice(
      .requestReview(order), losing: Fault(.reset, method: "POST", path: path, after: true))
    #expect(found == .done("a review is asked for already"))
    #expect(world.simulator.reviewing(world.pull).requested == ["alice"])
    let strangers = ReviewRequestOrder(place: world.place, logins: ["nobody", "bob"])
    #expect(
      try await world.deliver(.requestReview(strangers)) == .done("asked for a review: bob"))
    let none = ReviewRequestOrder(place: world.place, logins: ["nobody"])
    guard case .superseded(let why) = try await world.deliver(.requestReview(none)) else {
      Issue.record("a stranger was asked")
      return
    }
    #expect(why.contains("collaborator"))
    #expect(world.simulator.reviewing(world.pull).requested == ["alice", "bob"])
    await world.end()
  }

  // MARK: Checks

  private func rerunOrder(_ world: FollowWorld, _ names: [String]) -> RerunOrder {
    let checks = world.simulator.checks(of: world.head)
    return RerunOrder(
      place: world.place, head: world.head,
      jobs: checks.filter { names.contains($0.name) }.map { Int64($0.id) })
  }

  @Test(arguments: [["unit"], ["unit", "lint"]])
  func jobsAreRunAgainOnce(_ names: [String]) async throws {
    let world = try await FollowWorld()
    world.simulator.setChecks(
      [.run("unit", "timed_out"), .run("lint", "cancelled"), .run("docs", "success")],
      branch: FollowWorld.branch)
    let order = rerunOrder(world, names)
    let found = try await world.deliverTwice(
      .rerunChecks(order), losing: Fault(.reset, method: "POST", path: "/rerun", after: true))
    #expect(found == .done("they were run again already"))
    let checks = world.simulator.checks(of: world.head)
    #expect(checks.map(\.attempt) == [2, 2, 2])
    #expect(checks.filter { $0.status == "queued" }.map(\.name) == names)
    await world.end()
  }

  @Test func jobsOfAnOlderHeadAreLeft() async throws {
    let world = try await FollowWorld()
    world.simulator.setChecks(
      [.run("unit", "timed_out"), .run("slow", nil)], branch: FollowWorld.branch)
    guard case .waiting = try await world.deliver(.rerunChecks(rerunOrder(world, ["unit"]))) else {
      Issue.record("the run goes on")
      return
    }
    world.simulator.setChecks([.run("unit", "timed_out")], branch: FollowWorld.branch)
    let (order, head) = (rerunOrder(world, ["unit"]), world.head)
    try world.simulator.commit(branch: FollowWorld.branch, files: ["b": "2"])
    let delivery = try await world.deliver(.rerunChecks(order))
    #expect(words(delivery).contains("somebody pushed"))
    #expect(world.simulator.checks(of: head).map(\.attempt) == [1])
    await world.end()
  }

  @Test func whoMayNotRunThemAgainSaysWhatIsMissing() async throws {
    let world = try await FollowWorld()
    world.simulator.setChecks([.run("unit", "timed_out")], branch: FollowWorld.branch)
    world.simulator.addFineGrainedToken(
      "github_pat_0123456789",
      permissions: ["metadata": "read", "pull_requests": "write", "actions": "read"])
    let delivery = try await world.deliver(
      .rerunChecks(rerunOrder(world, ["unit"])), token: "github_pat_0123456789")
    guard case .superseded(let why) = delivery else {
      Issue.record("\(delivery)")
      return
    }
    #expect(why.contains("Actions: read and write"))
    await world.end()
  }

  // MARK: The branch

  @Test func aBranchIsUpdatedOnce() async throws {
    let world = try await FollowWorld()
    let order = UpdateOrder(place: world.place, head: world.head)
    #expect(
      try await world.deliver(.updateBranch(order)) == .done("the branch was up to date already"))
    try world.simulator.commit(branch: "main", files: ["c": "3"])
    _ = try await world.deliverTwice(
      .updateBranch(order),
      losing: Fault(.reset, method: "PUT", path: "/update-branch$", after: true))
    let subjects = try world.simulator.git.subjects(of: FollowWorld.branch)
    #expect(subjects.count { $0.hasPrefix("Merge branch 'main'") } == 1)
    guard case .superseded = try await world.deliver(.updateBranch(order)) else {
      Issue.record("the head is another")
      return
    }
    try world.simulator.commit(branch: "main", files: ["a.txt": "other\n"])
    let conflict = UpdateOrder(place: world.place, head: world.head)
    guard case .superseded(let why) = try await world.deliver(.updateBranch(conflict)) else {
      Issue.record("there was a conflict")
      return
    }
    #expect(why.contains("merge conflict"))
    await world.end()
  }

  private func mergeOrder(
    _ world: FollowWorld, head: String? = nil, queue: Bool = false,
    branch: String? = FollowWorld.branch
  ) -> OutboxEntry.Payload {
    .merge(
      MergeOrder(
        place: world.place, head: head ?? world.head, method: .squash, usesQueue: queue,
        branch: branch))
  }

  @Test(arguments: ["/merge$", "/git/refs/"])
  func aMergeHappensOnce(_ path: String) async throws {
    let world = try await FollowWorld()
    _ = try await world.deliverTwice(
      mergeOrder(world), losing: Fault(.reset, path: path, after: true))
    #expect(world.simulator.issue(world.pull)?.pull?.isMerged == true)
    #expect(world.simulator.branches[FollowWorld.branch] == nil)
    let subjects = try world.simulator.git.subjects(of: "main")
    #expect(subjects.count { $0.hasPrefix("Merge pull request #2") } == 1)
    await world.end()
  }

  @Test func theBranchStaysWhereItIsNotOursToDelete() async throws {
    let world = try await FollowWorld()
    let order = mergeOrder(world)
    let kept = try await FollowWorld()
    #expect(try await kept.deliver(mergeOrder(kept, branch: nil)) == .done("merged"))
    #expect(kept.simulator.branches[FollowWorld.branch] != nil)
    await kept.end()
    // Somebody pushes between the merge and the deletion.
    try world.simulator.mergePullRequest(world.pull)
    try world.simulator.commit(branch: FollowWorld.branch, files: ["d": "4"])
    let done = try await world.deliver(order, tries: 1)
    #expect(words(done).contains("stays"))
    #expect(world.simulator.branches[FollowWorld.branch] != nil)
    await world.end()
  }

  @Test func aMergeIsForOneHeadOnly() async throws {
    let world = try await FollowWorld()
    let order = mergeOrder(world)
    try world.simulator.commit(branch: FollowWorld.branch, files: ["b": "2"])
    guard case .superseded = try await world.deliver(order) else {
      Issue.record("another head was merged")
      return
    }
    world.simulator.closePullRequest(world.pull)
    guard case .superseded(let why) = try await world.deliver(mergeOrder(world)) else {
      Issue.record("a closed one was merged")
      return
    }
    #expect(why.contains("closed"))
    #expect(world.simulator.issue(world.pull)?.pull?.isMerged == false)
    await world.end()
  }

  @Test func aRefusedMergeIsToldInTheServersWords() async throws {
    let world = try await FollowWorld()
    let words = "At least 1 approving review is required by reviewers with write access."
    world.simulator.changeReviewing(world.pull) { $0.mergeRefusal = words }
    #expect(try await world.deliver(mergeOrder(world)) == .superseded(words))
    world.simulator.changeReviewing(world.pull) {
      $0.mergeRefusal = "Base branch was modified. Review and try the merge again."
    }
    guard case .waiting = try await world.deliver(mergeOrder(world)) else {
      Issue.record("that passes by itself")
      return
    }
    let moved = "{\"message\":\"Head branch was modified. Review and try the merge again.\"}"
    world.simulator.add(Fault(.status(409, body: moved), method: "PUT", path: "/merge$"))
    guard case .superseded = try await world.deliver(mergeOrder(world)) else {
      Issue.record("another head")
      return
    }
    world.simulator.changeReviewing(world.pull) { $0.mergeRefusal = nil }
    _ = try await world.deliver(mergeOrder(world))
    #expect(world.simulator.issue(world.pull)?.pull?.isMerged == true)
    await world.end()
  }

  @Test func aQueueIsEnteredOnce() async throws {
    let world = try await FollowWorld()
    world.simulator.changeReviewing(world.pull) { $0.hasQueue = true }
    #expect(
      try await world.deliver(mergeOrder(world))
        == .superseded("Changes must be made through the merge queue"))
    let found = try await world.deliverTwice(
      mergeOrder(world, queue: true),
      losing: Fault(.reset, operation: "SymphonyEnqueue", after: true))
    #expect(found == .done("it was in the queue already"))
    #expect(world.simulator.reviewing(world.pull).isInQueue)
    #expect(world.simulator.issue(world.pull)?.pull?.isMerged == false)
    world.simulator.changeReviewing(world.pull) {
      $0.isInQueue = false
      $0.mergeRefusal = "A conversation must be resolved before this pull request can be merged."
    }
    guard case .superseded(let why) = try await world.deliver(mergeOrder(world, queue: true))
    else {
      Issue.record("it was refused")
      return
    }
    #expect(why.contains("conversation must be resolved"))
    await world.end()
  }
}
