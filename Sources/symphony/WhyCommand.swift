// `symphony why`: every rule before a launch with what it said about one issue, what would have to
// change, and the verdicts it had before. Asks the tracker once; changes nothing.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTick

struct WhyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why", abstract: "Show why an issue runs or does not, rule by rule.",
    discussion: """
      Asks the tracker about the issue once and decides as a tick would; nothing is changed. \
      With --at or --since only the recorded verdicts are read.

      Examples:
        symphony why 42
        symphony why owner/repo#42 --json
        symphony why https://github.com/owner/repo/issues/42
        symphony why 12 --at 03:10
        symphony why 12 --since 1d
      """)
  @Argument(help: "42, #42, owner/repo#42 or the issue's address.") var issue: String
  @Option(help: "The verdict at that time: \(WrittenTime.examples).") var at: WrittenTime?
  @Option(help: "The verdicts since then: \(WrittenTime.examples).") var since: WrittenTime?
  @Flag(help: "Print the result as JSON.") var json = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if at != nil, since != nil { throw ValidationError("--at and --since do not go together") }
  }

  func run() async throws {
    let place = try global.place()
    let name = try IssueName(issue, at: place)
    let composition = Composition(place: place, logbook: global.logbook)
    let look = try StoredLook(place)
    let record = try name.find(in: look.state.items)
    let report: WhyReport
    if at != nil || since != nil {
      guard let record else { throw name.unknown(among: look.state.items) }
      report = try past(record, look)
    } else {
      report = try await WhyQuestion(name, record, look).answer(
        Tick(parts: composition.tickParts(), options: Tick.Options(trigger: .manual)), composition)
    }
    if json { return try Output.json(report) }
    Output.answer(WhyText(report: report).lines)
  }

  private func past(_ record: ItemRecord, _ look: StoredLook) throws -> WhyReport {
    var entries = try look.ledger(of: record)
    if let since = since?.resolved(look.now) {
      // The verdict in force at the beginning belongs to the answer.
      let before = entries.last { $0.at < since }
      entries = (before.map { [$0] } ?? []) + entries.filter { $0.at >= since }
    }
    let time = at?.resolved(look.now) ?? look.now
    guard time <= look.now else {
      throw Stop(
        .usage, "\(time.rfc3339) is still to come",
        hint: "--at takes a time that is over: \(WrittenTime.examples)")
    }
    return WhyReport(record, at: time, history: entries)
  }
}

/// A question about an issue, with what is on record about it.
struct WhyQuestion: Sendable {
  let name: IssueName
  let record: ItemRecord?
  private let items: [ItemRecord]
  private let history: [LedgerEntry]
  private let requests: [RequestReport]

  init(_ name: IssueName, _ record: ItemRecord?, _ look: StoredLook) throws {
    (self.name, self.record, items) = (name, record, look.state.items)
    history = try record.map { try look.ledger(of: $0) } ?? []
    requests = record.map(look.requests) ?? []
  }

  /// As it is now, by the planner's own rules; asks the tracker.
  func answer(_ tick: Tick, _ composition: Composition) async throws -> WhyReport {
    let found: Result<Inspection?, InspectionFailure>
    do throws(StoreError) { found = try await tick.inspect(name.key) } catch { throw Stop(error) }
    switch found {
    case .failure(.workflow(let problem, let hint)):
      throw Stop(
        .workflow, problem,
        hint: hint ?? composition.remedy ?? "`symphony doctor` checks all of it")
    case .failure(.ambiguous(let keys)): throw name.ambiguous(keys)
    case .failure(.unfit(let problem, let hint)): throw Stop(.usage, problem, hint: hint)
    case .success(nil): throw name.unknown(among: items)
    case .success(let inspection?):
      if inspection.explanation.record == nil {
        throw Stop(
          .tracker, inspection.trackerProblem,
          hint: "\(name.text) is not on record; it is asked for when the tracker answers")
      }
      return WhyReport(
        inspection.explanation, key: record?.key.text ?? name.text, now: inspection.now,
        trackerProblem: inspection.trackerProblem, history: history, requests: requests)
    }
  }
}

/// The answer of `why` for a person.
struct WhyText {
  let report: WhyReport

  var lines: [String] {
    var lines = [
      Output.paint(report.key, .bold) + (report.title.isEmpty ? "" : "  " + report.title)
    ]
    if !report.url.isEmpty { lines.append(report.url) }
    let when = report.toRun == nil ? "at \(report.at.text): " : ""
    lines.append("verdict  \(when)\(report.code.map { "\($0): " } ?? "")\(report.sentence)")
    lines += report.requests.map { "asked    " + $0.sentence(at: report.at) }
    if let toRun = report.toRun { lines.append("to run   \(toRun)") }
    if let problem = report.trackerProblem {
      lines.append(Output.paint("problem  the tracker: \(problem)", .red))
    }
    if !report.rules.isEmpty {
      lines += ["", Output.paint("rules, in the order in which they are asked", .bold)]
      lines += Output.table(report.rules.filter { $0.outcome != .notAsked }.map(row)) + notAsked
    }
    if !report.feedback.isEmpty {
      lines += ["", Output.paint("feedback", .bold)]
      lines += Output.table(report.feedback.map(row))
    }
    lines += ["", Output.paint("history", .bold)]
    if report.history.isEmpty { lines.append("  no verdict is on record") }
    lines += Output.table(
      report.history.map { change in
        let wake = change.wake.map { " (a new round: \($0))" } ?? ""
        return ["  " + change.at.text, change.code, Output.oneLine(change.sentence + wake, 160)]
      })
    return lines
  }

  /// The rules after the one that stops it, in the terminal's width.
  private var notAsked: [String] {
    let names = report.rules.filter { $0.outcome == .notAsked }.map(\.rule)
    guard let last = names.last else { return [] }
    var lines = ["  not asked "]
    for name in names {
      let word = " " + name + (name == last ? "" : ",")
      let isFull = lines[lines.count - 1].count + word.count > Output.columns
      if isFull {
        lines.append(String(repeating: " ", count: 12) + word)
      } else {
        lines[lines.count - 1] += word
      }
    }
    return lines.map { Output.paint($0, .dim) }
  }

  /// State, place, words, and what became of it.
  private func row(_ piece: WhyReport.Feedback) -> [String] {
    let place = piece.path.map { $0 + (piece.line.map { ":\($0)" } ?? "") } ?? piece.check
    let subject = [piece.author, piece.kind.replacing("_", with: " "), place].compactMap(\.self)
    var fate = piece.run.map { "run \($0)" } ?? ""
    if let outcome = piece.outcome {
      fate += ": \(outcome)" + (piece.answer.map { $0.isEmpty ? "" : ", \($0)" } ?? "")
    }
    return [
      "  " + piece.state, Output.oneLine(subject.joined(separator: " "), 60),
      Output.oneLine(piece.text, 60), Output.oneLine(fate, 80),
    ]
  }

  private func row(_ rule: WhyReport.Rule) -> [String] {
    switch rule.outcome {
    case .passed, .notAsked: return ["  passed", rule.rule, rule.facts]
    case .stops:
      let facts = rule.facts.isEmpty ? "" : " (\(rule.facts))"
      return [
        Output.paint("  stops it", .yellow), rule.rule, (rule.sentence ?? "") + facts,
      ]
    }
  }
}
