// The state of the simulated GitHub: one repository with its issues, pull requests, comments,
// tokens and limits. Plain values behind one lock; the REST side and the tests' edits change it
// through the functions here and in WorldEdits.swift. No wire format here, and no git: commits live
// in the bare repository.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform

public struct SimulatedComment: Hashable, Sendable {
  public var id: Int
  public var issue: Int
  public var author: String
  public var association: String
  public var body: String
  public var createdAt: Timestamp
  public var updatedAt: Timestamp
}

/// What a pull request has beyond an issue.
public struct SimulatedPull: Hashable, Sendable {
  /// The pull request's own id; GitHub gives it another one as an issue.
  public var id: Int
  public var head: String
  public var base: String
  public var headSHA: String
  public var baseSHA: String
  public var isDraft: Bool
  public var mergedAt: Timestamp?
  public var mergeCommit: String?
  public var isMerged: Bool { mergedAt != nil }
}

/// An issue, or a pull request when `pull` is there: GitHub numbers and lists both together.
public struct SimulatedIssue: Hashable, Sendable {
  public var number: Int
  public var id: Int
  public var nodeID: String
  public var title: String
  public var body: String
  public var isOpen = true
  public var labels: [String]
  public var assignees: [String]
  public var author: String
  public var association: String
  public var milestone: String?
  public var createdAt: Timestamp
  public var updatedAt: Timestamp
  public var closedAt: Timestamp?
  public var stateReason: String?
  public var comments: [SimulatedComment] = []
  /// Numbers of the issues that block this one.
  public var blockedBy: [Int] = []
  public var pull: SimulatedPull?
}

public struct SimulatedRepository: Hashable, Sendable {
  public var id: Int
  public var name: RepositoryName
  public var isPrivate: Bool
  public var defaultBranch: String
  public var createdAt: Timestamp
  public var updatedAt: Timestamp
  public var pushedAt: Timestamp
  /// Names it had: requests for them are redirected.
  public var formerNames: [RepositoryName] = []
}

/// Who a token belongs to.
struct Caller: Hashable, Sendable {
  var login: String
  var association: String
  var mayWrite: Bool
}

/// The primary limit of one hour; every caller shares it here.
struct PrimaryLimit: Hashable, Sendable {
  var limit = 5000
  var used = 0
  var resetAt: Int64
  var remaining: Int { max(0, limit - used) }
}

/// A refusal in GitHub's shape.
struct RestError: Error {
  var status: Int
  var message: String
  var errors: [Structure] = []
  var headers: [HeaderLine] = []

  static let notFound = RestError(status: 404, message: "Not Found")
  static func invalid(_ resource: String, _ field: String, _ code: String = "invalid") -> RestError
  {
    RestError(
      status: 422, message: "Validation Failed",
      errors: [
        .object([
          "resource": .string(resource), "field": .string(field), "code": .string(code),
        ])
      ])
  }
  static func custom(_ resource: String, _ message: String, field: String? = nil) -> RestError {
    var entry: [String: Structure] = [
      "resource": .string(resource), "code": .string("custom"), "message": .string(message),
    ]
    if let field { entry["field"] = .string(field) }
    return RestError(status: 422, message: "Validation Failed", errors: [.object(entry)])
  }
  var reply: WireReply {
    var body: [String: Structure] = [
      "message": .string(message), "documentation_url": .string("https://docs.github.com/rest"),
      "status": .string("\(status)"),
    ]
    if !errors.isEmpty { body["errors"] = .list(errors) }
    var reply = WireReply.json(status, .object(body))
    reply.headers += headers
    return reply
  }
}

struct World: Sendable {
  var repository: SimulatedRepository
  /// Issues and pull requests by number.
  var issues: [Int: SimulatedIssue] = [:]
  var deleted: Set<Int> = []
  var tokens: [String: Caller] = [:]
  /// Database ids by lower-case login.
  var people: [String: Int] = [:]
  /// `http://127.0.0.1:PORT`.
  var web = ""
  var limit: PrimaryLimit
  /// Shell patterns of branch names nobody may push.
  var protectedBranches: [String] = []
  var pushRefusal: String?
  /// The branches' commits as last seen.
  var heads: [String: String] = [:]
  var clockOffset: Int64 = 0
  private var nextID = 4_000_000_001
  private var nextNumber = 1

  init(name: RepositoryName, isPrivate: Bool, defaultBranch: String) {
    let now = Timestamp(milliseconds: Clock.wallMilliseconds() / 1000 * 1000)
    repository = SimulatedRepository(
      id: 700_000_001, name: name, isPrivate: isPrivate, defaultBranch: defaultBranch,
      createdAt: now, updatedAt: now, pushedAt: now)
    limit = PrimaryLimit(resetAt: now.milliseconds / 1000 + 3600)
  }

  /// Whole seconds, as GitHub stamps everything.
  var now: Timestamp {
    Timestamp(milliseconds: (Clock.wallMilliseconds() + clockOffset) / 1000 * 1000)
  }
  mutating func takeID() -> Int {
    defer { nextID += 1 }
    return nextID
  }
  mutating func takeNumber() -> Int {
    defer { nextNumber += 1 }
    return nextNumber
  }
  mutating func personID(_ login: String) -> Int {
    if let id = people[login.lowercased()] { return id }
    let id = 90_000_001 + people.count
    people[login.lowercased()] = id
    return id
  }

  func issue(_ number: Int) throws(RestError) -> SimulatedIssue {
    if let found = issues[number] { return found }
    if deleted.contains(number) {
      throw RestError(status: 410, message: "This issue was deleted")
    }
    throw .notFound
  }
  /// Changes an issue and moves its `updated_at`; a change that changes nothing moves nothing.
  mutating func change(_ number: Int, _ edit: (inout SimulatedIssue) -> Void) {
    guard var issue = issues[number] else { return }
    edit(&issue)
    guard issue != issues[number] else { return }
    issue.updatedAt = now
    issues[number] = issue
  }

  /// GitHub's global ids: `PREFIX_` and base64url of a msgpack list of the parents' ids and the own
  /// one.
  func nodeID(_ prefix: String, _ id: Int) -> String {
    var bytes: [UInt8] = [0x93, 0]
    for part in [repository.id, id] {
      let value = UInt32(truncatingIfNeeded: part)
      bytes.append(0xce)
      for shift: UInt32 in [24, 16, 8, 0] {
        bytes.append(UInt8(truncatingIfNeeded: value >> shift))
      }
    }
    let text = Data(bytes).base64EncodedString()
    return prefix + "_"
      + text.replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }
}
