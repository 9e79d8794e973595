// Tokens of a GitHub App's installation: finds the installation, makes a token, keeps it while it
// is good, and makes another one in time. TokenSource is the only caller, one call at a time. Each
// mistake people make with Apps (wrong id, wrong key, not installed, suspended) gets its sentence.
import FoundationEssentials
import SymphonyCore
import Synchronization

final class InstallationTokens: Sendable {
  private struct State {
    var signer: AppSigner?
    var current: InstallationToken?
    var installation: String?
    var hasLookedAtKeep = false
  }
  /// The permissions of a token that was just made, for doctor.
  struct Grant: Sendable {
    var installation: String
    var permissions: [String: String]
  }

  private let app: AppPolicy
  private let policy: TrackerPolicy
  private let wire: GitHubWire
  private let keep: TokenKeep?
  /// Remembers the installation's id, which is no secret: a tick without a token in its keep then
  /// makes one with a single request.
  private let memory: TrackerMemory
  private let memoryKey: String
  private let state = Mutex(State())

  init(app: AppPolicy, policy: TrackerPolicy, wire: GitHubWire) {
    self.app = app
    self.policy = policy
    self.wire = wire
    memory = TrackerMemory(
      wire.surroundings.cache,
      identity: TokenSource.identity(of: policy, salt: wire.surroundings.salt))
    memoryKey = "symphony:installation:\(policy.apiURL)"
    let parts = [
      wire.surroundings.salt, policy.apiURL, app.id, Self.place(policy), app.privateKey.reveal(),
    ]
    keep = TokenKeep(
      runtimeDirectory: wire.surroundings.runtimeDirectory,
      name: StableHash.hex(parts.joined(separator: "\n")))
  }

  /// A text that tells one installation from another before its id is known.
  static func place(_ policy: TrackerPolicy) -> String {
    let owner = policy.board?.owner ?? policy.repository?.description ?? ""
    return policy.app?.installation ?? owner.lowercased()
  }

  // MARK: The token in use

  func token() async throws(TrackerError) -> Secret {
    let known = state.withLock { state -> InstallationToken? in
      if !state.hasLookedAtKeep {
        state.hasLookedAtKeep = true
        state.current = state.current ?? keep?.read()
      }
      return state.current
    }
    guard let known else { return try await make().token }
    let left = known.expiresAt - serverNow
    if left >= app.refreshSkew { return known.token }
    do throws(TrackerError) { return try await make().token } catch {
      // A token that is still good is better than none.
      if left > .minutes(1) { return known.token }
      throw error
    }
  }

  func renewed(after refused: Secret) async throws(TrackerError) -> Secret? {
    state.withLock { state in
      if state.current?.token == refused { state.current = nil }
    }
    keep?.forget()
    return try await make().token
  }

  // MARK: The token of one run

  /// The repository and permissions a token is made for; nil: all that the installation may do.
  private struct Scope: Encodable {
    var repositories: [String]
    var permissions: [String: String]
  }

  /// Makes a token that reaches one repository and may do there what a run does.
  ///
  /// That is to fetch and to push, and to change files of workflows where the installation may. It
  /// is made for each launch and kept nowhere: it lasts an hour, and a push after that is owed and
  /// gets a fresh one.
  func narrowed(_ order: CredentialOrder) async throws(TrackerError) -> Secret {
    var scope = Scope(
      repositories: [order.repository.name],
      permissions: ["contents": "write", "metadata": "read"])
    if order.isForAgent {
      scope.permissions["issues"] = "write"
      scope.permissions["pull_requests"] = "write"
    }
    let key = memoryKey + ":no-workflows"
    let now = wire.surroundings.now()
    let refusedAt = Timestamp(
      milliseconds: memory.read(key, as: Int64.self) ?? 0)
    let isAsked = now - refusedAt > RetryDeadline.permission || now < refusedAt
    if isAsked {
      var wider = scope
      wider.permissions["workflows"] = "write"
      do throws(TrackerError) { return try await ask(wider).token.token } catch {
        // GitHub refuses permissions that the installation was not given; most runs can push
        // without this one.
        guard case .rejected = error else { throw error }
      }
    }
    do throws(TrackerError) {
      let token = try await ask(scope).token.token
      if isAsked { memory.write(key, now.milliseconds) }
      return token
    } catch {
      guard case .rejected(let why) = error else { throw error }
      throw .forbidden(
        "GitHub App \(app.id) gets no token for \(order.repository) with "
          + scope.permissions.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
          .joined(separator: ", ") + ": \(why)")
    }
  }

  /// Makes a token only to tell what it may do.
  func grant() async throws(TrackerError) -> Grant {
    let (token, permissions) = try await ask()
    remember(token)
    return Grant(installation: token.installation, permissions: permissions)
  }

  private var serverNow: Timestamp { wire.now + wire.clockOffset }

  private func make() async throws(TrackerError) -> InstallationToken {
    let token = try await ask().token
    remember(token)
    return token
  }

  private func remember(_ token: InstallationToken) {
    state.withLock { $0.current = token }
    keep?.write(token)
  }

  // MARK: Requests

