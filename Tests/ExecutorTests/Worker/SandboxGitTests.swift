// What git outside the sandbox is led to by what an agent inside left: repositories with filters,
// git directories that borrow, and what a hook made that looks the same and stays.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyExecutors

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

  /// `commondir` leads git to a configuration of the agent's.
  private static func borrow(_ yard: WorkerYard) -> String {
    """
    g=$(git rev-parse --path-format=absolute --git-dir); mkdir $g/own
    cp $g/config $g/own/; ln -s ../objects ../refs ../HEAD $g/own/
    git config -f $g/own/config core.fsmonitor 'touch \(yard.root)/evil; false'
    echo own > $g/commondir
    """
  }

  /// Its filter would be run by a look for changes in it, and by `git add`.
  @Test(arguments: ["", "git config -f .gitmodules submodule.x.ignore none; git add .gitmodules;"])
  func filtersOfARepositoryInsideAreNotRun(modules: String) throws {
    let yard = try WorkerYard()
    let result = try perform(
      yard,
      """
      mkdir x && cd x && git init -q && echo 'f filter=e' > .gitattributes && echo 1 > f
      git add . && git commit -qm inner
      git config filter.e.clean 'touch \(yard.root)/evil; cat' && cd ..
      \(modules.replacing("x.ignore", with: "x.path x; git config -f .gitmodules submodule.x.ignore"))
      git add x && git commit -qm outer && echo 2 > x/f && echo left > new
      """)
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(!Files.exists(yard.path("evil")))
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(
      try yard.shell("git --git-dir=remote.git ls-tree --name-only \(WorkerYard.branch)")
        .hasSuffix("file\nnew\nx"))
  }

  @Test(arguments: ["after_turn", "after_run"])
  func hooksFindNothingThatWasPlanted(hook: String) throws {
    let yard = try WorkerYard()
    _ = try perform(
      yard, "\(commitScript)\n\(Self.borrow(yard))",
      hooks: [hook: "git status >/dev/null; touch \(yard.root)/ran"])
    #expect(Files.exists(yard.path("ran")))
    #expect(!Files.exists(yard.path("evil")))
    #expect(yard.logged.contains { $0.contains("removing commondir from ") })
  }

  @Test func whatAHookMadeStays() throws {
    let yard = try WorkerYard()
    let hooks = [
      "after_create": "mkdir -p .git/hooks; ln -s /bin/true .git/hooks/pre-commit",
      "before_turn": "ln -sf /etc/hostname .git/note",
    ]
    let first = try perform(yard, "\(commitScript); ln -s /etc .git/planted", hooks: hooks)
    #expect(first.outcome == .succeeded, "\(first.summary)")
    // Replaced by the agent it is the agent's.
    let second = try perform(
      yard, "\(commitScript); ln -sf /etc/passwd .git/note; echo more > more", hooks: hooks)
    #expect(second.outcome == .succeeded, "\(second.summary)")
    let folder = yard.workspace + "/.git/"
    #expect(Files.linkTarget(folder + "hooks/pre-commit") == "/bin/true")
    #expect(Files.linkTarget(folder + "note") == nil)
    #expect(Files.linkTarget(folder + "planted") == nil)
  }
}
