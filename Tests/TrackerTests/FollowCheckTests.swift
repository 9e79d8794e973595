// Checks of a pull request's head: how many are how, which are not green and why, and what a token
// sees that may not read them.
import SymphonyCore
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct FollowCheckTests {
  @Test func theyAreCountedByWhatBecameOfThem() async throws {
    let world = try await FollowWorld()
    let words = [
      "success", "neutral", "skipped", "failure", "timed_out", "cancelled", "startup_failure",
      "action_required", "stale",
    ]
    let runs = words.map { SimulatedCheck.run($0, $0) } + [.run("slow", nil)]
    let statuses = ["pending", "expected", "success", "error", "failure"].map {
      SimulatedCheck.commitStatus("s-\($0)", $0)
    }
    world.simulator.setChecks(runs + statuses, branch: FollowWorld.branch)
    let view = try await world.view()
    let counts = try #require(view.checks)
    #expect([counts.open, counts.passed, counts.failed, counts.needPerson] == [3, 4, 6, 1])
    let troubles = try #require(view.troubles)
    let kinds = Dictionary(uniqueKeysWithValues: troubles.map { ($0.name, $0.kind) })
    #expect(
      kinds == [
        "failure": .failed, "timed_out": .broken, "cancelled": .broken,
        "startup_failure": .broken, "action_required": .needsPerson, "s-error": .failed,
        "s-failure": .failed,
      ])
    #expect(view.hiddenChecks == nil)
    world.simulator.setChecks([.run("old", "stale")], branch: FollowWorld.branch)
    #expect(try await world.view().checks == nil, "given up by GitHub: as if there were none")
    await world.end()
  }

  /// A word of GitHub's that is new to us is neither green nor the agent's work.
  @Test func anUnknownWordIsAPersons() {
    for word in ["HALTED", "success?", "UNKNOWN"] {
      guard case .needsPerson = CheckState(word) else {
        Issue.record("\(word) is not a person's")
        continue
      }
    }
  }

  @Test func theFactsOfAFailureAreRead() async throws {
    let world = try await FollowWorld()
    world.simulator.setChecks(
      [.run("unit", "failure"), .run("lint", "success")], branch: "main")
    var unit = SimulatedCheck.run("unit", "failure")
    unit.title = "2 tests failed"
    unit.summary = "of 100"
    unit.annotations = [["a.txt:7", "expected 1"]]
    var app = SimulatedCheck.run("style", "failure")
    app.app = "checker"
    var status = SimulatedCheck.commitStatus("legacy", "failure")
    status.summary = "build 7 broke"
    world.simulator.requireChecks(["style"])
    world.simulator.setChecks(
      [unit, .run("lint", "failure"), app, status], branch: FollowWorld.branch)
    let view = try await world.view()
    let troubles = Dictionary(uniqueKeysWithValues: (view.troubles ?? []).map { ($0.name, $0) })
    let first = try #require(troubles["unit"])
    let jobs = world.simulator.checks(of: world.head)
    #expect(first.key == "github-actions/CI/pull_request/unit")
    #expect(first.run == "\(jobs[0].id)")
    #expect(first.job == Int64(jobs[0].id))
    #expect(first.conclusion == "failure")
    #expect(first.failsOnBase == true)
    #expect(first.text == "2 tests failed\n\nof 100\n\na.txt:7: failure: expected 1")
    #expect(first.url?.hasSuffix("/job/\(jobs[0].id)") == true)
    #expect(troubles["lint"]?.failsOnBase == false)
    #expect(troubles["style"]?.failsOnBase == nil, "the base has no such check")
    #expect(troubles["style"]?.job == nil, "another app's check has no log of ours to read")
    #expect(troubles["style"]?.isRequired == true)
    #expect(first.isRequired == false)
    #expect(view.requiresChecks)
    #expect(troubles["legacy"]?.text == "build 7 broke")
    #expect(troubles["legacy"]?.run == world.simulator.now.rfc3339 || troubles["legacy"] != nil)
    await world.end()
  }

  @Test func theNewestRunOfACheckCounts() async throws {
    let world = try await FollowWorld()
    func at(_ seconds: Int64, _ check: SimulatedCheck) -> SimulatedCheck {
      var check = check
      check.at = world.simulator.now + .seconds(seconds)
      return check
    }
    var push = at(0, .run("unit", "failure"))
    push.event = "push"
    world.simulator.setChecks(
      [
        at(2, .run("unit", "success")), at(1, .run("unit", "failure")),
        at(1, .run("lint", "success")), at(2, .run("lint", "failure")), push,
      ], branch: FollowWorld.branch)
    let keys = try await world.view().troubles?.map(\.key)
    #expect(
      keys == ["github-actions/CI/pull_request/lint", "github-actions/CI/push/unit"],
      "another event's run is another check")
    await world.end()
  }

  @Test func theyAreReadOneByOneOnlyWhereThatHelps() async throws {
    let world = try await FollowWorld()
    func reads(_ question: FollowQuestion) async throws -> (read: Bool, view: PullRequestView) {
      _ = world.takeNames()
      let view = try await world.view(question)
      return (world.takeNames().contains("SymphonyPullRequestChecks"), view)
    }
    world.simulator.setChecks([.run("unit", "success")], branch: FollowWorld.branch)
    #expect(try await !world.view().requiresChecks)
    world.simulator.requireChecks(["unit"])
    #expect(try await world.view().requiresChecks, "known without reading one of them")
    let green = try await reads(FollowWorld.question())
    #expect(!green.read && green.view.troubles == [], "the counts say all")
    world.simulator.setChecks([.run("unit", "failure")], branch: FollowWorld.branch)
    #expect(try await !reads(FollowWorld.question(wantsChecks: false)).read)
    let red = try await reads(FollowWorld.question())
    #expect(red.read)
    var known = FollowUp.ChecksRead(head: world.head, counts: try #require(red.view.checks))
    let again = try await reads(FollowWorld.question(checks: known))
    #expect(!again.read && again.view.troubles == nil)
    #expect(try await reads(FollowWorld.question(wantsConversation: true, checks: known)).read)
    known.head = "another"
    #expect(try await reads(FollowWorld.question(checks: known)).read)
    await world.end()
  }

  @Test func manyAreReadPageByPage() async throws {
    let world = try await FollowWorld()
    let many = (1...230).map { SimulatedCheck.run("check \($0)", "failure") }
    world.simulator.setChecks(many, branch: FollowWorld.branch)
    #expect(try await world.view().troubles?.count == 230)
    #expect(world.takeNames().count { $0 == "SymphonyPullRequestChecks" } == 3)
    await world.end()
  }

  @Test func aPushWhileTheyAreReadSpoilsThem() async throws {
    let world = try await FollowWorld()
    world.simulator.setChecks([.run("unit", "failure")], branch: FollowWorld.branch)
    let view = try await world.view()
    try world.simulator.commit(branch: FollowWorld.branch, files: ["b": "2"])
    let followed = FollowedPullRequest(
      item: ItemID("I"), repository: FollowWorld.home, ref: view.ref,
      question: FollowWorld.question())
    let tracker = world.tracker()
    var inquirer = PullRequestInquirer(tracker)
    let reading = CheckReading(tracker: tracker, followed: followed, view: view)
    let error = await failure { () async throws(TrackerError) in
      _ = try await reading.read(&inquirer)
    }
    #expect(error?.sentence.contains("somebody pushed") == true, "\(error?.sentence ?? "read")")
    await world.end()
  }

  // MARK: Tokens that may not read checks

  private func closed(_ permissions: [String: String]) async throws -> (FollowWorld, String) {
    let world = try await FollowWorld()
    let token = "github_pat_0123456789"
    world.simulator.addFineGrainedToken(
      token,
      permissions: [
        "metadata": "read", "contents": "write", "issues": "write", "pull_requests": "write",
      ].merging(permissions) { $1 })
    return (world, token)
  }

  @Test func aFineGrainedTokenReadsThemAnotherWay() async throws {
    let (world, token) = try await closed(["actions": "read", "statuses": "read"])
    world.simulator.requireChecks(["unit"])
    world.simulator.setChecks(
      [.run("unit", "failure"), .run("lint", "timed_out"), .commitStatus("legacy", "failure")],
      branch: FollowWorld.branch)
    let view = try await world.view(token: token)
    let troubles = view.troubles ?? []
    #expect(Set(troubles.map(\.name)) == ["unit", "lint", "legacy"])
    #expect(Set(troubles.compactMap(\.job)).count == 2)
    #expect(troubles.first { $0.name == "unit" }?.isRequired == true)
    #expect(troubles.first { $0.name == "lint" }?.kind == .broken)
    #expect(troubles.first { $0.name == "lint" }?.failsOnBase == nil)
    #expect(view.hiddenChecks == nil)
    #expect(view.conversation != nil)
    var foreign = SimulatedCheck.run("style", "failure")
    foreign.app = "checker"
    world.simulator.setChecks([.run("unit", "failure"), foreign], branch: FollowWorld.branch)
    let half = try await world.view(token: token)
    #expect(half.troubles?.map(\.name) == ["unit"])
    #expect(half.hiddenChecks?.hasPrefix("1 of them are by other apps") == true)
    await world.end()
  }

  @Test func whatStaysHiddenIsSaidWithWhatHelps() async throws {
    let (world, token) = try await closed(["statuses": "read"])
    world.simulator.setChecks(
      [.run("unit", "failure"), .commitStatus("legacy", "failure")], branch: FollowWorld.branch)
    let view = try await world.view(token: token)
    #expect(view.troubles?.map(\.name) == ["legacy"])
    #expect(view.hiddenChecks?.contains("Actions: read") == true)
    #expect(view.hiddenChecks?.contains("Checks: read") == true)
    #expect(view.checks?.failed == 2)
    await world.end()
  }
}