  private struct Installation: Decodable { var id: Int64 }
  private struct NewToken: Decodable {
    var token: String
    var expiresAt: Timestamp
    var permissions: [String: String]
    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: GitHubKey.self)
      token = try container.decode(String.self, forKey: GitHubKey("token"))
      guard let time = container.time("expires_at") else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: [], debugDescription: "no readable expires_at"))
      }
      expiresAt = time
      permissions =
        (try? container.decode([String: String].self, forKey: GitHubKey("permissions"))) ?? [:]
    }
  }

  private func ask(_ scope: Scope? = nil) async throws(TrackerError) -> (
    token: InstallationToken, permissions: [String: String]
  ) {
    let known = remembered
    do throws(TrackerError) {
      return try await ask(installation: try await findInstallation(), scope)
    } catch {
      // The App may have been installed anew since.
      guard known != nil, case .misconfigured = error else { throw error }
      memory.write(memoryKey, "")
      state.withLock { $0.installation = nil }
      return try await ask(installation: try await findInstallation(), scope)
    }
  }

  /// The installation's id as an earlier tick found it; nil where the workflow names one, or this
  /// process has found it.
  private var remembered: String? {
    guard app.installation?.trimmingWhitespace().isEmpty != false,
      state.withLock({ $0.installation ?? $0.current?.installation }) == nil,
      let id = memory.read(memoryKey, as: String.self), !id.isEmpty
    else { return nil }
    return id
  }

  private func ask(installation: String, _ scope: Scope?) async throws(TrackerError) -> (
    token: InstallationToken, permissions: [String: String]
  ) {
    let path = "/app/installations/\(WebAddress.encode(installation))/access_tokens"
    let what = "POST \(path)"
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    // Without a scope the body is an empty object: all the installation may do.
    guard let body = scope.map({ try? encoder.encode($0) }) ?? Data("{}".utf8) else {
      throw .malformed("\(what) cannot be written as JSON")
    }
    let response = try await send("POST", path, what, body: Array(body))
    if let error = GitHubAnswer.error(response, what: what, wire: wire) {
      throw explain(error, response, installation: installation)
    }
    guard let made = try? JSONDecoder().decode(NewToken.self, from: Data(response.body)),
      // The token becomes part of a header, and of the text that git gets.
      (1...4096).contains(made.token.utf8.count),
      made.token.unicodeScalars.allSatisfy({ ("!"..."~").contains($0) })
    else { throw .malformed("\(what) was answered with something that cannot be read") }
    let token = InstallationToken(
      token: Secret(made.token), expiresAt: min(made.expiresAt, serverNow + .hours(24)),
      installation: installation)
    return (token, made.permissions)
  }

  private func findInstallation() async throws(TrackerError) -> String {
    if let given = app.installation?.trimmingWhitespace(), !given.isEmpty { return given }
    if let found = state.withLock({ $0.installation ?? $0.current?.installation }) { return found }
    if let known = remembered { return known }
    let path: String
    if let board = policy.board {
      let kind = board.scope == .organization ? "orgs" : "users"
      path = "/\(kind)/\(WebAddress.encode(board.owner))/installation"
    } else if let repository = policy.repository {
      let (owner, name) = (WebAddress.encode(repository.owner), WebAddress.encode(repository.name))
      path = "/repos/\(owner)/\(name)/installation"
    } else {
      throw .misconfigured(
        "nothing says which installation of GitHub App \(app.id) to use",
        hint: "set github.installation_id, or tracker.repository")
    }
    let what = "GET \(path)"
    let response = try await send("GET", path, what)
    if let error = GitHubAnswer.error(response, what: what, wire: wire) {
      throw explain(error, response, installation: nil)
    }
    guard let found = try? JSONDecoder().decode(Installation.self, from: Data(response.body)) else {
      throw .malformed("\(what) was answered with something that cannot be read")
    }
    state.withLock { $0.installation = "\(found.id)" }
    memory.write(memoryKey, "\(found.id)")
    return "\(found.id)"
  }

  /// Sends a request signed as the App itself.
  ///
  /// A signature is good for minutes around the server's time: where the first answer shows that
  /// our clock is wrong, it is made once more for the right time.
  private func send(
    _ method: String, _ path: String, _ what: String, body: [UInt8]? = nil
  )
    async throws(TrackerError) -> HTTPTransportResponse
  {
    let signer = try signer()
    var request = GitHubWire.Request(method: method, url: wire.apiURL + path, what: what)
    if let body {
      request.headers = [(name: "Content-Type", value: "application/json")]
      request.body = body
    }
    let assumed = wire.clockOffset
    let response = try await wire.send(request, bearer: signer.token(at: serverNow))
    guard response.status == 401, wire.clockOffset != assumed else { return response }
    return try await wire.send(request, bearer: signer.token(at: serverNow))
  }

  private func signer() throws(TrackerError) -> AppSigner {
    if let known = state.withLock({ $0.signer }) { return known }
    let made = try AppSigner(app)
    state.withLock { $0.signer = made }
    return made
  }

  // MARK: Mistakes

  private func explain(
    _ error: TrackerError, _ response: HTTPTransportResponse, installation: String?
  ) -> TrackerError {
    let message = GitHubAnswer.message(response)
    let words = message.lowercased()
    switch error {
    case .notFound where words.contains("integration not found"),
      .unauthorized where words.contains("issuer"):
      return .misconfigured(
        "GitHub knows no App \(app.id)",
        hint: "set github.app_id to the client id or app id shown on the App's settings page")
    case .unauthorized:
      return .misconfigured(
        "GitHub refused GitHub App \(app.id)'s signature: \(message)",
        hint: "github.private_key must be a key of this App that was not revoked, and this "
          + "machine's clock must be right")
    case .notFound where installation == nil:
      let place = policy.board?.owner ?? policy.repository?.description ?? "the account"
      return .misconfigured(
        "GitHub App \(app.id) is not installed on \(place)",
        hint: "install it there and let it see the repositories, or set github.installation_id")
    case .notFound:
      return .misconfigured(
        "GitHub App \(app.id) has no installation \(installation ?? "")",
        hint: "take github.installation_id out: it is found by itself")
    case .forbidden where words.contains("suspended"):
      return .misconfigured(
        "the installation \(installation ?? "") of GitHub App \(app.id) is suspended",
        hint: "its owner can unsuspend it under Settings, GitHub Apps")
    default: return error
    }
  }
}
