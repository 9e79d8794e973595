// What git outside the sandbox is led to by what an agent inside left: nothing, because it never
// looks there. Filters, hooks and borrowed objects of the agent's have their say inside only.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

private let obstacle = Sandbox.problem(environment: Host.environment)

@Suite(.ownThreads, .enabled(if: obstacle == nil, "no sandbox can be had on this machine"))
struct SandboxGitTests {
  private func perform(
    _ yard: WorkerYard, _ script: String, hooks: [String: String] = [:],
    _ change: (inout RunSpec) -> Void = { _ in }
  ) throws -> RunResult {
    try yard.perform(script) {
      $0.agent.sandbox.kind = .bubblewrap
      $0.agent.maxTurns = 1
      $0.hooks.scripts = hooks
      change(&$0)
    }
  }

  private func text(_ yard: WorkerYard, _ name: String) -> String {
    yard.text("state/workspaces/w42/\(name)")
  }

  /// A `git` in front of the real one that writes down how it was called.
  ///
  /// Inside the sandbox the file is not there to be written: what is in it was called outside.
  private func spy(_ yard: WorkerYard) throws -> String {
    let real = try #require(Spawn.find("git", environment: yard.environment))
    let log = yard.path("calls")
    try yard.shell(
      """
      mkdir -p bin && cat > bin/git <<'END'
      #!/bin/sh
      test -n "$SYMPHONY_RUN" && { echo "CALL $PWD $*"; tr '\\0' '\\n' < /proc/$$/environ | sed 's/^/ENV /'; } >> \(log) 2>/dev/null
      exec \(real) "$@"
      END
      chmod +x bin/git
      """)
    yard.environment["PATH"] = yard.path("bin") + ":" + (yard.environment["PATH"] ?? "")
    return log
  }

