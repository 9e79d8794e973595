// What each event does to the simulated world. Whatever it names is there or not: then nothing happens.
import SymphonyCore
import SymphonyStore

extension SimulatedWorld {
  /// - Throws: nothing an operator's command would not say, too: a request about an item that no
  ///   tick has seen is refused.
  func happen(_ event: Event, _ rows: SQLiteStore) throws(StoreError) {
    switch event.deed {
    case .ask(let kind): try ask(kind, event.pick, rows)
    case .pause(let minutes):
      let wall = with { $0.wall }
      let end = Deadline(setAt: wall, delay: .minutes(Int64(minutes)))
      try rows.putHold(Hold(kind: .pause, scope: "", why: "quiet", until: end, setAt: wall))
    case .resume: try rows.liftHold(kind: .pause, scope: "")
    case .holdAgent(let minutes):
      let wall = with { $0.wall }
      let end = Deadline(setAt: wall, delay: .minutes(Int64(minutes)))
      let account = event.pick % 2 == 0 ? "codex" : AgentKind.standard
      try rows.putHold(
        Hold(kind: .byOperator, scope: account, why: "quiet", until: end, setAt: wall))
    default: with { $0.happen(event) }
    }
  }

  func ask(
    _ kind: OperatorRequest.Kind, _ pick: Int, _ rows: SQLiteStore
  ) throws(StoreError) {
    let items = try rows.load().items
    guard !items.isEmpty else { return }
    let record = items[pick % items.count]
    let request = OperatorRequest(
      kind: kind, item: record.id, by: "ann", why: "", at: with { $0.wall })
    try rows.addRequest(request)
  }
}

extension Truth {
  mutating func happen(_ event: Event) {
    let pick = event.pick
    switch event.deed {
    case .nothing, .ask, .pause, .resume, .holdAgent: break
    case .edit, .relabel, .closeOrReopen, .hideOrShow, .comment, .commentByStranger, .addDraft,
      .move, .endPullRequest, .openForeignPullRequest, .revive, .addIssue:
      touch(event.deed, pick)
    case .review: review(pick)
    case .end(let ending):
      let living = launched.filter { runs[$0]?.isAlive == true }
      if !living.isEmpty { runs[living[pick % living.count]]?.fate.ending = ending }
    case .launchOf(let ending): fates.append(Fate(ending: ending, steps: 1 + pick % 3))
    case .killWorker:
      let living = launched.filter { runs[$0]?.isAlive == true }
      if !living.isEmpty { kill(living[pick % living.count]) }
    case .occupyWorkspace:
      let keys = issues.map { WorkspaceKey(item: $0.key, id: $0.id) }
      if busy.isEmpty, !keys.isEmpty { busy = [keys[pick % keys.count]] } else { busy = [] }
    case .trouble(let kind, let calls): trouble = (kind, calls)
    case .refuse(let refusal): refusals.append(error(refusal))
    case .loseAnswers(let count): lostAnswers += count
    case .silenceExecutor(let ticks): silence = ticks + 1
    case .setClock(let minutes): wall = wall + .minutes(Int64(minutes))
    case .sleep(let hours): sleep(.hours(Int64(hours)))
    case .reboot: reboot()
    case .fillDisk(let ticks): (disk, diskRecovers) = (.full, ticks + 1)
    case .lockDisk(let ticks): (disk, diskRecovers) = (.locked, ticks + 1)
    case .breakWorkflow(let ticks): (file, fileRecovers) = (.broken, ticks + 1)
    case .emptyWorkflow(let ticks): (file, fileRecovers) = (.emptied, ticks + 1)
    case .changePolicy(let number): variant = number
    }
  }

  private func error(_ refusal: Event.Refusal) -> TrackerError {
    switch refusal {
    case .forbidden: .forbidden("not for this token")
    case .rejected: .rejected("never")
    case .limited: .rateLimited(until: wall + .minutes(2), "secondary limit")
    case .gone: .gone("it was there")
    }
  }

