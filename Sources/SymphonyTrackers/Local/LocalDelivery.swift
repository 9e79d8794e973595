// Pays one debt to the folder: pull requests and comments become records, statuses and labels one
// changed line of the issue's file. LocalTracker calls it for one outbox entry. A file is read
// before it is written, so that a repetition finds nothing left to do.
import Glibc
import SymphonyCore
import SymphonyPlatform

struct LocalDelivery {
  let tracker: LocalTracker
  let entry: OutboxEntry
  /// The item's pull request, if it is known.
  let known: PullRequestRef?
  private var records: LocalRecords { LocalRecords(tracker.place) }

  func run() async throws(TrackerError) -> Delivery {
    switch entry.payload {
    case .ensurePullRequest(let order): try await ensure(order)
    case .comment(let order): try comment(order)
    case .setStatus(let order): try await move(order)
    case .setLabels(let order): try await label(order)
    case .closeIssue(let order): try await close(order)
    case .reply(let order): try answers(at: order.place).reply(order)
    case .resolveThread(let order): try answers(at: order.place).resolve(order)
    case .requestReview(let order): try answers(at: order.place).requestReview(order)
    case .rerunChecks(let order):
      .superseded("nobody runs checks here; \(path(order.place)) says what became of them")
    case .updateBranch(let order):
      .superseded(
        "\(path(order.place)) is brought up to date by whoever owns the repository: `git merge`")
    case .merge(let order):
      .superseded(
        "the local tracker merges nothing: merge the branch, then set `state: merged` in "
          + path(order.place))
    case .convertDraft: .superseded("the local tracker has no drafts")
    }
  }

  private func ensure(_ order: PullRequestOrder) async throws(TrackerError) -> Delivery {
    var base = order.base
    if base == nil { base = try await tracker.facts().defaultBranch }
    guard base != order.head else {
      throw .rejected(
        "\(order.head) is the base itself: there is nothing to open a pull request for")
    }
    return try records.ensure(
      order, base: base ?? "", entry: entry, known: known, now: tracker.now())
  }

  private func comment(_ order: CommentOrder) throws(TrackerError) -> Delivery {
    var text = order.text
    if text.contains(CommentOrder.pullRequestPlaceholder) {
      guard let known else { return .superseded("there is no pull request to tell of") }
      text = text.replacing(CommentOrder.pullRequestPlaceholder, with: known.url)
    }
    if let known, order.isOnPullRequest == true {
      return try LocalAnswers(records: records, path: known.url, nonce: entry.nonce).comment(text)
    }
    return try records.comment(
      text, reference: order.key.reference, nonce: entry.nonce,
      since: order.mayBeThere == true ? entry.createdAt - .seconds(1) : nil)
  }

  private func answers(at place: PullRequestPlace) -> LocalAnswers {
    LocalAnswers(records: records, path: path(place), nonce: entry.nonce)
  }

  /// Of the record: the id that it was read under, or what its item knows.
  private func path(_ place: PullRequestPlace) -> String {
    place.id.isEmpty ? known?.url ?? "" : place.id
  }

  // MARK: The issue's file

  private func move(_ order: StatusOrder) async throws(TrackerError) -> Delivery {
    guard let issue = try await issue() else { return gone(order.key) }
    if let status = issue.status, status.folded == order.value.folded {
      return .done("it was in `\(status)` already")
    }
    // A file without a status may be moved from any.
    if issue.isClosed || !order.expected.isEmpty,
      let status = issue.status, !order.expected.contains(folded: status)
    {
      return .superseded(
        "a person was faster: it is in `\(status)`, so it is not moved to `\(order.value)`")
    }
    if order.needsPullRequest, let known, let over = try ended(known) { return .superseded(over) }
    guard order.checks.isEmpty else { return .waiting("the local tracker has no checks") }
    try rewrite(issue) { (edit) throws(IssueHeader.SyntaxError) in
      try edit.set("status", to: order.value)
    }
    return .done("moved to `\(order.value)`")
  }

