// Who changed an issue: labels, title, body, reopenings, each with actor and time, and what roles
// people have in a repository. GitHubWorld records them with every change; REST and GraphQL show them.
import SymphonyCore
import Synchronization

package struct SimulatedTouch: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case labeled(String)
    case unlabeled(String)
    case renamed(from: String, to: String)
    case edited
    case reopened
  }
  package var kind: Kind
  /// Nil: the account was deleted since.
  package var actor: String?
  package var at: Timestamp
}

/// GitHub's roles, the least first.
package enum SimulatedRole: String, Sendable, CaseIterable {
  case none, read, triage, write, maintain, admin

  /// The older word for it, which `permission` still has.
  var permission: String {
    switch self {
    case .none: "none"
    case .read, .triage: "read"
    case .write, .maintain: "write"
    case .admin: "admin"
    }
  }
}

extension SimulatedIssue {
  /// Notes what changed since `before`.
  mutating func noteTouches(since before: SimulatedIssue, by actor: String?, at time: Timestamp) {
    func touch(_ kind: SimulatedTouch.Kind) {
      touches.append(SimulatedTouch(kind: kind, actor: actor, at: time))
    }
    for label in before.labels where !labels.contains(label) { touch(.unlabeled(label)) }
    for label in labels where !before.labels.contains(label) { touch(.labeled(label)) }
    if title != before.title { touch(.renamed(from: before.title, to: title)) }
    if body != before.body { touch(.edited) }
    if isOpen, !before.isOpen { touch(.reopened) }
  }
}

extension GitHubWorld {
  /// The role of somebody in a repository: their own, that of their token, or the one that anybody
  /// has.
  /// - Returns: nil for nobody GitHub knows.
  func role(of login: String, in repository: SimulatedRepository) -> SimulatedRole? {
    let name = login.lowercased()
    if let role = roles[name]?[repository.id] ?? roles[name]?[0] { return role }
    if name == repository.name.owner.lowercased() { return .admin }
    let token = tokens.values.first { $0.login.lowercased() == name }
    if token?.mayWrite == true { return .write }
    guard people[name] != nil else { return nil }
    return repository.isPrivate && token == nil ? SimulatedRole.none : .read
  }
}

extension GitHubSimulator {
  /// Gives somebody a role in one repository, or (nil) in all.
  package func setRole(_ login: String, _ role: SimulatedRole, in repository: String? = nil) {
    let id = repository.map { room($0).facts.id } ?? 0
    core.world.withLock {
      $0.personID(login)
      $0.roles[login.lowercased(), default: [:]][id] = role
    }
  }
  /// Somebody's account is deleted: what they did has no actor any more.
  package func deleteAccount(_ login: String, in repository: String? = nil) {
    let id = room(repository).facts.id
    core.world.withLock { world in
      world.people[login.lowercased()] = nil
      world.roles[login.lowercased()] = nil
      for number in (world.rooms[id]?.issues ?? [:]).keys {
        let touches = world.rooms[id]?.issues[number]?.touches ?? []
        world.rooms[id]?.issues[number]?.touches = touches.map { touch in
          var touch = touch
          if touch.actor?.lowercased() == login.lowercased() { touch.actor = nil }
          return touch
        }
      }
    }
  }
}
