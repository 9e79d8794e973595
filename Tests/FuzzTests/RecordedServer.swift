// Writes the conversations that the fuzz targets of GitHub begin with, and what a tracker remembers of
// them: with SYMPHONY_RECORD set it asks the simulated GitHub everything a tracker can ask.
import FoundationEssentials
import FuzzTargets
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import SymphonyTrackers
import Synchronization
import Testing

/// The wire, and all that went over it.
private final class Recorder: HTTPTransport {
  private let wire: CurlTransport
  private let lines = Mutex<[String: String]>([:])
  init(_ url: String) { wire = CurlTransport(url: url, environment: [:]) }

  func send(_ request: HTTPTransportRequest) async throws(TransportError) -> HTTPTransportResponse {
    let answer = try await wire.send(request)
    var body = try? JSONDecoder().decode(Structure.self, from: Data(answer.body))
    if body == nil, !answer.body.isEmpty {
      body = .string(String(decoding: answer.body, as: UTF8.self))
    }
    let kept = [
      "Link", "Location", "X-RateLimit-Remaining", "X-RateLimit-Limit", "X-RateLimit-Reset", "Date",
    ]
    let headers = kept.compactMap { name in
      answer.header(name).map { (name, Structure.string($0)) }
    }
    let tree = Structure.object([
      "status": .integer(Int64(answer.status)), "body": body ?? .null,
      "headers": .object(Dictionary(headers) { first, _ in first }),
    ])
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if answer.status != 304, let text = try? encoder.encode(tree) {
      let name = ServedScript.name(of: request)
      lines.withLock { $0[name] = "\(name) \(String(decoding: text, as: UTF8.self))" }
    }
    return answer
  }
  func text() -> String {
    lines.withLock { $0.values.sorted().joined(separator: "\n") + "\n" }
  }
  func close() async { await wire.close() }
}

@Suite(.enabled(if: Host.environment["SYMPHONY_RECORD"] != nil)) struct RecordedServer {
  @Test(arguments: [false, true]) func record(board: Bool) async throws {
    let simulator = try await GitHubSimulator.start()
    simulator.advanceClock(seconds: (GitHubScene.noon - simulator.now).milliseconds / 1000)
    simulator.addBoard(
      fields: [
        .status(["Backlog", "Todo", "In Progress", "Done"]), .select("Priority", ["P0", "P1"]),
        BoardFieldPlan("Size", .number),
      ])
    for number in 1...3 {
      simulator.createIssue(title: "Issue \(number)", body: "Text", labels: ["symphony", "bug"])
      _ = try simulator.addItem(number, fields: ["Status": "Todo", "Priority": "P1", "Size": "3"])
    }
    let draft = try simulator.addDraft("Draft", body: "Text", fields: ["Status": "Todo"])
    try simulator.comment(1, author: "octocat", body: "Please go on")
    simulator.block(1, by: 2)
    simulator.addSubIssue(3, to: 1)
    try simulator.commit(branch: "symphony/acme_app_1", files: ["a": "b"])
    let pull = try simulator.createPullRequest(title: "Work", head: "symphony/acme_app_1")
    try simulator.review(
      pull, "CHANGES_REQUESTED", "No", lines: [SimulatedLinePlan("a", 1, "Why?")])
    try simulator.comment(pull, author: "bob", body: "Hm")
    simulator.setChecks(
      [
        .job("unit", "failure", log: .text("2026-11-20T10:00:00Z ##[error]boom\n")),
        .commitStatus("legacy", "error"),
      ], branch: "symphony/acme_app_1")
    let job = simulator.checks(of: simulator.branches["symphony/acme_app_1"] ?? "")[0].id
    let ids = (1...3).compactMap { simulator.issue($0)?.nodeID } + [draft, "I_gone"]
    let recorder = Recorder(simulator.apiURL)
    let cache = KeptResponses()
    let now = simulator.now
    func tracker() -> GitHubTracker {
      GitHubScene.tracker(
        recorder, board: board, cache: cache, now: now, apiURL: simulator.apiURL,
        token: simulator.token)
    }
    let watched = GitHubScene.watched(ids).map { one in
      var one = one
      one.follow?.jobs = [Int64(job)]
      return one
    }
    _ = await tracker().survey(SurveyQuestion(watched: watched, cachedOnly: false))
    _ = await tracker().confirm(watched)
    _ = await tracker().examine()
    _ = try await tracker().find("1", in: GitHubScene.repository)
    for entry in GitHubScene.debts(ids[0], tries: 1) {
      _ = try? await tracker().deliver(entry, pullRequest: nil)
    }
    let name = board ? "board" : "issues"
    func write(_ file: String, _ text: String) throws {
      var plain = text.replacing(simulator.apiURL, with: "https://api.github.com")
      // Logs lie on another port, which stands for another host.
      plain = plain.replacing(/http:\/\/127\.0\.0\.1:\d+/, with: "https://store.example")
      plain = plain.replacing("\(job)", with: "\(GitHubScene.job)")
      for (id, known) in zip(ids, recordedIDs) { plain = plain.replacing(id, with: known) }
      try Files.writeAtomically(
        Files.join(Seeds.root, "Tests/FuzzTargets/Seeds/\(file)"),
        plain.replacing("https://api.github.com/acme/", with: "https://github.com/acme/"))
    }
    try write("github-\(name).txt", recorder.text())
    let memory = cache.all.filter { $0.key.hasPrefix("symphony:") }.sorted { $0.key < $1.key }
    try write(
      "memory-\(name).txt",
      memory.map { "\($0.key) \(String(decoding: $0.value.body, as: UTF8.self))\n" }.joined())
    await recorder.close()
    await simulator.stop()
  }
}
