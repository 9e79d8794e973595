// Takes in what was read of a pull request that waits for people: which remarks and checks are new
// pieces, which are ignored or fell away before an agent got them. Whom to believe is decided by
// Trust, and which remarks are ours by the nonces that our database knows. Round.swift decides what
// follows. A piece that an agent has, or had, is never changed here.

extension Planning {
  /// Pieces of an item that are kept as rows: beyond them nothing new is taken in.
  static let piecesKept = 500
  /// Of these, ones by people whose words become no prompt.
  static let ignoredKept = 100

  /// Whether the pull request of an item is followed up.
  func follows(_ item: WorkItem?) -> Bool {
    policy.followsPullRequests && item.map(policy.feedback.isOptedOut) != true
  }

  mutating func takeIn(_ view: PullRequestView, of record: ItemRecord) {
    guard follows(facts[record.id]) else { return }
    for piece in pieces(of: record.id, .seen) where !policy.feedback.wants(piece.id.kind) {
      drop(piece)
    }
    var followUp = record.followUp ?? FollowUp()
    if followUp.head != view.head {
      followUp.head = view.head
      followUp.headSince = now
      followUp.checks = nil
    }
    if let conversation = view.conversation {
      followUp.digest = view.digest
      followUp.readAt = now
      takeIn(conversation, of: record, &followUp)
    }
    takeInChecks(view, of: record, &followUp)
    takeInConflict(view, of: record)
    items[record.id]?.followUp = followUp
  }

  func pieces(of item: ItemID, _ state: Piece.State) -> [Piece] {
    (pieces[item] ?? [:]).values.filter { $0.state == state }.sorted { $0.id < $1.id }
  }

  /// The rows that this plan makes or changes, in an order of their own.
  func changedPieces() -> [Change] {
    var before: [ItemID: [Piece.ID: Piece]] = [:]
    for piece in snapshot.state.pieces { before[piece.item, default: [:]][piece.id] = piece }
    return pieces.sorted { $0.key < $1.key }.flatMap { item, rows in
      rows.values.sorted { $0.id < $1.id }.filter { before[item]?[$0.id] != $0 }
        .map { .putPiece($0) }
    }
  }

  // MARK: Remarks

  private mutating func takeIn(
    _ conversation: Conversation, of record: ItemRecord, _ followUp: inout FollowUp
  ) {
    let refusing = Set(conversation.opinions.filter { !$0.isApproval }.map(\.review))
    var live: Set<Piece.ID> = []
    var present: Set<String> = []
    var uncounted = 0
    for remark in conversation.remarks {
      present.insert(remark.id)
      guard policy.feedback.wants(remark.kind), !isOurs(remark),
        Self.counts(remark, refusing: refusing)
          || isSaidAfterwards(remark, record, followUp)
      else { continue }
      let id = Piece.ID(remark.kind, remark.id, version: Self.version(of: remark.words.text))
      switch isBelieved(remark, record) {
      // Whoever is not known this time was known before: the piece stays as it is.
      case nil: live.insert(id)
      case true?:
        live.insert(id)
        see(id, remark.words, of: record)
      case false?:
        if pieces[record.id]?[id] == nil, pieces(of: record.id, .ignored).count >= Self.ignoredKept
        {
          uncounted += 1
        } else {
          insert(Piece(item: record.id, id: id, state: .ignored, seenAt: now, words: remark.words))
        }
      }
    }
    // Of programs only refusals count, but for those that the workflow names.
    let opinions = conversation.opinions.filter { opinion in
      !opinion.isByViewer && (!opinion.isApproval || isPersons(opinion.author))
    }
    followUp.approvals = Dictionary(
      opinions.filter(\.isApproval).map { ($0.author, $0.head) }
    ) { $1 }
    followUp.refusals = opinions.filter { !$0.isApproval }.map(\.author)
    followUp.openThreads = conversation.openThreads.count
    followUp.isPartial = conversation.isWhole ? nil : true
    followUp.uncounted = uncounted == 0 ? nil : uncounted
    for piece in pieces(of: record.id, .seen) where !live.contains(piece.id) {
      switch piece.id.kind {
      case .review, .line, .comment:
        // Of a conversation that was not read to its beginning an absent remark says nothing.
        if conversation.isWhole || present.contains(piece.id.key) { drop(piece) }
      case .reopened:
        if !conversation.openThreads.contains(piece.id.key) { drop(piece) }
      case .check, .conflict: break
      }
    }
    reopen(conversation, of: record, &followUp)
  }

