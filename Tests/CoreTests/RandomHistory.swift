// Seeded random histories for the laws: what workers, the tracker and people may do between two
// ticks, on a repository's issues or on a board of two repositories. It remembers who was touched
// by a person, and when.
import SymphonyCore
import SymphonyTestSupport

struct RandomHistory {
  static let numbers = 1..<7
  var world: World
  var dice: Dice
  var step = 0
  /// The last step in which a person touched the item.
  var touched: [ItemID: Int] = [:]
  /// Items the tracker does not have any more, to come back.
  var hidden: [WorkItem] = []

  init(seed: Int) {
    dice = Dice(seed: seed)
    if seed % 3 == 0 {
      world = World(Self.numbers)
      world.watches = true
    } else {
      world = World.board(Self.numbers) { $0.issues.append(.draft(8)) }
      world.policy.tracker.board?.itemTypes = [.issue, .draftIssue]
      world.policy.tracker.board?.convertsDrafts = dice.next() % 2 == 0
      world.policy.tracker.board?.requiresIssue = dice.next() % 2 == 0
      world.policy.limits.maxByStatus = dice.throwsOne(in: 2) ? ["todo": 1] : [:]
      world.policy.limits.maxByRepository = dice.throwsOne(in: 2) ? ["acme/app": 1] : [:]
      world.policy.pullRequest.requiredChecks = dice.throwsOne(in: 2) ? ["build"] : []
    }
    world.policy.limits.maxConcurrent = Int.random(in: 1...3, using: &dice)
    world.policy.pullRequest.openOnSuccess = !dice.throwsOne(in: 4)
    world.policy.pullRequest.closeIssueOnMerge = dice.throwsOne(in: 2)
    if dice.throwsOne(in: 2) { WriteBackTests.labels(&world) }
    if dice.throwsOne(in: 2) { world.policy.limits.maxCostPerDay = 3 }
    if dice.throwsOne(in: 2) { world.policy.agent.budget.maxCostPerItem = 2 }
    if dice.throwsOne(in: 2) { world.policy.agent.budget.maxTokensPerItem = 2000 }
    if dice.throwsOne(in: 2) {
      var other = AgentPolicy()
      (other.kind, other.account) = ("codex", Account("codex"))
      world.policy.otherAgents["codex"] = other
      var change = AgentChange()
      change.kind = "codex"
      world.policy.rules = [AgentRule(labels: ["deep"], fields: [:], change: change)]
      for index in world.issues.indices where index % 2 == 0 {
        world.issues[index].labels.append("deep")
      }
    }
  }

  /// One random event, and some time.
  mutating func disturb() {
    step += 1
    // What is wrong with an answer is wrong for one tick.
    world.answers = world.answers.filter { if case .gone = $0.value { true } else { false } }
    world.executorFails = false
    world.isCached = false
    world.lostAtConfirmation = Set((1...8).filter { _ in dice.throwsOne(in: 9) }.map(ItemID.issue))
    let number = Int.random(in: 1...8, using: &dice)
    switch Int.random(in: 0..<10, using: &dice) {
    case 0...2: endRun(number)
    case 3...4: payDebts()
    case 5...6: troubleTracker(number)
    default: touch(number)
    }
    finishCleanUps()
    world.now = world.now + .seconds(Int64.random(in: 1...400, using: &dice))
  }

  private mutating func endRun(_ number: Int) {
    if dice.throwsOne(in: 3) { world.progress(number, dollars: 0.5, tokens: 400) }
    switch Int.random(in: 0..<15, using: &dice) {
    case 0...3: world.succeedWithCommits(number)
    case 4: world.finish(number, .failed)
    case 5: world.finish(number, .succeeded) { $0.madeProgress = dice.throwsOne(in: 2) }
    case 6:
      let ways: [RunObservation.Vanishing] = [.died, .neverStarted, .notLaunched, .hindered]
      world.vanish(number, as: ways.randomElement(using: &dice) ?? .died)
    case 7: world.vanish(number, leftovers: .some(1))
    case 8: world.finish(number, .cancelled)
    case 9: world.finish(number, .blocked) { $0.summary = "which database?" }
    case 10:
      world.finish(number, .succeeded) {
        $0.commitsAhead = 1
        $0.push = .unpushed(head: "h", why: "w")
      }
    case 11:
      let until = dice.throwsOne(in: 2) ? nil : world.now + .minutes(30)
      world.finish(number, .failed) { $0.fail(.limited(until: until)) }
    case 12:
      let failure: Failure = dice.throwsOne(in: 2) ? .operator : .transient
      world.finish(number, .failed) { $0.fail(failure) }
    case 13:
      let scope = BudgetScope.allCases.randomElement(using: &dice) ?? .run
      world.finish(number, .failed) {
        $0.fail(.budget(scope))
        $0.spend(1, tokens: 900)
      }
    default: world.bootID = "boot-\(Int.random(in: 1...3, using: &dice))"
    }
  }

