// Whether the workflow's limits on money can be kept with an agent: one that never tells dollars
// keeps none of them, and a limit that protects nobody must not look as if it did. Called by
// doctor and, before anything is launched, by the tick.
import SymphonyCore

/// Findings about limits on dollars that this agent cannot keep; `maxCostPerDay` is the workflow's,
/// in dollars.
package func examineLimits(
  _ policy: AgentPolicy, _ probe: AgentProbe, maxCostPerDay: Double?
) -> [Finding] {
  if probe.reportsDollars, probe.dollarsAreSure { return [] }
  let limits = [
    ("agent.max_cost_usd_per_run", policy.budget.maxCostPerRun),
    ("agent.max_cost_usd_per_item", policy.budget.maxCostPerItem),
    ("agent.max_cost_usd_per_day", maxCostPerDay),
  ]
  let tokens = policy.budget.maxTokensPerItem
  return limits.filter { $0.1 != nil }.map { name, _ in
    if probe.reportsDollars {
      return Finding(
        .warn, name,
        "whether \(policy.kind) reports dollars is not known before: while it reports none, this "
          + "limit cannot bind",
        hint: tokens == nil ? "set agent.max_tokens_per_item too" : nil)
    }
    let fact = "\(policy.kind) reports tokens and no dollars: "
    return tokens == nil
      ? Finding(
        .fail, name, fact + "this limit could not be kept", hint: "set agent.max_tokens_per_item")
      : Finding(.warn, name, fact + "only agent.max_tokens_per_item holds it")
  }
}
