// Who stands behind a text, read from the simulator: events, edits, permissions, what is asked how
// often, what is remembered, and that nothing missing is taken for nothing having happened.
import FoundationEssentials
import SymphonyCore
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

/// A public repository with one issue of mallory's, on a board too.
struct OriginWorld: Sendable {
  let world: BoardWorld
  let number: Int
  var simulator: GitHubSimulator { world.simulator }

  init(author: String = "mallory", labels: [String] = ["symphony"]) async throws {
    world = try await BoardWorld()
    world.simulator.setPrivate(false)
    world.simulator.setRole("carol", .read)
    world.simulator.setRole("triager", .triage)
    world.simulator.setRole("mallory", .none)
    number = world.simulator.createIssue(
      title: "A typo", body: "hello", labels: labels, author: author, association: "MEMBER")
    try world.simulator.addItem(number, fields: ["Status": "Todo"])
  }

  func item(board: Bool = true, _ change: (inout TrackerPolicy) -> Void = { _ in }) async throws
    -> WorkItem
  {
    let survey = await world.survey(board: board, change)
    return try #require(world.items(survey).first { $0.number == number })
  }

  /// What the look before a launch says of it, and how many requests that took.
  func confirm(
    board: Bool = true, _ change: (inout TrackerPolicy) -> Void = { _ in }
  ) async throws -> (item: WorkItem?, requests: Int) {
    let watched = world.watch(try await item(board: board, change))
    simulator.clearRequestLog()
    let survey = await world.tracker(board: board, change).confirm([watched])
    #expect(survey.requests == simulator.requestCount)
    guard case .found(let item)? = survey.answers[watched.id] else {
      return (nil, survey.requests)
    }
    return (item, survey.requests)
  }

  func code(_ item: WorkItem?, _ change: (inout TrackerPolicy) -> Void = { _ in }) -> String? {
    guard let item else { return "unknown" }
    var policy = TrackerPolicy()
    policy.requiredLabels = ["symphony"]
    change(&policy)
    switch Trust.judge(item, policy: policy, isPrivate: false) {
    case .trusted: return nil
    case .unknown: return "unknown"
    case .untrusted(let reason): return reason.code
    }
  }

  var permissionsAsked: [String] {
    simulator.requestLog.filter { $0.path.contains("/permission") }.map { entry in
      entry.path.split(separator: "/").dropLast().last.map(String.init) ?? ""
    }
  }
}

