// Pays one debt to GitHub so that its effect happens once: whatever an earlier, unanswered
// delivery may have done is looked up before anything is repeated. GitHubTracker calls it for one
// outbox entry; when to try again, and what a refusal means for the item, is the tick's business.
// Each kind of debt has a file of its own beside this one.
import SymphonyCore

struct GitHubDelivery {
  let tracker: GitHubTracker
  let entry: OutboxEntry
  /// The item's pull request, if it is known.
  let known: PullRequestRef?
  var client: GitHubClient { tracker.client }
  var policy: TrackerPolicy { tracker.policy }

  init(tracker: GitHubTracker, entry: OutboxEntry, pullRequest: PullRequestRef?) {
    self.tracker = tracker
    self.entry = entry
    known = pullRequest
  }

  func run() async throws(TrackerError) -> Delivery {
    switch entry.payload {
    case .ensurePullRequest(let order): try await ensure(order)
    case .comment(let order): try await comment(order)
    case .setStatus(let order): try await move(order)
    case .setLabels(let order): try await label(order)
    case .convertDraft(let order): try await convert(order)
    case .closeIssue(let order): try await close(order)
    case .reply(let order): try await reply(order)
    case .resolveThread(let order): try await resolve(order)
    case .requestReview(let order): try await request(order)
    case .rerunChecks(let order): try await rerun(order)
    case .updateBranch(let order): try await update(order)
    case .merge(let order): try await merge(order)
    }
  }

  /// How far this machine's clock may have been set since the row was written: then the difference
  /// of the clocks that is known now is not the one of that time.
  static let clockStep = Interval.days(1)

  /// When the row was written, on GitHub's clock; right within `clockStep`.
  var rowTime: Timestamp { entry.createdAt + client.clockOffset }

  /// An earlier delivery was begun and may have succeeded unseen.
  var mayBeRepeated: Bool { entry.tries > 0 }
}
