// The call for a timer or a crontab, with every path spelled out: a scheduler has neither the PATH
// nor the variables of the shell that `symphony install` runs in. Before anything is written the
// call is rehearsed with the variables it will have. Changes nothing.
import ArgumentParser
import SymphonyAgents
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

/// The two distances of ticks that a crontab can keep, too.
enum CallInterval: String, ExpressibleByArgument, CaseIterable {
  case halfMinute = "30s"
  case minute = "1min"
  var words: String { self == .minute ? "minute" : "30 seconds" }
}

struct ScheduledCall {
  var program: String
  var workflow: String
  /// The value of --state-dir; nil: a tick finds the same place by itself.
  var stateDirectory: String?
  /// PATH first.
  var variables: [(name: String, value: String)]

  var arguments: [String] {
    ["tick", "--scheduled", "--workflow", workflow]
      + (stateDirectory.map { ["--state-dir", $0] } ?? [])
  }

  /// Remarks that are worth knowing although nothing fails by them; a line each.
  var remarks: [String] = []

  /// Directories that the agents' and git's own files are found by: no secrets.
  private static let places = [
    "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME",
  ]

  /// - Throws: `Stop` where a tick that is called like this could not work.
  init(place: Place, policy: Policy, composition: Composition) throws {
    let environment = Host.environment
    program = Host.executablePath
    workflow = place.workflowPath
    let path = Self.searchPath(policy, environment)
    variables = [("PATH", path)]
    if let home = environment["HOME"], home.hasPrefix("/"), home != Host.accountHome {
      variables.append(("HOME", home))
    }
    for name in Self.places {
      if let value = environment[name], value.hasPrefix("/") { variables.append((name, value)) }
    }
    // A state that was begun under the name of a link is not where a tick would look by itself.
    let found = try GlobalOptions.parse(["--workflow", workflow]).place().stateDirectory
    let isFound = !place.namesState && found == place.stateDirectory
    stateDirectory = isFound ? nil : place.stateDirectory
    try refuseUnwritable()
    try rehearse(place, policy, composition)
  }

  /// Neither a unit nor a crontab can hold a line end or another control character.
  private func refuseUnwritable() throws {
    let texts = [program, workflow, stateDirectory ?? ""] + variables.map(\.value)
    for text in texts
    where text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 })
      || text.hasSuffix(" ") || text.hasSuffix("\\")
    {
      throw Stop(
        .usage, "no scheduler can be told this path: \(text)",
        hint: "name it without control characters, and without a space or \\ at its end")
    }
    guard !program.contains("$"), Files.isExecutable(program) else {
      throw Stop(
        .usage, "\(program) cannot be called by a scheduler",
        hint: "install symphony at a plain path, as with `make install`")
    }
  }

  /// In the order they are searched in now, so that the same programs are found.
  static func searchPath(_ policy: Policy, _ environment: [String: String]) -> String {
    var programs = ["git", "git-lfs"]
    for agent in policy.agents {
      guard let known = AgentRegistry.agent(kind: agent.kind) else { continue }
      let probe = known.probe(agent)
      programs += [probe.executable, probe.shellWord].compactMap { $0 }
      if agent.sandbox.kind == .bubblewrap { programs.append("bwrap") }
    }
    if policy.tracker.tokenOrigin.hasPrefix("gh ") { programs.append("gh") }
    var wanted: Set = ["/usr/local/bin", "/usr/bin", "/bin"]
    for name in programs where !name.contains("/") {
      guard let found = Spawn.find(name, environment: environment) else { continue }
      wanted.insert(Files.parent(of: found))
      // A script's interpreter is looked for in PATH as well: node, for many agents.
      if let interpreter = interpreter(of: found),
        let runs = Spawn.find(interpreter, environment: environment)
      {
        wanted.insert(Files.parent(of: runs))
      }
    }
    var path: [String] = []
    let own = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    for directory in own + ["/usr/local/bin", "/usr/bin", "/bin"]
    where wanted.contains(directory) && !path.contains(directory) {
      path.append(directory)
    }
    return path.joined(separator: ":")
  }

  /// `node` of `#!/usr/bin/env node`.
  private static func interpreter(of program: String) -> String? {
    guard let text = try? Files.piece(Files.resolved(program) ?? program, from: 0, limit: 200)
    else { return nil }
    let line = String(decoding: text.bytes, as: UTF8.self).prefix { !$0.isNewline }
    guard line.hasPrefix("#!") else { return nil }
    let words = line.dropFirst(2).split(separator: " ").map(String.init)
    guard let first = words.first, Files.lastName(of: first) == "env" else { return nil }
    return words.dropFirst().first { !$0.hasPrefix("-") && !$0.contains("=") }
  }

  /// The environment of a tick that a scheduler calls, as far as it is the same everywhere.
  private var foreseen: [String: String] {
    var environment: [String: String] = [:]
    environment["HOME"] = Host.accountHome
    for name in ["USER", "LOGNAME", "LANG", "XDG_RUNTIME_DIR"] {
      environment[name] = Host.environment[name]
    }
    for (name, value) in variables { environment[name] = value }
    return environment
  }

  private mutating func rehearse(
    _ place: Place, _ policy: Policy, _ composition: Composition
  ) throws {
    let later = Composition(place: place, logbook: composition.logbook, base: foreseen)
    let load = later.loadPolicy(lastGood: nil)
    let file = Files.join(place.projectDirectory, ".env")
    guard let found = load.policy else {
      throw Stop(
        .workflow, "a scheduled tick could not read the workflow: \(load.told ?? "")",
        hint: "put what is set in this shell only into \(file)")
    }
    if policy.tracker.token != nil, found.tracker.token == nil {
      throw Stop(
        .usage,
        "the GitHub token comes from this shell (\(policy.tracker.tokenOrigin)), which a scheduled "
          + "tick does not see",
        hint: "put GITHUB_TOKEN=... into \(file)")
    }
    for agent in found.agents {
      if let problem = later.agentProblem(agent, found.limits) {
        throw Stop(
          .usage, "a scheduled tick could start no agent: \(problem)",
          hint: "`symphony doctor` checks it; variables of this shell belong into \(file)")
      }
      let own = AgentRegistry.agent(kind: agent.kind)?.probe(agent).ownVariables ?? []
      let logins = Host.environment.keys.sorted().filter { name in
        (name.hasSuffix("_KEY") || name.hasSuffix("_TOKEN"))
          && own.contains { $0.hasSuffix("*") ? name.hasPrefix($0.dropLast()) : name == $0 }
      }
      let network = ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE"]
      for name in logins + network
      where Host.environment[name]?.isEmpty == false && later.environment[name] == nil {
        let remark = "\(name) is set in this shell only: if ticks need it, put it into \(file)"
        if !remarks.contains(remark) { remarks.append(remark) }
      }
    }
  }
}
