// The failure that ended a turn or a run. The adapter that reads the agent's words says which it is
// and gives what it knows; the planner decides what follows (Planning/FailureSettlement.swift):
// which account is held, whether an attempt is spent, who has to act.

package enum Failure: Hashable, Sendable {
  /// The provider or the way to it: overloaded, unreachable, a rate limit without a reset. Tried
  /// again later; no attempt is spent.
  case transient
  /// The account's usage limit, and its reset where the agent names one. The account is held until
  /// then, and one run probes; no attempt is spent.
  case limited(until: Timestamp?)
  /// Not logged in, a key that is refused, an account without credit: a person has to act. The
  /// account is held; no attempt is spent.
  case `operator`
  /// A limit on money or tokens, and whose it is; an agent's own limit is one of its run.
  case budget(BudgetScope)
  /// The session holds more than the model can read. The next run begins a fresh one.
  case contextOverflow
  /// The same call cannot do better: a bad flag, an unknown model. Parked at once.
  case misconfigured
  /// Any other fault of the agent: it crashed, gave no result, was killed.
  case agent
}

extension Failure {
  /// The names of the kinds, in files, in logs, and in the report of a command (`class`).
  package enum Kind: String, Codable, Sendable, CaseIterable {
    case transient, limited, `operator`, budget, misconfigured, agent
    case contextOverflow = "context_overflow"
  }

  package var kind: Kind {
    switch self {
    case .transient: .transient
    case .limited: .limited
    case .operator: .operator
    case .budget: .budget
    case .contextOverflow: .contextOverflow
    case .misconfigured: .misconfigured
    case .agent: .agent
    }
  }

  /// The reset of a limit; nil: none is known, or it is no limit.
  package var until: Timestamp? {
    if case .limited(let until) = self { until } else { nil }
  }

  /// A failure whose facts stand beside its name.
  ///
  /// `until`: the reset of a limit; of no other kind. `scope`: whose budget it is; of no other
  /// kind.
  package init(_ kind: Kind, until: Timestamp? = nil, scope: BudgetScope? = nil) {
    switch kind {
    case .transient: self = .transient
    case .limited: self = .limited(until: until)
    case .operator: self = .operator
    case .budget: self = .budget(scope ?? .run)
    case .contextOverflow: self = .contextOverflow
    case .misconfigured: self = .misconfigured
    case .agent: self = .agent
    }
  }
}

/// `{"kind": "limited", "until": 1795914314000}`, `{"kind": "budget", "scope": "item"}`.
extension Failure: Codable {
  private enum Key: String, CodingKey { case kind, until, scope }

  package init(from decoder: any Decoder) throws {
    let stored = try decoder.container(keyedBy: Key.self)
    self.init(
      try stored.decode(Kind.self, forKey: .kind),
      until: try stored.decodeIfPresent(Timestamp.self, forKey: .until),
      scope: try stored.decodeIfPresent(BudgetScope.self, forKey: .scope))
  }

  package func encode(to encoder: any Encoder) throws {
    var stored = encoder.container(keyedBy: Key.self)
    try stored.encode(kind, forKey: .kind)
    if case .limited(let until?) = self { try stored.encode(until, forKey: .until) }
    if case .budget(let scope) = self { try stored.encode(scope, forKey: .scope) }
  }

  /// The keys of result.json and progress.json that tell of a failure.
  ///
  /// Workers of earlier versions wrote its name under `failure` and its facts beside it, or the
  /// facts alone.
  private enum FileKey: String, CodingKey {
    case failure, limitedUntil, budget, permanent, accountIsLimited
  }

  /// The failure that a run's file tells of, whichever version wrote it; nil: none.
  /// - Throws: a `DecodingError` where the file names a failure that nobody wrote.
  static func ofFile(_ decoder: any Decoder) throws -> Failure? {
    let file = try decoder.container(keyedBy: FileKey.self)
    let until = try file.decodeIfPresent(Timestamp.self, forKey: .limitedUntil)
    if let kind = try? file.decodeIfPresent(Kind.self, forKey: .failure) {
      let scope = try file.decodeIfPresent(BudgetScope.self, forKey: .budget)
      return Failure(kind, until: until, scope: scope)
    }
    if let value = try file.decodeIfPresent(Failure.self, forKey: .failure) { return value }
    if try file.decodeIfPresent(Bool.self, forKey: .permanent) == true { return .misconfigured }
    let isLimited = try file.decodeIfPresent(Bool.self, forKey: .accountIsLimited)
    return until != nil || isLimited == true ? .limited(until: until) : nil
  }
}