  @Test func outsideGitKnowsOnlyTheCache() throws {
    let yard = try WorkerYard()
    let log = try spy(yard)
    yard.environment["SYMPHONY_GIT_TOKEN"] = "ghs_0123456789abcdef"
    yard.environment["A_URL"] = "https://x:ghs_0123456789abcdef@example.com/"
    yard.environment["CLOUD_KEY"] = "known-to-nobody"
    let hooks = Dictionary(
      uniqueKeysWithValues: HookPolicy.Hook.allCases.map { ($0.rawValue, "git status") })
    for script in ["\(commitScript); echo left > leftover", commitScript] {
      let result = try perform(yard, script, hooks: hooks) {
        $0.git.credentialScope = "https://example.com/"
      }
      #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result)")
    }
    let cleaned = try yard.cleanUp {
      $0.agent.sandbox.kind = .bubblewrap
      $0.hooks.scripts = hooks
    }
    #expect(cleaned.removed, "\(cleaned.summary)")
    let lines = try Files.readText(log).split(separator: "\n")
    let calls = lines.filter { $0.hasPrefix("CALL ") && !$0.contains("upload-pack '") }
    #expect(calls.count > 10)
    for call in calls {
      // Children of git say where they work by their environment and not again.
      let isOurs = call.contains(" -c core.hooksPath=/dev/null ")
      let isNew = call.contains(" init --quiet --template= --bare")
      #expect(call.contains("--git-dir=\(yard.cache)") || isNew || !isOurs, "\(call)")
      #expect(!call.hasPrefix("CALL \(yard.workspace)"), "\(call)")
    }
    #expect(!lines.contains { $0.contains("ghs_0123456789abcdef") })
    // Whose sender inside reads what the agent made sees nothing that git does not need.
    var call = ""
    for line in lines {
      if line.hasPrefix("CALL ") { call = String(line) }
      if call.contains(" --upload-pack=") { #expect(!line.contains("CLOUD_KEY"), "\(call)") }
    }
    #expect(calls.contains { $0.contains(" --upload-pack=") })
    let basic = try yard.shell("printf x-access-token:ghs_0123456789abcdef | base64 -w0")
    #expect(!lines.contains { $0.contains(basic) })
  }

  /// Each of these would start the program when git looks for changes in the tree, or at a ref.
  @Test(arguments: [
    // A filter of a repository inside, under names that are UTF-8 and that are not.
    "n=x; \(nested); git -C $n config filter.e.clean \"$evil\"",
    "n=$(printf 'sub\\377'); \(nested); git -C \"$n\" config filter.e.clean \"$evil\"",
    "n=x; \(nested); git -C $n config core.fsmonitor \"$evil\"",
    // Everything in the clone's own directory.
    "\(borrow) core.fsmonitor \"$evil\"; echo own > .git/commondir",
    "\(borrow) diff.external \"$evil\"; echo own > .git/commondir",
    "mkdir .git/h2; printf '#!/bin/sh\\n%s\\n' \"$evil\" > .git/h2/post-index-change; chmod +x .git/h2/*;"
      + "\(borrow) core.hooksPath .git/h2; echo own > .git/commondir",
    "\(borrow) gc.recentObjectsHook \"$evil\"; \(borrow2) uploadpack.packObjectsHook \"$evil\";"
      + "echo own > .git/commondir",
    "\(borrow) core.alternateRefsCommand \"$evil\"; echo $PWD/.git/objects > .git/objects/info/alternates",
    "rm -rf .git/refs; ln -s /etc .git/refs",
  ])
  func whatIsPlantedStartsNothingOutside(plant: String) throws {
    let yard = try WorkerYard()
    let script =
      "evil='touch \(yard.root)/evil; cat'; \(commitScript); echo left > leftover\n\(plant)"
    _ = try perform(yard, script, hooks: ["before_run": "git status", "after_run": "git diff"])
    _ = try perform(
      yard, "\(commitScript); echo more > leftover2", hooks: ["before_run": "git diff"])
    _ = try yard.cleanUp { $0.agent.sandbox.kind = .bubblewrap }
    #expect(!Files.exists(yard.path("evil")))
  }
  private static let nested =
    "mkdir \"$n\" && git -C \"$n\" init -q && echo 'f filter=e' > \"$n/.gitattributes\" && echo 1 > \"$n/f\""
    + " && git -C \"$n\" add . && git -C \"$n\" commit -qm inner && git add \"$n\" && git commit -qm outer;"
    + " echo 2 > \"$n/f\""
  private static let borrow =
    "mkdir -p .git/own; cp .git/config .git/own/; ln -s ../objects ../refs ../HEAD .git/own/; \(borrow2)"
  private static let borrow2 = "git config -f .git/own/config"

  @Test func leftoversBesideARepositoryInsideAreCommitted() throws {
    let yard = try WorkerYard()
    let result = try perform(yard, "n=x; \(Self.nested); echo left > new")
    // A link that leads nowhere is not published; what stands beside it is committed all the same.
    #expect(result.code == "nested_repository", "\(result.summary)")
    #expect(try yard.remoteTip() == yard.remoteTip("main"))
    #expect(
      try yard.shell("git -C state/workspaces/w42 ls-tree --name-only HEAD")
        .hasSuffix("file\nnew\nx"))
  }

  /// In the place of the remote the clone has the cache, which nobody inside can write.
  @Test func fetchingGoesOnInsideWithoutTokenAndNetwork() throws {
    let yard = try WorkerYard()
    yard.environment["SYMPHONY_GIT_TOKEN"] = "ghs_0123456789abcdef"
    let look = "git fetch origin main && git rev-parse FETCH_HEAD"
    let result = try perform(
      yard,
      "\(look) > a 2>&1; git fetch -q; git ls-remote origin > b; git push origin HEAD:refs/heads/x >c 2>&1;"
        + "git pull --ff-only origin main > d 2>&1; \(commitScript)",
      hooks: ["before_run": "(\(look); env; ls /sys/class/net) > hook 2>&1"])
    let main = try yard.remoteTip("main")
    #expect(text(yard, "a").contains(main), "\(text(yard, "a"))")
    #expect(text(yard, "b").contains("\(main)\trefs/heads/main"), "\(text(yard, "b"))")
    #expect(text(yard, "c").contains("remote rejected"), "\(text(yard, "c"))")
    #expect(text(yard, "d").contains("up to date"), "\(text(yard, "d"))")
    let hook = text(yard, "hook")
    #expect(hook.contains(main), "\(hook)")
    #expect(!hook.contains("ghs_0123"))
    #expect(hook.contains("SYMPHONY_ISSUE_KEY"))
    #expect(result.outcome == .succeeded, "\(result.summary)")
  }

