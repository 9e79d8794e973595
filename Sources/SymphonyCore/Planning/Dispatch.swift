// Which items get a slot: due retries and eligible items together, by priority, then age, then key.
// Gives every item that settlement left without a verdict its verdict.

extension Planning {
  mutating func dispatch() {
    var used = snapshot.state.runs.filter { run in
      run.purpose == .work && runs[run.id]?.phase != .settled
    }.count
    for id in dispatchOrder() {
      guard let record = items[id] else { continue }
      guard verdicts[id] == nil || !isLive(id) else {
        noteLiving(record)
        continue
      }
      let agent = facts[id].map { policy.agent(for: $0) } ?? policy.agent
      if let reason = verdict(record, agent, used: used) {
        verdicts[id] = reason
        continue
      }
      guard let item = facts[id] else { continue }
      if Eligibility.isToBeConverted(item, policy: selection) {
        convert(record)
      } else {
        guard let repository = snapshot.survey.facts(of: record.repository) else { continue }
        used += 1
        launch(record, item, repository, agent)
        // A round leaves status and labels where people review.
        if !isInRound(record) { moveOnStart(record, item) }
      }
    }
  }

  private func isLive(_ id: ItemID) -> Bool { liveRun(of: id) != nil }

  /// The items that wait for a slot or for something outside them, the next one first.
  ///
  /// An item that a rule stops, or that waits for a person, is in no queue.
  func queue() -> [ItemID] {
    dispatchOrder().filter { id in
      switch (items[id]?.claim, verdicts[id]) {
      case (.unclaimed?, let reason?), (.retrying?, let reason?):
        switch reason {
        case .wait, .hindrance, .notChecked: return true
        case .run, .rest, .obstacle: return false
        }
      case (.running?, _), (.handedOff?, _), (.parked?, _), (.released?, _), (nil, _), (_, nil):
        return false
      }
    }
  }

  private func dispatchOrder() -> [ItemID] {
    items.values.sorted { left, right in
      let (one, other) = (facts[left.id], facts[right.id])
      let priorities = (one?.priority ?? .max, other?.priority ?? .max)
      if priorities.0 != priorities.1 { return priorities.0 < priorities.1 }
      let ages = (one?.createdAt ?? left.firstSeen, other?.createdAt ?? right.firstSeen)
      if ages.0 != ages.1 { return ages.0 < ages.1 }
      return (left.key, left.id) < (right.key, right.id)
    }.map(\.id)
  }

  /// The one verdict of an item without a live run: the first rule that stops it gives it.
  ///
  /// Nil: nothing is in its way, and what is begun for it now says so.
  private mutating func verdict(
    _ record: ItemRecord, _ agent: AgentPolicy, used: Int
  ) -> Reason? {
    for rule in LaunchRule.inOrder {
      let facts = explained == record.id ? words(rule, record, agent, used: used) : ""
      let reason = ask(rule, record, agent, used: used)
      if explained == record.id { note(rule, reason, facts) }
      if let reason { return reason }
    }
    return nil
  }

  /// A text that was changed after it was vouched for parks its item; a look of some time ago that
  /// forbids it is made anew when there is room.
  mutating func noted(
    _ obstacle: Obstacle, _ record: ItemRecord, _ item: WorkItem
  ) -> Reason {
    switch obstacle {
    case .editedAfterLabel(let sentence):
      park(record.id, .editedAfterLabel, sentence)
      return .rest(.parked(.editedAfterLabel, sentence: sentence))
    case .authorNotTrusted, .editorNotTrusted, .originUnknown:
      if item.origin?.isOld == true { inquire(record, isUrgent: false) }
    case .issueClosed, .notAnIssue, .notListed, .repositoryNotAllowed, .labelMissing,
      .labelExcluded, .notAssigned, .notOnBoard, .statusBlocked, .statusNotActive,
      .statusTerminal, .draftNotConverted, .reopeningNotTrusted, .blockedBy, .openSubIssues,
      .dependenciesUnknown:
      break
    }
    return .obstacle(obstacle)
  }

  /// It is not known yet who stands behind its text: that is looked up before it takes a slot.
  mutating func trustHindrance(_ record: ItemRecord) -> Reason? {
    guard let item = facts[record.id],
      case .unknown = Trust.judge(item, policy: selection, isPrivate: isPrivate(record))
    else { return nil }
    inquire(record)
    return .notChecked("who stands behind its text is looked up first")
  }

