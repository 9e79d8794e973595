// Files of Git LFS for an agent that is locked in: it finds them without network, what it makes is
// sent, and what it leaves in the place of an object gets no further than its clone.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

private let obstacle =
  LargeFilesYard.program == nil
  ? "git-lfs is not installed" : Sandbox.problem(environment: Host.environment)

@Suite(.ownThreads, .enabled(if: obstacle == nil, "no git-lfs or no sandbox on this machine"))
struct SandboxLargeFilesTests {
  private let draw = LargeFilesYard.draw
  /// Nor does git make the object anew from the file, while it looks for changes.
  private let forget =
    "git update-index --assume-unchanged art/logo.png; echo other > art/logo.png"

  private func perform(
    _ yard: WorkerYard, _ script: String, _ change: (inout RunSpec) -> Void = { _ in }
  ) throws -> RunResult {
    try yard.perform(script) {
      $0.agent.sandbox.kind = .bubblewrap
      $0.agent.maxTurns = 1
      change(&$0)
    }
  }
  private func why(_ result: RunResult) -> String {
    guard case .unpushed(_, let why) = result.push else {
      Issue.record("\(result.push) \(result.summary)")
      return ""
    }
    return why
  }

  @Test func itSeesFilesAndItsOwnAreSent() throws {
    let yard = try LargeFilesYard.make()
    try LargeFilesYard.add("one", yard)
    let first = try perform(yard, "cat art/one.png > seen; \(draw)")
    #expect(first.push == .pushed(head: try yard.remoteTip()), "\(first) \(yard.logged)")
    #expect(yard.text("state/workspaces/w42/seen") == "one\n")
    #expect(try LargeFilesYard.objects(yard) == 2)
    // What the base got meanwhile is there for a merge, and an older file comes back.
    try LargeFilesYard.add("two", yard)
    let second = try perform(
      yard,
      "git fetch -q && git merge -qm merge origin/main && cat art/two.png > seen2; "
        + "rm -r art .git/lfs; git checkout -q . && cat art/logo.png >> seen2; git add . "
        + "&& git commit -qm more")
    #expect(second.push == .pushed(head: try yard.remoteTip()), "\(second) \(yard.logged)")
    let errors = Files.tail(yard.directory.agentErrors, limit: 2000)
    #expect(yard.text("state/workspaces/w42/seen2") == "two\npicture-1\n", "\(errors)")
  }

