// Debts are paid once, also when the answer that said so was lost.
import FoundationEssentials
import SymphonyCore
import Synchronization
import Testing

@testable import SymphonyTrackers

@Suite struct GitHubDeliveryTests {
  /// Just enough of GitHub to count what a delivery leaves behind.
  ///
  /// `lose` answers are lost after the write.
  private final class Ledger: Sendable {
    struct State {
      var pulls: [String] = []
      var comments: [String] = []
      var lose = 0
      var refuse: [String] = []
      var bodies: [String] = []
    }
    let state = Mutex(State())
    /// When all comments were made.
    private static let time = "2026-11-21T03:00:00Z"
    func answer(_ request: HTTPTransportRequest) throws(TransportError) -> HTTPTransportResponse {
      let result: HTTPTransportResponse? = state.withLock { state in
        if request.target == "/repos/acme/app" { return .json(Bodies.repository) }
        let isPulls = request.target.contains("/pulls")
        guard request.method == "POST" else {
          let since = request.target.split(separator: "since=").dropFirst().first?.prefix(20)
          let listed = isPulls ? state.pulls : since ?? "" > Self.time ? [] : state.comments
          return .json("[\(listed.joined(separator: ","))]")
        }
        state.bodies.append(String(decoding: request.body ?? [], as: UTF8.self))
        if !state.refuse.isEmpty {
          return .json(
            "{\"message\":\"x\",\"errors\":[{\"message\":\"\(state.refuse.removeFirst())\"}]}",
            status: 422)
        }
        let made: String
        if isPulls {
          made = Bodies.pull(state.pulls.count + 1)
          state.pulls.append(made)
        } else {
          let body = state.bodies.last ?? ""
          made =
            "{\"created_at\":\"\(Self.time)\","
            + "\"html_url\":\"https://github.com/acme/app/issues/1#issuecomment-"
            + "\(state.comments.count + 1)\","
            + body.dropFirst()
          state.comments.append(made)
        }
        if state.lose > 0 {
          state.lose -= 1
          return nil
        }
        return .json(made, status: 201)
      }
      guard let result else { throw .failed("the connection was reset") }
      return result
    }
    var tracker: GitHubTracker {
      makeTracker(FakeTransport { request throws(TransportError) in try self.answer(request) })
    }
  }

  @Test func aLostPullRequestIsAdopted() async throws {
    let ledger = Ledger()
    ledger.state.withLock { $0.lose = 1 }
    let lost = await failure { () async throws(TrackerError) in
      _ = try await ledger.tracker.deliver(pullRequestEntry("symphony/x"), pullRequest: nil)
    }
    #expect(lost?.code == "tracker_unreachable")
    let second = try await ledger.tracker.deliver(
      pullRequestEntry("symphony/x", tries: 1), pullRequest: nil)
    let reference = PullRequestRef(number: 1, url: "https://github.com/acme/app/pull/1")
    #expect(second == .pullRequest(reference, created: false))
    #expect(ledger.state.withLock { $0.pulls.count } == 1)
  }

  @Test func aLostCommentIsFoundByItsMarker() async throws {
    let ledger = Ledger()
    ledger.state.withLock { $0.lose = 1 }
    _ = await failure { () async throws(TrackerError) in
      _ = try await ledger.tracker.deliver(commentEntry("Done."), pullRequest: nil)
    }
    let second = try await ledger.tracker.deliver(
      commentEntry("Done.", tries: 1), pullRequest: nil)
    #expect(second == .comment(url: "https://github.com/acme/app/issues/1#issuecomment-1"))
    #expect(ledger.state.withLock { $0.comments.count } == 1)
    // Another entry's comment is another comment, even with the same words.
    _ = try await ledger.tracker.deliver(
      commentEntry("Done.", tries: 1, nonce: "ffff"), pullRequest: nil)
    #expect(ledger.state.withLock { $0.comments.count } == 2)
  }

  @Test func commentsNameThePullRequestAndStayWithinTheLimit() async throws {
    let ledger = Ledger()
    let reference = PullRequestRef(number: 8, url: "https://github.com/acme/app/pull/8")
    let text = CommentOrder.pullRequestPlaceholder + String(repeating: "\u{1F600}", count: 70_000)
    _ = try await ledger.tracker.deliver(commentEntry(text), pullRequest: reference)
    let sent = ledger.state.withLock { $0.bodies[0] }
    #expect(sent.contains("https://github.com/acme/app/pull/8"))
    #expect(sent.contains("<!-- symphony:0123456789abcdef -->"))
    #expect(sent.utf16.count < GitHubDelivery.bodyLimit + 40)
    guard
      case .superseded = try await ledger.tracker.deliver(
        commentEntry(CommentOrder.pullRequestPlaceholder), pullRequest: nil)
    else {
      Issue.record("a comment about no pull request was posted")
      return
    }
  }