  func repositoryHindrance(_ record: ItemRecord) -> Reason? {
    guard let facts = snapshot.survey.facts(of: record.repository) else {
      // In issues mode the workflow names one repository, and this item is of another.
      return selection.usesBoard || snapshot.survey.repositories.isEmpty
        ? .notChecked("its repository could not be read")
        : .hindrance(.otherRepository(record.repository.description))
    }
    // A repository whose default branch is gone may still have the named one: the run looks.
    let named = policy.git.namedBase(of: self.facts[record.id])
    if let obstacle = facts.obstacle, obstacle != .empty || named == nil {
      return .hindrance(.repositoryUnfit(obstacle.sentence(record.repository)))
    }
    if let problem = snapshot.credentialProblems[record.repository.folded] {
      return .notChecked(problem)
    }
    return nil
  }

  /// Asked last: only what would be launched is looked at once more.
  ///
  /// A draft is not; what converts it looks before it writes.
  func confirmationHindrance(_ record: ItemRecord) -> Reason? {
    guard let confirmed = snapshot.confirmed,
      facts[record.id].map({ Eligibility.isToBeConverted($0, policy: selection) }) != true
    else { return nil }
    guard confirmed.contains(record.id) else {
      return .notChecked("it is looked at once more before it is launched, by the next tick")
    }
    // Without an answer nobody knows whether the branch's work is under review already.
    if record.runs == 0, !snapshot.survey.knowsPullRequest(of: head(of: record)) {
      return .notChecked("the pull requests of its branch could not be read")
    }
    return nil
  }

  /// The limits on workers alive at once.
  ///
  /// An item counts where it stands now, not where it stood when it was launched.
  func slotHindrance(_ record: ItemRecord, used: Int) -> Reason? {
    let limits = policy.limits
    if used >= limits.maxConcurrent { return .wait(.noSlot(limit: limits.maxConcurrent)) }
    if let status = record.status, let limit = limits.maxByStatus[status.folded],
      liveItems.filter({ $0.status?.folded == status.folded }).count >= limit
    {
      return .wait(.noSlotForStatus(status, limit: limit))
    }
    if let limit = limits.maxByRepository[record.repository.folded],
      liveItems.filter({ $0.repository.matches(record.repository) }).count >= limit
    {
      return .wait(.noSlotForRepository(record.repository.description, limit: limit))
    }
    return nil
  }

  private var liveItems: [ItemRecord] { livingWork.compactMap { items[$0.item] } }

  /// After the hold of an account or a remote one run goes first; the others follow once it ended
  /// without meeting the same end.
  func isProbing(_ hold: Hold) -> Bool {
    livingWork.contains { run in
      let isOfHold =
        hold.kind == .remote
        ? items[run.item]?.repository.folded == hold.scope : accountOf(run) == hold.account
      return isOfHold && isAfter(hold, run)
    }
  }

  mutating func runLimit(_ record: ItemRecord) -> Reason? {
    // A run that only pushes costs nothing; backoff bounds how often it is tried.
    guard let limit = policy.limits.maxRunsPerItem, record.counters.launches >= limit,
      record.unpushed == nil
    else { return nil }
    let sentence =
      "\(record.counters.launches) runs since a person last touched it (agent.max_runs_per_item)"
    park(record.id, .runLimit, sentence)
    return .rest(.parked(.runLimit, sentence: sentence))
  }

  func handedOffVerdict(_ record: ItemRecord, _ handoff: Handoff) -> Reason {
    let debts = debts(of: record.id)
    if let request = handoff.pullRequest {
      let move = debts.first { if case .setStatus = $0.payload { true } else { false } }
      return .rest(
        .handedOff(
          request, waitsFor: move.flatMap { $0.lastError.isEmpty ? nil : $0.lastError },
          remark: handoff.remark))
    }
    if handoff.elsewhere == true { return .rest(.handedOffElsewhere(status: handoff.status ?? "")) }
    if handoff.pushedOnly {
      return .rest(.pushedOnly(branch: record.branch, remark: handoff.remark))
    }
    let owed = debts.first
    return .rest(.pullRequestOwed(owed?.lastError ?? "", remark: handoff.remark))
  }

