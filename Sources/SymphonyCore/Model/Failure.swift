// What kind of failure ended a turn or a run. The adapters say which it is, the planner what
// follows (Planning/FailureSettlement.swift): who is held, whether an attempt is spent, who has to
// act.

package enum FailureClass: String, Codable, Sendable, CaseIterable {
  /// The provider or the way to it: overloaded, unreachable, a rate limit without a reset. Tried
  /// again later; no attempt is spent.
  case transient
  /// The account's usage limit. The account is held until its reset, then one run probes; no
  /// attempt is spent.
  case limited
  /// Not logged in, a key that is refused, an account without credit: a person has to act. The
  /// account is held; no attempt is spent.
  case `operator`
  /// A limit on money or tokens: the agent's own, or the workflow's.
  case budget
  /// The session holds more than the model can read. The next run begins a fresh one.
  case contextOverflow = "context_overflow"
  /// The same call cannot do better: a bad flag, an unknown model. Parked at once.
  case misconfigured
  /// Whatever else the agent did wrong: it crashed, gave no result, was killed.
  case agent
}
