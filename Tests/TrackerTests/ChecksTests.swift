// A hand-off waits for its checks, and says for which.
import SymphonyCore
import Testing

@testable import SymphonyTrackers

@Suite struct ChecksTests {
  private static func run(_ name: String, _ result: String, at second: Int = 0) -> Structure {
    .object([
      "__typename": .string("CheckRun"), "name": .string(name),
      "status": .string(result.isEmpty ? "IN_PROGRESS" : "COMPLETED"),
      "conclusion": result.isEmpty ? .null : .string(result),
      "startedAt": .string("2026-11-21T03:00:0\(second)Z"),
    ])
  }

  private static func context(_ name: String, _ state: String) -> Structure {
    .object([
      "__typename": .string("StatusContext"), "context": .string(name), "state": .string(state),
      "createdAt": .string("2026-11-21T03:00:00Z"),
    ])
  }

  private func wait(_ world: DeliveryWorld, _ names: [String]) async throws -> String? {
    switch try await world.deliver(statusOrder(checks: names)) {
    case .waiting(let why): return why
    case .done: return nil
    case let other:
      Issue.record("\(other)")
      return nil
    }
  }

  @Test func allNamedChecksMustBeGreen() async throws {
    let world = DeliveryWorld()
    #expect(
      try await wait(world, ["build", "lint"]) == "checks: build is not there, lint is not there")
    world.change { $0.checks = [Self.run("build", ""), Self.context("lint", "FAILURE")] }
    #expect(try await wait(world, ["build", "lint"]) == "checks: build is pending, lint failed")
    world.change {
      $0.checks = [
        Self.run("build", "TIMED_OUT"), Self.context("lint", "PENDING"),
        Self.run("docs", "SUCCESS"),
      ]
    }
    #expect(
      try await wait(world, ["build", "lint", "e2e"])
        == "checks: build ended as timed out, lint is pending, e2e is not there; "
        + "seen: build, docs, lint")
    #expect(world.effects.isEmpty)
    // The last is on the second page; what nobody asked for may be red.
    world.change {
      $0.checks = [
        Self.run("build", "NEUTRAL"), Self.run("other", "FAILURE"), Self.run("docs", "SKIPPED"),
        Self.context("lint", "SUCCESS"),
      ]
    }
    #expect(try await wait(world, ["Build", "lint", "docs"]) == nil)
    #expect(world.effects == ["status Human Review"])
  }

  @Test func theNewestOfANameCounts() async throws {
    let world = DeliveryWorld {
      $0.checks = [Self.run("build", "SUCCESS", at: 5), Self.run("build", "FAILURE", at: 1)]
    }
    #expect(try await wait(world, ["build"]) == nil)
    world.change {
      $0.status = "Todo"
      $0.checks = [Self.run("build", "", at: 7), Self.run("build", "SUCCESS", at: 1)]
    }
    #expect(try await wait(world, ["build"]) == "checks: build is pending")
  }

  @Test func whatATokenMayNotReadIsWaitedForWithWords() async throws {
    let world = DeliveryWorld { $0.checks = [nil, Self.context("lint", "SUCCESS")] }
    let why = try await wait(world, ["build", "lint"])
    #expect(why?.hasPrefix("checks: build cannot be read (") == true, "\(why ?? "")")
    #expect(why?.contains("a GitHub App with Checks: read") == true)
    // Commit statuses have a permission of their own.
    world.change { $0.statuses = [Self.context("build", "success")] }
    #expect(try await wait(world, ["build", "lint"]) == nil)
    #expect(world.effects == ["status Human Review"])
    // Where all that is asked for can be read, nothing else is asked.
    world.change {
      $0.status = "Todo"
      $0.asked = []
    }
    #expect(try await wait(world, ["lint"]) == nil)
    #expect(world.now.asked == ["SymphonyStatus", "SymphonyChecks", "SymphonyMove"])
  }

  @Test func aBranchThatIsGoneIsWaitedForToo() async throws {
    let world = DeliveryWorld { $0.hasBranch = false }
    #expect(
      try await wait(world, ["build"]) == "checks: the branch symphony/acme_app_7 is not there")
  }

  @Test func passingTroubleIsNoAnswer() async throws {
    let world = DeliveryWorld {
      $0.checks = [Self.run("build", "SUCCESS")]
      $0.faults = ["repository": "SERVICE_UNAVAILABLE"]
    }
    let error = await failure { () async throws(TrackerError) in
      _ = try await world.deliver(statusOrder(checks: ["build"]))
    }
    #expect(error?.code == "tracker_unreachable", "\(error?.sentence ?? "")")
    #expect(world.effects.isEmpty)
  }

  @Test func whatIsDoneOrOverWaitsForNoCheck() async throws {
    let world = DeliveryWorld { $0.status = "Human Review" }
    #expect(try await wait(world, ["build"]) == nil)
    world.change { ($0.status, $0.pull) = ("Todo", "MERGED") }
    let delivery = try await world.deliver(
      statusOrder(checks: ["build"]), pullRequest: PullRequestRef(number: 8, url: "u"))
    #expect(superseded(delivery) == "pull request #8 is merged already")
  }
}
