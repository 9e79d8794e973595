// The interface described by itself (spec.openapis.org/oas/v3.1.0): made of the table of endpoints,
// and compared with real answers by tests.
import SymphonyCore
import SymphonyReport

package enum OpenAPI {
  package static func document(version: String) -> Structure {
    var paths: [String: [String: Structure]] = [:]
    for endpoint in Endpoint.all {
      paths[endpoint.written, default: [:]][endpoint.method.lowercased()] = operation(endpoint)
    }
    return .object([
      "openapi": .string("3.1.0"),
      "info": .object([
        "title": .string("symphony"), "version": .string(version),
        "description": .string(
          "Reading needs nothing on the machine itself; every change, and whoever asks from"
            + " elsewhere, needs the server's token."),
      ]),
      "paths": .object(paths.mapValues { .object($0) }),
      "components": .object([
        "securitySchemes": .object([
          "token": .object(["type": .string("http"), "scheme": .string("bearer")])
        ]),
        "schemas": .object(schemas),
      ]),
    ])
  }

  private static func operation(_ endpoint: Endpoint) -> Structure {
    var members: [String: Structure] = [
      "summary": .string(endpoint.summary), "operationId": .string("\(endpoint.kind)"),
      "responses": .object(responses(endpoint)),
    ]
    let parameters = pathParameters(endpoint) + otherParameters(endpoint)
    if !parameters.isEmpty { members["parameters"] = .list(parameters) }
    switch endpoint.access {
    case .read: members["security"] = .list([.object([:]), needsToken])
    case .change: members["security"] = .list([needsToken])
    case .shell, .signed: members["security"] = .list([])
    }
    if let body = body(endpoint) { members["requestBody"] = body }
    return .object(members)
  }

  private static let needsToken = Structure.object(["token": .list([])])

  private static func pathParameters(_ endpoint: Endpoint) -> [Structure] {
    guard let name = endpoint.parameter else { return [] }
    return [parameter(name, in: "path", isRequired: true)]
  }

  private static func otherParameters(_ endpoint: Endpoint) -> [Structure] {
    switch endpoint.kind {
    case .events:
      [
        parameter("item", in: "query"),
        parameter("since", in: "query", more: ["format": .string("date-time")]),
        parameter(
          "kind", in: "query",
          more: ["enum": .list(EventReport.Kind.allCases.map { .string($0.rawValue) })]),
        parameter("Last-Event-ID", in: "header"),
      ]
    // Below zero: from the end.
    case .log: [parameter("from", in: "query", type: "integer", more: ["format": .string("int64")])]
    case .cost:
      [
        parameter(
          "by", in: "query",
          more: ["enum": .list(CostReport.By.allCases.map { .string($0.rawValue) })])
      ]
    case .webhook:
      ["X-Hub-Signature-256", "X-GitHub-Event", "X-GitHub-Delivery"].map {
        parameter($0, in: "header")
      }
    case .page, .style, .script, .health, .metrics, .state, .status, .workItem, .why, .openAPI,
      .refresh, .stop, .retry, .pause, .resume:
      []
    }
  }

  private static func parameter(
    _ name: String, in place: String, isRequired: Bool = false, type: String = "string",
    more: [String: Structure] = [:]
  ) -> Structure {
    let schema = more.merging(["type": .string(type)]) { first, _ in first }
    return .object([
      "name": .string(name), "in": .string(place), "required": .bool(isRequired),
      "schema": .object(schema),
    ])
  }

  private static func body(_ endpoint: Endpoint) -> Structure? {
    switch endpoint.kind {
    case .stop, .retry:
      content("application/json", reference("Selection"), extra: ["required": .bool(true)])
    case .resume:
      content("application/json", reference("Resume"), extra: ["required": .bool(false)])
    case .pause:
      content("application/json", reference("Pause"), extra: ["required": .bool(false)])
    case .webhook: content("application/json", .object(["type": .string("object")]))
    case .page, .style, .script, .health, .metrics, .state, .status, .workItem, .why, .events,
      .log, .cost, .openAPI, .refresh:
      nil
    }
  }

  // MARK: Answers

  private static func responses(_ endpoint: Endpoint) -> [String: Structure] {
    var found = ["200": answer("What was asked for.", endpoint)]
    func problem(_ status: Int, _ words: String) {
      found["\(status)"] = content(
        "application/json", reference("Problem"), extra: ["description": .string(words)])
    }
    problem(400, "It is no request that HTTP knows, or says something that is not understood.")
    problem(401, "The server's token is missing or wrong.")
    problem(403, "Asked under a name, or from a page, that may not ask; or nobody has a token.")
    problem(405, "Another method.")
    problem(413, "The body is too large.")
    problem(431, "Its head is too large.")
    problem(503, "The state cannot be read, or too many ask.")
    switch endpoint.kind {
    case .health:
      found["503"] = content(
        "application/json", reference("Health"),
        extra: ["description": .string("Ticks are missing or cannot do their work.")])
    case .workItem, .log: problem(404, "There is none of that name.")
    case .why:
      problem(404, "There is none of that name.")
      problem(429, "The tracker was asked often enough for now.")
      problem(502, "The tracker does not answer.")
    case .events:
      problem(404, "There is none of that name.")
    case .stop, .retry, .pause, .resume:
      problem(404, "There is no such issue.")
      problem(409, "It cannot do anything.")
      problem(415, "The body is not JSON.")
    case .webhook: problem(404, "Webhooks are not taken here.")
    case .page, .style, .script, .metrics, .state, .status, .cost, .openAPI, .refresh: break
    }
    if endpoint.kind == .log || endpoint.kind == .why {
      problem(400, "A parameter is not understood.")
    }
    if endpoint.kind == .why { problem(409, "Several issues have that name.") }
    return found
  }

  private static func answer(_ words: String, _ endpoint: Endpoint) -> Structure {
    let extra: [String: Structure] = ["description": .string(words)]
    switch endpoint.kind {
    case .page: return content("text/html", text, extra: extra)
    case .style: return content("text/css", text, extra: extra)
    case .script: return content("text/javascript", text, extra: extra)
    case .metrics: return content("text/plain", text, extra: extra)
    case .health: return content("application/json", reference("Health"), extra: extra)
    case .state: return content("application/json", reference("PredecessorState"), extra: extra)
    case .workItem: return content("application/json", reference("WorkItem"), extra: extra)
    case .status, .why, .cost, .stop, .retry, .pause, .resume:
      return content("application/json", reference("Versioned"), extra: extra)
    case .events, .log:
      return .object(
        extra.merging([
          "content": .object([
            "application/json": .object(["schema": .object(["type": .string("object")])]),
            "text/event-stream": .object(["schema": text]),
          ])
        ]) { first, _ in first })
    case .openAPI:
      return content("application/json", .object(["type": .string("object")]), extra: extra)
    case .refresh, .webhook:
      return content("application/json", reference("Taken"), extra: extra)
    }
  }

  private static func content(
    _ type: String, _ schema: Structure, extra: [String: Structure] = [:]
  ) -> Structure {
    .object(
      extra.merging(["content": .object([type: .object(["schema": schema])])]) { first, _ in first }
    )
  }

  private static func reference(_ name: String) -> Structure {
    .object(["$ref": .string("#/components/schemas/\(name)")])
  }

  private static func object(_ types: [String: String], required: [String]) -> Structure {
    .object([
      "type": .string("object"),
      "required": .list(required.map { .string($0) }),
      "properties": .object(types.mapValues { .object(["type": .string($0)]) }),
    ])
  }

  private static let schemas: [String: Structure] = [
    "Problem": object(["error": "string", "hint": "string"], required: ["error"]),
    "Taken": object(
      ["ok": "boolean", "duplicate": "boolean", "ignored": "boolean"], required: ["ok"]),
    "Health": object(
      [
        "status": "string", "uptime_seconds": "integer", "auth_mode": "string",
        "running_count": "integer", "reasons": "array",
      ], required: ["status"]),
    "PredecessorState": object(
      [
        "running": "object", "retrying": "object", "max_concurrent_agents": "integer",
        "agent_totals": "object", "pending_refresh": "boolean",
      ],
      required: [
        "running", "retrying", "max_concurrent_agents", "agent_totals", "pending_refresh",
      ]),
    "WorkItem": object(
      ["work_item_id": "string", "title": "string", "state": "string", "item": "object"],
      required: ["work_item_id", "title", "state", "item"]),
    "Versioned": object(["version": "integer"], required: ["version"]),
    // Issues, or all of them.
    "Selection": .object([
      "type": .string("object"), "properties": .object(["reason": text]),
      "oneOf": .list([
        .object([
          "required": .list([.string("issues")]),
          "properties": .object(["issues": issues, "all": .object(["const": .bool(false)])]),
        ]),
        .object([
          "required": .list([.string("all")]),
          "properties": .object([
            "issues": .object(["type": .string("array"), "maxItems": .integer(0)]),
            "all": .object(["const": .bool(true)]),
          ]),
        ]),
      ]),
    ]),
    "Pause": .object([
      "type": .string("object"),
      "properties": .object([
        "reason": text,
        "until": .object(["type": .string("string"), "format": .string("date-time")]),
      ]),
    ]),
    "Resume": .object([
      "type": .string("object"),
      "properties": .object(["all": .object(["type": .string("boolean")])]),
    ]),
  ]

  private static let text = Structure.object(["type": .string("string")])
  private static let issues = Structure.object([
    "type": .string("array"), "minItems": .integer(1), "maxItems": .integer(1000),
    "items": .object(["type": .string("string"), "minLength": .integer(1)]),
  ])
}
