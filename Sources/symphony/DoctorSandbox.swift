// Findings of doctor about the sandbox: whether one can be had, what hooks do in it or outside it,
// and what of this machine an agent inside can still reach. Looks at the machine's files only.
import SymphonyCore
import SymphonyPlatform
import SymphonyWorker

extension Checkup {
  /// Of one agent.
  func sandbox(_ policy: AgentPolicy, _ view: [String: String]) -> [Finding] {
    guard policy.sandbox.kind == .bubblewrap else { return [] }
    if let problem = composition.sandboxProblem(view) {
      return [
        Finding(
          .fail, "sandbox", problem,
          hint: "install bubblewrap and let this user make namespaces, or set agent.sandbox: none")
      ]
    }
    let network = policy.sandbox.network ? "with" : "without"
    var findings = [
      Finding(.pass, "sandbox", "bubblewrap works here; agents run \(network) network")
    ]
    let folders = SandboxSurroundings.readableFolders()
    if !folders.isEmpty {
      findings.append(
        Finding(
          .warn, "sandbox",
          "agents inside can read what this user can read in \(folders.joined(separator: ", "))",
          hint: "keep secrets out of there, or readable for another user only"))
    }
    let sockets = SandboxSurroundings.abstractSockets()
    if policy.sandbox.network, sockets > 0 {
      findings.append(
        Finding(
          .warn, "sandbox",
          "agents inside can reach \(sockets) abstract socket(s) of this machine, and its ports",
          hint: "agent.sandbox_network: false closes both"))
    }
    return findings
  }

  /// Of the workflow's hooks, where any agent is locked in.
  func sandboxedHooks(_ policy: Policy) -> Finding? {
    let names = HookPolicy.Hook.allCases.filter { policy.hooks.script($0) != nil }
    guard policy.agents.contains(where: { $0.sandbox.kind != .none }), !names.isEmpty else {
      return nil
    }
    let list = names.map(\.rawValue).joined(separator: ", ")
    if policy.hooks.sandboxed {
      return Finding(
        .pass, "sandbox", "the hooks (\(list)) run in it, too: without network and token")
    }
    return Finding(
      .warn, "sandbox",
      "the hooks (\(list)) run outside it, with git's token, among files the agent wrote",
      hint: "let no hook start or source a file of the workspace, or drop hooks.sandbox: false")
  }
}

enum SandboxSurroundings {
  /// Folders of the root that are neither the system's nor hidden by every sandbox, with something
  /// in them.
  static func readableFolders() -> [String] {
    let known: Set<String> = [
      "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "lost+found", "nix",
      "proc", "root", "run", "sbin", "sys", "tmp", "usr", "var",
    ]
    let others = ((try? Files.list("/")) ?? []).filter { !known.contains($0) }.map { "/" + $0 }
    let found = others.filter { folder in
      Files.isDirectory(folder) && !((try? Files.list(folder)) ?? []).isEmpty
    }
    return ["/etc", "/var"] + found
  }

  /// Sockets that have a name and no file: no mount hides them, only a network of one's own
  /// (unix(7)).
  static func abstractSockets() -> Int {
    let text = (try? Files.readText("/proc/net/unix", limit: 16 << 20)) ?? ""
    return Set(
      text.splitLines().compactMap { line in
        line.split(separator: " ").last.flatMap { $0.hasPrefix("@") ? String($0) : nil }
      }
    ).count
  }
}
