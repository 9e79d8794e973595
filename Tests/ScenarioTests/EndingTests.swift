// Work that does not end in a merged pull request: each ends parked or released with a reason that
// `status` tells, is not run again by itself, and loses nothing.
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite("other endings")
struct EndingTests {
  /// Ticks until the item has the verdict, then makes sure that it keeps it.
  @discardableResult
  private func end(
    _ stage: Stage, in code: String, saying words: String = "", line: Int = #line
  ) async throws -> ItemReport {
    try await stage.tickUntil("issue 1 is \(code)", line: line) {
      try await stage.code(1) == code
    }
    try await stage.idle()
    let runs = stage.started.count
    for _ in 0..<2 { try await stage.tick() }
    try await stage.idle()
    let item = try await stage.board().item(1)
    #expect(item.code == code && stage.started.count == runs)
    #expect(item.sentence.contains(words), "\(item.sentence)")
    // All: what was done before midnight is not in the list without being asked for.
    #expect(try await stage.run(["status", "-v", "--all"]).output.contains(code))
    return item
  }

  @Test("a process that dropped the run's marker does not outlive its agent")
  func stray() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: """
          env -i setsid sh -c 'echo $$ >"$0"; exec sleep 900' "$SCENARIO_DIR/stray" &
          wait_for stray
          commit
          """)
      stage.issue()
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      try await stage.idle()
      let pid = try #require(stage.lines(of: "stray").first.flatMap(Int32.init))
      // Its number may be another process's by now.
      let isThere = Stage.arguments(of: pid) == ["sleep", "900"]
      if isThere { stage.kill(pid) }
      #expect(!isThere)
    }
  }

  enum Change: CaseIterable { case none, account, mode }

  @Test("a session goes on with its account, and where sessions may", arguments: Change.allCases)
  func session(change: Change) async throws {
    try await withStage { stage in
      try stage.direct(
        agent: """
          echo "[$SYMPHONY_SESSION_ID]" >>"$SCENARIO_DIR/sessions"
          printf '{"type":"session","id":"s-1"}\\n'
          wait_for go || exit 1
          [ $(wc -l <"$SCENARIO_DIR/sessions") = 2 ] || exit 1
          commit
          """)
      stage.issue()
      try await stage.tick()
      try await eventually("its session is told") { stage.lines(of: "sessions").count == 1 }
      let script = stage.directory.file("agent.sh")
      let text = String(try Files.readText(script).dropFirst(Stage.prelude.count))
      switch change {
      case .none: break
      case .account:
        let rule = "{when: {label: symphony}, set: {command: sh -e '\(script)'}}"
        try stage.direct(agent: text, extra: "  rules: [\(rule)]\n")
      case .mode:
        try stage.direct(agent: text, settings: ["session_reuse_mode": "single_turn_only"])
      }
      try stage.raise("go")
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      #expect(stage.lines(of: "sessions") == ["[]", change == .none ? "[s-1]" : "[]"])
    }
  }

  @Test("a push refused for good: parked, and the commits are kept and named")
  func pushRefused() async throws {
    try await withStage { stage in
      try stage.direct(agent: "wait_for go; commit")
      stage.issue()
      try await stage.tick()
      try await eventually("its agent is at work") { stage.started.count == 1 }
      stage.github.refusePushes("error: GH013: Repository rule violations found")
      try stage.raise("go")
      let item = try await end(stage, in: "push_refused", saying: "GH013")
      let head = try #require(item.unpushed)
      #expect(stage.github.pullRequests.isEmpty && stage.ourComments(1).isEmpty)
      let cache = Files.join(stage.state, "repos/acme/app.git")
      let subject = try Git.run(["log", "-1", "--format=%s", head], in: cache)
      #expect(subject == "Work on 1" && !stage.workspaces.isEmpty)
      // The debt is paid by the next run, without another turn.
      stage.github.refusePushes(nil)
      try await stage.run(["retry", "1"])
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      #expect(stage.started.count == 1)
    }
  }

  @Test("what a run left in its workspace is named whatever comes next", arguments: [true, false])
  func leftBehind(isKilled: Bool) async throws {
    try await withStage { stage in
      try stage.direct(agent: "commit; echo x >>\"$SCENARIO_DIR/made\"; wait_for go; commit")
      stage.issue()
      try await stage.tick()
      try await eventually("its commit is there") { stage.lines(of: "made").count == 1 }
      let words =
        "is only on branch symphony/acme_app_1 in its workspace \(stage.state)/workspaces/"
      if isKilled {
        stage.kill(try #require(stage.worker(on: 1)?.pid))
      } else {
        try await stage.run(["stop", "1"])
        let item = try await end(stage, in: "stopped_by_operator")
        #expect(item.sentence.contains("commit"))
        #expect(try await stage.run(["status", "-v"]).output.contains(words))
        try await stage.run(["retry", "1"])
      }
      try await stage.tickUntil("its next run") { stage.lines(of: "made").count == 2 }
      try await stage.tick()
      #expect(try await stage.code(1) == "running")
      let told = try await stage.run(["status", "-v"]).output
      #expect(told.contains(words), "\(told)")
      #expect(told.contains("its worker died") == isKilled)
      let json = try await stage.run(["status", "--json"]).output
      #expect(json.contains("left_behind") && json.contains("symphony/acme_app_1 in its workspace"))
      try stage.raise("go")
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      try await stage.tick()
      let after = try await stage.run(["status", "-v"]).output
      #expect(!after.contains("in its workspace"), "\(after)")
    }
  }

  @Test("a remote that refuses the branch before any turn")
  func fenceRefused() async throws {
    try await withStage { stage in
      try stage.direct(agent: "commit")
      stage.issue()
      stage.github.protectBranch("symphony/*")
      try await end(stage, in: "push_refused", saying: "GH006")
      #expect(stage.started == [] && stage.github.branches.count == 1)
    }
  }

  @Test("a pull request closed unmerged is not made again")
  func rejected() async throws {
    try await withStage { stage in
      try stage.direct(agent: "commit")
      stage.issue()
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      let pull = try #require(stage.pullRequests(of: 1).first)
      stage.github.closePullRequest(pull.number)
      try await end(stage, in: "pull_request_rejected", saying: "#\(pull.number)")
      #expect(stage.isDelivered(1) && stage.started.count == 1)
    }
  }

  @Test("an issue closed while its agent runs: stopped, released, removed")
  func closedMeanwhile() async throws {
    try await withStage { stage in
      try stage.direct(agent: "wait_for never")
      stage.issue()
      try await stage.tick()
      try await eventually("its agent is at work") { stage.started.count == 1 }
      let run = try #require(stage.worker(on: 1)?.run)
      stage.github.closeIssue(1)
      try await end(stage, in: "issue_closed")
      #expect(stage.marked(run) == [] && stage.heldLeases == [])
      #expect(stage.workspaces == [] && stage.github.pullRequests.isEmpty)
      #expect(try stage.registeredWorktrees == [])
    }
  }

  @Test("a label taken off while its agent runs stops the run, and the item waits for it")
  func labelGone() async throws {
    try await withStage { stage in
      try stage.direct(agent: "wait_for go; commit")
      stage.issue()
      try await stage.tick()
      try await eventually("its agent is at work") { stage.started.count == 1 }
      stage.github.removeLabel(1, "symphony")
      try await end(stage, in: "label_missing", saying: "symphony")
      try stage.raise("go")
      stage.github.addLabel(1, "symphony")
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      #expect(try await stage.board().item(1).runs == 2)
    }
  }

  @Test("an agent that never commits: parked after two runs")
  func noProgress() async throws {
    try await withStage { stage in
      try stage.direct(agent: "echo I looked around.", settings: ["max_turns": "1"])
      stage.issue()
      let item = try await end(stage, in: "no_progress", saying: "I looked around.")
      #expect(item.runs == 2 && stage.started.count == 2)
      #expect(stage.github.pullRequests.isEmpty && stage.ourComments(1).isEmpty)
    }
  }

  @Test("an agent that always fails: parked after the attempts it has")
  func alwaysFails() async throws {
    try await withStage { stage in
      try stage.direct(agent: "echo No luck. >&2; exit 3", settings: ["max_attempts": "2"])
      stage.issue()
      let item = try await end(stage, in: "attempts_exhausted", saying: "No luck.")
      #expect(item.runs == 2 && item.failures == 2 && stage.started.count == 2)
      // A person's touch begins a new count.
      stage.github.editIssue(1) { $0.body = "More words." }
      try await stage.tickUntil("it runs again") { stage.started.count >= 3 }
    }
  }

  @Test("a branch that somebody else made is not touched")
  func branchTaken() async throws {
    try await withStage { stage in
      try stage.direct(agent: "commit")
      stage.issue()
      try stage.github.commit(branch: stage.branch(1), files: ["theirs.txt": "theirs\n"])
      let tip = try #require(stage.github.branches[stage.branch(1)])
      try await end(stage, in: "branch_taken", saying: "--take-over")
      #expect(stage.started == [] && stage.github.branches[stage.branch(1)] == tip)
      try await stage.run(["retry", "1", "--take-over"])
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      #expect(stage.github.git.text(of: "theirs.txt", on: stage.branch(1)) == "theirs\n")
    }
  }

  @Test("somebody's commits on our branch while the agent runs: parked, theirs stay")
  func branchMoved() async throws {
    try await withStage { stage in
      try stage.direct(agent: "wait_for go; commit")
      stage.issue()
      try await stage.tick()
      try await eventually("its agent is at work") { stage.started.count == 1 }
      try stage.github.commit(branch: stage.branch(1), files: ["theirs.txt": "theirs\n"])
      let tip = try #require(stage.github.branches[stage.branch(1)])
      try stage.raise("go")
      let item = try await end(stage, in: "branch_moved", saying: String(tip.prefix(12)))
      #expect(item.unpushed != nil && stage.github.branches[stage.branch(1)] == tip)
    }
  }

  private static let wakePrompt =
    "Issue {{ issue.number }}: {{ issue.title }}\n"
    + "{{ wake.kind }}/{{ wake.author }}/{{ wake.text }}\n"

  @Test("an agent that says it is blocked: parked, told once on the issue, woken by a comment")
  func blocked() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: """
          printf '%s\n' "$prompt" >>"$SCENARIO_DIR/prompts"
          [ -e "$SCENARIO_DIR/go" ] || { echo "SYMPHONY: blocked: which colour?"; exit 0; }
          commit
          """, prompt: Self.wakePrompt)
      stage.issue()
      try await stage.tick()
      try await end(stage, in: "agent_blocked", saying: "which colour?")
      #expect(stage.started.count == 1 && stage.github.pullRequests.isEmpty)
      #expect(stage.ourComments(1).count == 1)
      #expect(stage.ourComments(1).first?.body.contains("which colour?") == true)
      try stage.raise("go")
      try stage.github.comment(1, author: "alice", body: "Blue.")
      try await stage.tickUntil("its pull request") { stage.pullRequests(of: 1).count == 1 }
      try await stage.idle()
      try await stage.tick()
      #expect(try await stage.code(1) == "handed_off")
      #expect(stage.ourComments(1).count == 2 && stage.started.count == 2)
      let prompts = stage.lines(of: "prompts")
      #expect(prompts.contains("//") && prompts.contains("comment/alice/Blue."), "\(prompts)")
    }
  }
}
