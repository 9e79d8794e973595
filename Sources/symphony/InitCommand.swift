// `symphony init`: sets up a project with WORKFLOW.md, .env and a line in .gitignore. Asks on a
// terminal what flags do not say. Overwrites nothing; NewProject has the texts, InitQuestions the
// asking. Reads git, writes those three files, and asks GitHub only to make a label.
import ArgumentParser
import Logging
import SymphonyCore
import SymphonyPlatform
import SymphonyTick
import SymphonyTrackers
import SymphonyWorkflow

struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Set up a project: WORKFLOW.md, .env for the token, .gitignore.",
    discussion: """
      Asks on a terminal what the flags do not say. Files that are there are never overwritten.

      Examples:
        symphony init
        symphony init --label symphony --agent codex --create-label
        symphony init --board acme/6 --agent claude_code
        symphony init --local --agent command --command ./agent.sh
      """)
  @Option(help: "Work on open issues with this label (default: symphony).") var label: String?
  @Option(help: "Work on the cards of this Projects board: OWNER/NUMBER, or its address.")
  var board: String?
  @Flag(help: "Issues are Markdown files in issues/; no GitHub.") var local = false
  @Option(help: "One of \(AgentKind.names).") var agent: String?
  @Option(help: "With --agent command: what is run; the prompt comes on its stdin.")
  var command: String?
  @Option(help: "OWNER/NAME (default: what the remote origin names).") var repository: String?
  @Option(help: "GitHub Enterprise Server: https://HOST/api/v3.") var apiURL: String?
  @Flag(help: "Make the label on GitHub if it is missing; needs a token.") var createLabel = false
  @Flag(help: "Ask nothing; what no flag says gets its default.") var yes = false
  @Option(
    name: [.short, .customLong("workflow")],
    help: "The file to write (default: WORKFLOW.md at the repository's root).")
  var workflow: String?
  @OptionGroup var log: LogOptions

  func validate() throws {
    if board != nil, label != nil || local {
      throw ValidationError("--board stands alone: leave out --label and --local")
    }
    if createLabel, board != nil || local {
      throw ValidationError("--create-label goes with --label, on GitHub")
    }
    if local, repository != nil || apiURL != nil {
      throw ValidationError("--local needs no --repository and no --api-url")
    }
    if command != nil, let agent, !AgentKind.isScript(agent) {
      throw ValidationError("--command goes with --agent command")
    }
    if let apiURL, !["https://", "http://"].contains(where: apiURL.hasPrefix) {
      throw ValidationError("--api-url is no address: \(apiURL); write https://HOST/api/v3")
    }
  }

  func run() async throws {
    try refuseInsideRun()
    let files = try ProjectFiles(workflow: workflow, logbook: log.logbook)
    let answers = InitAnswers(
      directory: files.directory, isAsking: Host.isTerminalInput && !yes, flags: self)
    let project = try answers.project()
    let text = project.workflow
    try check(text, project, files)
    if answers.isAsking,
      try !InitQuestions.confirm("Write \(files.workflow)?", standard: true)
    {
      throw Stop(.usage, "nothing was written")
    }
    if case .local = project.source {
      try files.writeWorkflow(text)
    } else {
      try files.writeSecretsFile()
      try files.writeWorkflow(text)
      if case .label(let label, _) = project.source, createLabel {
        try await make(label, files)
      }
    }
    for line in nextSteps(project, files) { Output.answer(line) }
  }

  /// Read back as a tick will read it: nothing is written that says something else.
  private func check(_ text: String, _ project: NewProject, _ files: ProjectFiles) throws {
    let reading = files.composition.reading(of: text)
    if let problem = reading.diagnostics.first(where: { $0.severity == .error }) {
      throw Stop(.usage, problem.message, hint: problem.hint)
    }
    let policy = reading.policy?.tracker
    let isMeant =
      switch project.source {
      case .label(let label, _), .local(let label): policy?.requiredLabels == [label.folded]
      case .board(let owner, let number, _):
        policy?.board?.owner == owner && policy?.board?.number == number
      }
    guard isMeant else {
      throw Stop(
        .usage, "this cannot be written into a workflow so that it means the same",
        hint: "use letters, digits, spaces, `-` and `_`")
    }
  }

  private func make(_ label: String, _ files: ProjectFiles) async throws {
    let reading = files.composition.reading(of: try Files.readText(files.workflow, limit: 1 << 20))
    guard let policy = reading.policy else { return }
    let deadline = TickDeadline(after: .seconds(20))
    do throws(TrackerError) {
      let outcome = try await LabelCreation.run(
        label, files.composition.trackerParts(policy, budget: TrackerBudget(deadline)))
      Output.done(outcome == .created ? "made the label \(label)" : "the label \(label) is there")
    } catch {
      throw Stop(
        .tracker, "the files are written, but the label was not made: \(error.sentence)",
        hint: error.hint ?? "gh label create \(ShellWords.quoted(label))")
    }
  }

  private func nextSteps(_ project: NewProject, _ files: ProjectFiles) -> [String] {
    let secrets = Files.join(files.directory, ".env")
    let token = "put a token into \(secrets), and commit WORKFLOW.md and .gitignore"
    var steps: [String]
    switch project.source {
    case .local(let label):
      steps = ["write an issue, issues/1.md: a title and `labels: [\(label)]` between lines of ---"]
    case .label(let label, _):
      let make = createLabel ? [] : ["gh label create \(ShellWords.quoted(label))"]
      steps = [token] + make + ["put the label \(label) on an issue"]
    case .board: steps = [token]
    }
    steps += [
      "symphony doctor                     # checks all of it",
      "symphony install --systemd --user   # or --cron; or once: symphony tick --wait",
    ]
    return steps.enumerated().map { ($0.offset == 0 ? "next: " : "      ") + $0.element }
  }
}

