// The endpoints below /issues: lists, single issues, comments and labels. Called by Rest once the
// caller may do what it asks; the consequences of a change are GitHubWorld's.
// Pull requests are listed here too, as GitHub does.
import SymphonyCore

enum RestIssues {
  static func answer(_ call: RestCall, _ world: inout GitHubWorld) throws -> WireReply {
    let bodies = call.bodies(world)
    switch (call.method, call.pattern) {
    case ("GET", "issues"):
      return call.page(list(call, world), bodies.issue)
    case ("GET", "issues/#"):
      let issue = try world.issue(call.place)
      var reply = WireReply.json(200, bodies.issue(issue))
      reply.set("Last-Modified", issue.updatedAt.httpDate)
      return reply
    case ("POST", "issues"):
      return try create(call, &world)
    case ("PATCH", "issues/#"):
      return try patch(call, &world)
    case ("GET", "issues/comments"):
      let all = try world.room(call.repository).issues.values.flatMap(\.comments).filter(
        since(call))
      let byUpdate = call.request.value("sort") == "updated"
      let sorted = all.sorted {
        byUpdate
          ? ($0.updatedAt, $0.id) < ($1.updatedAt, $1.id)
          : ($0.createdAt, $0.id) < ($1.createdAt, $1.id)
      }
      let descending = call.request.value("direction") == "desc"
      return call.page(descending ? sorted.reversed() : sorted, bodies.comment)
    case ("GET", "issues/#/comments"):
      return call.page(
        try world.issue(call.place).comments.filter(since(call)), bodies.comment)
    case ("POST", "issues/#/comments"):
      guard let caller = call.caller else { throw RestError.notFound }
      let comment = try world.comment(
        call.place, author: caller.login, association: caller.association,
        body: try call.fields()["body"]?.stringValue ?? "")
      return .json(201, call.bodies(world).comment(comment))
    case ("GET", "issues/#/dependencies/blocked_by"):
      let blockers = try world.issue(call.place).blockedBy.compactMap { world.found($0) }
      return call.page(blockers) { call.bodies(world, of: $0.place.repository).issue($0) }
    case ("GET", "issues/#/sub_issues"):
      let children = try world.issue(call.place).subIssues.compactMap { world.found($0) }
      return call.page(children) { call.bodies(world, of: $0.place.repository).issue($0) }
    default:
      return try labels(call, &world)
    }
  }

  private static func labels(_ call: RestCall, _ world: inout GitHubWorld) throws -> WireReply {
    let bodies = call.bodies(world)
    switch (call.method, call.pattern) {
    case ("GET", "issues/#/labels"):
      return call.page(try world.issue(call.place).labels, bodies.label)
    case ("POST", "issues/#/labels"):
      let issue = try world.issue(call.place)
      let wanted = try names(try call.fields()["labels"])
      world.change(call.place, by: call.caller?.login) { issue in
        for name in wanted where !has(issue, name) { issue.labels.append(name) }
      }
      return .json(
        200, .list((world.found(issue.place)?.labels ?? []).map(bodies.label)))
    case ("DELETE", "issues/#/labels/*"):
      let issue = try world.issue(call.place)
      let name = call.segments[3].lowercased()
      guard has(issue, name) else {
        throw RestError(status: 404, message: "Label does not exist")
      }
      world.change(call.place, by: call.caller?.login) {
        $0.labels.removeAll { $0.lowercased() == name }
      }
      return .json(
        200, .list((world.found(issue.place)?.labels ?? []).map(bodies.label)))
    default:
      throw RestError.notFound
    }
  }

  static func has(_ issue: SimulatedIssue, _ label: String) -> Bool {
    issue.labels.contains { $0.lowercased() == label.lowercased() }
  }

  /// Labels and assignees arrive as strings, labels also as objects with a name.
  private static func names(_ value: Structure?) throws(RestError) -> [String] {
    guard let entries = value?.listValue else {
      throw RestError(status: 422, message: "Invalid request.\n\n\"labels\" wasn't supplied.")
    }
    return entries.compactMap { $0.stringValue ?? $0["name"]?.stringValue }
  }

  private static func since(_ call: RestCall) -> (SimulatedComment) -> Bool {
    guard let start = call.request.value("since").flatMap({ Timestamp(rfc3339: $0) }) else {
      return { _ in true }
    }
    return { $0.updatedAt >= start }
  }

  private static func list(_ call: RestCall, _ world: GitHubWorld) -> [SimulatedIssue] {
    let request = call.request
    let state = request.value("state") ?? "open"
    let labels = (request.value("labels") ?? "").split(separator: ",").map(String.init)
    let assignee = request.value("assignee")?.lowercased()
    let creator = request.value("creator")?.lowercased()
    let start = request.value("since").flatMap { Timestamp(rfc3339: $0) }
    let found = (world.rooms[call.repository]?.issues ?? [:]).values.filter { issue in
      if state != "all", issue.isOpen != (state == "open") { return false }
      if !labels.allSatisfy({ has(issue, $0) }) { return false }
      if let creator, issue.author.lowercased() != creator { return false }
      if let start, issue.updatedAt < start { return false }
      switch assignee {
      case nil: return true
      case "none": return issue.assignees.isEmpty
      case "*": return !issue.assignees.isEmpty
      case .some(let login): return issue.assignees.contains { $0.lowercased() == login }
      }
    }
    let sorted = found.sorted { left, right in
      switch request.value("sort") {
      case "updated": (left.updatedAt, left.number) < (right.updatedAt, right.number)
      case "comments":
        (left.comments.count, left.number) < (right.comments.count, right.number)
      default: (left.createdAt, left.number) < (right.createdAt, right.number)
      }
    }
    return request.value("direction") == "asc" ? sorted : sorted.reversed()
  }

  private static func create(_ call: RestCall, _ world: inout GitHubWorld) throws -> WireReply {
    guard let caller = call.caller else { throw RestError.notFound }
    let fields = try call.fields()
    guard let title = fields["title"]?.stringValue, !title.isEmpty else {
      throw RestError(status: 422, message: "Invalid request.\n\n\"title\" wasn't supplied.")
    }
    let place = world.createIssue(
      in: call.repository, title: title, body: fields["body"]?.stringValue ?? "",
      labels: fields["labels"] == nil ? [] : try names(fields["labels"]), author: caller.login,
      association: caller.association,
      assignees: fields["assignees"] == nil ? [] : try names(fields["assignees"]))
    return .json(
      201, call.bodies(world).issue(try world.issue(place)))
  }

  private static func patch(_ call: RestCall, _ world: inout GitHubWorld) throws -> WireReply {
    _ = try world.issue(call.place)
    let fields = try call.fields()
    let state = fields["state"]?.stringValue
    if let state, state != "open", state != "closed" {
      throw RestError.invalid("Issue", "state")
    }
    let labels = fields["labels"] == nil ? nil : try names(fields["labels"])
    let assignees = fields["assignees"] == nil ? nil : try names(fields["assignees"])
    world.change(call.place, by: call.caller?.login) {
      if let title = fields["title"]?.stringValue { $0.title = title }
      if let body = fields["body"] { $0.body = body.stringValue ?? "" }
      if let labels { $0.labels = labels }
      if let assignees { $0.assignees = assignees }
    }
    if let state {
      world.setOpen(
        call.place, state == "open", reason: fields["state_reason"]?.stringValue,
        by: call.caller?.login)
    }
    return .json(
      200, call.bodies(world).issue(try world.issue(call.place)))
  }
}
