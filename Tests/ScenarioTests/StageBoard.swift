// A stage with a board: its statuses, the settings that follow them, and what it shows.
import SymphonyTestSupport

func withBoard(_ play: (Stage) async throws -> Void) async throws {
  try await withStage { stage in
    stage.addBoard()
    try await play(stage)
  }
}

extension Stage {
  func addBoard() {
    github.addBoard(
      fields: [
        .status(["Backlog", "Todo", "In Progress", "Rework", "Human Review", "Done"]),
        .select("Priority", ["High", "Low"]),
      ], closedStatus: "Done")
  }

  /// A draft on the board, of which an issue is to be made and worked on.
  func directDraft() throws {
    try directBoard(
      agent: "commit; echo Done.",
      tracker: """
          executable_item_types: [issue, draft_issue]
          allow_draft_issue_conversion: true
          draft_repository: acme/app
          labels: []
          trusted_authors: [alice, symphony-bot]

        """)
    try github.addDraft("An idea", body: "Do it.", fields: ["Status": "Todo"])
  }

  func directBoard(
    agent script: String, settings: [String: String] = [:],
    tracker: String = "  labels: [symphony]\n",
    pullRequest: String = ""
  ) throws {
    try directory.write("agent.sh", Self.prelude + script + "\n")
    var agent = ["max_concurrent": "10", "max_retry_backoff_ms": "1"]
    agent.merge(settings) { $1 }
    let limits = agent.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)\n" }.joined()
    try WorkflowFile.write(
      in: project,
      settings: """
        tracker:
          owner: acme
          project_number: 1
          active_values: [Todo, In Progress, Rework]
          terminal_values: [Done]
          in_progress_status: In Progress
          labels_on:
            start: { add: [working] }
            handoff: { add: [in-review], remove: [working] }
            park: { add: [needs-human], remove: [working] }
        \(tracker)github:
          api_url: \(github.apiURL)
          token: $GITHUB_TOKEN
        pull_request:
          handoff_project_status: Human Review
          title: "{{ issue.title }} [{{ issue.identifier }}]"
        \(pullRequest)agent:
          kind: command
          command: "sh '\(directory.file("agent.sh"))'"
        \(limits)
        """, prompt: "Issue {{ issue.number }}: {{ issue.title }}\n")
  }

  /// A labelled issue on the board.
  func item(
    _ title: String, in repository: String? = nil, status: String = "Todo"
  ) throws -> Int {
    let number = github.createIssue(title: title, labels: ["symphony"], in: repository)
    try github.addItem(number, in: repository, fields: ["Status": status])
    return number
  }

  func status(_ number: Int, in repository: String? = nil) -> String? {
    github.shown("Status", of: number, in: repository, board: 1)
  }

  func labels(_ number: Int) -> [String] {
    (github.issue(number)?.labels ?? []).sorted()
  }
}
