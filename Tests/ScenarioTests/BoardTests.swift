// A board's whole story with real processes: status and labels follow the work, people who move
// items are obeyed, and what the board does meanwhile costs nobody a running worker.
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite("boards")
struct BoardTests {
  @Test("two repositories, one board: status, labels, pull request, a second round, merged, gone")
  func wholeStory() async throws {
    try await withBoard { stage in
      try stage.directBoard(agent: "commit; echo Done.")
      try stage.github.addRepository("acme/api")
      let one = try stage.item("One")
      let other = try stage.item("Other", in: "acme/api")
      try await stage.tickUntil("both wait for a person") {
        stage.status(one) == "Human Review" && stage.status(other, in: "acme/api") == "Human Review"
      }
      #expect(stage.labels(one) == ["in-review", "symphony"])
      #expect(stage.isDelivered(one))
      let pulls = stage.github.pullRequests(in: "acme/api")
      #expect(pulls.count == 1 && pulls[0].title == "Other [acme/api#\(other)]")
      #expect(pulls[0].body.contains("Closes acme/api#\(other)"))
      // A person moves it back: another round on the same branch, the same pull request.
      try stage.github.setField("Status", "Todo", of: one)
      try await stage.tickUntil("the second round is handed off") {
        let count = stage.started.filter { $0.hasPrefix("acme_app_\(one)-") }.count
        return count == 2 && stage.status(one) == "Human Review"
      }
      #expect(stage.pullRequests(of: one).count == 1)
      let pull = try #require(stage.pullRequests(of: one).first)
      try stage.github.mergePullRequest(pull.number)
      try stage.github.mergePullRequest(pulls[0].number, in: "acme/api")
      try await stage.tickUntil("the workspaces are gone") { stage.workspaces.isEmpty }
      try await stage.tickUntil("both are done") {
        try await stage.board().items.map(\.code) == ["done", "done"]
      }
      #expect(stage.heldLeases.isEmpty)
    }
  }

  @Test("moved away while an agent works: stopped; moved to the hand-off status: handed off")
  func movedWhileRunning() async throws {
    try await withBoard { stage in
      try stage.directBoard(agent: "wait_for never")
      let (away, elsewhere, archived) = (
        try stage.item("Away"), try stage.item("Elsewhere"), try stage.item("Archived")
      )
      try await stage.tickUntil("three agents work") { stage.started.count == 3 }
      try stage.github.setField("Status", "Backlog", of: away)
      try stage.github.setField("Status", "Human Review", of: elsewhere)
      stage.github.archive(archived)
      try await stage.tickUntil("all are stopped") { stage.workers.isEmpty }
      try await stage.tickUntil("each has its verdict") {
        let board = try await stage.board()
        return try board.item(away).code == "status_not_active"
          && board.item(elsewhere).code == "handed_off_elsewhere"
          && board.item(archived).code == "not_on_board"
      }
      let board = try await stage.board()
      #expect(board.items.allSatisfy { $0.failures == 0 && $0.runs == 1 })
      #expect(stage.github.pullRequests.isEmpty && stage.started.count == 3)
    }
  }

  @Test("an option is renamed under way: nothing new starts, what runs goes on, and back")
  func renamedOption() async throws {
    try await withBoard { stage in
      try stage.directBoard(agent: "wait_for go; commit; echo Done.")
      let running = try stage.item("Running")
      try await stage.tickUntil("it works") { stage.started.count == 1 }
      stage.github.renameOption("Todo", to: "Ready for work")
      let waiting = try stage.item("Waiting", status: "Ready for work")
      let told = try await stage.tick()
      #expect(told.exit == .exited(78))
      #expect(told.errorOutput.contains("tracker.active_values names `Todo`"), "\(told)")
      #expect(told.errorOutput.contains("`Ready for work`"), "\(told)")
      #expect(stage.workers.count == 1)
      try stage.raise("go")
      try await stage.tickUntil("the work is delivered all the same") { stage.isDelivered(running) }
      #expect(stage.started.count == 1, "nothing new was started")
      stage.github.renameOption("Ready for work", to: "Todo")
      try await stage.tickUntil("the other one, too") { stage.isDelivered(waiting) }
    }
  }

  @Test("a draft becomes an issue, and the issue is worked on")
  func draft() async throws {
    try await withBoard { stage in
      try stage.directDraft()
      try await stage.tickUntil("its pull request is there") {
        stage.github.pullRequests.count == 1 && stage.ourComments(1).count == 1
      }
      #expect(stage.github.issue(1)?.title == "An idea")
      try await stage.tickUntil("it waits for a person") { stage.status(1) == "Human Review" }
      #expect(stage.github.issues(in: nil).count == 1)
    }
  }

  @Test("a comment that nobody may write keeps neither labels nor status")
  func comment() async throws {
    try await withBoard { stage in
      try stage.directBoard(agent: "commit; echo Done.")
      stage.github.add(
        Fault(
          .status(403, body: "{\"message\":\"Resource not accessible by personal access token\"}"),
          method: "POST", path: "/comments$", times: Fault.always))
      let number = try stage.item("First")
      try await stage.tickUntil("it is handed over") {
        stage.status(number) == "Human Review" && stage.labels(number).contains("in-review")
      }
      #expect(stage.ourComments(number).isEmpty)
      let told = try await stage.run(["status", "-v"]).output
      #expect(told.contains("comment owed"), "\(told)")
    }
  }

  @Test("the status waits for the named checks, and keeps no slot meanwhile")
  func checks() async throws {
    try await withBoard { stage in
      try stage.directBoard(
        agent: "commit; echo Done.", settings: ["max_concurrent": "1"],
        pullRequest: "  required_before_handoff_checks: [build]\n")
      let first = try stage.item("First")
      try await stage.tickUntil("its pull request is there") { stage.isDelivered(first) }
      let second = try stage.item("Second")
      try await stage.tickUntil("the slot is free for another") { stage.isDelivered(second) }
      #expect(stage.status(first) == "In Progress")
      let waiting = try await stage.board().item(first)
      #expect(waiting.code == "handed_off" && waiting.sentence.contains("build"), "\(waiting)")
      #expect(stage.started.count == 2)
    }
  }

  @Test("parked: the labels of tracker.labels_on.park, and a comment starts it again")
  func parked() async throws {
    try await withBoard { stage in
      try stage.directBoard(
        agent: "if [ -e \"$SCENARIO_DIR/helped\" ]; then commit; echo Done.; else "
          + "echo 'SYMPHONY: blocked: which one?'; fi")
      let number = try stage.item("Unclear")
      try await stage.tickUntil("people are told") {
        stage.labels(number).contains("needs-human") && !stage.ourComments(number).isEmpty
      }
      try await stage.idle()
      for _ in 0..<4 { try await stage.tick() }
      #expect(try await stage.code(number) == "agent_blocked")
      #expect(stage.started.count == 1, "its own label is no person's touch")
      try stage.raise("helped")
      try stage.github.comment(number, author: "alice", body: "The second one.")
      try await stage.tickUntil("it goes on") { stage.pullRequests(of: number).count == 1 }
    }
  }
}
