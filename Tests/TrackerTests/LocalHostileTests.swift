// What strangers can put into the folder of a local tracker by way of a merged branch, and what must
// not come of it: nothing outside the folder is read, changed or waited for.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

/// An issue by its path, as the folder reads it.
func localIssue(_ path: String) throws -> LocalIssue {
  let folder = try Folder(Files.parent(of: path))
  let listed = try MarkdownFiles(folder)
  let name = try FileName(Files.lastName(of: path))
  return LocalIssue(folder, try #require(listed.files.first { $0.name == name }))
}

@Suite struct LocalHostileTests {
  private let directory: TemporaryDirectory
  private var folder: String { directory.file("project/issues") }
  private let name = RepositoryName(owner: "local", name: "project")

  init() throws {
    directory = try TemporaryDirectory("local-hostile")
    try directory.directory("project/issues")
    try directory.write("project/.env", "TOKEN=verysecret\n")
    try directory.write("project/issues/2-b.md", "Do it.")
  }

  private func tracker(_ place: String? = nil) -> LocalTracker {
    var policy = TrackerPolicy()
    policy.kind = .local
    policy.directory = place ?? folder
    return LocalTracker(
      policy: policy, projectDirectory: directory.file("project"), environment: Git.environment,
      now: { noon }, betweenLooks: {})
  }
  private func watched(_ stem: String, since: Timestamp? = nil) -> SurveyQuestion.Watched {
    let item = WorkItem(
      id: ItemID("local:\(stem)"), key: ItemKey(repository: name, reference: stem),
      repository: name, number: nil, title: "")
    return SurveyQuestion.Watched(
      record: ItemRecord(item: item, branch: "symphony/\(stem)", now: noon),
      wantsPullRequest: true, commentsSince: since)
  }
  private func survey(_ watched: [SurveyQuestion.Watched] = []) async -> Survey {
    await tracker().survey(SurveyQuestion(watched: watched, cachedOnly: false))
  }
  private func titles(_ survey: Survey) -> [String] {
    if case .items(let items) = survey.candidates { items.map(\.title) } else { ["failed"] }
  }
  /// This project has no repository, which is said too.
  private func complaints(_ survey: Survey) -> [String] {
    survey.notices.filter { !$0.contains("git repository") }
  }
  private func link(_ name: String, _ target: String) {
    #expect(symlink(target, Files.join(folder, name)) == 0)
  }

  @Test func whatIsNoRegularFileIsNoIssueAndSaid() async throws {
    link("1-link.md", "../.env")
    link("3-absolute.md", directory.file("project/.env"))
    link("4-inside.md", "2-b.md")
    link("5-dangling.md", "nothing")
    link("6-device.md", "/dev/zero")
    link("7-environment.md", "/proc/self/environ")
    #expect(mkfifo(Files.join(folder, "8-pipe.md"), 0o600) == 0)
    try Files.makeDirectory(Files.join(folder, "9-folder.md"))
    let seen = await survey([watched("1-link")])
    #expect(titles(seen) == ["2-b"])
    #expect(complaints(seen).count == 8)
    #expect(complaints(seen).allSatisfy { $0.contains("not a regular file") })
    #expect(!"\(seen)".contains("verysecret"))
    // Known earlier: it is not gone, it cannot be told.
    guard case .unknown(let error)? = seen.answers[ItemID("local:1-link")] else {
      Issue.record("\(seen.answers)")
      return
    }
    #expect(error.sentence.contains("1-link.md is a symbolic link"))
  }

  @Test func aNameThatIsNoPlainTextIsNoIssueAndSaidOnOneLine() async throws {
    let held = try Folder(folder)
    let bad: [[UInt8]] = [
      [0x31, 0xFF, 0x2E, 0x6D, 0x64], Array("1\nFAKE LOG LINE.md".utf8),
      Array("1\u{1B}[2J.md".utf8), Array("1\u{202E}x.md".utf8),
      Array(String(repeating: "1", count: 252).utf8) + Array(".md".utf8),
    ]
    for bytes in bad { try held.write(#require(FileName(bytes: bytes)), [0x78]) }
    let seen = await survey()
    #expect(titles(seen) == ["2-b"])
    #expect(complaints(seen).count == bad.count)
    #expect(
      complaints(seen).allSatisfy { notice in
        notice.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 0x20 }
      })
  }

  @Test(arguments: ["issues", "tracker/issues"])
  func aFolderThatIsALinkIsRefused(_ place: String) async throws {
    try directory.write("elsewhere/issues/1-x.md", "Private.")
    try Files.removeTree(folder)
    let first = place.split(separator: "/")[0]
    let target = place == "issues" ? "../elsewhere/issues" : "../elsewhere"
    #expect(symlink(target, directory.file("project/\(first)")) == 0)
    let seen = await tracker(directory.file("project/\(place)"))
      .survey(SurveyQuestion(watched: [], cachedOnly: false))
    guard case .failed(let error) = seen.candidates else {
      Issue.record("\(seen.candidates)")
      return
    }
    #expect(error.sentence.contains("is a symbolic link"))
    #expect(error.hint?.contains("tracker.directory") == true)
    // What the operator names outright is the operator's word.
    let named = await tracker(directory.file("elsewhere/issues"))
      .survey(SurveyQuestion(watched: [], cachedOnly: false))
    #expect(titles(named) == ["1-x"])
  }

  @Test(arguments: ["pull-requests", "comments"])
  func recordsAreNotWrittenThroughALink(_ name: String) async throws {
    try directory.directory("outside")
    link(name, directory.file("outside"))
    let key = ItemKey(repository: self.name, reference: "2")
    let payload: OutboxEntry.Payload =
      name == "comments"
      ? .comment(CommentOrder(repository: self.name, key: key, number: 2, text: "Hello"))
      : .ensurePullRequest(
        PullRequestOrder(
          repository: self.name, key: key, head: "symphony/x", base: "main", title: "T",
          body: "B", draft: true, reuse: true))
    let entry = OutboxEntry(
      item: ItemID("local:2-b"), dedupeKey: "k", payload: payload, nonce: "0123456789",
      createdAt: noon)
    let error = await failure { () async throws(TrackerError) in
      _ = try await tracker().deliver(entry, pullRequest: nil)
    }
    #expect(error?.sentence.contains("\(name): it is a symbolic link") == true)
    #expect(try Files.list(directory.file("outside")).isEmpty)
    let seen = await survey([watched("2-b", since: noon)])
    #expect(seen.notices.contains { $0.contains("it is a symbolic link") })
  }

  @Test func aRecordThatIsALinkStandsForNothing() async throws {
    try directory.write(
      "record.md", "---\nstate: merged\nhead: symphony/2-b\nbase: main\n---\n")
    try directory.directory("project/issues/pull-requests")
    try directory.directory("project/issues/comments")
    link("pull-requests/2.md", "../../../record.md")
    link("comments/2-b-x.md", "../../.env")
    let seen = await survey([watched("2-b", since: Timestamp(milliseconds: 0))])
    #expect(seen.pullRequestsKnown)
    #expect(seen.pullRequest(of: HeadRef(name, "symphony/2-b")) == nil)
    #expect(seen.comments[ItemID("local:2-b")]?.isEmpty == true)
    #expect(seen.notices.contains { $0.contains("2.md is a symbolic link") })
  }

  @Test func aFolderOfTooManyEntriesIsNotReadInPart() async throws {
    let held = try Folder(folder)
    for number in 0..<MarkdownFiles.entryLimit {
      try held.write(FileName("n\(number)"), [], durable: false)
    }
    guard case .failed(let error) = await survey().candidates else {
      Issue.record("it was read")
      return
    }
    #expect(error.sentence.contains("more than 20000 entries"))
  }

  @Test func whatIsTooBigIsNamedAndNotRead() async throws {
    let path = try directory.write("project/issues/1-big.md", "x")
    #expect(truncate(path, 2 << 30) == 0)
    let seen = await survey([watched("1-big")])
    #expect(titles(seen) == ["2-b"])
    #expect(seen.notices.contains { $0.contains("1-big.md") && $0.contains("more than 1048576") })
  }

  @Test func manyComplaintsAreCountedAndNotListed() async throws {
    for number in 10..<60 { link("\(number).md", "nothing") }
    let seen = await survey()
    #expect(complaints(seen).count == 21)
    #expect(complaints(seen).last == "... and 30 more of this kind")
  }

  @Test func whatAWriteLeftBehindIsNoIssueAndGoesWithTheNextWrite() async throws {
    let rest = Files.join(folder, ".symphony-" + String(repeating: "0a", count: 12) + ".tmp")
    try Files.append(rest, "half")
    #expect(utime(rest, nil) == 0)
    var times = utimbuf(actime: 1, modtime: 1)
    #expect(utime(rest, &times) == 0)
    let order = StatusOrder(
      key: ItemKey(repository: name, reference: "2"), repository: name, value: "Review",
      expected: [], checks: [], branch: "symphony/x", needsPullRequest: false)
    let entry = OutboxEntry(
      item: ItemID("local:2-b"), dedupeKey: "k", payload: .setStatus(order), nonce: "n",
      createdAt: noon)
    _ = try await tracker().deliver(entry, pullRequest: nil)
    #expect(try Files.list(folder) == ["2-b.md"])
  }
}
