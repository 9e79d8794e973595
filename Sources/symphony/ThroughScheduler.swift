// `doctor --through-scheduler`: makes doctor's checks here, has what calls ticks make them as well,
// and shows what differs. A scheduler knows neither the PATH nor the variables of a person's shell,
// and most of what goes wrong at night is that. Exits as the scheduler's doctor did.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTick

struct ThroughScheduler {
  let checkup: Checkup
  private var workflow: String { checkup.place.workflowPath }

  init(_ checkup: Checkup) { self.checkup = checkup }

  func run(asJSON: Bool) async throws {
    try refuseInsideRun()
    try checkup.place.requireProject()
    // A signal from here on must not end us before the line or unit that we add is taken out.
    Signals.watch([Signals.terminate, Signals.interrupt, Signals.hangUp])
    // First: while it is held, what lies around is nobody's any more.
    let box = try AnswerBox(workflow: workflow)
    defer { box.remove() }
    removeLeftovers()
    let crontab = Crontab.readIfAllowed()
    let callers = CallerSearch(workflow: workflow).callers(crontab: crontab)
    guard let caller = callers.first else {
      throw Stop(
        .usage, "nothing calls ticks of \(workflow)",
        hint: "`symphony install --systemd --user`, or --cron")
    }
    let here = await checkup.run()
    try heedSignals()
    Output.error("asking what calls ticks: \(caller)")
    let answer = try ask(caller, crontab, box)
    try heedSignals()
    let there = try read(answer, caller)
    let report = ThroughSchedulerReport(caller: caller.description, here: here, there: there)
    if asJSON { try Output.json(report) } else { Output.answer(lines(report)) }
    if there.exitCode != 0 {
      throw Stop(
        SymphonyTick.ExitCode(rawValue: there.exitCode) ?? .willRetry,
        "a check fails where ticks are called", hint: "mend what is marked fail above")
    }
  }

  private func heedSignals() throws {
    guard Signals.seen != nil else { return }
    throw Stop(.willRetry, "told to stop: all is as it was, and nothing was compared")
  }

  private func removeLeftovers() {
    for left in Self.removeLeftovers(of: workflow) {
      Output.remark("removed what an earlier call had left: \(left)")
    }
  }

  /// Also for `uninstall`.
  static func removeLeftovers(of workflow: String) -> [String] {
    AnswerBox.removeLeftover(AnswerBox.path(of: workflow))
    return CrontabAsking(workflow: workflow).removeLeftovers()
      + UnitScope.all.flatMap { UnitAsking(workflow: workflow, scope: $0).removeLeftovers() }
  }

  // MARK: Asking

  private struct Answer {
    var text: String?
    /// The last line of what was said instead; nil: nothing began, as far as that shows.
    var heard: String?
  }

  private func ask(_ caller: Caller, _ crontab: Crontab?, _ box: AnswerBox) throws -> Answer {
    switch caller.place {
    case .timer(let timer, let isForMachine):
      let scope = UnitScope(isForMachine: isForMachine)
      try UnitAsking(workflow: workflow, scope: scope).ask(timer, box)
      return Answer(text: box.read(), heard: box.heard())
    case .crontab:
      let crontab = crontab ?? Crontab(bytes: [])
      let (line, number) = try callingLine(caller, crontab.text, isShared: false)
      return try CrontabAsking(workflow: workflow)
        .inCrontab(line, behind: number, crontab, box) { try wait(box, line) }
    case .sharedCrontab(let file):
      let text = (try? Files.readText(file, limit: 1 << 20)) ?? ""
      let (line, _) = try callingLine(caller, text, isShared: true)
      guard let user = line.user.flatMap(Host.userID(named:)),
        user == Host.userID || Host.userID == 0
      else {
        throw Stop(
          .usage, "\(file) calls ticks as \(line.user ?? "nobody"), which this user cannot",
          hint: "use sudo")
      }
      try box.give(to: user)
      return try CrontabAsking(workflow: workflow).inOwnFile(line, box) { try wait(box, line) }
    }
  }

