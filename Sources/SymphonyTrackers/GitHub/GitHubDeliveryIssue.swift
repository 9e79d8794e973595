// Labels of an issue and its closing. Labels are not looked at first: an answer may be older than
// the last change, and GitHub ignores a label that is on already and names one that is off already.
// A closing is looked at first, because a person may have taken back an earlier one of ours. Called
// by GitHubDelivery; which labels to move, and when to close, is the planner's decision.
import SymphonyCore

extension GitHubDelivery {
  private struct NewLabels: Encodable { var labels: [String] }
  private struct Nothing: Encodable {}

  func label(_ order: LabelOrder) async throws(TrackerError) -> Delivery {
    guard let number = order.number else {
      return .superseded("\(order.key) is no issue and has no labels")
    }
    let address = tracker.url(order.repository, "/issues/\(number)/labels")
    let added = order.move.add
    let wanted = Set(added.map(\.folded))
    let removed = order.move.remove.filter { !wanted.contains($0.folded) }
    if !added.isEmpty {
      _ = try await client.write("POST", address, NewLabels(labels: added))
    }
    for label in removed {
      do throws(TrackerError) {
        _ = try await client.write("DELETE", "\(address)/\(WebAddress.encode(label))", Nothing())
      } catch .notFound {
        // The label is not on the issue, which is the wanted state.
      }
    }
    let changes = added.map { "+\($0)" } + removed.map { "-\($0)" }
    return .done(GitHubAnswer.clean("labels: \(changes.joined(separator: " "))"))
  }

  private struct IssueState: Decodable {
    var state: WorkItem.State
    /// `reopened` on an open issue that was closed before.
    var reason: String?
    enum CodingKeys: String, CodingKey {
      case state
      case reason = "state_reason"
    }
  }
  private struct Closing: Encodable {
    var state = "closed"
    var reason = "completed"
    enum CodingKeys: String, CodingKey {
      case state
      case reason = "state_reason"
    }
  }

  func close(_ order: CloseOrder) async throws(TrackerError) -> Delivery {
    guard let number = order.number else {
      return .superseded("\(order.key) is no issue and cannot be closed")
    }
    let address = tracker.url(order.repository, "/issues/\(number)")
    let issue = try await client.get(address, as: IssueState.self, .fresh).value
    if issue.state == .closed { return .done("it was closed already") }
    // GitHub may have closed the issue at the merge, or an unanswered try of ours did, and a person
    // opened it again. One that was reopened at any time stays open, because nobody can tell why it
    // was.
    if issue.reason == "reopened" {
      return .superseded("\(order.key) was reopened by somebody, and stays open")
    }
    _ = try await client.write("PATCH", address, Closing())
    return .done("closed")
  }
}
