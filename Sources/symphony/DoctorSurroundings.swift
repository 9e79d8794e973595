// The surroundings that a tick started here would have: what doctor compares between a person's
// shell and a scheduler. Of variables that may hold a secret only the names are taken.
import SymphonyAgents
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyWorkflow

extension Checkup {
  /// Without the agents, which `agents` looks at.
  var surroundings: Surroundings {
    let environment = composition.environment
    func value(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    var found = Surroundings(
      runsAs: Host.userName, program: "\(Host.executablePath) \(symphonyVersion)",
      directory: Files.currentDirectory)
    found.path = value("PATH")
    found.home = value("HOME")
    found.user = value("USER")
    found.shell = value("SHELL")
    found.language = value("LC_ALL") ?? value("LC_CTYPE") ?? value("LANG")
    found.gitIdentity = gitIdentity
    let own = (reading?.policy?.agents ?? []).flatMap { agent in
      AgentRegistry.agent(kind: agent.kind)?.probe(agent).ownVariables ?? []
    }
    found.variables = environment.keys.filter { name in
      (Self.telling + own).contains { pattern in
        pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
      } || name.lowercased().hasSuffix("_proxy")
    }.sorted()
    return found
  }

  /// Variables that decide ways out, ssh, certificates, git and logins; agents name their own.
  private static let telling = [
    "SSH_AUTH_SOCK", "SSH_AGENT_PID", "GIT_*", "GITHUB_TOKEN", "GH_TOKEN", "GH_HOST",
    "GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "GNUPGHOME", "TMPDIR", "SYMPHONY_STATE_DIR",
  ]
}
