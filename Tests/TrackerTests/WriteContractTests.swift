// What is owed to GitHub, paid to every server there is: done once, found done when asked again,
// left alone when a person was faster, and never doubled by a lost answer.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyTrackers

extension WireContracts {
  @Suite struct WriteContractTests {
    private func move(
      _ item: WorkItem, to value: String, from expected: [String] = ["Todo", "In Progress"],
      checks: [String] = [], branch: String = "none", needsPullRequest: Bool = false
    ) -> OutboxEntry.Payload {
      .setStatus(
        StatusOrder(
          key: item.key, repository: item.repository, value: value, expected: expected,
          checks: checks, branch: branch, needsPullRequest: needsPullRequest))
    }

    private func isDone(_ delivery: Delivery) -> Bool {
      if case .done = delivery { true } else { false }
    }
    private func words(_ delivery: Delivery) -> String {
      switch delivery {
      case .done(let text), .waiting(let text), .superseded(let text): text
      default: "\(delivery)"
      }
    }

    @Test(arguments: BackendKind.available)
    func aStatusIsMovedOnce(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.add("Issue")
      let item = try await bench.listed(issue)
      let order = move(item, to: "In Progress")
      #expect(isDone(try await bench.deliver(order, item: item.id)))
      #expect(try await bench.status(issue) == "In Progress")
      #expect(isDone(try await bench.deliver(order, item: item.id, tries: 1)))
      // A person was faster.
      try await bench.backend.edit(
        .setField(issue, board: bench.board, "Status", "Backlog"))
      let late = try await bench.deliver(move(item, to: "Human Review"), item: item.id)
      #expect(superseded(late)?.contains("Backlog") == true, "\(late)")
      #expect(try await bench.status(issue) == "Backlog")
      // An option that is not there is a mistake of the file, and the real ones are named.
      let missing = await failure { () async throws(TrackerError) in
        _ = try await bench.deliver(move(item, to: "Shipped", from: []), item: item.id)
      }
      #expect(missing?.sentence.contains("Human Review") == true, "\(missing?.sentence ?? "")")
      try await bench.backend.edit(.removeItem(issue, board: bench.board))
      let gone = try await bench.deliver(move(item, to: "Todo", from: []), item: item.id)
      #expect(superseded(gone) != nil, "\(gone)")
    }

    @Test(arguments: BackendKind.available)
    func aLostMoveIsFoundMoved(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      for fault in [WireFault.reset, .resetMidBody, .truncated, .status(502)] {
        let issue = try await bench.add("Issue")
        let item = try await bench.listed(issue)
        _ = try await bench.backend.takeLog()
        let found = try await bench.deliverTwice(
          move(item, to: "Human Review"), item: item.id, losing: .operation("Move"), by: fault)
        #expect(isDone(found), "\(fault): \(found)")
        let moves = try await bench.backend.takeLog().count {
          $0.operation?.contains("Move") == true
        }
        #expect(moves == 1, "\(fault)")
        #expect(try await bench.status(issue) == "Human Review")
      }
    }

    @Test(arguments: BackendKind.available)
    func requiredChecksAreWaitedFor(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.add("Issue", ["Status": "In Progress"])
      let item = try await bench.listed(issue)
      let pull = try await bench.openPullRequest(for: issue)
      let name = IssueName(number: pull.number)
      let order = move(
        item, to: "Human Review", checks: ["ci", "lint"], branch: bench.branch(issue),
        needsPullRequest: true)
      func deliver() async throws -> Delivery {
        try await bench.deliver(order, item: item.id, pullRequest: pull)
      }
      guard case .waiting = try await deliver() else {
        Issue.record("no check is there, and it was not waited for")
        return
      }
      for runs: [String: String?] in [
        ["ci": "success", "lint": nil], ["ci": "success", "lint": "failure"],
        ["ci": "success"],
      ] {
        try await bench.backend.edit(.checks(name, runs))
        let waiting = try await deliver()
        guard case .waiting(let why) = waiting else {
          Issue.record("\(runs): \(waiting)")
          continue
        }
        #expect(why.contains("lint") && !why.contains("ci is"), "\(why)")
      }
      #expect(try await bench.status(issue) == "In Progress")
      try await bench.backend.edit(.checks(name, ["ci": "success", "lint": "success"]))
      let green = try await deliver()
      #expect(isDone(green), "\(green)")
      #expect(try await bench.status(issue) == "Human Review")
    }

