// How the simulated tracker pays a debt: what an earlier, unanswered try may have done is looked for
// first, exactly as far as the port lets an adapter look. Doing it twice is noted as a violation.
import SymphonyCore

extension Truth {
  mutating func pay(
    _ entry: OutboxEntry, _ pullRequest: PullRequestRef?
  ) -> Result<Delivery, TrackerError> {
    switch entry.payload {
    case .ensurePullRequest(let order): ensure(order, entry, pullRequest)
    case .comment(let order): comment(order, entry, pullRequest)
    case .setStatus(let order): .success(move(order, entry))
    case .setLabels(let order): .success(label(order, entry))
    case .convertDraft(let order): .success(convert(order, entry))
    case .closeIssue: .success(close(entry))
    case .reply(let order): .success(reply(order, entry))
    case .resolveThread(let order): .success(resolve(order))
    case .requestReview, .rerunChecks, .updateBranch: .success(.done("asked for"))
    case .merge(let order): .success(merge(order, entry))
    }
  }

  /// The effect of a debt takes place: once, and of one kind in the order of their rows.
  mutating func make(_ entry: OutboxEntry) {
    if !effects.insert(entry.dedupeKey).inserted {
      violations.append("\(entry.dedupeKey) took effect twice")
    }
    let lane = "\(entry.item) \(entry.payload.kind)"
    if let last = lastEffect[lane], entry.id < last {
      violations.append("\(entry.dedupeKey) took effect behind a later debt of its kind")
    }
    lastEffect[lane] = entry.id
  }

  private mutating func ensure(
    _ order: PullRequestOrder, _ entry: OutboxEntry, _ known: PullRequestRef?
  ) -> Result<Delivery, TrackerError> {
    let head = HeadRef(order.repository, order.head)
    let earliest = entry.createdAt + (server - wall) - .seconds(5)
    let all = pullRequests.filter { $0.head == head }.map(\.fact)
    if let open = all.first(where: { $0.state == .open }) {
      if !order.reuse, open.createdAt < earliest, open.ref.number != known?.number {
        return .success(.superseded("pull request #\(open.ref.number) is not ours"))
      }
      return .success(.pullRequest(open.ref, created: false))
    }
    let ended = pullRequests.filter { request in
      guard request.head == head else { return false }
      let isOfTry =
        entry.tries > 0 && request.fact.createdAt >= earliest - .days(1)
        && request.text == order.title + order.body
      return request.fact.createdAt >= earliest || isOfTry
    }.map(\.fact).max { $0.createdAt < $1.createdAt }
    if let ended {
      return .success(.pullRequest(ended.ref, created: false))
    }
    if branches[head]?.isEmpty ?? true {
      return .failure(.rejected("no commits between main and \(order.head)"))
    }
    make(entry)
    let number = 100 + pullRequests.count
    let reference = PullRequestRef(
      number: number, url: "https://github.com/acme/app/pull/\(number)")
    pullRequests.append(
      PullRequest(
        head: head, text: order.title + order.body,
        fact: .init(ref: reference, state: .open, createdAt: server, endedAt: nil)))
    return .success(.pullRequest(reference, created: true))
  }

  private mutating func comment(
    _ order: CommentOrder, _ entry: OutboxEntry, _ pullRequest: PullRequestRef?
  ) -> Result<Delivery, TrackerError> {
    guard issues.contains(where: { $0.id == entry.item }) else {
      return .failure(.notFound("the issue is not there"))
    }
    let since = entry.createdAt + (server - wall) - .days(1)
    if entry.tries > 0,
      let found = remarks.first(where: { $0.nonce == entry.nonce && $0.at >= since })
    {
      if found.debt != entry.dedupeKey {
        violations.append("\(entry.dedupeKey) took the comment of \(found.debt ?? "") for its own")
      }
      return .success(.comment(url: "u"))
    }
    make(entry)
    if remarks.contains(where: { $0.nonce == entry.nonce }) {
      violations.append("the nonce of \(entry.dedupeKey) was used before")
    }
    if let number = order.number, pullRequests.contains(where: { $0.fact.ref.number == number }) {
      answer(order.text, on: number, entry)
    }
    let text = order.text.replacing(
      CommentOrder.pullRequestPlaceholder, with: pullRequest?.url ?? "")
    remarks.append(
      Remark(
        item: entry.item, author: "symphony", at: server, text: text, nonce: entry.nonce,
        debt: entry.dedupeKey))
    return .success(.comment(url: "u"))
  }

  private mutating func move(_ order: StatusOrder, _ entry: OutboxEntry) -> Delivery {
    guard let item = issues.first(where: { $0.id == entry.item }) else {
      return .superseded("it is not there any more")
    }
    let status = item.status ?? ""
    if status.folded == order.value.folded { return .done("it was there already") }
    // Between our try and this one somebody may have moved it on: then it is theirs.
    guard order.expected.contains(where: { $0.folded == status.folded }) else {
      return .superseded("it is in \(status)")
    }
    change(entry.item) { $0.status = order.value }
    lastEffect["\(entry.item) \(entry.payload.kind)"] = entry.id
    return .done("moved")
  }

  private mutating func label(_ order: LabelOrder, _ entry: OutboxEntry) -> Delivery {
    change(entry.item) { item in
      item.labels.removeAll { label in order.move.remove.contains { $0.folded == label.folded } }
      for label in order.move.add where !item.labels.contains(label) { item.labels.append(label) }
      item.labels.sort()
    }
    return .done("labelled")
  }

  private mutating func convert(_ order: DraftOrder, _ entry: OutboxEntry) -> Delivery {
    let number = 1000 + (Int(entry.item.text.drop { !$0.isNumber }) ?? 0)
    let key = ItemKey(repository: order.repository, reference: "\(number)")
    if let index = issues.firstIndex(where: { $0.id == entry.item }) {
      make(entry)
      let status = issues[index].status
      issues[index].id = ItemID("I_\(number)")
      issues[index].key = key
      issues[index].number = number
      issues[index].contentType = .issue
      issues[index].status = status
      issues[index].updatedAt = server
    }
    return .converted(to: key)
  }

  private mutating func close(_ entry: OutboxEntry) -> Delivery {
    change(entry.item) { $0.state = .closed }
    return .done("closed")
  }
}
