// Settles the pieces of feedback that a run had: answered when the run ended well and its work is
// pushed, in the transaction that queues the replies; otherwise they stay with the item, and the
// next run has them again. The agent answers piece by piece, or its last message answers all.

extension Planning {
  /// Notes what a run said to its pieces; they stay handed over until its work is pushed.
  mutating func noteReplies(_ run: RunRecord, _ result: RunResult) {
    let answers = Dictionary(result.replies.map { ($0.number, $0.answer) }) { first, _ in first }
    for piece in pieces(of: run.item, .handed) where piece.generation == run.generation {
      guard let number = piece.number, let answer = answers[number] else { continue }
      pieces[run.item]?[piece.id]?.answer = answer
    }
  }

  /// Answers the pieces that were handed over: the item is handed off again, its work is pushed.
  /// - Returns: false when the round came to nothing once too often, and the item is parked.
  mutating func answerFeedback(_ run: RunRecord, _ result: RunResult) -> Bool {
    guard var record = items[run.item] else { return true }
    let handed = pieces(of: run.item, .handed).sorted { ($0.number ?? 0) < ($1.number ?? 0) }
    if handed.isEmpty { return true }
    var followUp = record.followUp ?? FollowUp()
    let pushed = Self.pushedHead(result).flatMap { $0 == followUp.head ? nil : $0 }
    let words = result.message.trimmingWhitespace()
    let isIdle = pushed == nil && words.isEmpty && handed.allSatisfy { $0.answer == nil }
    var answered: [Piece] = []
    for piece in handed {
      var piece = piece
      piece.state = .answered
      piece.answer = piece.answer ?? PieceAnswer(words.isEmpty ? .unanswered : .told, words)
      pieces[run.item]?[piece.id] = piece
      answered.append(piece)
    }
    followUp.idleRounds = isIdle ? followUp.idleRounds + 1 : 0
    record.followUp = followUp
    items[run.item] = record
    if let number = record.pullRequest?.number ?? openPullRequest(of: record)?.number {
      let id = snapshot.survey.views[record.id]?.id ?? ""
      let place = PullRequestPlace(
        repository: record.repository, key: record.key, number: number, id: id)
      publish(answered, at: place, run, pushed: pushed, words: words)
    }
    guard followUp.idleRounds > Self.idleRoundsForgiven else { return true }
    park(
      run.item, .noProgress,
      "\(followUp.idleRounds) rounds of feedback in a row ended well and left neither a commit nor "
        + "an answer")
    return false
  }

  private static func pushedHead(_ result: RunResult) -> String? {
    if case .pushed(let head) = result.push { return head }
    return nil
  }

  /// Owes what is said of the answers: replies in their threads, one comment for the rest, then
  /// threads to resolve and reviews to ask for.
  private mutating func publish(
    _ answered: [Piece], at place: PullRequestPlace, _ run: RunRecord, pushed: String?,
    words: String
  ) {
    var elsewhere: [Piece] = []
    var fixed: [String] = []
    let threads = Dictionary(grouping: answered.filter { Self.hasThread($0) }) {
      $0.words.thread ?? ""
    }
    for piece in answered where !Self.hasThread(piece) || piece.answer?.isOwn != true {
      elsewhere.append(piece)
    }
    for (thread, pieces) in threads.sorted(by: { $0.key < $1.key }) {
      let own = pieces.filter { $0.answer?.isOwn == true }
      guard !own.isEmpty, let replyTo = own.first?.words.replyTo else { continue }
      let text = own.compactMap { $0.answer.map { AnswerText.reply($0, pushed: pushed) } }
      owe(
        run.item, dedupeKey: "reply/\(run.id)/\(thread)",
        .reply(
          ReplyOrder(
            place: place, thread: thread, replyTo: replyTo, text: text.joined(separator: "\n\n"))))
      if pieces.allSatisfy({ $0.answer?.outcome == .fixed }), pushed != nil { fixed.append(thread) }
    }
    if let text = AnswerText.comment(elsewhere, pushed: pushed, words: words),
      let record = items[run.item]
    {
      owe(
        run.item, dedupeKey: "answers/\(run.id)",
        .comment(
          CommentOrder(
            repository: record.repository, key: record.key, number: place.number, text: text,
            isOnPullRequest: true)))
    }
    if policy.feedback.resolveThreads {
      for thread in fixed {
        owe(
          run.item, dedupeKey: "resolve/\(run.id)/\(thread)",
          .resolveThread(ResolveOrder(place: place, thread: thread)))
      }
    }
    let refusing = answered.filter { $0.words.verdict == .changesRequested }
      .compactMap(\.words.author).filter { !$0.hasSuffix("[bot]") }
    if policy.feedback.requestsReview, !refusing.isEmpty {
      owe(
        run.item, dedupeKey: "review-request/\(run.id)",
        .requestReview(ReviewRequestOrder(place: place, logins: Set(refusing).sorted())))
    }
  }

  private static func hasThread(_ piece: Piece) -> Bool {
    piece.words.thread != nil && piece.words.replyTo != nil
  }
}

extension PieceAnswer {
  /// The agent's own, for this piece.
  var isOwn: Bool {
    switch outcome {
    case .fixed, .declined, .question: true
    case .told, .unanswered: false
    }
  }
}

/// Symphony's words around an agent's answers: its own text is foreign, and does nothing.
enum AnswerText {
  /// UTF-8 bytes of one answer that are published.
  private static let limit = 4 << 10

  static func reply(_ answer: PieceAnswer, pushed: String?) -> String {
    let text = answer.text.trimmingWhitespace()
    let quoted = text.isEmpty ? "" : "\n\n" + ForeignText.quoted(Wake.bounded(text, to: limit))
    return headline(answer.outcome, pushed) + quoted
  }

  private static func headline(_ outcome: PieceAnswer.Outcome, _ pushed: String?) -> String {
    switch outcome {
    case .fixed: pushed.map { "Fixed in \($0)." } ?? "The agent says that this is fixed already."
    case .declined: "Not changed. The agent's reason:"
    case .question: "The agent has a question:"
    case .told: "The agent's answer:"
    case .unanswered: "The agent said nothing to this."
    }
  }

  /// One comment for all pieces that have no thread, or no answer of their own; nil: none is left.
  static func comment(_ pieces: [Piece], pushed: String?, words: String) -> String? {
    if pieces.isEmpty { return nil }
    var parts: [String] = []
    let head = pushed.map { "Pushed \($0) in answer to" } ?? "Without a new commit, in answer to"
    parts.append("\(head) \(Planning.summary(of: pieces)).")
    for piece in pieces {
      guard let answer = piece.answer, answer.isOwn else { continue }
      parts.append("\(subject(piece)): " + reply(answer, pushed: pushed))
    }
    if pieces.contains(where: { $0.answer?.isOwn != true }) {
      parts.append(
        words.isEmpty
          ? "The agent left no words about it."
          : "The agent says:\n\n" + ForeignText.quoted(Wake.bounded(words, to: limit)))
    }
    return parts.joined(separator: "\n\n")
  }

  private static func subject(_ piece: Piece) -> String {
    let words = piece.words
    let name = words.check ?? words.author ?? ""
    let place = words.path.map { path in " on \(path)" } ?? ""
    return "**\(piece.id.kind.noun)"
      + (name.isEmpty ? "" : " of \(ForeignText.line(name))") + "\(ForeignText.line(place))**"
  }
}
