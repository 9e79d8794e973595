// When feedback becomes a round: another run on the same branch that gets all pieces that wait. It
// starts when it has been quiet for a while, the checks have ended, and rounds are left; then it
// passes the rules of every launch. The pieces are handed over in the transaction that inserts the
// run. Feedback.swift makes the pieces, Answers.swift settles them.

extension Planning {
  /// Pieces, and bytes of them, that one run gets; the others wait for the next.
  static let roundLimit = (pieces: 50, bytes: 128 << 10)
  /// Logs of checks that one run gets.
  static let logsPerRound = 5
  static let idleRoundsForgiven = 1

  /// A run of this item is one that answers feedback: wherever the item stands on its board, its
  /// pull request is what the work is about.
  func isInRound(_ record: ItemRecord) -> Bool {
    if case .handedOff = record.claim { return true }
    // Whatever woke it since: what its last agent had is still to be answered.
    return record.wake?.kind == .feedback || !pieces(of: record.id, .handed).isEmpty
  }

  /// Why no round starts for a handed-off item; nil: one is due.
  ///
  /// With nothing to answer it is the hand-off's own verdict.
  mutating func roundHindrance(_ record: ItemRecord, _ handoff: Handoff) -> Reason? {
    let rest = handedOffVerdict(record, handoff)
    let waiting = waitingPieces(of: record)
    // A branch of somebody else's is theirs, until an operator takes it over.
    let isOurs = record.ownsBranch || record.fenceHead != nil || record.takeOver
    guard handoff.pullRequest != nil, isOurs, follows(facts[record.id]) else { return rest }
    let view = snapshot.survey.views[record.id]
    if let open = openChecks(view, record), policy.feedback.wants(.check) || !waiting.isEmpty {
      return .wait(.checksOpen(open, pieces: waiting.count))
    }
    guard !waiting.isEmpty else { return mergeVerdict(record, handoff) ?? rest }
    if let exhausted = exhaustion(record, waiting) {
      park(record.id, .roundsExhausted, exhausted)
      return .rest(.parked(.roundsExhausted, sentence: exhausted))
    }
    let quiet = waiting.map(heardAt).max().map {
      Deadline(setAt: $0, delay: policy.feedback.quiet)
    }
    if let quiet, !quiet.isDue(at: now) {
      return .wait(.feedback(pieces: waiting.count, until: quiet.time))
    }
    guard view != nil else {
      return .notChecked("its pull request is looked at before feedback is handed over")
    }
    return nil
  }

  /// The pieces that a run would get now, if the workflow still wants their kinds.
  private func waitingPieces(of record: ItemRecord) -> [Piece] {
    guard follows(facts[record.id]) else { return [] }
    let seen = pieces(of: record.id, .seen).filter { policy.feedback.wants($0.id.kind) }
    return pieces(of: record.id, .handed) + seen
  }

  /// When a piece was said, on our clock.
  private func heardAt(_ piece: Piece) -> Timestamp {
    min(piece.seenAt, piece.words.at - snapshot.survey.clockOffset)
  }

  /// The number of checks that are waited for; nil: none are.
  ///
  /// A new head has none at first.
  private func openChecks(_ view: PullRequestView?, _ record: ItemRecord) -> Int? {
    guard let view, let followUp = record.followUp, !isOverdue(followUp) else { return nil }
    if let counts = view.checks { return counts.open > 0 ? counts.open : nil }
    let grace = followUp.headSince.map {
      Deadline(setAt: $0, delay: policy.feedback.checksGrace)
    }
    return grace?.isDue(at: now) == false ? 0 : nil
  }

  /// Why the item gets no further round; nil: rounds are left.
  private func exhaustion(_ record: ItemRecord, _ waiting: [Piece]) -> String? {
    let (known, limits) = (record.followUp ?? FollowUp(), policy.feedback)
    if known.rounds >= limits.maxRounds {
      let rounds = "\(known.rounds) round\(known.rounds == 1 ? "" : "s")"
      return "\(rounds) of feedback since a person last asked for work (feedback.max_rounds)"
    }
    if waiting.allSatisfy({ $0.id.kind == .check }), known.checkRounds >= limits.maxCheckRounds {
      let names = waiting.compactMap(\.words.check).sorted().joined(separator: ", ")
      return "checks still fail after \(known.checkRounds) rounds for them alone: "
        + PullRequestText.quote(names)
    }
    if waiting.allSatisfy({ $0.id.kind == .conflict }),
      known.conflictRounds >= limits.maxConflictRounds
    {
      return "it still conflicts with its base after \(known.conflictRounds) rounds for that alone"
    }
    return nil
  }

