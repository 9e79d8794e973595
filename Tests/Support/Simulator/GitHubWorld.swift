// The state of the simulated GitHub: repositories with their issues, pull requests and comments,
// boards, tokens and limits. Plain values behind one lock; REST, GraphQL and the tests' edits
// change it through the functions here, in WorldEdits.swift and in BoardEdits.swift. No wire format
// here, and no commits: they live in each repository's bare git repository.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform

package struct SimulatedComment: Hashable, Sendable {
  package var id: Int
  package var issue: IssuePlace
  package var author: String
  package var association: String
  package var body: String
  package var createdAt: Timestamp
  package var updatedAt: Timestamp
  package var editedAt: Timestamp?
  package var isMinimized = false
}

/// The part of a pull request that an issue does not have.
package struct SimulatedPull: Hashable, Sendable {
  /// The pull request's own id; GitHub gives it another one as an issue.
  package var id: Int
  package var head: String
  package var base: String
  package var headSHA: String
  package var baseSHA: String
  package var isDraft: Bool
  package var mergedAt: Timestamp?
  package var mergeCommit: String?
  package var reviewing = SimulatedReviewing()
  package var isMerged: Bool { mergedAt != nil }
}

/// The place of an issue or pull request: its repository and number.
package struct IssuePlace: Hashable, Comparable, Sendable {
  /// The repository's database id, which survives a rename.
  package var repository: Int
  package var number: Int
  package static func < (left: IssuePlace, right: IssuePlace) -> Bool {
    (left.repository, left.number) < (right.repository, right.number)
  }
}

/// An issue, or a pull request when `pull` is there: GitHub numbers and lists both together.
package struct SimulatedIssue: Hashable, Sendable {
  package var place: IssuePlace
  package var number: Int { place.number }
  package var id: Int
  package var nodeID: String
  package var title: String
  package var body: String
  package var isOpen = true
  package var isLocked = false
  package var labels: [String]
  package var assignees: [String]
  package var author: String
  package var association: String
  package var milestone: String?
  package var createdAt: Timestamp
  package var updatedAt: Timestamp
  package var closedAt: Timestamp?
  package var stateReason: String?
  package var comments: [SimulatedComment] = []
  /// The oldest first.
  package var touches: [SimulatedTouch] = []
  package var blockedBy: [IssuePlace] = []
  package var subIssues: [IssuePlace] = []
  package var parent: IssuePlace?
  package var pull: SimulatedPull?
}

package struct SimulatedRepository: Hashable, Sendable {
  package var id: Int
  package var name: RepositoryName
  package var isPrivate: Bool
  package var isArchived = false
  package var defaultBranch: String
  package var createdAt: Timestamp
  package var updatedAt: Timestamp
  package var pushedAt: Timestamp
  /// Names it had: requests for them are redirected.
  package var formerNames: [RepositoryName] = []

  /// The present name or one it had, without case.
  func isNamed(_ other: RepositoryName) -> Bool {
    name.matches(other) || formerNames.contains { $0.matches(other) }
  }
}

/// A repository with everything in it.
struct RepositoryRoom: Sendable {
  var facts: SimulatedRepository
  var git: BareRepository
  /// Issues and pull requests by number.
  var issues: [Int: SimulatedIssue] = [:]
  var deleted: Set<Int> = []
  /// The branches' commits as last seen.
  var heads: [String: String]
  /// By commit.
  var checks: [String: [SimulatedCheck]] = [:]
  /// By id, those of earlier attempts too.
  var jobs: [Int: SimulatedAttempt] = [:]
  /// Names of the checks that must pass, by base branch.
  var requiredChecks: [String: [String]] = [:]
  /// Shell patterns of branch names nobody may push.
  var protectedBranches: [String] = []
  var pushRefusal: String?
  /// Labels that were made by themselves; an issue may carry others.
  var labels: [String] = []
  var nextNumber = 1
}

/// The thing that a node id stands for.
enum NodeTarget: Hashable, Sendable {
  case repository(Int)
  case issue(IssuePlace)
  case comment(IssuePlace, Int)
  case thread(IssuePlace, Int)
  case board(Int)
  case field(board: Int, field: Int)
  case item(board: Int, item: Int)
  case account(String)
}