    @Test(arguments: BackendKind.available)
    func labelsArePutOnAndTakenOff(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.add("Issue")
      let item = try await bench.listed(issue)
      try await bench.backend.edit(.addLabel(issue, "todo-\(bench.label)"))
      let order = OutboxEntry.Payload.setLabels(
        LabelOrder(
          key: item.key, repository: item.repository, number: item.number,
          move: LabelMove(add: ["doing"], remove: ["todo-\(bench.label)"]),
          needsPullRequest: false))
      let added = try await bench.deliverTwice(
        order, item: item.id, losing: .rest("POST", "/labels"))
      #expect(isDone(added))
      #expect(try await bench.labels(issue) == ["doing", bench.label])
      try await bench.backend.edit(.addLabel(issue, "todo-\(bench.label)"))
      let removed = try await bench.deliverTwice(
        order, item: item.id, losing: .rest("DELETE", "/labels/"))
      #expect(isDone(removed))
      #expect(try await bench.labels(issue) == ["doing", bench.label])
      #expect(isDone(try await bench.deliver(order, item: item.id)))
    }

    @Test(arguments: BackendKind.available)
    func aDraftBecomesOneIssue(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let title = "Idea \(bench.label)"
      let draft = ItemID(
        try await bench.backend.addDraft(title, board: bench.board, ["Status": "Todo"]))
      let order = OutboxEntry.Payload.convertDraft(
        DraftOrder(repository: RepositoryName(owner: "acme", name: "app")))
      let found = try await bench.deliverTwice(order, item: draft, losing: .operation("Convert"))
      guard case .converted(let key) = found else {
        Issue.record("\(found)")
        return
      }
      #expect(key.text.hasPrefix("acme/app#"))
      #expect(try await bench.issueCount(titled: title) == 1)
      let survey = try await bench.survey()
      let item = try #require(bench.items(survey).first { $0.title == title })
      #expect(item.contentType == .issue && item.key == key && item.status == "Todo")
      #expect(item.board?.itemID == draft.text)
    }

    @Test(arguments: BackendKind.available)
    func anIssueIsClosedOnce(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.add("Issue")
      let item = try await bench.listed(issue)
      let order = OutboxEntry.Payload.closeIssue(
        CloseOrder(key: item.key, repository: item.repository, number: item.number))
      let found = try await bench.deliverTwice(
        order, item: item.id, losing: .rest("PATCH", "/issues/"))
      #expect(isDone(found))
      #expect(try await bench.issue(issue)["state"] == .string("closed"))
      try await bench.backend.edit(.reopen(issue))
      let again = try await bench.deliver(order, item: item.id, tries: 2)
      #expect(superseded(again) != nil, "\(again)")
      #expect(try await bench.issue(issue)["state"] == .string("open"))
    }

    @Test(arguments: BackendKind.available)
    func pullRequestsAndCommentsAreNotDoubled(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.add("Issue")
      let item = try await bench.listed(issue)
      let branch = bench.branch(issue)
      try await bench.backend.edit(.commit(branch: branch))
      let ensure = OutboxEntry.Payload.ensurePullRequest(
        PullRequestOrder(
          repository: item.repository, key: item.key, head: branch, base: nil, title: "Work",
          body: "Closes \(item.key)", draft: true))
      let made = try await bench.deliverTwice(
        ensure, item: item.id, losing: .rest("POST", "/pulls"))
      guard case .pullRequest(let pull, created: false) = made else {
        Issue.record("\(made)")
        return
      }
      #expect(try await bench.pullRequestCount(branch) == 1)
      let comment = OutboxEntry.Payload.comment(
        CommentOrder(
          repository: item.repository, key: item.key, number: item.number,
          text: "Opened \(CommentOrder.pullRequestPlaceholder)"))
      let said = try await bench.deliverTwice(
        comment, item: item.id, losing: .rest("POST", "/comments"), pullRequest: pull)
      guard case .comment = said else {
        Issue.record("\(said)")
        return
      }
      #expect(try await bench.comments(issue).count == 1)
    }

    /// Spoiled before the effect: nothing is left behind, and the next delivery does it.
    @Test(arguments: BackendKind.available)
    func whatNeverArrivedIsDoneLater(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.add("Issue")
      let item = try await bench.listed(issue)
      let order = move(item, to: "In Progress")
      let faults: [WireFault] = [
        .reset, .status(502), .status(500), .graphErrors, .secondary(retryAfter: 60),
        .primary(resetsIn: 300),
      ]
      for fault in faults {
        try await bench.backend.spoil(.operation("Move"), fault)
        let error = await failure { () async throws(TrackerError) in
          _ = try await bench.deliver(order, item: item.id)
        }
        #expect(error != nil, "\(fault)")
        #expect(error?.disposition != .permanent, "\(fault): \(String(describing: error))")
      }
      #expect(try await bench.status(issue) == "Todo")
      #expect(isDone(try await bench.deliver(order, item: item.id, tries: 6)))
      #expect(try await bench.status(issue) == "In Progress")
    }
  }
}
