// The schema's rows for where work items come from and how GitHub is talked to. Read by
// `Schema.all`.

import SymphonyCore

extension Schema {
  static let trackerSettings: [SettingSpec] = [
    SettingSpec(
      "tracker.kind", \Policy.tracker.kind,
      "where work items live; `local` is a folder of Markdown issues"),
    SettingSpec(
      "tracker.repository", \Policy.tracker.repository, shown: "origin of WORKFLOW.md's directory",
      "the repository whose issues are worked on"),
    SettingSpec(
      "tracker.directory", \Policy.tracker.directory, as: .path,
      "kind `local`: the folder, relative to WORKFLOW.md"),
    SettingSpec(
      "tracker.labels", \Policy.tracker.requiredLabels, as: .labels,
      aliases: ["tracker.required_labels"], "all must be present, at dispatch and while running"),
    SettingSpec(
      "tracker.exclude_labels", \Policy.tracker.excludedLabels, as: .labels, "none may be present"),
    SettingSpec(
      "tracker.assignee", \Policy.tracker.assignee,
      "a login, or \"@me\" (quoted) for the token's owner"),
    SettingSpec("tracker.owner", .text, shown: "-", "owner of the board"),
    SettingSpec(
      "tracker.project_number", .integer(count), shown: "-",
      "number of the board; its presence makes the file github-symphony's dialect"),
    SettingSpec("tracker.project_scope", \Policy.tracker.boardIfAny.scope, "who owns the board"),
    SettingSpec(
      "tracker.status_field_name", \Policy.tracker.boardIfAny.statusField,
      "the board's field that holds the status"),
    SettingSpec(
      "tracker.active_values", \Policy.tracker.activeStatuses, "statuses that may be dispatched"),
    SettingSpec(
      "tracker.terminal_values", \Policy.tracker.terminalStatuses, "statuses that mean done"),
    SettingSpec(
      "tracker.blocked_status_values", \Policy.tracker.blockedStatuses,
      "statuses that are not eligible at once"),
    SettingSpec(
      "tracker.priority_field_name", \Policy.tracker.boardIfAny.priorityField,
      "the board's field that holds the priority"),
    SettingSpec(
      "tracker.priority_value_map", \Policy.tracker.boardIfAny.priorityMap, as: .priorities,
      shown: "from the order of the options", "option to number; lower goes first, none last"),
    SettingSpec(
      "tracker.executable_item_types", \Policy.tracker.boardIfAny.itemTypes,
      "what of a board is worked on"),
    SettingSpec(
      "tracker.require_issue_backing", \Policy.tracker.boardIfAny.requiresIssue,
      "draft items are not dispatched"),
    SettingSpec(
      "tracker.allow_draft_issue_conversion", \Policy.tracker.boardIfAny.convertsDrafts,
      "drafts become issues of `tracker.draft_repository`"),
    SettingSpec(
      "tracker.draft_repository", \Policy.tracker.boardIfAny.draftRepository,
      "where converted drafts go, and where drafts that stay drafts are worked on"),
    SettingSpec(
      "tracker.repo_allowlist", \Policy.tracker.allowedRepositories,
      "only items of these repositories"),
    SettingSpec(
      "tracker.repo_denylist", \Policy.tracker.deniedRepositories,
      "no items of these repositories"),
    SettingSpec(
      "tracker.trusted_authors", \Policy.tracker.trustedAuthors,
      shown: "write_access on public repositories, anyone on private",
      "whose text is worked on, and who wakes what rests: `write_access` (the author, by the "
        + "permission GitHub reports), or a list of logins. By default a required label that "
        + "somebody with write access put on vouches for a stranger's text, until it is changed"),
    SettingSpec(
      "tracker.in_progress_status", \Policy.tracker.inProgressStatus,
      "status set at dispatch; it counts as active"),
    SettingSpec(
      "tracker.labels_on", \Policy.tracker.labelsOn, "labels added and removed at each event"),
  ]

  static let githubSettings: [SettingSpec] = [
    SettingSpec(
      "github.auth_mode", .choice(["auto", "pat", "app"]), default: .word("auto"),
      "`auto` prefers the App when both its id and its key are there"),
    SettingSpec(
      "github.api_url", \Policy.tracker.apiURL, as: .url, "Enterprise Server: https://HOST/api/v3"),
    SettingSpec(
      "github.allow_insecure_http", \Policy.tracker.allowsInsecureHTTP,
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
      "github.webhook_secret", \Policy.server.webhookSecret, shown: "$GITHUB_WEBHOOK_SECRET",
      "checks the signature of webhooks; `symphony serve` takes none without it"),
    SettingSpec(
      "github.token_refresh_skew_ms", \Policy.tracker.refreshSkew, as: .whole(optionalMilliseconds),
      "an App's token is renewed this early"),
    SettingSpec(
      "github.graphql_page_size", \Policy.tracker.boardIfAny.pageSize, as: .whole(1...100),
      "items a page"),
    SettingSpec(
      "github.request_timeout_ms", \Policy.tracker.requestTimeout,
      "of one request; the time the tick has left counts when it is less"),
    SettingSpec(
      "github.rate_limit_qps", \Policy.tracker.requestsPerSecond, "requests a second, at most"),
    SettingSpec(
      "github.max_points_per_hour", \Policy.tracker.pointsPerHour, as: .limit(0...1_000_000_000),
      "GraphQL points and REST requests together, by this state directory"),
  ]
}
