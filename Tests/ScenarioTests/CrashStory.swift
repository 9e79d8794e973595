// The stories in which processes are killed at every deed: what people and agents do in each, told
// so that it goes on wherever a tick or a worker has died. How it should end is taken from the same
// story without trouble, which has to end as it says here.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@testable import SymphonyStore

struct CrashStory: Sendable, CustomTestStringConvertible {
  var name: String
  /// Of issue 1, at the end.
  var code: String
  var hasBoard = false
  var setUp: @Sendable (Stage) throws -> Void
  /// Ticks, and what happens meanwhile, as far as the story's end.
  var play: @Sendable (Stage) async throws -> Void
  /// What must be so at the end and no invariant says.
  var check: @Sendable (Stage) async throws -> [String] = { _ in [] }

  var testDescription: String { name }

  /// A file of this name is there once something was done for the first time.
  private static func once(_ first: String) -> String {
    "if [ ! -e \"$SCENARIO_DIR/once\" ]; then : >\"$SCENARIO_DIR/once\"; \(first); fi\n"
  }
  /// Where something has to be waited for first.
  private static func deliveredInTime(_ stage: Stage) async throws {
    try await stage.tickUntil("its delivery", seconds: limit) {
      try stage.passTime()
      return stage.isDelivered(1)
    }
  }
  private static func delivered(_ stage: Stage) async throws {
    try await stage.tickUntil("its delivery", seconds: limit) { stage.isDelivered(1) }
  }
  /// Seconds for one step; it only bounds a failing test.
  static let limit = 150.0

  static let all = [
    firstDispatch, continuation, failure, board, closed, cleanUp, brokenWorkflow, rateLimit, draft,
    usageLimit, owedPush, budget, sandbox,
  ]

  static let firstDispatch = CrashStory(
    name: "first dispatch", code: "handed_off",
    setUp: { stage in
      try stage.direct(agent: "commit")
      stage.issue()
    }, play: delivered)

  static let continuation = CrashStory(
    name: "continuation", code: "handed_off",
    setUp: { stage in
      try stage.direct(agent: once("exit 0") + "commit", settings: ["max_turns": "1"])
      stage.issue()
    }, play: delivered)

  static let failure = CrashStory(
    name: "failure and retry", code: "handed_off",
    setUp: { stage in
      try stage.direct(agent: once("exit 1") + "commit")
      stage.issue()
    }, play: delivered)

  static let board = CrashStory(
    name: "hand-off with status and labels", code: "handed_off", hasBoard: true,
    setUp: { stage in
      try stage.directBoard(agent: "commit; echo Done.")
      _ = try stage.item("One")
    },
    play: { stage in
      try await stage.tickUntil("it waits for a person", seconds: limit) {
        stage.status(1) == "Human Review" && stage.labels(1) == ["in-review", "symphony"]
          && stage.isDelivered(1)
      }
    })

  static let closed = CrashStory(
    name: "stop on close", code: "issue_closed",
    setUp: { stage in
      try stage.direct(agent: "wait_for never")
      stage.issue()
    },
    play: { stage in
      try await stage.tickUntil("its agent is at work", seconds: limit) { !stage.started.isEmpty }
      stage.github.closeIssue(1)
      try await stage.tickUntil("its workspace is gone", seconds: limit) {
        try stage.passTime()
        guard stage.descendants.isEmpty, stage.workspaces.isEmpty else { return false }
        return try await stage.code(1) == "issue_closed"
      }
    })

  static let cleanUp = CrashStory(
    name: "clean-up", code: "done",
    setUp: { stage in
      let hook = "echo ran >>\"\(stage.directory.file("hooked"))\""
      try stage.direct(agent: "commit", extra: "hooks: { before_remove: '\(hook)' }\n")
      stage.issue()
    },
    play: { stage in
      try await delivered(stage)
      try await stage.idle()
      let pull = try #require(stage.pullRequests(of: 1).first)
      try stage.github.mergePullRequest(pull.number)
      try await stage.tickUntil("its workspace is gone", seconds: limit) {
        // A clean-up that died waits for its next try.
        try stage.passTime()
        guard stage.descendants.isEmpty, stage.workspaces.isEmpty else { return false }
        return try await stage.code(1) == "done"
      }
    },
    check: { stage in
      var wrong: [String] = []
      if try !stage.registeredWorktrees.isEmpty { wrong.append("a worktree is registered still") }
      if stage.lines(of: "hooked").isEmpty { wrong.append("before_remove did not run") }
      let cache = Files.join(stage.state, "repos/acme/app.git")
      let refs = try Git.run(["for-each-ref", "refs/heads/\(stage.branch(1))"], in: cache)
      if !refs.isEmpty { wrong.append("the branch is in the cache still") }
      return wrong
    })