  /// One picture that its server has lost must not keep all items of a repository from their work.
  @Test func whatTheServerHasLostIsSaidAndStopsNobody() throws {
    let yard = try LargeFilesYard.make()
    try LargeFilesYard.add("one", yard)
    try yard.shell("rm $(find remote.git/lfs/objects -type f)")
    let result = try perform(yard, "head -c 7 art/one.png > seen; \(commitScript)")
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result)")
    #expect(yard.text("state/workspaces/w42/seen") == "version")
    #expect(result.summary.contains("files of Git LFS are not on their server"))
  }

  /// An outage of the objects' server, which need not be the remote's, spends nobody's attempts.
  @Test(arguments: ["fetch", "push"])
  func aServerThatIsAwayIsWaitedFor(command: String) throws {
    let yard = try LargeFilesYard.make()
    try LargeFilesYard.add("one", yard)
    let program = try #require(LargeFilesYard.program)
    try yard.shell(
      """
      mkdir bin; printf '%s\\n' '#!/bin/sh' 'if [ "$1" = \(command) ]; then' \
        'echo "batch response: Post: dial tcp 127.0.0.1:9: connect: connection refused" >&2; exit 2' \
        'fi' 'exec \(program) "$@"' > bin/git-lfs
      chmod +x bin/git-lfs
      """)
    yard.environment["PATH"] = yard.path("bin") + ":" + (yard.environment["PATH"] ?? "")
    let result = try perform(yard, draw)
    #expect(result.code == "remote_failed", "\(result)")
    #expect(result.summary.contains("connection refused") == (command == "fetch"))
    if command == "push" { #expect(why(result).contains("connection refused")) }
  }

  /// The user's own settings about where objects lie would lead out of the sandbox.
  @Test func itsStoreIsItsOwn() throws {
    let yard = try LargeFilesYard.make()
    try LargeFilesYard.add("one", yard)
    try yard.shell("git config --global lfs.storage $YARD/shared")
    let result = try perform(yard, "cat art/one.png > seen; \(draw)")
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result) \(yard.logged)")
    #expect(yard.text("state/workspaces/w42/seen") == "one\n")
    #expect(!Files.exists(yard.path("shared")))
  }

  /// Each puts something else in the place of the object `$f`.
  @Test(arguments: [
    ("rm -f $f; echo another > $f", "its content is not that of its name"),
    ("rm -f $f; ln -s $PWD/kept $f", "neither here nor on the remote"),
    ("rm -f $f; mkfifo $f", "neither here nor on the remote"),
    ("rm -f $f; mkdir $f", "it is a directory"),
    ("chmod u+w $f; truncate -s 6T $f", "it has more than"),
    ("mv .git/lfs .git/kept; ln -s kept .git/lfs", "neither here nor on the remote"),
    ("d=$(dirname $f); mv $d $d.x; ln -s $PWD/$d.x $d", "neither here nor on the remote"),
    ("rm -f $f", "neither here nor on the remote"),
  ])
  func whatIsNotTheObjectIsNotTaken(plant: String, words: String) throws {
    let yard = try LargeFilesYard.make()
    let result = try perform(
      yard, "\(draw); cp art/logo.png kept; \(forget); f=$(find .git/lfs/objects -type f); \(plant)"
    ) { $0.git.settings.commitLeftovers = false }
    let why = why(result)
    #expect(why.contains("art/logo.png") && why.contains(words), "\(why)")
    #expect(try LargeFilesYard.objects(yard) == 0)
    #expect(try LargeFilesYard.objects(yard, "state/repos/acme/app.git") == 0)
    #expect(try yard.remoteTip() != result.head)
  }

  /// The content is there for whoever can write the digest; only what lies in the clone is taken.
  @Test func aPointerToAFileOfTheMachineSendsNothing() throws {
    let yard = try LargeFilesYard.make()
    try yard.shell("echo SECRET > secret")
    let digest = try yard.shell("sha256sum secret | cut -c 1-64")
    let folder = ".git/lfs/objects/\(digest.prefix(2))/\(digest.dropFirst(2).prefix(2))"
    let result = try perform(
      yard,
      """
      printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:\(digest)\\nsize 7\\n' > art/p.png
      git add . && git commit -qm pointer
      mkdir -p \(folder); ln -s \(yard.root)/secret \(folder)/\(digest)
      """)
    #expect(why(result).contains("neither here nor on the remote"), "\(why(result))")
    #expect(try LargeFilesYard.objects(yard) == 0)
  }

  /// A debt needs no clone to be paid, and what was lost may come back.
  @Test func objectsStayWithTheCommits() throws {
    let yard = try LargeFilesYard.make()
    let store = "state/workspaces/w42/.git/lfs/objects"
    let first = try perform(yard, "\(draw); \(forget); mv .git/lfs/objects .git/kept") {
      $0.git.settings.commitLeftovers = false
    }
    #expect(why(first).contains("neither here nor on the remote"))
    let head = try #require(first.head)
    try yard.shell("mv state/workspaces/w42/.git/kept \(store)")
    let second = try perform(yard, "true") { $0.git.debt = head }
    #expect(second.push == .pushed(head: head), "\(second)")
    #expect(try LargeFilesYard.objects(yard) == 1)
    #expect(try LargeFilesYard.objects(yard, "state/repos/acme/app.git") == 1)
  }

  // MARK: The configuration of the clone

  /// What stands in the place of the file is replaced, and nothing is written through it.
  @Test(arguments: [
    "rm config; mkdir config; touch config/x", "rm config; mkfifo config",
    "rm config; ln -s $YARD/victim config", "ln -f $YARD/victim config", "echo '[broken' > config",
    "rm config", "ln config $YARD/twin",
    "git config -f config remote.origin.url https://evil.example/; "
      + "git config -f config lfs.url https://evil.example/",
  ])
  func itIsWrittenAnew(plant: String) throws {
    let yard = try LargeFilesYard.make()
    _ = try perform(yard, commitScript)
    let config = yard.workspace + "/.git/config"
    let before = try Files.readText(config)
    try yard.shell("cp \(config) victim; echo '# mine' >> victim; cp victim kept")
    try yard.shell("cd \(yard.workspace)/.git; \(plant)")
    let result = try perform(
      yard, "\(commitScript); git config user.name && echo x; git fetch -q origin && echo ok > ok")
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result) \(yard.logged)")
    #expect(yard.text("state/workspaces/w42/ok") == "ok\n")
    #expect(yard.text("victim") == yard.text("kept"))
    let after = String(decoding: try Files.readOwn(config), as: UTF8.self)
    #expect(!after.contains("evil") && !after.contains("mine"), "\(after)")
    for line in before.split(separator: "\n") where line.contains("file://") {
      #expect(after.contains(line), "\(after)")
    }
    #expect(Files.isOnlyName(config))
  }

  @Test func whatAHookSetInItStays() throws {
    let yard = try LargeFilesYard.make()
    let hooks = [
      "after_create": "git config core.hooksPath .husky; git config user.nickname 'a \"b\"#c'; "
        + "git remote add upstream https://example.com/up"
    ]
    for _ in 0..<2 {
      let result = try perform(
        yard,
        "git config core.hooksPath > seen; git config user.nickname >> seen; "
          + "git remote get-url upstream >> seen; \(commitScript)"
      ) { $0.hooks.scripts = hooks }
      #expect(result.outcome == .succeeded, "\(result)")
      #expect(
        yard.text("state/workspaces/w42/seen")
          == ".husky\na \"b\"#c\nhttps://example.com/up\n")
    }
  }
}
