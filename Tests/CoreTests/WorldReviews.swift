// What people and checks say of pull request 101 between two ticks, for the tests of feedback and
// merging.
import SymphonyCore

extension World {
  /// `line L1 seen`, in the order of the rows.
  var pieces: [String] {
    state.pieces.map { "\($0.id.kind.rawValue) \($0.id.key) \($0.state.rawValue)" }
  }

  /// What stands on pull request 101 now; each time another digest unless one is given.
  mutating func say(
    _ remarks: [Remark] = [], isWhole: Bool = true, refusedBy review: String? = nil,
    openThreads: [String] = [], digest: String? = nil
  ) {
    // As every run does that passes its fence.
    for index in state.items.indices { state.items[index].ownsBranch = true }
    let reference = PullRequestRef(number: 101, url: "https://github.com/acme/app/pull/101")
    var view =
      views[.issue(1)]
      ?? PullRequestView(ref: reference, id: "PR_1", head: "abc", base: "main", digest: "")
    view.digest = digest ?? "\(remarks)\(review ?? "")\(openThreads)\(isWhole)"
    view.mergeability = .mergeable
    if view.checks == nil {
      var counts = CheckCounts()
      counts.passed = 1
      view.checks = counts
    }
    view.conversation = Conversation(
      remarks: remarks,
      opinions: review.map {
        [Opinion(author: "rita", isApproval: false, review: $0, head: "abc")]
      } ?? [],
      openThreads: openThreads, isWhole: isWhole)
    views[.issue(1)] = view
  }

  mutating func check(
    _ kind: CheckTrouble.Kind, _ name: String, run: String = "1",
    _ edit: (inout CheckTrouble) -> Void = { _ in }
  ) {
    var trouble = CheckTrouble(
      kind, key: "actions/ci/\(name)", name: name, run: run, conclusion: "\(kind)", at: now)
    edit(&trouble)
    var counts = CheckCounts()
    counts.failed = 1
    // Another number of green ones, so that the counts are others.
    counts.passed = Int(run) ?? 0
    views[.issue(1)]?.checks = counts
    views[.issue(1)]?.troubles = [trouble]
  }

  /// A tick that sees what is new, and one after the time of quiet.
  @discardableResult
  mutating func passQuiet() -> Plan {
    tick()
    now = now + policy.feedback.quiet + .seconds(1)
    return tick()
  }

  /// The live round ends with a new commit pushed.
  mutating func succeedRound(_ head: String, _ edit: (inout RunResult) -> Void = { _ in }) {
    finish(1, .succeeded) {
      $0.commitsAhead = 2
      $0.madeProgress = true
      $0.turns = 1
      $0.push = .pushed(head: head)
      $0.message = "Done."
      edit(&$0)
    }
    views[.issue(1)]?.head = head
  }
}

extension Remark {
  static func make(_ kind: Piece.Kind, _ id: String, _ text: String, at: Timestamp) -> Remark {
    var words = PieceWords(text: text, at: at, author: "rita")
    if kind == .line {
      (words.thread, words.replyTo, words.path, words.lastLine) = ("T-\(id)", 11, "a.swift", 3)
    }
    var remark = Remark(kind, id: id, words: words)
    remark.mayWrite = true
    return remark
  }
  static func line(_ id: String, _ text: String, at: Timestamp) -> Remark {
    make(.line, id, text, at: at)
  }
  static func comment(_ id: String, _ text: String, at: Timestamp) -> Remark {
    make(.comment, id, text, at: at)
  }
}
