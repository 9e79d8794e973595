// A tick's report for people and for programs. A tick that changed nothing prints nothing (cron
// mails output).
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTick

struct TickPrinter {
  let report: TickReport
  let composition: Composition
  let dryRun: Bool

  func printJSON() throws {
    warn()
    try Output.json(answer)
  }

  func print() {
    warn()
    for note in report.notes { composition.logbook.write(.info, note) }
    for failure in report.failures { composition.logbook.write(.warning, failure) }
    if dryRun, report.plan != nil { return printPlan() }
    if report.summary != nil {
      for entry in report.entries {
        composition.logbook.write(.debug, "\(entry.subject): \(entry.sentence)")
      }
    }
    if let summary = report.summary { return Output.answer(summary) }
    if Host.isTerminalOutput, let plan = report.plan, report.exit == .done {
      Output.answer("nothing changed: \(Self.standing(plan)); `symphony status` tells more")
    }
  }

  /// Not on every tick of a timer: cron mails output.
  private func warn() {
    guard report.snapshot?.trigger ?? .manual == .manual else { return }
    for warning in composition.warnings { composition.logbook.write(.warning, warning) }
  }

  /// How many items there are, and what most of them wait for.
  private static func standing(_ plan: Plan) -> String {
    if plan.verdicts.isEmpty { return "no work items" }
    let counts = Dictionary(grouping: plan.verdicts) { $0.reason.code }.mapValues(\.count)
    let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(4)
    return sorted.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
  }

  private func printPlan() {
    if report.verdicts.isEmpty {
      Output.answer("no work items")
    } else {
      Output.answer(Output.paint("verdicts", .bold))
      Output.answer(
        Output.table(
          report.verdicts.map { ["  " + $0.key, $0.code, Output.oneLine($0.sentence, 160)] }))
    }
    Output.answer(Output.paint(report.entries.isEmpty ? "no actions" : "actions", .bold))
    if !report.entries.isEmpty {
      Output.answer(
        Output.table(
          report.entries.map { ["  " + $0.name, $0.subject, Output.oneLine($0.sentence, 160)] }))
    }
    let started = report.plan?.launches.count { $0.run.purpose == .work } ?? 0
    let known = report.verdicts.count
    if known > 0 {
      Output.answer("\(started) of \(known) work item\(known == 1 ? "" : "s") would be started now")
    }
    Output.answer("nothing was changed (dry run)")
  }

  private var answer: TickAnswer {
    var answer = TickAnswer(
      exitCode: report.exit.rawValue, dryRun: dryRun,
      stateDirectory: composition.place.stateDirectory)
    answer.launched = report.launched
    answer.delivered = report.delivered
    answer.failures = report.failures
    answer.notes = report.notes
    answer.warnings = composition.warnings
    answer.error = report.problem
    answer.verdicts = report.verdicts
    answer.actions = report.entries.map { TickAnswer.Entry($0) }
    answer.effects = (report.plan?.effects ?? []).map { TickAnswer.Entry($0) }
    answer.news = report.news.map { TickAnswer.Entry($0) }
    answer.requests = report.snapshot?.survey.requests
    answer.notModified = report.snapshot?.survey.notModified
    return answer
  }
}

extension TickReport {
  /// One for each item the tick knew of; none when it made no plan.
  var verdicts: [VerdictReport] { (plan?.verdicts ?? []).map(VerdictReport.init) }
}
