// What a round leaves on the pull request: each piece answered once, replies in their threads, one
// comment for the rest, threads resolved, reviews asked for again; and the bounds on rounds.
import SymphonyCore
import SymphonyTestSupport
import Testing

struct AnswerTests {
  private func payloads(_ world: World) -> [OutboxEntry.Payload] {
    world.state.outbox.filter { $0.item == .issue(1) }.map(\.payload)
  }

  private func reply(_ number: Int, _ outcome: PieceAnswer.Outcome, _ text: String) -> HandedReply {
    HandedReply(number: number, answer: PieceAnswer(outcome, text))
  }

  @Test func eachThreadGetsItsReplyAndIsResolvedWhenFixed() throws {
    var world = FeedbackTests.world()
    world.say([
      .line("L1", "rename it", at: noon), .line("L2", "why?", at: noon + .seconds(1)),
      .line("L3", "delete it", at: noon + .seconds(2)),
    ])
    world.passQuiet()
    world.succeedRound("def") {
      $0.replies = [
        self.reply(1, .fixed, "renamed"), self.reply(2, .question, "what is meant?"),
        self.reply(3, .declined, "it is used"),
      ]
    }
    world.tick()
    let orders = payloads(world).compactMap { payload -> ReplyOrder? in
      if case .reply(let order) = payload { order } else { nil }
    }
    #expect(orders.map(\.thread) == ["T-L1", "T-L2", "T-L3"])
    #expect(orders.map(\.replyTo) == [11, 11, 11])
    #expect(orders[0].text == "Fixed in def.\n\n> renamed")
    #expect(orders[1].text == "The agent has a question:\n\n> what is meant?")
    #expect(orders[2].text == "Not changed. The agent's reason:\n\n> it is used")
    #expect(world.debts(1) == ["reply", "reply", "reply", "resolve_thread"])
    guard case .resolveThread(let resolve)? = payloads(world).last else {
      Issue.record("nothing is resolved")
      return
    }
    #expect(resolve.thread == "T-L1")
    #expect(world.pieces.allSatisfy { $0.hasSuffix("answered") })
    world.deliverAll()
    for _ in 1...3 { world.tick() }
    #expect(world.debts(1).isEmpty)
    world.say([.line("L1", "rename it", at: noon)])
    world.tick()
    #expect(world.record(1)?.followUp?.seenResolved == ["T-L1"])
  }

  @Test func threadsStayOpenWhereTheWorkflowSaysSo() {
    var world = FeedbackTests.round { $0.policy.feedback.resolveThreads = false }
    world.succeedRound("def") { $0.replies = [self.reply(1, .fixed, "renamed")] }
    world.tick()
    #expect(world.debts(1) == ["reply"])
  }

  @Test func aThreadWithAnUnansweredPieceIsNotResolved() {
    var world = FeedbackTests.world()
    var second = Remark.line("L2", "and this", at: noon + .seconds(1))
    second.words.thread = "T-L1"
    world.say([.line("L1", "rename it", at: noon), second])
    world.passQuiet()
    world.succeedRound("def") { $0.replies = [self.reply(1, .fixed, "renamed")] }
    world.tick()
    #expect(world.debts(1) == ["reply", "comment"])
  }

  @Test func withoutAFileTheLastMessageAnswers() throws {
    var world = FeedbackTests.round()
    world.succeedRound("def") { $0.message = "I renamed it @everyone" }
    world.tick()
    guard case .comment(let order)? = payloads(world).first else {
      Issue.record("no comment")
      return
    }
    #expect(order.number == 101, "it goes to the pull request")
    #expect(order.text.hasPrefix("Pushed def in answer to 1 line comment."))
    #expect(order.text.contains("> I renamed it @\u{200B}everyone"))
    #expect(world.state.pieces.first?.answer?.outcome == .told)
  }

  @Test func whoRequestedChangesIsAskedAgain() {
    var world = FeedbackTests.world()
    var review = Remark.make(.review, "V1", "not yet", at: noon)
    review.words.verdict = .changesRequested
    world.say([review])
    world.passQuiet()
    world.succeedRound("def")
    world.tick()
    #expect(world.debts(1) == ["comment", "request_review"])
    guard case .requestReview(let order)? = payloads(world).last else { return }
    #expect(order.logins == ["rita"])
  }

