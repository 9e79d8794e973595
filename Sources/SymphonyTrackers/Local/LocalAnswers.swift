// Pays what is owed to the record of a pull request: answers under what people said, ticked boxes,
// the names of whoever is asked for another review. The record is read anew and changed line by
// line, so that what its people wrote meanwhile stays; the marker of an answer tells that it is
// there. Called by LocalDelivery.
import SymphonyCore
import SymphonyPlatform

struct LocalAnswers {
  let records: LocalRecords
  /// The path of the record.
  let path: String
  let nonce: String

  func reply(_ order: ReplyOrder) throws(TrackerError) -> Delivery {
    try change { said in
      if said.hasMarker(nonce) { return .found(.comment(url: path)) }
      guard let item = said.item(order.thread) else { return .found(goneItem) }
      return .write(said.answering(item, order.text, nonce: nonce), .comment(url: path))
    }
  }

  func resolve(_ order: ResolveOrder) throws(TrackerError) -> Delivery {
    try change { said in
      guard let item = said.item(order.thread) else { return .found(goneItem) }
      if item.isResolved { return .found(.done("it was ticked already")) }
      return .write(said.resolving(item), .done("ticked \(item.path):\(item.lastLine)"))
    }
  }

  func comment(_ text: String) throws(TrackerError) -> Delivery {
    try change { said in
      said.hasMarker(nonce)
        ? .found(.comment(url: path))
        : .write(said.commenting(text, nonce: nonce), .comment(url: path))
    }
  }

  func requestReview(_ order: ReviewRequestOrder) throws(TrackerError) -> Delivery {
    try change { (said) throws(IssueHeader.SyntaxError) in
      let known = try IssueHeader(said.text).values["review_requested"]?.list ?? []
      let missing = order.logins.filter { !known.contains(folded: $0) }
      if missing.isEmpty { return .found(.done("they were asked already")) }
      var edit = try IssueHeaderEdit(said.text)
      try edit.change("review_requested", add: missing) { _ in false }
      return .write(edit.text, .done("asked \(missing.joined(separator: ", ")) for a review"))
    }
  }

  private var goneItem: Delivery { .superseded("what it answers is no longer in \(path)") }

  private enum Change {
    case found(Delivery)
    case write(String, Delivery)
  }

  private func change(
    _ change: (LocalConversation) throws(IssueHeader.SyntaxError) -> Change
  ) throws(TrackerError) -> Delivery {
    guard let record = try records.text(at: path) else {
      return .superseded("\(path) is not there any more")
    }
    let answer: Change
    do throws(IssueHeader.SyntaxError) {
      answer = try change(LocalConversation(record.text, IssueHeader(record.text)))
    } catch {
      throw .malformed("\(path):\(error.line): \(error.sentence)")
    }
    switch answer {
    case .found(let delivery): return delivery
    case .write(let text, let delivery):
      try records.replace(record, with: text)
      return delivery
    }
  }
}
