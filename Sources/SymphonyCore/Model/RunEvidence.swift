// What the directory of a run still tells when the database does not: read by an executor for
// `symphony recover`, judged by Planning/Recovery.swift.

package struct RunEvidence: Hashable, Sendable {
  /// The name of its directory.
  package var id: RunID
  /// Nil: it cannot be read, and `problem` says why.
  package var spec: RunSpec?
  package var progress: RunProgress?
  /// With the nonce of the spec.
  package var result: RunResult?
  /// Its worker lives.
  package var isAlive = false
  /// `RunRecord.era`, as far as its worker told it; empty: it did not.
  package var era = ""
  package var launchedAt: Timestamp
  package var problem: String?

  package init(id: RunID, launchedAt: Timestamp) {
    self.id = id
    self.launchedAt = launchedAt
  }

  /// Nil for a name that is none of ours.
  var generation: Int? { id.parts?.generation }
  var isCleanUp: Bool { spec?.purpose == .cleanUp }
  var usage: Usage { result?.usage ?? progress?.usage ?? Usage() }
  var spent: [TurnUsage] { result?.spent ?? progress?.spent ?? [] }
  var session: SessionRef? { result?.session ?? progress?.session ?? spec?.resume }
  /// When it was over, as far as it is known.
  var endedAt: Timestamp { result?.endedAt ?? launchedAt }
}
