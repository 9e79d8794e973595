// `symphony doctor`: checks the workflow, git, the agent, the tracker and the directories, and
// prints every effective setting with its origin. Exit 78 when WORKFLOW.md is invalid, 1 when a
// check fails, else 0.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyStore
import SymphonyTick
import SymphonyWorkflow

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check the workflow, git, the agent, the tracker and the directories.",
    discussion: """
      Changes nothing. Each finding says what is wrong and what to do; behind them stand the \
      settings in effect, each with where it comes from.

      Examples:
        symphony doctor
        symphony doctor --all              with the settings that have their default
        symphony doctor ../app/WORKFLOW.md
        symphony doctor --json

      Exit codes:
        0   nothing fails
        1   a check failed
        69  only the tracker fails: unreachable, refused or limited
        78  WORKFLOW.md invalid
      """)
  @Argument(help: "The workflow file (default: ./WORKFLOW.md).") var workflowPath: String?
  @OptionGroup var global: GlobalOptions
  @Flag(help: "Print the result as JSON.") var json = false
  @Flag(help: "List the settings that have their default too.") var all = false

  func run() async throws {
    let place = try global.place(positional: workflowPath)
    let composition = Composition(place: place, logbook: global.logbook)
    let load = composition.loadPolicy(lastGood: nil)
    guard let text = try? Files.readText(place.workflowPath, limit: 1 << 20) else {
      throw Stop(
        .workflow, load.problem ?? "\(place.workflowPath): cannot be read",
        hint: composition.remedy ?? "`symphony init` writes one; --workflow names another file")
    }
    let reading = composition.reading(of: text)
    let start = Checkup(composition: composition, reading: reading)
    var findings = start.workflow() + start.secrets()
    var isTrackerRefusing = false
    if let policy = reading.policy {
      let checkup = Checkup(composition: composition, reading: reading)
      findings += checkup.template(policy) + checkup.machine(policy) + checkup.agents(policy)
      let tracker = await checkup.tracker(policy)
      // Only when nothing else fails: what is wrong on this machine is mended first.
      isTrackerRefusing =
        policy.tracker.kind == .github && tracker.contains { $0.grade == .fail }
        && !findings.contains { $0.grade == .fail }
      findings += tracker
    }
    try show(findings, reading, place)
    let invalid =
      reading.policy == nil || findings.contains { $0.subject == "template" && $0.grade == .fail }
    if invalid {
      throw Stop(.workflow, "WORKFLOW.md is not valid", hint: "mend what is marked fail above")
    }
    if findings.contains(where: { $0.grade == .fail }) {
      throw Stop(
        isTrackerRefusing ? .tracker : .willRetry, "a check failed",
        hint: "mend what is marked fail above")
    }
  }

  private func show(_ findings: [Finding], _ reading: WorkflowReading, _ place: Place) throws {
    if json {
      return try Output.json([
        "workflow": .string(place.workflowPath), "state_directory": .string(place.stateDirectory),
        "findings": .list(
          findings.map { finding in
            .object([
              "grade": .string(finding.grade.rawValue), "subject": .string(finding.subject),
              "text": .string(finding.text), "hint": .optional(finding.hint),
            ])
          }),
        "settings": .list(
          reading.settings.map { setting in
            .object([
              "key": .string(setting.key), "value": .string(setting.value),
              "origin": .string(setting.origin), "feature": .string(Self.words(setting.feature)),
            ])
          }),
      ])
    }
    for finding in findings {
      let colour: Output.Colour =
        switch finding.grade {
        case .pass: .green
        case .warn: .yellow
        case .fail: .red
        case .skip: .dim
        }
      let grade = finding.grade.rawValue.padded(to: 4)
      let subject = finding.subject.padded(to: 11)
      Output.answer("\(Output.paint(grade, colour))  \(subject)  \(finding.text)")
      if let hint = finding.hint {
        Output.answer("      \("".padded(to: 11))  \(hint)")
      }
    }
    let rows = reading.settings.filter { all || !$0.origin.hasPrefix("default") }.map { setting in
      [
        "  " + setting.key, Output.oneLine(setting.value, 60), setting.origin,
        Self.words(setting.feature),
      ]
    }
    if !rows.isEmpty {
      let scope = all ? "" : " (--all lists the defaults too)"
      Output.answer(["", Output.paint("settings", .bold) + scope] + Output.table(rows))
    }
  }

  private static func words(_ feature: Feature) -> String {
    switch feature {
    case .works: ""
    case .later(let what): "not yet: \(what)"
    case .explained(let what): what
    }
  }
}

