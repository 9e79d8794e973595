// Which touch of an item is a person's wish, so that counters begin again: only one by somebody
// trusted. Where not everybody is, the tracker is asked who it was; until that is known nothing
// changes, and a stranger's touch leaves a later one of somebody trusted to be seen.
// Reconciliation asks, and gets the wish as a `Wake`.

extension Planning {
  /// Items asked about in one tick.
  static let inquiryLimit = 20

  /// Only the first plan of a tick asks; the second has the answers there are.
  mutating func inquire(_ record: ItemRecord, isUrgent: Bool = true) {
    guard snapshot.confirmed == nil, !inquiries.contains(where: { $0.record.id == record.id })
    else { return }
    inquiries.append((record, isUrgent))
  }

  /// Items whose people are unknown come before those whose answer is only old.
  var inquiryOrder: [ItemRecord] {
    let urgent = inquiries.filter(\.isUrgent).map(\.record)
    let others = inquiries.filter { !$0.isUrgent }.map(\.record)
    return Array((urgent + others).prefix(Self.inquiryLimit))
  }

  func isPrivate(_ record: ItemRecord) -> Bool? {
    snapshot.survey.facts(of: record.repository)?.isPrivate
  }

  private func admitsAll(_ record: ItemRecord) -> Bool {
    Trust.admitsAll(selection, isPrivate: isPrivate(record))
  }

  /// The known touches of an item; asks the tracker where there are none, or they may have changed.
  private mutating func look(_ record: ItemRecord, _ item: WorkItem) -> Origin? {
    guard let origin = item.origin else {
      inquire(record)
      return nil
    }
    if !origin.isDecided(selection), origin.isOld { inquire(record, isUrgent: false) }
    return origin
  }

  // MARK: Parked

  /// A parking with the item as it is now: later changes are told from it.
  func read(_ parking: Parking, _ item: WorkItem) -> Parking {
    var read = parking
    read.fingerprint = item.fingerprint
    read.status = item.status
    read.readAt = item.updatedAt ?? now + snapshot.survey.clockOffset
    read.judged = Self.stamp(item)
    return read
  }

  private static func stamp(_ item: WorkItem) -> String {
    "\(item.updatedAt?.milliseconds ?? 0)/\(item.fingerprint)"
  }

  /// Why a parked item is worked on again; nil: nobody who may ask for that has.
  mutating func touch(_ record: ItemRecord, _ item: WorkItem, _ parking: Parking) -> Wake? {
    let isMoved =
      selection.usesBoard && parking.readAt != nil && snapshot.survey.statusProblem == nil
      && item.status?.folded != parking.status?.folded
    let all = admitsAll(record)
    if all {
      if item.fingerprint != parking.fingerprint {
        return isMoved ? move(of: item) : Wake(.edit, at: item.updatedAt ?? trackerNow)
      }
      // All that can have happened between two looks, and leaves the item as it was.
      guard mayBeRelabelled else { return nil }
    }
    let stamp = Self.stamp(item)
    guard stamp != parking.judged, let origin = look(record, item) else { return nil }
    let (start, readAt) = (news(record, parking), parking.readAt ?? parking.since)
    let touch = origin.last { touch in
      // Touches by our own account up to that reading are our own writes, not a person's.
      touch.at > (touch.who.isUs ? max(start, readAt) : start)
        && (all ? isRequiredLabel(touch) : Trust.admits(touch.who, selection) == true)
    }
    if let touch { return touch.wake }
    if !all, isMoved, !isReopenedByStranger(origin, since: parking.since) { return move(of: item) }
    if all || origin.isDecided(selection) {
      var judged = parking
      judged.judged = stamp
      if parking.readAt == nil { (judged.readAt, judged.status) = (parking.since, item.status) }
      setClaim(record.id, .parked(judged), why: "", silent: true)
    }
    return nil
  }

  /// A label can be taken off and put on again between two looks.
  ///
  /// Only GitHub tells of it. An operator's own files say nothing of what they were.
  private var mayBeRelabelled: Bool {
    selection.kind == .github && !selection.requiredLabels.isEmpty
  }