  // MARK: Handing over

  /// The pieces that a run that is launched now gets, numbered, with their rows changed.
  ///
  /// A run after one that failed gets what that one had, and what came meanwhile.
  mutating func handOver(to record: inout ItemRecord, generation: Int) -> [HandedPiece] {
    let held = pieces(of: record.id, .handed).sorted {
      ($0.number ?? 0, $0.id) < ($1.number ?? 0, $1.id)
    }
    // A run that pushes finished work has no agent unless the push meets a conflict.
    let fresh =
      record.unpushed != nil
      ? []
      : waitingPieces(of: record).filter { $0.state == .seen }
        .sorted { ($0.words.at, $0.id) < ($1.words.at, $1.id) }
    var given: [Piece] = []
    var bytes = 0
    for piece in held + fresh {
      bytes += piece.words.text.utf8.count + (piece.words.hunk?.utf8.count ?? 0)
      if !given.isEmpty, given.count == Self.roundLimit.pieces || bytes > Self.roundLimit.bytes {
        break
      }
      given.append(piece)
    }
    if given.isEmpty { return [] }
    if case .handedOff = record.claim { begin(given, of: &record) }
    var logs = 0
    return given.enumerated().map { index, piece in
      var handed = piece
      (handed.state, handed.generation, handed.number) = (.handed, generation, index + 1)
      pieces[record.id]?[piece.id] = handed
      var order = HandedPiece(number: index + 1, kind: piece.id.kind, words: piece.words)
      if let job = piece.words.job, logs < Self.logsPerRound, let log = snapshot.survey.logs[job] {
        logs += 1
        (order.excerpt, order.log) = (log.excerpt, log.whole)
      }
      return order
    }
  }

  /// Counts a round that begins.
  private func begin(_ given: [Piece], of record: inout ItemRecord) {
    var followUp = record.followUp ?? FollowUp()
    followUp.rounds += 1
    followUp.checkRounds =
      given.allSatisfy { $0.id.kind == .check } ? followUp.checkRounds + 1 : 0
    followUp.conflictRounds =
      given.allSatisfy { $0.id.kind == .conflict } ? followUp.conflictRounds + 1 : 0
    record.followUp = followUp
    record.wake = Wake(.feedback, text: Self.summary(of: given), at: trackerNow)
      .following(record.wake)
  }

  /// `2 line comments, 1 failed check`.
  static func summary(of pieces: [Piece]) -> String {
    Piece.Kind.allCases.compactMap { kind in
      let count = pieces.filter { $0.id.kind == kind }.count
      return count == 0 ? nil : "\(count) \(kind.noun)\(count == 1 ? "" : "s")"
    }.joined(separator: ", ")
  }
}

extension Piece.Kind {
  /// As people call one of them.
  package var noun: String {
    switch self {
    case .review: "review"
    case .line: "line comment"
    case .reopened: "reopened thread"
    case .comment: "comment"
    case .check: "failed check"
    case .conflict: "conflict"
    }
  }
}

extension FollowQuestion {
  /// A conversation is read again after so long, whatever its digest says: not every edit shows.
  static let rereadAfter = Interval.minutes(30)

  /// The question of each tick about the pull request of an item; nil: it is not followed up.
  package static func routine(_ record: ItemRecord, _ policy: Policy, at now: Timestamp)
    -> FollowQuestion?
  {
    guard policy.followsPullRequests, record.pullRequest != nil else { return nil }
    switch record.claim {
    case .handedOff(let handoff): if handoff.pullRequest == nil { return nil }
    case .retrying, .unclaimed: if record.wake?.kind != .feedback { return nil }
    case .running, .parked, .released: return nil
    }
    let known = record.followUp
    let isOld =
      known?.readAt.map { Deadline(setAt: $0, delay: rereadAfter).isDue(at: now) } ?? true
    return FollowQuestion(
      digest: known?.digest, wantsConversation: isOld, checks: known?.checks,
      wantsChecks: policy.feedback.wants(.check))
  }

  /// The question just before a launch: all that its agent gets is read once more.
  package static func beforeLaunch(_ order: LaunchOrder, _ policy: FeedbackPolicy)
    -> FollowQuestion?
  {
    guard policy.isOn, !order.feedback.isEmpty else { return nil }
    return FollowQuestion(
      digest: nil, wantsConversation: true, wantsChecks: policy.wants(.check),
      jobs: Array(order.feedback.compactMap(\.words.job).prefix(Planning.logsPerRound)))
  }
}
