// The manners of a GitHub Actions runner: it folds groups, shows annotations, has a page for a
// summary, and gives a step ten seconds to end. Other CI systems get the same words without any of
// that.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTick

enum ActionsRunner {
  static let isHere = Host.environment["GITHUB_ACTIONS"] == "true"

  /// `3 news: 2 launched, 1 parked`.
  static func title(_ tick: Int, _ news: [NewsLine]) -> String {
    let counts = NewsLine.Kind.allCases.compactMap { kind -> String? in
      let count = news.count { $0.kind == kind }
      let word = kind.rawValue.replacing("_", with: " ")
      return count > 0 ? "\(count) \(word)" : nil
    }
    return "tick \(tick): " + counts.joined(separator: ", ")
  }
}

/// The end of `tick --wait` for the runner: annotations of what needs a person, and the summary.
struct RunnerEnding {
  let report: TickReport
  let composition: Composition

  func publish() {
    let commands = RunnerCommand.bounded(errors) + RunnerCommand.bounded(warnings)
    if !commands.isEmpty { _ = Output.runner(commands) }
    summarize()
  }

  private var root: String? { Host.environment["GITHUB_WORKSPACE"] }

  private var errors: [RunnerCommand] {
    var errors: [RunnerCommand] = []
    // An item that does not come to an end has an annotation of its own.
    if report.exit != .done, report.exit != .willRetry, let problem = report.problem {
      errors += problem.split(whereSeparator: \.isNewline)
        .map { RunnerCommand.remark(.error, String($0), root: root) }
    }
    return errors + items { $0.needsHuman }.now.map { RunnerCommand(.error, $0) }
  }

  private var warnings: [RunnerCommand] {
    composition.warnings.map { RunnerCommand.remark(.warning, $0, root: root) }
      + items { $0.isHindered }.now.map { RunnerCommand(.warning, $0) }
      + items { $0.needsHuman }.before.map { RunnerCommand(.warning, $0) }
  }

  /// A line for each item with such a verdict, apart for items that were parked before the wait.
  private func items(where isMeant: (Reason) -> Bool) -> (now: [String], before: [String]) {
    func told(_ verdicts: [Verdict]) -> [String] {
      verdicts.map { "\($0.key.text): \(Output.oneLine($0.reason.sentence, 500))" }
    }
    let meant = (report.plan?.verdicts ?? []).filter { isMeant($0.reason) }
    return (
      now: told(meant.filter { !report.parkedBefore.contains($0.key) }),
      before: told(meant.filter { report.parkedBefore.contains($0.key) })
    )
  }

  /// Bytes that a runner takes of a step; more than that, and it takes nothing.
  private static let summaryLimit = 1 << 20

  private func summarize() {
    guard let file = Host.environment["GITHUB_STEP_SUMMARY"], !file.isEmpty else { return }
    let ending = [
      report.problem ?? report.summary ?? "all is quiet", WaitLoop.words(parkedBefore: report),
    ].compactMap(\.self).joined(separator: "; ")
    do {
      let state = try composition.stateReport()
      let room = Self.summaryLimit - Int(Files.facts(file)?.size ?? 0)
      let text = WaitSummary(state, ending: "\(report.exit.word): \(ending)").markdown(limit: room)
      try Files.append(file, text, mode: 0o644)
    } catch let error as StoreError {
      composition.logbook.write(.warning, "no summary: \(error.sentence)")
    } catch {
      let why = (error as? PlatformError)?.description ?? "\(error)"
      composition.logbook.write(.warning, "no summary: \(why)")
    }
  }
}
