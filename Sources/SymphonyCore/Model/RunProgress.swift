// progress.json: where a living run is, replaced atomically by its worker at every change of phase,
// turn or session. What is known of a worker that dies is what stands here.

package struct RunProgress: Hashable, Sendable {
  package var nonce: String
  package var phase: RunPhase
  package var phaseSince: Timestamp
  package var turn = 0
  package var session: SessionRef?
  package var usage = Usage()
  package var lastEvent = ""
  /// The commit the fence pushed to the remote branch, where the remote takes no mark beside it.
  package var fenceHead: String?
  /// This run passed the fence: the remote branch is this state directory's.
  package var fenced = false
  /// By turn and model; `usage` is their sum.
  package var spent: [TurnUsage] = []
  /// When its turns began and ended.
  package var turnTimes: [TurnTime] = []
  /// The failure that will end this turn, by the agent's words: so far only a limit is told early.
  package var failure: Failure?

  package init(nonce: String, phase: RunPhase, phaseSince: Timestamp) {
    self.nonce = nonce
    self.phase = phase
    self.phaseSince = phaseSince
  }

  package mutating func begin(turn number: Int, at now: Timestamp) {
    turn = number
    turnTimes.begin(number, at: now)
    failure = nil
  }
}

/// When a turn of a run was.
package struct TurnTime: Hashable, Codable, Sendable {
  /// From 1, within the run.
  package var turn: Int
  package var startedAt: Timestamp
  /// Nil: it goes on, or its worker died.
  package var endedAt: Timestamp?
  package init(turn: Int, startedAt: Timestamp) {
    (self.turn, self.startedAt) = (turn, startedAt)
  }
}

extension [TurnTime] {
  /// A run may have very many; the first tell enough.
  package static let limit = 100

  /// A turn that is tried once more keeps its beginning.
  package mutating func begin(_ turn: Int, at now: Timestamp) {
    guard count < Self.limit, !contains(where: { $0.turn == turn }) else { return }
    append(TurnTime(turn: turn, startedAt: now))
  }

  package mutating func end(_ turn: Int, at now: Timestamp) {
    for place in indices where self[place].turn == turn { self[place].endedAt = now }
  }
}

extension RunProgress: Codable {
  private enum CodingKeys: String, CodingKey {
    case nonce, phase, phaseSince, turn, session, usage, lastEvent
    case fenceHead, fenced, failure, turnTimes
    case spent = "turnUsage"
  }

  package init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      nonce: try file.decode(String.self, forKey: .nonce),
      phase: try file.decode(RunPhase.self, forKey: .phase),
      phaseSince: try file.decode(Timestamp.self, forKey: .phaseSince))
    turn = try file.decode(Int.self, forKey: .turn)
    session = try file.decodeIfPresent(SessionRef.self, forKey: .session)
    usage = try file.decode(Usage.self, forKey: .usage)
    lastEvent = try file.decode(String.self, forKey: .lastEvent)
    fenceHead = try file.decodeIfPresent(String.self, forKey: .fenceHead)
    fenced = try file.decodeIfPresent(Bool.self, forKey: .fenced) ?? false
    spent = try file.decodeIfPresent([TurnUsage].self, forKey: .spent) ?? []
    turnTimes = try file.decodeIfPresent([TurnTime].self, forKey: .turnTimes) ?? []
    failure = try Failure.ofFile(decoder)
  }
}
