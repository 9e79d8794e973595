// `symphony demo`: the main job on the embedded local tracker, with real git, real workers and a
// scripted agent: three issues, one blocked by another, one first attempt that fails. Every claim
// it prints is checked; any that does not hold ends it with exit 1.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Watch the whole job on a temporary project: no account, no network.",
    discussion: """
      Three local issues, one blocked by another, and an agent in shell; git, workers and ticks \
      are real. Every claim it prints is checked.

      Examples:
        symphony demo
        symphony demo --keep   leaves the project to look around in

      Exit codes:
        0   it went as told
        1   it did not, or was interrupted
      """)
  @Flag(help: "Keep the project's directory and say how to look around.") var keep = false
  /// Lets a test prove that the demo notices: the agent makes no commit.
  @Flag(help: .hidden) var sabotageAgent = false
  @OptionGroup var log: LogOptions

  func run() async throws {
    let environment = Host.environment
    let folder = Files.join(
      environment["TMPDIR"] ?? "/tmp", "symphony-demo-\(Host.randomHex(bytes: 4))")
    // Told to end, it still takes its folder away.
    Signals.watch([Signals.terminate, Signals.interrupt, Signals.hangUp])
    do {
      let project = try DemoProject(folder: folder, sabotaged: sabotageAgent)
      let story = DemoStory(project: project, logbook: log.logbook)
      defer {
        if !keep {
          story.endWorkers()
          project.remove()
        }
      }
      do { try await story.tell() } catch let stop as Stop {
        // A failure that a signal caused looks like any other from within.
        throw Signals.seen == nil ? stop : Stop(.willRetry, "the demo was interrupted")
      }
      if keep {
        Output.page(
          """

          kept: \(folder)
            cd \(project.checkout)
            symphony status --state-dir \(project.state)
            git log --oneline --all --graph
            ls issues/pull-requests issues/comments
          """)
      }
    } catch let error as PlatformError {
      throw Stop(.willRetry, "the demo could not be set up: \(error.description)")
    }
  }
}

/// The temporary project: a git repository with no identity configured, three issues, an agent in
/// shell.
struct DemoProject {
  let folder: String
  var checkout: String { Files.join(folder, "project") }
  var state: String { Files.join(folder, "state") }
  var workflow: String { Files.join(checkout, "WORKFLOW.md") }

  init(folder: String, sabotaged: Bool) throws(PlatformError) {
    self.folder = folder
    try Files.makeDirectory(folder)
    for name in ["project", "project/issues", "state", "home"] {
      try Files.makeDirectory(Files.join(folder, name))
    }
    try write("project/README.md", "# demo\n")
    try write("project/issues/1.md", Self.issue("Add a greeting", "Write greeting.txt.", []))
    try write("project/issues/2.md", Self.issue("Add a farewell", "Write farewell.txt.", []))
    try write(
      "project/issues/3.md", Self.issue("Translate the greeting", "Needs the greeting.", [1]))
    try write("agent.sh", sabotaged ? "cat > /dev/null\necho nothing done\n" : Self.agent)
    try write(
      "project/WORKFLOW.md", Self.workflow(agent: Files.join(folder, "agent.sh"), folder: folder))
    try write("project/.gitignore", "issues/\n")
    for arguments in [
      ["init", "-q", "-b", "main"], ["add", "README.md", ".gitignore"],
      // The project's own first commit needs an author; nothing is configured for symphony's.
      [
        "-c", "user.name=Demo", "-c", "user.email=demo@localhost", "commit", "-q", "-m",
        "first commit",
      ],
    ] {
      let done = try CapturedCommand.run(
        ["git"] + arguments, environment: environment, directory: checkout,
        timeoutMilliseconds: 20_000)
      guard done.exit.isSuccess else {
        throw PlatformError(
          "run git \(arguments[0]) in", checkout, 5, why: GitWords.reason(done.errorOutput))
      }
    }
  }

  /// An empty HOME and no system configuration: no git identity anywhere.
  var environment: [String: String] {
    var values = Host.environment
    values["HOME"] = Files.join(folder, "home")
    values["XDG_CONFIG_HOME"] = nil
    values["GIT_CONFIG_NOSYSTEM"] = "1"
    for name in [
      "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL",
    ] {
      values[name] = nil
    }
    return values
  }

  func remove() {
    // A clean-up that fails leaves a directory under the temporary folder and hides no result.
    try? Files.removeTree(folder)
  }

  /// Plays the person: merges the pull request of an issue and closes the issue.
  func merge(_ number: Int, branch: String) throws(PlatformError) {
    let merged = try CapturedCommand.run(
      [
        "git", "-c", "user.name=Human", "-c", "user.email=human@localhost", "merge", "-q",
        "--no-ff",
        "-m", "merge \(branch)", branch,
      ], environment: environment, directory: checkout, timeoutMilliseconds: 20_000)
    guard merged.exit.isSuccess else { throw PlatformError("merge \(branch) in", checkout, 5) }
    try replace("issues/pull-requests/\(number).md", "state: open", "state: merged")
    try replace("issues/\(number).md", "status: open", "status: done")
  }

  private func replace(_ name: String, _ old: String, _ new: String) throws(PlatformError) {
    let path = Files.join(checkout, name)
    try Files.writeAtomically(path, try Files.readText(path).replacing(old, with: new), mode: 0o644)
  }

  private func write(_ name: String, _ text: String) throws(PlatformError) {
    try Files.writeAtomically(Files.join(folder, name), text, mode: 0o644, durable: false)
  }

  private static func issue(_ title: String, _ body: String, _ blockers: [Int]) -> String {
    let blocked = blockers.isEmpty ? "" : "blocked_by: \(blockers)\n"
    return "---\ntitle: \(title)\nstatus: open\nlabels: [symphony]\n\(blocked)---\n\n\(body)\n"
  }

  private static func workflow(agent: String, folder: String) -> String {
    """
    ---
    tracker:
      kind: local
      directory: issues
      labels: [symphony]
    agent:
      kind: command
      command: sh '\(agent)'
      max_concurrent: 2
      max_retry_backoff_ms: 1000
      max_continuations: 1
      stall_timeout_ms: 15000
    ---
    Issue {{ issue.number }}: {{ issue.title }}

    {{ issue.body }}
    {% if attempt %}This is attempt {{ attempt }}.{% endif %}

    """
  }

  /// Edits and commits by the issue's number; issue 2 fails on its first run.
  private static let agent = """
    prompt=$(cat)
    number=$(printf '%s' "$prompt" | sed -n 's/^Issue \\([0-9]*\\):.*/\\1/p' | head -n 1)
    case "$prompt" in
      *attempt*) first=no ;;
      *) first=yes ;;
    esac
    if [ "$number" = 2 ] && [ "$first" = yes ]; then
      echo "the compiler is on strike" >&2
      exit 1
    fi
    [ "$number" = 3 ] && ! [ -f work-1.txt ] && { echo "issue 1 is not merged" >&2; exit 1; }
    echo "work for issue $number" > "work-$number.txt"
    git add -A
    git -c user.name=Agent -c user.email=agent@localhost commit -q -m "Work on issue $number"
    echo "I wrote work-$number.txt."

    """
}
