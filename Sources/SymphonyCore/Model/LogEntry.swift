// A line of the log as JSON, with keys that are the same on each: ticks and commands write such
// lines to stderr, workers to worker.log. The keys are a promise to programs of others.

package enum LogEntry {
  /// There on each line: a reader need not tell a missing key from one that does not apply.
  private static let identifiers = [
    "tick_id", "work_item_id", "project_item_id", "issue_identifier", "repository", "run_id",
    "session_id",
  ]

  /// Tells these lines from those of other programs in one store of logs.
  private static let source = "symphony"

  /// Makes the object of one line.
  ///
  /// `fields`: those identifiers that are known, and whatever else belongs to the line.
  package static func object(
    at time: Timestamp, level: String, message: String, _ fields: [String: Structure]
  ) -> Structure {
    var object: [String: Structure] = Dictionary(
      uniqueKeysWithValues: identifiers.map { ($0, Structure.null) })
    object.merge(fields) { $1 }
    object["time"] = .string(time.rfc3339)
    object["level"] = .string(level)
    object["message"] = .string(message)
    // The name that stores of logs, and queries written for github-symphony, know it by.
    object["msg"] = .string(message)
    object["source"] = .string(source)
    return .object(object)
  }
}
