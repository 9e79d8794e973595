// A refusal in REST's shape: a status, a message, GitHub's list of field errors. Thrown by the
// world's edits for whoever asked; GraphQL says the same with a type of its own, which is derived
// here.
import SymphonyCore

/// A refusal in GitHub's shape.
struct RestError: Error {
  var status: Int
  var message: String
  var errors: [Structure] = []
  var headers: [HeaderLine] = []

  static let notFound = RestError(status: 404, message: "Not Found")
  static func invalid(_ resource: String, _ field: String, _ code: String = "invalid") -> RestError
  {
    RestError(
      status: 422, message: "Validation Failed",
      errors: [
        .object([
          "resource": .string(resource), "field": .string(field), "code": .string(code),
        ])
      ])
  }
  static func custom(_ resource: String, _ message: String, field: String? = nil) -> RestError {
    var entry: [String: Structure] = [
      "resource": .string(resource), "code": .string("custom"), "message": .string(message),
    ]
    if let field { entry["field"] = .string(field) }
    return RestError(status: 422, message: "Validation Failed", errors: [.object(entry)])
  }
  /// The `type` GraphQL gives the same refusal.
  var graphType: String {
    switch status {
    case 404, 410: "NOT_FOUND"
    case 403: "FORBIDDEN"
    default: "UNPROCESSABLE"
    }
  }
  /// What a person reads: the first error that has words of its own, else the message.
  var words: String { errors.lazy.compactMap { $0["message"]?.stringValue }.first ?? message }

  var reply: WireReply {
    var body: [String: Structure] = [
      "message": .string(message), "documentation_url": .string("https://docs.github.com/rest"),
      "status": .string("\(status)"),
    ]
    if !errors.isEmpty { body["errors"] = .list(errors) }
    var reply = WireReply.json(status, .object(body))
    reply.headers += headers
    return reply
  }
}
