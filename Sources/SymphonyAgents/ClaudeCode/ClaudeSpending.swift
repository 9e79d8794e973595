// The usage of one turn of claude, by model. claude reports dollars and each model's tokens over
// the whole session, resumed turns included, so that the turn's share is the difference to what was
// counted before. It does so at the end only: until then the answers themselves are added up. Kept
// by ClaudeReader; judges no limit.
import SymphonyCore

struct ClaudeSpending {
  /// Cumulative figures of the session before this turn.
  ///
  /// Under the empty name: dollars that could not be told apart by model, as versions before this
  /// one counted them, and some results still do.
  private let before: ModelUsage
  /// The largest figures of all results so far.
  private var reported: ModelUsage = [:]
  private var reportedDollars = 0.0
  /// Of the results themselves: `usage` is not cumulative.
  private var tokens = Usage()
  /// Answers that no result counts yet, by their ids.
  private var answers: [String: ClaudeAnswer] = [:]
  /// The ids of those that one does.
  private var settled: Set<String> = []

  init(before: ModelUsage) { self.before = before }

  /// One answer comes as several lines with the same figures.
  mutating func add(_ answer: ClaudeAnswer) {
    guard !settled.contains(answer.id) else { return }
    var known = answer
    if let earlier = answers[answer.id] { known.usage = earlier.usage.orLater(answer.usage) }
    answers[answer.id] = known
  }

  mutating func add(_ result: ClaudeResult) {
    settled.formUnion(answers.keys)
    answers = [:]
    for (model, usage) in result.models {
      reported[model] = (reported[model] ?? Usage()).orLater(usage)
    }
    tokens += result.tokens
    reportedDollars = max(reportedDollars, result.totalCostUSD ?? 0)
  }

  /// This turn's share; models it did not use are left out.
  ///
  /// Without a result it is a lower bound: claude tells the input of an answer, but its output and
  /// its dollars only in the result, and of a subagent not every answer.
  var share: ModelUsage {
    unsettled.reduce(into: settledShare) { $0[$1.key, default: Usage()] += $1.value }
  }

  private var unsettled: ModelUsage {
    let models = answers.values.reduce(into: ModelUsage()) {
      $0[$1.model, default: Usage()] += $1.usage
    }
    return models.filter { $0.value != Usage() }
  }

  private var settledShare: ModelUsage {
    var share: ModelUsage
    if reported.isEmpty {
      var usage = tokens
      usage.costUSD = max(0, reportedDollars - before.total.costUSD)
      share = ["": usage]
    } else {
      share = reported.reduce(into: [:]) { share, entry in
        share[entry.key] = entry.value.beyond(before[entry.key] ?? Usage())
      }
      takeOff(unassigned, from: &share)
    }
    return share.filter { $0.value != Usage() }
  }

  /// The session's figures after this turn.
  ///
  /// They never go back: an early error reports 0 although the session has cost more.
  var counted: ModelUsage {
    var counted = before
    for (model, usage) in reported { counted[model] = (before[model] ?? Usage()).orLater(usage) }
    var rest = reported.isEmpty ? max(unassigned, reportedDollars - assigned) : unassigned
    if !reported.isEmpty {
      // Dollars that were counted without a model's name have one by now.
      for (model, usage) in reported { rest -= usage.beyond(before[model] ?? Usage()).costUSD }
    }
    counted[""] = rest > 0 ? SessionRef.dollarsOnly(rest)[""] : nil
    return counted
  }

  /// The same after a process that was ended before it gave a result.
  ///
  /// If it could end by itself, it has written down what it used, and the session's next figures
  /// begin there; its dollars are in them for the first time. If it could not, that is lost, and
  /// they begin where they were.
  func counted(afterEnding exit: ExitStatus) -> ModelUsage {
    if let signal = exit.signal, ![1, 2, 15].contains(signal) { return counted }
    return unsettled.reduce(into: counted) { $0[$1.key, default: Usage()] += $1.value }
  }

  private var unassigned: Double { before[""]?.costUSD ?? 0 }
  private var assigned: Double { before.filter { !$0.key.isEmpty }.total.costUSD }

  /// The dollars of `share` that were counted without a name, the dearest model's first.
  ///
  /// The tokens of those turns are in the cumulative figures too and cannot be told apart: the
  /// dearest model gets what the results themselves say.
  private func takeOff(_ dollars: Double, from share: inout ModelUsage) {
    guard dollars > 0 else { return }
    let models = share.sorted {
      ($1.value.costUSD, $0.key) < ($0.value.costUSD, $1.key)
    }.map(\.key)
    var rest = dollars
    for (place, model) in models.enumerated() {
      guard let usage = share[model] else { continue }
      var kept = place == 0 ? tokens : Usage()
      kept.costUSD = max(0, usage.costUSD - rest)
      rest = max(0, rest - usage.costUSD)
      share[model] = kept
    }
  }
}
