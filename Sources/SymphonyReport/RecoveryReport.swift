// The answer of `symphony recover`, as one value: what was wrong, which rows it went by, and what
// it rebuilt, or would. Written with `--json`; the keys are a promise as in ItemReport.
import SymphonyCore

package struct RecoveryReport: Hashable, Codable, Sendable {
  package var version = StateReport.currentVersion
  package var at: Moment
  package var stateDirectory: String
  package var dryRun: Bool
  /// False: the database has all that was done, and nothing is changed.
  package var needed: Bool
  /// What is wrong with the database; null: nothing.
  @OrNull package var problem: String?
  /// The stable code of that; null: nothing is.
  @OrNull package var problemCode: String?
  /// Which rows it goes by: the path of a database or of a copy; null: there are none.
  @OrNull package var rows: String?
  /// Copies that cannot be used, and why.
  package var remarks: [String]
  package var changes: [Recovery.Line]
  /// The directory in which the files that were replaced are; null: none were.
  @OrNull package var aside: String?

  package init(
    at now: Timestamp, stateDirectory: String, dryRun: Bool, recovery: Recovery,
    problem: StoreError?, rows: String?, remarks: [String]
  ) {
    at = Moment(now)
    (self.stateDirectory, self.dryRun, self.remarks) = (stateDirectory, dryRun, remarks)
    needed = recovery.isNeeded
    changes = recovery.lines
    self.problem = problem?.sentence
    problemCode = problem?.code
    self.rows = rows
  }

  /// For people.
  package var said: [String] {
    var lines: [String] = []
    if let problem { lines.append("problem   \(problem)") }
    lines += remarks.map { "remark    \($0)" }
    lines.append("rows      \(rows ?? "none: only what the run directories tell")")
    lines += changes.map { line in
      let word = line.code.rawValue
      let padding = String(repeating: " ", count: max(1, 17 - word.count))
      return "\(word)\(padding)\(line.subject): \(line.sentence)"
    }
    if let aside { lines.append("kept      the files that were replaced, in \(aside)") }
    return lines
  }

  private enum CodingKeys: String, CodingKey {
    case version, at, needed, problem, rows, remarks, changes, aside
    case stateDirectory = "state_directory"
    case dryRun = "dry_run"
    case problemCode = "problem_code"
  }
}
