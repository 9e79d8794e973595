// What several tests of this folder need: reading a text as WORKFLOW.md, and the fixtures beside
// this file.

import Glibc
import SymphonyCore
import SymphonyWorkflow
import Testing

/// Reads `text` as /project/WORKFLOW.md with a token in the environment and no other source of one.
func reading(
  _ text: String,
  environment: [String: String] = ["GITHUB_TOKEN": "token-of-tests", "HOME": "/users/me"],
  otherToken: (String) -> (Secret, String)? = { _ in nil },
  keyFile: (String) -> KeyFile = { .failed("\($0): no such file") }
) -> WorkflowReading {
  Workflow.read(
    text: text, path: "/project/WORKFLOW.md", environment: environment, otherToken: otherToken,
    keyFile: keyFile)
}

/// Settings between fences, with a one-line prompt.
func settings(
  _ yaml: String,
  environment: [String: String] = ["GITHUB_TOKEN": "token-of-tests", "HOME": "/users/me"]
) -> WorkflowReading {
  reading("---\n\(yaml)\n---\nWork.\n", environment: environment)
}

extension WorkflowReading {
  /// `error wrong_value 3:14`, in order.
  var shown: [String] {
    diagnostics.map { "\($0.severity.rawValue) \($0.code) \($0.line):\($0.column)" }
  }
  var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
  func setting(_ key: String) -> EffectiveSetting? { settings.first { $0.key == key } }
}

/// A file of Fixtures/, which lies beside this source file.
func fixture(_ name: String, here: String = #filePath) throws -> String {
  let folder = here[..<(here.lastIndex(of: "/") ?? here.startIndex)]
  let file = try #require(fopen("\(folder)/Fixtures/\(name)", "r"))
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { break }
    bytes += buffer[..<count]
  }
  return String(decoding: bytes, as: UTF8.self)
}