extension String {
  func padded(to width: Int) -> String {
    count >= width ? self : self + String(repeating: " ", count: width - count)
  }
}

/// The checks themselves; each answers with findings and throws nothing.
struct Checkup {
  let composition: Composition
  let reading: WorkflowReading
  private var place: Place { composition.place }

  init(composition: Composition, reading: WorkflowReading) {
    self.composition = composition
    self.reading = reading
  }

  func workflow() -> [Finding] {
    var findings = reading.diagnostics.map { diagnostic in
      Finding(
        diagnostic.severity == .error ? .fail : .warn, "workflow", diagnostic.description,
        hint: diagnostic.hint)
    }
    if reading.policy != nil {
      findings.insert(
        Finding(
          .pass, "workflow",
          "\(place.workflowPath) is valid (defaults of \(reading.dialect.name))"),
        at: 0)
    }
    if let policy = reading.policy, policy.tracker.startsEverything {
      findings.append(
        Finding(
          .warn, "selection", "nothing narrows what is worked on: every open issue is",
          hint: "name a label with tracker.required_labels, an assignee, or a board"))
    }
    let here = Files.currentDirectory
    if here != place.projectDirectory, Files.exists(Files.join(here, ".env")) {
      findings.append(
        Finding(
          .warn, "environment",
          "\(Files.join(here, ".env")) is not read: .env is taken from the directory of WORKFLOW.md"
        ))
    }
    return findings
  }

  func template(_ policy: Policy) -> [Finding] {
    var findings: [Finding] = []
    let engine = TemplateEngine()
    var problems = engine.check(
      policy.promptTemplate, sample: TemplateContext.sample(), firstLine: policy.promptLine
    ).map { error in
      Finding(
        .fail, "template", "\(place.workflowPath):\(error.line):\(error.column): \(error.sentence)",
        hint: error.hint)
    }
    if let continuation = policy.agent.continuationPrompt {
      problems += engine.check(
        continuation.text, sample: TemplateContext.sample(), firstLine: continuation.line
      ).map {
        error in
        Finding(
          .fail, "template",
          "agent.continuation_prompt:\(error.line):\(error.column): \(error.sentence)",
          hint: error.hint)
      }
    }
    let texts = [
      ("pull_request.title", policy.pullRequest.title),
      ("pull_request.body", policy.pullRequest.body),
    ]
    for (key, source) in texts {
      guard let source else { continue }
      let sample = TemplateContext.adding(.sample, to: TemplateContext.sample())
      problems += engine.check(source.text, sample: sample, firstLine: source.line).map { error in
        Finding(
          .fail, "template",
          "\(place.workflowPath):\(error.line):\(error.column): \(key): \(error.sentence)",
          hint: error.hint)
      }
    }
    findings += problems
    if problems.isEmpty {
      findings.append(Finding(.pass, "template", "the prompt renders for a sample issue"))
    }
    let asksForToken = ["gh ", "git push"].filter { word in
      policy.promptTemplate.contains(word)
        || policy.hooks.scripts.values.contains { $0.contains(word) }
    }
    if !policy.agent.passGitHubToken, !asksForToken.isEmpty {
      let words = asksForToken.map { "`\($0.trimmingWhitespace())`" }.joined(separator: " and ")
      findings.append(
        Finding(
          .warn, "token", "the prompt or a hook uses \(words), but agents get no GitHub token",
          hint: "symphony pushes and opens the pull request itself; "
            + "agent.pass_github_token: true gives agents the token"))
    }
    return findings
  }

