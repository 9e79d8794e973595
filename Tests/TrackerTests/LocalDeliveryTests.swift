// What is owed to a folder changes one line of one file, once, or says why not.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct LocalDeliveryTests {
  private let directory: TemporaryDirectory
  private let name = RepositoryName(owner: "local", name: "project")
  private var path: String { directory.file("project/issues/1-a.md") }
  private var key: ItemKey { ItemKey(repository: name, reference: "1") }

  init() throws {
    directory = try TemporaryDirectory("local-delivery")
    try directory.directory("project/issues")
  }

  private func deliver(
    _ payload: OutboxEntry.Payload, tries: Int = 0, pullRequest: PullRequestRef? = nil
  ) async throws(TrackerError) -> Delivery {
    var policy = TrackerPolicy()
    policy.kind = .local
    policy.directory = directory.file("project/issues")
    let tracker = LocalTracker(
      policy: policy, projectDirectory: directory.file("project"), environment: Git.environment,
      now: { noon }, betweenLooks: {})
    var entry = OutboxEntry(
      item: ItemID("local:1-a"), dedupeKey: "k", payload: payload, nonce: "n", createdAt: noon)
    entry.tries = tries
    return try await tracker.deliver(entry, pullRequest: pullRequest)
  }

  private func status(
    _ value: String, expected: [String] = [], checks: [String] = [], needsPullRequest: Bool = false
  ) -> OutboxEntry.Payload {
    .setStatus(
      StatusOrder(
        key: key, repository: name, value: value, expected: expected, checks: checks,
        branch: "symphony/x", needsPullRequest: needsPullRequest))
  }

  private func labels(add: [String] = [], remove: [String] = []) -> OutboxEntry.Payload {
    .setLabels(
      LabelOrder(
        key: key, repository: name, number: 1, move: LabelMove(add: add, remove: remove),
        needsPullRequest: false))
  }

  private var close: OutboxEntry.Payload {
    .closeIssue(CloseOrder(key: key, repository: name, number: 1))
  }

  private func write(_ text: String) throws {
    try directory.write("project/issues/1-a.md", text, mode: 0o640)
  }

  @Test func onlyTheLineOfTheStatusChanges() async throws {
    try write(
      "---\r\n# w\r\nstatus:   Todo   # soon\r\nlabels: [a]\r\n---\r\n\r\n\u{1F600} \n")
    let delivery = try await deliver(status("In Progress", expected: ["todo"]))
    #expect(delivery == .done("moved to `In Progress`"))
    #expect(
      try Files.readText(path)
        == "---\r\n# w\r\nstatus:   In Progress   # soon\r\nlabels: [a]\r\n---\r\n\r\n\u{1F600} \n"
    )
    let inode = Files.inode(path)
    #expect(
      try await deliver(status("in progress"), tries: 1)
        == .done("it was in `In Progress` already"))
    #expect(Files.inode(path) == inode, "nothing to write")
  }

  @Test func aHumanWasFaster() async throws {
    try write("---\nstatus: Paused\n---\nx")
    let bytes = try Files.read(path)
    #expect(
      superseded(try await deliver(status("Review", expected: ["Todo"])))?.contains("`Paused`")
        == true)
    try write("---\nstatus: Done\n---\nx")
    #expect(superseded(try await deliver(status("Review"))) != nil, "a closed issue stays closed")
    try write("---\nstatus: Paused\n---\nx")
    #expect(try Files.read(path) == bytes)
    // A file without a status is in any.
    try write("Only words.\n")
    #expect(try await deliver(status("Review", expected: ["Todo"])) == .done("moved to `Review`"))
    #expect(try Files.readText(path) == "---\nstatus: Review\n---\nOnly words.\n")
  }

  @Test func checksAndEndedPullRequestsHoldAMoveBack() async throws {
    try write("---\nstatus: Todo\n---\nx")
    #expect(
      try await deliver(status("Review", checks: ["build"]))
        == .waiting("the local tracker has no checks"))
    let record = try directory.write(
      "project/issues/pull-requests/1.md", "---\nhead: symphony/x\nstate: merged\n---\n")
    let order = status("Review", needsPullRequest: true)
    let pull = PullRequestRef(number: 1, url: record)
    #expect(superseded(try await deliver(order, pullRequest: pull))?.contains("is merged") == true)
    try directory.write(
      "project/issues/pull-requests/1.md", "---\nhead: symphony/x\nstate: open\n---\n")
    #expect(try await deliver(order, pullRequest: pull) == .done("moved to `Review`"))
  }

  @Test func labelsAreAddedAndTakenOffOnce() async throws {
    try write("---\nlabels: [Symphony, 'in work']  # two\n---\nx")
    let move = labels(add: ["review", "symphony"], remove: ["In Work", "other"])
    #expect(try await deliver(move) == .done("labels: +review -in work"))
    #expect(try Files.readText(path) == "---\nlabels: [Symphony, review]  # two\n---\nx")
    #expect(try await deliver(move, tries: 1) == .done("the labels were so already"))
  }

  @Test func closingSetsAClosedStatus() async throws {
    try write("---\ntitle: x\n---\nx")
    guard case .done = try await deliver(close) else {
      Issue.record("it was not closed")
      return
    }
    let issue = try localIssue(path)
    #expect(issue.isClosed)
    #expect(issue.title == "x")
    let bytes = try Files.read(path)
    #expect(try await deliver(close, tries: 1) == .done("it was closed already"))
    #expect(try Files.read(path) == bytes)
  }

  @Test func draftsAndMissingFilesAreNobodysDebt() async throws {
    let draft = OutboxEntry.Payload.convertDraft(DraftOrder(repository: name))
    #expect(superseded(try await deliver(draft)) != nil)
    try directory.write("project/issues/2-b.md", "Another.")
    #expect(superseded(try await deliver(status("Review")))?.contains("no longer") == true)
    #expect(superseded(try await deliver(labels(add: ["x"]))) != nil)
    #expect(superseded(try await deliver(close)) != nil)
    // An empty folder shows nothing.
    try Files.remove(directory.file("project/issues/2-b.md"))
    let error = await failure { () async throws(TrackerError) in _ = try await deliver(close) }
    #expect(error?.code == "tracker_unreachable")
  }

  @Test(arguments: ["---\nstatus: Todo\n", "", "---\nx\n---\n"])
  func aDamagedFileIsLeftAlone(_ text: String) async throws {
    try write(text)
    let error = await failure { () async throws(TrackerError) in
      _ = try await deliver(status("Review"))
    }
    #expect(error?.code == "tracker_malformed")
    #expect(error?.sentence.contains("1-a.md:") == true)
    #expect(try Files.readText(path) == text)
  }

  @Test func textThatIsNotUTF8IsLeftAlone() async throws {
    let bytes: [UInt8] = Array("---\nstatus: Todo\n---\n".utf8) + [0xE9, 0x0A]
    let made = bytes.withUnsafeBytes { buffer -> Bool in
      guard let file = fopen(path, "w") else { return false }
      defer { fclose(file) }
      return fwrite(buffer.baseAddress, 1, buffer.count, file) == buffer.count
    }
    #expect(made)
    let error = await failure { () async throws(TrackerError) in
      _ = try await deliver(status("Review"))
    }
    #expect(error?.sentence.contains("not UTF-8") == true)
    #expect(try Files.read(path) == bytes)
  }

  @Test func theFilesRightsStayAndNoMoreThanRights() async throws {
    try write("---\nstatus: Todo\n---\nx")
    #expect(chmod(path, 0o4664) == 0)
    _ = try await deliver(status("Review"))
    #expect(try Files.readText(path) == "---\nstatus: Review\n---\nx")
    #expect(Files.permissions(path) == 0o664)
  }

  @Test func whatALinkLeadsToIsNotChanged() async throws {
    let target = try directory.write("elsewhere.md", "---\nstatus: Todo\n---\nx", mode: 0o640)
    #expect(symlink(target, path) == 0)
    let error = await failure { () async throws(TrackerError) in
      _ = try await deliver(status("Review"))
    }
    #expect(error?.sentence.contains("is a symbolic link, not a regular file") == true)
    #expect(Files.linkTarget(path) == target)
    #expect(try Files.readText(target) == "---\nstatus: Todo\n---\nx")
  }
}