  private func isRequiredLabel(_ touch: Origin.Touch) -> Bool {
    guard case .labelled(let label) = touch.kind else { return false }
    return selection.requiredLabels.contains(folded: label)
  }

  /// A required label was put on a handed-off item again since its labels were looked at last.
  ///
  /// Asks the tracker only when the item has changed since, and what was looked at is noted in the
  /// claim: an item that nobody touches costs nothing.
  mutating func relabelling(_ record: ItemRecord, _ item: WorkItem, _ handoff: inout Handoff)
    -> Wake?
  {
    guard mayBeRelabelled, let stamp = item.updatedAt else { return nil }
    guard let readAt = handoff.readAt else {
      // Our own debts will change the item again: wait for them instead of asking the tracker.
      let isOwed = debts(of: record.id).contains { $0.lastError.isEmpty }
      if !isOwed { handoff.readAt = stamp }
      return nil
    }
    guard stamp > readAt, let origin = look(record, item) else { return nil }
    handoff.readAt = stamp
    let all = admitsAll(record)
    // The operator's own account may be the one we work as.
    let touch = origin.last { touch in
      touch.at > readAt && isRequiredLabel(touch)
        && (all || Trust.admits(touch.who, selection) == true)
    }
    return touch?.wake
  }

  /// The time after which a touch counts as made after the parking.
  ///
  /// The touch that led to the last run must not count a second time when a stranger makes us look;
  /// the two clocks are compared by stamps of whole seconds, so that one more belongs to the
  /// launch.
  private func news(_ record: ItemRecord, _ parking: Parking) -> Timestamp {
    let since = Self.second(parking.since)
    guard let launch = record.lastLaunch else { return since }
    return max(since, Self.second(launch + snapshot.survey.clockOffset) + .seconds(1))
  }

  /// The wake by what trusted people said since the item was parked; nil: they said nothing.
  func trustedComment(_ record: ItemRecord, _ parking: Parking) -> Wake? {
    let (all, start) = (admitsAll(record), Self.second(parking.since))
    let heard = (snapshot.survey.comments[record.id] ?? []).filter { comment in
      let author = Origin.Person(comment.author, mayWrite: comment.mayWrite)
      return !comment.isOurs && comment.createdAt >= start
        && (all || Trust.admits(author, selection) == true)
    }
    guard let first = heard.first, let last = heard.last else { return nil }
    let isOnePersons = heard.allSatisfy { $0.author == first.author }
    let texts = heard.map { isOnePersons ? $0.text : "\($0.author) wrote:\n\n\($0.text)" }
    return Wake(
      .comment, text: Wake.joined(texts), author: first.author, at: last.createdAt)
  }

  /// Comments and bytes of them that one run is told of.
  private static let conversationLimit = (comments: 20, bytes: 32 << 10)

  /// The newest comments of those that may wake an item, oldest first; no others ever become part
  /// of a prompt.
  func conversation(_ record: ItemRecord) -> [Survey.Comment] {
    let all = admitsAll(record)
    var kept: [Survey.Comment] = []
    var bytes = 0
    let newestFirst = (snapshot.survey.comments[record.id] ?? [])
      .sorted { ($0.createdAt, $0.author) > ($1.createdAt, $1.author) }
    for comment in newestFirst where !comment.isOurs && !comment.text.isEmpty {
      let author = Origin.Person(comment.author, mayWrite: comment.mayWrite)
      guard all || Trust.admits(author, selection) == true else { continue }
      bytes += comment.text.utf8.count
      if kept.count == Self.conversationLimit.comments || bytes > Self.conversationLimit.bytes {
        break
      }
      kept.append(comment)
    }
    return kept.reversed()
  }

  /// Trackers stamp whole seconds: what happened in that second counts as later.
  private static func second(_ time: Timestamp) -> Timestamp {
    Timestamp(milliseconds: time.milliseconds / 1000 * 1000)
  }

  /// Now, on the tracker's clock.
  var trackerNow: Timestamp { now + snapshot.survey.clockOffset }

  // MARK: Handed off and released

