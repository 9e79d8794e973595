// A few square metres of GitHub for the delivery tests: one board with one item, one issue, one
// branch with checks. It carries out what is written to it and counts what that left behind. An
// answer may be lost before the effect or after it.
import FoundationEssentials
import SymphonyCore
import Synchronization
import Testing

@testable import SymphonyTrackers

final class DeliveryWorld: Sendable {
  enum Loss: String, CaseIterable, Sendable {
    case resetBefore, badGatewayBefore, resetAfter, tornAfter
  }

  struct State {
    var options = ["Todo", "In Progress", "Human Review", "Done"]
    var field = "Status"
    var status: String? = "In Progress"
    var isOnBoard = true
    var isArchived = false
    var pull = "OPEN"
    /// `data` of this name is null and carries a fault of this type.
    var faults: [String: String] = [:]
    /// Nodes of the rollup; a nil one is closed to the token.
    var checks: [Structure?] = []
    var statuses: [Structure] = []
    var hasBranch = true
    var isDraft = true
    var isHidden = false
    var labels = ["Symphony", "Todo"]
    var issue = "open"
    var reason: Structure = .null
    var refusal: (status: Int, message: String)?

    var loss: Loss?
    /// One line for each write that was carried out.
    var effects: [String] = []
    var asked: [String] = []
  }
  private let state: Mutex<State>

  init(_ change: (inout State) -> Void = { _ in }) {
    var first = State()
    change(&first)
    state = Mutex(first)
  }