  @Test func draftsThatAreNotOfferedBecomePlain() async throws {
    let ledger = Ledger()
    ledger.state.withLock {
      $0.refuse = ["Draft pull requests are not supported in this repository."]
    }
    _ = try await ledger.tracker.deliver(pullRequestEntry("symphony/x"), pullRequest: nil)
    let sent = ledger.state.withLock { $0.bodies }
    #expect(sent.map { $0.contains("\"draft\":true") } == [true, false])
  }

  @Test func alreadyThereIsLookedUpAgain() async throws {
    // The list of the first look is behind; the refusal of the write tells.
    let calls = Mutex(0)
    let transport = FakeTransport { request throws(TransportError) in
      if request.target == "/repos/acme/app" { return .json(Bodies.repository) }
      if request.method == "POST" {
        let words = "A pull request already exists for acme:symphony/x."
        return .json(
          "{\"message\":\"x\",\"errors\":[{\"message\":\"\(words)\"}]}",
          status: 422)
      }
      let first = calls.withLock { count in
        count += 1
        return count == 1
      }
      return .json(first ? "[]" : "[\(Bodies.pull(6))]")
    }
    let delivery = try await makeTracker(transport).deliver(
      pullRequestEntry("symphony/x"), pullRequest: nil)
    guard case .pullRequest(let reference, created: false) = delivery else {
      Issue.record("\(delivery)")
      return
    }
    #expect(reference.number == 6)
  }

  @Test func alreadyThereButNotListedIsTriedAgain() async {
    let transport = FakeTransport { request throws(TransportError) in
      if request.target == "/repos/acme/app" { return .json(Bodies.repository) }
      guard request.method == "POST" else { return .json("[]") }
      return .json(
        "{\"message\":\"A pull request already exists for acme:symphony/x.\"}", status: 422)
    }
    let error = await failure { () async throws(TrackerError) in
      _ = try await makeTracker(transport).deliver(
        pullRequestEntry("symphony/x"), pullRequest: nil)
    }
    #expect(error == .unreachable("the pull request exists but is not listed yet"))
    #expect(transport.requests.filter { $0.method == "POST" }.count == 1)
  }

  @Test func anothersPullRequestIsTakenOverOnlyWhereAllowed() async throws {
    let transport = FakeTransport { request throws(TransportError) in
      request.target == "/repos/acme/app"
        ? .json(Bodies.repository) : .json("[\(Bodies.pull(6))]")
    }
    let reference = PullRequestRef(number: 6, url: "https://github.com/acme/app/pull/6")
    func deliver(_ reuse: Bool, _ age: Interval, _ known: PullRequestRef?) async throws -> Delivery
    {
      try await makeTracker(transport).deliver(
        pullRequestEntry("symphony/x", createdAt: noon + age, reuse: reuse), pullRequest: known)
    }
    let adopted = Delivery.pullRequest(reference, created: false)
    #expect(try await deliver(true, .hours(1), nil) == adopted)
    #expect(try await deliver(false, .hours(-1), nil) == adopted, "an earlier try's")
    #expect(try await deliver(false, .hours(1), reference) == adopted, "the item's own")
    guard case .superseded(let why) = try await deliver(false, .hours(1), nil) else {
      Issue.record("another's pull request was taken over")
      return
    }
    #expect(why.contains("#6"))
    #expect(transport.requests.allSatisfy { $0.method == "GET" })
  }

  @Test func anOrderStoredBeforeReuseCouldBeForbiddenReuses() throws {
    guard case .ensurePullRequest(let order) = pullRequestEntry("x", reuse: false).payload else {
      return
    }
    let text = String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
    let stored = text.replacing(",\"reuse\":false", with: "").replacing(
      "\"reuse\":false,", with: "")
    #expect(!stored.contains("reuse"))
    var expected = order
    #expect(try JSONDecoder().decode(PullRequestOrder.self, from: Data(text.utf8)) == expected)
    expected.reuse = true
    #expect(try JSONDecoder().decode(PullRequestOrder.self, from: Data(stored.utf8)) == expected)
  }

  @Test func nothingToMergeIsRefusedForGood() async {
    let ledger = Ledger()
    ledger.state.withLock { $0.refuse = ["No commits between main and symphony/x"] }
    let error = await failure { () async throws(TrackerError) in
      _ = try await ledger.tracker.deliver(pullRequestEntry("symphony/x"), pullRequest: nil)
    }
    #expect(error?.disposition == .permanent)
    #expect(error?.sentence.contains("has no commit that main lacks") == true)
    #expect(error?.sentence.contains("No commits between") == true)
    #expect(ledger.state.withLock { $0.bodies.count } == 1)
  }

  @Test func aBranchIsNotMergedIntoItself() async {
    let ledger = Ledger()
    let error = await failure { () async throws(TrackerError) in
      _ = try await ledger.tracker.deliver(pullRequestEntry("main"), pullRequest: nil)
    }
    #expect(error?.disposition == .permanent)
    #expect(error?.sentence.contains("the base itself") == true)
    #expect(ledger.state.withLock { $0.bodies.isEmpty })
  }

