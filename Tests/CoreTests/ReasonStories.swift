// What leads to the verdicts of ReasonTable.swift: one story each, on issue 1.
import SymphonyCore

extension World {
  /// Issue 1's run ends, and the next tick learns that the item's story is over, too.
  mutating func toRelease(merged: Bool = false, gone: Bool = false) {
    finish(1, .cancelled)
    if merged {
      setPullRequest(.merged)
    } else if gone {
      answers[.issue(1)] = .gone("the tracker no longer has it")
    } else {
      close(1)
    }
  }

  /// The same, one tick and a clean-up later.
  mutating func release(merged: Bool = false, gone: Bool = false) {
    toRelease(merged: merged, gone: gone)
    tick()
    finish(1, .succeeded) { $0.removed = true }
  }

  /// Issue 1's run ends again and again, each time far enough from the one before.
  mutating func endRuns(_ count: Int, _ outcome: Outcome, _ edit: (inout RunResult) -> Void) {
    for index in 1...count {
      finish(1, outcome, edit)
      if index == count { return }
      tick()
      now = now + .minutes(11)
      tick()
    }
  }

  /// The work of issue 1 is done, its push failed.
  mutating func owePush() {
    finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.push = .unpushed(head: "0123456789abcdef", why: "no route")
    }
    tick()
  }

  mutating func hold(_ kind: Hold.Kind, _ why: String, until: Deadline?) {
    let scope = kind == .agent ? policy.agent.kind : ""
    state.holds.append(Hold(kind: kind, scope: scope, why: why, until: until, setAt: noon))
  }

  mutating func progress(turn: Int) {
    for (id, run) in runs {
      var progress = RunProgress(nonce: "", phase: .agent, phaseSince: now)
      progress.turn = turn
      var seen = run
      seen.progress = progress
      runs[id] = seen
    }
  }

  mutating func refuse(kind: String, _ error: TrackerError) {
    for entry in state.outbox where entry.payload.kind == kind { refuse(entry, error) }
  }

  mutating func supersede(kind: String, _ why: String) {
    for entry in state.outbox where entry.payload.kind == kind {
      settle(entry, .success(.superseded(why)))
    }
  }

  /// A board with one draft that becomes an issue.
  static func drafts(_ edit: (inout World) -> Void = { _ in }) -> World {
    .board(0..<0) { world in
      world.issues = [.draft(7)]
      world.policy.tracker.board?.itemTypes = [.issue, .draftIssue]
      world.policy.tracker.board?.convertsDrafts = true
      edit(&world)
    }
  }
}
