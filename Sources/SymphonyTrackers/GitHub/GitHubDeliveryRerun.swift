// Runs jobs once more that ended without a verdict on the work. A run of GitHub Actions counts its
// attempts: where it is at a later one than the job, somebody ran it again already, perhaps an
// unanswered delivery of ours. Called by GitHubDelivery.
import SymphonyCore

extension GitHubDelivery {
  private struct Nothing: Encodable {}

  /// A workflow's run as the jobs of one order lie in it.
  private struct WorkflowRun {
    var id: Int64
    /// It is at a later attempt than the jobs.
    var wasRunAgain: Bool
    var isOver: Bool
    var jobs: [Int64]
  }

  private enum Outcome {
    case rerun
    case already
    case running
    case refused(String)
  }

  func rerun(_ order: RerunOrder) async throws(TrackerError) -> Delivery {
    let pull = try await pull(order.place)
    guard pull.isOpen else { return .superseded("pull request #\(order.place.number) is closed") }
    guard pull.headCommit == order.head else {
      return .superseded("somebody pushed since: checks of an older head are not run again")
    }
    var refusals: [String] = []
    var (again, already, running) = (0, 0, 0)
    for run in try await runs(order) {
      switch try await rerun(run, order) {
      case .rerun: again += 1
      case .already: already += 1
      case .running: running += 1
      case .refused(let why): refusals.append(why)
      }
    }
    if again + already > 0 {
      return .done(again > 0 ? "run again" : "they were run again already")
    }
    if running > 0 { return .waiting("other jobs of the same run have not ended") }
    return .superseded(refusals.first ?? "none of the jobs is there any more")
  }

  /// The runs of the jobs that are still there.
  private func runs(_ order: RerunOrder) async throws(TrackerError) -> [WorkflowRun] {
    var runs: [Int64: WorkflowRun] = [:]
    for job in order.jobs {
      guard let found = try await action("jobs/\(job)", order), let id = number(found, "run_id")
      else { continue }
      let attempt = number(found, "run_attempt") ?? 1
      if runs[id] == nil {
        guard let run = try await action("runs/\(id)", order) else { continue }
        runs[id] = WorkflowRun(
          id: id, wasRunAgain: (number(run, "run_attempt") ?? 1) > attempt,
          isOver: run["status"]?.stringValue == "completed", jobs: [])
      }
      runs[id]?.jobs.append(job)
    }
    return runs.sorted { $0.key < $1.key }.map(\.value)
  }

  private func number(_ node: Structure, _ name: String) -> Int64? { node[name]?.integerValue }

  /// Nil: it is not there any more, or not for this token.
  private func action(_ path: String, _ order: RerunOrder)
    async throws(TrackerError) -> Structure?
  {
    do throws(TrackerError) {
      return try await client.get(
        tracker.url(order.place.repository, "/actions/\(path)"), as: Structure.self, .fresh
      ).value
    } catch {
      switch error {
      case .forbidden, .notFound, .gone: return nil
      default: throw error
      }
    }
  }

  /// A run takes one order at a time: several of its jobs are run again together.
  private func rerun(_ run: WorkflowRun, _ order: RerunOrder)
    async throws(TrackerError) -> Outcome
  {
    if run.wasRunAgain { return .already }
    if !run.isOver { return .running }
    let path =
      run.jobs.count == 1 ? "jobs/\(run.jobs[0])/rerun" : "runs/\(run.id)/rerun-failed-jobs"
    do throws(TrackerError) {
      _ = try await client.write(
        "POST", tracker.url(order.place.repository, "/actions/\(path)"), Nothing())
      return .rerun
    } catch {
      switch error {
      case .forbidden(let why):
        return .refused("\(why); to run jobs again it needs \(MissingPermission.rerunning)")
      case .notFound(let why), .gone(let why), .rejected(let why): return .refused(why)
      default: throw error
      }
    }
  }
}