  /// A hidden marker says that a comment is ours only at its end, in our account's words, with a
  /// nonce of our own: a quoted, copied or invented one says nothing.
  ///
  /// After a recovery the nonces of before are not known; then the marker has to do.
  private func isOurs(_ remark: Remark) -> Bool {
    guard remark.isByViewer, let nonce = remark.nonce else { return false }
    if snapshot.knownNonces.contains(nonce) { return true }
    guard let recovered = snapshot.state.recoveredAt else { return false }
    return remark.words.at < recovered + snapshot.survey.clockOffset
  }

  private static func counts(_ remark: Remark, refusing: Set<String>) -> Bool {
    if remark.isMinimized || remark.isDismissed { return false }
    switch remark.kind {
    case .review:
      return remark.words.verdict == .changesRequested
        || !remark.words.text.trimmingWhitespace().isEmpty
    case .line:
      return !remark.isResolved || remark.words.review.map(refusing.contains) == true
    case .comment: return !remark.words.text.trimmingWhitespace().isEmpty
    case .reopened, .check, .conflict: return false
    }
  }

  /// In a thread that we resolved, whoever says more expects an answer: it may have come while the
  /// agent worked, and the thread was closed over it.
  private func isSaidAfterwards(
    _ remark: Remark, _ record: ItemRecord, _ followUp: FollowUp
  ) -> Bool {
    guard remark.kind == .line, remark.isResolved, !remark.isMinimized,
      let thread = remark.words.thread,
      (followUp.resolved + followUp.seenResolved).contains(thread)
    else { return false }
    return !(pieces[record.id] ?? [:]).values.contains { piece in
      piece.id.kind == .line && piece.id.key == remark.id
        && (piece.state == .handed || piece.state == .answered)
    }
  }

  /// Nil: not known yet.
  private func isBelieved(_ remark: Remark, _ record: ItemRecord) -> Bool? {
    guard let author = remark.words.author else { return false }
    if remark.isBot { return isNamedBot(author) }
    if Trust.admitsAll(selection, isPrivate: isPrivate(record)) { return true }
    return Trust.admits(Origin.Person(author, mayWrite: remark.mayWrite), selection)
  }

  private func isNamedBot(_ author: String) -> Bool {
    let bare = author.hasSuffix("[bot]") ? String(author.dropLast(5)) : author
    return policy.feedback.bots.contains(folded: bare)
      || policy.feedback.bots.contains(folded: author)
  }

  private func isPersons(_ author: String) -> Bool {
    !author.hasSuffix("[bot]") || isNamedBot(author)
  }

  /// The same for the same words, however a server ends their lines.
  static func version(of text: String) -> String {
    StableHash.hex(
      text.splitLines(keepingEmpty: true).joined(separator: "\n").trimmingWhitespace())
  }

  /// A remark that counts: a new row, or one that fell away and is back.
  private mutating func see(_ id: Piece.ID, _ words: PieceWords, of record: ItemRecord) {
    if var known = pieces[record.id]?[id] {
      guard known.state == .dropped || known.state == .ignored else { return }
      known.state = .seen
      pieces[record.id]?[id] = known
      return
    }
    // An edit before the hand-over replaces what was there.
    for other in pieces(of: record.id, .seen)
    where other.id.kind == id.kind && other.id.key == id.key {
      drop(other)
    }
    insert(Piece(item: record.id, id: id, state: .seen, seenAt: now, words: words))
  }

  private mutating func insert(_ piece: Piece) {
    guard pieces[piece.item]?[piece.id] == nil else { return }
    guard (pieces[piece.item]?.count ?? 0) < Self.piecesKept else {
      let key = items[piece.item]?.key.text ?? piece.item.text
      let note =
        "\(key) has \(Self.piecesKept) pieces of feedback: what is new on its pull request is not "
        + "taken in any more"
      if !notes.contains(note) { notes.append(note) }
      return
    }
    pieces[piece.item, default: [:]][piece.id] = piece
  }

  mutating func drop(_ piece: Piece) { pieces[piece.item]?[piece.id]?.state = .dropped }

