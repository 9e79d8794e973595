// The log of a failed job. GitHub says where it lies, mostly on another host; that one is asked
// without our token, and only over https. The last part of it is kept while it comes in. A job
// without a log is no error. PullRequestLook asks; what the text becomes is CheckLogText's.
import SymphonyCore

struct CheckLogs {
  let tracker: GitHubTracker

  /// - Returns: nil where there is no log: none yet, none any more, or not for this token.
  func read(_ job: Int64, in repository: RepositoryName) async throws(TrackerError) -> CheckLog? {
    let url = tracker.url(repository, "/actions/jobs/\(job)/logs")
    let what = tracker.client.wire.name("GET", url)
    let answer: HTTPTransportResponse
    do throws(TrackerError) {
      answer = try await tracker.client.exchange(
        GitHubWire.Request(
          method: "GET", url: url, what: what, answers: [301, 302, 303, 307, 308],
          tail: CheckLog.limit))
    } catch {
      switch error {
      case .notFound, .gone, .forbidden, .rejected: return nil
      default: throw error
      }
    }
    guard (300..<400).contains(answer.status) else { return await log(answer.body) }
    guard let place = answer.header("Location"), mayAsk(place) else {
      throw .untrusted("\(what) was redirected to an address that is not asked")
    }
    let found = try await tracker.client.exchange(
      elsewhere: place, what: what, tail: CheckLog.limit)
    switch found.status {
    case 200: return await log(found.body)
    case 500...: throw .unreachable("\(what) failed: the place of the log answered \(found.status)")
    default: return nil
    }
  }

  /// Plain http is for a server on this machine, or where the workflow allows it; and a server
  /// elsewhere has nothing to send us to on this machine.
  private func mayAsk(_ place: String) -> Bool {
    guard let address = WebAddress(place), address.user == nil,
      let api = WebAddress(tracker.policy.apiURL)
    else { return false }
    if address.isLoopback, !api.isLoopback { return false }
    return address.scheme == "https"
      || address.scheme == "http" && (address.isLoopback || tracker.policy.allowsInsecureHTTP)
  }

  private func log(_ bytes: [UInt8]) async -> CheckLog? {
    let text = CheckLogText(bytes, isCut: bytes.count >= CheckLog.limit)
    let masked = await tracker.client.redacted(text.lines.joined(separator: "\n"))
    return CheckLogText.log(masked.splitLines(keepingEmpty: true).map(String.init))
  }
}
