// A repository with submodules: they are not fetched, which is said to people and to the agent;
// what hooks or agents fill is looked at before anything is published or removed.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct SubmoduleTests {
  private static let allowed = "git -c protocol.file.allow=always"

  /// A remote `library.git`, linked to from `lib/inner` of the repository.
  private static func yard(_ names: [String] = ["lib/inner"]) throws -> WorkerYard {
    let yard = try WorkerYard()
    let add = names.map {
      "\(allowed) -C seed submodule --quiet add '\(yard.path("library.git"))' '\($0)'"
    }
    try yard.shell(
      """
      git init --quiet --bare -b main library.git
      git init --quiet -b main other && cd other && echo lib > lib && git add . && \
      git commit -qm lib && git push --quiet ../library.git main && cd ..
      \(add.joined(separator: "\n"))
      cd seed && git commit -qm modules && git push --quiet ../remote.git main
      """)
    return yard
  }

  @Test func whatIsNotFilledIsSaidToPeopleAndToTheAgent() throws {
    let yard = try Self.yard()
    let result = try yard.perform(commitScript)
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.remarks.count == 1)
    #expect(result.remarks.first?.contains("submodule `lib/inner`") == true, "\(result.remarks)")
    #expect(result.remarks.first?.contains("git submodule update") == true)
    let prompt = yard.text("state/runs/\(result.runID)/prompt-1.md")
    #expect(prompt.contains("without the submodule `lib/inner`"), "\(prompt)")
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(try yard.cleanUp().removed)
  }

  @Test func manyAreCountedAndNamesCannotSpeak() throws {
    let names = (1...6).map { "m\($0)" } + ["odd`\u{1B}[2Jname"]
    let yard = try Self.yard(names)
    let remark = try #require(try yard.perform(commitScript).remarks.first)
    #expect(remark.contains("and 2 more"), "\(remark)")
    #expect(!remark.unicodeScalars.contains("\u{1B}"))
  }

  @Test func aHookMayFillThem() throws {
    let yard = try Self.yard()
    let result = try yard.perform("test -e lib/inner/lib && \(commitScript)") {
      $0.hooks.scripts["after_create"] =
        "GIT_ALLOW_PROTOCOL=file git submodule --quiet update --init --recursive"
    }
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.remarks.isEmpty, "\(result.remarks)")
    let prompt = yard.text("state/runs/\(result.runID)/prompt-1.md")
    #expect(!prompt.contains("submodule"))
    #expect(try yard.cleanUp().removed)
  }

  private static let fill =
    "git -c protocol.file.allow=always submodule --quiet update --init && cd lib/inner && "
    + "echo more > more && git add more && git commit -qm more && cd ../.."

  @Test func aCommitInOneThatNobodyHasIsNeitherPublishedNorRemoved() throws {
    let yard = try Self.yard()
    let result = try yard.perform("\(Self.fill) && git add lib/inner && git commit -qm link")
    #expect(result.code == "nested_repository", "\(result.summary)")
    #expect(result.summary.contains("push it there first"), "\(result.summary)")
    #expect(try yard.remoteTip() == yard.remoteTip("main"))
  }

  @Test func oneThatIsNotEvenLinkedKeepsTheWorkspace() throws {
    let yard = try Self.yard()
    let result = try yard.perform("\(Self.fill) && \(commitScript)") {
      $0.git.settings.commitLeftovers = false
    }
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result.summary)")
    let cleaned = try yard.cleanUp()
    #expect(!cleaned.removed, "\(cleaned.summary)")
    #expect(cleaned.summary.contains("lib/inner"), "\(cleaned.summary)")
    #expect(Files.exists(yard.workspace + "/lib/inner/more"))
    // Pushed there, it may go.
    try yard.shell("git -C state/workspaces/w42/lib/inner push --quiet origin HEAD:main")
    #expect(try yard.cleanUp().removed)
  }

  @Test func whatIsOnItsRemoteIsPublished() throws {
    let yard = try Self.yard()
    let result = try yard.perform(
      "\(Self.fill) && git -C lib/inner push --quiet origin HEAD:main && "
        + "git add lib/inner && git commit -qm link")
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result.summary)")
    #expect(try yard.cleanUp().removed)
  }
}
