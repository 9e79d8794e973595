// Labels of an issue and its closing. Both are read before they are written, so that a repetition
// after a lost answer finds nothing left to do. Called by GitHubDelivery; which labels to move, and
// when an issue is to be closed, is the planner's decision.
import SymphonyCore

extension GitHubDelivery {
  private struct LabelName: Decodable {
    var name: String
  }
  private struct NewLabels: Encodable { var labels: [String] }
  private struct Nothing: Encodable {}

  func label(_ order: LabelOrder) async throws(TrackerError) -> Delivery {
    guard let number = order.number else {
      return .superseded("\(order.key) is no issue and has no labels")
    }
    let address = tracker.url(order.repository, "/issues/\(number)/labels")
    let (entries, complete) = try await client.list(
      "\(address)?per_page=100", of: LabelName.self, .fresh)
    guard complete, entries.allSatisfy({ $0.value != nil }) else {
      throw .malformed("the labels of \(order.key) cannot all be read; none was changed")
    }
    let there = entries.compactMap(\.value?.name)
    let wanted = Set(order.move.add.map(\.folded))
    let unwanted = Set(order.move.remove.map(\.folded)).subtracting(wanted)
    let missing = order.move.add.filter { label in !there.contains { $0.folded == label.folded } }
    let leaving = there.filter { unwanted.contains($0.folded) }
    if !missing.isEmpty {
      _ = try await client.write("POST", address, NewLabels(labels: missing))
    }
    for label in leaving {
      do throws(TrackerError) {
        _ = try await client.write("DELETE", "\(address)/\(WebAddress.encode(label))", Nothing())
      } catch .notFound {
        // Somebody else took it off a moment ago, which is as good.
      }
    }
    let changes = missing.map { "+\($0)" } + leaving.map { "-\($0)" }
    return .done(
      changes.isEmpty
        ? "the labels were so already"
        : GitHubAnswer.clean(
          "labels: \(changes.joined(separator: " "))"))
  }

  private struct IssueState: Decodable {
    var state: WorkItem.State
    /// `reopened` on an open issue that was closed before.
    var state_reason: String?
  }
  private struct Closing: Encodable {
    var state = "closed"
    var state_reason = "completed"
  }

  func close(_ order: CloseOrder) async throws(TrackerError) -> Delivery {
    guard let number = order.number else {
      return .superseded("\(order.key) is no issue and cannot be closed")
    }
    let address = tracker.url(order.repository, "/issues/\(number)")
    let issue = try await client.get(address, as: IssueState.self, .fresh).value
    if issue.state == .closed { return .done("it was closed already") }
    // An unanswered closing of ours may have been taken back by a human meanwhile.
    if mayBeRepeated, issue.state_reason == "reopened" {
      return .superseded("\(order.key) was reopened, and stays open")
    }
    _ = try await client.write("PATCH", address, Closing())
    return .done("closed")
  }
}