  /// The first of the caller's lines that is a command: the mark of our own block is none.
  private func callingLine(
    _ caller: Caller, _ crontab: String, isShared: Bool
  ) throws -> (CronLine, Int) {
    for number in caller.lines {
      guard let line = CronLine(number, of: crontab, isShared: isShared) else { continue }
      guard !line.endsInReturn else {
        throw Stop(
          .usage,
          "line \(number) ends in a carriage return (\(caller) calls ticks): the shell takes "
            + "it for a part of the last word",
          hint: "give the lines there ends of line feeds alone (`tr -d '\\r'`)")
      }
      return (line, number)
    }
    throw Stop(
      .usage, "it is not understood how \(caller) calls ticks",
      hint: "write it as `* * * * * ... symphony tick --scheduled`")
  }

  /// Seconds: cron looks once a minute, and may find a new line one minute later.
  private static let untilItBegins: Int64 = 130
  private static let untilItIsStarted: Int64 = 3
  private static let untilItEnds: Int64 = 280

  private func wait(_ box: AnswerBox, _ line: CronLine) throws -> Answer {
    Output.error("waiting for cron, which looks once a minute")
    let start = Clock.boottimeMilliseconds()
    var said: Int64?
    while Signals.seen == nil {
      if let text = box.read() { return Answer(text: text, heard: box.heard()) }
      let heard = box.heard()
      let waited = (Clock.boottimeMilliseconds() - start) / 1000
      // A shell that cannot start it says so, and no doctor begins.
      if let heard, !heard.isEmpty, !box.hasBegun {
        said = said ?? waited
        if waited >= (said ?? 0) + Self.untilItIsStarted { break }
      }
      if line.showsItsBeginning, heard == nil, waited >= Self.untilItBegins { break }
      if waited >= Self.untilItEnds { break }
      Clock.sleep(milliseconds: 200)
    }
    return Answer(text: nil, heard: box.heard())
  }

  private func read(_ answer: Answer, _ caller: Caller) throws -> DoctorReport {
    // Other commands of the unit may print before doctor does: the answer is the last line.
    let line = answer.text?.split(whereSeparator: \.isNewline).last.map(String.init)
    if let line, let report = try? ReportJSON.read(line, as: DoctorReport.self) { return report }
    let said = answer.heard ?? ""
    if !said.isEmpty {
      throw Stop(
        .willRetry, "\(caller) could not run doctor: \(Output.oneLine(said, 300))",
        hint: "ticks fail the same way: write whole paths there, or `symphony uninstall` and "
          + "`symphony install`")
    }
    throw Stop(
      .willRetry, "no answer came from \(caller)",
      hint: answer.heard == nil
        ? "is it running? `systemctl status cron`, `pgrep -a cron`; its log may tell more"
        : "it began and did not end: `symphony doctor` here shows what takes long")
  }

  // MARK: Text

  private func lines(_ report: ThroughSchedulerReport) -> [String] {
    let comparison = report.comparison
    var lines = ["called by \(report.caller), as \(report.there.surroundings.runsAs)"]
    if comparison.surroundings.isEmpty, comparison.checks.isEmpty {
      lines.append("nothing differs there")
    }
    if !comparison.surroundings.isEmpty {
      lines += ["", Output.paint("what differs", .bold)]
      let rows = comparison.surroundings.map { difference in
        [
          "  " + difference.name, Output.oneLine(difference.here ?? "-", 80),
          Output.oneLine(difference.there ?? "-", 80),
        ]
      }
      lines += Output.table([["", "here", "there"]] + rows)
    }
    if !comparison.checks.isEmpty {
      lines += ["", Output.paint("checks that come out otherwise there", .bold)]
      for change in comparison.checks { lines += self.lines(change) }
    }
    let changed = Set(comparison.checks.map(\.subject))
    let same = report.there.findings.filter {
      ($0.grade == .fail || $0.grade == .warn) && !changed.contains($0.subject)
    }
    if !same.isEmpty {
      lines += ["", Output.paint("the same here and there", .bold)]
      lines += same.flatMap(DoctorText.lines)
    }
    return lines
  }

  private func lines(_ change: DoctorComparison.Change) -> [String] {
    var lines = change.there.flatMap(DoctorText.lines)
    if change.there.isEmpty { lines.append("      \(change.subject): not checked there") }
    if change.here.isEmpty { lines.append(DoctorText.indent + "here: not checked") }
    for check in change.here {
      lines.append("\(DoctorText.indent)here: \(check.grade.rawValue): \(check.text)")
    }
    return lines
  }
}
