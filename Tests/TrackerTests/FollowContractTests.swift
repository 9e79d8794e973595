// A pull request from its hand-off to its merge, on every server there is: what is read of it, and
// what is written to it. So our own simulator stays true, and every document fits GitHub's schema.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyTrackers

extension WireContracts {
  @Suite struct FollowContractTests {
    private struct Scene {
      let bench: ContractBench
      let item: WorkItem
      let pull: PullRequestRef
      var name: IssueName { IssueName(number: pull.number) }

      init(_ kind: BackendKind) async throws {
        bench = try await ContractBench(kind)
        let issue = try await bench.backend.createIssue("Issue", labels: [bench.label])
        let listed = try await bench.survey(onBoard: false)
        item = try #require(bench.item(listed, issue))
        pull = try await bench.openPullRequest(for: issue)
      }

      func watched(_ question: FollowQuestion) -> SurveyQuestion.Watched {
        var watched = bench.watch(
          item, branch: bench.branch(IssueName(number: item.number ?? 0)), pullRequest: pull)
        watched.follow = question
        return watched
      }
      func survey(_ question: FollowQuestion = FollowQuestion(digest: nil, wantsChecks: true))
        async throws -> Survey
      {
        try await bench.survey([watched(question)], onBoard: false)
      }
      /// Looked at until GitHub knows whether it can be merged.
      func view() async throws -> PullRequestView {
        for _ in 0..<3 {
          let view = try await survey().views[item.id]
          if let view, view.mergeability != .unknown { return view }
        }
        let survey = try await survey()
        return try #require(survey.views[item.id], "\(survey.notices)")
      }
      func place(_ view: PullRequestView) -> PullRequestPlace {
        PullRequestPlace(
          repository: item.repository, key: item.key, number: pull.number, id: view.id)
      }
      func deliver(_ payload: OutboxEntry.Payload, tries: Int = 0) async throws(TrackerError)
        -> Delivery
      {
        try await bench.deliver(payload, item: item.id, tries: tries, onBoard: false)
      }
    }

    private func words(_ delivery: Delivery) -> String { "\(delivery)" }

    @Test(arguments: BackendKind.available)
    func aReviewIsReadAndAnswered(_ kind: BackendKind) async throws {
      let scene = try await Scene(kind)
      let bench = scene.bench
      let first = try await scene.view()
      #expect(first.head.count == 40)
      #expect(first.base == "main")
      #expect(first.baseHead?.count == 40)
      #expect(first.mergeability == .mergeable)
      #expect(first.conversation == Conversation())
      try await bench.backend.edit(
        .review(scene.name, "CHANGES_REQUESTED", "Please fix", line: "why?"))
      try await bench.backend.edit(.comment(scene.name, "meanwhile"))
      let view = try await scene.view()
      #expect(view.digest != first.digest)
      let conversation = try #require(view.conversation)
      #expect(conversation.isWhole)
      #expect(conversation.remarks.map(\.kind) == [.review, .line, .comment])
      #expect(conversation.remarks.map(\.words.text) == ["Please fix", "why?", "meanwhile"])
      #expect(conversation.remarks.map(\.words.author) == ["alice", "alice", "alice"])
      #expect(conversation.remarks.prefix(2).map(\.mayWrite) == [true, true])
      #expect(conversation.remarks.allSatisfy { $0.words.url?.isEmpty == false })
      let line = conversation.remarks[1]
      #expect(line.words.path == "work.txt")
      #expect([line.words.firstLine, line.words.lastLine] == [1, 1])
      #expect(line.words.hunk?.contains("+") == true)
      #expect(line.words.review == conversation.remarks[0].id)
      #expect(line.words.head == view.head)
      #expect(conversation.openThreads == [line.words.thread])
      #expect(conversation.opinions.map(\.isApproval) == [false])
      #expect(conversation.opinions.first?.head == view.head)

      let reply = ReplyOrder(
        place: scene.place(view), thread: line.words.thread ?? "",
        replyTo: line.words.replyTo ?? 0, text: "Done.")
      _ = try await bench.deliverTwice(
        .reply(reply), item: scene.item.id, losing: .rest("POST", "/replies"), onBoard: false)
      let resolve = ResolveOrder(place: scene.place(view), thread: reply.thread)
      let resolved = try await bench.deliverTwice(
        .resolveThread(resolve), item: scene.item.id, losing: .operation("SymphonyResolve"),
        onBoard: false)
      #expect(resolved == .done("it was resolved already"))
      let ask = ReviewRequestOrder(place: scene.place(view), logins: ["alice", "symphony-bot"])
      let asked = try await bench.deliverTwice(
        .requestReview(ask), item: scene.item.id, losing: .rest("POST", "/requested_reviewers"),
        onBoard: false)
      #expect(asked == .done("a review is asked for already"))
      let after = try #require(try await scene.view().conversation)
      let ours = after.remarks.filter { $0.nonce != nil }
      #expect(ours.map(\.words.text) == ["Done."])
      #expect(ours.map(\.words.thread) == [reply.thread])
      #expect(ours.allSatisfy { $0.isByViewer && $0.isResolved })
      #expect(after.openThreads.isEmpty)
      #expect(after.requested == ["alice"])
    }

