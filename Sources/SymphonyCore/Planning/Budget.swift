// Money: what an item, a run and a day may still spend, counting the runs that are alive. An item
// over its limit is parked, a day over its limit starts nothing before the next one, and a run gets
// a budget that its worker keeps. Figures are the agents' own: what an agent does not report is not
// counted.

extension Planning {
  private var midnight: Timestamp {
    let day: Int64 = 86_400_000
    return Timestamp(milliseconds: (now.milliseconds / day + 1) * day)
  }

  /// The usage so far of a run that is not settled.
  private func used(by run: RunRecord) -> Usage {
    snapshot.runs?.runs[run.id]?.progress?.usage ?? Usage()
  }

  /// The part of it that may count for others than its item: what can be true.
  private func believed(of run: RunRecord) -> Usage {
    snapshot.runs?.runs[run.id]?.progress?.believed ?? Usage()
  }

  /// Of all its runs, the living one included.
  func spent(by record: ItemRecord) -> Usage {
    var sum = record.usage
    for run in runs.values where run.item == record.id && run.phase != .settled {
      sum += used(by: run)
    }
    return sum
  }

  var spentToday: Usage {
    var sum = spentBefore
    sum += booked
    for run in runs.values.sorted(by: { $0.id < $1.id }) where run.phase != .settled {
      sum += believed(of: run)
    }
    return sum
  }

  var livingWork: [RunRecord] {
    (runs.values.filter { $0.phase != .settled } + newRuns).filter { $0.purpose == .work }
      .sorted { $0.id < $1.id }
  }

  /// Dollars of the day's limit that are neither spent nor promised to a living run.
  ///
  /// An agent that tells its cost only at the end of a turn may have spent all it was given.
  private func dayLeft(_ limit: Double) -> Double {
    var left = limit - spentBefore.costUSD - booked.costUSD
    for run in livingWork { left -= max(believed(of: run).costUSD, run.budgetUSD ?? 0) }
    return left
  }

  /// Set when the day's limit is reached, or promised to those who run.
  var dayBudget: Reason? {
    guard let limit = policy.limits.maxCostPerDay else { return nil }
    // A start with less than a hundredth of it would only be one more end.
    let isPromised = livingWork.contains { $0.budgetUSD != nil }
    guard spentToday.costUSD >= limit || !isPromised && dayLeft(limit) < limit / 100 else {
      if dayLeft(limit) >= limit / 100 { return nil }
      let spent = PullRequestText.money(spentToday.costUSD)
      return .wait(
        .held(
          until: nil,
          why: "$\(spent) of $\(PullRequestText.money(limit)) are spent, the rest is promised to "
            + "living runs (agent.max_cost_usd_per_day)"))
    }
    return .hindrance(
      .overBudget(
        until: midnight,
        "$\(PullRequestText.money(spentToday.costUSD)) of $\(PullRequestText.money(limit)) were "
          + "spent on \(today) UTC (agent.max_cost_usd_per_day)"))
  }

  /// The limit an item has reached, in words; nil: none.
  func itemLimit(_ record: ItemRecord, _ budget: BudgetPolicy) -> String? {
    if budget.maxCostPerItem == nil, budget.maxTokensPerItem == nil { return nil }
    let spent = spent(by: record)
    if let limit = budget.maxCostPerItem, spent.costUSD >= limit {
      return "its runs cost $\(PullRequestText.money(spent.costUSD)), "
        + "agent.max_cost_usd_per_item allows $\(PullRequestText.money(limit))"
    }
    if let limit = budget.maxTokensPerItem, spent.totalTokens >= limit {
      return "its runs used \(spent.totalTokens) tokens, agent.max_tokens_per_item allows \(limit)"
    }
    return nil
  }

