// The questions an item has to pass before it is launched, in their order: one list, which
// dispatch asks and `symphony why` prints. What a rule of the item itself asks stands in
// Eligibility; the longer ones are in Dispatch, Budget and RemoteHold.

package enum LaunchRule: Hashable, Sendable {
  /// Whether anything is to be decided about the item at all.
  package enum Precondition: String, Sendable, CaseIterable {
    /// A run of it is not over, or this plan decided about it already.
    case run = "live_run"
    /// It is handed off, parked or released.
    case claim
    /// The tracker told what it is now.
    case sighting = "seen"
  }

  /// Whether it is its turn.
  package enum Turn: String, Sendable, CaseIterable {
    case pullRequest = "open_pull_request"
    case itemBudget = "item_budget"
    case retryTime = "retry_time"
    case runLimit = "run_limit"
    case workflow
    case refresh
    case starting
    case holds
    case folders
    case remote
    case probe
    case agent
    case dayBudget = "day_budget"
    case disk
    case workers
    case workspace
    case repository = "repository_state"
    case nudge = "just_launched"
    case slots
    case origin
    case secondLook = "second_look"
  }

  case precondition(Precondition)
  case item(Eligibility.Rule)
  case turn(Turn)

  package static let inOrder =
    Precondition.allCases.map(LaunchRule.precondition)
    + Eligibility.Rule.allCases.map(LaunchRule.item)
    + Turn.allCases.map(LaunchRule.turn)

  /// Stable: programs match it.
  package var name: String {
    switch self {
    case .precondition(let rule): rule.rawValue
    case .item(let rule): rule.rawValue
    case .turn(let rule): rule.rawValue
    }
  }
}

/// The answer of one rule about one item.
package struct RuleCheck: Hashable, Sendable {
  package enum Answer: Hashable, Sendable {
    case passed
    case stops(Reason)
    /// An earlier rule stopped the item, or the plan settled it before.
    case notAsked
  }
  package var rule: LaunchRule
  package var answer: Answer
  /// The facts it was decided by, for people; empty for a rule that was not asked.
  package var facts: String
}

/// Why one item has the verdict it has.
package struct Explanation: Sendable {
  /// The item as the tracker describes it; nil: it says nothing of it.
  package var item: WorkItem?
  package var record: ItemRecord?
  /// Every rule once, in order.
  package var checks: [RuleCheck]
  /// Nil: the item is not known at all.
  package var verdict: Reason?
  /// The feedback on its pull request, in any order.
  package var pieces: [Piece] = []

  /// No rule is against it, and no run of it is under way: the next tick launches it.
  package var isUnhindered: Bool {
    guard case .run(.launching)? = verdict else { return false }
    return checks.allSatisfy { $0.answer == .passed }
  }

  /// Nothing is known of the item, and nobody could be asked.
  package static let unknown = Explanation(item: nil, record: nil, checks: [], verdict: nil)
}

extension Planning {
  var allChecks: [RuleCheck] {
    LaunchRule.inOrder.map { rule in
      checks.first { $0.rule == rule } ?? RuleCheck(rule: rule, answer: .notAsked, facts: "")
    }
  }

  mutating func note(_ rule: LaunchRule, _ reason: Reason?, _ facts: String) {
    let told = facts.isEmpty && reason == nil ? rule.wordsWhenPassed : facts
    checks.append(
      RuleCheck(rule: rule, answer: reason.map { .stops($0) } ?? .passed, facts: told))
  }

  /// A run that is not over has said all there is to say.
  mutating func noteLiving(_ record: ItemRecord) {
    guard explained == record.id else { return }
    let run = liveRun(of: record.id)
    note(.precondition(.run), verdicts[record.id], run.map { "run \($0.id) is not over" } ?? "")
  }

  /// Nil: the rule has nothing against a launch.
  mutating func ask(
    _ rule: LaunchRule, _ record: ItemRecord, _ agent: AgentPolicy, used: Int
  ) -> Reason? {
    switch rule {
    case .precondition(.run): return nil
    case .precondition(.claim): return restVerdict(record)
    case .precondition(.sighting): return facts[record.id] == nil ? unseenVerdict(record) : nil
    case .item(let rule):
      guard snapshot.survey.statusProblem == nil, let item = facts[record.id],
        let obstacle = Eligibility.obstacle(
          rule, item, policy: selection, isPrivate: isPrivate(record)),
        !(isInRound(record) && obstacle.isPassedByRounds)
      else { return nil }
      return noted(obstacle, record, item)
    case .turn(let rule): return ask(rule, record, agent, used: used)
    }
  }