  private func label(_ order: LabelOrder) async throws(TrackerError) -> Delivery {
    guard let issue = try await issue() else { return gone(order.key) }
    let wanted = Set(order.move.add.map(\.folded))
    let unwanted = Set(order.move.remove.map(\.folded)).subtracting(wanted)
    let missing = order.move.add.filter { !issue.labels.contains($0.folded) }
    let leaving = issue.labels.filter { unwanted.contains($0) }
    if missing.isEmpty, leaving.isEmpty { return .done("the labels were so already") }
    try rewrite(issue) { (edit) throws(IssueHeader.SyntaxError) in
      try edit.change("labels", add: missing) { unwanted.contains($0.folded) }
    }
    let changes = missing.map { "+\($0)" } + leaving.map { "-\($0)" }
    return .done("labels: \(changes.joined(separator: " "))")
  }

  private func close(_ order: CloseOrder) async throws(TrackerError) -> Delivery {
    guard let issue = try await issue() else { return gone(order.key) }
    if issue.isClosed { return .done("it was closed already") }
    let closed = LocalIssue.closedStatuses
    let value = tracker.policy.terminalStatuses.first { closed.contains($0.folded) } ?? "done"
    try rewrite(issue) { (edit) throws(IssueHeader.SyntaxError) in
      try edit.set("status", to: value)
    }
    return .done("closed: it is in `\(value)` now")
  }

  private func gone(_ key: ItemKey) -> Delivery {
    .superseded("\(key) is no longer in \(tracker.policy.directory)")
  }

  /// The entry's issue; nil when its file is gone.
  ///
  /// A damaged file is an error: nothing is written to a file that could not be read.
  private func issue() async throws(TrackerError) -> LocalIssue? {
    let (folder, missing) = try await tracker.look(for: [entry.item])
    if let issue = folder.issue(entry.item), issue.damage == nil { return issue }
    switch tracker.answer(entry.item, folder, wasMissing: missing) {
    case .unknown(let error): throw error
    case .found, .gone: return nil
    }
  }

  /// Why the move to a status is no longer wanted: the pull request was merged or closed.
  ///
  /// Nil while it is open.
  private func ended(_ pull: PullRequestRef) throws(TrackerError) -> String? {
    guard let record = try records.pullRequest(at: pull.url) else {
      return "\(pull.url) is not there any more"
    }
    switch record.fact.state {
    case .open: return nil
    case .merged: return "\(pull.url) is merged already"
    case .closed: return "\(pull.url) is closed already"
    }
  }

  private func rewrite(
    _ issue: LocalIssue, _ change: (inout IssueHeaderEdit) throws(IssueHeader.SyntaxError) -> Void
  ) throws(TrackerError) {
    let folder = try tracker.place.open()
    let (name, facts, bytes): (FileName, FileFacts, [UInt8])
    do throws(PlatformError) {
      name = try FileName("\(issue.stem).md")
      guard let found = try folder.facts(name) else {
        throw PlatformError("change", issue.path, ENOENT)
      }
      facts = found
      bytes = try folder.read(name, limit: LocalIssue.limit)
    } catch {
      throw .unreachable(error.description)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .malformed("\(issue.path) is not UTF-8 text; it was left as it is")
    }
    let changed: String
    do throws(IssueHeader.SyntaxError) {
      var edit = try IssueHeaderEdit(text)
      try change(&edit)
      changed = edit.text
    } catch {
      throw .malformed("\(issue.path):\(error.line): \(error.sentence)")
    }
    do throws(PlatformError) {
      // The old file's rights, whatever the umask says; nothing beyond reading and writing.
      let mode = mode_t(facts.permissions & 0o777)
      try folder.write(name, Array(changed.utf8), mode: mode, exact: true)
      try folder.removeTemporaries(olderThan: LocalRecords.crashAge)
    } catch {
      throw .unreachable(error.description)
    }
  }
}
