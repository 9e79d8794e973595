// The checks of simulated commits: check runs of GitHub Actions and of other apps, commit statuses,
// the workflow runs and jobs behind them with their attempts, and logs that lie on another port.
// RestActions.swift and GraphCheckAnswers.swift show them.
import SymphonyCore

package enum SimulatedLog: Hashable, Sendable {
  case text(String)
  /// The same line again and again, up to so many bytes, and then an end.
  case endless(line: String, bytes: Int, end: String)
  /// There is none, as while a job runs.
  case missing
  /// 410, as after ninety days.
  case expired
  /// A server that sends us elsewhere.
  case elsewhere(String)
}

/// A check run (`status` and `conclusion` in GitHub's lower-case words) or a commit status
/// (`state`).
package struct SimulatedCheck: Hashable, Sendable {
  package var name: String
  /// `queued`, `in_progress`, `completed`; nil: a commit status.
  package var status: String?
  /// Of a completed check run `success`, `failure`, ...; of a commit status its state.
  package var conclusion: String?
  /// Nil for commit statuses.
  package var app: String? = "github-actions"
  package var workflow = "CI"
  package var event = "pull_request"
  package var title: String?
  package var summary: String?
  /// `path:line` and message each.
  package var annotations: [[String]] = []
  package var log = SimulatedLog.missing
  /// Given by the simulator.
  package var id = 0
  package var run = 0
  package var attempt = 1
  package var at: Timestamp?

  package static func run(_ name: String, _ conclusion: String?) -> SimulatedCheck {
    SimulatedCheck(
      name: name, status: conclusion == nil ? "in_progress" : "completed", conclusion: conclusion)
  }
  /// With a log.
  package static func job(_ name: String, _ conclusion: String?, log: SimulatedLog)
    -> SimulatedCheck
  {
    var check = run(name, conclusion)
    check.log = log
    return check
  }
  package static func commitStatus(_ context: String, _ state: String) -> SimulatedCheck {
    SimulatedCheck(name: context, status: nil, conclusion: state, app: nil)
  }

  /// The state that counts are by, in capitals.
  var counted: String {
    (status == nil || status == "completed" ? conclusion ?? "pending" : status ?? "").uppercased()
  }
}

extension GitHubWorld {
  /// Gives checks their ids; those of one workflow share a run.
  mutating func setChecks(_ checks: [SimulatedCheck], of commit: String, in repository: Int) {
    var runs: [String: Int] = [:]
    let numbered = checks.map { check -> SimulatedCheck in
      var check = check
      check.at = check.at ?? now
      guard check.status != nil else { return check }
      check.id = takeID()
      let key = "\(check.app ?? "") \(check.workflow) \(check.event)"
      if check.run == 0 { check.run = runs[key] ?? takeID() }
      runs[key] = check.run
      rooms[repository]?.jobs[check.id] = SimulatedAttempt(commit: commit, check: check)
      return check
    }
    rooms[repository]?.checks[commit] = numbered
  }

  /// A new attempt of some jobs of a run: they are queued under new ids.
  /// - Throws: 403 while the run goes on.
  mutating func rerun(_ run: Int, in repository: Int, _ which: (SimulatedCheck) -> Bool) throws {
    guard let room = rooms[repository],
      let (commit, checks) = room.checks.first(where: { $0.value.contains { $0.run == run } })
    else { throw RestError.notFound }
    if checks.contains(where: { $0.run == run && $0.status != "completed" }) {
      throw RestError(
        status: 403, message: "The workflow run containing this job is already running")
    }
    let again = checks.map { check -> SimulatedCheck in
      guard check.run == run else { return check }
      var check = check
      check.attempt += 1
      guard which(check) else { return check }
      (check.status, check.conclusion, check.id) = ("queued", nil, takeID())
      rooms[repository]?.jobs[check.id] = SimulatedAttempt(commit: commit, check: check)
      return check
    }
    rooms[repository]?.checks[commit] = again
  }
}

/// A job as it was when it began.
struct SimulatedAttempt: Sendable {
  var commit: String
  var check: SimulatedCheck
}

extension GitHubSimulator {
  /// The checks of a commit as they are, with their ids.
  package func checks(of commit: String, in repository: String? = nil) -> [SimulatedCheck] {
    room(repository).checks[commit] ?? []
  }
}
