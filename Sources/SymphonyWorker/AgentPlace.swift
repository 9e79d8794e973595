// The surroundings of the agent in one run: the git directories a commit writes to, the file with
// notes for it, and the sandbox where one is asked for, with the folders it needs outside. Made
// once by Work, used for every turn.
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
    let notes = try AgentNotes(git: git, probe: probe).write(checkout)
    let run = git.run
    guard checkout.isWalled else {
      let told = try git.must(
        ["rev-parse", "--path-format=absolute", "--absolute-git-dir", "--git-common-dir"],
        in: checkout.place)
      var directories: [String] = []
      for line in told.splitLines().map(String.init) where !directories.contains(line) {
        directories.append(line)
      }
      return AgentPlace(gitDirectories: directories, notesFile: notes, sandbox: nil)
    }
    try makeHome(probe, run)
    let sandbox = Sandbox(
      run: run,
      guest: .agent(homePaths: probe.homePaths, program: probe.shellWord ?? probe.executable))
    return AgentPlace(
      gitDirectories: [checkout.gitDirectory], notesFile: notes, sandbox: sandbox)
  }

  /// Makes the agent's own directories; if they cannot be made the agent still works.
  ///
  /// The agent would make them itself, but in a sandbox they would be gone with the turn, and its
  /// session.
  private static func makeHome(_ probe: AgentProbe, _ run: LiveRun) throws(RunStop) {
    let environment: [String: String]
    do throws(AgentError) {
      environment = try AgentView.environment(
        run.spec.agent, own: probe.ownVariables, from: run.environment)
    } catch {
      throw .failed(
        error.code, error.sentence + (error.hint.map { "; \($0)" } ?? ""), .misconfigured)
    }
    let tree = SandboxTree(environment: environment)
    let places = probe.homePaths.map { tree.home($0) }
    func around(_ path: String) -> String? { places.first { path.hasPrefix($0 + "/") } }
    // A folder of PATH that is not there yet could be made by the agent, with a `git` in it: what
    // is there is shown read-only.
    let folders = (run.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    let searched = folders.map { Files.absolute($0) }.filter { around($0) != nil }
    for path in probe.homeDirectories.map({ tree.home($0) }) + searched {
      do throws(PlatformError) {
        // Below a place that the agent writes no link is followed.
        if let place = around(path) {
          try Files.makeDirectories(place, mode: 0o700)
          try Files.makeDirectories(path, mode: 0o700, below: place)
        } else {
          try Files.makeDirectories(path, mode: 0o700)
        }
      } catch {
        run.log("\(error.description): what the agent writes to \(path) is lost after each turn")
      }
    }
  }
}
