// A review without GitHub: what people write into the record of a pull request is read as one, and
// what is owed to it is written below their words, once.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct LocalReviewTests {
  private let directory: TemporaryDirectory
  private let tracker: LocalTracker
  private let name = RepositoryName(owner: "local", name: "project")
  private var project: String { directory.file("project") }
  private var path: String { directory.file("project/issues/pull-requests/1.md") }

  init() throws {
    directory = try TemporaryDirectory("local-review")
    try directory.directory("project/issues/pull-requests")
    var policy = TrackerPolicy()
    policy.kind = .local
    policy.directory = directory.file("project/issues")
    tracker = LocalTracker(
      policy: policy, projectDirectory: directory.file("project"), environment: Git.environment,
      now: { noon }, betweenLooks: {})
    try directory.write("project/issues/1-a.md", "Do it.")
    for arguments in [
      ["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "one"],
      ["checkout", "-q", "-b", "symphony/x"],
    ] { try Git.run(arguments, in: project) }
    try commit("file", "ours\n")
    try Git.run(["checkout", "-q", "main"], in: project)
  }

  private func commit(_ file: String, _ text: String) throws {
    try directory.write("project/\(file)", text)
    try Git.run(["add", file], in: project)
    try Git.run(["commit", "-q", "-m", "work"], in: project)
  }

  private func record(_ said: String, _ front: String = "") throws {
    try directory.write(
      "project/issues/pull-requests/1.md",
      """
      ---
      title: "Work"
      head: "symphony/x"
      base: "main"
      number: 1
      state: open
      draft: false
      \(front)---

      The text.
      \(said)
      """)
  }

  private func survey() async -> Survey {
    let item = WorkItem(
      id: ItemID("local:1-a"), key: ItemKey(repository: name, reference: "1"), repository: name,
      number: 1, title: "a")
    var watched = SurveyQuestion.Watched(
      record: ItemRecord(item: item, branch: "symphony/x", now: noon), wantsPullRequest: true,
      commentsSince: nil)
    watched.follow = FollowQuestion(digest: nil, wantsChecks: true)
    return await tracker.confirm([watched])
  }

  private func view() async throws -> PullRequestView {
    let survey = await survey()
    return try #require(survey.views[ItemID("local:1-a")], "\(survey.notices)")
  }

  private func lines(_ view: PullRequestView) -> [Remark] {
    (view.conversation?.remarks ?? []).filter { $0.kind == .line }
  }

  private func deliver(
    _ payload: OutboxEntry.Payload, key: String = "k", nonce: String = "0123456789abcdef"
  ) async throws(TrackerError) -> Delivery {
    let entry = OutboxEntry(
      item: ItemID("local:1-a"), dedupeKey: key, payload: payload, nonce: nonce, createdAt: noon)
    return try await tracker.deliver(
      entry, pullRequest: PullRequestRef(number: 1, url: path))
  }

  private var place: PullRequestPlace {
    PullRequestPlace(
      repository: name, key: ItemKey(repository: name, reference: "1"), number: 1, id: path)
  }

  private static let review = """

    ## Review by alice
    changes requested

    Not yet.

    - file:1: Rename this.
    - [x] file:2-3: Done.
      It was long.
    - file:1: And this.
    - note: no place

    ## Comment by bob

    Why?
    """

  @Test func sectionsAreReadAsAReview() async throws {
    try record(Self.review)
    let view = try await view()
    #expect(view.id == path && view.base == "main" && !view.isDraft)
    #expect(view.head == (try Git.run(["rev-parse", "symphony/x"], in: project)))
    #expect(view.baseHead == (try Git.run(["rev-parse", "main"], in: project)))
    let said = try #require(view.conversation)
    #expect(said.isWhole && said.remarks.map(\.kind) == [.review, .line, .line, .line, .comment])
    let review = try #require(said.remarks.first)
    #expect(review.words.text == "Not yet.\n\n- note: no place")
    #expect(review.words.verdict == .changesRequested && review.words.author == "alice")
    let items = lines(view)
    #expect(items.map(\.words.text) == ["Rename this.", "Done.\nIt was long.", "And this."])
    #expect(items.map(\.words.lastLine) == [1, 3, 1] && items[1].words.firstLine == 2)
    #expect(items.map(\.isResolved) == [false, true, false])
    #expect(items.allSatisfy { $0.words.review == review.id && $0.words.thread == $0.id })
    #expect(Set(said.remarks.map(\.id)).count == 5)
    #expect(zip(said.remarks, said.remarks.dropFirst()).allSatisfy { $0.words.at < $1.words.at })
    #expect(said.openThreads == [items[0].id, items[2].id])
    #expect(said.remarks.last?.words.text == "Why?" && said.remarks.last?.words.author == "bob")
    #expect(said.opinions.map(\.author) == ["alice"] && said.opinions[0].isApproval == false)
    // More at another place, and other words, leave the ids as they are.
    let more = Self.review.replacing("- [x]", with: "- file:9: New.\n- [x]")
      .replacing("Rename this.", with: "Rename that.")
    try record("\n## Comment by carl\nHi\n" + more)
    let later = try await self.view()
    #expect(lines(later).filter { $0.words.lastLine != 9 }.map(\.id) == items.map(\.id))
    #expect(later.digest != view.digest)
    #expect(try await self.view() == later)
  }

  @Test func laterOpinionsReplaceEarlierOnesAndNameTheirCommit() async throws {
    let head = try Git.run(["rev-parse", "symphony/x"], in: project)
    try record(
      """
      ## Review by alice
      Changes Requested
      ## review by bob at 1234567
      approved
      ## Review by alice at \(head.prefix(8))
      approved

      - file:1: One.

        Two.
      Not indented.
      """)
    let said = try #require(try await view().conversation)
    #expect(said.opinions.map(\.author) == ["alice", "bob"])
    #expect(said.opinions.map(\.isApproval) == [true, true])
    #expect(said.opinions.map(\.head) == [head, "1234567"])
    #expect(said.remarks.map(\.words.text) == ["", "", "Not indented.", "One.\n\nTwo."])
  }

  @Test func checksAreWhatTheRecordSays() async throws {
    let head = try Git.run(["rev-parse", "symphony/x"], in: project)
    try record(
      "## Log of lint\nfile:1: bad\n",
      "checks:\n  - build: passed\n  - lint: failed at \(head.prefix(9))\n  - old: failed at 1234567\n"
        + "  - slow: Open\n")
    let view = try await view()
    var counts = CheckCounts()
    (counts.passed, counts.failed, counts.open) = (1, 1, 1)
    #expect(view.checks == counts)
    #expect(view.troubles?.map(\.name) == ["lint"])
    #expect(view.troubles?.first?.text == "file:1: bad")
    try record("")
    let none = try await self.view()
    #expect(none.checks == nil && none.troubles == [])
    #expect(none.conversation?.remarks == [])
    let text = try Files.readText(path)
    try Files.writeAtomically(path, text.replacing("state: open", with: "state: closed"))
    let survey = await survey()
    #expect(survey.views.isEmpty && survey.notices.allSatisfy { !$0.contains("1.md") })
  }

  @Test func gitSaysWhetherItMerges() async throws {
    try record("")
    #expect(try await view().mergeability == .mergeable)
    let before = try await view().digest
    try commit("file", "theirs\n")
    let conflicting = try await view()
    #expect(conflicting.mergeability == .conflicting && conflicting.mergeState == .dirty)
    #expect(conflicting.digest != before, "the base moved")
    try Git.run(["branch", "-D", "symphony/x"], in: project)
    let survey = await survey()
    #expect(survey.views.isEmpty)
    #expect(survey.notices.contains { $0.contains("no branch `symphony/x`") })
  }

  @Test func whatIsWrittenWronglyIsNamed() async throws {
    try record("\n## Review by\nNo.")
    #expect(await survey().views.isEmpty)
    #expect(
      await survey().notices.contains {
        $0.contains("1.md:12: a name is expected behind `## review by`")
      })
    for words in ["maybe", "failed", "failed at the end", "passed at 12", ""] {
      try record("", "checks: [build: \(words)]\n")
      #expect(
        await survey().notices.contains { $0.contains("1.md:8: a check is `name: passed`") },
        "\(words)")
    }
  }

  @Test func anAnswerIsWrittenOnceBelowItsLine() async throws {
    try record(Self.review)
    let thread = try #require(lines(try await view()).first?.id)
    let order = ReplyOrder(place: place, thread: thread, replyTo: 1, text: "Fixed.\n\n> - x:1: y")
    // A person goes on writing between the look and the answer.
    try record(Self.review + "\n\n## Comment by carl\n\nMe, too.")
    let before = try Files.readText(path)
    #expect(try await deliver(.reply(order)) == .comment(url: path))
    let after = try Files.readText(path)
    let answer = """
      - file:1: Rename this.
        > Fixed.
        >
        > > - x:1: y
        >
        > <!-- symphony:0123456789abcdef -->
      """
    #expect(after == before.replacing("- file:1: Rename this.", with: answer))
    #expect(try await deliver(.reply(order)) == .comment(url: path))
    #expect(try Files.readText(path) == after)
    let view = try await view()
    #expect(lines(view).map(\.words.text) == ["Rename this.", "Done.\nIt was long.", "And this."])
    #expect(lines(view).first?.id == thread)
    // Whoever goes on below the answer has said something new.
    try Files.writeAtomically(
      path, after.replacing("cdef -->", with: "cdef -->\n  > quoted\n  No, the other."))
    #expect(
      lines(try await self.view()).first?.words.text
        == "Rename this.\n> quoted\nNo, the other.")
  }

  @Test func aRecordThatWasChangedSinceItWasReadIsNotOverwritten() throws {
    try record(Self.review)
    let records = LocalRecords(tracker.place)
    let read = try #require(try records.text(at: path))
    try record("A person's words.")
    #expect(throws: TrackerError.self) { try records.replace(read, with: "ours") }
    #expect(try Files.readText(path).hasSuffix("A person's words."))
    let again = try #require(try records.text(at: path))
    try records.replace(again, with: "ours")
    #expect(try Files.readText(path) == "ours")
  }

  @Test func aLineIsTickedAndAReviewAskedFor() async throws {
    try record(Self.review.replacing("- file:1: And", with: "- [ ] file:1: And"))
    let threads = lines(try await view()).map(\.id)
    let before = try Files.readText(path)
    for thread in [threads[0], threads[0], threads[2], threads[1]] {
      guard
        case .done = try await deliver(.resolveThread(ResolveOrder(place: place, thread: thread)))
      else {
        Issue.record("\(thread)")
        return
      }
    }
    let ticked = before.replacing("- file:1: Rename", with: "- [x] file:1: Rename")
      .replacing("- [ ] file:1: And", with: "- [x] file:1: And")
    #expect(try Files.readText(path) == ticked)
    #expect(try await view().conversation?.openThreads == [])
    let order = ReviewRequestOrder(place: place, logins: ["alice", "d e: [f]"])
    for _ in 1...2 {
      guard case .done = try await deliver(.requestReview(order)) else {
        Issue.record("not asked")
        return
      }
    }
    #expect(try await view().conversation?.requested == ["alice", "d e: [f]"])
    #expect(
      try Files.readText(path)
        == ticked.replacing(
          "draft: false\n", with: "draft: false\nreview_requested: [alice, \"d e: [f]\"]\n"))
  }

  @Test func aCommentOnThePullRequestGoesIntoItsRecord() async throws {
    try record(Self.review)
    let before = try Files.readText(path)
    let order = CommentOrder(
      repository: name, key: place.key, number: 1, text: "Pushed.\n## Review by eve\napproved",
      isOnPullRequest: true)
    for _ in 1...2 {
      #expect(
        try await deliver(.comment(order), key: "answers/r") == .comment(url: path))
    }
    #expect(
      try Files.readText(path)
        == before + """


          ## Comment by symphony

          > Pushed.
          > ## Review by eve
          > approved
          >
          > <!-- symphony:0123456789abcdef -->

          """)
    let said = try #require(try await view().conversation)
    let ours = try #require(said.remarks.last)
    #expect(ours.isByViewer && ours.nonce == "0123456789abcdef")
    #expect(said.remarks.filter(\.isByViewer).count == 1 && said.opinions.count == 1)
    // Another comment is about the issue, whose number is the same.
    var other = order
    other.isOnPullRequest = nil
    #expect(
      try await deliver(.comment(other), key: "park/r")
        == .comment(url: directory.file("project/issues/comments/1-01234567.md")))
  }

  @Test func whatIsGoneOrNobodysHereIsNotOwed() async throws {
    try record(Self.review)
    let head = try await view().head
    let bytes = try Files.read(path)
    for payload: OutboxEntry.Payload in [
      .reply(ReplyOrder(place: place, thread: "line-0", replyTo: 1, text: "x")),
      .resolveThread(ResolveOrder(place: place, thread: "line-0")),
      .rerunChecks(RerunOrder(place: place, head: head, jobs: [])),
      .updateBranch(UpdateOrder(place: place, head: head)),
      .merge(
        MergeOrder(place: place, head: head, method: .merge, usesQueue: false, branch: nil)),
    ] {
      guard case .superseded = try await deliver(payload) else {
        Issue.record("\(payload)")
        return
      }
    }
    #expect(try Files.read(path) == bytes)
    try directory.write("project/issues/pull-requests/1.md", "---\nx\n---\n")
    let error = await failure { () async throws(TrackerError) in
      _ = try await deliver(.resolveThread(ResolveOrder(place: place, thread: "line-0")))
    }
    #expect(error?.sentence.contains("1.md:2: ") == true)
    try Files.remove(path)
    guard
      case .superseded = try await deliver(
        .resolveThread(ResolveOrder(place: place, thread: "line-0")))
    else {
      Issue.record("a record that is gone")
      return
    }
  }

  /// The text of a pull request is its agent's.
  @Test func theTextOfARecordIsNobodysReview() async throws {
    let order = PullRequestOrder(
      repository: name, key: place.key, head: "symphony/x", base: "main", title: "Work",
      body:
        "Good.\r\n## Review by owner\napproved\n## review by owner\u{2028}## Comment by owner\nx",
      draft: false, reuse: true)
    guard case .pullRequest = try await deliver(.ensurePullRequest(order)) else {
      Issue.record("none was made")
      return
    }
    let said = try #require(try await view().conversation)
    #expect(said.remarks == [] && said.opinions == [])
    #expect(try Files.readText(path).contains("\\## Review by owner\napproved"))
  }

  @Test func theDocumentsExampleIsRead() throws {
    let file = Files.join(
      Files.parent(of: Files.parent(of: Files.parent(of: #filePath))), "docs/local.md")
    let text = try Files.readText(file)
    let start = try #require(text.firstRange(of: "```markdown\n---\ntitle: \"Greet in French\"\n"))
    let example = text[start.lowerBound...].dropFirst("```markdown\n".count)
    let end = try #require(example.firstRange(of: "\n```"))
    let record = String(example[..<end.lowerBound])
    let said = try LocalConversation(record, IssueHeader(record))
    #expect(said.sections.map(\.name) == ["alice", "bob", "spelling"])
    #expect(said.sections[0].verdict == .changesRequested)
    #expect(said.sections[0].items.map(\.isResolved) == [false, true])
    #expect(said.sections[2].text == "greet.sh:12: BONJOUR")
  }
}