  /// The obstacle to any launch, or to this one, although the item itself may run.
  private mutating func ask(
    _ rule: LaunchRule.Turn, _ record: ItemRecord, _ agent: AgentPolicy, used: Int
  ) -> Reason? {
    let owesPush = record.unpushed != nil
    switch rule {
    case .pullRequest: return adoption(record)
    case .itemBudget: return itemBudget(record, agent)
    case .retryTime: return retryWait(record)
    case .runLimit: return runLimit(record)
    case .workflow:
      return (snapshot.policyProblem ?? snapshot.survey.statusProblem).map {
        .hindrance(.policyInvalid($0))
      }
    case .refresh: return refreshFailed ? .notChecked("the refresh counts as failed") : nil
    case .starting: return snapshot.launchesAllowed ? nil : .notChecked("this tick starts nothing")
    case .holds: return holdReason(record, agent)
    case .folders:
      return absence(record).map { .hindrance(.workspaceAbsent("\($0.sentence): \($0.hint)")) }
    case .remote: return remoteHindrance(record)
    // A push that is owed needs no agent and no money.
    case .probe: return owesPush ? nil : probeWait(agent)
    case .agent:
      return owesPush
        ? nil : snapshot.agentProblems[agent].map { .hindrance(.agentUnavailable($0)) }
    case .dayBudget: return owesPush ? nil : dayBudget
    case .disk: return diskHindrance
    case .workers:
      return snapshot.runs == nil ? .notChecked("the workers could not be looked at") : nil
    case .workspace:
      return snapshot.runs?.busy[record.workspace].map { .wait(.workspaceBusy(by: $0)) }
    case .repository: return repositoryHindrance(record)
    case .nudge: return nudgeWait(record)
    case .slots: return slotHindrance(record, used: used)
    case .origin: return trustHindrance(record)
    case .secondLook: return confirmationHindrance(record)
    }
  }

  /// Fewer files than a checkout, a run directory and the database need.
  private static let fewInodes = 1000

  private var diskHindrance: Reason? {
    let wanted = policy.workspace.minFreeMegabytes
    if let free = snapshot.freeMegabytes, free < wanted {
      return .hindrance(.diskLow(freeMegabytes: free, wanted: wanted))
    }
    if let free = snapshot.freeInodes, free < Self.fewInodes {
      return .hindrance(.inodesLow(free: free))
    }
    return nil
  }

  private mutating func restVerdict(_ record: ItemRecord) -> Reason? {
    switch record.claim {
    case .handedOff(let handoff): return roundHindrance(record, handoff)
    case .parked(let parking):
      return .rest(.parked(parking.reason, sentence: parking.sentence))
    case .released(let release): return releasedVerdict(record, release)
    case .running:
      // Claim and run are written together, so this is no state a crash can leave; it must not be a
      // dead end all the same.
      runAgain(record.id, .resume, .zero, "its run is not on record")
      return .wait(.retryWaiting(until: now, sentence: "its run is not on record"))
    case .unclaimed, .retrying: return nil
    }
  }

  private mutating func adoption(_ record: ItemRecord) -> Reason? {
    guard case .unclaimed = record.claim, record.runs == 0, record.pullRequest == nil,
      let open = openPullRequest(of: record)
    else { return nil }
    adopt(record, open)
    return .rest(.handedOff(open, waitsFor: nil))
  }

  private func retryWait(_ record: ItemRecord) -> Reason? {
    guard case .retrying(let retry) = record.claim, !retry.deadline.isDue(at: now) else {
      return nil
    }
    if let head = record.unpushed, retry.kind == .push {
      return .wait(
        .unpushed(
          head: head, why: "\(retry.sentence); next try at \(retry.deadline.time.rfc3339)"))
    }
    return .wait(.retryWaiting(until: retry.deadline.time, sentence: retry.sentence))
  }

  private func holdReason(_ record: ItemRecord, _ agent: AgentPolicy) -> Reason? {
    for hold in holds where hold.isInForce(at: now) {
      switch hold.kind {
      case .pause: return .hindrance(.paused(why: hold.pauseWords))
      case .tracker: return .wait(.held(until: hold.until?.time, why: hold.why))
      // A push that is owed needs no agent.
      case .agent where hold.account != agent.account || record.unpushed != nil: continue
      case .agent where hold.needsOperator: return .hindrance(.agentUnavailable(hold.sentence))
      case .agent: return .wait(.held(until: hold.until?.time, why: hold.why))
      case .byOperator where hold.scope != agent.account.text || record.unpushed != nil: continue
      case .byOperator: return .wait(.held(until: hold.until?.time, why: hold.holdWords))
      case .remote: continue
      }
    }
    return nil
  }

  private func probeWait(_ agent: AgentPolicy) -> Reason? {
    guard let hold = holds.first(where: { $0.account == agent.account }), isProbing(hold) else {
      return nil
    }
    return .wait(
      .held(until: nil, why: "one run probes whether \(agent.account) may be used again"))
  }

  private func nudgeWait(_ record: ItemRecord) -> Reason? {
    guard snapshot.trigger == .nudged, let last = record.lastLaunch,
      now - last < RetryDeadline.nudged, now >= last
    else { return nil }
    return .wait(
      .retryWaiting(until: last + RetryDeadline.nudged, sentence: "it was launched moments ago"))
  }
}
