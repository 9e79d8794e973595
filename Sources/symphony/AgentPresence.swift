// Whether an agent's program is there, asked as the agent would be started: with its own PATH. The
// tick asks before it launches, doctor for its findings; nothing of the agent itself is run.
import SymphonyCore
import SymphonyPlatform

enum AgentPresence {
  /// How to get it, and where it was looked for.
  static func remedy(_ probe: AgentProbe, _ view: [String: String]) -> String {
    let install =
      probe.shellWord == nil ? probe.installHint : "install it, or set agent.command"
    return "\(install); searched: PATH=\(view["PATH"] ?? "(not set)")"
  }

  /// One sentence about a program that is not to be found; nil: it is there, or it cannot be told.
  static func problem(_ probe: AgentProbe, _ view: [String: String]) -> String? {
    guard let name = probe.executable else { return nil }
    guard let shell = Spawn.find(name, environment: view) else { return "\(name) is not in PATH" }
    guard let word = probe.shellWord else { return nil }
    // The shell knows its own words, too: `cd`, `if`, `true`.
    let known = try? CapturedCommand.run(
      [shell, "-c", "command -v \"$1\"", "sh", word], environment: view,
      timeoutMilliseconds: 5000)
    guard let known, !known.timedOut, known.exit == .exited(1) || known.exit == .exited(127)
    else { return nil }
    return word.hasPrefix("/") ? "\(word) is not there" : "\(word) is not in PATH"
  }
}