  /// The status the item has now, as what woke it.
  ///
  /// A board does not say who moved it.
  func move(of item: WorkItem) -> Wake {
    Wake(
      .status, text: item.status ?? "",
      at: item.board?.updatedAt ?? item.updatedAt ?? trackerNow)
  }

  /// The label that was put on again, as what woke the item.
  func relabelling(_ item: WorkItem) -> Wake {
    item.origin.flatMap { Trust.vouching($0, selection) }?.wake
      ?? Wake(
        .label, text: selection.requiredLabels.first ?? "", at: item.updatedAt ?? trackerNow)
  }

  /// The reopening of an item, as what woke it; somebody who is not trusted is not named.
  func reopening(of item: WorkItem) -> Wake {
    let touch = item.origin?.last { $0.kind == .reopened }
    if let touch, Trust.admits(touch.who, selection) == true { return touch.wake }
    return Wake(.reopened, at: item.updatedAt ?? trackerNow)
  }

  /// The label a handed-off item lacked is on again, and somebody trusted put it there.
  mutating func isLabelledAgain(_ record: ItemRecord, _ item: WorkItem) -> Bool {
    if admitsAll(record) { return true }
    guard let origin = look(record, item) else { return false }
    return Trust.isLabelledByTrusted(origin, selection) == true
  }

  /// A board may move what was opened again by itself: then a stranger's reopening moved it.
  /// - Returns: nil when that is not known yet.
  mutating func isMovedByStranger(_ record: ItemRecord, _ item: WorkItem, since: Timestamp)
    -> Bool?
  {
    if admitsAll(record) { return false }
    guard let origin = look(record, item), origin.problem == nil else { return nil }
    return isReopenedByStranger(origin, since: since)
  }

  private func isReopenedByStranger(_ origin: Origin, since: Timestamp) -> Bool {
    guard let last = origin.last(where: { $0.kind == .reopened }) else { return false }
    return last.at >= Self.second(since) && Trust.admits(last.who, selection) != true
  }

  /// Somebody trusted opened the item again since then, or touched it after a stranger had.
  mutating func isWanted(_ record: ItemRecord, _ item: WorkItem, since: Timestamp) -> Bool {
    if admitsAll(record) { return true }
    guard let origin = look(record, item) else { return false }
    let reopened = origin.last { $0.kind == .reopened }?.at
    let start = max(Self.second(since), reopened ?? since)
    return origin.touches.contains { touch in
      touch.at >= Self.second(start) && (!touch.who.isUs || touch.kind == .reopened)
        && Trust.admits(touch.who, selection) == true
    }
  }

  /// True for an item that is open again after its merge, by a person's touch since.
  ///
  /// It was opened again, or got a required label; no tick saw it in between. `isWanted` decides
  /// whether that person may. A list may be stale, so only a touch of the item itself starts a
  /// second round of work.
  mutating func isAskedForAgain(_ record: ItemRecord, since: Timestamp) -> Bool {
    let start = Self.second(since)
    guard selection.kind == .github, let item = facts[record.id], let stamp = item.updatedAt,
      stamp >= start, let origin = look(record, item)
    else { return false }
    return origin.touches.contains { touch in
      guard touch.at >= start else { return false }
      switch touch.kind {
      case .reopened: return true
      // Our own account moves labels, too.
      case .labelled(let label):
        return !touch.who.isUs && selection.requiredLabels.contains(folded: label)
      case .unlabelled, .renamed, .edited: return false
      }
    }
  }

  /// Of a released item that is open: who opened it again without being trusted.
  func reopenedBy(_ record: ItemRecord, _ release: Release) -> Obstacle? {
    guard release.reason == .closed || release.reason == .merged, let item = facts[record.id],
      item.state == .open, !admitsAll(record),
      Eligibility.selectionObstacle(item, policy: selection) == nil, let origin = item.origin,
      origin.problem == nil,
      let last = origin.last(where: { $0.kind == .reopened && $0.at >= Self.second(release.at) })
    else { return nil }
    return .reopeningNotTrusted(last.who.name)
  }
}
