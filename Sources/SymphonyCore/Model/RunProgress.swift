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
  /// The commit the fence pushed or is about to push to the remote branch.
  package var fenceHead: String?
  /// By turn and model; `usage` is their sum.
  package var spent: [TurnUsage] = []
  /// The failure that will end this turn, by the agent's words: so far only a limit is told early.
  package var failure: Failure?

  package init(nonce: String, phase: RunPhase, phaseSince: Timestamp) {
    self.nonce = nonce
    self.phase = phase
    self.phaseSince = phaseSince
  }
}

extension RunProgress: Codable {
  private enum CodingKeys: String, CodingKey {
    case nonce, phase, phaseSince, turn, session, usage, lastEvent
    case fenceHead, failure
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
    spent = try file.decodeIfPresent([TurnUsage].self, forKey: .spent) ?? []
    failure = try Failure.ofFile(decoder)
  }
}
