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
    SettingSpec("tracker.owner", .text, shown: "-", "owner of the board"),
    SettingSpec(
      "tracker.project_number", .integer(count), shown: "-",
      "number of the board; its presence makes the file github-symphony's dialect"),
    SettingSpec(
      "tracker.project_scope", .choice(["organization", "user"]), default: .word("organization"),
      "who owns the board"),
    SettingSpec(
      "tracker.status_field_name", .text, default: .word("Status"),
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
      "tracker.priority_field_name", .text, default: .word("Priority"),
      "the board's field that holds the priority"),
    SettingSpec(
      "tracker.priority_value_map", .integerMap(priorities), shown: "from the order of the options",
      "option to number; lower goes first, none last"),
    SettingSpec(
      "tracker.executable_item_types", .choiceList(["issue", "draft_issue", "pull_request"]),
      default: .words("issue"), "what of a board is worked on"),
    SettingSpec(
      "tracker.require_issue_backing", .flag, default: .yes,
      "draft items are not dispatched"),
    SettingSpec(
      "tracker.allow_draft_issue_conversion", .flag, default: .no,
      "drafts become issues of `tracker.draft_repository`"),
    SettingSpec(
      "tracker.draft_repository", .repository,
      "where converted drafts go, and where drafts that stay drafts are worked on"),
    SettingSpec(
      "tracker.repo_allowlist", .repositoryList, default: .emptyList,
      "only items of these repositories"),
    SettingSpec(
      "tracker.repo_denylist", .repositoryList, default: .emptyList,
      "no items of these repositories"),
    SettingSpec(
      "tracker.trusted_authors", .trustedAuthors,
      shown: "write_access on public repositories, anyone on private",
      "whose text is worked on, and who wakes what rests: `write_access` (the author, by the "
        + "permission GitHub reports), or a list of logins. By default a required label that "
        + "somebody with write access put on vouches for a stranger's text, until it is changed"),
    SettingSpec(
      "tracker.in_progress_status", .text, "status set at dispatch; it counts as active"),
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
        }), default: .emptyMap,
      "labels added and removed at each event"),
  ]

  static let githubSettings: [SettingSpec] = [
    SettingSpec(
      "github.auth_mode", .choice(["auto", "pat", "app"]), default: .word("auto"),
      "`auto` prefers the App when both its id and its key are there"),
    SettingSpec(
      "github.api_url", .url, default: .word("https://api.github.com"),
      "Enterprise Server: https://HOST/api/v3"),
    SettingSpec(
      "github.allow_insecure_http", .flag, default: .no,
      "plain http to another machine than this one, for the API and for git: anybody on the way can"
        + " read the token and change the code"),
    SettingSpec(
      "github.token", .secret, shown: "$GITHUB_TOKEN",
      "then GH_TOKEN, then `gh auth token` when its host matches `github.api_url`"),
    SettingSpec(
      "github.app_id", .text, shown: "$GITHUB_APP_ID", "client id or app id of the GitHub App"),
    SettingSpec(
      "github.private_key", .secret, shown: "$GITHUB_APP_PRIVATE_KEY",
      "the App's key: PEM text or a path"),
    SettingSpec(
      "github.installation_id", .text, shown: "found",
      "the App's installation on the board's or the repository's owner"),
    SettingSpec(
      "github.webhook_secret", .secret, shown: "$GITHUB_WEBHOOK_SECRET",
      feature: .later("`symphony serve`"), "checks the signature of webhooks"),
    SettingSpec(
      "github.token_refresh_skew_ms", .integer(optionalMilliseconds), default: .number(300_000),
      unit: "ms", "an App's token is renewed this early"),
    SettingSpec(
      "github.graphql_page_size", .integer(1...100), default: .number(100), "items a page"),
    SettingSpec(
      "github.request_timeout_ms", .integer(milliseconds), default: .number(30_000), unit: "ms",
      "of one request; the time the tick has left counts when it is less"),
    SettingSpec(
      "github.rate_limit_qps", .integer(count), default: .number(10),
      "requests a second, at most"),
    SettingSpec(
      "github.max_points_per_hour", .integer(0...1_000_000_000), default: .number(0),
      "GraphQL points and REST requests together, by this state directory; 0: no limit"),
  ]
}
