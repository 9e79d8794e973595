// What every tracker in the registry owes its port, whatever is behind it: an item that is listed
// is also answered by itself, a closed one is said to be closed, one that nobody knows is never
// found, and a comment whose delivery is repeated stands there once. What GitHub alone can do is in
// the suites beside this one.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

/// A place where a kind of tracker finds issues.
///
/// A kind without one fails to compile here.
private protocol TrackerYard: Sendable {
  func addIssue(_ title: String) async throws
  func closeIssue(_ item: WorkItem) async throws
  func tick<Result: Sendable>(
    _ body: (any Tracker) async throws(TrackerError) -> Result
  ) async throws(TrackerError) -> Result
}

private struct GitHubYard: TrackerYard {
  let bench: ContractBench
  func addIssue(_ title: String) async throws {
    _ = try await bench.backend.createIssue(title, labels: [bench.label])
  }
  func closeIssue(_ item: WorkItem) async throws {
    try await bench.backend.edit(.close(IssueName(number: try #require(item.number))))
  }
  func tick<Result: Sendable>(
    _ body: (any Tracker) async throws(TrackerError) -> Result
  ) async throws(TrackerError) -> Result {
    try await bench.tick(onBoard: false, { _ in }, body)
  }
}

private struct LocalYard: TrackerYard {
  let directory: TemporaryDirectory
  func addIssue(_ title: String) async throws {
    try directory.write("project/issues/1-a.md", "---\ntitle: \(title)\n---\nDo it.\n")
  }
  func closeIssue(_ item: WorkItem) async throws {
    try directory.write(
      "project/issues/1-a.md", "---\ntitle: \(item.title)\nstatus: done\n---\nDo it.\n")
  }
  func tick<Result: Sendable>(
    _ body: (any Tracker) async throws(TrackerError) -> Result
  ) async throws(TrackerError) -> Result {
    var policy = TrackerPolicy()
    policy.kind = .local
    policy.directory = directory.file("project/issues")
    let open = try TrackerRegistry.open(
      TrackerRegistry.Parts(
        policy: policy, projectDirectory: directory.file("project"), environment: Git.environment,
        cache: MemoryCache(), salt: "salt",
        now: { Timestamp(milliseconds: Clock.wallMilliseconds()) }, remaining: { .minutes(5) },
        version: "test"))
    return try await body(open.tracker)
  }
}

extension WireContracts {
  @Suite struct TrackerContractTests {
    private func yard(_ kind: TrackerPolicy.Kind) async throws -> any TrackerYard {
      switch kind {
      case .github: return GitHubYard(bench: try await ContractBench(.builtIn))
      case .local:
        let directory = try TemporaryDirectory("tracker-contract")
        try directory.directory("project/issues")
        return LocalYard(directory: directory)
      }
    }

    private func listed(_ yard: any TrackerYard) async throws -> [WorkItem] {
      let survey = try await yard.tick { tracker async throws(TrackerError) in
        await tracker.survey(SurveyQuestion(watched: [], cachedOnly: false))
      }
      return if case .items(let items) = survey.candidates { items } else { [] }
    }

    private func confirm(_ record: ItemRecord, _ yard: any TrackerYard) async throws -> Survey {
      let question = SurveyQuestion.Watched(
        record: record, wantsPullRequest: true, commentsSince: Timestamp(milliseconds: 0))
      return try await yard.tick { tracker async throws(TrackerError) in
        await tracker.survey(SurveyQuestion(watched: [question], cachedOnly: false))
      }
    }

    private func record(_ item: WorkItem) -> ItemRecord {
      ItemRecord(
        item: item, branch: "symphony/none", now: Timestamp(milliseconds: Clock.wallMilliseconds()))
    }

    @Test(arguments: TrackerRegistry.kinds)
    func whatIsListedIsAnsweredByItself(_ kind: TrackerPolicy.Kind) async throws {
      let yard = try await yard(kind)
      #expect(try await listed(yard) == [])
      try await yard.addIssue("Mend the door")
      let items = try await listed(yard)
      let item = try #require(items.first)
      #expect(items.count == 1 && item.title == "Mend the door" && item.state == .open)
      #expect(!item.id.text.isEmpty && !item.key.text.isEmpty)
      guard case .found(let found)? = try await confirm(record(item), yard).answers[item.id] else {
        Issue.record("\(item.key) is listed and not found")
        return
      }
      #expect(found.id == item.id && found.key == item.key && found.title == item.title)

      try await yard.closeIssue(item)
      #expect(try await listed(yard) == [])
      guard case .found(let closed)? = try await confirm(record(item), yard).answers[item.id] else {
        Issue.record("\(item.key) is closed and not found")
        return
      }
      #expect(closed.state == .closed)
    }

    @Test(arguments: TrackerRegistry.kinds)
    func whatNobodyKnowsIsNeverFound(_ kind: TrackerPolicy.Kind) async throws {
      let yard = try await yard(kind)
      try await yard.addIssue("Mend the door")
      let item = try #require(try await listed(yard).first)
      let stranger = WorkItem(
        id: ItemID(item.id.text + "x"), key: ItemKey(item.key.text + "99"),
        repository: item.repository, number: nil, title: "Nobody's")
      let answer = try await confirm(record(stranger), yard).answers[stranger.id]
      if case .found(let found)? = answer { Issue.record("found \(found.key)") }
    }

    @Test(arguments: TrackerRegistry.kinds)
    func aCommentIsThereOnce(_ kind: TrackerPolicy.Kind) async throws {
      let yard = try await yard(kind)
      try await yard.addIssue("Mend the door")
      let item = try #require(try await listed(yard).first)
      var entry = OutboxEntry(
        item: item.id, dedupeKey: "k",
        payload: .comment(
          CommentOrder(
            repository: item.repository, key: item.key, number: item.number, text: "Mended.")),
        nonce: "0123456789abcdef0123456789abcdef",
        createdAt: Timestamp(milliseconds: Clock.wallMilliseconds() - 5000))
      for tries in 0...2 {
        entry.tries = tries
        let owed = entry
        _ = try await yard.tick { tracker async throws(TrackerError) in
          try await tracker.deliver(owed, pullRequest: nil)
        }
      }
      let comments = try await confirm(record(item), yard).comments[item.id]
      #expect(comments?.map(\.isOurs) == [true])
    }
  }
}
