// The answers that faults give instead of the true one, and the damage they do to a true one:
// refusals in GitHub's words, its page for 502, an old 304, and partial GraphQL answers. Called by
// SimulatorCore.
import SymphonyCore
import Synchronization

enum SpoiledReply {
  /// The reply of a fault that needs no true answer; nil for the others.
  static func instead(
    _ kind: Fault.Kind, of request: WireRequest, world: borrowing Mutex<GitHubWorld>
  ) -> WireReply? {
    switch kind {
    case .status(let status, let headers, let body):
      var reply =
        body.isEmpty
        ? RestError(status: status, message: "Server Error").reply
        : WireReply.text(status, body, type: "application/json; charset=utf-8")
      for (name, value) in headers { reply.set(name, value) }
      return reply
    case .html502:
      let page =
        "<!DOCTYPE html>\n<html><head><title>Unicorn! &middot; GitHub</title></head></html>\n"
      return WireReply.text(502, page, type: "text/html; charset=utf-8")
    case .graphErrors(let type, let message):
      var error: [String: Structure] = ["message": .string(message)]
      if let type { error["type"] = .string(type) }
      return .json(200, .object(["errors": .list([.object(error)])]))
    case .primaryLimit(let seconds):
      let end = world.withLock { $0.now }.milliseconds / 1000 + seconds
      var reply =
        request.isGraphQL
        ? WireReply.json(
          200, .object(["errors": .list([GraphEndpoint.limited("user ID 1")])]))
        : RestError(status: 403, message: "API rate limit exceeded for user ID 1.").reply
      for line in PrimaryLimit(used: 5000, resetAt: end).headers {
        reply.set(line.name, line.value)
      }
      return reply
    case .stale304:
      return request.header("if-none-match").map {
        WireReply(status: 304, headers: [HeaderLine("ETag", $0)])
      }
    default: return nil
    }
  }

  /// Nulls a path of a GraphQL answer and adds the error that belongs to it.
  static func null(_ path: [String], _ type: String, in reply: inout WireReply) {
    guard var members = JSON.value(reply.body)?.objectValue, let tree = members["data"] else {
      return
    }
    members["data"] = without(path[...], tree)
    let steps = path.map { step in Int64(step).map { Structure.integer($0) } ?? .string(step) }
    let error: Structure = .object([
      "type": .string(type), "path": .list(steps),
      "locations": .list([GraphPosition(line: 1, column: 1).structure]),
      "message": .string("Something went wrong while executing your query."),
    ])
    members["errors"] = .list((members["errors"]?.listValue ?? []) + [error])
    reply.body = JSON.bytes(.object(members))
  }

  private static func without(_ path: ArraySlice<String>, _ value: Structure) -> Structure {
    guard let step = path.first else { return .null }
    switch value {
    case .object(var members):
      if let inner = members[step] { members[step] = without(path.dropFirst(), inner) }
      return .object(members)
    case .list(var values):
      if let index = Int(step), values.indices.contains(index) {
        values[index] = without(path.dropFirst(), values[index])
      }
      return .list(values)
    default: return value
    }
  }
}
