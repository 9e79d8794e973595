// A folder of Markdown files as a tracker: reading, numbering, blockers, records, and files
// somebody broke.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct LocalTrackerTests {
  private let directory: TemporaryDirectory
  private let tracker: LocalTracker

  init() throws {
    directory = try TemporaryDirectory("local-tracker")
    try directory.directory("project/issues")
    var policy = TrackerPolicy()
    policy.kind = .local
    policy.directory = directory.file("project/issues")
    tracker = LocalTracker(
      policy: policy, projectDirectory: directory.file("project"), environment: Git.environment,
      now: { noon })
  }

  private func write(_ name: String, _ text: String) throws {
    try directory.write("project/issues/\(name)", text)
  }

  private let head = HeadRef(RepositoryName(owner: "local", name: "project"), "symphony/x")

  private func survey(_ watched: [SurveyQuestion.Watched] = []) async -> Survey {
    await tracker.survey(SurveyQuestion(watched: watched, cachedOnly: false))
  }

  private func items(_ survey: Survey) -> [WorkItem] {
    if case .items(let items) = survey.candidates { items } else { [] }
  }

  private func watched(_ item: WorkItem, commentsSince: Timestamp? = nil) -> SurveyQuestion.Watched
  {
    SurveyQuestion.Watched(
      record: ItemRecord(item: item, branch: "symphony/x", now: noon), wantsPullRequest: true,
      commentsSince: commentsSince)
  }

  private func order(_ key: ItemKey, title: String = "Work", reuse: Bool = true)
    -> PullRequestOrder
  {
    PullRequestOrder(
      repository: RepositoryName(owner: "local", name: "project"), key: key, head: "symphony/x",
      base: "main", title: title, body: "Text\n---\nstate: merged\n", draft: true, reuse: reuse)
  }

  private func entry(_ payload: OutboxEntry.Payload, createdAt: Timestamp = noon) -> OutboxEntry {
    OutboxEntry(
      item: ItemID("local:1-a"), dedupeKey: "k", payload: payload, nonce: "0123456789abcdef",
      createdAt: createdAt)
  }

  @Test func issuesAreReadWithTheirBlockers() async throws {
    try write(
      "001-first.md",
      """
      ---
      # a remark
      title: "Say \\"hello\\": now"   # and why
      status: Todo
      labels: [Symphony, 'a, b', Symphony]
      priority: 2
      assignees:
        - alice
        - "bob"
      estimate: 3
      ---

      Body with {{ braces }}.
      """)
    try write("2-second.md", "---\nblocked_by: [#1, third]\n---\n```\n# no\n```\n# Second\n")
    try write("third.md", "---\r\nstatus: DONE\r\n---\r\nnothing\r\n")
    let survey = await survey()
    #expect(survey.notices.filter { !$0.contains("git") }.isEmpty)
    let found = items(survey)
    #expect(found.map(\.key.text) == ["local/project#1", "local/project#2"])
    #expect(found[0].id.text == "local:001-first")
    #expect(found[0].title == "Say \"hello\": now")
    #expect(found[0].labels == ["a, b", "symphony"])
    #expect(found[0].priority == 2)
    #expect(found[0].assignees == ["alice", "bob"])
    #expect(found[0].body == "Body with {{ braces }}.")
    #expect(found[0].projectFields == ["estimate": "3"])
    #expect(found[1].title == "Second")
    #expect(found[1].blockedBy.map(\.state) == [.open, .closed])
    #expect(found[1].blockedBy.map(\.key.text) == ["local/project#1", "local/project#third"])
    #expect(found[1].dependenciesKnown)
  }

  @Test func sharedNumbersFallBackToNames() async throws {
    try write("1-a.md", "Do it.")
    try write("01-b.md", "---\nblocked_by: 1\n---\n")
    let survey = await survey()
    #expect(items(survey).map(\.key.text) == ["local/project#1-a", "local/project#01-b"])
    #expect(items(survey).last?.dependenciesKnown == false)
    #expect(survey.notices.contains { $0.contains("share the number 1") })
  }

  @Test func damagedFilesAreItemsThatFailClosed() async throws {
    try write("1-a.md", "---\ntitle: good\n---\n")
    try write("2-b.md", "---\ntitle: open\nblocked_by: {a: b}\n---\n")
    let before = await survey()
    #expect(items(before).map(\.dependenciesKnown) == [true, false])
    #expect(before.notices.contains { $0.contains("2-b.md:3: ") })
    let after = await survey(items(before).map { watched($0) })
    let answers = after.answers
    #expect(items(after).map(\.id.text) == ["local:1-a"], "a damaged file hides what is known")
    guard case .found? = answers[ItemID("local:1-a")],
      case .unknown(.malformed)? = answers[ItemID("local:2-b")]
    else {
      Issue.record("\(answers)")
      return
    }
    try Files.remove(directory.file("project/issues/1-a.md"))
    guard case .gone? = await survey([watched(items(before)[0])]).answers[ItemID("local:1-a")]
    else {
      Issue.record("a removed file is gone")
      return
    }
    try Files.removeTree(directory.file("project/issues"))
    let blind = await survey([watched(items(before)[0])])
    guard case .failed(.misconfigured) = blind.candidates,
      case .unknown? = blind.answers[ItemID("local:1-a")]
    else {
      Issue.record("without the folder nothing is gone")
      return
    }
  }

  @Test(arguments: [
    ("title: a\ntitle: b", 3), ("  indented: x", 2), ("no colon", 2), ("a: [x", 2),
    ("a: \"x", 2), ("a: |", 2), ("a: &x y", 2), ("a: [[x]]", 2), ("a:\n  b: c", 3),
    ("- x", 2), ("priority: high", 2), ("title: [a]", 2), ("a: \"x\" y", 2), ("a: \"\\q\"", 2),
  ])
  func whatIsNotUnderstoodIsAnErrorWithItsLine(_ text: String, _ line: Int) throws {
    try write("1-a.md", "---\n\(text)\n---\n")
    let issue = try localIssue(directory.file("project/issues/1-a.md"))
    #expect(issue.damage?.contains("1-a.md:\(line): ") == true, "\(issue.damage ?? "accepted")")
  }

  @Test func anUnclosedHeaderIsAnError() {
    #expect(throws: IssueHeader.SyntaxError.self) { try IssueHeader("---\ntitle: x\n") }
  }

  @Test func hostileTitlesSurviveTheRoundTrip() throws {
    for title in ["a\"b\\c", "---", "x: y # z", "tab\tand\nline", "[a, b]", "\u{1F600} ", "' \" '"]
    {
      let read = try IssueHeader("---\ntitle: \(IssueHeader.quote(title))\n---\n")
      #expect(read.values["title"] == .scalar(title))
    }
    #expect(IssueHeader.quote("a\r\u{85}\u{1B}b") == "\"a   b\"")
  }

  @Test func aPullRequestIsWrittenOnceAndMergedByHand() async throws {
    try write("1-a.md", "Do it.")
    let item = try #require(items(await survey()).first)
    let title = "x\"\nstate: merged\n---"
    let first = try await tracker.deliver(
      entry(.ensurePullRequest(order(item.key, title: title))), pullRequest: nil)
    let path = directory.file("project/issues/pull-requests/1.md")
    let reference = PullRequestRef(number: 1, url: path)
    #expect(first == .pullRequest(reference, created: true))
    let bytes = try Files.read(path)
    let again = try await tracker.deliver(
      entry(.ensurePullRequest(order(item.key))), pullRequest: nil)
    #expect(again == .pullRequest(reference, created: false))
    #expect(try Files.read(path) == bytes)
    let open = await survey([watched(item)])
    #expect(open.pullRequestsKnown)
    #expect(open.pullRequests[head]?.state == .open)
    #expect(open.pullRequests[head]?.createdAt == noon)
    #expect(items(open).count == 1, "records are no issues")

    let text = try Files.readText(path)
    try Files.writeAtomically(path, text.replacing("\nstate: open\n", with: "\nstate: merged\n"))
    let merged = await survey([watched(item)])
    #expect(merged.pullRequests[head]?.state == .merged)
    #expect(merged.pullRequests[head]?.endedAt != nil)
    // A later order is a new pull request; the old one is history.
    let later = try await tracker.deliver(
      entry(.ensurePullRequest(order(item.key)), createdAt: noon + .hours(1)), pullRequest: nil)
    guard case .pullRequest(let second, created: true) = later else {
      Issue.record("\(later)")
      return
    }
    #expect(second.url.hasSuffix("/1-2.md"))
  }

  @Test func aBrokenRecordStopsDeliveryInsteadOfDoubling() async throws {
    try write("1-a.md", "Do it.")
    try write("pull-requests/1.md", "---\nhead: symphony/x\nstate: maybe\n---\n")
    let item = try #require(items(await survey()).first)
    let error = await failure { () async throws(TrackerError) in
      _ = try await tracker.deliver(
        entry(.ensurePullRequest(order(item.key))), pullRequest: nil)
    }
    #expect(error?.sentence.contains("pull-requests/1.md:3: ") == true)
    let seen = await survey()
    #expect(seen.notices.contains { $0.contains("pull-requests/1.md:3: ") })
    #expect(!seen.pullRequestsKnown)
  }

  @Test func anothersPullRequestIsTakenOverOnlyWhereAllowed() async throws {
    try write("1-a.md", "Do it.")
    let item = try #require(items(await survey()).first)
    _ = try await tracker.deliver(entry(.ensurePullRequest(order(item.key))), pullRequest: nil)
    let path = directory.file("project/issues/pull-requests/1.md")
    func deliver(_ reuse: Bool, _ age: Interval, _ known: PullRequestRef?) async throws -> Delivery
    {
      try await tracker.deliver(
        entry(.ensurePullRequest(order(item.key, reuse: reuse)), createdAt: noon + age),
        pullRequest: known)
    }
    let reference = PullRequestRef(number: 1, url: path)
    let adopted = Delivery.pullRequest(reference, created: false)
    #expect(try await deliver(true, .hours(1), nil) == adopted)
    #expect(try await deliver(false, .hours(-1), nil) == adopted, "an earlier try's")
    #expect(try await deliver(false, .hours(1), reference) == adopted, "the item's own")
    guard case .superseded = try await deliver(false, .hours(1), nil) else {
      Issue.record("another's pull request was taken over")
      return
    }
  }

  @Test func commentsAreWrittenOnceAndTheirsAreHeard() async throws {
    try write("1-a.md", "Do it.")
    let item = try #require(items(await survey()).first)
    let comment = CommentOrder(
      repository: item.repository, key: item.key, number: 1,
      text: "See \(CommentOrder.pullRequestPlaceholder)")
    let reference = PullRequestRef(number: 1, url: "/pr/1.md")
    let one = try await tracker.deliver(entry(.comment(comment)), pullRequest: reference)
    let two = try await tracker.deliver(entry(.comment(comment)), pullRequest: reference)
    #expect(one == two)
    let folder = directory.file("project/issues/comments")
    #expect(try Files.list(folder) == ["1-01234567.md"])
    #expect(
      try Files.readText(Files.join(folder, "1-01234567.md"))
        == "See /pr/1.md\n\n<!-- symphony:0123456789abcdef -->\n")
    try write("comments/1-reply.md", "Please go on.")
    try write("comments/10-reply.md", "About something else.")
    let heard = await survey([watched(item, commentsSince: Timestamp(milliseconds: 0))])
    #expect(heard.comments[item.id]?.map(\.isOurs) == [true, false])
    #expect(heard.comments[item.id]?.last?.text == "Please go on.")
    let late = await survey([watched(item, commentsSince: noon + .days(36500))])
    #expect(late.comments[item.id] == [])
  }

  @Test func theCheckoutIsTheRepository() async throws {
    func problem() async -> TrackerError? {
      await failure { () async throws(TrackerError) in
        _ = try await tracker.facts()
      }
    }
    let project = directory.file("project")
    #expect(await problem()?.sentence.contains("no usable git repository") == true)
    #expect(await survey().repositoryProblem == problem())
    #expect(Git.attempt(["init", "-q", "-b", "odd"], in: directory.path).exit.isSuccess)
    #expect(await problem()?.sentence.contains("no commit yet") == true)
    #expect(
      Git.attempt(["commit", "-q", "--allow-empty", "-m", "x"], in: project).exit.isSuccess)
    let facts = try await tracker.facts()
    #expect(facts.cloneURL == directory.path)
    #expect(facts.defaultBranch == "odd")
    #expect(facts.credentialScope == nil)
    #expect(facts.name.description == "local/project")
    #expect(await survey().repositories == [facts])
    #expect(
      try await tracker.credential(
        CredentialOrder(repository: RepositoryName(owner: "a", name: "b"), isForAgent: false))
        == nil)
    #expect(Git.attempt(["checkout", "-q", "--detach"], in: project).exit.isSuccess)
    #expect(await problem()?.sentence.contains("no branch checked out") == true)
  }

  /// Whatever its user looks at: another item's branch must not become the base.
  @Test func theBaseIsWhatTheRepositorySays() async throws {
    let project = directory.file("project")
    for arguments in [
      ["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "x"],
      ["checkout", "-q", "-b", "symphony/local_project_1"],
    ] { #expect(Git.attempt(arguments, in: directory.path).exit.isSuccess) }
    #expect(try await tracker.facts().defaultBranch == "main")
    #expect(Git.attempt(["checkout", "-q", "--detach"], in: project).exit.isSuccess)
    #expect(try await tracker.facts().defaultBranch == "main")
    for arguments in [
      ["branch", "-m", "main", "odd"],
      ["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/odd"],
    ] { #expect(Git.attempt(arguments, in: directory.path).exit.isSuccess) }
    #expect(try await tracker.facts().defaultBranch == "odd")
    for arguments in [
      ["symbolic-ref", "-d", "refs/remotes/origin/HEAD"],
      ["checkout", "-q", "symphony/local_project_1"],
    ] { #expect(Git.attempt(arguments, in: directory.path).exit.isSuccess) }
    let ours = await failure { () async throws(TrackerError) in _ = try await tracker.facts() }
    #expect(ours?.sentence.contains("symphony/local_project_1 checked out") == true)
    #expect(ours?.hint?.contains("git.base_branch") == true)
  }

  @Test func doctorSaysWhatIsWrong() async throws {
    try write("1-a.md", "---\nblocked_by: nobody\n---\n")
    try write("2-b.md", "---\nx\n---\n")
    let findings = await tracker.examine()
    #expect(findings.contains { $0.subject == "repository" && $0.grade == .fail })
    #expect(findings.contains { $0.grade == .warn && $0.text.contains("`nobody`") })
    #expect(findings.contains { $0.grade == .fail && $0.text.contains("2-b.md:2: ") })
  }
}
