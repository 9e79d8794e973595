// The differences between two doctors of one workflow: the one a person started, and the one their
// scheduler did. Compares values only; equal ones are left out.
import SymphonyCore

package struct DoctorComparison: Hashable, Codable, Sendable {
  package struct Difference: Hashable, Codable, Sendable {
    /// `PATH`, `git identity`, `claude_code version`.
    package var name: String
    /// Nil: there is none.
    @OrNull package var here: String?
    @OrNull package var there: String?

    init(_ name: String, _ here: String?, _ there: String?) {
      self.name = name
      self.here = here
      self.there = there
    }
  }

  /// A check that came to something else; what is said of it on each side.
  package struct Change: Hashable, Codable, Sendable {
    package var subject: String
    package var here: [DoctorReport.Check]
    package var there: [DoctorReport.Check]
  }

  package private(set) var surroundings: [Difference]
  package private(set) var checks: [Change]

  package init(here: DoctorReport, there: DoctorReport) {
    surroundings = Self.differences(here.surroundings, there.surroundings)
    if here.workflow != there.workflow {
      surroundings.append(Difference("workflow", here.workflow, there.workflow))
    }
    if here.stateDirectory != there.stateDirectory {
      surroundings.append(
        Difference("state directory", here.stateDirectory, there.stateDirectory))
    }
    checks = Self.changes(here.findings, there.findings)
  }

  // MARK: Surroundings

  private static func differences(_ here: Surroundings, _ there: Surroundings) -> [Difference] {
    var pairs: [(String, String?, String?)] = [
      ("runs as", here.runsAs, there.runsAs), ("program", here.program, there.program),
      ("HOME", here.home, there.home), ("USER", here.user, there.user),
      ("SHELL", here.shell, there.shell), ("LANG", here.language, there.language),
      ("git identity", here.gitIdentity, there.gitIdentity),
    ]
    pairs = path(folders(here.path), folders(there.path)) + pairs
    for agent in here.agents {
      guard let other = there.agents.first(where: { $0.account == agent.account }) else { continue }
      pairs += [
        (agent.account, agent.program, other.program),
        ("\(agent.account) version", agent.version, other.version),
        ("\(agent.account) login", words(agent.isLoggedIn), words(other.isLoggedIn)),
      ]
    }
    let names = Set(here.variables).symmetricDifference(there.variables).sorted()
    for name in names {
      // Never a value: it may be a secret.
      let isHere = here.variables.contains(name)
      pairs.append((name, isHere ? "set" : nil, isHere ? nil : "set"))
    }
    return pairs.filter { $0.1 != $0.2 }.map { Difference($0.0, $0.1, $0.2) }
  }

  private static func folders(_ path: String?) -> [String] {
    var seen: [String] = []
    for folder in (path ?? "").split(separator: ":").map(String.init) where !seen.contains(folder) {
      seen.append(folder)
    }
    return seen
  }

  /// A line for each folder that only one side searches; the same ones in another order find other
  /// programs.
  private static func path(
    _ ours: [String], _ theirs: [String]
  ) -> [(String, String?, String?)] {
    if Set(ours) == Set(theirs) {
      return [("PATH", ours.joined(separator: ":"), theirs.joined(separator: ":"))]
    }
    return ours.filter { !theirs.contains($0) }.map { ("in PATH", $0, nil) }
      + theirs.filter { !ours.contains($0) }.map { ("in PATH", nil, $0) }
  }

  private static func words(_ isLoggedIn: Bool?) -> String? {
    isLoggedIn.map { $0 ? "logged in" : "nobody is logged in" }
  }

  // MARK: Checks

  /// In the order of the second list, then what only the first has.
  private static func changes(
    _ here: [DoctorReport.Check], _ there: [DoctorReport.Check]
  ) -> [Change] {
    var subjects: [String] = []
    for check in there + here where !subjects.contains(check.subject) {
      subjects.append(check.subject)
    }
    return subjects.compactMap { subject in
      let (ours, theirs) = (worst(here, subject), worst(there, subject))
      let isSame =
        ours.first?.grade == theirs.first?.grade
        && (ours.first.map { $0.grade == .pass || $0.grade == .skip } ?? true
          || Set(ours.map(signature)) == Set(theirs.map(signature)))
      return isSame ? nil : Change(subject: subject, here: ours, there: theirs)
    }
  }

  /// The findings that decide the check's outcome: all those of its worst grade.
  private static func worst(
    _ checks: [DoctorReport.Check], _ subject: String
  ) -> [DoctorReport.Check] {
    let own = checks.filter { $0.subject == subject }
    let grade = own.map(\.grade).max { $0.severity < $1.severity }
    return own.filter { $0.grade == grade }
  }

  /// Two moments are compared: figures differ.
  private static func signature(_ check: DoctorReport.Check) -> String {
    Trouble.withoutFigures(check.text)
  }
}

extension Finding.Grade {
  /// The higher, the worse.
  package var severity: Int {
    switch self {
    case .pass: 0
    case .skip: 1
    case .warn: 2
    case .fail: 3
    }
  }
}

/// The answer of `doctor --through-scheduler --json`.
package struct ThroughSchedulerReport: Hashable, Codable, Sendable {
  package var version = 1
  /// The caller of the ticks, in words.
  package var caller: String
  /// The scheduler's doctor's.
  package var exitCode: Int32
  package var here: DoctorReport
  package var there: DoctorReport
  package var comparison: DoctorComparison

  package init(caller: String, here: DoctorReport, there: DoctorReport) {
    self.caller = caller
    exitCode = there.exitCode
    self.here = here
    self.there = there
    comparison = DoctorComparison(here: here, there: there)
  }

  private enum CodingKeys: String, CodingKey {
    case version, caller, here, there, comparison
    case exitCode = "exit_code"
  }
}