  func releasedVerdict(_ record: ItemRecord, _ release: Release) -> Reason {
    // One that is to stay anyway hinders nothing.
    if let why = record.cleanUpProblem, record.hasWorkspace, record.unpushed == nil,
      policy.workspace.removeOnTerminal
    {
      return .hindrance(.cleanUpFailed(why, times: record.cleanUpFailures))
    }
    if let head = record.unpushed, record.hasWorkspace {
      return .wait(.unpushed(head: head, why: "its workspace is kept"))
    }
    if let stranger = reopenedBy(record, release) { return .obstacle(stranger) }
    switch release.reason {
    case .merged: return .rest(.done(release.pullRequest))
    case .closed: return .obstacle(.issueClosed)
    case .terminal:
      // Moved on since, though not to where work is done.
      if let status = record.status,
        !selection.terminalStatuses.contains(folded: status),
        !Eligibility.isActive(status, policy: selection)
      {
        return .obstacle(.statusNotActive(status))
      }
      return .obstacle(.statusTerminal(record.status ?? ""))
    case .gone: return .rest(.gone(release.sentence ?? "the tracker no longer has it"))
    case .operator: return .rest(.letGo(release.sentence ?? "released by an operator"))
    }
  }

  func unseenVerdict(_ record: ItemRecord) -> Reason {
    if case .unknown(let error) = snapshot.survey.answers[record.id] {
      return .notChecked(error.sentence)
    }
    if let hold = holds.first(where: { $0.kind == .tracker && $0.isInForce(at: now) }) {
      return .wait(.held(until: hold.until?.time, why: hold.why))
    }
    switch snapshot.survey.candidates {
    case .failed(let error): return .notChecked(error.sentence)
    case .skipped: return .notChecked("the tracker was not asked")
    case .items:
      // A filtered list leaves out what is in another status; what was said about that stands.
      if snapshot.survey.isFiltered, let standing = Obstacle.ofStatus(record) {
        return .obstacle(standing)
      }
      return record.runs == 0 ? .obstacle(.notListed) : .notChecked("the tracker gave no answer")
    }
  }

  /// Owed once at a time; a refusal parks the draft.
  private mutating func convert(_ record: ItemRecord) {
    guard let repository = selection.board?.draftRepository else { return }
    let owed = debts(of: record.id).first { entry in
      if case .convertDraft = entry.payload { true } else { false }
    }
    verdicts[record.id] = .wait(
      .convertingDraft(
        repository: repository.description, problem: owed?.lastError ?? ""))
    if owed != nil { return }
    owe(
      record.id, dedupeKey: "convert/\(record.id)/\(now.milliseconds)",
      .convertDraft(DraftOrder(repository: repository)))
  }

  /// Owes what a launch shows on GitHub: the status and the labels of work in progress.
  ///
  /// Nothing is owed where they are so already.
  private mutating func moveOnStart(_ record: ItemRecord, _ item: WorkItem) {
    guard let run = liveRun(of: record.id) else { return }
    if let value = selection.inProgressStatus, let status = item.status,
      status.folded != value.folded
    {
      owe(
        record.id, dedupeKey: "status-start/\(run.id)",
        .setStatus(
          StatusOrder(
            key: record.key, repository: record.repository, value: value,
            expected: workStatuses, branch: record.branch, needsPullRequest: false)))
    }
    move(record, selection.labelsOn.start, "labels-start/\(run.id)", needsPullRequest: false)
  }

  /// The statuses a move of ours starts from.
  ///
  /// Without a board work is done in any.
  var workStatuses: [String] { selection.usesBoard ? selection.activeStatuses : [] }

  /// Owes a move of labels, unless the item is known to carry them already.
  ///
  /// While an earlier move is owed, what it carries now says nothing about what it will carry.
  mutating func move(
    _ record: ItemRecord, _ move: LabelMove, _ dedupeKey: String, needsPullRequest: Bool
  ) {
    guard !move.isEmpty, takesWords(record) else { return }
    let isDone = facts[record.id].map { move.isDone(in: $0.labels) } ?? false
    let isUnderWay = debts(of: record.id).contains { entry in
      if case .setLabels = entry.payload { true } else { false }
    }
    if isDone, !isUnderWay { return }
    owe(
      record.id, dedupeKey: dedupeKey,
      .setLabels(
        LabelOrder(
          key: record.key, repository: record.repository, number: record.number, move: move,
          needsPullRequest: needsPullRequest)))
  }

  mutating func adopt(_ record: ItemRecord, _ request: PullRequestRef) {
    var adopted = record
    adopted.pullRequest = request
    items[record.id] = adopted
    setClaim(
      record.id, .handedOff(handoff(request, facts[record.id])),
      why: "its branch has an open pull request already")
  }
}
