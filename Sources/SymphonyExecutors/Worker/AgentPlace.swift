// What surrounds the agent in one run: the git directories a commit writes to, the file with notes
// for it, and the sandbox where one is asked for. Made once by Work, used for every turn.
import SymphonyCore
import SymphonyPlatform

struct AgentPlace {
  /// Absolute: the working tree's own, and the one it shares with others; once where both are one.
  var gitDirectories: [String]
  /// Absolute; nil: there are no notes.
  var notesFile: String?
  /// Nil: the agent sees what its user sees.
  var sandbox: Sandbox?

  static func make(_ git: GitCommand, _ checkout: Checkout, _ probe: AgentProbe) throws(RunStop)
    -> AgentPlace
  {
    let own = try git.must(["rev-parse", "--absolute-git-dir"], in: checkout.place)
    let shared = try git.must(
      ["rev-parse", "--path-format=absolute", "--git-common-dir"], in: checkout.place)
    let directories = own == shared ? [own] : [own, shared]
    let notes = try AgentNotes(git: git, probe: probe).write(checkout)
    let run = git.run
    if run.spec.agent.sandbox.kind == .bubblewrap {
      // What is not there cannot be shown read-only: the agent could make it.
      try platform { () throws(PlatformError) in
        try Files.makeDirectories(Files.join(shared, "hooks"), mode: 0o755)
      }
    }
    let sandbox =
      run.spec.agent.sandbox.kind == .bubblewrap
      ? Sandbox(
        policy: run.spec.agent.sandbox, workspace: checkout.path, gitDirectories: directories,
        homePaths: probe.homePaths, program: probe.executable, run: run) : nil
    return AgentPlace(gitDirectories: directories, notesFile: notes, sandbox: sandbox)
  }
}
