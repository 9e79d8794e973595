// GitHub Apps: the JWT an App signs with, its installations and their tokens of one hour. Called by
// REST. A JWT's shape, issuer and times are checked as GitHub does; its signature is not: that
// would take a cryptography library.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform

package struct SimulatedApp: Hashable, Sendable {
  package var id: Int
  package var clientID: String
  package var slug: String
  package var installation: Int
  /// The account whose repositories and boards the installation reaches.
  package var account: String
  package var permissions: [String: String]
  /// Repositories the installation does not have, by id.
  package var hidden: Set<Int> = []
  package var isSuspended = false
  /// How long its tokens live.
  package var tokenLifetime: Interval = .hours(1)

  var login: String { slug + "[bot]" }
}

enum AppJWT {
  static func caller(_ token: String, _ world: GitHubWorld) throws(RestError) -> Caller {
    let parts = token.split(separator: ".").map(String.init)
    let undecodable = RestError(status: 401, message: "A JSON web token could not be decoded")
    guard parts.count == 3, let head = part(parts[0]), let claims = part(parts[1]),
      head["alg"]?.stringValue == "RS256", !parts[2].isEmpty
    else { throw undecodable }
    let issuer = claims["iss"]?.stringValue ?? claims["iss"]?.integerValue.map { "\($0)" } ?? ""
    guard !issuer.isEmpty else {
      throw RestError(
        status: 401,
        message: "'Issuer' claim ('iss') must be an Integer or the client ID of a GitHub App")
    }
    guard let app = world.apps.first(where: { $0.clientID == issuer || "\($0.id)" == issuer })
    else { throw RestError(status: 404, message: "Integration not found") }
    let now = world.now.milliseconds / 1000
    guard let end = claims["exp"]?.integerValue, end > now else {
      throw RestError(
        status: 401,
        message: "'Expiration time' claim ('exp') must be a numeric value representing the future "
          + "time at which the assertion expires")
    }
    if end > now + 600 {
      throw RestError(
        status: 401, message: "'Expiration time' claim ('exp') is too far in the future")
    }
    guard let start = claims["iat"]?.integerValue, start <= now else {
      throw RestError(
        status: 401,
        message: "'Issued at' claim ('iat') must be an Integer representing the time that the "
          + "assertion was issued")
    }
    return Caller(login: app.login, association: "NONE", mayWrite: false, kind: .app(app.id))
  }

  private static func part(_ text: String) -> Structure? {
    var padded = text.replacing("-", with: "+").replacing("_", with: "/")
    while padded.utf8.count % 4 != 0 { padded += "=" }
    return Data(base64Encoded: padded).flatMap { JSON.value(Array($0)) }
  }
}

enum RestApps {
  /// Endpoints that want an App's JWT.
  static func answer(
    _ method: String, _ segments: [String], _ body: [UInt8], _ caller: Caller?, _ api: String,
    _ world: inout GitHubWorld
  ) throws -> WireReply? {
    let names = segments.map { Int($0) == nil ? $0 : "#" }
    switch (method, names.joined(separator: "/")) {
    case ("GET", "app"):
      let app = try signedIn(caller, world)
      return .json(
        200,
        .object([
          "id": .integer(Int64(app.id)), "slug": .string(app.slug), "name": .string(app.slug),
          "client_id": .string(app.clientID), "owner": .object(["login": .string(app.account)]),
        ]))
    case ("GET", "app/installations"):
      return .json(200, .list([self.body(try signedIn(caller, world), api)]))
    case ("GET", "app/installations/#"):
      return .json(200, self.body(try signedIn(caller, world, installation: segments[2]), api))
    case ("POST", "app/installations/#/access_tokens"):
      let app = try signedIn(caller, world, installation: segments[2])
      return try makeToken(app, JSON.value(body) ?? .null, &world)
    default: break
    }
    guard method == "GET", segments.last == "installation" else { return nil }
    if segments.count == 3, ["orgs", "users"].contains(segments[0]) {
      let app = try signedIn(caller, world)
      guard app.account.lowercased() == segments[1].lowercased() else { throw RestError.notFound }
      return .json(200, self.body(app, api))
    }
    guard segments.count == 4, segments[0] == "repos" else { return nil }
    let app = try signedIn(caller, world)
    let name = RepositoryName(owner: segments[1], name: segments[2])
    guard let room = world.room(named: name), !app.hidden.contains(room.facts.id),
      room.facts.name.owner.lowercased() == app.account.lowercased()
    else { throw RestError.notFound }
    return .json(200, self.body(app, api))
  }

