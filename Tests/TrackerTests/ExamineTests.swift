// What people read about a board: the sentences of its reader and of its absence, and doctor's
// lines.
import SymphonyCore
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct ExamineTests {
  private func fault(_ type: String, _ path: [String]) -> GraphQLFault {
    GraphQLFault(type: type, code: nil, message: "GitHub's words.", path: path)
  }

  @Test(arguments: [
    ("NOT_FOUND", ["organization"], TokenKind.classic, "project_scope: user"),
    ("NOT_FOUND", ["organization", "projectV2"], .classic, "tracker.project_number"),
    ("FORBIDDEN", ["organization", "projectV2"], .fineGrained, "Projects: read and write"),
    ("FORBIDDEN", ["organization", "projectV2"], .installation, "grant the App"),
    ("INSUFFICIENT_SCOPES", ["organization", "projectV2"], .classic, "scope `project`"),
  ])
  func anAbsentBoardNamesTheNextStep(
    _ type: String, _ path: [String], _ kind: TokenKind, _ step: String
  ) {
    let board = BoardPolicy(owner: "acme", number: 7)
    let error = BoardAbsence.error(board, [fault(type, path)], kind: kind)
    #expect(error.code == "tracker_misconfigured")
    #expect(error.hint?.contains(step) == true, "\(error.hint ?? "")")
    #expect(error.sentence.contains("GitHub's words."))
  }

  @Test func aUsersBoardWantsAClassicToken() {
    var board = BoardPolicy(owner: "ann", number: 7)
    board.scope = .user
    for kind in [TokenKind.fineGrained, .installation] {
      let error = BoardAbsence.error(
        board, [fault("NOT_FOUND", ["user", "projectV2"])], kind: kind)
      #expect(error.hint?.contains("classic") == true)
    }
    // Trouble of the server is not a matter of the workflow.
    let trouble = BoardAbsence.error(
      board, [fault("SERVICE_UNAVAILABLE", ["user", "projectV2"])], kind: .classic)
    #expect(trouble.code == "tracker_unreachable")
  }

  @Test func aFilterSaysOnlyWhatItCan() {
    var board = BoardPolicy(owner: "acme", number: 1)
    #expect(
      BoardReader.filter(board, active: ["Todo", "In Progress"])
        == "status:\"Todo\",\"In Progress\"")
    #expect(BoardReader.filter(board, active: []) == nil)
    #expect(BoardReader.filter(board, active: ["a \"b\""]) == nil)
    board.statusField = "Work State"
    #expect(BoardReader.filter(board, active: ["x"]) == "work-state:\"x\"")
    board.statusField = "50%"
    #expect(BoardReader.filter(board, active: ["x"]) == nil)
  }

  @Test func fragmentsComeOnceAndStringsCannotEscape() {
    let fragments = Fragments(
      features: ServerFeatures(), policy: TrackerPolicy(), isInFull: false)
    let text = fragments.complete(
      "query Q { a { ...IssueFacts } b { ...IssueFacts ...LinkFacts } }")
    #expect(text.split(separator: "fragment Linked on").count == 2)
    #expect(!text.contains("PullRequestFacts"))
    #expect(Fragments.quote("a\"} b\\\n") == #""a\"} b\\\u000a""#)
  }

  @Test func doctorChecksTheNamesInTheFile() async throws {
    let world = try await BoardWorld()
    try world.add(1, "Todo")
    func fail(_ change: @escaping (inout TrackerPolicy) -> Void) async -> Finding? {
      await world.tracker(change).examine().first { $0.grade == .fail }
    }
    #expect(await fail { _ in } == nil)
    let active = await fail {
      $0.board?.activeIsGiven = true
      $0.activeStatuses = ["Todo", "Doing"]
    }
    #expect(active?.text.contains("`Doing`") == true)
    #expect(active?.text.contains("`In Progress`") == true, "the real ones are listed")
    #expect(await fail { $0.inProgressStatus = "Busy" }?.text.contains("in_progress") == true)
    #expect(await fail { $0.blockedStatuses = ["Stuck"] }?.text.contains("`Stuck`") == true)
    #expect(await fail { $0.handoffStatus = "Seen" }?.text.contains("`Seen`") == true)
    #expect(await fail { $0.activeStatuses = ["Nope"] }?.text.contains("none of") == true)
    #expect(await fail { $0.board?.statusField = "State" }?.text.contains("`Status`") == true)
    #expect(await fail { $0.board?.draftRepository = RepositoryName("acme/no") } != nil)
    let findings = await world.tracker { $0.terminalStatuses = ["Finished"] }.examine()
    #expect(findings.contains { $0.grade == .warn && $0.text.contains("`Finished`") })
    #expect(findings.contains { $0.subject == "permissions" && $0.text.contains("acme/app") })
    #expect(findings.contains { $0.subject == "rate" })
    await world.end()
  }

  @Test func doctorNamesTheScopesThatAreMissing() async throws {
    let world = try await BoardWorld()
    try world.add(1, "Todo")
    func scopes(
      _ scopes: Set<String>, _ change: (inout TrackerPolicy) -> Void = { _ in }
    ) async -> [Finding] {
      world.simulator.addToken("ghp_some", login: "symphony-bot", scopes: scopes)
      return await world.tracker(token: "ghp_some", change).examine().filter {
        $0.subject == "scopes"
      }
    }
    let writing: [(inout TrackerPolicy) -> Void] = [
      { $0.inProgressStatus = "In Progress" }, { $0.handoffStatus = "Done" },
      { $0.board?.convertsDrafts = true },
    ]
    for change in writing {
      let lacking = await scopes(["repo", "read:project"], change)
      #expect(lacking.map(\.grade) == [.fail])
      #expect(lacking.first?.hint?.contains("`project`") == true)
      #expect(await scopes(["repo", "project"], change).map(\.grade) == [.pass])
      // The board cannot even be seen.
      #expect(await scopes(["repo"], change).map(\.grade) == [.fail])
    }
    #expect(await scopes(["repo", "read:project"]).map(\.grade) == [.pass])
    let blind = await scopes(["project"])
    #expect(blind.map(\.grade) == [.warn])
    #expect(blind.first?.hint?.contains("`repo`") == true)
    world.simulator.addFineGrainedToken("github_pat_some")
    let others = await world.tracker(token: "github_pat_some", writing[0]).examine()
    #expect(!others.contains { $0.subject == "scopes" })
    await world.end()
  }

  @Test(arguments: [
    ("Sat, 21 Nov 2026 03:00:01 GMT", Finding.Grade.pass, "agrees"),
    ("Sat, 21 Nov 2026 03:00:20 GMT", .pass, "20s from"),
    ("Sat, 21 Nov 2026 03:10:00 GMT", .warn, "10m behind"),
    ("Sat, 21 Nov 2026 02:50:00 GMT", .warn, "ahead of"), ("", .skip, "no time"),
  ])
  func theClockIsComparedWithTheServers(
    _ date: String, _ grade: Finding.Grade, _ words: String
  ) async {
    let transport = FakeTransport { _ throws(TransportError) in
      .json(Bodies.repository, date.isEmpty ? [] : [(name: "Date", value: date)])
    }
    let finding = await makeTracker(transport).examine().first { $0.subject == "clock" }
    #expect(finding?.grade == grade && finding?.text.contains(words) == true, "\(finding as Any)")
    #expect((finding?.hint != nil) == (grade == .warn))
  }

  @Test(arguments: [
    (60, 60, Finding.Grade.pass), (6, 60, .pass), (5, 60, .warn), (499, 5000, .warn),
    (500, 5000, .pass), (0, 0, .pass),
  ])
  func aLimitIsLowWhenATenthIsLeft(_ left: Int, _ limit: Int, _ grade: Finding.Grade) async {
    let transport = FakeTransport { _ throws(TransportError) in
      .json(
        Bodies.repository,
        [
          (name: "X-RateLimit-Limit", value: "\(limit)"),
          (name: "X-RateLimit-Remaining", value: "\(left)"),
          (name: "X-RateLimit-Reset", value: "1795233600"),
          (name: "X-RateLimit-Resource", value: "core"),
        ])
    }
    let rate = await makeTracker(transport).examine().filter { $0.subject == "rate" }
    #expect(rate.map(\.grade) == [grade], "\(rate)")
  }
}
