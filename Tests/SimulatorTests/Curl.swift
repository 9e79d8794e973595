// curl as these tests' client: one request, its answer taken apart. Real HTTP from another program,
// so that the simulator is not measured with its own code.
// The bodies decoded are only what the tests look at.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport

struct CurlAnswer: Sendable {
  /// 0: no answer came.
  var status: Int
  /// Lower-case names.
  var headers: [String: String]
  var body: String
  /// curl's own exit status: 52 empty reply, 56 reset, 18 partial, 28 timeout.
  var curlExit: ChildExit

  func decoded<Body: Decodable>(_ type: Body.Type) throws -> Body {
    let decoder = JSONDecoder()
    // A `Structure` keeps the keys as they came.
    if type != Structure.self { decoder.keyDecodingStrategy = .convertFromSnakeCase }
    return try decoder.decode(type, from: Data(body.utf8))
  }
}

struct Message: Decodable {
  struct Entry: Decodable {
    var resource: String?
    var field: String?
    var code: String?
    var message: String?
  }
  var message: String
  var errors: [Entry]?
  var status: String?
}

struct IssueBody: Decodable {
  struct Named: Decodable {
    var name: String?
    var login: String?
  }
  struct Pull: Decodable { var mergedAt: String? }
  struct Dependencies: Decodable {
    var blockedBy: Int
    var totalBlockedBy: Int
  }
  var number: Int
  var id: Int
  var nodeId: String
  var title: String
  var state: String
  var body: String?
  var labels: [Named]
  var assignees: [Named]
  var user: Named
  var authorAssociation: String
  var htmlUrl: String
  var createdAt: String
  var updatedAt: String
  var closedAt: String?
  var pullRequest: Pull?
  var issueDependenciesSummary: Dependencies?
}

struct PullBody: Decodable {
  struct Side: Decodable {
    struct Repository: Decodable { var fullName: String }
    var ref: String
    var sha: String
    var label: String
    var repo: Repository
  }
  var number: Int
  var nodeId: String
  var state: String
  var draft: Bool
  var mergedAt: String?
  var closedAt: String?
  var htmlUrl: String
  var head: Side
  var base: Side
}

struct CommentBody: Decodable {
  var id: Int
  var body: String
  var createdAt: String
  var user: IssueBody.Named
  var authorAssociation: String
}

extension GitHubSimulator {
  /// One request with the simulator's token; `token: ""` sends none.
  func curl(
    _ path: String, method: String = "GET", json: String? = nil, headers: [String] = [],
    token: String? = nil, seconds: Int = 60
  ) async throws -> CurlAnswer {
    let url = path.hasPrefix("http") ? path : baseURL + path
    var arguments = [
      "curl", "-sS", "-i", "--noproxy", "*", "--max-time", "\(seconds)", "-X", method,
      "-A", "simulator-tests",
    ]
    if token != "" { arguments += ["-H", "Authorization: Bearer \(token ?? self.token)"] }
    for header in headers { arguments += ["-H", header] }
    if let json { arguments += ["--data-binary", json] }
    let line = arguments + [url]
    let ended = try await Blocking.run {
      try CapturedCommand.run(
        line, environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], timeoutMilliseconds: 120_000)
    }
    return CurlAnswer(ended)
  }

  /// GET and decode.
  func get<Body: Decodable>(_ path: String, as type: Body.Type) async throws -> Body {
    try await curl(path).decoded(type)
  }
}

extension CurlAnswer {
  init(_ ended: CapturedCommand) {
    curlExit = ended.exit
    status = 0
    headers = [:]
    // "\r\n" is one Character of Swift's.
    var lines = ended.output.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
    while let first = lines.first, first.hasPrefix("HTTP/") {
      status = Int(first.split(separator: " ").dropFirst().first ?? "") ?? 0
      headers = [:]
      lines = lines.dropFirst()
      while let line = lines.first, !line.isEmpty {
        let pair = line.split(separator: ":", maxSplits: 1)
        if pair.count == 2 { headers[pair[0].lowercased()] = String(pair[1].drop { $0 == " " }) }
        lines = lines.dropFirst()
      }
      lines = lines.dropFirst()
    }
    body = lines.joined(separator: "\r\n")
  }
}

/// Runs a test against a simulator of its own and stops it, whatever happens.
func withSimulator(
  isPrivate: Bool = true, _ body: (GitHubSimulator) async throws -> Void
) async throws {
  let simulator = try await GitHubSimulator.start(isPrivate: isPrivate)
  do {
    try await body(simulator)
  } catch {
    await simulator.stop()
    throw error
  }
  await simulator.stop()
}
