// Boards against every server there is: what a survey tells apart, what it costs, how dependencies
// are named, what becomes of watched items, and the words for what is wrong.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyTrackers

extension WireContracts {
  @Suite struct BoardContractTests {
    @Test(arguments: BackendKind.available)
    func itemsAreToldApart(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.add(
        "Issue", ["Status": "Todo", "Priority": "P1", "Notes": "by hand", "Estimate": "3"])
      let other = try await bench.add("Elsewhere", repository: "acme/api")
      let archived = try await bench.add("Archived")
      try await bench.backend.edit(.archive(archived, board: bench.board))
      _ = try await bench.add("Waiting", ["Status": "Backlog"])
      let pull = try await bench.openPullRequest(for: issue)
      try await bench.backend.edit(
        .addItem(IssueName(number: pull.number), board: bench.board, ["Status": "Todo"]))
      let draft = try await bench.backend.addDraft(
        "Idea", board: bench.board, ["Status": "Todo"])

      let survey = try await bench.survey()
      #expect(survey.notices.isEmpty && survey.statusProblem == nil, "\(survey.notices)")
      let active = bench.items(survey).filter { ["Todo", "In Progress"].contains($0.status) }
      #expect(Set(active.map(\.title)) == ["Issue", "Elsewhere", "Work", "Idea"])
      let first = try #require(bench.item(survey, issue))
      #expect(first.contentType == .issue && first.status == "Todo" && first.priority == 1)
      #expect(first.labels == [bench.label] && first.author == "alice")
      #expect(first.board?.projectNumber == bench.board)
      #expect(first.number == issue.number && first.state == .open)
      #expect(bench.item(survey, other)?.repository.name == "api")
      let request = active.first { $0.contentType == .pullRequest }
      #expect(request?.baseBranch == bench.branch(issue))
      let idea = active.first { $0.contentType == .draftIssue }
      #expect(idea?.id == ItemID(draft) && idea?.number == nil)
      #expect(Set(survey.repositories.map(\.name.description)) == ["acme/app", "acme/api"])

      let confirmed = try await bench.confirm([bench.watch(first)])
      let full = try #require(bench.found(confirmed, first))
      #expect(full.projectFields.values.contains("by hand"))
      #expect(full.linkedPullRequests.map(\.number) == [pull.number])
    }

    @Test(arguments: BackendKind.available)
    func anIdleTickIsOneRequest(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      for number in 1...3 { _ = try await bench.add("Issue \(number)") }
      let cold = try await bench.survey()
      let watched = bench.items(cold).map { bench.watch($0, branch: "none-\($0.number ?? 0)") }
      #expect(watched.count == 3)
      _ = try await bench.backend.takeLog()
      let idle = try await bench.survey(watched)
      #expect(idle.requests == 1 && idle.answers.count == 3)
      let log = try await bench.backend.takeLog()
      #expect(log.count == 1 && log.first?.status == 200, "\(log)")
      #expect(log.allSatisfy { $0.cost <= 5 }, "\(log)")
      for item in bench.items(cold) {
        #expect(idle.knowsPullRequest(of: HeadRef(item.repository, "none-\(item.number ?? 0)")))
      }
    }

    @Test(arguments: BackendKind.available)
    func pagesAreReadToTheEnd(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      for number in 1...7 { _ = try await bench.add("Issue \(number)") }
      let survey = try await bench.survey { $0.board?.pageSize = 3 }
      #expect(bench.items(survey).count == 7, "\(survey.notices)")
    }

    @Test(arguments: BackendKind.available)
    func aRenamedOptionIsNamed(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.add("Issue")
      let item = try await bench.listed(issue)
      try await bench.backend.edit(
        .renameOption("In Progress", to: "Doing", board: bench.board))
      let survey = try await bench.survey([bench.watch(item)]) { $0.board?.activeIsGiven = true }
      guard case .failed(let error) = survey.candidates else {
        Issue.record("\(survey.candidates)")
        return
      }
      #expect(error.code == "tracker_misconfigured")
      #expect(error.sentence.contains("In Progress"), "\(error.sentence)")
      let words = "\(error.sentence) \(error.hint ?? "") \(survey.statusProblem ?? "")"
      #expect(words.contains("Doing") && words.contains("Human Review"), "\(words)")
      #expect(survey.statusProblem != nil)
      // Of defaulted values one that exists is enough.
      let defaulted = try await bench.survey()
      #expect(bench.item(defaulted, issue) != nil)
    }