  static let brokenWorkflow = CrashStory(
    name: "broken workflow", code: "handed_off",
    setUp: { stage in
      try stage.direct(agent: "wait_for go; commit")
      stage.issue()
    },
    play: { stage in
      try await stage.tickUntil("its agent is at work", seconds: limit) { !stage.started.isEmpty }
      let file = Files.join(stage.project, "WORKFLOW.md")
      let text = try Files.readText(file)
      try Files.writeAtomically(file, "---\ntracker: [\n---\n")
      stage.issue("Another")
      try stage.raise("go")
      try await stage.idle()
      for _ in 0..<2 { try await stage.tick() }
      try await stage.idle()
      #expect(stage.github.pullRequests.filter { $0.title == "Another" }.isEmpty)
      try Files.writeAtomically(file, text)
      try await stage.tickUntil("both deliveries", seconds: limit) {
        stage.isDelivered(1) && stage.isDelivered(2)
      }
    })

  static let rateLimit = CrashStory(
    name: "rate limit", code: "handed_off",
    setUp: { stage in
      try stage.direct(agent: "commit")
      stage.issue()
      stage.github.add(Fault(.primaryLimit(resetsIn: 90), path: "/issues\\?"))
      stage.github.add(
        Fault(.secondaryLimit(retryAfter: 60), method: "POST", path: "/comments$"))
    },
    play: { stage in
      try await deliveredInTime(stage)
    })

  static let draft = CrashStory(
    name: "draft conversion", code: "handed_off", hasBoard: true,
    setUp: { stage in
      try stage.directDraft()
    },
    play: { stage in
      try await stage.tickUntil("it waits for a person", seconds: limit) {
        stage.github.issue(1) != nil && stage.status(1) == "Human Review" && stage.isDelivered(1)
      }
    },
    check: { stage in
      let count = stage.github.issues(in: nil).count
      return count == 1 ? [] : ["\(count) issues were made of one draft"]
    })

  static let usageLimit = CrashStory(
    name: "usage-limit hold", code: "handed_off",
    setUp: { stage in
      let reset = Timestamp(milliseconds: Clock.wallMilliseconds()) + .hours(1)
      let limited =
        #"printf '{"type":"result","status":"limited","message":"out of credit","#
        + #""resets_at":"\#(reset.rfc3339)"}\n'; exit 1"#
      try stage.direct(agent: once(limited) + "commit")
      stage.issue()
    },
    play: { stage in
      try await deliveredInTime(stage)
    })

  static let owedPush = CrashStory(
    name: "owed push", code: "handed_off",
    setUp: { stage in
      try stage.direct(agent: "wait_for go; commit")
      stage.issue()
    },
    play: { stage in
      try await stage.tickUntil("its agent is at work", seconds: limit) { !stage.started.isEmpty }
      // The fence stands by then: only the branch itself is pushed from here on.
      stage.github.add(
        Fault(.status(503), method: "POST", path: "git-receive-pack$", times: 2))
      try stage.raise("go")
      try await deliveredInTime(stage)
    })

  static let budget = CrashStory(
    name: "budget end", code: "attempts_exhausted",
    setUp: { stage in
      let spent =
        #"printf '{"type":"usage","input_tokens":10,"output_tokens":0,"#
        + #""cost_usd":1.50,"model":"small"}\n'"#
      try stage.direct(
        agent: "commit\n\(spent)\nwait_for never",
        settings: ["max_cost_usd_per_run": "1", "max_attempts": "1"])
      stage.issue()
    },
    play: { stage in
      try await stage.tickUntil("it is parked", seconds: limit) {
        try await stage.code(1) == "attempts_exhausted"
      }
    })

  /// Its agent sees nothing of the stage, so that turns are counted by their commits.
  static let sandbox = CrashStory(
    name: "sandboxed run", code: "handed_off",
    setUp: { stage in
      try stage.direct(agent: "true", settings: ["sandbox": "bubblewrap"])
      let file = Files.join(stage.project, "WORKFLOW.md")
      let agent = "echo $SYMPHONY_RUN >>work.txt; git add -A; git commit -qm Work"
      let text = try Files.readText(file).replacing(
        "command: sh '\(stage.directory.file("agent.sh"))'", with: "command: \"\(agent)\"")
      try Files.writeAtomically(file, text)
      stage.issue()
    }, play: delivered)
}

extension Stage {
  /// Makes every delay that a row tells of two hours older, in place of waiting.
  func passTime() throws {
    guard Files.exists(StateLayout(state).database) else { return }
    let now = Timestamp(milliseconds: Clock.wallMilliseconds())
    do throws(StoreError) {
      let store = try SQLiteStore.open(directory: state, mode: .command, now: now)
      defer { store.close() }
      let hours = 2 * 60 * 60 * 1000
      try store.execute("UPDATE hold SET until_set_at = until_set_at - \(hours)")
      try store.execute("UPDATE claim SET clean_up_set_at = clean_up_set_at - \(hours)")
      try store.execute(
        "UPDATE outbox SET next_set_at = next_set_at - \(hours) WHERE state = 'pending'")
    } catch {
      // A tick that was killed before it had made its tables leaves nothing that waits.
      guard case .failed = error else { throw error }
    }
  }
}
