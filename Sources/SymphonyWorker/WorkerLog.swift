// How a line of worker.log is written: for people, or as JSON for whoever set --log-format json for
// the tick that started the worker. Called by everything here that has something to log; the words
// are theirs.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform

extension WorkerSeams {
  /// The variable that tells a worker, and the tick it becomes, in which format to log.
  static let formatVariable = "SYMPHONY_LOG_FORMAT"

  /// `run`: nil before its spec was read.
  func say(_ text: String, run: RunSpec? = nil, session: String? = nil) {
    guard logsJSON else { return log(text) }
    var fields: [String: Structure] = [:]
    if let run {
      fields["run_id"] = .string(run.runID.text)
      if let item = run.item { fields["work_item_id"] = .string(item.text) }
      if let place = run.context["work_item"]?["project_item_id"] {
        fields["project_item_id"] = place
      }
      fields["issue_identifier"] = .string(run.itemKey.text)
      fields["repository"] = .string("\(run.repository.owner)/\(run.repository.name)")
    }
    if let session { fields["session_id"] = .string(session) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings always encode; a line that is lost would hide a fault.
    let line = LogEntry.object(at: .current, level: "info", message: text, fields)
    guard let bytes = try? encoder.encode(line) else { return log(text) }
    Platform.write(PlainText.json(String(decoding: bytes, as: UTF8.self)) + "\n", to: 2)
  }
}
