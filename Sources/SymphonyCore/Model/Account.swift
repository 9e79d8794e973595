// An account with an agent's provider: its money pays for a run, and its limits hold runs back.
// Holds, totals, sessions and suspicions are kept per account. An agent rule that names a program
// of its own gets an account of its own; symphony cannot know that two programs share one login.

package struct Account: Hashable, Codable, Sendable, CustomStringConvertible {
  /// As it is stored, printed and named in `symphony resume`: `codex`, `command/gemini`.
  package let text: String

  /// An account as it is read back.
  package init(_ text: String) { self.text = text }

  /// - Parameters:
  ///   - kind: of the agent.
  ///   - program: of a rule that names one.
  package init(kind: String, program: String? = nil) {
    text = program.map { "\(kind)/\($0)" } ?? kind
  }

  package var description: String { text }

  package init(from decoder: any Decoder) throws {
    text = try decoder.singleValueContainer().decode(String.self)
  }
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
