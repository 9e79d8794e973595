// Opens the pull request of a pushed branch, or finds it open already: an earlier delivery of ours,
// the agent, or a person may have been faster. Never a second one from the same branch. Called by
// GitHubDelivery; whether the item is parked because of what it finds is not decided here.
import SymphonyCore

extension GitHubDelivery {
  /// How far GitHub's times may lie behind our row's, beyond the measured offset of the clocks.
  private static let slack = Interval.seconds(5)
  static let titleLimit = 250

  private struct NewPull: Encodable {
    var title: String
    var head: String
    var base: String
    var body: String
    var draft: Bool
  }

  private struct BranchPair {
    /// Of the pull request that is wanted.
    var title: String
    var body: String
    var repository: RepositoryName
    var base: String
    var head: String
    /// Whether somebody else's open pull request may be taken over.
    var reuse: Bool
  }

  func ensure(_ order: PullRequestOrder) async throws(TrackerError) -> Delivery {
    let facts = try await tracker.factsForDelivery(order.repository)
    let pair = BranchPair(
      title: Self.cutTitle(order.title), body: Self.cut(order.body, to: Self.bodyLimit),
      repository: facts.name, base: order.base ?? facts.defaultBranch, head: order.head,
      reuse: order.reuse)
    guard pair.base != pair.head else {
      throw .rejected(
        "\(pair.head) of \(pair.repository) is the base itself: there is nothing to open a pull "
          + "request for")
    }
    if let existing = try await lookUp(pair) { return existing }
    var new = NewPull(
      title: pair.title, head: order.head, base: pair.base, body: pair.body, draft: order.draft)
    do throws(TrackerError) {
      return try await create(new, pair)
    } catch .rejected(let why) {
      guard new.draft, why.lowercased().contains("draft") else { throw .rejected(why) }
    }
    // Some plans have no drafts in private repositories.
    new.draft = false
    return try await create(new, pair)
  }

  private func create(_ new: NewPull, _ pair: BranchPair) async throws(TrackerError) -> Delivery {
    let body: [UInt8]
    do throws(TrackerError) {
      body = try await client.write("POST", tracker.url(pair.repository, "/pulls"), new)
    } catch .rejected(let why) {
      guard why.lowercased().contains("already exists") else {
        throw .rejected(Self.explained(why, pair))
      }
      // The list of the first look was old; if it still is, only time helps.
      guard let existing = try await lookUp(pair) else {
        throw .unreachable("the pull request exists but is not listed yet")
      }
      return existing
    }
    let what = "POST /repos/\(pair.repository)/pulls"
    return .pullRequest(try client.decode(GitHubPull.self, body, what).ref, created: true)
  }

  /// GitHub's refusal, with our explanation in front of it.
  private static func explained(_ why: String, _ pair: BranchPair) -> String {
    let words = why.lowercased()
    if words.contains("no commits between") {
      return "\(pair.head) of \(pair.repository) has no commit that \(pair.base) lacks: there "
        + "is nothing to open a pull request for (\(why))"
    }
    for (field, branch) in [("base", pair.base), ("head", pair.head)]
    where words.contains("pullrequest \(field) invalid") {
      return "\(pair.repository) has no branch \(branch), the \(field) of the pull request "
        + "(\(why))"
    }
    return why
  }

  /// Decides by the branch's pull requests: adopt one, leave the branch to somebody else, or nil:
  /// create one.
  private func lookUp(_ pair: BranchPair) async throws(TrackerError) -> Delivery? {
    let head = WebAddress.encode("\(pair.repository.owner):\(pair.head)")
    let (entries, complete) = try await client.list(
      tracker.url(pair.repository, "/pulls?head=\(head)&state=all&per_page=100"),
      of: GitHubPull.self, .fresh)
    let pulls = entries.compactMap(\.value)
    guard complete, pulls.count == entries.count else {
      throw .malformed("the pull requests of \(pair.head) cannot all be read; none was opened")
    }
    let ours = pulls.filter {
      $0.head == pair.head && $0.headRepository?.matches(pair.repository) == true
    }
    let earliest = rowTime - Self.slack
    if let open = ours.first(where: { $0.isOpen && $0.base == pair.base }) {
      // An earlier try of ours cannot be older than its row.
      if !pair.reuse, open.createdAt < earliest, open.ref.number != known?.number {
        return .superseded(
          "pull request #\(open.ref.number) of \(pair.head) is not ours, and "
            + "pull_request.reuse_existing_pr is false")
      }
      return .pullRequest(open.ref, created: false)
    }
    if let other = ours.first(where: \.isOpen) {
      return .superseded(
        "pull request #\(other.ref.number) of \(pair.head) goes into \(other.base), "
          + "not into \(pair.base)")
    }
    let ended = ours.filter { pull in
      guard pull.base == pair.base else { return false }
      // A clock that was set back since moves the row behind what an earlier try of it made.
      let isOfTry =
        mayBeRepeated && pull.createdAt >= earliest - Self.clockStep
        && pull.title == pair.title && pull.body == pair.body
      return pull.createdAt >= earliest || isOfTry
    }.max { $0.createdAt < $1.createdAt }
    return ended.map { .pullRequest($0.ref, created: false) }
  }

  /// One line without control characters.
  static func cutTitle(_ title: String) -> String {
    let line = title.unicodeScalars.map { scalar -> Character in
      scalar.properties.generalCategory == .control ? " " : Character(scalar)
    }
    let text = String(String.UnicodeScalarView(line.flatMap(\.unicodeScalars)))
      .trimmingWhitespace()
    let cut = String.UnicodeScalarView(text.unicodeScalars.prefix(titleLimit))
    return text.isEmpty ? "(no title)" : String(cut)
  }
}
