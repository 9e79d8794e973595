// POST /graphql: who asks, what they have left, then the answer, with status 200 for almost
// everything. Every document costs one point. Called by SimulatorCore with the world's lock held.
import SymphonyCore
import SymphonyPlatform

/// An answer and what it did.
struct GraphReply {
  var reply: WireReply
  /// A mutation changed something.
  var wrote = false
  var points = 0
}

enum GraphEndpoint {
  static func answer(_ request: WireRequest, world: inout GitHubWorld) throws -> GraphReply {
    if request.header("user-agent")?.isEmpty != false {
      return GraphReply(reply: Rest.withoutUserAgent)
    }
    var caller: Caller?
    var answer: GraphReply
    do {
      caller = try world.caller(request)
      guard let caller, !caller.isApp else {
        throw RestError(
          status: 401, message: "This endpoint requires you to be authenticated.")
      }
      guard request.method == "POST" else { throw RestError.notFound }
      guard let body = JSON.value(request.body), body.objectValue != nil else {
        throw RestError(status: 400, message: "Problems parsing JSON")
      }
      answer = try run(body, caller, &world)
      world.spend(answer.points, of: caller, "graphql")
      if caller.kind == .classic {
        answer.reply.set("X-OAuth-Scopes", caller.scopes.sorted().joined(separator: ", "))
      }
    } catch let error as RestError {
      answer = GraphReply(reply: error.reply)
    }
    if caller != nil {
      for line in world.limit(of: caller, "graphql").headers {
        answer.reply.set(line.name, line.value)
      }
      answer.reply.set("X-RateLimit-Resource", "graphql")
    }
    answer.reply.set("X-GitHub-Request-Id", Host.randomHex(bytes: 8))
    answer.reply.set("X-GitHub-Media-Type", "github.v4; format=json")
    return answer
  }

  private static func refusal(_ errors: [Structure], points: Int = 0) -> GraphReply {
    GraphReply(reply: .json(200, .object(["errors": .list(errors)])), points: points)
  }
  private static func refusal(_ message: String) -> GraphReply {
    refusal([.object(["message": .string(message)])])
  }

  private static func run(
    _ body: Structure, _ caller: Caller, _ world: inout GitHubWorld
  ) throws -> GraphReply {
    guard let text = body["query"]?.stringValue, !text.isEmpty else {
      return refusal("A query attribute must be specified and must be a string.")
    }
    if world.limit(of: caller, "graphql").remaining == 0 {
      return refusal([limited(world.whom(caller))])
    }
    let document: GraphDocument
    do throws(GraphSyntaxError) {
      document = try GraphParser.document(text)
    } catch {
      let position = error.position.structure
      return refusal(
        [.object(["message": .string(error.message), "locations": .list([position])])], points: 1)
    }
    func refused(_ mistakes: [GraphMistake]) -> GraphReply {
      refusal(mistakes.map(\.structure), points: 1)
    }
    let mistakes = document.mistakes()
    if !mistakes.isEmpty { return refused(mistakes) }
    let name = body["operationName"]?.stringValue
    guard let operation = document.operation(name) else {
      return refusal(
        name.map { "No operation named \"\($0)\"" } ?? "An operation name is required")
    }
    let variables = operation.variables.reduce(into: [String: Structure]()) { values, variable in
      values[variable.key] = body["variables"]?[variable.key] ?? variable.value?.value([:])
    }
    // The point of a request is already gone in what it is told.
    var told = world
    told.spend(1, of: caller, "graphql")
    let context = GraphContext(world: told, caller: caller)
    var executor = GraphExecutor(operation, document, variables, lacking: world.lacking)
    let result = try executor.run(root: context.root(operation.kind))
    if !executor.mistakes.isEmpty { return refused(executor.mistakes) }
    world = context.world
    world.spend(-1, of: caller, "graphql")
    var answer: [String: Structure] = ["data": result]
    if !executor.errors.isEmpty { answer["errors"] = .list(executor.errors) }
    let didWrite = (result.objectValue ?? [:]).values.contains { $0 != .null }
    return GraphReply(
      reply: .json(200, .object(answer)), wrote: operation.kind == .mutation && didWrite, points: 1)
  }

  static func limited(_ whom: String) -> Structure {
    .object([
      "type": .string("RATE_LIMIT"), "code": .string("graphql_rate_limit"),
      "message": .string("API rate limit already exceeded for \(whom)."),
    ])
  }
}