struct GitHubWorld: Sendable {
  /// By database id.
  var rooms: [Int: RepositoryRoom] = [:]
  /// The repository the simulator began with.
  var main = 0
  /// By database id.
  var boards: [Int: SimulatedBoard] = [:]
  var apps: [SimulatedApp] = []
  var tokens: [String: Caller] = [:]
  /// Database ids by lower-case login.
  var people: [String: Int] = [:]
  /// By lower-case login, then by repository (0: all of them).
  var roles: [String: [Int: SimulatedRole]] = [:]
  /// Lower-case logins that are organizations.
  var organizations: Set<String> = []
  var nodes: [String: NodeTarget] = [:]
  /// `http://127.0.0.1:PORT`.
  var web = ""
  /// Where logs lie: another port.
  var store = ""
  /// What lies there, by name.
  var stored: [String: SimulatedLog] = [:]
  var limits: [LimitBucket: PrimaryLimit] = [:]
  /// `Type.field` and `Type.field.argument` that GraphQL refuses, as an old server does.
  var lacking: Set<String> = []
  var clockOffset: Int64 = 0
  private var nextID = 4_000_000_001

  /// Whole seconds, as GitHub stamps everything.
  var now: Timestamp {
    Timestamp(milliseconds: (Clock.wallMilliseconds() + clockOffset) / 1000 * 1000)
  }
  mutating func takeID() -> Int {
    defer { nextID += 1 }
    return nextID
  }
  @discardableResult
  mutating func personID(_ login: String) -> Int {
    if let id = people[login.lowercased()] { return id }
    let id = 90_000_001 + people.count
    people[login.lowercased()] = id
    nodes[GitHubWorld.nodeID("U", id)] = .account(login)
    return id
  }

  // MARK: Repositories

  mutating func addRepository(
    _ name: RepositoryName, isPrivate: Bool, defaultBranch: String, git: BareRepository
  ) throws -> Int {
    let id = 700_000_001 + rooms.count
    let facts = SimulatedRepository(
      id: id, name: name, isPrivate: isPrivate, defaultBranch: defaultBranch, createdAt: now,
      updatedAt: now, pushedAt: now)
    rooms[id] = RepositoryRoom(facts: facts, git: git, heads: try git.branches())
    nodes[GitHubWorld.nodeID("R", id)] = .repository(id)
    personID(name.owner)
    return id
  }
  func room(_ id: Int) throws(RestError) -> RepositoryRoom {
    guard let room = rooms[id] else { throw .notFound }
    return room
  }
  /// By its present name or one it had.
  func room(named name: RepositoryName) -> RepositoryRoom? {
    rooms.values.first { $0.facts.name.matches(name) }
      ?? rooms.values.first { $0.facts.isNamed(name) }
  }

  // MARK: Issues

  func found(_ place: IssuePlace) -> SimulatedIssue? {
    rooms[place.repository]?.issues[place.number]
  }
  /// - Throws: 410 for a deleted one, 404 for one that never was.
  func issue(_ place: IssuePlace) throws(RestError) -> SimulatedIssue {
    if let found = found(place) { return found }
    if rooms[place.repository]?.deleted.contains(place.number) == true {
      throw RestError(status: 410, message: "This issue was deleted")
    }
    throw .notFound
  }
  /// Changes an issue, notes who did and moves its `updated_at`.
  ///
  /// A change that changes nothing moves nothing.
  mutating func change(
    _ place: IssuePlace, by actor: String? = nil, _ edit: (inout SimulatedIssue) -> Void
  ) {
    guard let before = found(place) else { return }
    var issue = before
    edit(&issue)
    guard issue != before else { return }
    issue.noteTouches(since: before, by: actor, at: now)
    issue.updatedAt = now
    rooms[place.repository]?.issues[place.number] = issue
  }
  /// `owner/name#7`, for people.
  func reference(_ place: IssuePlace) -> String {
    "\(rooms[place.repository]?.facts.name.description ?? "?")#\(place.number)"
  }

  /// GitHub's global ids: `PREFIX_` and base64url of a msgpack list of the parents' ids and the own
  /// one.
  static func nodeID(_ prefix: String, _ parts: Int...) -> String {
    var bytes: [UInt8] = [UInt8(0x91 + parts.count), 0]
    for part in parts {
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