  /// A filter of a repository inside runs in our own git, inside: the clone's configuration is as
  /// closed to it as to the agent, and what it plants is gone when the run is over.
  @Test(arguments: [true, false])
  func whatRunsInOurGitInsideLeavesNothingForTheNextOne(sandboxed: Bool) throws {
    let yard = try WorkerYard()
    let evil = "touch \(yard.root)/evil; cat"
    // What lies in the repository inside stays a danger for whoever looks there.
    let look = "git status --ignore-submodules=all >/dev/null && git diff --ignore-submodules=all"
    _ = try perform(
      yard,
      """
      top=$PWD; n=sub; \(Self.nested)
      git config -f .gitmodules submodule.sub.path sub; git config -f .gitmodules submodule.sub.url ./sub
      git config -f .gitmodules submodule.sub.ignore none; git add .gitmodules; git commit -qm modules
      mkdir -p .evil; cp .git/config .evil/; git config -f .evil/config core.fsmonitor '\(evil)'
      ln -s ../.git/objects ../.git/refs ../.git/HEAD .evil/
      cat > .evil/filter <<END
      git -C $top config diff.external '\(evil)'; echo ../.evil > $top/.git/commondir; cat
      END
      git -C sub config filter.e.clean "sh $top/.evil/filter"; echo 3 > sub/f; echo left > left
      """, hooks: ["after_run": look]
    ) { $0.hooks.sandboxed = sandboxed }
    #expect(!Files.exists(yard.path("evil")))
    #expect(!Files.exists(yard.workspace + "/.git/commondir"))
    #expect(!((try? Files.readText(yard.workspace + "/.git/config")) ?? "").contains("evil"))
    // As a person would look.
    try yard.shell("cd state/workspaces/w42 && \(look) >/dev/null")
    #expect(!Files.exists(yard.path("evil")))
  }

  /// The hook is the operator's, the script it runs is the agent's.
  @Test(arguments: ["config.worktree", "gitdir", "commondir", "hooks/pre-commit", "note"])
  func whatAHookInsidePlantsOpensNothing(name: String) throws {
    let yard = try WorkerYard()
    try yard.shell("mkdir hidden && echo HIDDEN > hidden/key")
    let target = name.contains("/") ? "hidden/key" : "hidden"
    let hooks = ["before_turn": "test ! -f check.sh || sh check.sh"]
    _ = try perform(
      yard,
      "echo 'ln -sfn \(yard.root)/\(target) .git/\(name)' > check.sh; git add .; git commit -qm c",
      hooks: hooks)
    _ = try perform(
      yard,
      "cat \(yard.root)/hidden/key > seen 2>&1; cat .git/\(name)/key .git/\(name) >> seen 2>&1; "
        + "rm -f check.sh", hooks: hooks)
    #expect(!text(yard, "seen").contains("HIDDEN"), "\(text(yard, "seen"))")
  }

  @Test func aHookInsideSeesWhatTheAgentSees() throws {
    let yard = try WorkerYard()
    yard.environment["CLOUD_KEY"] = "known-to-nobody"
    yard.environment["SYMPHONY_GIT_TOKEN"] = "ghs_0123456789abcdef"
    _ = try perform(
      yard, commitScript,
      hooks: ["before_run": "env > hook; printf 'red \\033]0;title\\007\\n'"]
    ) {
      $0.agent.environment.inherit = .minimal
      $0.agent.passGitHubToken = true
    }
    let seen = text(yard, "hook")
    #expect(seen.contains("SYMPHONY_BRANCH=") && seen.contains("PATH="), "\(seen)")
    #expect(!seen.contains("CLOUD_KEY") && !seen.contains("ghs_0123"), "\(seen)")
    let log = Files.tail(yard.directory.hooksLog, limit: 9999)
    #expect(log.contains("red \\u{1B}]0;title") && !log.contains("\u{1B}"), "\(log)")
  }

  /// git's own checks at the border: an agent can write any object by hand.
  @Test func malformedCommitsAreRefusedAndKept() throws {
    let yard = try WorkerYard()
    let result = try perform(
      yard,
      """
      t=$(git rev-parse HEAD^{tree}); p=$(git rev-parse HEAD)
      c=$(printf 'tree %s\\nparent %s\\nauthor <x> 1 +0000\\ncommitter <x> 1 +0000\\n\\nm\\n' $t $p \\
        | git hash-object -t commit -w --stdin --literally)
      git update-ref refs/heads/\(WorkerYard.branch) $c
      """)
    guard case .refused(_, let why) = result.push else {
      Issue.record("\(result)")
      return
    }
    #expect(why.contains("fsck") || why.contains("error: object"), "\(why)")
    #expect(Files.exists(yard.workspace))
  }

