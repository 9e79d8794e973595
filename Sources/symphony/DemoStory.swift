// The demo's plot: what is told, tick by tick, and the check behind each sentence.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTick

struct DemoStory {
  let project: DemoProject
  let logbook: Logbook

  private var composition: Composition {
    Composition(
      place: Place(workflowPath: project.workflow, stateDirectory: project.state), logbook: logbook,
      base: project.environment)
  }

  func tell() async throws {
    Output.answer(
      Output.paint("A project with three issues; 3 is blocked by 1. What would a tick do?", .bold))
    let rehearsal = try await tick(dryRun: true)
    show(rehearsal)
    try check(code(rehearsal, 1) == "launching", "issue 1 would be launched")
    try check(code(rehearsal, 2) == "launching", "issue 2 would be launched")
    try check(code(rehearsal, 3) == "blocked_by", "issue 3 waits for issue 1")
    try check(!Files.exists(StateLayout(project.state).database), "the dry run wrote nothing")

    let waiting = "Ticks, until 1 and 2 are handed off (2 fails once and is retried):"
    Output.answer(["", Output.paint(waiting, .bold)])
    let first = try await ticks("issues 1 and 2 are handed off") { report in
      code(report, 1) == "handed_off" && code(report, 2) == "handed_off"
    }
    let retried = try item(2, composition.stateReport())
    try check(retried?.runs == 2, "issue 2 was retried after its failed attempt")
    try check(code(first, 3) == "blocked_by", "issue 3 still waits for issue 1")

    let merge = "A person merges the pull request of issue 1; 3 may run now:"
    Output.answer(["", Output.paint(merge, .bold)])
    try project.merge(1, branch: branch(1))
    let second = try await ticks("issue 3 is handed off, issue 1 is done") { report in
      // An item that is done is at rest, and a tick says nothing more of it.
      guard code(report, 3) == "handed_off", isQuiet(report) else { return false }
      return try item(1, composition.stateReport())?.group == .done
    }
    try check(code(second, 2) == "handed_off", "issue 2 is still handed off")
    for number in 1...3 {
      try check(
        Files.exists(Files.join(project.checkout, "issues/pull-requests/\(number).md")),
        "issue \(number) has a pull request record")
    }
    let workspaces = try Files.list(Files.join(project.state, "workspaces")).filter {
      !$0.hasSuffix(".created")
    }
    try check(workspaces.count == 2, "the workspace of issue 1 is gone, those of 2 and 3 are kept")

    Output.answer(["", Output.paint("symphony status", .bold)])
    let state = try composition.stateReport()
    for (number, known) in [(1, ItemGroup.done), (2, .handedOff), (3, .handedOff)] {
      try check(
        item(number, state)?.group == known, "status has issue \(number) as \(known.rawValue)")
    }
    Output.answer(StatusScreen(report: state, width: Output.columns).lines)
    Output.answer(["", Output.paint("The demo went as told.", .green)])
  }

  /// Ends all workers: one left behind would write into a folder that is taken away.
  func endWorkers() {
    let executor = composition.executor()
    let limit = Clock.boottimeMilliseconds() + 10_000
    while Clock.boottimeMilliseconds() < limit {
      // If the workers cannot be looked at, they cannot be ended either.
      guard let alive = try? executor.poll(PollQuestion(findsOthers: true)).othersAlive,
        !alive.isEmpty
      else { return }
      for run in alive { try? executor.end(run, .kill) }
      Clock.sleep(milliseconds: 50)
    }
  }

  private func branch(_ number: Int) -> String { "symphony/local_project_\(number)" }

  private func tick(dryRun: Bool = false) async throws -> TickReport {
    var options = Tick.Options(trigger: .manual)
    options.dryRun = dryRun
    let report = await Tick(parts: composition.tickParts(), options: options).run()
    guard report.exit == .done || report.exit == .willRetry else {
      throw Stop(report.exit, report.problem ?? "a tick failed", hint: report.hint)
    }
    return report
  }

  /// Ticks until the goal is reached or nothing is under way any more.
  ///
  /// It takes seconds; the bound of 2 min is for a machine that is very busy.
  private func ticks(
    _ goal: String, until reached: (TickReport) throws -> Bool
  ) async throws -> TickReport {
    let end = Clock.boottimeMilliseconds() + 120_000
    var seen: Set<String> = []
    while true {
      let report = try await tick()
      for verdict in report.verdicts where seen.insert("\(verdict.key) \(verdict.code)").inserted {
        Output.answer(line(verdict))
      }
      if try reached(report) { return report }
      if Signals.seen != nil { throw Stop(.willRetry, "the demo was interrupted") }
      // A tick that found another at work, one that a worker started, has seen nothing.
      let isOver = report.plan != nil && isQuiet(report)
      guard !isOver, Clock.boottimeMilliseconds() < end else {
        let states = report.verdicts.map { "\($0.key) \($0.code): \($0.sentence)" }
        throw Stop(
          .willRetry, "the demo did not get there: \(goal); now: \(states.joined(separator: "; "))")
      }
      Clock.sleep(milliseconds: 150)
    }
  }

  private func isQuiet(_ report: TickReport) -> Bool { !Outlook(report).isBusy }

  private func code(_ report: TickReport, _ number: Int) -> String {
    report.verdicts.first { $0.key.hasSuffix("#\(number)") }?.code ?? ""
  }

  private func item(_ number: Int, _ state: StateReport) -> ItemReport? {
    state.items.first { $0.key.hasSuffix("#\(number)") }
  }

  private func show(_ report: TickReport) {
    Output.answer(report.verdicts.map(line))
    Output.answer(
      report.entries.map { "  would \($0.name): \($0.subject)  \($0.sentence)" })
  }

  private func line(_ verdict: VerdictReport) -> String {
    "  \(verdict.key)  \(verdict.code.padded(to: 14))  \(Output.oneLine(verdict.sentence))"
  }

  private func check(_ holds: Bool, _ claim: String) throws {
    guard holds else {
      throw Stop(.willRetry, "the demo did not go as told: \(claim) does not hold")
    }
    Output.answer("  \(Output.paint("ok", .green)) \(claim)")
  }
}
