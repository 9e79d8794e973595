// OpenCode, driven headless: one `opencode run --format json` per turn with the prompt on stdin.
// Builds argv, environment and the private files that hold MCP secrets. It works in $PWD before its
// real directory; the worker sets both. The output is read by OpenCodeReader, the settings are
// judged by OpenCodeSettings.
import SymphonyCore

package struct OpenCodeAgent: ForeseeingAgent {
  package let kind = "opencode"
  /// For `probe`, which sees no turn.
  let foreseen: ForeseenEnvironment

  package init() { foreseen = ForeseenEnvironment() }

  init(environment: [String: String]) { foreseen = ForeseenEnvironment(environment) }

  func foreseeing(_ environment: ForeseenEnvironment) -> any Agent {
    OpenCodeAgent(environment: environment.process)
  }

  /// Version 2 hands a run to a server that all runs of a user share, which knows nothing of this
  /// turn's settings and goes on when the run is ended; a private server is asked for.
  ///
  /// Version 1 has a server of its own in every run and refuses the flag, so its help says which
  /// one this is.
  static let launcher = """
    case $("$@" --help 2>&1 </dev/null) in *--standalone*) set -- "$@" --standalone ;; esac
    exec "$@"
    """

  package func command(for turn: AgentTurn) throws(AgentError) -> AgentCommand {
    let policy = turn.policy
    try OpenCodeSettings.checkProfile(policy)
    var arguments = try CommandWords.program(policy, standard: "opencode")
    arguments += ["run", "--format", "json"]
    if OpenCodeSettings.allowsAll(policy) { arguments.append("--auto") }
    arguments += CommandWords.option("model", policy.model ?? "")
    if policy.resumesSessions, let resume = turn.resume {
      arguments += CommandWords.option("session", resume.id)
    }
    arguments += try CommandWords.flags(
      policy.providerParameters, reserved: OpenCodeSettings.ownFlags)
    let config = try OpenCodeConfig(turn)
    var environment = ["OPENCODE_CONFIG_CONTENT": config.content]
    if let file = policy.openCode.configFile { environment["OPENCODE_CONFIG"] = file }
    // An update would go unwatched, and the binary must not change under the turns of other
    // workers.
    if turn.agentEnvironment["OPENCODE_DISABLE_AUTOUPDATE"] == nil {
      environment["OPENCODE_DISABLE_AUTOUPDATE"] = "1"
    }
    try CommandWords.check(arguments + environment.values.sorted())
    if !Self.choosesServer(policy) {
      arguments = ["sh", "-c", Self.launcher, "opencode"] + arguments
    }
    return AgentCommand(
      arguments: arguments, environment: environment, privateFiles: config.privateFiles)
  }

  package func reader(for turn: AgentTurn) -> any AgentReader {
    let keepsSession = turn.policy.resumesSessions
    return OpenCodeReader(
      resume: keepsSession ? turn.resume : nil, keepsSession: keepsSession,
      model: turn.policy.model ?? "",
      clock: LimitClock(now: LimitClock.own.now, zone: .ofAgent(turn.agentEnvironment)))
  }

  package func probe(_ policy: AgentPolicy) -> AgentProbe {
    let words = try? CommandWords.program(policy, standard: "opencode")
    var probe = AgentProbe(
      executable: words?.first, versionArguments: Array((words ?? []).dropFirst()) + ["--version"],
      installHint: "install OpenCode (npm install -g opencode-ai), or set agent.command to its path"
    )
    probe.ownVariables = OpenCodeSettings.ownVariables
    // It knows no price of many a model, and counts 0 then.
    probe.dollarsAreSure = false
    probe.skillsHint = "Load each with the skill tool before you begin."
    probe.homeDirectories = ownDirectories(policy)
    probe.homePaths = probe.homeDirectories + [".opencode"]
    return probe
  }

  /// Its configuration, sessions, history and cache: it makes each at its start.
  private func ownDirectories(_ policy: AgentPolicy) -> [String] {
    [
      ("XDG_CONFIG_HOME", ".config"), ("XDG_DATA_HOME", ".local/share"),
      ("XDG_STATE_HOME", ".local/state"), ("XDG_CACHE_HOME", ".cache"),
    ].compactMap { name, standard in
      let place = foreseen.directory(name, policy) ?? standard
      if place.isEmpty { return nil }
      return place.hasSuffix("/") ? "\(place)opencode" : "\(place)/opencode"
    }
  }

  package func examine(_ policy: AgentPolicy) -> [Finding] { OpenCodeSettings.examine(policy) }

  /// Whether the workflow says itself that the server is private.
  private static func choosesServer(_ policy: AgentPolicy) -> Bool {
    policy.providerParameters.keys.contains { $0.drop { $0 == "-" } == "standalone" }
  }
}
