// The endpoints below /pulls: lists by head and base branch, single pull requests, creation,
// closing and merging. Called by Rest once the caller may do what it asks; refusals of creation and
// merge are GitHubWorld's.
import SymphonyCore

enum RestPulls {
  static func answer(_ call: RestCall, _ world: inout GitHubWorld) throws -> WireReply {
    let mayWrite = call.caller?.mayWrite
    func full(_ place: IssuePlace, _ world: GitHubWorld, status: Int = 200) throws -> WireReply {
      let issue = try world.issue(place)
      guard issue.pull != nil else { throw RestError.notFound }
      let bodies = call.bodies(world)
      var reply = WireReply.json(status, bodies.pull(issue, mayWrite: mayWrite, full: true))
      reply.set("Last-Modified", issue.updatedAt.httpDate)
      return reply
    }
    switch (call.method, call.pattern) {
    case ("GET", "pulls"):
      let bodies = call.bodies(world)
      return call.page(list(call, world)) { bodies.pull($0, mayWrite: mayWrite, full: false) }
    case ("POST", "pulls"):
      return try full(try create(call, &world), world, status: 201)
    case ("GET", "pulls/#"):
      return try full(call.place, world)
    case ("PATCH", "pulls/#"):
      guard try world.issue(call.place).pull != nil else { throw RestError.notFound }
      let fields = try call.fields()
      world.change(call.place) {
        if let title = fields["title"]?.stringValue { $0.title = title }
        if let body = fields["body"] { $0.body = body.stringValue ?? "" }
        if let base = fields["base"]?.stringValue { $0.pull?.base = base }
      }
      if let state = fields["state"]?.stringValue {
        world.setOpen(call.place, state == "open")
      }
      return try full(call.place, world)
    case ("PUT", "pulls/#/merge"):
      return try merge(call, &world)
    default:
      guard let reply = try RestReviews.answer(call, &world) else { throw RestError.notFound }
      return reply
    }
  }

  private static func list(_ call: RestCall, _ world: GitHubWorld) -> [SimulatedIssue] {
    let request = call.request
    let state = request.value("state") ?? "open"
    // GitHub does not honour a head without its owner: the list is then not filtered at all.
    let head = (request.value("head") ?? "").split(separator: ":", maxSplits: 1).map(String.init)
    let room = world.rooms[call.repository]
    let owner = room?.facts.name.owner.lowercased()
    let found = (room?.issues ?? [:]).values.filter { issue in
      guard let pull = issue.pull else { return false }
      if state != "all", issue.isOpen != (state == "open") { return false }
      if head.count == 2, head[0].lowercased() != owner || pull.head != head[1] { return false }
      if let base = request.value("base"), pull.base != base { return false }
      return true
    }
    let byUpdate = request.value("sort") == "updated"
    let sorted = found.sorted {
      byUpdate
        ? ($0.updatedAt, $0.number) < ($1.updatedAt, $1.number)
        : ($0.createdAt, $0.number) < ($1.createdAt, $1.number)
    }
    let standard = byUpdate || request.value("sort") == "popularity" ? "asc" : "desc"
    return (request.value("direction") ?? standard) == "desc" ? sorted.reversed() : sorted
  }

  private static func create(_ call: RestCall, _ world: inout GitHubWorld) throws -> IssuePlace {
    guard let caller = call.caller else { throw RestError.notFound }
    let fields = try call.fields()
    func required(_ name: String) throws(RestError) -> String {
      if let text = fields[name]?.stringValue, !text.isEmpty { return text }
      throw RestError(status: 422, message: "Invalid request.\n\n\"\(name)\" wasn't supplied.")
    }
    return try world.createPull(
      in: call.repository, title: fields["title"]?.stringValue ?? "",
      body: fields["body"]?.stringValue ?? "",
      head: try required("head"), base: try required("base"),
      isDraft: fields["draft"]?.boolValue ?? false, caller: caller)
  }

  private static func merge(_ call: RestCall, _ world: inout GitHubWorld) throws -> WireReply {
    guard let pull = try world.issue(call.place).pull else { throw RestError.notFound }
    let fields = try call.fields()
    if let expected = fields["sha"]?.stringValue, expected != pull.headSHA {
      throw RestError(
        status: 409, message: "Head branch was modified. Review and try the merge again.")
    }
    if let refusal = pull.reviewing.mergeRefusal {
      throw RestError(status: 405, message: refusal)
    }
    if pull.reviewing.hasQueue {
      throw RestError(status: 405, message: "Changes must be made through the merge queue")
    }
    if pull.isDraft { throw RestError(status: 405, message: "Pull Request is not mergeable") }
    let commit = try world.merge(
      call.place, method: fields["merge_method"]?.stringValue ?? "merge")
    return .json(
      200,
      .object([
        "sha": .string(commit), "merged": .bool(true),
        "message": .string("Pull Request successfully merged"),
      ]))
  }
}
