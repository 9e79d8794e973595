// A tick's report for people and for programs. A tick that changed nothing prints nothing (cron
// mails output).
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

struct TickPrinter {
  let report: TickReport
  let composition: Composition
  let dryRun: Bool

  func print(json: Bool) throws {
    // Not on every tick of a timer: cron mails output.
    if report.snapshot?.trigger ?? .manual == .manual {
      for warning in composition.warnings { composition.logbook.write(.warning, warning) }
    }
    if json { return try Output.json(members) }
    for note in report.notes { composition.logbook.write(.info, note) }
    for failure in report.failures { composition.logbook.write(.warning, failure) }
    if dryRun, let plan = report.plan { return printPlan(plan) }
    if report.summary != nil {
      for entry in report.entries {
        composition.logbook.write(.debug, "\(entry.subject): \(entry.sentence)")
      }
    }
    if let summary = report.summary { Output.answer(summary) }
  }

  private func printPlan(_ plan: Plan) {
    if plan.verdicts.isEmpty {
      Output.answer("no work items")
    } else {
      let rows = plan.verdicts.map { verdict in
        [verdict.key.text, verdict.reason.code, Output.oneLine(verdict.reason.sentence, 160)]
      }
      Output.answer(Output.paint("verdicts", .bold))
      Output.answer(Output.table(rows.map { ["  " + $0[0], $0[1], $0[2]] }))
    }
    Output.answer(Output.paint(report.entries.isEmpty ? "no actions" : "actions", .bold))
    if !report.entries.isEmpty {
      Output.answer(
        Output.table(
          report.entries.map { ["  " + $0.name, $0.subject, Output.oneLine($0.sentence, 160)] }))
    }
    Output.answer("nothing was changed (dry run)")
  }

  private var members: [String: Structure] {
    var object: [String: Structure] = [
      "exit_code": .integer(Int64(report.exit.rawValue)), "dry_run": .bool(dryRun),
      "launched": .integer(Int64(report.launched)), "delivered": .integer(Int64(report.delivered)),
      "failures": .list(report.failures.map { .string($0) }),
      "notes": .list(report.notes.map { .string($0) }),
      "warnings": .list(composition.warnings.map { .string($0) }),
      "error": .optional(report.problem),
      "state_directory": .string(composition.place.stateDirectory),
    ]
    object["verdicts"] = .list((report.plan?.verdicts ?? []).map(Self.structure))
    object["actions"] = Self.list(report.entries)
    object["effects"] = Self.list(report.plan?.effects ?? [])
    object["news"] = Self.list(report.news)
    if let survey = report.snapshot?.survey {
      object["requests"] = .integer(Int64(survey.requests))
      object["not_modified"] = .integer(Int64(survey.notModified))
    }
    return object
  }

  private static func list(_ entries: [any PlanEntry]) -> Structure {
    .list(
      entries.map { entry in
        .object([
          "name": .string(entry.name), "subject": .string(entry.subject),
          "sentence": .string(entry.sentence),
        ])
      })
  }

  static func structure(_ verdict: Verdict) -> Structure {
    .object([
      "key": .string(verdict.key.text), "id": .string(verdict.item.text),
      "title": .string(verdict.title),
      "code": .string(verdict.reason.code), "sentence": .string(verdict.reason.sentence),
      "needs_human": .bool(verdict.reason.needsHuman),
    ])
  }
}