/// The files of a project that is set up, and where they go.
struct ProjectFiles {
  let workflow: String
  let directory: String
  let composition: Composition

  /// - Throws: `Stop` with 64 where one is there already, or no git repository.
  init(workflow named: String?, logbook: Logbook) throws {
    let search = try WorkflowSearch(named: named)
    if Files.linkTarget(search.given) != nil || Files.exists(search.path) {
      throw Stop(
        .usage, "\(search.path) is there already: nothing was written",
        hint: "`symphony doctor` checks it; --workflow PATH sets up another one")
    }
    let around = Files.parent(of: search.path)
    guard Files.isDirectory(around) else {
      throw Stop(
        .usage, "\(around) is not a directory", hint: "mkdir -p \(ShellWords.quoted(around))")
    }
    let root = try Self.root(of: around)
    // Without a name it is for the whole repository, wherever in it this is called.
    workflow = named == nil ? Files.join(root, "WORKFLOW.md") : search.path
    directory = Files.parent(of: workflow)
    composition = Composition(
      place: Place(workflowPath: workflow, stateDirectory: ""),
      logbook: logbook)
  }

  private static func git(_ arguments: [String], in directory: String) throws -> CapturedCommand {
    do throws(PlatformError) {
      return try CapturedCommand.run(
        ["git", "-C", directory] + arguments,
        environment: Host.environment.merging(["LC_ALL": "C"]) { $1 }, timeoutMilliseconds: 5000)
    } catch {
      throw Stop(
        .usage, "git cannot be started: \(error.description)", hint: GitVersion.hint)
    }
  }

  private static func root(of directory: String) throws -> String {
    let answer = try git(["rev-parse", "--show-toplevel"], in: directory)
    let output = answer.output
    let root =
      output.endsInLineFeed ? output[..<output.utf8.index(before: output.endIndex)] : output[...]
    guard answer.exit.isSuccess, !root.isEmpty else {
      if let hint = GitWords.hint(answer.errorOutput, directory) {
        throw Stop(.usage, GitWords.reason(answer.errorOutput) ?? "git refuses", hint: hint)
      }
      throw Stop(
        .usage, "\(directory) is in no git repository",
        hint: "go to a clone of the repository that is to be worked on, or `git init` one")
    }
    return String(root)
  }

  /// .env beside the workflow, out of git; one that is there is left alone.
  ///
  /// The line in .gitignore comes first: no moment in which `git add .` would take the token.
  func writeSecretsFile() throws {
    let file = Files.join(directory, ".env")
    let tracked = try Self.git(["ls-files", "--error-unmatch", "--", ".env"], in: directory)
    if tracked.exit.isSuccess {
      throw Stop(
        .usage, "\(file) is tracked by git: a token in it would be published; nothing was written",
        hint: "git rm --cached .env, and commit that")
    }
    let ignored = try Self.git(["check-ignore", "--quiet", "--", ".env"], in: directory)
    if ignored.exit == .exited(1) {
      try ignore()
    } else if !ignored.exit.isSuccess {
      throw Stop(
        .usage,
        "git cannot say whether .env is ignored: "
          + (GitWords.reason(ignored.errorOutput) ?? ignored.exit.description),
        hint: "nothing was written; `git check-ignore .env` asks it")
    }
    if Files.exists(file) || Files.linkTarget(file) != nil {
      Output.answer("left alone: \(file)")
      if let mode = Files.permissions(file), mode & 0o077 != 0 {
        Output.hint("others may read it: chmod 600 \(ShellWords.quoted(file))")
      }
      return
    }
    try write(file, NewProject.dotEnv, mode: 0o600)
  }

  private func ignore() throws {
    let file = Files.join(directory, ".gitignore")
    if Files.linkTarget(file) != nil {
      throw Stop(
        .usage, "\(file) is a link, which git does not follow; nothing was written",
        hint: "have git ignore .env another way, as in .git/info/exclude")
    }
    guard Files.exists(file) else { return try write(file, ".env\n", mode: 0o644) }
    do throws(PlatformError) {
      var bytes = try Files.read(file, limit: 1 << 20)
      if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
      bytes += Array(".env\n".utf8)
      let mode = (Files.permissions(file) ?? 0o644) & 0o777
      try Folder(directory).write(FileName(".gitignore"), bytes, mode: mode, exact: true)
    } catch {
      throw Stop(.state, error.description, hint: "nothing else was written")
    }
    Output.done("added .env to \(file)")
  }

  func writeWorkflow(_ text: String) throws { try write(workflow, text, mode: 0o644) }

  private func write(_ path: String, _ text: String, mode: UInt32) throws {
    do throws(PlatformError) { try Files.create(path, text, mode: mode) } catch {
      throw Stop(.state, error.description, hint: "nothing that was there is changed")
    }
    Output.done("wrote \(path)")
  }
}
