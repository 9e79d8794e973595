// The checks of doctor: those of the workflow are here, the others in the files DoctorX beside it.
// Each answers with findings and throws nothing; what cannot be looked at says so in its place.
// Changes nothing.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTick
import SymphonyWorkflow

struct Checkup {
  let composition: Composition
  /// Nil: there is no WORKFLOW.md that could be read.
  let reading: WorkflowReading?
  var place: Place { composition.place }

  init(_ composition: Composition) {
    self.composition = composition
    let path = composition.place.workflowPath
    reading = (try? Files.readText(path, limit: 1 << 20)).map { composition.reading(of: $0) }
  }

  func run() async -> DoctorReport {
    var findings = workflow() + secrets() + user()
    var surroundings = surroundings
    let known = KnownState(place)
    var isTrackerRefusing = false
    if let policy = reading?.policy {
      let agents = agents(policy)
      surroundings.agents = agents.seen
      findings += template(policy) + machine(policy.workspace, known) + agents.findings
      findings += publishedFiles(policy) + served(policy) + followedUp(policy) + hooks(policy)
      findings += schedule(policy.pollInterval, known.lastTick)
      let tracker = await tracker(policy)
      // Only when nothing else fails: what is wrong on this machine is mended first.
      isTrackerRefusing =
        policy.tracker.kind == .github && tracker.contains { $0.grade == .fail }
        && !findings.contains { $0.grade == .fail }
      findings += tracker
    } else {
      findings += machine(WorkspacePolicy(), known) + schedule(nil, known.lastTick)
    }
    findings = DoctorChecks(policy: reading?.policy).complete(findings)
    let settings = (reading?.settings ?? []).map { setting in
      DoctorReport.Setting(
        key: setting.key, value: setting.value, origin: setting.origin,
        feature: Self.words(setting.feature))
    }
    return DoctorReport(
      at: Timestamp(milliseconds: Clock.wallMilliseconds()),
      exitCode: exitCode(findings, isTrackerRefusing: isTrackerRefusing).rawValue,
      workflow: place.workflowPath, stateDirectory: place.stateDirectory, findings: findings,
      surroundings: surroundings, settings: settings)
  }

  private func exitCode(
    _ findings: [Finding], isTrackerRefusing: Bool
  ) -> SymphonyTick.ExitCode {
    let failed = findings.filter { $0.grade == .fail }.map(\.subject)
    if reading?.policy == nil || failed.contains("template") { return .workflow }
    return failed.isEmpty ? .done : isTrackerRefusing ? .tracker : .willRetry
  }

  private static func words(_ feature: Feature) -> String {
    switch feature {
    case .works: ""
    case .explained(let what): what
    }
  }

  // MARK: The workflow

  private func workflow() -> [Finding] {
    guard let reading else {
      let problem = composition.loadPolicy(lastGood: nil).problem
      return [
        Finding(
          .fail, "workflow", problem ?? "\(place.workflowPath): cannot be read",
          hint: composition.remedy ?? "name another file with --workflow")
      ]
    }
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
    let here = Files.currentDirectory
    if here != place.projectDirectory, Files.exists(Files.join(here, ".env")) {
      findings.append(
        Finding(
          .warn, "environment",
          "\(Files.join(here, ".env")) is not read: .env is taken from the directory of "
            + "WORKFLOW.md",
          hint: "put what it sets into \(Files.join(place.projectDirectory, ".env"))"))
    }
    return findings
  }

  private func template(_ policy: Policy) -> [Finding] {
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

  // MARK: Asking programs

  func ask(
    _ arguments: [String], environment: [String: String]? = nil, timeout: Interval = .seconds(10)
  ) -> CapturedCommand? {
    try? CapturedCommand.run(
      arguments, environment: environment ?? composition.environment,
      directory: place.projectDirectory, timeoutMilliseconds: timeout.milliseconds)
  }
}
