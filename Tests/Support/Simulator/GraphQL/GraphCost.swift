// What a query costs, by GitHub's published rule: one request for each parent of each connection,
// all pages assumed full, divided by 100 and rounded, at least one point; and how many nodes it may
// touch. Called by GraphEndpoint before anything runs.
import SymphonyCore

struct GraphCost {
  static let nodeLimit = 500_000

  private let schema: GraphSchema
  private let document: GraphDocument
  private let variables: [String: Structure]
  private var requests = 0
  private(set) var nodes = 0

  var points: Int { max(1, (requests + 50) / 100) }

  init(
    _ operation: GraphOperation, _ document: GraphDocument, _ schema: GraphSchema,
    _ variables: [String: Structure]
  ) {
    (self.document, self.schema, self.variables) = (document, schema, variables)
    walk(operation.selections, operation.kind == .query ? "Query" : "Mutation", 1)
  }

  private mutating func walk(_ selections: [GraphSelection], _ type: String, _ times: Int) {
    for selection in selections {
      switch selection {
      case .inline(let condition, _, let inner, _): walk(inner, condition ?? type, times)
      case .spread(let name, _, _):
        if let fragment = document.fragments[name] {
          walk(fragment.selections, fragment.type, times)
        }
      case .field(let field): walk(field, type, times)
      }
    }
  }

  private mutating func walk(_ field: GraphField, _ type: String, _ times: Int) {
    guard !field.selections.isEmpty, let entry = schema.field(field.name, of: type) else { return }
    func argument(_ name: String) -> Structure? {
      field.arguments.first { $0.name == name }?.value.value(variables)
    }
    var inner = times
    if entry.type.name.hasSuffix("Connection") {
      let size = Int((argument("first") ?? argument("last"))?.integerValue ?? 0)
      if size > 0 {
        requests += times
        nodes += times * size
        inner = times * size
      }
    } else if field.name == "nodes", let ids = argument("ids")?.listValue {
      requests += 1
      nodes += ids.count
      inner = times * max(1, ids.count)
    }
    walk(field.selections, entry.type.name, inner)
  }
}
