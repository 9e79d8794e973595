// An agent's output as a person may read it: `symphony logs` prints it. Each adapter has a reader
// of its own lines beside the one that judges the turn; this one decides nothing.

package protocol TranscriptReader: Sendable {
  /// One line of output, without its end; nothing for a line that says nothing to a person.
  ///
  /// Unknown types, keys and lines that are no JSON are told as they are or passed over, never an
  /// error.
  mutating func read(_ line: String) -> [TranscriptEntry]
}

package struct TranscriptEntry: Hashable, Codable, Sendable {
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// The agent's own words.
    case said
    /// A tool and what it was asked for.
    case tool
    /// A tool's answer.
    case result
    /// A call that the agent was denied.
    case denied
    /// A problem, in the agent's own words.
    case problem
    /// The end of a turn and what it used.
    case turn
    /// Printed by something else than the agent's protocol.
    case output
  }
  package var kind: Kind
  /// Cut to a few lines; whatever printed it, no terminal has to obey it.
  package var text: String
  package init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }
}
