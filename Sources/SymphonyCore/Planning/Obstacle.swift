// The obstacles in an item itself that keep it from running: its state, labels, status, people,
// dependencies. Eligibility and Trust find them; Dispatch repeats them for released or unlisted
// items.

package enum Obstacle: Hashable, Sendable {
  case issueClosed
  case notAnIssue(String)
  case notListed
  case repositoryNotAllowed(String)
  case labelMissing([String])
  case labelExcluded(String)
  case notAssigned(String)
  case notOnBoard
  case statusBlocked(String)
  /// Nil: it has no status at all.
  case statusNotActive(String?)
  case statusTerminal(String)
  case draftNotConverted(String)
  case authorNotTrusted(String)
  /// Its author may start runs; whoever changed its text last may not.
  case editorNotTrusted(String, at: Timestamp)
  /// Its text was changed after somebody trusted had put the label on: it is parked for that.
  case editedAfterLabel(String)
  /// Somebody who may not start runs opened it again.
  case reopeningNotTrusted(String)
  /// The tracker could not tell who wrote it; with the reason.
  case originUnknown(String)
  case blockedBy([String])
  case openSubIssues([String])
  case dependenciesUnknown

  /// The codes of an item whose status keeps it from running.
  package static let codesOfStatus = Set(
    [Obstacle.statusBlocked(""), .statusNotActive(nil), .statusTerminal("")].map(\.code))

  /// What was said last of the status of an item; nil: its status was not what kept it back.
  static func ofStatus(_ record: ItemRecord) -> Obstacle? {
    [
      .statusBlocked(record.status ?? ""), .statusNotActive(record.status),
      .statusTerminal(record.status ?? ""),
    ].first { $0.code == record.verdict }
  }

  /// The codes of an item that a rule of the workflow leaves out, whatever becomes of others.
  package static let codesOfRules = codesOfStatus.union(
    [
      Obstacle.issueClosed, .notAnIssue(""), .repositoryNotAllowed(""), .labelMissing([]),
      .labelExcluded(""), .notAssigned(""), .notOnBoard, .draftNotConverted(""),
      .authorNotTrusted(""), .editorNotTrusted("", at: Timestamp(milliseconds: 0)),
    ].map(\.code))

  /// It keeps an item from being taken up, and not its pull request from being followed up: a
  /// hand-off moves status and labels, and what blocks it blocked it before.
  var isPassedByRounds: Bool {
    switch self {
    case .labelMissing, .notAssigned, .statusNotActive, .blockedBy, .openSubIssues,
      .dependenciesUnknown:
      true
    case .issueClosed, .notAnIssue, .notListed, .repositoryNotAllowed, .labelExcluded,
      .notOnBoard, .statusBlocked, .statusTerminal, .draftNotConverted, .authorNotTrusted,
      .editorNotTrusted, .editedAfterLabel, .reopeningNotTrusted, .originUnknown:
      false
    }
  }

  package var code: String {
    switch self {
    case .issueClosed: "issue_closed"
    case .notAnIssue: "not_an_issue"
    case .notListed: "not_listed"
    case .repositoryNotAllowed: "repository_not_allowed"
    case .labelMissing: "label_missing"
    case .labelExcluded: "label_excluded"
    case .notAssigned: "not_assigned"
    case .notOnBoard: "not_on_board"
    case .statusBlocked: "status_blocked"
    case .statusNotActive: "status_not_active"
    case .statusTerminal: "status_terminal"
    case .draftNotConverted: "draft_not_converted"
    case .authorNotTrusted: "author_not_trusted"
    case .editorNotTrusted: "editor_not_trusted"
    case .editedAfterLabel: ParkingReason.editedAfterLabel.rawValue
    case .reopeningNotTrusted: "reopening_not_trusted"
    case .originUnknown: "origin_unknown"
    case .blockedBy: "blocked_by"
    case .openSubIssues: "open_sub_issues"
    case .dependenciesUnknown: "dependencies_unknown"
    }
  }

  package var sentence: String {
    switch self {
    case .issueClosed: "the issue is closed"
    case .notAnIssue("redacted"): "the token may not see what this item of the board is"
    case .notAnIssue(let kind):
      "it is a \(kind.replacing("_", with: " ")), which this workflow does not work on"
    case .notListed: "not among the open issues that match the workflow"
    case .repositoryNotAllowed(let name):
      "its repository \(name) is excluded by tracker.repo_allowlist or repo_denylist"
    case .labelMissing(let labels):
      "lacks the required label\(labels.count == 1 ? "" : "s") " + labels.joined(separator: ", ")
    case .labelExcluded(let label): "carries the excluded label \(label)"
    case .notAssigned(let login): "is not assigned to \(login)"
    case .notOnBoard: "it is not on the board, or archived there"
    case .statusBlocked(let status):
      "its status \"\(status)\" is listed in tracker.blocked_status_values"
    case .statusNotActive(let status):
      status.map { "its status \"\($0)\" is not among tracker.active_values" }
        ?? "it has no status on the board"
    case .statusTerminal(let status):
      "its status \"\(status)\" is listed in tracker.terminal_values"
    case .draftNotConverted(let why): "it is a draft without an issue: \(why)"
    case .authorNotTrusted(let author): "its author \(author) \(Self.mayNot)"
    case .editorNotTrusted(let editor, let at):
      "\(editor), who \(Self.mayNot), changed its text at \(at.rfc3339): read it, then write the "
        + "title and the text as they should be, or open an issue of your own"
    case .editedAfterLabel(let detail): detail
    case .reopeningNotTrusted(let who):
      "\(who), who \(Self.mayNot), opened it again: put a label on, edit it or reopen it yourself, "
        + "or use `symphony retry`"
    case .originUnknown(let why): "who stands behind its text is not known: \(why)"
    case .blockedBy(let items): "waits for \(items.joined(separator: ", "))"
    case .openSubIssues(let items): "waits for its sub-issues: \(items.joined(separator: ", "))"
    case .dependenciesUnknown: "what blocks it could not be read"
    }
  }

  private static let mayNot = "may not start runs (tracker.trusted_authors)"
}