  /// An object borrowed from elsewhere on the machine would leave with the push.
  @Test func nothingIsBorrowedFromOtherRepositories() throws {
    let yard = try WorkerYard()
    try yard.shell(
      """
      git init -q -b main private && cd private && echo PRIVATE > f && git add . && git commit -qm p
      """)
    let secret = try yard.shell("git -C private rev-parse HEAD")
    let result = try perform(
      yard,
      "echo \(yard.root)/private/.git/objects > .git/objects/info/alternates; "
        + "echo \(secret) > .git/refs/heads/\(WorkerYard.branch)")
    #expect(result.push != .pushed(head: secret))
    #expect(try yard.remoteTip() != secret)
  }

  /// The branch must not end up on another remote than the one that is named.
  @Test func aPushRemoteThatOnlyTheCloneKnowsIsNotReplaced() throws {
    let yard = try WorkerYard()
    let result = try perform(
      yard, commitScript, hooks: ["after_create": "git remote add fork \(yard.root)/fork.git"]
    ) { $0.git.settings.pushRemoteName = "fork" }
    #expect(result.code == "push_remote_missing", "\(result)")
    #expect(try yard.remoteTip() == "")
  }

  // MARK: Hooks outside, where the workflow wants them there

  /// `ignore = none` would have git look into the repository inside, and run its filter.
  @Test(arguments: ["sub", "a b.c=d"])
  func hooksOutsideDoNotLookIntoRepositoriesInside(name: String) throws {
    let yard = try WorkerYard()
    _ = try perform(
      yard,
      """
      n=sub; \(Self.nested)
      git -C sub config filter.e.clean 'touch \(yard.root)/evil; cat'
      printf '[submodule "\(name)"]\\n\\tpath = sub\\n\\turl = ./sub\\n\\tignore = none\\n' > .gitmodules
      git add .gitmodules; git commit -qm modules; echo 3 > sub/f
      """, hooks: ["after_run": "git status && git diff && git log -p -1 && touch \(yard.root)/ran"]
    ) { $0.hooks.sandboxed = false }
    #expect(Files.exists(yard.path("ran")), "\(Files.tail(yard.directory.hooksLog, limit: 999))")
    #expect(!Files.exists(yard.path("evil")))
  }

  @Test func hooksOutsideFindNothingThatWasPlanted() throws {
    let yard = try WorkerYard()
    _ = try perform(
      yard,
      "\(commitScript)\nevil='touch \(yard.root)/evil; false'; "
        + "\(Self.borrow) core.fsmonitor \"$evil\"; echo own > .git/commondir",
      hooks: ["after_run": "git status >/dev/null; touch \(yard.root)/ran"]
    ) { $0.hooks.sandboxed = false }
    #expect(Files.exists(yard.path("ran")))
    #expect(!Files.exists(yard.path("evil")))
    #expect(yard.logged.contains { $0.contains("removing commondir from ") })
  }

  @Test func whatAHookOutsideMadeStays() throws {
    let yard = try WorkerYard()
    let hooks = [
      "after_create": "mkdir -p .git/hooks; ln -s /bin/true .git/hooks/pre-commit",
      "before_turn": "ln -sf /etc/hostname .git/note",
    ]
    let first = try perform(yard, "\(commitScript); ln -s /etc .git/planted", hooks: hooks) {
      $0.hooks.sandboxed = false
    }
    #expect(first.outcome == .succeeded, "\(first.summary)")
    // Replaced by the agent it is the agent's.
    let second = try perform(
      yard, "\(commitScript); ln -sf /etc/passwd .git/note; echo more > more",
      hooks: hooks.merging(["after_turn": "true"]) { $1 }
    ) { $0.hooks.sandboxed = false }
    #expect(second.outcome == .succeeded, "\(second.summary)")
    let folder = yard.workspace + "/.git/"
    #expect(Files.linkTarget(folder + "hooks/pre-commit") == "/bin/true")
    #expect(Files.linkTarget(folder + "note") == nil)
    #expect(Files.linkTarget(folder + "planted") == nil)
  }

  @Test func aHookThatNeedsTheNetworkIsToldWhereToFindIt() throws {
    let yard = try WorkerYard()
    let result = try perform(yard, commitScript, hooks: ["before_run": "echo no net; exit 1"])
    #expect(result.code == "hook_failed")
    #expect(result.summary.contains("hooks.sandbox: false"), "\(result.summary)")
  }
}
