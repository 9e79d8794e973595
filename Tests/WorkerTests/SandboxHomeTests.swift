// The sandbox where folders are not what they usually are: a HOME that is fresh, named oddly, the
// agent's own or read-only, and links on the way to what is ours.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

private let obstacle = Sandbox.problem(environment: Host.environment)

@Suite(.ownThreads, .enabled(if: obstacle == nil, "no sandbox can be had on this machine"))
struct SandboxHomeTests {
  private func perform(
    _ yard: WorkerYard, _ script: String, turns: Int = 1,
    _ change: (inout RunSpec) -> Void = { _ in }
  ) throws -> (result: RunResult, output: String) {
    let result = try yard.perform(script) {
      $0.agent.kind = HomelyAgent.name
      $0.agent.sandbox.kind = .bubblewrap
      $0.agent.maxTurns = turns
      change(&$0)
    }
    let files = yard.directory
    return (
      result,
      Files.tail(files.agentOutput, limit: 1 << 20)
        + Files.tail(files.agentErrors, limit: 1 << 20)
    )
  }

  private static let session = """
    f=~/.fresh/deep/sessions/$TURN; cat ~/.fresh/deep/sessions/* /dev/null
    echo "kept from turn $TURN" > $f; echo lost > ~/.other; ls -A ~; echo cut short
    """

  /// Each turn has a sandbox of its own: what the second one reads went through the real HOME.
  @Test func aSessionOutlivesItsTurnInAFreshHome() throws {
    let yard = try WorkerYard()
    yard.agents = [HomelyAgent(directories: [".fresh/deep", "\(yard.root)/elsewhere/x"])]
    let home = yard.path("a néw höme")
    yard.environment["HOME"] = home
    let (_, output) = try perform(
      yard, "mkdir -p ~/.fresh/deep/sessions; touch $YARD/elsewhere/x/f; \(Self.session)", turns: 2)
    #expect(output.contains("kept from turn 1"), "\(output)")
    #expect(try Files.readText(home + "/.fresh/deep/sessions/2") == "kept from turn 2\n")
    #expect(Files.exists(yard.path("elsewhere/x/f")))
    #expect(!Files.exists(home + "/.other"))
    #expect(Files.permissions(home + "/.fresh") == 0o700)
    #expect(Files.permissions(home + "/.fresh/deep") == 0o700)
  }

  @Test func theHomeIsTheAgentsOwn() throws {
    let yard = try WorkerYard()
    yard.agents = [HomelyAgent(directories: [".fresh"])]
    try yard.shell("mkdir theirs && echo SECRET > theirs/key && echo WORKERS > home/key")
    let (_, output) = try perform(yard, "echo $TURN > ~/.fresh/f; cat ~/key $YARD/home/key") {
      $0.agent.environment.set["HOME"] = "$YARD/theirs"
    }
    #expect(yard.text("theirs/.fresh/f") == "1\n", "\(output)")
    #expect(!Files.exists(yard.path("home/.fresh")))
    #expect(!output.contains("SECRET") && !output.contains("WORKERS"), "\(output)")
  }

  @Test func aDirectoryThatCannotBeMadeStopsNothing() throws {
    let yard = try WorkerYard()
    yard.agents = [HomelyAgent(directories: [".taken/x"])]
    try yard.shell("echo file > home/.taken")
    let (result, output) = try perform(yard, commitScript)
    #expect(result.commitsAhead == 1, "\(output)")
    #expect(yard.logged.contains { $0.contains("home/.taken/x is lost after each turn") })
  }

