// Every verdict a plan can give, word for word, each with the small story that leads to it. Read by
// ReasonTests; people and scripts read these codes and sentences, so a change here is a change of
// what symphony promises to say.
import SymphonyCore

struct Golden: Sendable {
  var code: String
  var sentence: String
  /// Item 1 (a draft: 7) is the one whose verdict counts.
  var story: @Sendable () -> Plan

  init(_ code: String, _ sentence: String, _ story: @escaping @Sendable () -> Plan) {
    self.code = code
    self.sentence = sentence
    self.story = story
  }

  /// A repository's issue 1, seen for the first time in a world edited so.
  init(
    _ code: String, _ sentence: String, issue edit: @escaping @Sendable (inout World) -> Void
  ) {
    self.init(code, sentence) {
      var world = World(1..<2)
      edit(&world)
      return world.tick()
    }
  }

  /// The same on a board where nothing is launched yet, edited after the item was admitted.
  init(
    _ code: String, _ sentence: String, board edit: @escaping @Sendable (inout World) -> Void
  ) {
    self.init(code, sentence) {
      var world = World.board(1..<2) { $0.isFiltered = false }
      world.launchesAllowed = false
      world.tick()
      world.launchesAllowed = true
      edit(&world)
      return world.tick()
    }
  }

  /// Issue 1 is running when the edit comes.
  init(
    _ code: String, _ sentence: String, run edit: @escaping @Sendable (inout World) -> Void
  ) {
    self.init(code, sentence) {
      var world = World(1..<2)
      world.tick()
      edit(&world)
      return world.tick()
    }
  }

  static let all =
    underWay + ended + followedUp + waitingForPeople + parked + selection + dependencies + limits
    + unknown

  static let underWay = [
    Golden("launching", "starting run 1", issue: { _ in }),
    Golden("running", "a worker is at work, phase starting", run: { _ in }),
    Golden("running", "an agent is at work, turn 2, phase agent", run: { $0.progress(turn: 2) }),
    Golden("stopping", "the run is being stopped: stopped by ann", run: { $0.ask(.stop, 1) }),
    Golden(
      "stopping", "the run is being stopped: lacks the required label symphony",
      run: { $0.edit(1) { $0.labels = [] } }),
    Golden(
      "stopping", "the run is being stopped: no sign of life for 1m 1s",
      run: { world in
        for id in world.runs.keys { world.runs[id]?.vitals.silence = .seconds(61) }
      }),
    Golden(
      "sweeping", "ending 2 process(es) the run left behind",
      run: { $0.vanish(1, leftovers: .some(2)) }),
    Golden("cleaning_up", "removing its workspace", run: { $0.toRelease() }),
    Golden(
      "retry_waiting",
      "runs again at 2030-03-17T17:46:41Z: the run ended well but left no commit",
      run: { $0.finish(1, .succeeded) }),
    Golden(
      "retry_waiting", "runs again at 2030-03-17T17:46:50Z: it was launched moments ago",
      run: {
        $0.bootID = "boot-2"
        $0.vanish(1)
        $0.trigger = .nudged
      }),
    Golden(
      "unpushed",
      "commit 0123456789ab is not pushed yet: commit 0123456789ab could not be pushed: no route; "
        + "next try at 2030-03-17T17:46:49Z",
      run: { $0.owePush() }),
  ]

  static let ended = [
    Golden("done", "done: pull request #5 was merged", run: { $0.release(merged: true) }),
    Golden("issue_closed", "the issue is closed", run: { $0.release() }),
    Golden(
      "issue_closed", "the issue is closed",
      issue: { world in
        world.issues[0].state = .closed
        world.candidatesOverride = .items(world.issues)
      }),
    Golden(
      "released_by_operator", "released by ann; `symphony retry` takes it up again",
      run: { world in
        world.ask(.release, 1)
        world.tick()
        world.finish(1, .cancelled)
        world.tick()
        world.finish(1, .succeeded) { $0.removed = true }
      }),
    Golden("gone", "the tracker no longer has it", run: { $0.release(gone: true) }),
    Golden("gone", "the draft became acme/app#1007") {
      var world = World.drafts()
      world.tick()
      world.deliverAll()
      return world.tick()
    },
    Golden(
      "status_terminal", "its status \"Done\" is listed in tracker.terminal_values",
      board: { $0.move(1, to: "Done") }),
    Golden(
      "clean_up_failed", "its workspace could not be removed (2 times): before_remove failed",
      run: { world in
        world.toRelease()
        world.tick()
        world.endRuns(2, .failed) { $0.summary = "before_remove failed" }
      }),
    Golden(
      "unpushed", "commit 0123456789ab is not pushed yet: its workspace is kept",
      run: { world in
        world.policy.workspace.removeOnTerminal = false
        world.owePush()
        world.toRelease()
      }),
  ]

  static let waitingForPeople = [
    Golden(
      "handed_off",
      "pull request #5 waits for a person: https://github.com/acme/app/pull/5",
      issue: { $0.setPullRequest(.open) }),
    Golden(
      "handed_off",
      "pull request #101 waits for a person: https://github.com/acme/app/pull/101; "
        + "its status waits: check build is pending"
    ) {
      var world = World.board(1..<2) { $0.policy.pullRequest.requiredChecks = ["build"] }
      world.checksAreGreen = false
      world.tick()
      world.succeedWithCommits(1)
      world.tick()
      world.deliverAll()
      return world.tick()
    },
    Golden(
      "handed_off_elsewhere",
      "somebody moved it to Human Review; move it back to an active status to go on"
    ) {
      var world = World.board(1..<2)
      world.tick()
      world.finish(1, .cancelled)
      world.move(1, to: "Human Review")
      return world.tick()
    },
    Golden(
      "pull_request_owed", "the branch is pushed, the pull request is still owed",
      run: { $0.succeedWithCommits(1) }),
    Golden(
      "pull_request_owed",
      "the branch is pushed, the pull request is still owed: 502 Bad Gateway",
      run: { world in
        world.succeedWithCommits(1)
        world.tick()
        world.refuse(kind: "ensure_pull_request", .unreachable("502 Bad Gateway"))
      }),
    Golden(
      "pushed_only",
      "branch symphony/acme_app_1 is pushed; pull_request.open_pr_on_success is false",
      run: { world in
        world.policy.pullRequest.openOnSuccess = false
        world.succeedWithCommits(1)
      }),
  ]