    @Test(arguments: BackendKind.available)
    func blockersAndChildrenAreNamed(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.add("Blocked")
      let near = try await bench.backend.createIssue("Near")
      let far = try await bench.backend.createIssue(
        "Far", labels: [], body: "", repository: "acme/api")
      let child = try await bench.backend.createIssue("Child")
      try await bench.backend.edit(.block(issue, by: near))
      try await bench.backend.edit(.block(issue, by: far))
      try await bench.backend.edit(.addSubIssue(child, to: issue))
      let listed = try await bench.listed(issue)
      #expect(listed.dependenciesKnown)
      #expect(Set(listed.blockedBy.map(\.key.text)) == [near.description, far.description])
      #expect(listed.subIssues.map(\.key.text) == [child.description])
      #expect(listed.subIssues.map(\.state) == [.open])

      try await bench.backend.edit(.close(near))
      try await bench.backend.edit(.close(child))
      let confirmed = try await bench.confirm([bench.watch(listed)])
      let full = try #require(bench.found(confirmed, listed))
      let open = full.blockedBy.filter { $0.state == .open }
      #expect(open.map(\.key.text) == [far.description] && full.openBlockers <= 1)
      #expect(full.subIssues.map(\.state) == [.closed] && full.openSubIssues == 0)
      let kid = try await bench.add("Second child")
      try await bench.backend.edit(.addSubIssue(kid, to: issue))
      #expect(try await bench.listed(kid).parent?.key.text == issue.description)
    }

