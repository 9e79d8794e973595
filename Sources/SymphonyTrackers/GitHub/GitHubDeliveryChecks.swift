// Whether the checks a hand-off waits for are green on the branch's newest commit. Asked by
// GitHubDelivery's move of a status, in a query of its own, because tokens that may not read checks
// get an error for each. What cannot be read is waited for, with words that say what would help.
import SymphonyCore

extension GitHubDelivery {
  private static let checkPages = 10

  /// One check or commit status.
  private struct Check {
    var name: String
    /// When the check began; one that has not begun counts as the newest.
    var began: String?
    /// The words for a check that is not green; nil: it is green.
    var trouble: String?
    var isGreen: Bool { trouble == nil }

    init?(_ node: Structure) {
      if let name = node["name"]?.stringValue {
        self.name = name
        began = node["startedAt"]?.stringValue
        let conclusion = node["conclusion"]?.stringValue ?? ""
        trouble =
          node["status"]?.stringValue == "COMPLETED" ? Check.trouble(conclusion) : "is pending"
      } else if let name = node["context"]?.stringValue {
        self.name = name
        began = node["createdAt"]?.stringValue ?? node["updated_at"]?.stringValue
        trouble = Check.trouble((node["state"]?.stringValue ?? "").uppercased())
      } else {
        return nil
      }
    }

    private static func trouble(_ result: String) -> String? {
      switch result {
      case "SUCCESS", "NEUTRAL", "SKIPPED": nil
      case "PENDING", "EXPECTED", "": "is pending"
      case "FAILURE", "ERROR": "failed"
      default: "ended as \(GitHubAnswer.clean(result).lowercased().replacing("_", with: " "))"
      }
    }
  }

  private struct Rollup {
    var commit = ""
    var checks: [Check] = []
    /// Why not all of them could be read.
    var hidden: String?
  }

  /// The sentence about checks still waited for; nil: all required ones are green.
  func obstacle(_ order: StatusOrder) async throws(TrackerError) -> String? {
    guard var rollup = try await rollup(order) else {
      return "checks: the branch \(order.branch) is not there"
    }
    func newest(_ name: String) -> Check? {
      let exact = rollup.checks.filter { $0.name == name }
      let same = exact.isEmpty ? rollup.checks.filter { $0.name.folded == name.folded } : exact
      return same.max {
        ($0.began ?? "~", $0.isGreen ? 0 : 1) < ($1.began ?? "~", $1.isGreen ? 0 : 1)
      }
    }
    if rollup.hidden != nil, !rollup.commit.isEmpty,
      order.checks.contains(where: { newest($0) == nil })
    {
      let found = try await tracker.statuses(of: rollup.commit, in: order.repository)
      rollup.checks += (found ?? []).compactMap(Check.init)
    }
    var troubles: [String] = []
    var unread: [String] = []
    var missing: [String] = []
    for name in order.checks {
      if let check = newest(name) {
        if let trouble = check.trouble { troubles.append("\(name) \(trouble)") }
      } else if rollup.hidden != nil {
        unread.append(name)
      } else {
        missing.append(name)
      }
    }
    troubles += missing.map { "\($0) is not there" }
    var sentences: [String] = []
    if !troubles.isEmpty { sentences.append(troubles.joined(separator: ", ")) }
    if let hidden = rollup.hidden, !unread.isEmpty {
      sentences.append("\(unread.joined(separator: ", ")) cannot be read (\(hidden))")
    }
    if sentences.isEmpty { return nil }
    return "checks: " + sentences.joined(separator: "; ") + Self.seen(rollup, missing: missing)
  }

  /// The names of the checks there are, for an operator who misspelt one.
  private static func seen(_ rollup: Rollup, missing: [String]) -> String {
    let names = Set(rollup.checks.map(\.name)).sorted()
    if missing.isEmpty || names.isEmpty { return "" }
    let more = names.count > 8 ? ", ..." : ""
    return GitHubAnswer.clean("; seen: \(names.prefix(8).joined(separator: ", "))\(more)")
  }

  /// Nil: the branch is not there.
  private func rollup(_ order: StatusOrder) async throws(TrackerError) -> Rollup? {
    var rollup = Rollup()
    var after: Structure = .null
    for _ in 0..<Self.checkPages {
      let call = Self.checksCall(order, after: after)
      let reply = try await client.graphQL(call, as: Structure.self)
      guard let repository = reply.value?["repository"], repository.objectValue != nil else {
        throw client.error(of: reply, in: call)
      }
      guard let commit = repository["object"], commit.objectValue != nil else {
        if reply.faults.isEmpty { return nil }
        rollup.hidden = try hidden(reply, call)
        return rollup
      }
      rollup.commit = commit["oid"]?.stringValue ?? ""
      if !reply.faults.isEmpty { rollup.hidden = try hidden(reply, call) }
      let contexts = commit["statusCheckRollup"]?["contexts"]
      rollup.checks += (contexts?["nodes"]?.listValue ?? []).compactMap(Check.init)
      guard contexts?["pageInfo"]?["hasNextPage"]?.boolValue == true,
        let cursor = contexts?["pageInfo"]?["endCursor"], cursor != .null
      else { return rollup }
      after = cursor
    }
    rollup.hidden = "there are more than \(Self.checkPages * 100) checks"
    return rollup
  }

  /// Words for checks that this token may not read; other faults pass by themselves.
  private func hidden(_ reply: GraphQLReply<Structure>, _ call: GraphQLCall)
    throws(TrackerError) -> String
  {
    guard reply.faults.allSatisfy(\.isForbidden) else {
      throw client.error(of: reply.faults.filter { !$0.isForbidden }, in: call)
    }
    let commit = reply.value?["repository"]?["object"]
    guard commit?.objectValue != nil else { return client.error(of: reply, in: call).sentence }
    let state = commit?["statusCheckRollup"]?["state"]?.stringValue
    let all = state.map { ", all checks together are \(GitHubAnswer.clean($0).lowercased())" } ?? ""
    return CommitChecks.hidden + all
  }

  private static func checksCall(_ order: StatusOrder, after: Structure) -> GraphQLCall {
    GraphQLCall(
      name: "SymphonyChecks",
      document: """
        query SymphonyChecks($home: String!, $name: String!, $branch: String!, $after: String) {
          repository(owner: $home, name: $name) { object(expression: $branch) { ... on Commit { oid
            statusCheckRollup { state contexts(first: 100, after: $after) {
              nodes { __typename
                ... on CheckRun { name status conclusion startedAt }
                ... on StatusContext { context state createdAt } }
              pageInfo { hasNextPage endCursor } } } } } }
          rateLimit { cost }
        }
        """,
      variables: [
        "home": .string(order.repository.owner), "name": .string(order.repository.name),
        "branch": .string("refs/heads/\(order.branch)"), "after": after,
      ])
  }
}
