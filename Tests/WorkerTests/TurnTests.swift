// Turns, hooks, limits, stops: what a run makes of what its agent does.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct TurnTests {
  @Test func aTurnWithoutCommitIsFollowedByAnother() throws {
    let yard = try WorkerYard()
    let result = try yard.perform("cat >> $YARD/prompts; test $TURN = 1 || { \(commitScript); }")
    #expect(result.turns == 2)
    #expect(result.commitsAhead == 1)
    #expect(result.usage.inputTokens == 20)
    let prompts = yard.text("prompts")
    #expect(prompts.hasPrefix("Do it turn 1Do it turn 2\n\nGo on with the issue"))
    #expect(Files.exists(yard.directory.prompt(turn: 2)))
  }

  @Test func theTurnLimitEndsARunThatNeverCommits() throws {
    let yard = try WorkerYard()
    let busy = try yard.perform("echo x >> f; echo SYMPHONY: continue") {
      $0.git.settings.commitLeftovers = false
    }
    #expect(busy.outcome == .succeeded)
    #expect(busy.turns == 3)
    #expect(busy.commitsAhead == 0)
    #expect(busy.madeProgress)
    #expect(busy.push == .nothing)
    let single = try yard.perform("true") { $0.agent.sessionReuse = .singleTurnOnly }
    #expect(single.turns == 1)
  }

  @Test func uncommittedChangesGetOneMoreTurnAndAreThenCommitted() throws {
    let yard = try WorkerYard()
    let result = try yard.perform("cat >> $YARD/prompts; echo $TURN >> new")
    #expect(result.turns == 2)
    #expect(yard.text("prompts").contains("not committed"))
    #expect(result.commitsAhead == 1)
    #expect(result.madeProgress)
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(
      try yard.shell("git --git-dir=remote.git log -1 --format='%an %ae' \(WorkerYard.branch)")
        == "symphony symphony@localhost")
    let kept = try yard.perform("echo x > later") { $0.git.settings.commitLeftovers = false }
    #expect(kept.commitsAhead == 1)
    #expect(kept.madeProgress)
    #expect(Files.exists(yard.workspace + "/later"))
  }

  @Test func whatGitCannotAddKeepsNothingElseBack() throws {
    let yard = try WorkerYard()
    let result = try yard.perform("git init -q nested; echo x > nested/f; echo x > new")
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(
      try yard.shell("git --git-dir=remote.git ls-tree --name-only \(WorkerYard.branch)")
        == "file\nnew")
    #expect(Files.exists(yard.workspace + "/nested/f"))
    #expect(result.summary.contains("`nested/` in \(yard.workspace) is a repository of its own"))
  }

  @Test func theWorkflowsAuthorCommits() throws {
    let yard = try WorkerYard()
    _ = try yard.perform("echo x > new") {
      $0.git.settings.commitAuthorName = "Bot"
      $0.git.settings.commitAuthorEmail = "bot@example.com"
    }
    #expect(
      try yard.shell("git --git-dir=remote.git log -1 --format='%an %ce' \(WorkerYard.branch)")
        == "Bot bot@example.com")
  }

  @Test func theAgentsWordsCount() throws {
    let yard = try WorkerYard()
    let more = try yard.perform(
      "\(commitScript); test $TURN = 2 || echo 'SYMPHONY: continue'")
    #expect(more.turns == 2)
    #expect(more.commitsAhead == 2)
    #expect(!more.wantsContinuation)
    let always = try yard.perform("\(commitScript); echo 'SYMPHONY: continue'")
    #expect(always.turns == 3)
    #expect(always.wantsContinuation)
    let blocked = try yard.perform("echo x > f; echo; echo '**SYMPHONY: blocked: no key**'")
    #expect(blocked.outcome == .blocked)
    #expect(blocked.summary == "no key")
    #expect(blocked.turns == 1)
    #expect(AgentWord("SYMPHONY: continue\n1\n2\n3\n4\n5") == .nothing)
    #expect(AgentWord("say `SYMPHONY: continue` to go on") == .nothing)
    #expect(AgentWord("- symphony: Blocked") == .blocked("no reason given"))
  }

  @Test func sessionsAreResumedAndFallBackOnce() throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      "echo \"[$RESUME/$NEW]\" >> $YARD/ids; test -n \"$RESUME\" || echo session s1")
    #expect(result.session?.id == "s1")
    #expect(yard.text("ids") == "[/new-session]\n[s1/new-session]\n")
    #expect(yard.directory.readProgress()?.progress.session?.id == "s1")
    let gone = try yard.perform(
      "cat >> $YARD/p; test -n \"$RESUME\" && echo gone || { \(commitScript); }"
    ) {
      $0.resume = SessionRef(id: "old")
    }
    #expect(gone.outcome == .succeeded)
    #expect(gone.turns == 1)
    #expect(gone.lostSession && gone.session == nil && !result.lostSession)
    #expect(yard.text("p") == "Do it turn 1Do it turn 1")
    let later = try yard.perform(
      """
      cat >> $YARD/q
      case $TURN$RESUME in 1*) echo session s1;; 2s1) echo gone;; *) \(commitScript);; esac
      """)
    #expect(later.turns == 2 && later.lostSession)
    #expect(yard.text("q").contains("Do it turn 2\n\nGo on with the issue"))
    let never = try yard.perform("echo gone") {
      $0.resume = SessionRef(id: "old")
    }
    #expect(never.code == "session_gone")
    let inUse = try yard.perform("test -n \"$RESUME\" || { echo in use; exit 1; }; \(commitScript)")
    #expect(inUse.outcome == .succeeded)
  }

  @Test func failuresCarryTheirCodes() throws {
    let yard = try WorkerYard()
    let limited = try yard.perform("echo limited; exit 1")
    #expect(limited.code == "agent_limited")
    #expect(limited.failure == .limited(until: Timestamp(milliseconds: 5000)))
    let template = try yard.perform("true") { $0.promptTemplate = "{{ nope }}" }
    #expect(template.code == "template_error")
    #expect(template.summary.hasPrefix("/p/WORKFLOW.md:7:3: unknown variable"))
    let unknown = try yard.perform("true") { $0.agent.kind = "nobody" }
    #expect(unknown.code == "agent_unknown")
    #expect(unknown.failure == .misconfigured)
  }

  @Test func silenceAndLongTurnsAreCut() throws {
    let yard = try WorkerYard()
    yard.stopClock()
    let escape = "setsid sh -c 'sleep 600' & \(Way.seconds)"
    let stalled = try yard.perform("echo session s9; \(escape)") {
      $0.agent.stallTimeout = .milliseconds(900)
    }
    #expect(stalled.outcome == .stalled)
    #expect(stalled.code == "agent_stalled")
    #expect(stalled.session?.id == "s9")
    let busy = "while :; do echo x; \(Way.second); sleep 0.1; done"
    let long = try yard.perform("\(commitScript); \(busy)") {
      $0.agent.stallTimeout = .seconds(20)
      $0.agent.turnTimeout = .seconds(4)
    }
    #expect(long.outcome == .timedOut)
    #expect(long.code == "turn_timeout")
    #expect(long.push == .pushed(head: try yard.remoteTip()))
    let run = try yard.perform("trap '' TERM; \(Way.seconds)") {
      $0.agent.maxRun = .milliseconds(900)
    }
    #expect(run.code == "run_timeout")
  }

  @Test func hooksSeeTheRunAndTheirFailureEndsIt() throws {
    let yard = try WorkerYard()
    yard.environment["SYMPHONY_GIT_TOKEN"] = "ghp_secret"
    let result = try yard.perform("env > $YARD/agent-env; \(commitScript)") {
      for hook in HookPolicy.Hook.allCases {
        $0.hooks.scripts[hook.rawValue] =
          "echo \(hook.rawValue) >> $YARD/order; env > $YARD/hook-env"
      }
      $0.hooks.scripts["after_turn"] = "echo after_turn >> $YARD/order; exit 1"
      $0.git.credentialScope = "https://example.com/"
    }
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(yard.text("order") == "after_create\nbefore_run\nbefore_turn\nafter_turn\nafter_run\n")
    let hook = yard.text("hook-env").split(separator: "\n")
    #expect(hook.contains("SYMPHONY_ISSUE_NUMBER=42"))
    #expect(hook.contains("SYMPHONY_ISSUE_TITLE=A title"))
    #expect(hook.contains("SYMPHONY_BASE_BRANCH=main"))
    #expect(hook.contains { $0.hasSuffix("=http.https://example.com/.extraHeader") })
    #expect(hook.contains { $0.hasSuffix("=fetch.recurseSubmodules") })
    #expect(hook.contains { $0.hasSuffix("=http.followRedirects") })
    #expect(!yard.text("agent-env").contains("GIT_CONFIG_KEY"))
    #expect(Files.tail(yard.directory.hooksLog, limit: 9999).contains("after_turn (turn 1) ended"))

    let failed = try yard.perform("touch $YARD/ran") {
      $0.hooks.scripts["before_run"] = "echo no luck; exit 4"
      $0.hooks.scripts["after_run"] = "touch $YARD/after"
    }
    #expect(failed.outcome == .failed)
    #expect(failed.code == "hook_failed")
    #expect(failed.summary.contains("before_run ended with exit status 4: no luck"))
    #expect(!Files.exists(yard.path("ran")))
    #expect(Files.exists(yard.path("after")))
  }

  @Test func aFailingAfterCreateLeavesNoMarkAndHangingHooksEnd() throws {
    let yard = try WorkerYard()
    let failed = try yard.perform("true") {
      $0.hooks.scripts["after_create"] = "yes | head -c 3000000; sleep 600"
      $0.hooks.timeout = .milliseconds(400)
    }
    #expect(failed.code == "hook_failed")
    #expect(failed.summary.contains("ran longer than"))
    #expect(!Files.exists(yard.workspace + ".created"))
    #expect(OutputTail.size(yard.directory.hooksLog) <= HookRunner.logLimit)
    #expect(try yard.perform(commitScript).outcome == .succeeded)
  }

  @Test func aSignalEndsTheRunWithoutPushOrLeftovers() throws {
    let yard = try WorkerYard()
    let flag = yard.path("stop")
    yard.seams.signal = { Files.exists(flag) ? Signals.terminate : nil }
    let result = try yard.perform(
      "\(commitScript); echo x > left; setsid sh -c 'sleep 600' & touch $YARD/stop; sleep 600"
    ) {
      $0.hooks.scripts["after_run"] = "touch $YARD/after"
    }
    #expect(result.outcome == .cancelled)
    let head = try #require(result.head)
    #expect(result.push == .unpushed(head: head, why: "the run ended before it could push"))
    #expect(result.commitsAhead == 1)
    #expect(Files.exists(yard.path("after")))
    #expect(try yard.remoteTip() == yard.remoteTip("main"))
    #expect(try yard.shell("git -C state/workspaces/w42 status --porcelain") == "?? left")
    #expect(!Files.exists(yard.directory.privateFolder))
  }

  @Test func whatAStoppedTurnTellsWhileItEndsIsKept() throws {
    let yard = try WorkerYard()
    let flag = yard.path("stop")
    yard.seams.signal = { Files.exists(flag) ? Signals.terminate : nil }
    let result = try yard.perform(
      "trap 'echo usage 7 2 0.25; echo session late; exit 0' TERM; touch $YARD/stop; "
        + Way.forEver)
    #expect(result.outcome == .cancelled)
    #expect(result.usage.inputTokens == 7 && result.usage.costUSD == 0.25)
    #expect(result.session?.id == "late")
  }

  @Test func aReplacedLeaseEndsTheRunWithoutATrace() throws {
    let yard = try WorkerYard()
    let spec = yard.spec(
      "\(commitScript); touch $YARD/replaced; rm \(yard.path("state/runs"))/*/lease; sleep 600")
    #expect(try yard.start(spec) == 70)
    #expect(Files.exists(yard.path("replaced")))
    #expect(!Files.exists(yard.directory.result))
    #expect(try yard.remoteTip() == yard.remoteTip("main"))
    #expect(Processes.carrying(RunMarker.entry(spec.runID)) == [])
  }

  @Test func aHeldLeaseOrAForeignSpecStartsNothing() throws {
    let yard = try WorkerYard()
    let spec = yard.spec("touch $YARD/ran")
    try Files.makeDirectories(spec.paths.run)
    let lease = try FileLock.take(yard.directory.lease)
    #expect(try yard.start(spec) == 75)
    #expect(lease != nil)
    var other = yard.spec("touch $YARD/ran")
    other.runID = RunID("another")
    #expect(try yard.start(other) == 74)
    #expect(!Files.exists(yard.path("ran")))
  }

  @Test func theTokenIsNowhere() throws {
    let yard = try WorkerYard()
    let token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
    yard.environment["SYMPHONY_GIT_TOKEN"] = token
    yard.environment["GITHUB_TOKEN"] = token
    yard.environment["GIT_CONFIG_COUNT"] = "1"
    yard.environment["GIT_CONFIG_KEY_0"] = "user.signingKey"
    yard.environment["GIT_CONFIG_VALUE_0"] = "x"
    try yard.shell(
      """
      mkdir bin
      printf '#!/bin/sh\\necho "$*" >> $YARD/argv\\n' > bin/git
      echo 'test -z "$GIT_CONFIG_KEY_1" || echo "$*" >> $YARD/with' >> bin/git
      echo "exec $(command -v git)" '"$@"' >> bin/git
      chmod +x bin/git
      """)
    yard.environment["PATH"] = yard.path("bin") + ":" + (yard.environment["PATH"] ?? "")
    let change: (inout RunSpec) -> Void = {
      $0.git.credentialScope = "https://example.com/"
      $0.agent.secretVariables = ["GITHUB_TOKEN"]
      $0.hooks.scripts["after_run"] = "echo hook-output; env | grep VALUE_1"
    }
    _ = try yard.perform("env > $YARD/agent-env; env; \(commitScript)", change)
    let basic = GitCredentials.redact(
      "eC1hY2Nlc3MtdG9rZW46Z2hwXzAxMjM0NTY3ODlhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg==", Secret(token))
    #expect(basic == "***")
    for needle in [token, "eC1hY2Nlc3MtdG9rZW46"] {
      #expect(
        try yard.shell("grep -rl \(needle) state home remote.git argv agent-env || true") == "")
    }
    let with = yard.text("with").split(separator: "\n")
    #expect(with.contains { $0.contains(" push ") })
    #expect(with.contains { $0.contains(" fetch ") })
    #expect(!with.contains { $0.contains(" status ") || $0.contains(" config ") })
    #expect(!yard.text("agent-env").contains("GIT_CONFIG_VALUE"))
    #expect(yard.text("agent-env").contains("SYMPHONY_RUN="))
    _ = try yard.perform("env > $YARD/agent-env; \(commitScript)") {
      $0.agent.secretVariables = ["GITHUB_TOKEN"]
      $0.agent.passGitHubToken = true
    }
    #expect(yard.text("agent-env").contains("GH_TOKEN=\(token)"))
  }

  @Test func linesOfTheOutput() throws {
    let yard = try WorkerYard()
    let path = yard.path("out")
    try Files.append(path, "old\n")
    var tail = OutputTail(path, from: 4, lineLimit: 10)
    try Files.append(path, "a\r\nbc")
    #expect(tail.read() == ["a"])
    try Files.append(path, "d\n01234567890123\nend")
    #expect(tail.read() == ["bcd"])
    try yard.shell("printf '\\377\\nlast' >> out")
    #expect(tail.read(atEnd: true) == ["end\u{FFFD}", "last"])
  }
}
