// Opens the pull request of a pushed branch, or finds it open already: an earlier delivery of ours,
// the agent, or a human may have been faster. Never a second one from the same branch. Called by
// GitHubDelivery; whether the item is parked because of what it finds is not decided here.
import SymphonyCore

extension GitHubDelivery {
  /// How far GitHub's stamps may lie behind our row's, beyond the measured offset of the clocks.
  private static let slack = Interval.seconds(5)
  static let titleLimit = 250

  private struct NewPull: Encodable {
    var title: String
    var head: String
    var base: String
    var body: String
    var draft: Bool
  }

  private struct Place {
    var repository: RepositoryName
    var base: String
    var head: String
    /// Whether somebody else's open pull request may be taken over.
    var reuse: Bool
  }

  func ensure(_ order: PullRequestOrder) async throws(TrackerError) -> Delivery {
    let facts = try await tracker.factsForDelivery(order.repository)
    let place = Place(
      repository: facts.name, base: order.base ?? facts.defaultBranch, head: order.head,
      reuse: order.reuse)
    guard place.base != place.head else {
      throw .rejected(
        "\(place.head) of \(place.repository) is the base itself: there is nothing to open a pull "
          + "request for")
    }
    if let existing = try await lookUp(place) { return existing }
    var new = NewPull(
      title: Self.cutTitle(order.title), head: order.head, base: place.base,
      body: Self.cut(order.body, to: Self.bodyLimit), draft: order.draft)
    do throws(TrackerError) {
      return try await create(new, place)
    } catch .rejected(let why) {
      guard new.draft, why.lowercased().contains("draft") else { throw .rejected(why) }
    }
    // Some plans have no drafts in private repositories.
    new.draft = false
    return try await create(new, place)
  }

  private func create(_ new: NewPull, _ place: Place) async throws(TrackerError) -> Delivery {
    let body: [UInt8]
    do throws(TrackerError) {
      body = try await client.write("POST", tracker.url(place.repository, "/pulls"), new)
    } catch .rejected(let why) {
      guard why.lowercased().contains("already exists") else {
        throw .rejected(Self.explained(why, place))
      }
      // The list of the first look was behind; when it still is, only time helps.
      guard let existing = try await lookUp(place) else {
        throw .unreachable("the pull request exists but is not listed yet")
      }
      return existing
    }
    let what = "POST /repos/\(place.repository)/pulls"
    return .pullRequest(try client.decode(GitHubPull.self, body, what).ref, created: true)
  }

  /// GitHub's refusal with what it means put in front.
  private static func explained(_ why: String, _ place: Place) -> String {
    let words = why.lowercased()
    if words.contains("no commits between") {
      return "\(place.head) of \(place.repository) has no commit that \(place.base) lacks: there "
        + "is nothing to open a pull request for (\(why))"
    }
    for (field, branch) in [("base", place.base), ("head", place.head)]
    where words.contains("pullrequest \(field) invalid") {
      return "\(place.repository) has no branch \(branch), the \(field) of the pull request "
        + "(\(why))"
    }
    return why
  }

  /// What the branch's pull requests say: adopt, leave it to somebody else, or nil: create one.
  private func lookUp(_ place: Place) async throws(TrackerError) -> Delivery? {
    let head = WebAddress.encode("\(place.repository.owner):\(place.head)")
    let (entries, complete) = try await client.list(
      tracker.url(place.repository, "/pulls?head=\(head)&state=all&per_page=100"),
      of: GitHubPull.self, .fresh)
    let pulls = entries.compactMap(\.value)
    guard complete, pulls.count == entries.count else {
      throw .malformed("the pull requests of \(place.head) cannot all be read; none was opened")
    }
    let ours = pulls.filter {
      $0.head == place.head && $0.headRepository?.matches(place.repository) == true
    }
    let earliest = rowTime - Self.slack
    if let open = ours.first(where: { $0.isOpen && $0.base == place.base }) {
      // An earlier try of ours cannot be older than its row.
      if !place.reuse, open.createdAt < earliest, open.ref.number != known?.number {
        return .superseded(
          "pull request #\(open.ref.number) of \(place.head) is not ours, and "
            + "pull_request.reuse_existing_pr is false")
      }
      return .pullRequest(open.ref, created: false)
    }
    if let other = ours.first(where: \.isOpen) {
      return .superseded(
        "pull request #\(other.ref.number) of \(place.head) goes into \(other.base), "
          + "not into \(place.base)")
    }
    let ended = ours.filter { $0.base == place.base && $0.createdAt >= earliest }
      .max { $0.createdAt < $1.createdAt }
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