  /// Our own programs are looked for in PATH: what an agent may write must not come first there.
  @Test func theAgentCannotMakeAFolderOfPath() throws {
    let yard = try WorkerYard()
    yard.agent.homePaths = [".own", ".own/db/inner"]
    yard.environment["PATH"] =
      yard.path("home/.own/bin") + ":" + (yard.environment["PATH"] ?? "")
    try yard.shell("mkdir -p home/.own hidden")
    let plant = """
      mkdir -p ~/.own/bin; printf '#!/bin/sh\\ntouch \(yard.root)/evil\\nexec /usr/bin/git "$@"\\n' > ~/.own/bin/git
      chmod +x ~/.own/bin/git; mkdir -p ~/.own/db; rm -rf ~/.own/db/inner
      ln -s \(yard.root)/hidden ~/.own/db/inner; echo kept > ~/.own/kept; echo x > ~/.own/db/inner/x; \(commitScript)
      """
    for _ in 0..<2 {
      let result = try yard.perform(plant) {
        $0.agent.sandbox.kind = .bubblewrap
        $0.agent.maxTurns = 1
      }
      #expect(result.commitsAhead > 0, "\(result.summary)")
    }
    #expect(yard.text("home/.own/kept") == "kept\n")
    #expect(!Files.exists(yard.path("evil")))
    #expect(try Files.list(yard.path("hidden")) == [])
  }

  @Test func nothingIsMadeWithoutASandbox() throws {
    let yard = try WorkerYard()
    yard.agents = [HomelyAgent(directories: [".fresh"])]
    _ = try perform(yard, "true") { $0.agent.sandbox.kind = .none }
    #expect(!Files.exists(yard.path("home/.fresh")))
  }

  /// Under its second name a folder is as closed as under its first.
  @Test func linksOnTheWayOpenNothing() throws {
    let yard = try WorkerYard()
    yard.agents = [HomelyAgent(directories: [".fresh"])]
    try yard.shell(
      """
      mv state 'real state'; ln -s 'real state' state; mv home real; ln -s real home
      echo DATABASE > state/symphony.db
      mkdir -p state/workspaces/other home/.config/git; echo OTHER > state/workspaces/other/f
      echo STORED > home/.config/git/credentials; echo '[a]' > home/.config/git/ignore
      """)
    let (result, output) = try perform(
      yard,
      """
      g=$(git rev-parse --path-format=absolute --git-common-dir)
      for f in "$PWD/.git" "$PWD/.git/config" "$PWD/.git/hooks/x" "$g/config" "$g/hooks/x" \\
        "$YARD/state/repos/acme/app.git/config" "$YARD/state/repos/acme/app.git/hooks/x"
      do
        (echo bad > "$f") 2>/dev/null && echo "WRITTEN $f"
      done
      mv .git .git2 2>/dev/null && echo "WRITTEN by mv"
      cat $YARD/state/symphony.db "$YARD/real state/symphony.db" ~/.config/git/credentials \
        $YARD/real/.config/git/credentials $YARD/state/workspaces/other/f ~/.config/git/ignore
      echo kept > ~/.fresh/f; \(commitScript)
      """)
    #expect(result.commitsAhead == 1, "\(result.summary) \(output)")
    #expect(!output.contains("WRITTEN"), "\(output)")
    for word in ["DATABASE", "STORED", "OTHER"] { #expect(!output.contains(word), "\(output)") }
    #expect(output.contains("[a]"))
    #expect(yard.text("real/.fresh/f") == "kept\n")
  }
}

/// A scripted agent with directories of its own.
private struct HomelyAgent: Agent {
  static let name = "homely"
  var directories: [String]
  private var script: ScriptedAgent { ScriptedAgent(kind: HomelyAgent.name) }

  init(directories: [String]) { self.directories = directories }

  var kind: String { HomelyAgent.name }
  func transcript() -> any TranscriptReader { SilentTranscript() }
  func command(for turn: AgentTurn) throws(AgentError) -> AgentCommand {
    try script.command(for: turn)
  }
  func reader(for turn: AgentTurn) -> any AgentReader { script.reader(for: turn) }
  func probe(_ policy: AgentPolicy) -> AgentProbe {
    var probe = script.probe(policy)
    (probe.homePaths, probe.homeDirectories) = (directories, directories)
    return probe
  }
  func examine(_ policy: AgentPolicy) -> [Finding] { [] }
}
