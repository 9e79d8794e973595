// Locks an agent in with bubblewrap, and with it whatever has to read what the agent wrote: hooks
// and our own git. Inside are its clone, its own configuration and a private /tmp; the rest is
// read-only or hidden. Builds a command line (for TurnRunner, HookRunner and GitCommand) and
// answers whether this machine permits one (for the tick and doctor). What lies where is
// SandboxTree's matter; the processes inside are found and ended like any others, by their group
// and their marker.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

package struct Sandbox {
  /// The program that is locked in.
  enum Guest {
    /// - homePaths: its own configuration and sessions, below HOME (or absolute).
    /// - program: its own binary, where the command line begins with another one.
    case agent(homePaths: [String], program: String?)
    case hook
    /// Our own git, wherever it reads the agent's tree.
    case git
    /// A program that writes the clone's configuration and can start nothing that an agent wrote.
    ///
    /// Such are our own `git init` and `git config`, and hooks before the first agent.
    case configuring
  }

  let run: LiveRun
  let guest: Guest

  private var policy: SandboxPolicy { run.spec.agent.sandbox }
  private var workspace: String { run.spec.paths.workspace }
  private var hasNetwork: Bool {
    if case .agent = guest { policy.network } else { false }
  }

  /// The command line that runs `arguments` inside.
  ///
  /// It holds paths only; the environment is handed down as it is.
  ///
  /// `environment`: the guest's, complete.
  /// - Throws: `.ended` with the code `sandbox_missing` when bwrap or env is not to be found.
  func wrap(_ arguments: [String], _ environment: [String: String]) throws(RunStop) -> [String] {
    // bwrap and env are looked for in the worker's PATH: the guest's may lead to programs of its
    // own.
    guard let shell = Shell(run.environment) else {
      throw .failed(
        "sandbox_missing", "agent.sandbox is bubblewrap, but \(Shell.missing)", .misconfigured)
    }
    var options = Sandbox.isolation
    if !hasNetwork { options.append("--unshare-net") }
    options += try tree(arguments, environment).options
    // Its /tmp is a new one, and the place the variable names may be hidden.
    if environment["TMPDIR"] != nil { options += ["--setenv", "TMPDIR", "/tmp"] }
    // A program that reaches the ssh agent's socket can use its keys: the guest is not told of it.
    options += ["--unsetenv", "SSH_AUTH_SOCK"]
    options += ["--chdir", workspace]
    return shell.words(options) + arguments
  }

  private func tree(_ arguments: [String], _ environment: [String: String]) throws(RunStop)
    -> SandboxTree
  {
    let paths = run.spec.paths
    var tree = SandboxTree(environment: environment)
    for folder in [
      paths.state, Files.parent(of: paths.workspace),
      Files.parent(of: Files.parent(of: paths.cache)),
    ] + ProjectFolders.around(run.spec.workflowPath) { tree.hide(folder) }
    tree.putSystem()
    let closed = [paths.state, workspace]
    tree.putPrograms(arguments, notBelow: closed)
    for name in [".gitconfig", ".config/git"] { tree.put(tree.home(name), .readable) }
    if let file = environment["GIT_CONFIG_GLOBAL"], file.hasPrefix("/"), !file.hasPrefix("/dev/") {
      tree.put(file, .readable)
    }
    if case .agent(let homePaths, let program) = guest {
      if let program { tree.putPrograms([program], notBelow: closed) }
      // A folder inside another one is shown with it; put again it would be followed if it is a
      // link.
      let places = homePaths.map { tree.home($0) }
      for place in places where !places.contains(where: { place.hasPrefix($0 + "/") }) {
        tree.put(place, .writable)
      }
      tree.put(run.files.privateFolder, .readable)
      tree.put(run.files.prompt(turn: run.progress.turn), .readable)
    }
    // The cache takes the remote's place: `git fetch` inside reads from it.
    tree.put(paths.cache, .readable)
    tree.put(workspace, .writable)
    if case .configuring = guest {} else { try closeGit(&tree) }
    // Also where a link leads to it from the project.
    tree.mask(run.spec.workflowPath)
    for file in policy.hidden { tree.mask(file) }
    for name in [".git-credentials", ".config/git/credentials"] { tree.mask(tree.home(name)) }
    return tree
  }

  /// A commit writes objects, refs and the index.
  ///
  /// The repository's configuration and hooks stay what they were: hooks outside a sandbox, and
  /// people, use git in that directory, too. Our own git is held to that as well: a filter of the
  /// agent's may be running in it.
  private func closeGit(_ tree: inout SandboxTree) throws(RunStop) {
    guard let root = Files.resolved(workspace) else { return }
    do throws(PlatformError) {
      let workspace = try Folder(root)
      let git = try FileName(".git")
      guard try workspace.facts(git)?.kind == .folder else { return }
      // By these git would be led to another repository. A clone of ours has neither; what is not
      // there cannot be shown read-only, so something of the agent's may have made it.
      for name in ["commondir", "gitdir"] {
        try workspace.folder(git).removeTree(FileName(name))
      }
      // A mount of its own cannot be moved away, and the next ones with it.
      try tree.put(below: root, [".git"], .writable)
      for name in ["config", "config.worktree", "hooks"] {
        try tree.put(below: root, [".git", name], .readable)
      }
    } catch {
      throw .failed(
        "workspace_broken",
        "\(error.description); save what you need of \(workspace) and delete it together with "
          + run.spec.paths.createdMark)
    }
  }

  /// Namespaces of its own, and no capability even for root.
  ///
  /// No session of its own: the polite signal goes to the process group. Whatever lives inside ends
  /// when bwrap does, and bwrap when the worker does.
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

  /// Why no sandbox can be had on this machine, in one sentence; nil: it can.
  ///
  /// Runs a trivial one, which takes some milliseconds.
  ///
  /// `environment`: where PATH comes from.
  package static func problem(environment: [String: String]) -> String? {
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

  /// The programs around the agent.
  ///
  /// The process `bwrap` itself must not end at the polite signal, or it would
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
