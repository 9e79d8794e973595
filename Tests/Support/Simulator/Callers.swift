// Who is asking and what they may do: tokens of people, fine-grained tokens, installations of an
// App, and the hourly limit each has. Values; REST, GraphQL and git ask them before they answer.
import SymphonyCore

/// The person or App that a token belongs to.
struct Caller: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// A personal access token with scopes: sees what its person sees.
    case classic
    case fineGrained
    /// A token of an App's installation.
    case installation(Int)
    /// An App's JWT: good for its installations only.
    case app(Int)
  }

  var login: String
  var association: String
  var mayWrite: Bool
  var kind = Kind.classic
  /// Of classic tokens.
  var scopes: Set<String> = ["repo", "project", "read:org", "workflow"]
  /// Of the others: `issues` to `read` or `write`.
  var permissions: [String: String] = Caller.usualPermissions
  /// Repositories it may not see although they are there, by id.
  var hidden: Set<Int> = []
  var expiresAt: Timestamp?

  static let usualPermissions = [
    "metadata": "read", "contents": "write", "issues": "write", "pull_requests": "write",
    "statuses": "read", "organization_projects": "write",
  ]

  var isApp: Bool { if case .app = kind { true } else { false } }
  /// A person who lacks access gets less; a token that lacks it gets an error.
  var isLimitedToken: Bool { kind != .classic }

  /// The account whose hourly limit is spent.
  var account: String {
    if case .installation(let id) = kind { return "installation \(id)" }
    return login.lowercased()
  }
  var denial: String {
    if case .installation = kind { return "Resource not accessible by integration" }
    return "Resource not accessible by personal access token"
  }

  func sees(_ repository: SimulatedRepository) -> Bool {
    if !repository.isPrivate { return true }
    if isApp || hidden.contains(repository.id) { return false }
    return kind != .classic || scopes.contains("repo")
  }

  /// Whether it may read or write `permission` (`issues`, `pull_requests`, `contents`, `checks`,
  /// ...) of a repository.
  func may(_ permission: String, write: Bool, in repository: SimulatedRepository) -> Bool {
    guard sees(repository) else { return false }
    switch kind {
    case .app: return false
    case .classic: return !write || mayWrite
    case .fineGrained where permission == "checks": return false
    case .fineGrained, .installation:
      if permission == "metadata" || (!write && !repository.isPrivate) { return true }
      if write && !mayWrite { return false }
      let given = permissions[permission]
      return write ? given == "write" : given != nil
    }
  }
}

struct LimitBucket: Hashable, Sendable {
  var account: String
  /// `core` or `graphql`.
  var resource: String
}

/// The primary limit of one hour.
struct PrimaryLimit: Hashable, Sendable {
  var limit = 5000
  var used = 0
  /// Seconds since 1970.
  var resetAt: Int64
  var remaining: Int { max(0, limit - used) }

  var headers: [HeaderLine] {
    [
      HeaderLine("X-RateLimit-Limit", "\(limit)"),
      HeaderLine("X-RateLimit-Remaining", "\(remaining)"),
      HeaderLine("X-RateLimit-Used", "\(used)"), HeaderLine("X-RateLimit-Reset", "\(resetAt)"),
    ]
  }
}

extension GitHubWorld {
  /// The hour's limit of a caller (nil: nobody signed in), begun anew when its time is over.
  mutating func limit(of caller: Caller?, _ resource: String) -> PrimaryLimit {
    let bucket = LimitBucket(account: caller?.account ?? "", resource: resource)
    let seconds = now.milliseconds / 1000
    if let there = limits[bucket], seconds < there.resetAt { return there }
    let fresh = PrimaryLimit(
      limit: limits[bucket]?.limit ?? (caller == nil ? 60 : 5000), resetAt: seconds + 3600)
    limits[bucket] = fresh
    return fresh
  }
  mutating func spend(_ points: Int, of caller: Caller?, _ resource: String) {
    _ = limit(of: caller, resource)
    limits[LimitBucket(account: caller?.account ?? "", resource: resource)]?.used += points
  }
  /// The name by which refusals at the limit call a caller.
  func whom(_ caller: Caller?) -> String {
    guard let caller else { return "127.0.0.1" }
    if case .installation(let id) = caller.kind { return "installation ID \(id)" }
    return "user ID \(people[caller.login.lowercased()] ?? 0)"
  }

  /// - Throws: 401 for a token nobody has, one that has expired, and a JWT GitHub would refuse.
  func caller(_ request: WireRequest) throws(RestError) -> Caller? {
    guard let header = request.header("authorization") else { return nil }
    let parts = header.split(separator: " ", maxSplits: 1)
    let refusal = RestError(status: 401, message: "Bad credentials")
    guard parts.count == 2, ["bearer", "token"].contains(parts[0].lowercased()) else {
      throw refusal
    }
    if let caller = tokens[String(parts[1])] {
      if let end = caller.expiresAt, end <= now { throw refusal }
      return caller
    }
    guard parts[1].split(separator: ".").count == 3 else { throw refusal }
    return try AppJWT.caller(String(parts[1]), self)
  }
}
