// Files that are missing, empty or half-saved for a moment: what a folder may be believed.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Synchronization
import Testing

@testable import SymphonyTrackers

@Suite struct LocalLookTests {
  private let directory: TemporaryDirectory
  private let folder: String

  init() throws {
    directory = try TemporaryDirectory("local-look")
    try directory.directory("project/issues")
    folder = directory.file("project/issues")
  }

  /// What `meanwhile` does happens between the two looks.
  private func survey(
    _ ids: [String], meanwhile: @escaping @Sendable () -> Void = {}
  ) async -> Survey {
    await tracker(meanwhile).survey(SurveyQuestion(watched: watched(ids), cachedOnly: false))
  }

  private func confirm(_ ids: [String]) async -> Survey { await tracker {}.confirm(watched(ids)) }

  private func tracker(_ meanwhile: @escaping @Sendable () -> Void) -> LocalTracker {
    var policy = TrackerPolicy()
    policy.kind = .local
    policy.directory = folder
    return LocalTracker(
      policy: policy, projectDirectory: directory.file("project"), environment: Git.environment,
      now: { noon }, betweenLooks: { meanwhile() })
  }

  private func watched(_ ids: [String]) -> [SurveyQuestion.Watched] {
    let name = RepositoryName(owner: "local", name: "project")
    return ids.map { id in
      SurveyQuestion.Watched(
        record: ItemRecord(
          item: WorkItem(
            id: ItemID("local:\(id)"), key: ItemKey(repository: name, reference: id),
            repository: name, number: nil, title: ""), branch: "symphony/\(id)", now: noon),
        wantsPullRequest: false, commentsSince: nil)
    }
  }

  private func write(_ name: String, _ text: String) throws {
    try directory.write("project/issues/\(name)", text)
  }

  private func code(_ survey: Survey, _ id: String) -> String? {
    switch survey.answers[ItemID("local:\(id)")] {
    case .found?: "found"
    case .gone?: "gone"
    case .unknown(let error)?: error.code
    case nil: nil
    }
  }

  private func candidates(_ survey: Survey) -> [WorkItem] {
    if case .items(let items) = survey.candidates { items } else { [] }
  }

  @Test(arguments: ["", " \n", "---\nlabels: [symphony]\n"])
  func aHalfSavedFileIsNoFact(_ text: String) async throws {
    try write("1-a.md", text)
    let unwatched = await survey([])
    #expect(candidates(unwatched).map(\.dependenciesKnown) == [false])
    #expect(unwatched.notices.contains { $0.contains("1-a.md:1: ") })
    let watched = await survey(["1-a"])
    #expect(code(watched, "1-a") == "tracker_malformed")
    #expect(candidates(watched).isEmpty)
    #expect(watched.notices.contains { $0.contains("1-a.md:1: ") })
  }

  @Test func aFileBeingReplacedIsNotGone() async throws {
    try write("1-a.md", "Do it.")
    try write("2-b.md", "Do that.")
    let path = Files.join(folder, "1-a.md")
    let kept = try Files.readText(path)
    try Files.remove(path)
    let back = await survey(["1-a", "2-b"]) { try? Files.writeAtomically(path, kept) }
    #expect(code(back, "1-a") == "found")
    #expect(candidates(back).count == 2)
    // Gone is what both looks miss; another that only the second misses is not.
    try Files.remove(path)
    let other = Files.join(folder, "2-b.md")
    try write("3-c.md", "More.")
    let gone = await survey(["1-a", "2-b"]) { try? Files.remove(other) }
    #expect(code(gone, "1-a") == "gone")
    #expect(code(gone, "2-b") == "tracker_unreachable")
  }

  @Test func aSecondLookIsTakenOnlyForWhatIsMissing() async throws {
    try write("1-a.md", "Do it.")
    let looks = Looks()
    _ = await survey(["1-a"]) { looks.count.withLock { $0 += 1 } }
    #expect(looks.count.withLock { $0 } == 0)
    _ = await survey(["1-a", "9-z"]) { looks.count.withLock { $0 += 1 } }
    #expect(looks.count.withLock { $0 } == 1)
  }

  private final class Looks: Sendable { let count = Mutex(0) }

  @Test func aConfirmationReadsTheFilesAgain() async throws {
    try write("1-a.md", "---\nstatus: Todo\nblocked_by: 2\n---\nDo it.")
    try write("2-b.md", "First this.")
    let before = await survey(["1-a"])
    try write("1-a.md", "---\nstatus: Paused\n---\nDo it differently.")
    let after = await confirm(["1-a", "9-z"])
    guard case .found(let old)? = before.answers[ItemID("local:1-a")],
      case .found(let item)? = after.answers[ItemID("local:1-a")], case .skipped = after.candidates
    else {
      Issue.record("\(after)")
      return
    }
    #expect(old.blockedBy.count == 1)
    #expect(item.blockedBy.isEmpty)
    #expect([item.status, item.body] == ["Paused", "Do it differently."])
    #expect(code(after, "9-z") == "gone")
    #expect(after.pullRequestsKnown)
    try Files.removeTree(folder)
    let blind = await confirm(["1-a"])
    #expect(code(blind, "1-a") == "tracker_misconfigured")
    guard case .skipped = blind.candidates else {
      Issue.record("a confirmation lists nothing")
      return
    }
  }

  @Test func anEmptyOrVanishedFolderMakesNothingGone() async throws {
    #expect(code(await survey(["1-a"]), "1-a") == "tracker_unreachable")
    let vanishing = folder
    let vanished = await survey(["1-a"]) { try? Files.removeTree(vanishing) }
    #expect(code(vanished, "1-a") == "tracker_misconfigured")
    guard case .failed = vanished.candidates else {
      Issue.record("a folder that vanished was listed")
      return
    }
  }
}
