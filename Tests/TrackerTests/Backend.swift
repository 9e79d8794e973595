// Something that behaves like GitHub on the wire, for the contract tests: our own simulator always,
// and the one beside the checkout where it is there and can be started. One vocabulary of edits and
// faults over both; what is so afterwards is read over the wire, the same way from both.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport

@testable import SymphonyTrackers

enum BackendKind: String, CaseIterable, Sendable {
  case builtIn, outside
  static var available: [BackendKind] {
    OutsideBackend.shared == nil ? [.builtIn] : [.builtIn, .outside]
  }

  /// Ready for one test: with nothing spoiled and an empty log.
  func open() async throws -> any Backend {
    switch self {
    case .builtIn: return try await BuiltInBackend()
    case .outside:
      guard let shared = OutsideBackend.shared else { throw Unavailable() }
      try await shared.begin()
      return shared
    }
  }
  struct Unavailable: Error {}
}

/// An issue or pull request.
struct IssueName: Hashable, Sendable, CustomStringConvertible {
  var number: Int
  var repository = "acme/app"
  var description: String { "\(repository)#\(number)" }
}

/// What people do.
enum WorldEdit: Sendable {
  case close(IssueName)
  case reopen(IssueName)
  case delete(IssueName)
  case addLabel(IssueName, String)
  case removeLabel(IssueName, String)
  case comment(IssueName, String)
  /// A person's role in the organization: `read`, `triage`, `write`.
  case role(String, String)
  case block(IssueName, by: IssueName)
  case addSubIssue(IssueName, to: IssueName)
  case merge(IssueName)
  /// A commit to a branch, which is made where it is new.
  case commit(branch: String, repository: String = "acme/app")
  /// The check runs of a pull request's head, all of them; a nil conclusion is not there yet.
  case checks(IssueName, [String: String?])
  /// Alice's review, with a comment on the first line of `work.txt`.
  case review(IssueName, String, String, line: String)
  /// One more check run of a pull request's head, with the log of its job.
  case check(IssueName, String, String, log: String)
  /// A file of its own, committed to a branch.
  case commitFile(String, branch: String)
  /// Puts it on a board with these values.
  case addItem(IssueName, board: Int, [String: String])
  case setField(IssueName, board: Int, String, String?)
  case archive(IssueName, board: Int)
  case removeItem(IssueName, board: Int)
  case renameOption(String, to: String, board: Int)
  /// A fine-grained token that sees these repositories only.
  case addToken(String, repositories: [String])
  case revokeToken(String)
  /// Leaves this much of the bot's hour.
  case limit(remaining: Int, resource: String, resetsIn: Int)
  /// Moves GitHub's clock by so many seconds.
  case advanceClock(Int)
}

enum WireMatch: Sendable {
  /// The method and a regular expression for path and query.
  case rest(String, String)
  /// A regular expression for a GraphQL operation's name.
  case operation(String)
}

enum WireFault: Sendable {
  case reset
  case resetMidBody
  case truncated
  case status(Int)
  case secondary(retryAfter: Int?)
  case primary(resetsIn: Int)
  /// GraphQL errors without data.
  case graphErrors
  /// Null at a path of the answer, with an error.
  case partial([String])
}

struct WireEntry: Hashable, Sendable {
  var status: Int
  var cost: Int
  var operation: String?
}

protocol Backend: Sendable {
  var apiURL: String { get }
  /// Of `symphony-bot`, who may write everywhere.
  var token: String { get }
  func createIssue(
    _ title: String, labels: [String], body: String, repository: String
  ) async throws -> IssueName
  /// A draft on a board; its item's node id.
  func addDraft(_ title: String, board: Int, _ fields: [String: String]) async throws -> String
  /// A board nobody else uses.
  func takeBoard() -> Int
  func edit(_ edit: WorldEdit) async throws
  /// Spoils the next such request; `after`: it is carried out first.
  func spoil(_ match: WireMatch, _ fault: WireFault, after: Bool, times: Int) async throws
  /// Ends every rule that spoils something.
  func mend() async throws
  /// The requests answered since the last call.
  func takeLog() async throws -> [WireEntry]
}

extension Backend {
  func spoil(_ match: WireMatch, _ fault: WireFault, after: Bool = false) async throws {
    try await spoil(match, fault, after: after, times: 1)
  }
  func createIssue(_ title: String, labels: [String] = []) async throws -> IssueName {
    try await createIssue(title, labels: labels, body: "", repository: "acme/app")
  }
}

/// Facts both servers begin with.
enum BackendWorld {
  static let statuses = ["Backlog", "Todo", "In Progress", "Human Review", "Done"]
  static let priorities = ["P0", "P1", "P2", "P3"]
  /// A board that belongs to the bot itself.
  static let userBoard = 900
  static let clientID = "Iv23liTest"
  static let installation = 2001
  /// Belongs to `AppFixtures.key`.
  static let publicKey = """
    -----BEGIN PUBLIC KEY-----
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwPfv+dHlW2mOMR7xoVOp
    0NG6FE4x5ysRg3rmSZqBBppYQqLLVsgYzXEqyA69VQXmZLADm5VQO6hjoFCcWQQS
    CG3RCM/HOluJev7GImbdCNfnN6mPB6IFhqDcTEYVKXa5uwoXq6D8fPt82BvrUpS7
    jS0yH0HYPCPnzKWAmybCyOrzNolwZ1W4Ho5ISdEQ7RxL67XioDRiwHARkCM+vWNH
    ln6R/CmV/ptOiJTL2BmUvl4XdjhusyFdhO/cK7jk9kz/YrNwPq5BVZBufMAtm18/
    MK5utJn3l4ODD3XM7Ul70vLl618qGbSW+05HKO7SbPv5hvhGf+dT9TRCEjhTHti4
    1wIDAQAB
    -----END PUBLIC KEY-----
    """
}
