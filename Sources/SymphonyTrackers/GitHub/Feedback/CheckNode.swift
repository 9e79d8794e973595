// One check as any of GitHub's ways tells it: a check run or a status of GraphQL, a job or a status
// of REST. Which run of a check counts, and what a check that is not green means. Pure.
import SymphonyCore

struct CheckNode {
  var app: String?
  var workflow: String?
  var event: String?
  var name: String
  /// GitHub's word for what became of it; empty: not ended.
  var state: String
  /// When it began; one that has not begun counts as the newest.
  var began: String?
  var ended: String?
  /// Tells a run of it from the one before.
  var run: String
  var text = ""
  var url: String?
  var isRequired = false
  /// Of GitHub Actions: the job that has its log.
  var job: Int64?

  private static let actions = "github-actions"

  /// A node of a rollup's contexts.
  init?(_ node: Structure) {
    if let name = node["name"]?.stringValue {
      self.name = name
      let isOver = node["status"]?.stringValue == "COMPLETED"
      // One that ended without a word on how is a person's to look at.
      state = isOver ? node["conclusion"]?.stringValue ?? "UNKNOWN" : ""
      let suite = node["checkSuite"]
      app = suite?["app"]?["slug"]?.stringValue
      workflow = suite?["workflowRun"]?["workflow"]?["name"]?.stringValue
      event = suite?["workflowRun"]?["event"]?.stringValue
      began = node["startedAt"]?.stringValue
      ended = node["completedAt"]?.stringValue
      url = node["url"]?.stringValue
      let details = node["detailsUrl"]?.stringValue
      let id = node["databaseId"]?.integerValue ?? details.flatMap(Self.job)
      run = id.map { "\($0)" } ?? began ?? ""
      if app == Self.actions { job = id }
      text = Self.text(node)
    } else if let context = node["context"]?.stringValue {
      name = context
      state = node["state"]?.stringValue ?? ""
      began = node["updatedAt"]?.stringValue
      ended = began
      run = began ?? ""
      url = node["targetUrl"]?.stringValue
      text = node["description"]?.stringValue ?? ""
    } else {
      return nil
    }
    isRequired = node["isRequired"]?.boolValue ?? false
  }

  /// A commit status of REST.
  init?(status: Structure) {
    guard let context = status["context"]?.stringValue else { return nil }
    name = context
    state = status["state"]?.stringValue ?? ""
    began = status["updated_at"]?.stringValue
    ended = began
    run = began ?? ""
    url = status["target_url"]?.stringValue
    text = status["description"]?.stringValue ?? ""
  }

  /// A job of REST, with its run's `event` put in; without an `id` a run that has no jobs.
  init?(job node: Structure) {
    guard let name = node["name"]?.stringValue else { return nil }
    self.name = name
    app = Self.actions
    workflow = node["workflow_name"]?.stringValue
    event = node["event"]?.stringValue
    let isOver = node["status"]?.stringValue == "completed"
    state = isOver ? node["conclusion"]?.stringValue ?? "UNKNOWN" : ""
    began = node["started_at"]?.stringValue
    ended = node["completed_at"]?.stringValue
    job = node["id"]?.integerValue
    run = (job ?? node["run_id"]?.integerValue).map { "\($0)" } ?? began ?? ""
    url = node["html_url"]?.stringValue
  }

  /// The number in `.../actions/runs/RUN/job/JOB`.
  private static func job(of details: String) -> Int64? {
    let parts = details.split(separator: "/")
    guard let place = parts.lastIndex(of: "job"), place + 1 < parts.count else { return nil }
    return Int64(parts[place + 1].prefix { $0.isNumber })
  }

  /// Title, summary, text and annotations, of apps that write any.
  private static func text(_ node: Structure) -> String {
    var parts = ["title", "summary", "text"].compactMap { node[$0]?.stringValue }
      .map { $0.trimmingWhitespace() }.filter { !$0.isEmpty }
    let lines = (node["annotations"]?["nodes"]?.listValue ?? []).compactMap { note -> String? in
      guard let message = note["message"]?.stringValue else { return nil }
      let line = note["location"]?["start"]?["line"]?.integerValue.map { ":\($0)" } ?? ""
      let place = note["path"]?.stringValue.map { "\($0)\(line): " } ?? ""
      let level = note["annotationLevel"]?.stringValue.map { "\($0.lowercased()): " } ?? ""
      let title = note["title"]?.stringValue.map { $0.isEmpty ? "" : "\($0): " } ?? ""
      return PlainText.beginning(PlainText.line(place + level + title + message), scalars: 500)
    }
    if !lines.isEmpty { parts.append(lines.joined(separator: "\n")) }
    return parts.joined(separator: "\n\n")
  }

  // MARK: What counts

  /// Tells a check from the others of its head.
  var key: String { [app, workflow, event, name].compactMap(\.self).joined(separator: "/") }
  /// The same check on another commit, which another event may have started.
  var baseKey: String { [app ?? "", workflow ?? "", name].joined(separator: "/") }

  /// Of several runs of one check the newest, in the order of their keys.
  static func newest(_ checks: [CheckNode], key: (CheckNode) -> String = \.key) -> [CheckNode] {
    var newest: [String: CheckNode] = [:]
    for check in checks {
      let key = key(check)
      newest[key] = newest[key].map { $0.isOlder(than: check) ? check : $0 } ?? check
    }
    return newest.sorted { $0.key < $1.key }.map(\.value)
  }

  private func isOlder(than other: CheckNode) -> Bool {
    let (mine, theirs) = (began ?? "~", other.began ?? "~")
    if mine != theirs { return mine < theirs }
    return (Int64(run) ?? 0) < (Int64(other.run) ?? 0)
  }

  /// Nil: it is green, or has not ended.
  func trouble(failsOnBase: Bool?, now: Timestamp) -> CheckTrouble? {
    let kind: CheckTrouble.Kind
    switch CheckState(state) {
    case .failed: kind = .failed
    case .broken: kind = .broken
    case .needsPerson: kind = .needsPerson
    case .open, .passed, .absent: return nil
    }
    let at = (ended ?? began).flatMap { Timestamp(rfc3339: $0) } ?? now
    var trouble = CheckTrouble(
      kind, key: key, name: name, run: run, conclusion: state.lowercased(), at: at)
    trouble.isRequired = isRequired
    trouble.failsOnBase = failsOnBase
    trouble.text = Wake.bounded(text, to: PieceWords.textLimit)
    trouble.url = url
    trouble.job = job
    return trouble
  }
}
