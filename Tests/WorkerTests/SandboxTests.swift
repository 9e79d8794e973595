import SymphonyCore
import SymphonyPlatform
// The sandbox with the real bubblewrap: what an agent inside sees, writes, and leaves behind.
import SymphonyRuns
import SymphonyTestSupport
import Synchronization
import Testing

@testable import SymphonyWorker

/// Nil where this machine can run sandboxes.
///
/// Containers and hardened kernels often forbid the namespaces they are made of; there is nothing
/// to test there.
private let obstacle = Sandbox.problem(environment: Host.environment)

@Suite(.ownThreads, .enabled(if: obstacle == nil, "no sandbox can be had on this machine"))
struct SandboxTests {
  /// A yard whose agent works in a sandbox, and a home with things to find.
  private func yard() throws -> WorkerYard {
    let yard = try WorkerYard()
    yard.agent.homePaths = [".own", ".missing"]
    try yard.shell(
      """
      mkdir -p home/.ssh home/.own home/.config/git home/tools/bin home/tools/lib
      echo PRIVATE-KEY > home/.ssh/id; echo kept > home/.own/settings
      echo STORED-PASSWORD > home/.config/git/credentials; echo '[a]' > home/.config/git/ignore
      echo SECRET-ENV > .env; echo DATABASE > state/symphony.db
      mkdir -p state/workspaces/other && echo OTHER-WORK > state/workspaces/other/f
      printf '#!/bin/sh\\ncat "$(dirname "$0")/../lib/words"\\n' > home/tools/bin/tool
      echo library > home/tools/lib/words; chmod +x home/tools/bin/tool
      """)
    return yard
  }

  private func perform(
    _ yard: WorkerYard, _ script: String, _ change: (inout RunSpec) -> Void = { _ in }
  ) throws -> (result: RunResult, output: String) {
    let result = try yard.perform(script) {
      $0.agent.sandbox.kind = .bubblewrap
      $0.agent.maxTurns = 1
      change(&$0)
    }
    let files = yard.directory
    return (
      result,
      Files.tail(files.agentOutput, limit: 1 << 20)
        + Files.tail(files.agentErrors, limit: 1 << 20)
    )
  }

  @Test func aCommitInACloneOfItsOwnIsPushed() throws {
    let yard = try yard()
    let (result, output) = try perform(yard, "\(commitScript); git log --oneline | wc -l")
    #expect(result.outcome == .succeeded, "\(result.summary) \(output)")
    #expect(result.commitsAhead == 1)
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(Files.isDirectory(yard.workspace + "/.git"))
  }

