// The answer of `tick --json`. Its verdicts have the same shape as those of the report of the
// state.
import SymphonyCore

package struct TickAnswer: Hashable, Codable, Sendable {
  /// One line of what was planned.
  package struct Entry: Hashable, Codable, Sendable {
    package var name: String
    /// The item, run or hold it is about.
    package var subject: String
    package var sentence: String
    package init(_ entry: any PlanEntry) {
      name = entry.name
      subject = entry.subject
      sentence = entry.sentence
    }
  }
  package var version: Int
  package var exitCode: Int32
  package var dryRun: Bool
  package var stateDirectory: String
  package var launched = 0
  package var delivered = 0
  package var failures: [String] = []
  package var notes: [String] = []
  package var warnings: [String] = []
  @OrNull package var error: String?
  /// Sorted by key.
  package var verdicts: [VerdictReport] = []
  /// Effects and news together, in one list.
  package var actions: [Entry] = []
  package var effects: [Entry] = []
  package var news: [Entry] = []
  /// To the tracker; nil when it was not reached at all.
  @OrNull package var requests: Int?
  @OrNull package var notModified: Int?

  package init(exitCode: Int32, dryRun: Bool, stateDirectory: String) {
    version = StateReport.currentVersion
    self.exitCode = exitCode
    self.dryRun = dryRun
    self.stateDirectory = stateDirectory
    error = nil
    requests = nil
    notModified = nil
  }

  private enum CodingKeys: String, CodingKey {
    case version, launched, delivered, failures, notes, warnings, error, verdicts, actions, effects
    case news, requests
    case exitCode = "exit_code"
    case dryRun = "dry_run"
    case stateDirectory = "state_directory"
    case notModified = "not_modified"
  }
}

extension VerdictReport {
  package init(_ verdict: Verdict) {
    self.init(
      key: verdict.key.text, id: verdict.item.text, title: verdict.title,
      code: verdict.reason.code, sentence: verdict.reason.sentence,
      needsHuman: verdict.reason.needsHuman)
  }
}