  /// Parks an item that may spend no more.
  ///
  /// A push that is owed costs nothing and goes first.
  mutating func itemBudget(_ record: ItemRecord, _ agent: AgentPolicy) -> Reason? {
    guard record.unpushed == nil, let why = itemLimit(record, agent.budget) else { return nil }
    park(record.id, .itemOverBudget, why)
    return .rest(.parked(.itemOverBudget, sentence: why))
  }

  /// The most that a run started now may spend: the tightest of all limits.
  func runBudget(_ record: ItemRecord, _ agent: AgentPolicy) -> RunBudget? {
    // It only pushes.
    if record.unpushed != nil { return nil }
    let spent = spent(by: record)
    var dollars: [(left: Double, scope: BudgetScope)] = []
    if let limit = agent.budget.maxCostPerRun { dollars.append((limit, .run)) }
    if let limit = agent.budget.maxCostPerItem { dollars.append((limit - spent.costUSD, .item)) }
    if let limit = policy.limits.maxCostPerDay {
      // Shared with those who may start beside it: itself among them.
      let free = max(1, policy.limits.maxConcurrent - livingWork.count)
      dollars.append((dayLeft(limit) / Double(max(1, min(free, contenders))), .day))
    }
    let tightest = dollars.min { $0.left < $1.left }
    let tokens = agent.budget.maxTokensPerItem.map { max(0, $0 - spent.totalTokens) }
    if tightest == nil, tokens == nil { return nil }
    return RunBudget(
      costUSD: tightest.map { max(0, $0.left) }, scope: tightest?.scope ?? .item, tokens: tokens)
  }

  /// How many items could be given money if there were slots enough.
  private var contenders: Int {
    items.values.count { record in
      switch record.claim {
      case .unclaimed, .retrying: break
      case .running, .handedOff, .parked, .released: return false
      }
      guard record.unpushed == nil, let item = facts[record.id] else { return false }
      return Eligibility.obstacle(
        item, policy: selection,
        isPrivate: snapshot.survey.facts(of: record.repository)?.isPrivate) == nil
    }
  }

  /// Why a run that is alive has to end: the day's money is spent, or its item's.
  ///
  /// Its worker keeps the budget it was launched with; what others spent meanwhile it cannot know.
  /// One that only pushes what is owed spends nothing.
  func overspending(_ record: ItemRecord) -> String? {
    if record.unpushed != nil { return nil }
    if case .hindrance(.overBudget(_, let why))? = dayBudget { return why }
    // Which limit is the item's is known only from an answer about it; its worker keeps its budget.
    guard let item = facts[record.id] else { return nil }
    return itemLimit(record, policy.agent(for: item).budget)
  }

  /// The account a run spends of.
  func accountOf(_ run: RunRecord) -> Account {
    run.account ?? policy.agent.account
  }

  /// Adds what a run used to the totals of its agent, by model: what can be true of it.
  ///
  /// One report of an agent must not use up the day of all others.
  mutating func book(_ run: RunRecord, _ spent: [TurnUsage], _ total: Usage) {
    // A worker of the previous version tells only the sum.
    let models =
      spent.isEmpty
      ? [run.model ?? "": total.isBelievable ? total : Usage()] : spent.believed.byModel
    for (model, usage) in models.sorted(by: { $0.key < $1.key }) where usage != Usage() {
      booked += usage
      extraChanges.append(
        .addUsage(UsageTotal(day: today, account: accountOf(run), model: model, usage: usage)))
    }
  }
}

extension Policy {
  /// The keys of the limits in dollars that are set, for any of its agents.
  package var dollarLimits: [String] {
    let budgets = agents.map(\.budget)
    let known = [
      ("agent.max_cost_usd_per_run", budgets.map(\.maxCostPerRun)),
      ("agent.max_cost_usd_per_item", budgets.map(\.maxCostPerItem)),
      ("agent.max_cost_usd_per_day", [limits.maxCostPerDay]),
    ]
    return known.filter { $0.1.contains { $0 != nil } }.map(\.0)
  }
}