  @Test func theCommitterIsKnownThoughTheFileThatNamesHimIsHidden() throws {
    let yard = try yard()
    yard.environment["GIT_CONFIG_GLOBAL"] = nil
    try yard.shell(
      """
      printf '[include]\\npath = ~/.identity\\n' > home/.gitconfig
      printf '[user]\\nname = A <B> C\\nemail = a@example.com\\n' > home/.identity
      """)
    let (result, output) = try perform(yard, "cat ~/.identity; \(commitScript)")
    #expect(result.commitsAhead == 1, "\(output)")
    #expect(
      try yard.shell("git --git-dir=remote.git log -1 --format='%an|%ce' \(WorkerYard.branch)")
        == "A B C|a@example.com")
  }

  @Test func whatIsNotTheAgentsIsHidden() throws {
    let yard = try yard()
    yard.environment["YARD_TOKEN"] = "WORKERS-ENVIRONMENT"
    yard.environment["XDG_RUNTIME_DIR"] = "/run/user/0"
    let root = yard.root
    let stranger = "/tmp/symphony-stranger-\(Host.randomHex(bytes: 8))"
    try Files.append(stranger, "STRANGER")
    defer { try? Files.remove(stranger) }
    let (result, output) = try perform(
      yard,
      """
      for f in \(root)/state/symphony.db \(root)/state/workspaces/other/f \(root)/home/.ssh/id \\
        \(root)/.env \(root)/home/.config/git/credentials ~/.ssh/id \
        \(stranger); do
        test ! -s $f || echo "SEEN $f"
      done
      ls -A ~ | tr '\\n' ' '; echo
      for p in /proc/[0-9]*; do tr '\\0' '\\n' < $p/environ 2>/dev/null; done | grep WORKERS | head -3
      cat ~/.config/git/ignore
      grep CapEff /proc/self/status; ls -d /proc/[0-9]* | wc -l
      """
    ) {
      $0.agent.sandbox.hidden = [yard.path(".env")]
      $0.agent.secretVariables = ["YARD_TOKEN"]
    }
    #expect(result.outcome == .succeeded, "\(output)")
    #expect(!output.contains("SEEN"), "\(output)")
    #expect(!output.contains("WORKERS"), "\(output)")
    #expect(output.contains(".config .own \n"), "\(output)")
    #expect(output.contains("[a]"))
    #expect(output.contains("CapEff:\t0000000000000000"))
    let processes = output.split(separator: "\n").compactMap { Int($0) }
    #expect(processes.first.map { $0 < 12 } == true, "\(output)")
  }

  @Test func aSecretInTheWorkspacesReachIsMasked() throws {
    let yard = try yard()
    try yard.shell("echo SECRET-OWN > home/.own/env")
    let (_, open) = try perform(yard, "cat ~/.own/env ~/.own/settings")
    #expect(open.contains("SECRET-OWN"))
    let (_, output) = try perform(yard, "cat ~/.own/env ~/.own/settings; echo x > ~/.own/env") {
      $0.agent.sandbox.hidden = [yard.path("home/.own/env"), yard.path("nowhere")]
    }
    #expect(!output.contains("SECRET-OWN"))
    #expect(output.contains("kept"))
    #expect(yard.text("home/.own/env") == "SECRET-OWN\n")
  }

  @Test func nothingOutsideCanBeWritten() throws {
    let yard = try yard()
    yard.environment["TMPDIR"] = yard.path("home/tmp")
    let (result, output) = try perform(
      yard,
      """
      mkdir -p $(git rev-parse --git-common-dir)/hooks
      for f in /etc/x /usr/x /var/x /proc/sys/kernel/hostname ~/.config/git/x \\
        $(git rev-parse --git-common-dir)/config \\
        $(git rev-parse --git-common-dir)/hooks/pre-commit $PWD/.git \\
        $(git rev-parse --git-common-dir)/worktrees/x \\
        ~/tools/bin/x; do
        (echo bad > $f) 2>/dev/null && echo "WRITTEN $f"
      done
      mv .git .git2 2>/dev/null && echo "WRITTEN by mv"
      g=$(git rev-parse --git-common-dir)
      mv $g/worktrees $g/w2 2>/dev/null && echo "WRITTEN by mv of worktrees"
      echo new > ~/.own/new; echo x > ~/lost; echo x > /tmp/lost; echo "[$(cat /tmp/lost)]"; f=$(mktemp) && test -w "$f" && echo TEMPORARY; \(commitScript)
      """
    ) { $0.agent.environment.set["PATH"] = yard.path("home/tools/bin") + ":${PATH}" }
    #expect(result.commitsAhead == 1, "\(output)")
    #expect(!output.contains("WRITTEN"), "\(output)")
    #expect(yard.text("home/.own/new") == "new\n")
    #expect(!Files.exists(yard.path("home/lost")))
    #expect(output.contains("[x]"))
    #expect(output.contains("TEMPORARY"))
    #expect(!Files.exists("/tmp/lost"))
  }

  @Test func programsBelowHomeArePutBackThroughTheirLinks() throws {
    let yard = try yard()
    try yard.shell(
      """
      mkdir -p home/.local/bin home/.local/share/tool/versions home/opt home/secret
      mkdir -p home/js/node_modules/tool/bin home/js/node_modules/dependency home/lang/bin
      echo "#!$YARD/home/lang/bin/own-node --x" > home/js/node_modules/tool/bin/cli.js
      printf '#!/bin/sh\\n' > home/lang/bin/own-node
      chmod +x home/js/node_modules/tool/bin/cli.js home/lang/bin/own-node
      printf '#!/bin/sh\\necho version one\\n' > home/.local/share/tool/versions/1
      chmod +x home/.local/share/tool/versions/1
      ln -s ../.local/share/tool/versions/1 home/opt/step; ln -s ../../opt/step home/.local/bin/linked
      echo SECRET > home/secret/f
      """)
    let (_, output) = try perform(
      yard, "tool; linked; cat ~/secret/f; sh -c 'echo x > ~/tools/lib/words'"
    ) {
      $0.agent.environment.set["PATH"] =
        "\(yard.path("home/tools/bin")):\(yard.path("home/.local/bin")):${PATH}"
    }
    #expect(output.contains("library"), "\(output)")
    #expect(!output.contains("SECRET"))
    #expect(yard.text("home/tools/lib/words") == "library\n")
    // The link's target is known only where the program itself is what is started.
    func shown(_ words: [String], path: String = "/usr/bin:/bin") -> [String] {
      var environment = yard.environment
      environment["PATH"] = path
      var tree = SandboxTree(environment: environment)
      tree.putPrograms(words, notBelow: [])
      return tree.options.filter { $0.hasPrefix(yard.root) && $0 != yard.path("home") }
        .map { String($0.dropFirst(yard.root.utf8.count + 6)) }
    }
    #expect(
      Set(shown([yard.path("home/.local/bin/linked"), "-p", yard.path("home/secret/f")]))
        == [".local/bin", ".local/share/tool/versions", "opt"])
    #expect(
      Set(
        shown(["sh", yard.path("home/js/node_modules/tool/bin/cli.js")]))
        == ["js/node_modules", "js/node_modules/tool/bin", "lang/bin"])
    // A program right in HOME comes back alone.
    try yard.shell("cp home/lang/bin/own-node home/agent")
    #expect(Set(shown([yard.path("home/agent")])) == ["agent"])
    #expect(shown(["sh"], path: yard.path("home") + ":/bin") == [])
  }

  @Test func theRunsPrivateFilesCanBeRead() throws {
    let yard = try yard()
    let (_, output) = try perform(
      yard, "cat $PRIVATE; echo; head -2 $NOTES; cat \(yard.path("state/runs"))/*/prompt-1.md")
    #expect(output.contains("private\n# This workspace"), "\(output)")
    #expect(output.contains("Do it turn 1"))
    #expect(!Files.exists(yard.directory.privateFolder))
  }

  /// In a yard below /tmp all of these are hidden anyway; elsewhere it is these rules that hide
  /// them.
  @Test func everyPlaceOfOursIsHiddenByARuleOfItsOwn() throws {
    let yard = try yard()
    let run = try yard.live {
      $0.paths.workspace = yard.path("trees/w42")
      $0.paths.cache = yard.path("caches/acme/app.git")
      $0.workflowPath = yard.path("project/WORKFLOW.md")
    }
    try yard.shell("mkdir -p trees/w42 caches/acme/app.git runtime project")
    yard.environment["XDG_RUNTIME_DIR"] = yard.path("runtime")
    let sandbox = Sandbox(run: run, guest: .agent(homePaths: [], program: nil))
    let words = try sandbox.wrap(["sh"], yard.environment)
    for name in ["home", "state", "trees", "caches", "runtime", "project"] {
      let place = try #require(words.firstIndex(of: yard.path(name)), "\(name)")
      #expect(words[place - 1] == "--tmpfs")
      #expect(place < words.firstIndex(of: yard.path("trees/w42")) ?? 0)
    }
  }

  @Test func withoutNetworkThereIsOnlyTheLoopback() throws {
    let yard = try yard()
    let list = "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' \\n'; echo ."
    let (_, closed) = try perform(yard, list) { $0.agent.sandbox.network = false }
    #expect(closed == "lo.\n")
    let (_, open) = try perform(yard, list)
    #expect(open == (try yard.shell(list)) + "\n")
  }

  @Test func theAgentsOwnEndIsWhatWeSee() throws {
    let yard = try yard()
    let (failed, _) = try perform(yard, "echo words; exit 9")
    #expect(failed.code == "agent_failed")
    let reader = ExitAgent()
    yard.agents = [reader]
    yard.stopClock()
    func exit(_ script: String) throws -> String {
      try perform(yard, script) {
        $0.agent.kind = "exits"
        $0.agent.turnTimeout = .milliseconds(900)
      }.output
    }
    _ = try exit("exit 9")
    #expect(reader.seen.withLock { $0 } == .exited(9))
    _ = try exit("kill -KILL $$")
    #expect(reader.seen.withLock { $0 } == .exited(137))
    // The polite signal reaches the agent, and it has its time to end by itself.
    let polite = try exit(
      """
      trap 'echo ending; sleep 0.1; echo ended; exit 7' TERM
      setsid nohup sleep 600 > /dev/null 2>&1 &
      \(Way.seconds)
      """)
    #expect(polite.contains("ending\nended\n"), "\(polite)")
    #expect(reader.seen.withLock { $0 } == .exited(7))
    _ = try exit("trap '' TERM; \(Way.seconds)")
    #expect(reader.seen.withLock { $0 } == .signalled(9))
  }

  @Test func nothingStaysAfterAGoodEnd() throws {
    let yard = try yard()
    let (result, _) = try perform(
      yard, "setsid nohup sleep 600 > /dev/null 2>&1 & \(commitScript)")
    #expect(result.outcome == .succeeded)
    // `perform` of the yard has looked for the marker; this is the program itself.
    #expect(Processes.carrying("YARD=\(yard.root)") == [])
  }

  @Test func whatIsMissingIsSaid() throws {
    let yard = try yard()
    var poor = yard.environment
    poor["PATH"] = yard.path("bin")
    #expect(Sandbox.problem(environment: poor)?.hasPrefix("bwrap is not in PATH") == true)
    try yard.shell(
      """
      mkdir bin
      printf '#!/bin/sh\\necho no namespaces for you >&2; exit 1\\n' > bin/bwrap; chmod +x bin/bwrap
      ln -s /bin/sh $(command -v env) $(command -v true) bin/
      """)
    #expect(
      Sandbox.problem(environment: poor) == "bwrap is not permitted here: no namespaces for you")
    let missing = try perform(yard, "true") { $0.agent.environment.set["PATH"] = "/nowhere" }
    #expect(missing.result.code == "agent_missing")
    // Where bwrap is found is not the agent's to say, nor that of who sets its PATH.
    let elsewhere = try perform(yard, "true") {
      $0.agent.environment.set["PATH"] = yard.path("bin") + ":${PATH}"
    }
    #expect(elsewhere.result.outcome == .succeeded, "\(elsewhere.result.summary)")
    try yard.shell("rm bin/bwrap; ln -s $(command -v git) bin/")
    yard.environment["PATH"] = yard.path("bin")
    let unlocked = try perform(yard, "true")
    #expect(unlocked.result.code == "sandbox_missing")
    #expect(unlocked.result.failure == .misconfigured)
  }

  @Test func aRepositoryInsideTheWorkspaceStartsNothingOutside() throws {
    let yard = try yard()
    let (result, output) = try perform(
      yard,
      """
      git init -q sub && cd sub && git config filter.x.clean 'touch \(yard.root)/evil; cat'
      echo '* filter=x' > .gitattributes && echo 1 > f
      git -c filter.x.clean=cat add . && git -c filter.x.clean=cat commit -qm sub
      cd .. && git add sub && git commit -qm top && touch -d '2001-01-01' sub/f
      """)
    #expect(result.commitsAhead == 1, "\(output)")
    #expect(!Files.exists(yard.path("evil")))
  }

  /// By `commondir` a repository takes its configuration from somewhere else: here from a folder of
  /// the agent's, with a filter that git outside would run.
  @Test func aRepositoryThatBorrowsStartsNothingOutside() throws {
    let yard = try yard()
    let (result, output) = try perform(
      yard,
      """
      g=$(git rev-parse --path-format=absolute --git-common-dir); mkdir $g/own
      cp $g/config $g/own/; ln -s ../objects ../refs ../HEAD $g/own/
      git config -f $g/own/config filter.x.clean 'touch \(yard.root)/evil; cat'
      echo '* filter=x' > .gitattributes; \(commitScript)
      git add . && git commit -qm attributes && echo more > new && echo own > $g/commondir
      """)
    #expect(result.outcome == .succeeded, "\(result.summary) \(output)")
    #expect(result.commitsAhead >= 2, "\(result.summary) \(output)")
    #expect(!Files.exists(yard.path("evil")))
  }
}

/// An agent that only notes how its process ended.
private final class ExitAgent: Agent {
  let kind = "exits"
  let seen = Mutex<SymphonyCore.ExitStatus?>(nil)

  func command(for turn: AgentTurn) throws(AgentError) -> AgentCommand {
    AgentCommand(arguments: ["sh", "-c", turn.policy.command ?? ""])
  }
  func reader(for turn: AgentTurn) -> any AgentReader { Reader(agent: self) }
  func transcript() -> any TranscriptReader { SilentTranscript() }
  func probe(_ policy: AgentPolicy) -> AgentProbe {
    AgentProbe(executable: nil, versionArguments: [], installHint: "")
  }
  func examine(_ policy: AgentPolicy) -> [Finding] { [] }

  struct Reader: AgentReader {
    let agent: ExitAgent
    mutating func read(_ line: String) -> [AgentEvent] { [] }
    func finish(_ exit: SymphonyCore.ExitStatus, errorTail: String) -> TurnOutcome {
      agent.seen.withLock { $0 = exit }
      return TurnOutcome(kind: .succeeded, message: "", session: nil)
    }
  }
}