    @Test(arguments: BackendKind.available)
    func checksAreReadRunAgainAndLogged(_ kind: BackendKind) async throws {
      let scene = try await Scene(kind)
      let bench = scene.bench
      try await bench.backend.edit(.check(scene.name, "unit", "failure", log: "it broke"))
      try await bench.backend.edit(.check(scene.name, "slow", "timed_out", log: "late"))
      let view = try await scene.view()
      #expect(view.checks?.failed == 2)
      let troubles = try #require(view.troubles)
      #expect(troubles.map(\.name) == ["slow", "unit"])
      #expect(troubles.map(\.kind) == [.broken, .failed])
      #expect(view.hiddenChecks == nil)
      let job = try #require(troubles[1].job)
      let question = FollowQuestion(
        digest: nil, wantsConversation: true, wantsChecks: true, jobs: [job])
      let confirmed = try await bench.confirm([scene.watched(question)], onBoard: false)
      let log = try #require(confirmed.logs[job], "\(confirmed.notices)")
      #expect(log.whole.contains("it broke"))
      #expect(!log.whole.contains("\u{1B}"))
      let order = RerunOrder(
        place: scene.place(view), head: view.head, jobs: troubles.compactMap(\.job))
      let again = try await bench.deliverTwice(
        .rerunChecks(order), item: scene.item.id, losing: .rest("POST", "/rerun"), onBoard: false)
      #expect(again == .done("they were run again already"))
      let counts = try #require(try await scene.view().checks)
      #expect(counts.open == 2 && counts.failed == 0)
    }

    @Test(arguments: BackendKind.available)
    func aBranchIsUpdatedAndMerged(_ kind: BackendKind) async throws {
      let scene = try await Scene(kind)
      let bench = scene.bench
      let first = try await scene.view()
      let early = UpdateOrder(place: scene.place(first), head: first.head)
      #expect(words(try await scene.deliver(.updateBranch(early))).contains("up to date"))
      try await bench.backend.edit(.commitFile("base-\(bench.label)", branch: "main"))
      _ = try await bench.deliverTwice(
        .updateBranch(early), item: scene.item.id, losing: .rest("PUT", "/update-branch"),
        onBoard: false)
      let view = try await scene.view()
      #expect(view.head != first.head)
      func merge(_ head: String) -> OutboxEntry.Payload {
        .merge(
          MergeOrder(
            place: scene.place(view), head: head, method: .squash, usesQueue: false,
            branch: bench.branch(IssueName(number: scene.item.number ?? 0))))
      }
      #expect(superseded(try await scene.deliver(merge(first.head))) != nil)
      let merged = try await bench.deliverTwice(
        merge(view.head), item: scene.item.id, losing: .rest("PUT", "/merge$"), onBoard: false)
      #expect(words(merged).contains("branch deleted"), "\(merged)")
      #expect(try await scene.survey().views.isEmpty)
    }

    /// What following costs, by GitHub's formula: each tick of a hundred pull requests, and the
    /// reading of ten that changed, with checks that failed.
    @Test(arguments: BackendKind.available)
    func aHundredCostThreePoints(_ kind: BackendKind) async throws {
      let scene = try await Scene(kind)
      let known = try await scene.view()
      try await scene.bench.backend.edit(.check(scene.name, "unit", "failure", log: "x"))
      func costs(_ count: Int, _ question: FollowQuestion) async throws -> [String: [Int]] {
        let watched = (0..<count).map { number in
          var one = scene.watched(question)
          one.id = ItemID("I_many_\(number)")
          return one
        }
        _ = try await scene.bench.backend.takeLog()
        let survey = try await scene.bench.tick(onBoard: false) {
          tracker async throws(TrackerError) in
          var followed = Survey(candidates: .skipped)
          if let tracker = tracker as? GitHubTracker {
            await PullRequestLook.run(tracker, watched, into: &followed)
          }
          return followed
        }
        #expect(survey.views.count == count, "\(survey.notices)")
        let log = try await scene.bench.backend.takeLog()
        return Dictionary(grouping: log) { $0.operation ?? "" }.mapValues { $0.map(\.cost) }
      }
      let changed = try await scene.view()
      #expect(changed.digest != known.digest)
      // Our own simulator counts requests.
      let isTrue = kind == .outside
      let idle = FollowQuestion(digest: changed.digest, wantsChecks: false)
      #expect(try await costs(100, idle) == ["SymphonyDigest": [isTrue ? 3 : 1]])
      #expect(
        try await costs(10, FollowQuestion(digest: nil, wantsChecks: false))
          == ["SymphonyDigest": [1], "SymphonyConversation": [isTrue ? 6 : 1]])
      #expect(
        try await costs(1, FollowQuestion(digest: changed.digest, wantsChecks: true))
          == ["SymphonyDigest": [1], "SymphonyPullRequestChecks": [1]])
    }
  }
}
