// The questions of `symphony init`, on a terminal. Nothing is written before the last one is
// answered, so that Ctrl-C at any of them leaves everything as it was.
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

enum InitQuestions {
  /// The answer, or `standard` for an empty line; asks again until `accept` takes it.
  /// - Throws: `Stop` with 64 at the end of the input.
  static func ask<Answer>(
    _ question: String, standard: String, accept: (String) -> Answer?
  ) throws -> Answer {
    while true {
      Platform.write(PlainText.line("\(question) [\(standard)]: "), to: 2)
      guard let line = readLine() else {
        Platform.write("\n", to: 2)
        throw Stop(.usage, "nothing was written: the questions were not answered")
      }
      let given = line.trimmingWhitespace()
      if let answer = accept(given.isEmpty ? standard : given) { return answer }
      Output.error("that is none of the answers")
    }
  }

  static func confirm(_ question: String, standard: Bool) throws -> Bool {
    try ask("\(question) (y or n)", standard: standard ? "y" : "n") { answer in
      ["y": true, "yes": true, "n": false, "no": false][answer.lowercased()]
    }
  }
}
