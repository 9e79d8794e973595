// Issues mode against every server there is: what the tracker sees, what it costs, what it leaves
// behind. Boards, writes and access have suites of their own.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyTrackers

extension WireContracts {
  @Suite struct GitHubContractTests {
    private func survey(
      _ bench: ContractBench, _ watched: [SurveyQuestion.Watched] = []
    ) async throws -> Survey {
      try await bench.survey(watched, onBoard: false)
    }

    @Test(arguments: BackendKind.available)
    func anIdleTickIsThreeFreeAnswers(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      for number in 1...5 {
        let issue = try await bench.backend.createIssue("Issue \(number)", labels: [bench.label])
        _ = try await bench.openPullRequest(for: issue)
      }
      let watched = bench.items(try await survey(bench)).map {
        bench.watch($0, branch: bench.branch(IssueName(number: $0.number ?? 0)))
      }
      #expect(watched.count == 5)
      _ = try await survey(bench, watched)
      _ = try await bench.backend.takeLog()
      for _ in 1...3 {
        let survey = try await survey(bench, watched)
        #expect(survey.requests == 3 && survey.notModified == 3)
        #expect(bench.items(survey).count == 5)
        #expect(survey.pullRequests.values.count { $0.state == .open } >= 5)
        #expect(survey.notices.isEmpty, "\(survey.notices)")
      }
      let log = try await bench.backend.takeLog()
      #expect(log.map(\.status) == Array(repeating: 304, count: 9))
      #expect(log.allSatisfy { $0.cost == 0 })
    }

    @Test(arguments: BackendKind.available)
    func manyIssuesArePagedByLink(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      for number in 1...105 {
        _ = try await bench.backend.createIssue("Issue \(number)", labels: [bench.label])
      }
      _ = try await bench.backend.createIssue("Not ours")
      let cold = try await survey(bench)
      #expect(bench.items(cold).count == 105)
      #expect(bench.items(cold).map(\.title).prefix(2) == ["Issue 1", "Issue 2"])
      let warm = try await survey(bench)
      #expect(bench.items(warm) == bench.items(cold))
      #expect(warm.requests == warm.notModified)
    }

    @Test(arguments: BackendKind.available)
    func watchedItemsAreFoundClosedAndGone(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      var issues: [IssueName] = []
      for number in 1...3 {
        issues.append(
          try await bench.backend.createIssue("Issue \(number)", labels: [bench.label]))
      }
      let items = bench.items(try await survey(bench))
      #expect(items.count == 3)
      try await bench.backend.edit(.close(issues[1]))
      try await bench.backend.edit(.delete(issues[2]))
      let survey = try await survey(bench, items.map { bench.watch($0) })
      guard case .gone? = survey.answers[items[2].id] else {
        Issue.record("\(survey.answers)")
        return
      }
      #expect(items.prefix(2).map { bench.found(survey, $0)?.state } == [.open, .closed])
      #expect(bench.items(survey).map(\.id) == [items[0].id])
    }

    @Test(arguments: BackendKind.available)
    func mergingEndsAPullRequest(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.backend.createIssue("Issue", labels: [bench.label])
      let branch = bench.branch(issue)
      let item = try #require(bench.items(try await survey(bench)).first)
      let head = HeadRef(item.repository, branch)
      let pull = try await bench.openPullRequest(for: issue)
      let open = try await survey(bench, [bench.watch(item, branch: branch)])
      #expect(open.pullRequest(of: head)?.state == .open)
      #expect(open.pullRequest(of: head)?.ref == pull)
      try await bench.backend.edit(.merge(IssueName(number: pull.number)))
      let merged = try await survey(bench, [bench.watch(item, branch: branch)])
      #expect(merged.pullRequest(of: head)?.state == .merged)
      #expect(merged.pullRequest(of: head)?.endedAt != nil)
      #expect(bench.found(merged, item)?.state == .closed)
    }

    @Test(arguments: BackendKind.available)
    func blockersAreNamedAndConfirmed(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.backend.createIssue("Issue", labels: [bench.label])
      let far = try await bench.backend.createIssue(
        "Far", labels: [], body: "", repository: "acme/api")
      try await bench.backend.edit(.block(issue, by: far))
      let listed = try #require(bench.item(try await survey(bench), issue))
      #expect(listed.blockedBy.map(\.key.text) == [far.description])
      #expect(listed.dependenciesKnown)
      // The names are remembered: what follows is free.
      #expect(try await survey(bench).requests == 3)
      try await bench.backend.edit(.close(far))
      let confirmed = try await bench.confirm([bench.watch(listed)], onBoard: false)
      let full = try #require(bench.found(confirmed, listed), "\(confirmed.answers)")
      #expect(full.openBlockers == 0 && full.blockedBy.allSatisfy { $0.state == .closed })
      #expect(full.board == nil)
    }

    @Test(arguments: BackendKind.available)
    func lostAnswersAreLookedUp(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.backend.createIssue("Issue", labels: [bench.label])
      let item = try #require(bench.items(try await survey(bench)).first)
      let branch = bench.branch(issue)
      try await bench.backend.edit(.commit(branch: branch))
      let made = try await bench.deliverTwice(
        pullRequestEntry(branch).payload, item: item.id, losing: .rest("POST", "/pulls"),
        onBoard: false)
      guard case .pullRequest(let pull, created: false) = made else {
        Issue.record("the pull request was not adopted: \(made)")
        return
      }
      #expect(try await bench.pullRequestCount(branch) == 1)
      let since = bench.now - .seconds(2)
      let text = "Opened \(CommentOrder.pullRequestPlaceholder)"
      let said = try await bench.deliverTwice(
        commentEntry(text, number: issue.number).payload, item: item.id,
        losing: .rest("POST", "/comments"), onBoard: false, pullRequest: pull)
      guard case .comment = said else {
        Issue.record("the comment was not found: \(said)")
        return
      }
      try await bench.backend.edit(.comment(issue, "Thank you."))
      let survey = try await survey(
        bench, [bench.watch(item, branch: branch, commentsSince: since)])
      #expect(survey.comments[item.id]?.map(\.isOurs) == [true, false])
      #expect(survey.comments[item.id]?.last?.text == "Thank you.")
    }

    @Test(arguments: BackendKind.available)
    func troubleIsNamedAndPasses(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      _ = try await bench.backend.createIssue("Issue", labels: [bench.label])
      for status in [502, 500] {
        try await bench.backend.spoil(.rest("GET", "/repos/acme/app/issues"), .status(status))
        let survey = try await survey(bench)
        guard case .failed(let error) = survey.candidates else {
          Issue.record("\(status) passed for an answer")
          return
        }
        #expect(error.code == "tracker_unreachable")
        #expect(!survey.repositories.isEmpty)
      }
      #expect(bench.items(try await survey(bench)).count == 1)
    }

    @Test(arguments: BackendKind.available)
    func doctorSeesTokenRepositoryAndRights(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      func examine(_ token: String?) async throws -> [Finding] {
        func use(_ policy: inout TrackerPolicy) {
          if let token { policy.token = Secret(token) }
        }
        return try await bench.tick(onBoard: false, use) {
          tracker async throws(TrackerError) in await tracker.examine()
        }
      }
      let findings = try await examine(nil)
      #expect(findings.contains { $0.subject == "repository" && $0.grade == .pass })
      #expect(findings.contains { $0.subject == "permissions" && $0.grade == .pass })
      let wrong = try await examine("ghp_mistaken")
      #expect(wrong.contains { $0.grade == .fail })
      #expect(!wrong.contains { $0.text.contains("ghp_mistaken") })
    }
  }
}
