// Replies in a thread once: like a comment, a reply carries the entry's nonce in a hidden marker,
// and one that an unanswered delivery left is found by it. Called by GitHubDelivery.
import SymphonyCore

extension GitHubDelivery {
  private struct NewReply: Encodable { var body: String }

  func reply(_ order: ReplyOrder) async throws(TrackerError) -> Delivery {
    let place = order.place
    let comments = tracker.url(place.repository, "/pulls/\(place.number)/comments")
    let marker = CommentMarker.make(entry.nonce)
    let ending = "\n\n\(marker)"
    if mayBeRepeated, let found = try await reply(with: marker, comments, place) { return found }
    let text = Self.cut(order.text, to: Self.bodyLimit - ending.utf16.count)
    let address = "\(comments)/\(order.replyTo)/replies"
    let answer: HTTPTransportResponse
    do throws(TrackerError) {
      answer = try await client.write(
        "POST", address, NewReply(body: text + ending), reading: [422])
    } catch {
      switch error {
      case .notFound(let why), .gone(let why):
        // Only where the pull request is seen does the absence say something about the comment.
        _ = try await pull(place)
        return .superseded("the comment to reply to is gone: \(why)")
      default: throw error
      }
    }
    let what = client.wire.name("POST", address)
    if answer.status == 422 {
      let why = GitHubAnswer.message(answer)
      // A review that the token's owner has begun in the browser would swallow the reply.
      guard !why.lowercased().contains("pending review") else {
        return .waiting(
          "the token's account has begun a review of \(place.repository)#\(place.number) and not "
            + "submitted it: \(why)")
      }
      throw .rejected("\(what) was refused (status 422): \(why)")
    }
    return .comment(url: try client.decode(GitHubComment.self, answer.body, what).url)
  }

  private func reply(with marker: String, _ comments: String, _ place: PullRequestPlace)
    async throws(TrackerError) -> Delivery?
  {
    let since = (rowTime - Self.clockStep).rfc3339
    let (entries, complete) = try await client.list(
      "\(comments)?since=\(since)&per_page=100", of: GitHubComment.self, .fresh)
    if let found = entries.compactMap(\.value).first(where: { $0.body.contains(marker) }) {
      return .comment(url: found.url)
    }
    guard complete, entries.allSatisfy({ $0.value != nil }) else {
      throw .malformed(
        "the comments on lines of \(place.repository)#\(place.number) cannot all be read; no reply "
          + "was written")
    }
    return nil
  }

  /// The pull request as it is now.
  func pull(_ place: PullRequestPlace) async throws(TrackerError) -> GitHubPull {
    try await client.get(
      tracker.url(place.repository, "/pulls/\(place.number)"), as: GitHubPull.self, .fresh
    ).value
  }
}