  private mutating func touch(_ deed: Event.Deed, _ pick: Int) {
    let all = issues.map(\.id)
    guard !all.isEmpty else { return hideOrShow(pick) }
    let id = all[pick % all.count]
    let alice = Origin.Person("alice", mayWrite: true)
    switch deed {
    case .edit:
      change(id) { $0.body += "." }
      touches[id, default: []].append(Origin.Touch(.edited, alice, at: server))
    case .relabel:
      let isOff = issues[pick % all.count].labels.contains("symphony")
      change(id) { item in
        item.labels.removeAll { $0 == "symphony" }
        if !isOff { item.labels.append("symphony") }
        item.labels.sort()
      }
      touches[id, default: []].append(
        Origin.Touch(isOff ? .unlabelled("symphony") : .labelled("symphony"), alice, at: server))
    case .closeOrReopen:
      change(id) { $0.state = $0.state == .open ? .closed : .open }
    case .hideOrShow: hideOrShow(pick)
    case .comment: say("alice", id)
    case .commentByStranger: say("mallory", id)
    case .addDraft: addDraft()
    case .move(let status): change(id) { $0.status = status }
    case .endPullRequest(let merged):
      let open = pullRequests.indices.filter { pullRequests[$0].fact.state == .open }
      guard !open.isEmpty else { return }
      let place = open[pick % open.count]
      pullRequests[place].fact.state = merged ? .merged : .closed
      pullRequests[place].fact.endedAt = server
    case .openForeignPullRequest: openForeign(pick)
    case .revive: revive(id)
    case .addIssue: add(pick)
    default: break
    }
  }

  /// Whatever kept it from being worked on.
  private mutating func revive(_ id: ItemID) {
    change(id) { item in
      item.state = .open
      item.status = "Todo"
      item.body += "!"
      if !item.labels.contains("symphony") { item.labels = (item.labels + ["symphony"]).sorted() }
    }
    let alice = Origin.Person("alice", mayWrite: true)
    touches[id, default: []].append(Origin.Touch(.labelled("symphony"), alice, at: server))
    say("alice", id)
  }

  private mutating func addDraft() {
    guard issues.count + hidden.count < 9 else { return }
    filed += 1
    issues.append(Truth.draft(filed))
  }

  /// More than a few make a plan slow and nothing else.
  private mutating func add(_ pick: Int) {
    guard issues.count + hidden.count < 9 else { return revive(issues[pick % issues.count].id) }
    filed += 1
    var item = Truth.issue(100 + filed)
    item.createdAt = server
    item.updatedAt = server
    issues.append(item)
  }

  private mutating func say(_ author: String, _ id: ItemID) {
    remarks.append(
      Remark(item: id, author: author, at: server, text: "please look", nonce: nil, debt: nil))
  }

  private mutating func hideOrShow(_ pick: Int) {
    if pick % 2 == 0, issues.count > 2 {
      hidden.append(issues.remove(at: pick % issues.count))
    } else if !hidden.isEmpty {
      issues.append(hidden.remove(at: pick % hidden.count))
      issues.sort { $0.id < $1.id }
    }
  }

  /// Somebody opens a pull request from a branch of ours.
  private mutating func openForeign(_ pick: Int) {
    let heads = branches.keys.sorted { $0.branch < $1.branch }
    guard !heads.isEmpty else { return }
    let head = heads[pick % heads.count]
    guard !pullRequests.contains(where: { $0.head == head && $0.fact.state == .open }) else {
      return
    }
    let number = 100 + pullRequests.count
    pullRequests.append(
      PullRequest(
        head: head,
        fact: .init(
          ref: PullRequestRef(number: number, url: "https://github.com/acme/app/pull/\(number)"),
          state: .open, createdAt: server, endedAt: nil)))
  }

  /// Nothing is the matter any more, and whoever works does it well.
  mutating func mend() {
    (trouble, refusals, lostAnswers) = (nil, [], 0)
    (disk, file, silence) = (.roomy, .good, 0)
    busy = []
    while !hidden.isEmpty { hideOrShow(1) }
    fates = []
    for id in launched where runs[id]?.isAlive == true {
      runs[id]?.fate.ending = .succeeds
      runs[id]?.fate.steps = 1
    }
  }
}
