// Keeps the programs that an agent or a hook starts from waiting for an editor, a pager, a password
// or an answer to ssh: nobody is there. Each is only a default: what the operator set in the
// environment or in `agent.env` stays. Called by Work, applied by AgentEnvironment.
import SymphonyCore

enum Unattended {
  static let standard = [
    // git prefers these to `core.editor`, and to EDITOR and VISUAL. A commit without a message
    // then fails, and says why.
    "GIT_EDITOR": "true", "GIT_SEQUENCE_EDITOR": "true", "EDITOR": "true", "VISUAL": "true",
    "GIT_PAGER": "cat", "PAGER": "cat",
    // git, its credential helpers, ssh and gh fail where they would ask.
    "GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never", "SSH_ASKPASS_REQUIRE": "never",
    "GH_PROMPT_DISABLED": "1",
  ]

  /// With a command for ssh that asks nothing, unless git's configuration or the environment names
  /// one: that may hold the key to be used.
  ///
  /// `own`: of `settings`, those of git's configuration that are there.
  static func variables(
    _ environment: [String: String], _ own: [String: String]
  ) -> [String: String] {
    let isNamed = ["GIT_SSH_COMMAND", "GIT_SSH"].contains { environment[$0] != nil }
    if isNamed || own["core.sshcommand"] != nil { return standard }
    return standard.merging(["GIT_SSH_COMMAND": "ssh -o BatchMode=yes"]) { own, _ in own }
  }

  /// The settings of git that name a command for ssh.
  static let settings = ["core.sshCommand"]
}
