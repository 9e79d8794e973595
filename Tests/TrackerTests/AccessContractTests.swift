// Who may ask, how much, and until when, against every server there is: Apps and their tokens of
// one hour, fine-grained tokens that lack a repository, boards of people, and the hourly limits.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyTrackers

extension WireContracts {
  @Suite struct AccessContractTests {
    private func asApp(_ policy: inout TrackerPolicy) {
      var app = AppPolicy(
        id: BackendWorld.clientID, privateKey: Secret(AppFixtures.key))
      app.installation = nil
      policy.app = app
      policy.token = nil
    }

    @Test(arguments: BackendKind.available)
    func anAppFindsItsInstallationAndWorks(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.add("Issue")
      let survey = try await bench.survey([], asApp)
      let item = try #require(bench.item(survey, issue), "\(survey.candidates)")
      let order = OutboxEntry.Payload.setStatus(
        StatusOrder(
          key: item.key, repository: item.repository, value: "In Progress", expected: [],
          branch: "none", needsPullRequest: false))
      guard case .done = try await bench.deliver(order, item: item.id, asApp) else {
        Issue.record("the App could not move an item")
        return
      }
      #expect(try await bench.status(issue) == "In Progress")
      let issues = try await bench.survey([], onBoard: false, asApp)
      #expect(bench.item(issues, issue) != nil, "\(issues.candidates)")
      let token = try await bench.tick(asApp) { tracker async throws(TrackerError) in
        try await tracker.credential(Self.git)
      }
      #expect(token?.reveal().hasPrefix("ghs_") == true)
    }

    @Test(arguments: BackendKind.available)
    func aRunsTokenDoesOneThingInOnePlace(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let token = try await bench.tick(asApp) { tracker async throws(TrackerError) in
        try await tracker.credential(Self.git)?.reveal() ?? ""
      }
      func status(_ method: String, _ path: String, _ body: Structure? = nil) async throws -> Int {
        try await bench.answer(method, path, body, token: token).status
      }
      #expect(try await status("GET", "/repos/acme/app") == 200)
      #expect(try await status("GET", "/repos/acme/api") == 404, "another repository")
      let issue = try await bench.add("Issue")
      let comment = Structure.object(["body": .string("no")])
      let path = "/repos/acme/app/issues/\(issue.number)/comments"
      #expect(try await status("POST", path, comment) == 403, "another permission")
    }

    private static let git = CredentialOrder(
      repository: RepositoryName(owner: "acme", name: "app"), isForAgent: false)

    @Test(arguments: BackendKind.available)
    func anAppsTokenIsRenewed(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.add("Issue")
      let tokens = try await bench.tick(asApp) {
        tracker async throws(TrackerError) -> [String] in
        let question = SurveyQuestion(watched: [], cachedOnly: false)
        let first = try await tracker.credential(Self.git)
        // Refused all at once: another is made, and nobody notices.
        try? await bench.backend.edit(.revokeToken(first?.reveal() ?? ""))
        let survey = await tracker.survey(question)
        #expect(bench.item(survey, issue) != nil, "\(survey.candidates)")
        let second = try await tracker.credential(Self.git)
        // A token that ends in twenty minutes is too short for a worker.
        try? await bench.backend.edit(.advanceClock(40 * 60))
        _ = await tracker.survey(question)
        let third = try await tracker.credential(Self.git)
        return [first, second, third].map { $0?.reveal() ?? "" }
      }
      #expect(Set(tokens).count == 3 && !tokens.contains(""))
    }

    @Test(arguments: BackendKind.available)
    func aTokenWithoutARepositoryLosesOnlyThat(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let near = try await bench.add("Near")
      let far = try await bench.add("Far", repository: "acme/api")
      let before = try await bench.survey()
      let lost = try #require(bench.item(before, far))
      let token = "github_pat_\(bench.label)"
      try await bench.backend.edit(.addToken(token, repositories: ["acme/app"]))
      let survey = try await bench.survey([bench.watch(lost)]) { $0.token = Secret(token) }
      #expect(bench.item(survey, near) != nil, "\(survey.candidates)")
      #expect(bench.item(survey, far) == nil)
      #expect(!survey.notices.isEmpty)
      guard case .unknown? = survey.answers[lost.id] else {
        Issue.record("\(String(describing: survey.answers[lost.id]))")
        return
      }
      // The same on the issues' side of the house.
      let issues = try await bench.survey([], onBoard: false) {
        $0.token = Secret(token)
        $0.repository = RepositoryName(owner: "acme", name: "api")
      }
      guard case .failed(.notFound) = issues.candidates else {
        Issue.record("\(issues.candidates)")
        return
      }
    }

    @Test(arguments: BackendKind.available)
    func aPersonsBoardWantsAClassicToken(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      func board(_ policy: inout TrackerPolicy) {
        policy.board = BoardPolicy(owner: "symphony-bot", number: BackendWorld.userBoard)
        policy.board?.scope = .user
      }
      let classic = try await bench.survey([], board)
      guard case .items = classic.candidates else {
        Issue.record("\(classic.candidates)")
        return
      }
      let token = "github_pat_\(bench.label)"
      try await bench.backend.edit(.addToken(token, repositories: ["acme/app", "acme/api"]))
      let other = try await bench.survey([]) {
        board(&$0)
        $0.token = Secret(token)
      }
      guard case .failed(let error) = other.candidates else {
        Issue.record("\(other.candidates)")
        return
      }
      #expect(error.hint?.contains("classic") == true, "\(error.sentence) \(error.hint ?? "")")
    }

    @Test(arguments: BackendKind.available)
    func aWrongTokenIsUnauthorized(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      for onBoard in [true, false] {
        let survey = try await bench.survey([], onBoard: onBoard) { $0.token = Secret("wrong") }
        guard case .failed(.unauthorized) = survey.candidates else {
          Issue.record("\(survey.candidates)")
          continue
        }
      }
    }

    @Test(arguments: BackendKind.available)
    func hourlyLimitsNameTheirEnd(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      for (onBoard, resource) in [(true, "graphql"), (false, "core")] {
        try await bench.backend.edit(
          .limit(remaining: 0, resource: resource, resetsIn: 600))
        _ = try await bench.backend.takeLog()
        let survey = try await bench.survey([], onBoard: onBoard)
        try await bench.backend.edit(
          .limit(remaining: 5000, resource: resource, resetsIn: 3600))
        guard case .failed(.rateLimited(let until, _)) = survey.candidates else {
          Issue.record("\(survey.candidates)")
          continue
        }
        #expect(until > bench.now + .minutes(5) && until < bench.now + .minutes(15))
        #expect(survey.limit?.until == until)
        #expect(try await bench.backend.takeLog().count == 1, "one refusal is enough")
      }
    }

    @Test(arguments: BackendKind.available)
    func aBudgetOfOurOwnIsKept(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      _ = try await bench.add("Issue")
      var outcomes: [Bool] = []
      _ = try await bench.backend.takeLog()
      for _ in 1...12 {
        let survey = try await bench.survey([]) { $0.pointsPerHour = 6 }
        if case .failed(.rateLimited) = survey.candidates {
          outcomes.append(false)
        } else {
          outcomes.append(true)
        }
      }
      #expect(outcomes.first == true && outcomes.last == false, "\(outcomes)")
      let spent = try await bench.backend.takeLog().reduce(0) { $0 + $1.cost }
      #expect(spent <= 8, "\(spent)")
    }
  }
}