    @Test(arguments: BackendKind.available)
    func watchedItemsAreFoundWhereverTheyWent(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      var issues: [IssueName] = []
      for title in ["Off", "Deleted", "Closed", "Moved", "Archived"] {
        issues.append(try await bench.add(title))
      }
      let before = try await bench.survey()
      let items = try issues.map { try #require(bench.item(before, $0)) }
      let edits: [WorldEdit] = [
        .removeItem(issues[0], board: bench.board), .delete(issues[1]), .close(issues[2]),
        .setField(issues[3], board: bench.board, "Status", "Backlog"),
        .archive(issues[4], board: bench.board),
      ]
      for edit in edits { try await bench.backend.edit(edit) }
      let survey = try await bench.survey(items.map { bench.watch($0) })
      let off = try #require(bench.found(survey, items[0]))
      #expect(off.board == nil && off.state == .open)
      guard case .gone? = survey.answers[items[1].id] else {
        Issue.record("\(String(describing: survey.answers[items[1].id]))")
        return
      }
      let closed = try #require(bench.found(survey, items[2]))
      #expect(closed.state == .closed && closed.status == "Done")
      #expect(bench.found(survey, items[3])?.status == "Backlog")
      let archived = try #require(bench.found(survey, items[4]))
      #expect(archived.board == nil || archived.status == nil)
      let active = bench.items(survey).filter { ["Todo", "In Progress"].contains($0.status) }
      #expect(active.isEmpty, "\(active.map(\.title))")
    }

    @Test(arguments: BackendKind.available)
    func pullRequestsAreFoundByBranch(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.add("Issue")
      let item = try await bench.listed(issue)
      let branch = bench.branch(issue)
      let head = HeadRef(item.repository, branch)
      let none = try await bench.survey([bench.watch(item, branch: branch)])
      #expect(none.knowsPullRequest(of: head) && none.pullRequest(of: head) == nil)
      let pull = try await bench.openPullRequest(for: issue)
      let open = try await bench.survey([bench.watch(item, branch: branch)])
      #expect(open.pullRequest(of: head)?.state == .open)
      #expect(open.pullRequest(of: head)?.ref == pull)
      let confirmed = try await bench.confirm([bench.watch(item, branch: branch)])
      #expect(confirmed.pullRequest(of: head)?.ref == pull)
      try await bench.backend.edit(.merge(IssueName(number: pull.number)))
      let merged = try await bench.survey([bench.watch(item, branch: branch)])
      #expect(merged.pullRequest(of: head)?.state == .merged)
      #expect(merged.pullRequest(of: head)?.endedAt != nil)
      #expect(bench.found(merged, item)?.state == .closed)
    }

    @Test(arguments: BackendKind.available)
    func commentsOfWaitingItemsAreReported(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.add("Issue")
      let item = try await bench.listed(issue)
      let since = bench.now - .seconds(2)
      let order = CommentOrder(
        repository: item.repository, key: item.key, number: item.number, text: "Parked.")
      _ = try await bench.deliver(
        .comment(order), item: item.id, nonce: Host.randomHex(bytes: 8))
      try await bench.backend.edit(.comment(issue, "Go on."))
      let survey = try await bench.survey([bench.watch(item, commentsSince: since)]) {
        $0.trustedAuthors = .writeAccess
      }
      #expect(survey.comments[item.id]?.map(\.isOurs) == [true, false])
      #expect(survey.comments[item.id]?.last?.author == "alice")
      #expect(survey.comments[item.id]?.last?.text == "Go on.")
      #expect(survey.comments[item.id]?.last?.mayWrite == true)
    }

    /// Members of the organization all, whatever they may do.
    @Test(arguments: BackendKind.available)
    func permissionsAreThoseTheServerReports(_ kind: BackendKind) async throws {
      for (role, mayWrite) in [("read", false), ("triage", false), ("write", true)] {
        let bench = try await ContractBench(kind)
        try await bench.backend.edit(.role("alice", role))
        let issue = try await bench.add("Issue")
        let watched = bench.watch(try await bench.listed(issue))
        func trust(_ policy: inout TrackerPolicy) { policy.trustedAuthors = .writeAccess }
        let survey = try await bench.tick(trust) {
          tracker async throws(TrackerError) in await tracker.confirm([watched])
        }
        guard case .found(let item)? = survey.answers[watched.id] else {
          Issue.record("\(survey.answers)")
          return
        }
        // The outside server begins with issues of alice's; ours says so, too.
        #expect(item.origin?.author == Origin.Person("alice", mayWrite: mayWrite))
        #expect(item.origin?.problem == nil)
      }
    }

    @Test(arguments: BackendKind.available)
    func partialAnswersHurtOneItem(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let first = try await bench.add("First")
      let second = try await bench.add("Second")
      let before = try await bench.survey()
      let items = try [first, second].map { try #require(bench.item(before, $0)) }
      try await bench.backend.spoil(.operation("."), .partial(["watched", "0"]))
      let survey = try await bench.survey(items.map { bench.watch($0) })
      guard case .unknown? = survey.answers[items[0].id] else {
        Issue.record("\(String(describing: survey.answers[items[0].id]))")
        return
      }
      #expect(bench.found(survey, items[1]) != nil)
    }

    @Test(arguments: BackendKind.available)
    func troubleIsNamedAndPasses(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      let issue = try await bench.add("Issue")
      let item = try await bench.listed(issue)
      let faults: [(WireFault, Set<String>)] = [
        (.reset, ["tracker_unreachable"]), (.resetMidBody, ["tracker_unreachable"]),
        (.truncated, ["tracker_malformed", "tracker_unreachable"]),
        (.status(502), ["tracker_unreachable"]), (.status(500), ["tracker_unreachable"]),
        (.graphErrors, ["tracker_unreachable", "tracker_malformed", "tracker_rejected"]),
        (.secondary(retryAfter: 90), ["tracker_rate_limited"]),
        (.secondary(retryAfter: nil), ["tracker_rate_limited"]),
        (.primary(resetsIn: 600), ["tracker_rate_limited"]),
      ]
      for (fault, codes) in faults {
        // What may be too heavy for the server is asked again in smaller pieces: spoil those too.
        try await bench.backend.spoil(.operation("."), fault, after: false, times: 50)
        let survey = try await bench.survey([bench.watch(item)])
        try await bench.backend.mend()
        guard case .failed(let error) = survey.candidates,
          case .unknown? = survey.answers[item.id]
        else {
          Issue.record("\(fault) passed for an answer: \(survey.candidates)")
          continue
        }
        #expect(codes.contains(error.code), "\(fault): \(error.code): \(error.sentence)")
        #expect((survey.limit != nil) == codes.contains("tracker_rate_limited"), "\(fault)")
        #expect(bench.item(try await bench.survey(), issue) != nil, "after \(fault)")
      }
    }

    @Test(arguments: BackendKind.available)
    func doctorNamesWhatTheBoardLacks(_ kind: BackendKind) async throws {
      let bench = try await ContractBench(kind)
      func examine(_ change: (inout TrackerPolicy) -> Void) async throws -> [Finding] {
        try await bench.tick(change) { tracker async throws(TrackerError) in
          await tracker.examine()
        }
      }
      let good = try await examine { _ in }
      #expect(!good.contains { $0.grade == .fail }, "\(good)")
      let wrongField = try await examine { $0.board?.statusField = "State" }
      let field = wrongField.first { $0.grade == .fail }
      let words = [field?.text, field?.hint].compactMap { $0 }.joined(separator: " ")
      #expect(words.contains("Status"), "\(wrongField)")
      let wrongNumber = try await examine { $0.board?.number = 4711 }
      #expect(wrongNumber.contains { $0.grade == .fail && $0.text.contains("4711") })
      let wrongScope = try await examine { $0.board?.scope = .user }
      let scope = wrongScope.filter { $0.grade == .fail }.compactMap(\.hint).joined()
      #expect(scope.contains("project_scope"), "\(wrongScope)")
    }
  }
}