  @Test(arguments: [("base", "main"), ("head", "symphony/x")])
  func aBranchThatIsNotThereIsNamed(_ field: String, _ branch: String) async {
    let transport = FakeTransport { request throws(TransportError) in
      if request.target == "/repos/acme/app" { return .json(Bodies.repository) }
      guard request.method == "POST" else { return .json("[]") }
      let detail = "{\"resource\":\"PullRequest\",\"field\":\"\(field)\",\"code\":\"invalid\"}"
      return .json("{\"message\":\"Validation Failed\",\"errors\":[\(detail)]}", status: 422)
    }
    let error = await failure { () async throws(TrackerError) in
      _ = try await makeTracker(transport).deliver(
        pullRequestEntry("symphony/x"), pullRequest: nil)
    }
    #expect(error?.disposition == .permanent)
    #expect(error?.sentence.contains("has no branch \(branch), the \(field)") == true)
  }

  @Test func anyRepositoryOfTheBoardCanBeWrittenTo() async throws {
    let other = RepositoryName(owner: "acme", name: "api")
    let transport = FakeTransport { request throws(TransportError) in
      if request.target == "/repos/acme/api" {
        return .json(
          Bodies.repository.replacing("acme/app", with: "acme/interface")
            .replacing("\"main\"", with: "\"trunk\""))
      }
      guard request.target.hasPrefix("/repos/acme/interface/pulls") else {
        return .json("{}", status: 404)
      }
      return request.method == "POST"
        ? .json(Bodies.pull(3, base: "trunk", from: "acme/interface"), status: 201) : .json("[]")
    }
    var entry = pullRequestEntry("symphony/x")
    if case .ensurePullRequest(var order) = entry.payload {
      order.repository = other
      entry.payload = .ensurePullRequest(order)
    }
    let delivery = try await makeTracker(transport).deliver(entry, pullRequest: nil)
    guard case .pullRequest(let made, created: true) = delivery else {
      Issue.record("\(delivery)")
      return
    }
    #expect(made.number == 3)
    let sent = String(decoding: transport.requests.last?.body ?? [], as: UTF8.self)
    #expect(sent.contains("\"base\":\"trunk\""))
  }

  @Test func adoptionNeedsRepositoryBranchBaseAndTime() async throws {
    func deliver(_ pulls: String) async throws -> Delivery {
      let transport = FakeTransport { request throws(TransportError) in
        if request.target == "/repos/acme/app" { return .json(Bodies.repository) }
        return request.method == "POST"
          ? .json(Bodies.pull(99), status: 201) : .json("[\(pulls)]")
      }
      return try await makeTracker(transport).deliver(
        pullRequestEntry("symphony/x", tries: 1), pullRequest: nil)
    }
    func number(_ delivery: Delivery) -> Int {
      if case .pullRequest(let reference, _) = delivery { reference.number } else { 0 }
    }
    #expect(number(try await deliver(Bodies.pull(1))) == 1)
    #expect(number(try await deliver(Bodies.pull(1, from: "mallory/app"))) == 99)
    #expect(number(try await deliver(Bodies.pull(1, head: "other"))) == 99)
    #expect(number(try await deliver(Bodies.pull(1, state: "closed"))) == 1)
    let old = Bodies.pull(1, state: "closed").replacing("2026-11-21", with: "2026-11-20")
    #expect(number(try await deliver(old)) == 99)
    // A second open pull request from one branch is never made.
    #expect(number(try await deliver(Bodies.pull(1, base: "release"))) == 0)
  }

  /// The row was written two hours ahead of GitHub, and the clock was right when it was tried again.
  @Test func aClockThatWasSetBackHidesNothingOfOurs() async throws {
    let ledger = Ledger()
    ledger.state.withLock { $0.lose = 1 }
    let entry = commentEntry("Done.", tries: 1, createdAt: noon + .hours(2))
    _ = await failure { () async throws(TrackerError) in
      _ = try await ledger.tracker.deliver(entry, pullRequest: nil)
    }
    _ = try await ledger.tracker.deliver(entry, pullRequest: nil)
    #expect(ledger.state.withLock { $0.comments.count } == 1)
    let own = "\"title\":\"Work\",\"body\":\"Closes acme/app#1\""
    for (words, number) in [(own, 1), (own.replacing("Work", with: "Other"), 2)] {
      let ledger = Ledger()
      ledger.state.withLock { $0.pulls = [Bodies.pull(1, state: "closed", "," + words)] }
      let delivery = try await ledger.tracker.deliver(
        pullRequestEntry("symphony/x", tries: 1, createdAt: noon + .hours(2)), pullRequest: nil)
      guard case .pullRequest(let reference, let isNew) = delivery else {
        Issue.record("\(delivery)")
        continue
      }
      #expect(reference.number == number && isNew == (number == 2))
    }
  }

  @Test func hostileTitlesAreOneLine() {
    #expect(GitHubDelivery.cutTitle("a\nb\u{1B}c") == "a b c")
    #expect(GitHubDelivery.cutTitle(" \n ") == "(no title)")
    #expect(GitHubDelivery.cutTitle(String(repeating: "x", count: 999)).count == 250)
  }
}
