// One REST request from its path to its reply, in GitHub's order of refusals: User-Agent, token,
// version, limit, route, permission. ETags, conditional answers, limits and standing headers are
// added here; what each endpoint does is in RestIssues.swift, RestPulls.swift, RestReviews.swift,
// RestActions.swift and Apps.swift.
// Called by SimulatorCore with the world's lock held.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform

/// One request, as its endpoint sees it.
struct RestCall {
  var request: WireRequest
  /// `GET` for `HEAD`, too.
  var method: String
  /// `issues/#/comments`: the path below the repository with numbers replaced.
  var pattern: String
  /// Decoded path segments below the repository.
  var segments: [String]
  /// The path Link headers name, with its number or name as sent.
  var path: String
  /// Nil: nobody signed in.
  var caller: Caller?
  var api: String
  /// The repository asked about, by id.
  var repository: Int

  /// The issue in `issues/#` or `pulls/#`.
  var place: IssuePlace {
    IssuePlace(
      repository: repository, number: segments.count > 1 ? Int(segments[1]) ?? 0 : 0)
  }

  /// The maker of bodies for this repository, or for another.
  func bodies(_ world: GitHubWorld, of other: Int? = nil) -> RestBodies {
    guard let room = world.rooms[other ?? repository] else {
      preconditionFailure("an endpoint was reached without its repository")
    }
    return RestBodies(world: world, room: room, api: api)
  }

  /// The JSON object sent; empty without a body.
  /// - Throws: 400 when the body is no JSON object.
  func fields() throws(RestError) -> [String: Structure] {
    if request.body.isEmpty { return [:] }
    guard case .object(let members)? = JSON.value(request.body) else {
      throw RestError(status: 400, message: "Problems parsing JSON")
    }
    return members
  }

  /// One page of `rows` with its Link header.
  func page<Row>(_ rows: [Row], _ body: (Row) -> Structure) -> WireReply {
    func number(_ name: String, _ standard: Int) -> Int {
      max(1, request.value(name).flatMap { Int($0) } ?? standard)
    }
    let size = min(100, number("per_page", 30))
    let page = number("page", 1)
    let last = max(1, (rows.count + size - 1) / size)
    let start = min(rows.count, (page - 1) * size)
    var reply = WireReply.json(
      200, .list(rows[start..<min(rows.count, start + size)].map(body)))
    func link(_ page: Int, _ relation: String) -> String {
      var items = request.query
      if let index = items.firstIndex(where: { $0.name == "page" }) {
        items[index].value = "\(page)"
      } else {
        items.append(QueryItem(name: "page", value: "\(page)"))
      }
      return "<\(api)\(path)?\(Percent.encoded(items))>; rel=\"\(relation)\""
    }
    var links: [String] = []
    if page > 1 { links.append(link(min(page - 1, last), "prev")) }
    if page < last { links += [link(page + 1, "next"), link(last, "last")] }
    if page > 1 { links.append(link(1, "first")) }
    if !links.isEmpty { reply.set("Link", links.joined(separator: ", ")) }
    return reply
  }
}

enum Rest {
  static let versions = ["2022-11-28", "2026-03-10"]

  static var withoutUserAgent: WireReply {
    let text =
      "\r\nRequest forbidden by administrative rules. Please make sure your request has a "
      + "User-Agent header.\r\n"
    return .text(403, text, type: "text/html")
  }

  static func answer(_ request: WireRequest, world: inout GitHubWorld) throws -> WireReply {
    if request.header("user-agent")?.isEmpty != false { return withoutUserAgent }
    let enterprise = request.path == "/api/v3" || request.path.hasPrefix("/api/v3/")
    let path = enterprise ? String(request.path.dropFirst("/api/v3".count)) : request.path
    let api = world.web + (enterprise ? "/api/v3" : "")
    var reply: WireReply
    var caller: Caller?
    do {
      caller = try world.caller(request)
      let version = request.header("x-github-api-version") ?? versions[0]
      guard versions.contains(version) else {
        throw RestError(status: 400, message: "Bad Request: unsupported API version \(version)")
      }
      let isFree = path == "/rate_limit" || caller?.isApp == true
      if !isFree, world.limit(of: caller, "core").remaining == 0 {
        throw RestError(
          status: 403, message: "API rate limit exceeded for \(world.whom(caller)).")
      }
      reply = try route(request, path: path, api: api, caller: caller, world: &world)
      if request.isReadOnly, reply.status == 200 { reply = conditional(request, reply) }
      if !isFree, !(reply.status == 304 && caller != nil) { world.spend(1, of: caller, "core") }
      if let caller, caller.kind == .classic {
        reply.set("X-OAuth-Scopes", caller.scopes.sorted().joined(separator: ", "))
      }
      reply.set("X-GitHub-Api-Version-Selected", version)
    } catch let error as RestError {
      reply = error.reply
    }
    if request.isReadOnly {
      reply.set("Cache-Control", "private, max-age=60, s-maxage=60")
      reply.set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding")
    }
    reply.set("X-GitHub-Request-Id", Host.randomHex(bytes: 8))
    reply.set("X-GitHub-Media-Type", "github.v3; format=json")
    for line in world.limit(of: caller, "core").headers { reply.set(line.name, line.value) }
    reply.set("X-RateLimit-Resource", "core")
    return reply
  }