  static let parked = [
    Golden(
      "no_progress",
      "two runs in a row ended well and left neither a commit nor a change; the agent said: "
        + "all is well",
      run: { world in
        world.endRuns(2, .succeeded) { $0.message = "all is\nwell" }
      }),
    Golden(
      "continuations_exhausted", "2 continuations without anything to hand off",
      run: { world in
        world.policy.limits.maxContinuations = 2
        world.endRuns(3, .succeeded) { $0.madeProgress = true }
      }),
    Golden(
      "attempts_exhausted", "2 attempts in a row failed, the last: exit status 1",
      run: { world in
        world.policy.limits.maxAttempts = 2
        world.endRuns(2, .failed) { $0.summary = "exit status 1" }
      }),
    Golden(
      "run_limit", "2 runs since a person last touched it (agent.max_runs_per_item)",
      run: { world in
        world.policy.limits.maxRunsPerItem = 2
        world.endRuns(2, .cancelled) { _ in }
      }),
    Golden(
      "vanished_repeatedly", "3 runs in a row died without a result; see its worker.log",
      run: { world in
        for _ in 0..<2 {
          world.vanish(1)
          world.tick()
        }
        world.vanish(1)
      }),
    Golden(
      "agent_blocked", "the agent says it is blocked: which database?",
      run: { $0.finish(1, .blocked) { $0.summary = "which database?" } }),
    Golden(
      "agent_misconfigured", "no such model; commit 0123456789ab is only in its workspace",
      run: {
        $0.finish(1, .failed) {
          $0.summary = "no such model"
          $0.failure = .misconfigured
          $0.push = .unpushed(head: "0123456789abcdef", why: "not tried")
        }
      }),
    Golden(
      "item_over_budget",
      "its runs cost $2.50, agent.max_cost_usd_per_item allows $2.00",
      run: { world in
        world.policy.agent.budget.maxCostPerItem = 2
        world.finish(1, .failed) { $0.spend(2.5) }
      }),
    Golden(
      "item_over_budget", "its runs used 1500 tokens, agent.max_tokens_per_item allows 1000",
      run: { world in
        world.policy.agent.budget.maxTokensPerItem = 1000
        world.finish(1, .cancelled) { $0.spend(0, tokens: 1500) }
      }),
    Golden(
      "figures_in_doubt",
      "its agent claims $1000.00 and 0 tokens, or more, for turn 1: that is not believed and "
        + "counts for nothing but this item; look at the agent, then `symphony retry 1`",
      run: { world in
        world.finish(1, .failed) { $0.spend(1e308) }
      }),
    Golden(
      "recovered", "nothing tells what became of it",
      run: { world in
        world.state.runs = []
        world.state.items[0].claim = .parked(
          Parking(
            reason: .recovered, sentence: "nothing tells what became of it", since: noon,
            fingerprint: nil))
      }),
    Golden(
      "edited_after_label",
      "mallory changed its title at 2030-03-17T17:46:42Z, after alice had put the label on at "
        + "2030-03-17T17:46:40Z: read it, then take the label off and put it on again",
      issue: { world in
        world.repositories[0].isPrivate = false
        world.origins[.issue(1)] = .by(
          "mallory", .label("alice", 0), .by("mallory", .renamed, 2))
      }),
    Golden(
      "stopped_by_operator", "stopped by ann",
      run: { world in
        world.ask(.stop, 1)
        world.tick()
        world.finish(1, .cancelled)
      }),
    Golden(
      "branch_taken", "another state directory has it",
      run: {
        $0.finish(1, .failed) {
          $0.code = "branch_taken"
          $0.summary = "another state directory has it"
        }
      }),
    Golden(
      "branch_moved",
      "branch symphony/acme_app_1 holds commit fedcba987654, "
        + "which this state directory did not push",
      run: {
        $0.finish(1, .succeeded) { $0.push = .branchMoved(head: "h", remote: "fedcba9876543210") }
      }),
    Golden(
      "push_refused", "the remote refuses the push for good: protected branch",
      run: {
        $0.finish(1, .failed) { $0.push = .refused(head: "h", why: "protected branch") }
      }),
    Golden(
      "pull_request_rejected", "pull request #5 was closed without being merged",
      issue: { world in
        world.setPullRequest(.open)
        world.tick()
        world.setPullRequest(.closed)
      }),
    Golden(
      "pull_request_refused", "the pull request was refused for good: no commits between them",
      run: { world in
        world.succeedWithCommits(1)
        world.tick()
        world.refuse(kind: "ensure_pull_request", .rejected("no commits between them"))
      }),
    Golden(
      "pull_request_foreign", "the branch's pull request is not ours",
      run: { world in
        world.succeedWithCommits(1)
        world.tick()
        world.supersede(kind: "ensure_pull_request", "the branch's pull request is not ours")
      }),
    Golden("draft_refused", "the draft could not become an issue: issues are disabled") {
      var world = World.drafts()
      world.tick()
      world.refuse(kind: "convert_draft", .rejected("issues are disabled"))
      return world.tick()
    },
  ]
}
