// Pays one debt to GitHub so that its effect happens once: whatever an earlier, unanswered
// delivery may have done is looked up before anything is repeated. GitHubTracker calls it for one
// outbox entry; when to try again, and what a refusal means for the item, is the tick's business.
import SymphonyCore

struct GitHubDelivery {
  /// How far GitHub's stamps may lie behind our row's, beyond the measured offset of the clocks.
  private static let slack = Interval.seconds(5)
  /// GitHub's limit for a body, in characters; counted in UTF-16 to be on the safe side.
  static let bodyLimit = 65_536
  static let titleLimit = 250

  private let tracker: GitHubTracker
  private let entry: OutboxEntry
  /// The item's pull request, as far as it is known.
  private let known: PullRequestRef?
  private var client: GitHubClient { tracker.client }

  init(tracker: GitHubTracker, entry: OutboxEntry, pullRequest: PullRequestRef?) {
    self.tracker = tracker
    self.entry = entry
    known = pullRequest
  }

  // MARK: Pull request

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
    let facts = try await tracker.factsForDelivery()
    let moved = order.repository.matches(tracker.configured)
    let place = Place(
      repository: moved ? facts.name : order.repository, base: order.base ?? facts.defaultBranch,
      head: order.head, reuse: order.reuse)
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
      guard why.lowercased().contains("already exists") else { throw .rejected(why) }
      // The list of the first look was behind; when it still is, only time helps.
      guard let existing = try await lookUp(place) else {
        throw .unreachable("the pull request exists but is not listed yet")
      }
      return existing
    }
    let what = "POST /repos/\(place.repository)/pulls"
    return .pullRequest(try client.decode(GitHubPull.self, body, what).ref, created: true)
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

  /// When the row was written, on GitHub's clock.
  private var rowTime: Timestamp { entry.createdAt + client.clockOffset }

  // MARK: Comment

  private struct NewComment: Encodable { var body: String }

  func comment(_ order: CommentOrder) async throws(TrackerError) -> Delivery {
    guard let number = order.number else {
      throw .rejected("\(order.key) has no number to write to")
    }
    var text = order.text
    if text.contains(CommentOrder.pullRequestPlaceholder) {
      guard let known else { return .superseded("there is no pull request to tell of") }
      text = text.replacing(CommentOrder.pullRequestPlaceholder, with: known.url)
    }
    let comments = tracker.url(order.repository, "/issues/\(number)/comments")
    let marker = CommentMarker.make(entry.nonce)
    if entry.tries > 0 {
      let since = (rowTime - .minutes(10)).rfc3339
      let (entries, complete) = try await client.list(
        "\(comments)?since=\(since)&per_page=100", of: GitHubComment.self, .fresh)
      if let found = entries.compactMap(\.value).first(where: { $0.body.contains(marker) }) {
        return .comment(url: found.url)
      }
      guard complete, entries.allSatisfy({ $0.value != nil }) else {
        throw .malformed("the comments of \(order.key) cannot all be read; none was written")
      }
    }
    let ending = "\n\n\(marker)"
    let body = Self.cut(text, to: Self.bodyLimit - ending.utf16.count) + ending
    let answer = try await client.write("POST", comments, NewComment(body: body))
    let what = "POST /repos/\(order.repository)/issues/\(number)/comments"
    return .comment(url: try client.decode(GitHubComment.self, answer, what).url)
  }

  // MARK: Limits

  /// At most `limit` UTF-16 units, whole characters, with a mark where something was cut.
  static func cut(_ text: String, to limit: Int) -> String {
    guard text.utf16.count > limit else { return text }
    let mark = "\n\n(cut)"
    var (kept, length) = ("", mark.utf16.count)
    for character in text {
      length += character.utf16.count
      if length > limit { break }
      kept.append(character)
    }
    return kept + mark
  }

  /// One line without control characters.
  static func cutTitle(_ title: String) -> String {
    let line = title.unicodeScalars.map { scalar -> Character in
      scalar.properties.generalCategory == .control ? " " : Character(scalar)
    }
    let text = String(String.UnicodeScalarView(line.flatMap(\.unicodeScalars)))
      .trimmingWhitespace()
    return text.isEmpty ? "(no title)" : String(text.prefix(titleLimit))
  }
}
