// What is asked about the checks of a commit wherever they are asked about: the words for a token
// that may not read them, and the ways of REST that have permissions of their own. The move of a
// status (GitHubDeliveryChecks) and the look at a pull request (Feedback/CheckReading) use it.
import SymphonyCore

enum CommitChecks {
  static let hidden =
    "this token may not read checks: fine-grained tokens cannot be given that, a classic "
    + "token with the scope repo or a GitHub App with Checks: read can"
}

extension GitHubTracker {
  /// Commit statuses by the older way, which has a permission of its own; nil: refused.
  func statuses(of commit: String, in repository: RepositoryName)
    async throws(TrackerError) -> [Structure]?
  {
    let address = url(repository, "/commits/\(WebAddress.encode(commit))/status?per_page=100")
    return try await list(address, "statuses")
  }

  /// The jobs of GitHub Actions for a commit, of the newest run of each workflow that is not green;
  /// nil: refused.
  ///
  /// A run without jobs, whose workflow file is broken, stands for itself, without an `id`.
  func jobs(of commit: String, in repository: RepositoryName)
    async throws(TrackerError) -> [Structure]?
  {
    let address = url(
      repository, "/actions/runs?head_sha=\(WebAddress.encode(commit))&per_page=100")
    guard let runs = try await list(address, "workflow_runs") else { return nil }
    var newest: [String: Structure] = [:]
    for run in runs {
      let name = "\(run["workflow_id"]?.integerValue ?? 0) \(run["event"]?.stringValue ?? "")"
      let isNewer = { (known: Structure) in
        (run["id"]?.integerValue ?? 0) > (known["id"]?.integerValue ?? 0)
      }
      if newest[name].map(isNewer) ?? true { newest[name] = run }
    }
    var jobs: [Structure] = []
    for (_, run) in newest.sorted(by: { $0.key < $1.key }).prefix(Self.runsRead) {
      guard let id = run["id"]?.integerValue,
        !["success", "neutral", "skipped"].contains(run["conclusion"]?.stringValue)
      else { continue }
      let address = url(repository, "/actions/runs/\(id)/jobs?filter=latest&per_page=100")
      guard let found = try await list(address, "jobs") else { return nil }
      jobs += (found.isEmpty ? [Self.standIn(run)] : found).map { job in
        var job = job.objectValue ?? [:]
        job["event"] = run["event"] ?? .null
        return .object(job)
      }
    }
    return jobs
  }
  private static let runsRead = 20

  private static func standIn(_ run: Structure) -> Structure {
    .object([
      "name": run["name"] ?? .null, "workflow_name": run["name"] ?? .null,
      "status": run["status"] ?? .null, "conclusion": run["conclusion"] ?? .null,
      "started_at": run["run_started_at"] ?? .null, "completed_at": run["updated_at"] ?? .null,
      "html_url": run["html_url"] ?? .null, "run_id": run["id"] ?? .null,
    ])
  }

  private func list(_ address: String, _ name: String)
    async throws(TrackerError) -> [Structure]?
  {
    do throws(TrackerError) {
      let answer = try await client.get(address, as: Structure.self, .fresh).value
      guard let entries = answer[name]?.listValue else {
        throw .malformed("\(client.wire.name("GET", address)) was answered without \(name)")
      }
      return entries
    } catch {
      switch error {
      case .forbidden, .notFound: return nil
      default: throw error
      }
    }
  }
}