  @Test func answersWaitForThePushOfTheirWork() throws {
    var world = FeedbackTests.round()
    world.finish(1, .succeeded) {
      $0.commitsAhead = 2
      $0.turns = 1
      $0.replies = [self.reply(1, .fixed, "renamed")]
      $0.push = .unpushed(head: "def", why: "no route")
    }
    world.tick()
    #expect(world.pieces == ["line L1 handed"])
    #expect(world.debts(1).isEmpty)
    world.now = world.now + .minutes(10)
    let order = try #require(world.tick().launches.first)
    #expect(order.feedback.map(\.number) == [1])
    world.finish(1, .succeeded) {
      $0.commitsAhead = 2
      $0.push = .pushed(head: "def")
    }
    world.tick()
    #expect(world.pieces == ["line L1 answered"])
    #expect(world.debts(1) == ["reply", "resolve_thread"])
  }

  @Test func aThreadOpenedAgainIsAPieceEachTime() {
    var world = FeedbackTests.round()
    world.succeedRound("def") { $0.replies = [self.reply(1, .fixed, "renamed")] }
    world.tick()
    world.deliverAll()
    for time in 1...2 {
      world.say([.line("L1", "rename it", at: noon)], openThreads: ["T-L1"], digest: "late \(time)")
      world.passQuiet()
      #expect(world.claim(1) == "handed_off", "the order may be on its way")
      world.say([.line("L1", "rename it", at: noon)], digest: "resolved \(time)")
      world.tick()
      world.say([.line("L1", "rename it", at: noon)], openThreads: ["T-L1"], digest: "\(time)")
      world.passQuiet()
      #expect(world.pieces.contains("reopened T-L1 handed"))
      world.succeedRound("head\(time)") { $0.replies = [self.reply(1, .fixed, "again")] }
      world.tick()
      world.deliverAll()
    }
    #expect(world.state.pieces.filter { $0.id.kind == .reopened }.count == 2)
  }

  // MARK: Bounds

  @Test func roundsEnd() {
    var world = FeedbackTests.world { $0.policy.feedback.maxRounds = 2 }
    for round in 1...2 {
      world.say((1...round).map { .line("L\($0)", "words", at: noon) })
      world.passQuiet()
      #expect(world.claim(1) == "running")
      world.succeedRound("head\(round)")
      world.tick()
      world.deliverAll()
    }
    world.say((1...3).map { .line("L\($0)", "words", at: noon) })
    #expect(world.verdict(world.passQuiet(), 1) == "rounds_exhausted")
    #expect(world.pieces.last == "line L3 seen", "it is not lost")
    world.ask(.retry, 1)
    world.tick()
    #expect(world.record(1)?.followUp?.rounds == 0, "a person asked for more")
    #expect(world.pieces.last == "line L3 handed")
  }

  @Test func checksAloneEndAfterThree() {
    var world = FeedbackTests.world()
    for round in 1...3 {
      world.check(.failed, "test", run: "\(round)")
      world.passQuiet()
      #expect(world.claim(1) == "running")
      world.succeedRound("head\(round)")
      world.tick()
      world.deliverAll()
    }
    world.check(.failed, "test", run: "4")
    #expect(world.verdict(world.passQuiet(), 1) == "rounds_exhausted")
  }

  @Test func aPersonsWordsBreakTheRow() {
    var world = FeedbackTests.world()
    for round in 1...4 {
      world.check(.failed, "test", run: "\(round)")
      world.say(round < 3 ? [] : [.comment("C1", "look at the log", at: noon)])
      world.passQuiet()
      #expect(world.claim(1) == "running", "round \(round)")
      world.succeedRound("head\(round)")
      world.tick()
      world.deliverAll()
    }
  }

  @Test func idleRoundsPark() {
    var world = FeedbackTests.world()
    for round in 1...2 {
      world.say((1...round).map { .line("L\($0)", "words", at: noon) })
      world.passQuiet()
      world.finish(1, .succeeded) { $0.commitsAhead = 1 }
      world.tick()
      world.deliverAll()
    }
    #expect(world.claim(1) == "parked")
    #expect(world.record(1)?.verdict == "no_progress")
  }

  @Test func aReleaseForgetsWhatWaits() {
    var world = FeedbackTests.world()
    world.say([.line("L1", "rename it", at: world.now)])
    world.tick()
    world.close(1)
    world.tick()
    #expect(world.pieces == ["line L1 dropped"])
  }
}
