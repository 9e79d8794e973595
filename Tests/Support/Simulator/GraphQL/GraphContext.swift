// One GraphQL request's view of the world: who asks, what they may see, and the answers at the
// root. Made by GraphEndpoint. Reads the world, and changes it only in GraphMutations.swift.
// Objects keep the context alive while the executor asks them; nothing outlives the request.
import SymphonyCore

final class GraphContext {
  var world: GitHubWorld
  let caller: Caller
  /// Pull requests by the issues they close; made when first asked for.
  private(set) lazy var closers: [IssuePlace: [SimulatedIssue]] = {
    var found: [IssuePlace: [SimulatedIssue]] = [:]
    for room in world.rooms.values.sorted(by: { $0.facts.id < $1.facts.id }) {
      for issue in room.issues.values.sorted(by: { $0.number < $1.number }) {
        for place in world.closedBy(issue) { found[place, default: []].append(issue) }
      }
    }
    return found
  }()

  init(world: GitHubWorld, caller: Caller) { (self.world, self.caller) = (world, caller) }

  var denied: GraphRefusal { GraphRefusal("FORBIDDEN", caller.denial) }

  func root(_ kind: GraphOperation.Kind) -> GraphObject {
    kind == .mutation
      ? GraphObject("Mutation") { [self] in try mutate($0) }
      : GraphObject("Query") { [self] in try query($0) }
  }

  private func query(_ question: GraphQuestion) throws -> GraphAnswer {
    switch question.name {
    case "viewer": return .object(account(caller.login, type: "User"))
    case "rateLimit": return rateLimit()
    case "node": return .object(try node(question.text("id") ?? ""))
    case "nodes":
      let ids = question.words("ids") ?? []
      if ids.count > 100 {
        throw GraphRefusal(
          "ARGUMENT_LIMIT",
          "You may not provide more than 100 node ids; you provided \(ids.count).")
      }
      return .list(
        ids.map { id in
          do throws(GraphRefusal) {
            return .object(try node(id))
          } catch {
            return .refusal(error)
          }
        })
    case "repository":
      return .object(try repository(question.text("owner") ?? "", question.text("name") ?? ""))
    case "organization", "user": return try owner(question)
    default: return .missing
    }
  }

  private func owner(_ question: GraphQuestion) throws(GraphRefusal) -> GraphAnswer {
    let login = question.text("login") ?? ""
    let isThere = world.people[login.lowercased()] != nil
    let isOrganization = world.organizations.contains(login.lowercased())
    switch question.name {
    case "organization" where isThere && isOrganization: return .object(account(login))
    case "user" where isThere && !isOrganization: return .object(account(login))
    default:
      let kind = question.name == "user" ? "a User" : "an Organization"
      throw GraphRefusal(
        "NOT_FOUND", "Could not resolve to \(kind) with the login of '\(login)'.")
    }
  }

  private func rateLimit() -> GraphAnswer {
    let limit = world.limit(of: caller, "graphql")
    return .object(
      GraphObject(
        "RateLimit",
        fields: [
          "cost": .count(1), "limit": .count(limit.limit), "used": .count(limit.used),
          "remaining": .count(limit.remaining),
          "resetAt": .time(Timestamp(milliseconds: limit.resetAt * 1000)),
        ]))
  }

  // MARK: Sight

  func sees(_ place: IssuePlace) -> Bool {
    world.rooms[place.repository].map { caller.sees($0.facts) } ?? false
  }

  /// True when the caller may read this issue or pull request.
  func mayRead(_ issue: SimulatedIssue) -> Bool {
    guard let room = world.rooms[issue.place.repository] else { return false }
    return caller.may(
      issue.pull == nil ? "issues" : "pull_requests", write: false, in: room.facts)
  }

  /// Boards follow the owner: people's are out of reach for anything but classic tokens.
  func mayBoard(_ board: SimulatedBoard, write: Bool) throws(GraphRefusal) -> Bool {
    if board.isPublic, !write { return true }
    guard caller.isLimitedToken else {
      let isGiven =
        caller.scopes.contains("project") || !write && caller.scopes.contains("read:project")
      if isGiven { return true }
      let scope = write ? "project" : "read:project"
      throw GraphRefusal(
        "INSUFFICIENT_SCOPES",
        "Your token has not been granted the required scopes to execute this query. The "
          + "'projectV2' field requires one of the following scopes: ['\(scope)'], but your token "
          + "has only been granted the: \(caller.scopes.sorted()) scopes. Please modify your "
          + "token's scopes at: https://github.com/settings/tokens.")
    }
    guard world.organizations.contains(board.owner.lowercased()) else { return false }
    let given = caller.permissions["organization_projects"]
    return write ? given == "write" : given != nil
  }

  // MARK: Nodes

  /// What a global id stands for, when the caller may see it.
  func target(_ id: String) throws(GraphRefusal) -> NodeTarget {
    guard let target = world.nodes[id] else { throw .unresolved(id) }
    switch target {
    case .repository(let repository):
      if !sees(IssuePlace(repository: repository, number: 0)) { throw .unresolved(id) }
    case .issue(let place), .comment(let place, _), .thread(let place, _):
      if !sees(place) { throw .unresolved(id) }
    case .board(let board), .field(let board, _), .item(let board, _):
      if let there = world.boards[board], !(try mayBoard(there, write: false)) { throw denied }
    case .account: break
    }
    return target
  }

  private func node(_ id: String) throws(GraphRefusal) -> GraphObject {
    switch try target(id) {
    case .repository(let repository):
      if let room = world.rooms[repository] { return self.repository(room) }
    case .issue(let place):
      if let issue = world.found(place) { return self.issue(issue) }
    case .comment(let place, let comment):
      if let found = world.found(place)?.comments.first(where: { $0.id == comment }) {
        return self.comment(found)
      }
    case .thread(let place, let thread):
      if let issue = world.found(place),
        let found = issue.pull?.reviewing.threads.first(where: { $0.id == thread })
      {
        return self.thread(found, of: issue)
      }
    case .board(let board):
      if let board = world.boards[board] { return self.board(board) }
    case .field(let board, let field):
      if let board = world.boards[board], let field = board.fields.first(where: { $0.id == field })
      {
        return self.field(field, of: board)
      }
    case .item(let board, let item):
      if let board = world.boards[board], let item = board.items[item] {
        return self.item(item, of: board)
      }
    case .account(let login): return account(login)
    }
    throw .unresolved(id)
  }
}
