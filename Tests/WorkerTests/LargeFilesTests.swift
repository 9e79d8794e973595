// Files that Git LFS keeps reach the remote before the commits that point to them.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

/// A repository whose pictures git-lfs keeps, for a user who has installed it.
enum LargeFilesYard {
  static let program = Spawn.find("git-lfs", environment: Host.environment)
  static let draw = "echo picture-$TURN > art/logo.png && git add -A && git commit -qm logo"

  static func make() throws -> WorkerYard {
    let yard = try WorkerYard()
    try Files.writeAtomically(
      yard.path("home/.gitconfig"),
      """
      [filter "lfs"]
      clean = git-lfs clean -- %f
      smudge = git-lfs smudge -- %f
      process = git-lfs filter-process
      required = true
      """)
    yard.environment["GIT_CONFIG_GLOBAL"] = yard.path("home/.gitconfig")
    try yard.shell(
      """
      cd seed && mkdir art && echo '*.png filter=lfs diff=lfs merge=lfs -text' > art/.gitattributes
      git add . && git commit -qm attributes && git push -q ../remote.git main
      """)
    return yard
  }

  /// How many a repository holds.
  static func objects(_ yard: WorkerYard, _ repository: String = "remote.git") throws -> Int {
    Int(
      try yard.shell(
        "mkdir -p \(repository)/lfs/objects; find \(repository)/lfs/objects -type f | wc -l")) ?? -1
  }

  /// Another person's picture on the base branch, with its object.
  static func add(_ name: String, _ yard: WorkerYard) throws {
    try yard.shell(
      """
      cd seed && echo \(name) > art/\(name).png && git add . && git commit -qm \(name)
      git push -q --no-verify ../remote.git main && git lfs push file://$YARD/remote.git main
      """)
  }
}

@Suite(.ownThreads, .enabled(if: LargeFilesYard.program != nil, "git-lfs is not installed"))
struct LargeFilesTests {
  private let draw = LargeFilesYard.draw
  private func makeYard() throws -> WorkerYard { try LargeFilesYard.make() }
  private func objects(_ yard: WorkerYard) throws -> Int { try LargeFilesYard.objects(yard) }

  @Test func theirObjectsAreSentFirst() throws {
    let yard = try makeYard()
    try yard.shell(
      """
      printf '#!/bin/sh\\ntest ! -e $YARD/drawn || test -d lfs/objects || exit 1\\n' > hook
      chmod +x hook && mv hook remote.git/hooks/pre-receive
      """)
    let result = try yard.perform("\(draw); touch $YARD/drawn")
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result.push)")
    #expect(try objects(yard) == 1)
    try yard.shell("git --git-dir=remote.git show \(WorkerYard.branch):art/logo.png | grep -q oid")
  }

  /// Who can write a file into the branch does not decide where contents are sent.
  @Test func whereTheyGoIsNotTheAgentsToSay() throws {
    let yard = try makeYard()
    try yard.shell("git init -q --bare evil.git")
    let steer = "printf '[lfs]\\n\\turl = file://%s/evil.git\\n' \"$YARD\" > .lfsconfig"
    let result = try yard.perform("\(steer); \(draw)")
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result.push)")
    #expect(try objects(yard) == 1)
    #expect(!Files.exists(yard.path("evil.git/lfs/objects")))
  }

  @Test func whatCannotBeSentIsADebtThatIsTriedABoundedNumberOfTimes() throws {
    let yard = try makeYard()
    // The object that the agent's pointer names is nowhere.
    let zeros = String(repeating: "0", count: 64)
    let first = try yard.perform(
      """
      printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:\(zeros)\\nsize 5\\n' > p
      id=$(git hash-object -w --no-filters p); rm p
      git update-index --add --cacheinfo 100644,$id,art/logo.png && git commit -qm pointer
      git checkout -q HEAD~0 2>/dev/null; git update-index --assume-unchanged art/logo.png
      """
    ) { $0.git.settings.commitLeftovers = false }
    let head = try #require(first.head)
    guard case .unpushed(_, let why) = first.push else {
      Issue.record("\(first.push)")
      return
    }
    #expect(why.contains("Git LFS"))
    var last = first.push
    for _ in 1..<PushTries.limit { last = try yard.perform("true") { $0.git.debt = head }.push }
    guard case .refused = last else {
      Issue.record("\(last)")
      return
    }
  }

  /// A branch must not be published without its files because a file in it says that this is fine.
  @Test func whatIsMissingIsNotTheAgentsToForgive() throws {
    let yard = try makeYard()
    let zeros = String(repeating: "0", count: 64)
    let result = try yard.perform(
      """
      printf '[lfs]\\n\\tallowincompletepush = true\\n' > .lfsconfig; git add .lfsconfig
      printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:\(zeros)\\nsize 5\\n' > p
      id=$(git hash-object -w --no-filters p); rm p
      git update-index --add --cacheinfo 100644,$id,art/logo.png && git commit -qm pointer
      git update-index --assume-unchanged art/logo.png
      """
    ) {
      $0.git.settings.useWorktrees = false
      $0.git.settings.commitLeftovers = false
    }
    guard case .unpushed(_, let why) = result.push else {
      Issue.record("\(result.push)")
      return
    }
    #expect(why.contains("art/logo.png") && why.contains(zeros), "\(why)")
  }

  /// The pointers stay in the history.
  @Test func attributesThatWereTakenBackCount() throws {
    let yard = try makeYard()
    let result = try yard.perform("\(draw); git rm -qr art && git commit -qm back")
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result.push)")
    #expect(try objects(yard) == 1)
  }

  /// Those of .lfsconfig on the base branch, for a remote on another machine.
  @Test(arguments: [
    ("https://files.example.com/a", true), ("ssh://git@files.example.com/a", true),
    ("git@files.example.com:a", true), ("http://files.example.com/a", false),
    ("file:///srv/private.git", false), ("/srv/private.git", false),
    ("ssh://-oProxyCommand=touch/a", false), ("git@-oProxyCommand=touch:a", false),
    ("-oProxyCommand=touch@x:a", false), ("ext::sh -c touch", false), ("ext://a", false),
  ])
  func whereObjectsMayGo(url: String, allowed: Bool) throws {
    let yard = try WorkerYard()
    let run = try yard.live { $0.git.cloneURL = "https://example.com/acme/app" }
    let git = GitCommand(run)
    let files = LargeFiles(
      git: git,
      checkout: Checkout(
        path: yard.workspace,
        repository: FetchedRepository(git: git, path: yard.cache, isBare: true),
        baseBranch: "main", isComplete: true, isWalled: false))
    #expect(files.isAllowed(url, for: run.spec.git.cloneURL) == allowed)
  }
}