  private mutating func payDebts() {
    world.checksAreGreen = dice.throwsOne(in: 2)
    // The first debt of some item: later ones wait for it.
    let entry = world.state.outbox.first { _ in dice.throwsOne(in: 3) }
    let first = entry.flatMap { entry in world.state.outbox.first { $0.item == entry.item } }
    switch Int.random(in: 0..<6, using: &dice) {
    case 0: if let first { world.loseAnswer(first) }
    case 1: if let first { world.refuse(first, .forbidden("not for this token")) }
    case 2: if let first { world.refuse(first, .rejected("never")) }
    default: world.deliverAll()
    }
  }

  private mutating func troubleTracker(_ number: Int) {
    switch Int.random(in: 0..<9, using: &dice) {
    case 0: world.candidatesOverride = .failed(.unreachable("x"))
    case 1: world.candidatesOverride = .items([])
    case 2: world.candidatesOverride = .skipped
    case 3: world.answers[.issue(number)] = .unknown(.malformed("half an answer"))
    case 4: world.statusProblem = world.policy.tracker.usesBoard ? "no status \"Todo\"" : nil
    case 5: world.executorFails = true
    case 6: world.isCached = true
    case 7: world.isFiltered = world.policy.tracker.usesBoard && !world.isFiltered
    default: mend()
    }
  }

  mutating func mend() {
    world.candidatesOverride = nil
    world.statusProblem = nil
    world.executorFails = false
    world.isCached = false
    world.lostAtConfirmation = []
    world.answers = world.answers.filter { if case .gone = $0.value { true } else { false } }
  }

  /// What a person does to an issue, its pull request, or to us.
  private mutating func touch(_ number: Int) {
    let id = ItemID.issue(number)
    touched[id] = step
    if dice.throwsOne(in: 3) { mend() }
    switch Int.random(in: 0..<13, using: &dice) {
    case 0...3:
      let statuses = ["Todo", "In Progress", "Human Review", "Done", "Backlog"]
      let status = statuses.randomElement(using: &dice)
      if world.policy.tracker.usesBoard { world.move(number, to: status) }
    case 4: world.edit(number) { $0.body += "." }
    case 5: world.edit(number) { $0.labels = $0.labels.isEmpty ? ["symphony"] : [] }
    case 6: world.edit(number) { $0.state = $0.state == .open ? .closed : .open }
    case 7: world.edit(number) { $0.openBlockers = 1 - $0.openBlockers }
    case 8:
      world.comments[id, default: []].append(
        .init(author: "alice", mayWrite: true, createdAt: world.now, isOurs: false))
    case 9: world.endPullRequest(number, dice.throwsOne(in: 2) ? .merged : .closed)
    case 10: world.ask(.retry, number)
    case 11: world.ask(.stop, number)
    default: hideOrShow(id)
    }
  }

  mutating func showAll() {
    for item in hidden { hideOrShow(item.id) }
  }

  private mutating func hideOrShow(_ id: ItemID) {
    if let index = world.issues.firstIndex(where: { $0.id == id }) {
      hidden.append(world.issues.remove(at: index))
      world.answers[id] = .gone("not found")
    } else if let index = hidden.firstIndex(where: { $0.id == id }) {
      world.issues.append(hidden.remove(at: index))
      world.answers[id] = nil
    }
  }

  mutating func finishCleanUps(all: Bool = false) {
    for run in world.state.runs where run.purpose == .cleanUp && (all || dice.throwsOne(in: 2)) {
      var result = RunResult(
        nonce: run.nonce, runID: run.id, outcome: .succeeded, summary: "", startedAt: world.now,
        endedAt: world.now)
      result.removed = true
      world.runs[run.id] = RunObservation(liveness: .ended(result))
    }
  }
}
