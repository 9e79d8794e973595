// A run to start: its rows, and the order that the applier makes a worker's spec of. Dispatch asks
// for work, Housekeeping for clean-ups; whether it may start is decided there.

/// A run to start: the rows as committed, and the facts its worker needs.
package struct LaunchOrder: Hashable, Sendable {
  package var item: ItemRecord
  package var run: RunRecord
  package var repository: RepositoryFacts
  /// The tracker's facts; nil for a clean-up.
  package var workItem: WorkItem?
  package var newSessionID: String
  /// The agent's words that go with an owed push.
  package var debtWords: String?
  package var debtRemarks: [String]?
  package var agent: AgentPolicy
  /// Comments by people whose words may become a prompt, oldest first.
  package var comments: [Survey.Comment]
  /// Those made before are known to the agent, on the tracker's clock; nil: this is its first run.
  package var heardUntil: Timestamp?
  /// The feedback that it is to answer.
  package var feedback: [HandedPiece] = []
  /// Nil: no limit.
  package var budget: RunBudget?
  package init(
    item: ItemRecord, run: RunRecord, repository: RepositoryFacts, workItem: WorkItem?,
    newSessionID: String, agent: AgentPolicy = AgentPolicy()
  ) {
    self.item = item
    self.run = run
    self.repository = repository
    self.workItem = workItem
    self.newSessionID = newSessionID
    self.debtWords = nil
    self.debtRemarks = nil
    self.agent = agent
    self.comments = []
    self.heardUntil = nil
    self.budget = nil
  }
}

extension Planning {
  mutating func launch(
    _ record: ItemRecord, _ item: WorkItem?, _ repository: RepositoryFacts, _ agent: AgentPolicy,
    purpose: RunPurpose = .work
  ) {
    var launched = record
    launched.generation += 1
    var run = RunRecord(
      id: RunID(
        workspace: record.workspace, stateTag: snapshot.stateTag, generation: launched.generation),
      item: record.id,
      generation: launched.generation, purpose: purpose, nonce: nonce(),
      era: snapshot.runs?.era ?? "", launchedAt: now)
    let budget = purpose == .work ? runBudget(record, agent) : nil
    var feedback: [HandedPiece] = []
    if purpose == .work {
      run.account = agent.account
      run.model = agent.model
      run.budgetUSD = budget?.costUSD
      launched.runs += 1
      launched.lastLaunch = now
      launched.counters.launches += 1
      launched.hasWorkspace = true
      launched.clearCleanUps()
      if launched.home == nil {
        launched.home = RunPaths.home(
          record, state: snapshot.stateDirectory, policy: policy.workspace)
      }
      feedback = handOver(to: &launched, generation: launched.generation)
      launched.claim = .running(run.id)
      verdicts[record.id] = .run(.launching(generation: launched.generation))
    } else {
      verdicts[record.id] = .run(.cleaningUp)
    }
    items[record.id] = launched
    newRuns.append(run)
    var order = LaunchOrder(
      item: launched, run: run, repository: repository, workItem: item,
      newSessionID: Planning.uuid(from: nonce()), agent: agent)
    order.budget = budget
    order.feedback = feedback
    if purpose == .work {
      order.comments = conversation(record)
      order.heardUntil = record.lastLaunch.map { $0 + snapshot.survey.clockOffset }
    }
    if case .retrying(let retry) = record.claim {
      (order.debtWords, order.debtRemarks) = (retry.words, retry.remarks)
    }
    effects.append(.launch(order))
  }

  /// A version 4 UUID (RFC 9562) from 32 random hexadecimal digits.
  static func uuid(from hex: String) -> String {
    var digits = Array(hex.prefix(32))
    precondition(digits.count == 32, "a nonce has 32 hexadecimal digits")
    digits[12] = "4"
    digits[16] = "a"
    func part(_ range: Range<Int>) -> String { String(digits[range]) }
    return "\(part(0..<8))-\(part(8..<12))-\(part(12..<16))-\(part(16..<20))-\(part(20..<32))"
  }
}