  func machine(_ policy: Policy) -> [Finding] {
    var findings: [Finding] = []
    let version = ask(["git", "--version"])
    if let version, version.exit.isSuccess {
      findings.append(Finding(.pass, "git", version.output.trimmingWhitespace()))
    } else {
      findings.append(
        Finding(
          .fail, "git",
          "git cannot be started"
            + (version.flatMap { GitWords.reason($0.errorOutput) }.map { ": \($0)" } ?? ""),
          hint: "install git 2.30 or later"))
    }
    findings += directories(policy)
    if let damaged = state(), !findings.contains(where: { $0.text == damaged.text }) {
      findings.append(damaged)
    }
    if let free = Files.freeMegabytes(existing(place.stateDirectory)) {
      findings.append(
        free < policy.workspace.minFreeMegabytes
          ? Finding(
            .fail, "disk",
            "\(free) MB free, workspace.min_free_mb asks for \(policy.workspace.minFreeMegabytes)")
          : Finding(.pass, "disk", "\(free) MB free"))
    }
    return findings
  }

  /// Looks at what is in the state directory, and reads a private copy of the database if there is
  /// one; nil when it is fine.
  private func state() -> Finding? {
    do throws(StoreError) {
      try SQLiteStore.checkPlace(place.stateDirectory)
      guard Files.exists(StateLayout(place.stateDirectory).database) else { return nil }
      let store = try SQLiteStore.open(
        directory: place.stateDirectory, mode: .privateCopy,
        now: Timestamp(milliseconds: Clock.wallMilliseconds()))
      defer { store.close() }
      _ = try store.load()
      return nil
    } catch {
      return Finding(.fail, "state", error.sentence, hint: error.hint)
    }
  }

  private func directories(_ policy: Policy) -> [Finding] {
    let workspace = policy.workspace
    let known = known
    let absent = NamedFolders(
      stateDirectory: place.stateDirectory, policy: workspace, items: known.items,
      marked: known.marked
    ).absent()
    var findings = [directory("state", place.stateDirectory)]
    for (name, path) in [
      ("caches", workspace.cacheDirectory), ("workspaces", workspace.worktreeDirectory),
    ] {
      guard let path, !absent.contains(where: { $0.folder == path }) else { continue }
      findings.append(directory(name, path))
    }
    // One directory may be missing for both.
    for missing in absent {
      let finding = Finding(.fail, "workspaces", missing.sentence, hint: missing.hint)
      if !findings.contains(finding) { findings.append(finding) }
    }
    if place.namesState, let absence = NamedState.absence(place.stateDirectory) {
      findings.append(Finding(.fail, "state", absence.sentence, hint: absence.hint))
    }
    return findings
  }

  /// Those of the database, where it can be read; what is wrong with it is told by `state`.
  private var known: (items: [ItemRecord], marked: String?) {
    guard Files.exists(StateLayout(place.stateDirectory).database),
      let store = try? SQLiteStore.open(
        directory: place.stateDirectory, mode: .privateCopy,
        now: Timestamp(milliseconds: Clock.wallMilliseconds()))
    else { return ([], nil) }
    defer { store.close() }
    return ((try? store.load().items) ?? [], try? store.fact(.markedFolders))
  }

  /// Writable, without writing: the nearest existing directory has to be.
  private func directory(_ name: String, _ path: String) -> Finding {
    do throws(UnsafeFolder) { try FolderSafety().check(path) } catch {
      return Finding(.fail, name, error.sentence, hint: error.hint)
    }
    let near = existing(path)
    if !Files.isDirectory(near) || !Files.isWritable(near) {
      return Finding(
        .fail, name, "\(near) is not a directory this user can write to",
        hint: "change its owner, or name another with --state-dir or workspace.root")
    }
    if Host.isNetworkFileSystem(near) {
      return Finding(.fail, name, "\(path) is on a network file system: locks mean nothing there")
    }
    return Finding(.pass, name, path)
  }

  private func existing(_ path: String) -> String {
    var near = path
    while !Files.exists(near), near != "/" { near = Files.parent(of: near) }
    return near
  }

  private func ask(_ arguments: [String]) -> CapturedCommand? {
    try? CapturedCommand.run(
      arguments, environment: composition.environment, directory: place.projectDirectory,
      timeoutMilliseconds: 10_000)
  }
}
