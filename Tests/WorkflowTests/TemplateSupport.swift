// Rendering in one call, for the tests of the template engine.

import SymphonyCore
import SymphonyWorkflow

let sample = TemplateContext.sample()

/// The sample item with some variables replaced.
func context(_ changes: [String: Structure] = [:], item: [String: Structure] = [:]) -> Structure {
  var root = sample.objectValue ?? [:]
  var fields = root["work_item"]?.objectValue ?? [:]
  fields.merge(item) { $1 }
  root["work_item"] = .object(fields)
  root["issue"] = .object(fields)
  root.merge(changes) { $1 }
  return .object(root)
}

/// The text, or `line:column: sentence`.
func render(_ template: String, _ context: Structure = sample) -> String {
  do {
    return try TemplateEngine().render(template, context: context, firstLine: 1)
  } catch {
    return "\(error.line):\(error.column): \(error.sentence)"
  }
}

/// `line:column: sentence` of each mistake.
func check(_ template: String, firstLine: Int = 1) -> [String] {
  TemplateEngine().check(template, sample: sample, firstLine: firstLine).map {
    "\($0.line):\($0.column): \($0.sentence)"
  }
}
