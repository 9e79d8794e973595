// The schema's rows for where work items come from and how GitHub is talked to. Read by
// `Schema.all`.

extension Schema {
  static let trackerSettings: [SettingSpec] = [
    SettingSpec(
      "tracker.kind", .choice(["github", "local"]), default: .word("github"),
      "where work items live; `local` is a folder of Markdown issues"),
    SettingSpec(
      "tracker.repository", .repository, shown: "origin of WORKFLOW.md's directory",
      "the repository whose issues are worked on"),
    SettingSpec(
      "tracker.directory", .path, default: .word("issues"),
      "kind `local`: the folder, relative to WORKFLOW.md"),
    SettingSpec(
      "tracker.labels", .textList, default: .emptyList, aliases: ["tracker.required_labels"],
      "all must be present, at dispatch and while running"),
    SettingSpec("tracker.exclude_labels", .textList, default: .emptyList, "none may be present"),
    SettingSpec(
      "tracker.assignee", .text, "a login, or \"@me\" (quoted) for the token's owner"),
    SettingSpec("tracker.owner", .text, shown: "-", feature: boards, "owner of the board"),
    SettingSpec(
      "tracker.project_number", .integer(count), shown: "-", feature: boards,
      "number of the board; its presence makes the file github-symphony's dialect"),
    SettingSpec(
      "tracker.project_scope", .choice(["organization", "user"]), default: .word("organization"),
      feature: boards,
      "who owns the board"),
    SettingSpec(
      "tracker.status_field_name", .text, default: .word("Status"), feature: boards,
      "the board's field that holds the status"),
    SettingSpec(
      "tracker.active_values", .textList, default: .words("Todo", "Ready", "In Progress"),
      "statuses that may be dispatched"),
    SettingSpec(
      "tracker.terminal_values", .textList,
      default: .words("Done", "Closed", "Cancelled", "Canceled", "Duplicate"),
      "statuses that mean done"),
    SettingSpec(
      "tracker.blocked_status_values", .textList, default: .emptyList,
      "statuses that are not eligible at once"),
    SettingSpec(
      "tracker.priority_field_name", .text, default: .word("Priority"), feature: boards,
      "the board's field that holds the priority"),
    SettingSpec(
      "tracker.priority_value_map", .integerMap, shown: "from the order of the options",
      feature: boards,
      "option to number; lower goes first, none last"),
    SettingSpec(
      "tracker.executable_item_types", .choiceList(["issue", "draft_issue", "pull_request"]),
      default: .words("issue"), feature: boards, "what of a board is worked on"),
    SettingSpec(
      "tracker.require_issue_backing", .flag, default: .yes, feature: boards,
      "draft items are not dispatched"),
    SettingSpec(
      "tracker.allow_draft_issue_conversion", .flag, default: .no, feature: boards,
      "drafts become issues of `tracker.draft_repository`"),
    SettingSpec(
      "tracker.draft_repository", .repository, feature: boards, "where converted drafts go"),
    SettingSpec(
      "tracker.repo_allowlist", .repositoryList, default: .emptyList, feature: boards,
      "only items of these repositories"),
    SettingSpec(
      "tracker.repo_denylist", .repositoryList, default: .emptyList, feature: boards,
      "no items of these repositories"),
    SettingSpec(
      "tracker.trusted_authors", .trustedAuthors,
      shown: "write_access on public repositories, anyone on private",
      "whose issues are worked on: `write_access`, or a list of logins"),
    SettingSpec(
      "tracker.in_progress_status", .text, feature: .later("status moves"), "status set at dispatch"
    ),
    SettingSpec(
      "tracker.labels_on",
      .record(
        ["start", "handoff", "park"].map {
          RecordField(
            name: $0,
            shape: .record([
              RecordField(name: "add", shape: .textList),
              RecordField(name: "remove", shape: .textList),
            ]))
        }), default: .emptyMap, feature: .later("label moves"),
      "labels added and removed at each event"),
  ]

  static let githubSettings: [SettingSpec] = [
    SettingSpec(
      "github.auth_mode", .choice(["auto", "pat", "app"]), default: .word("auto"), feature: app,
      "`auto` prefers the App when both are there; a token is used today"),
    SettingSpec(
      "github.api_url", .url, default: .word("https://api.github.com"),
      "Enterprise Server: https://HOST/api/v3"),
    SettingSpec(
      "github.token", .secret, shown: "$GITHUB_TOKEN",
      "then GH_TOKEN, then `gh auth token` when its host matches `github.api_url`"),
    SettingSpec(
      "github.app_id", .text, shown: "$GITHUB_APP_ID", feature: app, "id of the GitHub App"),
    SettingSpec(
      "github.private_key", .secret, shown: "$GITHUB_APP_PRIVATE_KEY", feature: app,
      "the App's key: PEM text or a path"),
    SettingSpec(
      "github.installation_id", .text, shown: "found", feature: app, "the App's installation"),
    SettingSpec(
      "github.webhook_secret", .secret, shown: "$GITHUB_WEBHOOK_SECRET",
      feature: .later("`symphony serve`"), "checks the signature of webhooks"),
    SettingSpec(
      "github.token_refresh_skew_ms", .integer(optionalMilliseconds), default: .number(300_000),
      unit: "ms",
      feature: app, "an App's token is renewed this early"),
    SettingSpec(
      "github.graphql_page_size", .integer(1...100), default: .number(100), feature: boards,
      "items a page"),
    SettingSpec(
      "github.request_timeout_ms", .integer(milliseconds), default: .number(30_000), unit: "ms",
      "of one request; the time the tick has left counts when it is less"),
    SettingSpec(
      "github.rate_limit_qps", .integer(count), default: .number(10),
      feature: .explained("a tick sends its few requests one after another"), "requests a second"),
    SettingSpec(
      "github.max_points_per_hour", .integer(0...1_000_000_000), default: .number(0),
      feature: .later("a ceiling on GraphQL points"), "0: no limit"),
  ]
}