  private static func signedIn(
    _ caller: Caller?, _ world: GitHubWorld, installation: String? = nil
  ) throws(RestError) -> SimulatedApp {
    guard let caller, case .app(let id) = caller.kind,
      let app = world.apps.first(where: { $0.id == id })
    else { throw RestError(status: 401, message: "A JSON web token could not be decoded") }
    if let installation, installation != "\(app.installation)" { throw .notFound }
    return app
  }

  private static func body(_ app: SimulatedApp, _ api: String) -> Structure {
    .object([
      "id": .integer(Int64(app.installation)), "app_id": .integer(Int64(app.id)),
      "app_slug": .string(app.slug), "client_id": .string(app.clientID),
      "account": .object(["login": .string(app.account)]),
      "repository_selection": .string(app.hidden.isEmpty ? "all" : "selected"),
      "access_tokens_url": .string("\(api)/app/installations/\(app.installation)/access_tokens"),
      "permissions": .object(app.permissions.mapValues { .string($0) }),
    ])
  }

  /// Makes a token of an installation; `scope` may narrow it to `repositories` by name and to
  /// `permissions`.
  private static func makeToken(
    _ installed: SimulatedApp, _ scope: Structure, _ world: inout GitHubWorld
  ) throws -> WireReply {
    var app = installed
    if let names = scope["repositories"]?.listValue?.compactMap(\.stringValue) {
      let rooms = world.rooms.values.filter { !app.hidden.contains($0.facts.id) }
      guard names.allSatisfy({ name in rooms.contains { $0.facts.name.name == name } }) else {
        throw RestError(
          status: 422,
          message: "There is at least one repository that does not exist or is not accessible to "
            + "the parent installation.")
      }
      let others = world.rooms.values.filter { !names.contains($0.facts.name.name) }
      app.hidden = Set(others.map(\.facts.id))
    }
    if let wanted = scope["permissions"]?.objectValue?.compactMapValues(\.stringValue) {
      let isGranted = wanted.allSatisfy { name, level in
        name == "metadata" || app.permissions[name] == level || app.permissions[name] == "write"
      }
      guard isGranted else {
        throw RestError(
          status: 422,
          message: "The permissions requested are not granted to this installation.")
      }
      app.permissions = wanted
    }
    if app.isSuspended {
      throw RestError(status: 403, message: "This installation has been suspended")
    }
    // GitHub's form since 2026: `ghs_APPID_JWT`, about 520 characters.
    let token =
      "ghs_\(app.id)_\(Host.randomHex(bytes: 27)).\(Host.randomHex(bytes: 60))."
      + Host.randomHex(bytes: 170)
    let end = world.now + app.tokenLifetime
    world.tokens[token] = Caller(
      login: app.login, association: "NONE", mayWrite: true,
      kind: .installation(app.installation), permissions: app.permissions, hidden: app.hidden,
      expiresAt: end)
    world.personID(app.login)
    return .json(
      201,
      .object([
        "token": .string(token), "expires_at": .string(end.rfc3339),
        "permissions": .object(app.permissions.mapValues { .string($0) }),
        "repository_selection": .string(app.hidden.isEmpty ? "all" : "selected"),
      ]))
  }
}
