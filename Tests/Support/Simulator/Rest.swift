// One REST request from its path to its reply, in GitHub's order of refusals: User-Agent, token,
// version, limit, route, permission. ETags, conditional answers, limits and standing headers are
// added here; what each endpoint does is in RestIssues.swift and RestPulls.swift. Called by
// SimulatorCore with the world's lock held.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform

/// What an endpoint sees of the request.
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
  var git: BareRepository

  /// The number in `issues/#` or `pulls/#`.
  var number: Int { segments.count > 1 ? Int(segments[1]) ?? 0 : 0 }

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

  static func answer(
    _ request: WireRequest, world: inout World, git: BareRepository
  ) throws -> WireReply {
    if request.header("user-agent")?.isEmpty != false {
      let text =
        "\r\nRequest forbidden by administrative rules. Please make sure your request has a "
        + "User-Agent header.\r\n"
      return .text(403, text, type: "text/html")
    }
    let enterprise = request.path == "/api/v3" || request.path.hasPrefix("/api/v3/")
    let path = enterprise ? String(request.path.dropFirst("/api/v3".count)) : request.path
    let api = world.web + (enterprise ? "/api/v3" : "")
    var reply: WireReply
    do {
      let caller = try authenticate(request, world)
      let version = request.header("x-github-api-version") ?? versions[0]
      guard versions.contains(version) else {
        throw RestError(status: 400, message: "Bad Request: unsupported API version \(version)")
      }
      try spendable(&world, path)
      reply = try route(
        request, path: path, api: api, caller: caller, world: &world, git: git)
      if request.isReadOnly, reply.status == 200 { reply = conditional(request, reply) }
      if path != "/rate_limit", !(reply.status == 304 && caller != nil) { world.limit.used += 1 }
      if caller != nil { reply.set("X-OAuth-Scopes", "repo") }
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
    let limit = world.limit
    reply.set("X-RateLimit-Limit", "\(limit.limit)")
    reply.set("X-RateLimit-Remaining", "\(limit.remaining)")
    reply.set("X-RateLimit-Used", "\(limit.used)")
    reply.set("X-RateLimit-Reset", "\(limit.resetAt)")
    reply.set("X-RateLimit-Resource", "core")
    return reply
  }

  static func authenticate(
    _ request: WireRequest, _ world: World
  ) throws(RestError) -> Caller? {
    guard let header = request.header("authorization") else { return nil }
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, ["bearer", "token"].contains(parts[0].lowercased()),
      let caller = world.tokens[String(parts[1])]
    else { throw RestError(status: 401, message: "Bad credentials") }
    return caller
  }

  private static func spendable(_ world: inout World, _ path: String) throws(RestError) {
    let seconds = world.now.milliseconds / 1000
    if seconds >= world.limit.resetAt {
      world.limit = PrimaryLimit(limit: world.limit.limit, resetAt: seconds + 3600)
    }
    if world.limit.remaining == 0, path != "/rate_limit" {
      throw RestError(status: 403, message: "API rate limit exceeded for user ID 1.")
    }
  }

  /// The ETag covers the Accept and Authorization headers and the body, so that a new token voids
  /// it, and is compared weakly. A 304 has no body.
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
    _ request: WireRequest, path: String, api: String, caller: Caller?, world: inout World,
    git: BareRepository
  ) throws -> WireReply {
    let method = request.method == "HEAD" ? "GET" : request.method
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
      Percent.decoded($0)
    }
    let bodies = RestBodies(world: world, api: api)
    switch (method, segments.first ?? "", segments.count) {
    case ("GET", "user", 1):
      guard let caller else { throw RestError(status: 401, message: "Requires authentication") }
      return .json(200, bodies.user(caller.login))
    case ("GET", "rate_limit", 1):
      return .json(200, rateLimit(world.limit))
    default: break
    }
    var rest: ArraySlice<String>
    if segments.first == "repos", segments.count >= 3 {
      let name = RepositoryName(owner: segments[1], name: segments[2])
      rest = segments.dropFirst(3)
      guard world.isOurs(name) else { throw RestError.notFound }
      if !world.repository.name.matches(name) {
        return moved(request, api: api, rest: path.split(separator: "/").dropFirst(3), world)
      }
    } else if segments.first == "repositories", segments.count >= 2,
      segments[1] == "\(world.repository.id)"
    {
      rest = segments.dropFirst(2)
    } else {
      throw RestError.notFound
    }
    // A trailing slash is a path of its own, and there is nothing.
    if rest.contains("") { throw RestError.notFound }
    if caller == nil, !request.isReadOnly {
      throw RestError(status: 401, message: "Requires authentication")
    }
    if caller == nil, world.repository.isPrivate { throw RestError.notFound }
    if let caller, !caller.mayWrite, !request.isReadOnly {
      throw RestError(
        status: 403, message: "Resource not accessible by personal access token",
        headers: [HeaderLine("X-Accepted-GitHub-Permissions", "issues=write")])
    }
    var names = rest.map { Int($0) == nil ? $0 : "#" }
    if names.count == 4, names[2] == "labels" { names[3] = "*" }
    if names.first == "collaborators", names.count == 3 { names[1] = "*" }
    let call = RestCall(
      request: request, method: method, pattern: names.joined(separator: "/"),
      segments: Array(rest), path: path, caller: caller, api: api, git: git)
    return try endpoint(call, &world)
  }

  private static func endpoint(_ call: RestCall, _ world: inout World) throws -> WireReply {
    let bodies = RestBodies(world: world, api: call.api)
    switch (call.method, call.pattern) {
    case ("GET", ""):
      var reply = WireReply.json(
        200, bodies.repository(mayWrite: call.caller?.mayWrite, full: true))
      reply.set("Last-Modified", world.repository.updatedAt.httpDate)
      return reply
    case ("GET", "collaborators/*/permission"):
      let login = call.segments[1].lowercased()
      let found = world.tokens.values.first { $0.login.lowercased() == login }
      let permission = found?.mayWrite == true ? "write" : "read"
      return .json(
        200,
        .object([
          "permission": .string(permission), "role_name": .string(permission),
          "user": bodies.user(call.segments[1]),
        ]))
    default:
      if call.segments.first == "issues" { return try RestIssues.answer(call, &world) }
      if call.segments.first == "pulls" { return try RestPulls.answer(call, &world) }
      throw RestError.notFound
    }
  }

  private static func moved(
    _ request: WireRequest, api: String, rest: ArraySlice<Substring>, _ world: World
  ) -> WireReply {
    let tail = rest.map { "/" + $0 }.joined()
    let query = request.rawQuery.isEmpty ? "" : "?" + request.rawQuery
    let target = "\(api)/repositories/\(world.repository.id)\(tail)\(query)"
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

  private static func rateLimit(_ limit: PrimaryLimit) -> Structure {
    let window: Structure = .object([
      "limit": .integer(Int64(limit.limit)), "used": .integer(Int64(limit.used)),
      "remaining": .integer(Int64(limit.remaining)), "reset": .integer(limit.resetAt),
    ])
    return .object([
      "resources": .object(["core": window, "search": window, "graphql": window]), "rate": window,
    ])
  }
}
