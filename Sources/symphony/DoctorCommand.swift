// `symphony doctor`: checks the workflow, git, the agents, the tracker, this machine and what calls
// ticks, and prints every effective setting with its origin. Checkup makes the checks; this prints
// them. With --through-scheduler a scheduler makes them, too (ThroughScheduler).
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTick

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check the workflow, git, the agent, the tracker and the directories.",
    discussion: """
      Changes nothing. Each finding says what is wrong and what to do; behind them stand the \
      settings in effect, each with where it comes from. With --through-scheduler the timer or \
      crontab that calls ticks makes the same checks, because it has neither the PATH nor the \
      variables of this shell: what differs is shown. A crontab gets a line for that, which is \
      taken out again.

      Examples:
        symphony doctor
        symphony doctor --all              with the settings that have their default
        symphony doctor ../app/WORKFLOW.md
        symphony doctor --json
        symphony doctor --through-scheduler

      Exit codes:
        0   nothing fails (with --through-scheduler: there)
        1   a check failed
        64  --through-scheduler: nothing calls ticks
        69  only the tracker fails: unreachable, refused or limited
        75  --through-scheduler: another one waits for its answer
        78  WORKFLOW.md invalid
      """)
  @Argument(help: "The workflow file (default: WORKFLOW.md here, or above).") var workflowPath:
    String?
  @OptionGroup var global: GlobalOptions
  @Flag(help: "Print the result as JSON.") var json = false
  @Flag(help: "List the settings that have their default too.") var all = false
  @Flag(help: "Have what calls ticks make the same checks, and show what differs.")
  var throughScheduler = false
  @Option(help: .hidden) var result: String?

  func run() async throws {
    let place = try global.place(positional: workflowPath)
    let composition = Composition(place: place, logbook: global.logbook)
    let checkup = Checkup(composition)
    if throughScheduler { return try await ThroughScheduler(checkup).run(asJSON: json) }
    if let result { return try await leave(result, checkup) }
    let report = await checkup.run()
    if json {
      try Output.json(report)
    } else if checkup.reading == nil, let missing = report.findings.first {
      // Nothing else matters yet.
      throw Stop(.workflow, missing.text, hint: missing.hint)
    } else {
      show(report)
    }
    if let stop = Self.stop(report) { throw stop }
  }

  /// Called by a scheduler for somebody who waits; says nothing, because cron would mail it.
  private func leave(_ answer: String, _ checkup: Checkup) async throws {
    // At once: whatever happens from here on, the line is not called again.
    CrontabAsking(workflow: checkup.place.workflowPath).removeLeftovers()
    guard try AnswerBox.begin(answer) else { return }
    try AnswerBox.put(try ReportJSON.text(of: await checkup.run()), as: answer)
  }

  static func stop(_ report: DoctorReport) -> Stop? {
    guard let code = SymphonyTick.ExitCode(rawValue: report.exitCode), code != .done else {
      return nil
    }
    return Stop(
      code, code == .workflow ? "WORKFLOW.md is not valid" : "a check failed",
      hint: "mend what is marked fail above")
  }

  // MARK: Text

  private func show(_ report: DoctorReport) {
    for check in report.findings { Output.answer(DoctorText.lines(check)) }
    let rows = report.settings.filter { all || !$0.origin.hasPrefix("default") }.map { setting in
      ["  " + setting.key, Output.oneLine(setting.value, 60), setting.origin, setting.feature]
    }
    if !rows.isEmpty {
      let scope = all ? "" : " (--all lists the defaults too)"
      Output.answer(["", Output.paint("settings", .bold) + scope] + Output.table(rows))
    }
  }
}

/// A check as a person reads it.
enum DoctorText {
  static func lines(_ check: DoctorReport.Check) -> [String] {
    let head = "\(grade(check.grade))  \(check.subject.padded(to: width))  \(check.text)"
    return [head] + (check.hint.map { [indent + $0] } ?? [])
  }

  /// Under the text of a check.
  static let indent = String(repeating: " ", count: 4 + 2 + width + 2)
  private static let width = 11

  static func grade(_ grade: Finding.Grade) -> String {
    let colour: Output.Colour =
      switch grade {
      case .pass: .green
      case .warn: .yellow
      case .fail: .red
      case .skip: .dim
      }
    return Output.paint(grade.rawValue.padded(to: 4), colour)
  }
}

extension String {
  func padded(to width: Int) -> String {
    count >= width ? self : self + String(repeating: " ", count: width - count)
  }
}
