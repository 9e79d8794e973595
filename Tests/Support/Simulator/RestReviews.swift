// The endpoints of a pull request's review: comments on lines and replies to them, requests for
// reviews, the update of its branch. Called by RestPulls.
import SymphonyCore

enum RestReviews {
  /// Nil for a path that is none of these.
  static func answer(_ call: RestCall, _ world: inout GitHubWorld) throws -> WireReply? {
    switch (call.method, call.pattern) {
    case ("GET", "pulls/#/comments"):
      let since = call.request.value("since").flatMap { Timestamp(rfc3339: $0) }
      let issue = try world.issue(call.place)
      let rows = (issue.pull?.reviewing.threads ?? []).flatMap { thread in
        thread.lines.filter { !$0.isPending }.map { (thread, $0) }
      }.filter { since == nil || ($0.1.editedAt ?? $0.1.createdAt) >= since ?? world.now }
      let bodies = call.bodies(world)
      return call.page(rows.sorted { $0.1.id < $1.1.id }) { bodies.line($0.1, of: $0.0, issue) }
    case ("POST", "pulls/#/comments/#/replies"):
      guard let caller = call.caller, let body = try call.fields()["body"]?.stringValue else {
        throw RestError.custom("PullRequestReviewComment", "body is missing", field: "body")
      }
      let line = try world.reply(
        call.place, to: Int(call.segments[3]) ?? 0, by: caller.login, body: body)
      let issue = try world.issue(call.place)
      guard
        let thread = issue.pull?.reviewing.threads.first(where: {
          $0.lines.contains { $0.id == line.id }
        })
      else { throw RestError.notFound }
      return .json(201, call.bodies(world).line(line, of: thread, issue))
    case ("POST", "pulls/#/requested_reviewers"):
      let logins = try call.fields()["reviewers"]?.listValue?.compactMap(\.stringValue) ?? []
      try world.requestReviews(call.place, of: logins)
      return .json(
        201,
        call.bodies(world).pull(
          try world.issue(call.place), mayWrite: call.caller?.mayWrite, full: false))
    case ("PUT", "pulls/#/update-branch"):
      guard let caller = call.caller,
        caller.may("contents", write: true, in: try world.room(call.repository).facts)
      else { throw RestError(status: 403, message: call.caller?.denial ?? "") }
      try world.updateBranch(
        call.place, expected: try call.fields()["expected_head_sha"]?.stringValue)
      return .json(202, .object(["message": .string("Updating pull request branch.")]))
    default: return nil
    }
  }
}

extension RestBodies {
  func line(
    _ line: SimulatedLine, of thread: SimulatedThread, _ issue: SimulatedIssue
  ) -> Structure {
    let page = "\(world.web)/\(room.facts.name)/pull/\(issue.number)#discussion_r\(line.id)"
    let first = thread.lines.first?.id
    return .object([
      "id": .integer(Int64(line.id)), "node_id": .string(line.nodeID), "html_url": .string(page),
      "body": .string(line.body), "user": user(line.author), "path": .string(thread.path),
      "line": .optional(thread.line), "diff_hunk": .string(thread.hunk),
      "in_reply_to_id": .optional(first == line.id ? nil : first),
      "created_at": .string(line.createdAt.rfc3339),
      "updated_at": .string((line.editedAt ?? line.createdAt).rfc3339),
    ])
  }
}