  /// A thread that we resolved and that is open again is a piece each time.
  private mutating func reopen(
    _ conversation: Conversation, of record: ItemRecord, _ followUp: inout FollowUp
  ) {
    guard policy.feedback.wants(.reopened) else { return }
    // One that is still open was not seen resolved yet: the order may be on its way.
    for thread in followUp.resolved where !conversation.openThreads.contains(thread) {
      followUp.resolved.removeAll { $0 == thread }
      followUp.seenResolved.append(thread)
    }
    for thread in followUp.seenResolved where conversation.openThreads.contains(thread) {
      followUp.seenResolved.removeAll { $0 == thread }
      let remarks = conversation.remarks.filter { $0.words.thread == thread }
      // What was said with it is a piece of its own; nobody has to be told twice.
      if remarks.contains(where: { hasNews($0, of: record) }) { continue }
      guard var words = remarks.first?.words else { continue }
      words.at = trackerNow
      let times = (pieces[record.id] ?? [:]).keys.filter {
        $0.kind == .reopened && $0.key == thread
      }.count
      see(Piece.ID(.reopened, thread, version: "\(times + 1)"), words, of: record)
    }
  }

  private func hasNews(_ remark: Remark, of record: ItemRecord) -> Bool {
    let id = Piece.ID(remark.kind, remark.id, version: Self.version(of: remark.words.text))
    return pieces[record.id]?[id]?.state == .seen
  }

  // MARK: Checks and conflicts

  private mutating func takeInChecks(
    _ view: PullRequestView, of record: ItemRecord, _ followUp: inout FollowUp
  ) {
    for piece in pieces(of: record.id, .seen)
    where piece.id.kind == .check && piece.words.head != view.head {
      drop(piece)
    }
    guard policy.feedback.wants(.check), let counts = view.checks, let troubles = view.troubles
    else {
      return
    }
    var read = FollowUp.ChecksRead(head: view.head, counts: counts)
    read.hidden = view.hiddenChecks
    let needed = troubles.contains(where: \.isRequired) || view.requiresChecks
    let all = troubles.filter { !needed || $0.isRequired }
    read.needPerson = all.filter { $0.kind == .needsPerson }.map(\.name)
    read.alsoOnBase = all.filter { $0.kind != .needsPerson && $0.failsOnBase == true }.map(\.name)
    // Others of the same head may still end otherwise.
    guard counts.open == 0 || isOverdue(followUp) else { return }
    let ours = all.filter { $0.kind != .needsPerson && $0.failsOnBase != true }
    let broken = ours.filter { $0.kind == .broken && $0.job != nil }
    if followUp.rerunHead != view.head, !broken.isEmpty, let number = record.pullRequest?.number {
      followUp.rerunHead = view.head
      owe(
        record.id, dedupeKey: "rerun/\(record.id)/\(view.head)",
        .rerunChecks(
          RerunOrder(
            place: PullRequestPlace(
              repository: record.repository, key: record.key, number: number, id: view.id),
            head: view.head, jobs: broken.compactMap(\.job))))
      return
    }
    if isRerunning(record, view.head) { return }
    // Only now: what is noted as read is not read again while its counts stay the same.
    followUp.checks = read
    var live: Set<Piece.ID> = []
    for check in ours {
      let id = Piece.ID(.check, "\(view.head) \(check.key)", version: check.run)
      live.insert(id)
      see(id, Self.words(of: check, head: view.head), of: record)
    }
    for piece in pieces(of: record.id, .seen)
    where piece.id.kind == .check && !live.contains(piece.id) {
      drop(piece)
    }
  }

  /// The order to run them again is still to be carried out.
  private func isRerunning(_ record: ItemRecord, _ head: String) -> Bool {
    debts(of: record.id).contains { entry in
      if case .rerunChecks(let order) = entry.payload { order.head == head } else { false }
    }
  }

  func isOverdue(_ followUp: FollowUp) -> Bool {
    followUp.headSince.map {
      Deadline(setAt: $0, delay: policy.feedback.checksPatience).isDue(at: now)
    } ?? false
  }

  private static func words(of check: CheckTrouble, head: String) -> PieceWords {
    var words = PieceWords(text: check.text, at: check.at)
    words.check = check.name
    words.conclusion = check.conclusion
    words.isRequired = check.isRequired
    words.job = check.job
    words.url = check.url
    words.head = head
    return words
  }

  private mutating func takeInConflict(_ view: PullRequestView, of record: ItemRecord) {
    guard policy.feedback.wants(.conflict) else { return }
    let id = Piece.ID(.conflict, view.head, version: "")
    for piece in pieces(of: record.id, .seen) where piece.id.kind == .conflict {
      // What is not computed yet says nothing.
      let isOver = view.mergeability == .mergeable || piece.id != id
      if isOver { drop(piece) }
    }
    guard view.mergeability == .conflicting else { return }
    var words = PieceWords(text: "", at: trackerNow)
    words.head = view.head
    see(id, words, of: record)
  }
}
