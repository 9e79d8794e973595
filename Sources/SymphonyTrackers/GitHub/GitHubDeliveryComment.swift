// Writes a comment once. A hidden marker holds the entry's random nonce, which nobody knew before:
// a comment that carries it is the one an unanswered delivery left. After a database was lost the
// nonce is another one; then it is our own comment with the same words. Called by GitHubDelivery.
import SymphonyCore

extension GitHubDelivery {
  /// GitHub's limit for a body, in characters; counted in UTF-16 to be on the safe side.
  static let bodyLimit = 65_536

  private struct NewComment: Encodable { var body: String }

  func comment(_ order: CommentOrder) async throws(TrackerError) -> Delivery {
    guard let number = order.number else {
      throw .rejected("\(order.key) has no number to write to")
    }
    var text = order.text
    if text.contains(CommentOrder.pullRequestPlaceholder) {
      guard let known else { return .superseded("there is no pull request to tell of") }
      // An address that was not the server's own is not kept.
      let name = known.url.isEmpty ? "#\(known.number)" : known.url
      text = text.replacing(CommentOrder.pullRequestPlaceholder, with: name)
    }
    let comments = tracker.url(order.repository, "/issues/\(number)/comments")
    let marker = CommentMarker.make(entry.nonce)
    let ending = "\n\n\(marker)"
    text = Self.cut(text, to: Self.bodyLimit - ending.utf16.count)
    if mayBeRepeated {
      let since = (rowTime - Self.clockStep).rfc3339
      let (entries, complete) = try await client.list(
        "\(comments)?since=\(since)&per_page=100", of: GitHubComment.self, .fresh)
      if let found = entries.compactMap(\.value).first(where: { $0.body.contains(marker) }) {
        return .comment(url: found.url)
      }
      guard complete, entries.allSatisfy({ $0.value != nil }) else {
        throw .malformed("the comments of \(order.key) cannot all be read; none was written")
      }
      if order.mayBeThere == true {
        let same = entries.compactMap(\.value).filter {
          CommentMarker.text(of: $0.body) == CommentMarker.compared(text)
        }
        if let found = try await ours(among: same) { return .comment(url: found.url) }
      }
    }
    let body = text + ending
    let answer = try await client.write("POST", comments, NewComment(body: body))
    let what = "POST /repos/\(order.repository)/issues/\(number)/comments"
    return .comment(url: try client.decode(GitHubComment.self, answer, what).url)
  }

  /// Anybody can write our words and a marker under them: only the token's own author counts.
  private func ours(among comments: [GitHubComment]) async throws(TrackerError) -> GitHubComment? {
    if comments.isEmpty { return nil }
    let login: String?
    do throws(TrackerError) {
      login = try await client.get("\(policy.apiURL)/user", as: GitHubUser.self, .fresh)
        .value.login.folded
    } catch .forbidden {
      // An App has no user of its own; it writes as a bot, which no person can be called.
      login = nil
    }
    return comments.first { comment in
      let author = comment.comment.author.folded
      return login.map { $0 == author } ?? author.hasSuffix("[bot]")
    }
  }

  /// The text cut to at most `limit` UTF-16 units, whole characters, with a mark where something
  /// was cut.
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
}