  /// The ETag covers the Accept and Authorization headers and the body, so that a new token voids
  /// it, and is compared weakly.
  ///
  /// A 304 has no body.
  private static func conditional(_ request: WireRequest, _ reply: WireReply) -> WireReply {
    let parts = [
      request.header("accept") ?? "", request.header("authorization") ?? "",
      String(decoding: reply.body, as: UTF8.self), reply.header("link") ?? "",
    ]
    let text = parts.joined(separator: "\n")
    let tag = "\"\(StableHash.hex(text))\(StableHash.hex("second half\n" + text))\""
    var answer = reply
    answer.set("ETag", "W/" + tag)
    let given = (request.header("if-none-match") ?? "").split(separator: ",").map { entry in
      let bare = entry.drop { $0 == " " }
      return String(bare.hasPrefix("W/") ? bare.dropFirst(2) : bare)
    }
    guard given.contains(tag) else { return answer }
    answer.status = 304
    answer.body = []
    answer.headers.removeAll { $0.name == "Content-Type" }
    return answer
  }

  private static func route(
    _ request: WireRequest, path: String, api: String, caller: Caller?, world: inout GitHubWorld
  ) throws -> WireReply {
    let method = request.method == "HEAD" ? "GET" : request.method
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
      Percent.decoded($0)
    }
    let apps = try RestApps.answer(method, segments, request.body, caller, api, &world)
    if let apps { return apps }
    switch (method, segments.first ?? "", segments.count) {
    case ("GET", "user", 1):
      guard let caller else { throw RestError(status: 401, message: "Requires authentication") }
      if case .installation = caller.kind {
        throw RestError(status: 403, message: caller.denial)
      }
      let room = try world.room(world.main)
      return .json(200, RestBodies(world: world, room: room, api: api).user(caller.login))
    case ("GET", "rate_limit", 1):
      return .json(
        200, rateLimit(world.limit(of: caller, "core"), world.limit(of: caller, "graphql")))
    default: break
    }
    let (room, rest) = try repository(segments, world)
    if caller.map({ $0.sees(room.facts) }) ?? !room.facts.isPrivate, segments[0] == "repos",
      !room.facts.name.matches(RepositoryName(owner: segments[1], name: segments[2]))
    {
      return moved(
        request, to: room.facts.id, api: api, rest: path.split(separator: "/").dropFirst(3))
    }
    // A trailing slash is a path of its own, and there is nothing.
    if rest.contains("") { throw RestError.notFound }
    if caller == nil, !request.isReadOnly {
      throw RestError(status: 401, message: "Requires authentication")
    }
    try permit(caller, rest, room, isReadOnly: request.isReadOnly)
    var names = rest.map { Int($0) == nil ? $0 : "#" }
    if names.count == 4, names[2] == "labels" { names[3] = "*" }
    if names.count == 2, names[0] == "labels" { names[1] = "*" }
    if names.count == 3, names[0] == "commits" { names[1] = "*" }
    if names.first == "collaborators", names.count == 3 { names[1] = "*" }
    let call = RestCall(
      request: request, method: method, pattern: names.joined(separator: "/"),
      segments: Array(rest), path: path, caller: caller, api: api, repository: room.facts.id)
    return try endpoint(call, &world)
  }

  /// The repository a path begins with, and what follows it.
  private static func repository(
    _ segments: [String], _ world: GitHubWorld
  ) throws(RestError) -> (RepositoryRoom, ArraySlice<String>) {
    if segments.first == "repos", segments.count >= 3,
      let room = world.room(named: RepositoryName(owner: segments[1], name: segments[2]))
    {
      return (room, segments.dropFirst(3))
    }
    if segments.first == "repositories", segments.count >= 2, let id = Int(segments[1]) {
      return (try world.room(id), segments.dropFirst(2))
    }
    throw .notFound
  }

  /// - Throws: 404 for a repository the caller may not see, 403 with the permission that is
  /// missing.
  private static func permit(
    _ caller: Caller?, _ rest: ArraySlice<String>, _ room: RepositoryRoom, isReadOnly: Bool
  ) throws(RestError) {
    guard let caller else {
      if room.facts.isPrivate { throw .notFound }
      return
    }
    guard caller.sees(room.facts) else { throw .notFound }
    var permission = rest.first == "pulls" ? "pull_requests" : "issues"
    if rest.isEmpty || rest.first == "collaborators" { permission = "metadata" }
    if rest.count > 1, permission == "issues", let number = Int(Array(rest)[1]),
      room.issues[number]?.pull != nil
    {
      permission = "pull_requests"
    }
    if rest.last == "merge" { permission = "contents" }
    if rest.first == "commits" { permission = "statuses" }
    if rest.first == "actions" { permission = "actions" }
    if rest.first == "git" { permission = "contents" }
    guard caller.may(permission, write: !isReadOnly, in: room.facts) else {
      throw RestError(
        status: 403, message: caller.denial,
        headers: [
          HeaderLine(
            "X-Accepted-GitHub-Permissions", "\(permission)=\(isReadOnly ? "read" : "write")")
        ])
    }
  }

  private static func endpoint(_ call: RestCall, _ world: inout GitHubWorld) throws -> WireReply {
    let bodies = call.bodies(world)
    switch (call.method, call.pattern) {
    case ("GET", ""):
      var reply = WireReply.json(
        200, bodies.repository(mayWrite: call.caller?.mayWrite, full: true))
      reply.set("Last-Modified", bodies.room.facts.updatedAt.httpDate)
      return reply
    case ("GET", "collaborators/*/permission"):
      guard call.caller?.mayWrite == true else {
        throw RestError(
          status: 403, message: "Must have push access to view collaborator permission.")
      }
      guard let role = world.role(of: call.segments[1], in: bodies.room.facts) else {
        throw RestError.notFound
      }
      return .json(
        200,
        .object([
          "permission": .string(role.permission), "role_name": .string(role.rawValue),
          "user": bodies.user(call.segments[1]),
        ]))
    case ("GET", "commits/*/status"):
      let checks = bodies.room.checks[call.segments[1]] ?? []
      return .json(200, bodies.statuses(checks, of: call.segments[1]))
    case ("GET", "labels"):
      return call.page(labels(bodies.room), bodies.label)
    case ("GET", "labels/*"):
      let wanted = call.segments[1].lowercased()
      guard let label = labels(bodies.room).first(where: { $0.lowercased() == wanted }) else {
        throw RestError.notFound
      }
      return .json(200, bodies.label(label))
    case ("POST", "labels"):
      guard case .string(let name)? = try call.fields()["name"], !name.isEmpty else {
        throw RestError(status: 422, message: "Validation Failed")
      }
      guard !labels(bodies.room).contains(where: { $0.lowercased() == name.lowercased() }) else {
        throw RestError(status: 422, message: "Validation Failed")
      }
      world.rooms[call.repository]?.labels.append(name)
      return .json(201, bodies.label(name))
    default:
      if call.segments.first == "issues" { return try RestIssues.answer(call, &world) }
      if call.segments.first == "actions" { return try RestActions.answer(call, &world) }
      if call.segments.first == "git" { return try RestReferences.answer(call, &world) }
      if call.segments.first == "pulls" { return try RestPulls.answer(call, &world) }
      throw RestError.notFound
    }
  }

  /// A label is there as long as an issue carries it, or because it was made by itself.
  private static func labels(_ room: RepositoryRoom) -> [String] {
    var seen = Dictionary(room.labels.map { ($0.lowercased(), $0) }) { first, _ in first }
    for issue in room.issues.values.sorted(by: { $0.number < $1.number }) {
      for label in issue.labels where seen[label.lowercased()] == nil {
        seen[label.lowercased()] = label
      }
    }
    return seen.sorted { $0.key < $1.key }.map(\.value)
  }

  private static func moved(
    _ request: WireRequest, to repository: Int, api: String, rest: ArraySlice<Substring>
  ) -> WireReply {
    let tail = rest.map { "/" + $0 }.joined()
    let query = request.rawQuery.isEmpty ? "" : "?" + request.rawQuery
    let target = "\(api)/repositories/\(repository)\(tail)\(query)"
    // Reads may be repeated at the new place as they are; writes keep their method only with 307.
    var reply = WireReply.json(
      request.isReadOnly ? 301 : 307,
      .object([
        "message": .string("Moved Permanently"), "url": .string(target),
        "documentation_url": .string("https://docs.github.com/rest"),
      ]))
    reply.set("Location", target)
    return reply
  }

  private static func rateLimit(_ core: PrimaryLimit, _ graph: PrimaryLimit) -> Structure {
    func window(_ limit: PrimaryLimit) -> Structure {
      .object([
        "limit": .integer(Int64(limit.limit)), "used": .integer(Int64(limit.used)),
        "remaining": .integer(Int64(limit.remaining)), "reset": .integer(limit.resetAt),
      ])
    }
    return .object([
      "resources": .object([
        "core": window(core), "search": window(core), "graphql": window(graph),
      ]), "rate": window(core),
    ])
  }
}