  /// As it is at this moment.
  var now: State { state.withLock { $0 } }
  var effects: [String] { now.effects }
  func change(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  func tracker(_ change: (inout TrackerPolicy) -> Void = { _ in }) -> GitHubTracker {
    makeTracker(FakeTransport { request throws(TransportError) in try self.answer(request) }) {
      $0.board = BoardPolicy(owner: "acme", number: 1)
      change(&$0)
    }
  }

  /// A delivery as a new tick would make it.
  func deliver(
    _ payload: OutboxEntry.Payload, item: String = "I_1", tries: Int = 0,
    pullRequest: PullRequestRef? = nil, _ change: (inout TrackerPolicy) -> Void = { _ in }
  ) async throws(TrackerError) -> Delivery {
    var entry = OutboxEntry(
      item: ItemID(item), dedupeKey: "k", payload: payload, nonce: "0123456789abcdef",
      createdAt: noon)
    entry.tries = tries
    return try await tracker(change).deliver(entry, pullRequest: pullRequest)
  }

  // MARK: The wire

  private func answer(_ request: HTTPTransportRequest) throws(TransportError)
    -> HTTPTransportResponse
  {
    let body =
      (try? JSONDecoder().decode(Structure.self, from: Data(request.body ?? []))) ?? .null
    let operation = body["operationName"]?.stringValue
    let isWrite =
      operation.map { ["SymphonyMove", "SymphonyConvert"].contains($0) }
      ?? (request.method != "GET")
    let (result, loss) = state.withLock { state -> (HTTPTransportResponse?, Loss?) in
      state.asked.append(operation ?? "\(request.method) \(request.target)")
      let loss = isWrite ? state.loss : nil
      if loss != nil { state.loss = nil }
      if loss == .resetBefore { return (nil, loss) }
      if loss == .badGatewayBefore { return (.json("", status: 502), loss) }
      if let operation {
        return (Self.graphQL(operation, body["variables"] ?? .null, &state), loss)
      }
      return (Self.rest(request, body, &state), loss)
    }
    switch loss {
    case .resetBefore?, .resetAfter?: throw .failed("the connection was reset")
    case .tornAfter?:
      var torn = result ?? .json("")
      torn.body = Array(torn.body.dropLast(max(2, torn.body.count / 2)))
      return torn
    case .badGatewayBefore?, nil: return result ?? .json("{}", status: 404)
    }
  }

  static func json(_ value: Structure, status: Int = 200) -> HTTPTransportResponse {
    let bytes = (try? JSONEncoder().encode(value)).map { Array($0) } ?? []
    return .json(String(decoding: bytes, as: UTF8.self), status: status)
  }

  // MARK: GraphQL

  private static func graphQL(_ name: String, _ variables: Structure, _ state: inout State)
    -> HTTPTransportResponse
  {
    var members: [String: Structure]
    switch name {
    case "SymphonyStatus", "SymphonyDraft":
      members = [
        "organization": .object(["projectV2": project(state)]),
        "user": .object(["projectV2": project(state)]),
        "repository": .object([
          "id": .string("R_1"), "pullRequest": .object(["state": .string(state.pull)]),
        ]),
        "node": node(state, isDraft: variables["item"]?.stringValue?.hasPrefix("PVTI") == true),
      ]
    case "SymphonyChecks": members = ["repository": .object(["object": commit(state, variables)])]
    case "SymphonyMove":
      if state.faults["updateProjectV2ItemFieldValue"] == nil,
        let option = variables["option"]?.stringValue
      {
        state.status = String(option.dropFirst(2))
        state.effects.append("status \(option.dropFirst(2))")
      }
      members = ["updateProjectV2ItemFieldValue": .object(["projectV2Item": .null])]
    case "SymphonyConvert":
      if state.faults["convertProjectV2DraftIssueItemToIssue"] == nil {
        state.isDraft = false
        state.effects.append("issue")
      }
      members = ["convertProjectV2DraftIssueItemToIssue": .object(["item": spot(state)])]
    default: return .json("{}", status: 400)
    }
    var errors: [Structure] = []
    for (path, type) in state.faults.sorted(by: { $0.key < $1.key }) where members[path] != nil {
      members[path] = .null
      errors.append(fault(type, [.string(path)]))
    }
    if name == "SymphonyStatus" || name == "SymphonyDraft", state.faults["projectV2"] != nil {
      members["organization"] = .object(["projectV2": .null])
      members["user"] = .object(["projectV2": .null])
      errors.append(
        fault(
          state.faults["projectV2"] ?? "", [.string("organization"), .string("projectV2")]))
    }
    if name == "SymphonyChecks" {
      for (index, check) in state.checks.enumerated() where check == nil {
        errors.append(fault("FORBIDDEN", [.string("statusCheckRollup"), .integer(Int64(index))]))
      }
    }
    var answer: [String: Structure] = ["data": .object(members)]
    if !errors.isEmpty { answer["errors"] = .list(errors) }
    return json(.object(answer))
  }

  private static func fault(_ type: String, _ path: [Structure]) -> Structure {
    .object([
      "type": .string(type), "path": .list(path), "message": .string("Told by the test."),
    ])
  }

  private static func project(_ state: State) -> Structure {
    let options = state.options.map { name in
      Structure.object(["id": .string("o-\(name)"), "name": .string(name)])
    }
    let field = Structure.object([
      "id": .string("F_1"), "name": .string(state.field), "options": .list(options),
    ])
    return .object([
      "id": .string("PVT_1"), "fields": .object(["nodes": .list([.object([:]), field])]),
    ])
  }

  private static func node(_ state: State, isDraft: Bool) -> Structure {
    if isDraft { return state.isOnBoard ? spot(state) : .null }
    let other = Structure.object([
      "id": .string("PVTI_9"), "isArchived": .bool(true),
      "project": .object(["id": .string("PVT_9")]),
    ])
    return .object([
      "__typename": .string("Issue"),
      "projectItems": .object([
        "nodes": .list([other] + (state.isOnBoard ? [spot(state)] : [])),
        "pageInfo": .object(["hasNextPage": .bool(false)]),
      ]),
    ])
  }

  private static func spot(_ state: State) -> Structure {
    let value = state.status.map { name in
      Structure.object(["name": .string(name), "field": .object(["id": .string("F_1")])])
    }
    let priority = Structure.object([
      "name": .string("Todo"), "field": .object(["id": .string("F_2")]),
    ])
    let issue = Structure.object([
      "__typename": .string("Issue"), "number": .integer(7),
      "repository": .object(["nameWithOwner": .string("acme/app")]),
    ])
    return .object([
      "__typename": .string("ProjectV2Item"), "id": .string("PVTI_1"),
      "isArchived": .bool(state.isArchived), "project": .object(["id": .string("PVT_1")]),
      "type": .string(state.isDraft ? "DRAFT_ISSUE" : "ISSUE"),
      "content": state.isDraft
        ? .object(["__typename": .string("DraftIssue")]) : state.isHidden ? .null : issue,
      "fieldValues": .object(["nodes": .list([.object([:]), priority] + [value].compactMap { $0 })]
      ),
    ])
  }

  private static func commit(_ state: State, _ variables: Structure) -> Structure {
    guard state.hasBranch else { return .null }
    // Two a page.
    let begin = variables["after"]?.stringValue.flatMap { Int($0) } ?? 0
    let page = state.checks.dropFirst(begin).prefix(2)
    let rollup = Structure.object([
      "state": .string("PENDING"),
      "contexts": .object([
        "nodes": .list(page.map { $0 ?? .null }),
        "pageInfo": .object([
          "hasNextPage": .bool(state.checks.count > begin + 2),
          "endCursor": .string("\(begin + 2)"),
        ]),
      ]),
    ])
    return .object([
      "oid": .string("abc123"), "statusCheckRollup": state.checks.isEmpty ? .null : rollup,
    ])
  }

  // MARK: REST

  private static func rest(
    _ request: HTTPTransportRequest, _ body: Structure, _ state: inout State
  ) -> HTTPTransportResponse {
    if let refusal = state.refusal {
      return json(.object(["message": .string(refusal.message)]), status: refusal.status)
    }
    let path = String(request.target.prefix { $0 != "?" })
    let labels = "/repos/acme/app/issues/7/labels"
    switch (request.method, path) {
    case ("GET", "/repos/acme/app/commits/abc123/status"):
      return json(.object(["statuses": .list(state.statuses)]))
    case ("GET", labels): return list(state.labels)
    case ("POST", labels):
      let new = (body["labels"]?.listValue ?? []).compactMap(\.stringValue)
      // Without regard to case, and silent about what is on already, as GitHub is.
      let missing = new.filter { label in !state.labels.contains { $0.folded == label.folded } }
      state.labels += missing
      state.effects += missing.map { "+\($0)" }
      return list(state.labels)
    case ("DELETE", _) where path.hasPrefix(labels + "/"):
      let name = String(path.dropFirst(labels.count + 1)).replacing("%20", with: " ")
      guard state.labels.contains(where: { $0.folded == name.folded }) else {
        return .json("{\"message\":\"Label does not exist\"}", status: 404)
      }
      state.labels.removeAll { $0.folded == name.folded }
      state.effects.append("-\(name)")
      return list(state.labels)
    case ("GET", "/repos/acme/app/issues/7"):
      return json(.object(["state": .string(state.issue), "state_reason": state.reason]))
    case ("PATCH", "/repos/acme/app/issues/7"):
      state.issue = body["state"]?.stringValue ?? ""
      state.reason = body["state_reason"] ?? .null
      state.effects.append("close")
      return json(.object(["state": .string(state.issue)]))
    default: return .json("{\"message\":\"Not Found\"}", status: 404)
    }
  }

  private static func list(_ labels: [String]) -> HTTPTransportResponse {
    json(.list(labels.map { .object(["name": .string($0)]) }))
  }
}

// MARK: Orders

let acmeApp = RepositoryName(owner: "acme", name: "app")
let sevenKey = ItemKey(repository: acmeApp, reference: "7")

func statusOrder(
  _ value: String = "Human Review", expected: [String] = ["todo", "in progress"],
  checks: [String] = [], needsPullRequest: Bool = true
) -> OutboxEntry.Payload {
  .setStatus(
    StatusOrder(
      key: sevenKey, repository: acmeApp, value: value, expected: expected, checks: checks,
      branch: "symphony/acme_app_7", needsPullRequest: needsPullRequest))
}

func labelOrder(add: [String] = [], remove: [String] = [], number: Int? = 7) -> OutboxEntry.Payload
{
  .setLabels(
    LabelOrder(
      key: sevenKey, repository: acmeApp, number: number,
      move: LabelMove(add: add, remove: remove), needsPullRequest: false))
}

func closeOrder(number: Int? = 7) -> OutboxEntry.Payload {
  .closeIssue(CloseOrder(key: sevenKey, repository: acmeApp, number: number))
}

/// The words of a delivery that ended without an effect of its own.
func superseded(_ delivery: Delivery) -> String? {
  if case .superseded(let why) = delivery { why } else { nil }
}
