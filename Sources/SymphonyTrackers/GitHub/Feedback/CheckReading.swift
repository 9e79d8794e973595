// The checks of a pull request's head that are not green, one by one, with whether they fail on its
// base, too. GraphQL says it all in one request; tokens that may not read checks get an error for
// each, then REST's ways for GitHub Actions and statuses are tried, and what stays hidden is said.
// PullRequestLook asks, and only when the counts say that something is not green.
import SymphonyCore

struct CheckReading {
  private static let pages = 10

  let tracker: GitHubTracker
  let followed: FollowedPullRequest
  let view: PullRequestView

  private struct Contexts {
    var checks: [CheckNode] = []
    /// Checks of the base that failed, and those that were read at all, by `baseKey`.
    var baseFailed: Set<String> = []
    var baseEnded: Set<String> = []
    /// Names that the base requires.
    var required: [String] = []
    /// Some checks may not be read.
    var isClosed = false
    /// Not even commit statuses could be read.
    var isEmptyHanded = false
    var isCut = false
  }

  func read(_ inquirer: inout PullRequestInquirer) async throws(TrackerError) -> PullRequestView {
    var contexts = try await self.contexts(&inquirer)
    var hidden: String?
    if contexts.isClosed { hidden = try await open(&contexts) }
    if contexts.isCut { hidden = "there are more than \(Self.pages * 100) checks" }
    var view = view
    view.requiresChecks =
      view.requiresChecks || !contexts.required.isEmpty
      || contexts.checks.contains(where: \.isRequired)
    view.troubles = CheckNode.newest(contexts.checks).compactMap { check in
      check.trouble(
        failsOnBase: contexts.baseFailed.contains(check.baseKey)
          ? true : contexts.baseEnded.contains(check.baseKey) ? false : nil,
        now: tracker.now)
    }
    let counted = view.checks.map { $0.failed + $0.needPerson } ?? 0
    if contexts.isClosed, hidden == nil, (view.troubles?.count ?? 0) < counted {
      hidden =
        "\(counted - (view.troubles?.count ?? 0)) of them are by other apps than GitHub Actions; "
        + CommitChecks.hidden
    }
    view.hiddenChecks = hidden
    return view
  }

  // MARK: GraphQL

  private func contexts(_ inquirer: inout PullRequestInquirer)
    async throws(TrackerError) -> Contexts
  {
    var contexts = Contexts()
    var cursor: String?
    for _ in 0..<Self.pages {
      let (id, after) = (view.id, cursor)
      let answer = try await inquirer.ask { _ in PullRequestDocuments.checks(of: id, after: after) }
      let faults = answer.faults
      guard faults.allSatisfy(\.isForbidden) else {
        throw inquirer.error(faults.filter { !$0.isForbidden }, answer)
      }
      guard let node = answer.value["node"], let head = node["headRefOid"]?.stringValue else {
        throw inquirer.error(faults, answer)
      }
      guard head == view.head else {
        throw .unreachable("somebody pushed to it while its checks were read")
      }
      if after == nil { takeBase(node["baseRef"], &contexts) }
      if !faults.at("node", "statusCheckRollup").isEmpty { contexts.isClosed = true }
      let list = node["statusCheckRollup"]?["contexts"]
      guard let nodes = list?["nodes"]?.listValue else {
        if !contexts.isClosed {
          throw .unreachable("its checks changed while they were read")
        }
        contexts.isEmptyHanded = true
        return contexts
      }
      for node in nodes where node != .null {
        guard let check = CheckNode(node) else {
          throw .malformed("GraphQL \(answer.call.name) was answered with a damaged check")
        }
        contexts.checks.append(check)
      }
      guard list?["pageInfo"]?["hasNextPage"]?.boolValue == true,
        let next = list?["pageInfo"]?["endCursor"]?.stringValue
      else { return contexts }
      cursor = next
    }
    contexts.isCut = true
    return contexts
  }

  /// What of the base may not be read is not known; nothing is said about it then.
  private func takeBase(_ base: Structure?, _ contexts: inout Contexts) {
    let required = base?["refUpdateRule"]?["requiredStatusCheckContexts"]?.listValue ?? []
    contexts.required = required.compactMap(\.stringValue)
    let list = base?["target"]?["statusCheckRollup"]?["contexts"]?["nodes"]?.listValue ?? []
    for check in CheckNode.newest(list.compactMap { CheckNode($0) }, key: \.baseKey) {
      switch CheckState(check.state) {
      case .failed, .broken: contexts.baseFailed.insert(check.baseKey)
      case .passed: contexts.baseEnded.insert(check.baseKey)
      case .open, .needsPerson, .absent: break
      }
    }
  }

  // MARK: REST

  /// Reads what else may be read; returns why the rest stays hidden.
  private func open(_ contexts: inout Contexts) async throws(TrackerError) -> String? {
    let repository = followed.repository
    if contexts.isEmptyHanded {
      let statuses = try await tracker.statuses(of: view.head, in: repository)
      contexts.checks += (statuses ?? []).compactMap { CheckNode(status: $0) }
    }
    guard let jobs = try await tracker.jobs(of: view.head, in: repository) else {
      return CommitChecks.hidden + "; with Actions: read the jobs of GitHub Actions can be read"
    }
    contexts.checks += jobs.compactMap { CheckNode(job: $0) }
    for index in contexts.checks.indices
    where contexts.required.contains(contexts.checks[index].name) {
      contexts.checks[index].isRequired = true
    }
    return nil
  }
}