@Suite struct OriginTests {
  @Test(arguments: [true, false])
  func theLookBeforeALaunchShowsWhoDidWhat(_ board: Bool) async throws {
    let world = try await OriginWorld()
    #expect(try await world.code(world.confirm(board: board).item) == "author_not_trusted")
    world.simulator.removeLabel(world.number, "symphony", by: "alice")
    world.simulator.addLabel(world.number, "symphony", by: "alice")
    world.world.wait(.seconds(5))
    let vouched = try #require(try await world.confirm(board: board).item)
    #expect(world.code(vouched) == nil)
    #expect(vouched.origin?.author == Origin.Person("mallory", mayWrite: false))
    #expect(
      vouched.origin?.touches.map(\.kind) == [
        .labelled("symphony"), .unlabelled("symphony"), .labelled("symphony"),
      ])
    #expect(vouched.origin?.touches.last?.who == Origin.Person("alice", mayWrite: true))
    world.simulator.editIssue(world.number, by: "mallory") { $0.title = "INJECTED" }
    #expect(try await world.code(world.confirm(board: board).item) == "edited_after_label")
    world.world.wait(.seconds(5))
    world.simulator.editIssue(world.number, by: "bob") { $0.body = "better" }
    #expect(
      try await world.code(world.confirm(board: board).item) == "edited_after_label",
      "bob may not have seen the title")
    world.simulator.removeLabel(world.number, "symphony", by: "bob")
    world.simulator.addLabel(world.number, "symphony", by: "bob")
    #expect(try await world.code(world.confirm(board: board).item) == nil)
    await world.world.end()
  }

  /// GitHub calls readers MEMBER and COLLABORATOR, too.
  @Test(arguments: [
    (SimulatedRole.none, false), (.read, false), (.triage, false), (.write, true),
    (.maintain, true), (.admin, true),
  ])
  func permissionAndNotMembershipMakesTrust(_ role: SimulatedRole, _ isTrusted: Bool) async throws {
    let world = try await OriginWorld(author: "carol")
    world.simulator.setRole("carol", role)
    let item = try await world.confirm { $0.trustedAuthors = .writeAccess }.item
    let code = world.code(item) { $0.trustedAuthors = .writeAccess }
    #expect(code == (isTrusted ? nil : "author_not_trusted"))
    await world.world.end()
  }

  @Test func permissionsAreAskedOnceInAQuarterOfAnHour() async throws {
    let world = try await OriginWorld(author: "carol")
    #expect(try await world.confirm().requests == 2)
    #expect(world.permissionsAsked == ["carol"])
    #expect(try await world.confirm().requests == 1)
    world.world.wait(.minutes(14))
    #expect(try await world.confirm().requests == 1)
    world.world.wait(.minutes(2))
    #expect(try await world.confirm().requests == 2)
    #expect(world.simulator.requestLog.last?.status == 304, "unchanged, it costs no point")
    world.world.wait(.minutes(16))
    world.simulator.setRole("carol", .write)
    let item = try await world.confirm().item
    #expect(item?.origin?.author.mayWrite == true)
    await world.world.end()
  }

  @Test func nobodyIsAskedAboutWhereItDoesNotMatter() async throws {
    let world = try await OriginWorld()
    _ = try await world.confirm { $0.trustedAuthors = .list(["alice"]) }
    #expect(world.permissionsAsked.isEmpty, "a list of names is the answer")
    world.simulator.setPrivate(true)
    _ = try await world.confirm()
    #expect(world.permissionsAsked.isEmpty, "whoever reads a private repository is trusted")
    _ = try await world.confirm { $0.trustedAuthors = .writeAccess }
    #expect(world.permissionsAsked == ["mallory"])
    await world.world.end()
  }

  @Test func whatGitHubDoesNotSayIsNotTrustedAndAskedAgainInTime() async throws {
    let world = try await OriginWorld(author: "alice")
    let fault = world.simulator.add(Fault(.status(502), path: "/permission", times: 2))
    #expect(try await world.code(world.confirm().item) == "origin_unknown")
    #expect(try await world.code(world.confirm().item) == "origin_unknown")
    #expect(world.simulator.timesFired(fault) == 2, "trouble that passes is asked about again")
    #expect(try await world.code(world.confirm().item) == nil)

    let refused = try await OriginWorld(author: "alice")
    refused.simulator.add(
      Fault(.status(403, body: "{\"message\":\"Must have push access\"}"), path: "/permission"))
    #expect(try await refused.code(refused.confirm().item) == "origin_unknown")
    #expect(try await refused.confirm().requests == 1, "a refusal is remembered")
    refused.world.wait(.minutes(16))
    #expect(try await refused.code(refused.confirm().item) == nil)

    for body in [
      "{\"permission\":\"write\",\"user\":{\"login\":\"somebody\"}}",
      "{\"permission\":\"superb\",\"user\":{\"login\":\"alice\"}}", "{\"permission\":\"write\"}",
      "{}",
    ] {
      let other = try await OriginWorld(author: "alice")
      other.simulator.add(Fault(.status(200, body: body), path: "/permission"))
      #expect(try await other.code(other.confirm().item) == "origin_unknown", "\(body)")
      await other.world.end()
    }
    await world.world.end()
    await refused.world.end()
  }

  @Test func anOldServerVouchesForNobody() async throws {
    for field in ["Issue.timelineItems", "Issue.lastEditedAt", "Issue.userContentEdits"] {
      let world = try await OriginWorld(author: "alice")
      world.simulator.removeFromSchema(field)
      let item = try await world.confirm().item
      #expect(world.code(item) == "origin_unknown")
      #expect(item?.origin?.problem == "this server does not say who edited and labelled it")
      await world.world.end()
    }
  }

  @Test(arguments: ["labelling", "renaming", "reopening", "userContentEdits", "lastEditedAt"])
  func halfAnAnswerVouchesForNothing(_ field: String) async throws {
    let world = try await OriginWorld()
    world.simulator.removeLabel(world.number, "symphony", by: "alice")
    world.simulator.addLabel(world.number, "symphony", by: "alice")
    world.world.wait(.seconds(5))
    world.simulator.editIssue(world.number, by: "mallory") { $0.body = "INJECTED" }
    world.simulator.add(Fault(.partial(["watched", "0", field]), operation: "Confirmation"))
    #expect(try await world.code(world.confirm().item) != nil)
    await world.world.end()
  }

  /// One item's answer, with these members in place of what is usual; nil leaves one out.
  private func read(_ members: [String: String?]) throws -> Origin? {
    let list = #"{"pageInfo":{"hasPreviousPage":false,"hasNextPage":false},"nodes":[]}"#
    var all: [String: String?] = [
      "__typename": "\"Issue\"", "id": "\"I_1\"", "number": "1", "state": "\"OPEN\"",
      "repository": #"{"nameWithOwner":"acme/app","url":"https://h/acme/app"}"#,
      "author": #"{"__typename":"User","login":"mallory"}"#, "viewerDidAuthor": "false",
      "lastEditedAt": "null", "editor": "null", "userContentEdits": list, "labelling": list,
      "renaming": list, "reopening": list,
    ]
    all.merge(members) { $1 }
    let text = all.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }
    let body = "{\(text.sorted().joined(separator: ","))}"
    return try JSONDecoder().decode(ContentNode.self, from: Data(body.utf8)).item.origin
  }

  @Test func whatIsMissingOrStrangeIsAProblemAndNotNothing() throws {
    #expect(try read([:]) == Origin(author: Origin.Person("mallory")))
    #expect(try read(["viewerDidAuthor": nil]) == nil, "it was not asked")
    let event = #"{"__typename":"LabeledEvent","createdAt":"2030-01-01T00:00:00Z"}"#
    let entries = ["null", "{}", "[]", event]
    let lists = entries.map {
      #"{"pageInfo":{"hasPreviousPage":false},"nodes":[\#($0)]}"# as String?
    }
    let damages: [String?] = [nil, "null", "{}", #"{"nodes":[]}"#] + lists
    for alias in ["labelling", "renaming", "reopening"] {
      for damage in damages {
        #expect(try read([alias: damage])?.problem != nil, "\(alias): \(damage ?? "left out")")
      }
    }
    for damage in [nil, "\"yesterday\"", "7"] as [String?] {
      #expect(try read(["lastEditedAt": damage])?.problem != nil, "\(damage ?? "left out")")
    }
  }

  @Test func theLastEditIsBelievedWhateverTheHistorySays() throws {
    let last = try #require(Timestamp(rfc3339: "2030-01-01T00:00:05Z"))
    for history in ["null", "{}", #"{"pageInfo":{"hasNextPage":true},"nodes":[]}"#] {
      let origin = try read([
        "lastEditedAt": "\"\(last.rfc3339)\"", "userContentEdits": history,
        "editor": #"{"__typename":"User","login":"alice"}"#,
      ])
      #expect(
        origin?.touches == [
          Origin.Touch(.edited, Origin.Person(nil), at: last),
          Origin.Touch(.edited, Origin.Person("alice"), at: last),
        ], "who else edited it is not known")
    }
  }

  @Test func floodsHideNeitherLabelsNorEdits() async throws {
    let world = try await OriginWorld()
    world.simulator.removeLabel(world.number, "symphony", by: "alice")
    world.simulator.addLabel(world.number, "symphony", by: "alice")
    world.world.wait(.seconds(5))
    world.simulator.editIssue(world.number, by: "mallory") { $0.body = "INJECTED" }
    for index in 0..<120 {
      world.simulator.editIssue(world.number, by: "bob") {
        $0.title = "t\(index)"
        $0.body = "b\(index)"
      }
    }
    let item = try await world.confirm().item
    #expect(world.code(item) == "edited_after_label")
    #expect(item?.origin?.touches.contains { $0.kind == .labelled("symphony") } == true)
    await world.world.end()
  }

  @Test func anAccountThatIsGoneIsNobodys() async throws {
    let world = try await OriginWorld()
    world.simulator.removeLabel(world.number, "symphony", by: "bob")
    world.simulator.addLabel(world.number, "symphony", by: "bob")
    #expect(try await world.code(world.confirm().item) == nil)
    world.simulator.deleteAccount("bob")
    world.world.wait(.minutes(16))
    #expect(try await world.code(world.confirm().item) == "author_not_trusted")
    await world.world.end()
  }

  @Test func botsAreTrustedByName() async throws {
    let world = try await OriginWorld(author: "helper[bot]")
    let item = try await world.confirm().item
    #expect(world.code(item) == "author_not_trusted")
    #expect(world.permissionsAsked.isEmpty)
    #expect(world.code(item) { $0.trustedAuthors = .list(["helper[bot]"]) } == nil)
    await world.world.end()
  }

  @Test func whatWeWroteOurselvesIsOurs() async throws {
    let world = try await OriginWorld(author: "symphony-bot", labels: [])
    let item = try await world.confirm().item
    #expect(item?.origin?.author.isUs == true)
    #expect(world.code(item) == nil)
    await world.world.end()
  }

  @Test func aRepositoryThatDoesNotSayWhoSeesItIsPublic() async throws {
    let world = try await OriginWorld()
    world.simulator.setPrivate(true)
    world.simulator.add(
      Fault(.partial(["watched", "0", "repository", "isPrivate"]), operation: "Confirmation"))
    let watched = world.world.watch(try await world.item(board: false))
    let survey = await world.world.tracker(board: false).confirm([watched])
    let answer = survey.answers[watched.id]
    var item: WorkItem?
    if case .found(let found)? = answer { item = found }
    #expect(world.code(item) != nil, "\(String(describing: answer))")
    let silent = #"{"full_name":"acme/app","clone_url":"https://h/acme/app.git"}"#
    let repository = try JSONDecoder().decode(GitHubRepository.self, from: Data(silent.utf8))
    #expect(!repository.facts.isPrivate)
    var seen = Survey(candidates: .skipped)
    seen.repositories = [
      RepositoryFacts(
        name: RepositoryName(owner: "acme", name: "app"), defaultBranch: "main", cloneURL: "",
        credentialScope: nil, isPrivate: true, htmlURL: "")
    ]
    var later = seen
    later.repositories[0].isPrivate = false
    seen.absorb(later)
    #expect(seen.repositories.map(\.isPrivate) == [false], "it was opened since the survey")
    await world.world.end()
  }

  // MARK: What is remembered

  @Test func anIdleBoardWithSomebodyElsesItemCostsOneRequest() async throws {
    let world = try await OriginWorld()
    world.world.wait(.seconds(10))
    _ = try await world.confirm()
    _ = try await world.item()
    world.simulator.clearRequestLog()
    #expect(try await world.code(world.item()) == "author_not_trusted")
    #expect(world.simulator.requestCount == 1)
    await world.world.end()
  }

  @Test func anItemThatMayNotRunIsNotAskedAboutByEveryTick() async throws {
    let world = try await OriginWorld()
    world.world.wait(.seconds(10))
    #expect(try await world.item(board: false).origin == nil)
    _ = try await world.confirm(board: false)
    world.simulator.clearRequestLog()
    let known = try await world.item(board: false)
    #expect(world.code(known) == "author_not_trusted")
    #expect(known.origin?.isOld == false)
    #expect(world.simulator.spentPoints == 0)
    world.world.wait(.minutes(16))
    let old = try await world.item(board: false)
    #expect(world.code(old) == "author_not_trusted" && old.origin?.isOld == true)
    world.simulator.removeLabel(world.number, "symphony", by: "alice")
    world.simulator.addLabel(world.number, "symphony", by: "alice")
    #expect(try await world.item(board: false).origin == nil, "it changed: nothing is known")
    await world.world.end()
  }

  /// Stamps have whole seconds: the rest of the second may bring what this look did not see.
  @Test func whatIsReadTooSoonAfterAChangeIsNotKept() {
    for (milliseconds, isKept) in [(0, false), (1999, false), (2000, true)] {
      let read = noon + .milliseconds(Int64(milliseconds))
      #expect(Origins.isSettled(changedAt: noon, readAt: read) == isKept)
    }
  }

  @Test func commentersAreAskedAboutAndOneTickAsksForTwentyAtMost() async throws {
    let world = try await OriginWorld()
    let since = world.simulator.now - .seconds(1)
    // The newest are asked about first.
    let people = (0..<30).map { "stranger\($0)" } + ["alice", "carol"]
    for login in people {
      try world.simulator.comment(world.number, author: login, body: "go on")
    }
    let watched = world.world.watch(try await world.item(), since: since)
    for board in [true, false] {
      world.simulator.clearRequestLog()
      let survey = await world.world.survey([watched], board: board)
      let answers = survey.comments[watched.id]?.map(\.mayWrite) ?? []
      #expect(answers.suffix(2) == [true, false])
      #expect(world.permissionsAsked.count <= 20)
      #expect(survey.requests == world.simulator.requestCount)
      if board { #expect(answers.prefix(12).allSatisfy { $0 == nil }) }
    }
    world.simulator.setPrivate(true)
    world.simulator.clearRequestLog()
    _ = await world.world.survey([watched])
    #expect(world.permissionsAsked.isEmpty)
    await world.world.end()
  }
}
