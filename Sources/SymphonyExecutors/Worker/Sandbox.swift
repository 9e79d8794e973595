// Locks an agent in with bubblewrap: it sees its working tree, the git directories a commit writes
// to, its own configuration and a private /tmp; the rest is read-only or hidden. Builds a command
// line (for TurnRunner) and answers whether this machine permits one (for the tick and doctor).
// What lies where is SandboxTree's matter; the processes inside are found and ended like any
// others, by their group and their marker.
import SymphonyCore
import SymphonyPlatform

public struct Sandbox {
  let policy: SandboxPolicy
  /// Absolute.
  let workspace: String
  let gitDirectories: [String]
  /// The agent's own configuration and sessions, below HOME (or absolute).
  let homePaths: [String]
  /// The agent's own binary, where the command line begins with another one.
  let program: String?
  let run: LiveRun

  /// The command line that runs `command` inside. It holds paths only; the environment is handed
  /// down as it is.
  /// - Parameter environment: the agent's, complete.
  /// - Throws: `.ended` with the code `sandbox_missing` when bwrap or env is not in its PATH.
  func wrap(_ command: AgentCommand, _ environment: [String: String]) throws(RunStop) -> [String] {
    guard let shell = Shell(environment) else {
      throw .failed(
        "sandbox_missing", "agent.sandbox is bubblewrap, but \(Shell.missing)", .misconfigured)
    }
    var options = Sandbox.isolation
    if !policy.network { options.append("--unshare-net") }
    options += tree(command, environment).options
    // Its /tmp is a new one, and the place the variable names may be hidden.
    if environment["TMPDIR"] != nil { options += ["--setenv", "TMPDIR", "/tmp"] }
    // Whoever reaches the socket can use the keys, wherever it lies.
    options += ["--unsetenv", "SSH_AUTH_SOCK"]
    options += ["--chdir", workspace]
    return shell.words(options) + command.arguments
  }

  private func tree(_ command: AgentCommand, _ environment: [String: String]) -> SandboxTree {
    let paths = run.spec.paths
    var tree = SandboxTree(environment: environment)
    for folder in [
      paths.state, Files.parent(of: paths.workspace),
      Files.parent(of: Files.parent(of: paths.cache)),
    ] { tree.hide(folder) }
    tree.putSystem()
    let closed = [paths.state, workspace]
    tree.putPrograms(command.arguments, notBelow: closed)
    if let program { tree.putPrograms([program], notBelow: closed) }
    for name in [".gitconfig", ".config/git"] { tree.put(tree.home(name), .readable) }
    if let file = environment["GIT_CONFIG_GLOBAL"], file.hasPrefix("/"), !file.hasPrefix("/dev/") {
      tree.put(file, .readable)
    }
    for name in homePaths { tree.put(tree.home(name), .writable) }
    tree.put(run.files.privateFolder, .readable)
    tree.put(run.files.prompt(turn: run.progress.turn), .readable)
    tree.put(workspace, .writable)
    putGit(&tree)
    for file in policy.hidden { tree.mask(file) }
    for name in [".git-credentials", ".config/git/credentials"] { tree.mask(tree.home(name)) }
    return tree
  }

  /// A commit writes objects, refs and the tree's own index. What makes git start programs (its
  /// configuration and hooks, and the files that say where those are) stays as it is: the worker's
  /// and people's git outside would run what the agent had written there.
  private func putGit(_ tree: inout SandboxTree) {
    for directory in gitDirectories {
      tree.put(directory, .writable)
      for name in ["config", "config.worktree", "hooks", "commondir", "gitdir"] {
        tree.put(Files.join(directory, name), .readable)
      }
      // Above a worktree's own directory: those of other items, which share the repository.
      let folder = Files.parent(of: directory)
      if Files.lastName(of: folder) == "worktrees" { tree.put(folder, .readable) }
    }
    let link = Files.join(workspace, ".git")
    if !Files.isDirectory(link) { tree.put(link, .readable) }
  }

  /// Namespaces of its own, and no capability even for root. No session of its own: the polite
  /// signal goes to the process group. Whatever lives inside ends when bwrap does, and bwrap when
  /// the worker does.
  private static let isolation =
    [
      "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--cap-drop",
      "ALL",
      "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc",
    ]
    + ["sys", "sysrq-trigger", "fs", "scsi", "acpi"].flatMap { name in
      // The kernel lets the owner write here without any capability: for root that is the way out.
      ["--ro-bind-try", "/proc/\(name)", "/proc/\(name)"]
    }

  /// Why no sandbox can be had on this machine, in one sentence; nil: it can. Runs a trivial one,
  /// which takes some milliseconds.
  /// - Parameter environment: where PATH comes from.
  public static func problem(environment: [String: String]) -> String? {
    guard let shell = Shell(environment) else { return Shell.missing }
    let done: CapturedCommand
    do throws(PlatformError) {
      done = try CapturedCommand.run(
        shell.words(isolation + ["--tmpfs", "/tmp"]) + ["true"], environment: environment,
        timeoutMilliseconds: 10_000)
    } catch { return "bwrap does not start: \(error.description)" }
    if done.exit.isSuccess, !done.timedOut { return nil }
    let words = done.errorOutput.split { $0.isNewline }.prefix(3).joined(separator: " | ")
    if words.hasPrefix("env:") || words.hasPrefix("\(shell.env):") {
      return "\(shell.env) is too old or another than that of coreutils 8.31: \(words)"
    }
    return "bwrap is not permitted here: "
      + (words.isEmpty ? done.timedOut ? "no answer in 10 s" : done.exit.description : words)
  }

  /// The programs around the agent. bwrap itself must not end at the polite signal, or it would
  /// take the agent with it unwarned: it starts with those signals ignored, and the agent with them
  /// as they usually are.
  private struct Shell {
    let bwrap: String
    let env: String
    static let missing =
      "bwrap is not in PATH; install bubblewrap (and coreutils), or set agent.sandbox to none"

    init?(_ environment: [String: String]) {
      guard let bwrap = Spawn.find("bwrap", environment: environment),
        let env = Spawn.find("env", environment: environment)
      else { return nil }
      (self.bwrap, self.env) = (bwrap, env)
    }

    func words(_ options: [String]) -> [String] {
      let signals = "signal=TERM,INT,HUP"
      return [env, "--ignore-\(signals)", bwrap] + options + ["--", env, "--default-\(signals)"]
    }
  }
}
