// The tracker's port over the simulated world: answers from the truth, as far as the day's trouble lets
// it, and makes the effects of debts. Before it repeats one that was begun it looks, as the port
// demands; a debt whose effect comes twice is a violation.
import SymphonyCore
import SymphonyStore
import SymphonyTick

struct SimulatedTracker: Tracker {
  let world: SimulatedWorld
  let rows: SQLiteStore
  let policy: TrackerPolicy
  let mortal: Mortal
  /// What happens while the tick waits for the survey's answer.
  let meanwhile: @Sendable () async -> Void
  private var dead: TrackerError { .unreachable("the tick is dead") }

  func survey(_ question: SurveyQuestion) async -> Survey {
    guard mortal.passes("survey") else { return Survey(candidates: .failed(dead)) }
    await meanwhile()
    return world.with { $0.survey(question, policy) }
  }

  func confirm(_ items: [SurveyQuestion.Watched]) async -> Survey {
    guard mortal.passes("confirm") else { return Survey(candidates: .skipped) }
    return world.with { $0.confirm(items, policy) }
  }

  func find(_ reference: String, in repository: RepositoryName?) -> WorkItem? {
    world.with { truth in truth.issues.first { $0.key.reference == reference } }
  }

  func credential(_ order: CredentialOrder) -> Secret? { Secret("token") }
  func examine() -> [Finding] { [] }

  func deliver(
    _ entry: OutboxEntry, pullRequest: PullRequestRef?
  ) async throws(TrackerError) -> Delivery {
    let name = "\(entry.payload.kind) \(entry.item)"
    guard mortal.passes(name) else { throw dead }
    check(entry, pullRequest)
    let answer: Result<Delivery, TrackerError> = world.with { truth in
      if !truth.refusals.isEmpty { return .failure(truth.refusals.removeFirst()) }
      if truth.trouble?.kind == .unreachable { return .failure(.unreachable("no answer")) }
      let made = truth.pay(entry, pullRequest)
      if truth.lostAnswers > 0 {
        truth.lostAnswers -= 1
        return .failure(.unreachable("connection reset"))
      }
      return made
    }
    guard mortal.passes("answer to \(name)") else { throw dead }
    return try answer.get()
  }

  /// A request follows its row, and speaks of a pull request only where there is one.
  private func check(_ entry: OutboxEntry, _ pullRequest: PullRequestRef?) {
    do throws(StoreError) {
      let row = try rows.outbox(of: entry.item).first { $0.dedupeKey == entry.dedupeKey }
      if row?.tries != entry.tries + 1 || row?.nonce != entry.nonce {
        world.note("\(entry.dedupeKey) is sent before its try is committed")
      }
      if let row, row.state != .pending {
        world.note("\(entry.dedupeKey) is sent although it is \(row.state.rawValue)")
      }
    } catch { world.note("the rows cannot be read at a delivery: \(error.sentence)") }
    if entry.payload.needsPullRequest, pullRequest == nil {
      world.note("\(entry.dedupeKey) is sent without its pull request")
    }
  }
}

// MARK: Looking

extension Truth {
  fileprivate mutating func survey(_ question: SurveyQuestion, _ policy: TrackerPolicy) -> Survey {
    if question.cachedOnly {
      var survey = Survey(candidates: .items(listed))
      survey.isCached = true
      return survey
    }
    let trouble = nextTrouble()
    var survey = Survey(candidates: .items(candidates(policy)))
    survey.repositories = [Truth.facts]
    survey.requests = 1
    survey.clockOffset = server - wall
    survey.isFiltered = policy.usesBoard
    survey.pullRequestsKnown = !policy.usesBoard
    switch trouble {
    case .unreachable: return Survey(candidates: .failed(.unreachable("no answer")))
    case .unauthorized: return Survey(candidates: .failed(.unauthorized("bad credentials")))
    case .limited:
      let until = wall + .minutes(3)
      var limited = Survey(candidates: .failed(.rateLimited(until: until, "primary limit")))
      limited.limit = RateLimit(until: until, why: "primary limit")
      return limited
    case .emptyList: survey.candidates = .items([])
    case .stale: survey.candidates = .items(listed)
    case .partial, nil: break
    }
    answer(question.watched, policy, &survey)
    if trouble == .partial {
      for id in survey.answers.keys.sorted().prefix(2) {
        survey.answers[id] = .unknown(.malformed("half an answer"))
      }
    }
    if !policy.usesBoard {
      for request in pullRequests { survey.note(request.fact, head: request.head) }
    }
    if trouble == nil, case .items(let items) = survey.candidates { listed = items }
    return survey
  }

  private mutating func nextTrouble() -> Trouble? {
    guard let (kind, calls) = trouble else { return nil }
    trouble = calls > 1 ? (kind, calls - 1) : nil
    return kind
  }

  private func candidates(_ policy: TrackerPolicy) -> [WorkItem] {
    issues.filter { item in
      guard item.state == .open else { return false }
      if policy.usesBoard {
        return item.board != nil && Eligibility.isActive(item.status, policy: policy)
      }
      return item.contentType == .issue
    }
  }

  fileprivate func confirm(
    _ items: [SurveyQuestion.Watched], _ policy: TrackerPolicy
  ) -> Survey {
    var survey = Survey(candidates: .skipped)
    survey.requests = 1
    survey.clockOffset = server - wall
    answer(items, policy, &survey)
    for (id, answer) in survey.answers {
      guard case .found(var item) = answer else { continue }
      let author = Origin.Person(item.author, mayWrite: true)
      item.origin = Origin(author: author, touches: touches[id] ?? [])
      survey.answers[id] = .found(item)
    }
    return survey
  }

  private func answer(
    _ items: [SurveyQuestion.Watched], _ policy: TrackerPolicy, _ survey: inout Survey
  ) {
    for watched in items {
      if let item = issues.first(where: { $0.id == watched.id }) {
        survey.answers[watched.id] = .found(item)
      } else {
        survey.answers[watched.id] = .gone("not found")
      }
      if let since = watched.commentsSince {
        survey.comments[watched.id] = remarks.filter { $0.item == watched.id && $0.at >= since }
          .map { remark in
            Survey.Comment(
              author: remark.author, mayWrite: remark.author == "alice", createdAt: remark.at,
              isOurs: remark.nonce != nil, text: remark.text)
          }
      }
      survey.views[watched.id] = view(of: watched)
      let head = HeadRef(watched.repository, watched.branch)
      guard watched.wantsPullRequest else { continue }
      survey.knownHeads.insert(head)
      for request in pullRequests where request.head == head {
        survey.note(request.fact, head: head)
      }
    }
  }

  private static var facts: RepositoryFacts {
    RepositoryFacts(
      name: app, defaultBranch: "main", cloneURL: "https://github.com/acme/app.git",
      credentialScope: "https://github.com/", isPrivate: true,
      htmlURL: "https://github.com/acme/app")
  }
}
