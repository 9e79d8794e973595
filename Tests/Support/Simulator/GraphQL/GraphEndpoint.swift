// POST /graphql: who asks, what they have left, is the document valid, then its answer, with status
// 200 for almost everything. Called by SimulatorCore with the world's lock held.
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
  static func answer(_ request: WireRequest, world: inout World) throws -> GraphReply {
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
    _ body: Structure, _ caller: Caller, _ world: inout World
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
    let invalid = GraphValidator.errors(document, world.schema)
    if !invalid.isEmpty { return refusal(invalid, points: 1) }
    let name = body["operationName"]?.stringValue
    guard let operation = document.operation(name) else {
      return refusal(
        name.map { "No operation named \"\($0)\"" } ?? "An operation name is required")
    }
    var problems: [Structure] = []
    let variables = self.variables(operation, body["variables"], world.schema, &problems)
    if !problems.isEmpty { return refusal(problems) }
    let cost = GraphCost(operation, document, world.schema, variables)
    if cost.nodes > GraphCost.nodeLimit {
      let error: Structure = .object([
        "type": .string("MAX_NODE_LIMIT_EXCEEDED"),
        "message": .string(
          "This query requests up to \(cost.nodes) possible nodes which exceeds the maximum limit "
            + "of \(GraphCost.nodeLimit)."),
      ])
      return refusal([error])
    }
    // The points of a request are already gone in what it is told.
    world.spend(cost.points, of: caller, "graphql")
    let context = GraphContext(world: world, caller: caller, cost: cost)
    var executor = GraphExecutor(world.schema, document, variables)
    let result = try executor.run(operation, root: context.root(operation.kind))
    world = context.world
    world.spend(-cost.points, of: caller, "graphql")
    var answer: [String: Structure] = ["data": result]
    if !executor.errors.isEmpty { answer["errors"] = .list(executor.errors) }
    let didWrite = (result.objectValue ?? [:]).values.contains { $0 != .null }
    return GraphReply(
      reply: .json(200, .object(answer)), wrote: operation.kind == .mutation && didWrite,
      points: cost.points)
  }

  static func limited(_ whom: String) -> Structure {
    .object([
      "type": .string("RATE_LIMIT"), "code": .string("graphql_rate_limit"),
      "message": .string("API rate limit already exceeded for \(whom)."),
    ])
  }

  /// Values for the declared variables, defaults put in.
  private static func variables(
    _ operation: GraphOperation, _ given: Structure?, _ schema: GraphSchema,
    _ problems: inout [Structure]
  ) -> [String: Structure] {
    var values: [String: Structure] = [:]
    for variable in operation.variables {
      let value = given?[variable.name] ?? variable.standard?.value([:])
      if let value { values[variable.name] = value }
      guard !GraphScalars.accepts(value ?? .null, variable.type, schema) else { continue }
      let why =
        value == nil || value == .null
        ? "Expected value to not be null"
        : "Could not coerce value \(GraphScalars.shown(value ?? .null)) to \(variable.type)"
      problems.append(
        .object([
          "message": .string(
            "Variable $\(variable.name) of type \(variable.type) was provided invalid value"),
          "locations": .list([variable.position.structure]),
          "extensions": .object([
            "value": value ?? .null,
            "problems": .list([.object(["path": .list([]), "explanation": .string(why)])]),
          ]),
        ]))
    }
    return values
  }
}
