// The schema's rows for git, polling, workspaces, hooks, pull requests, the server and the tick
// itself. Read by `Schema.all`.

import SymphonyCore

extension Schema {
  static let gitSettings: [SettingSpec] = [
    SettingSpec(
      "git.base_branch", \Policy.git.baseBranch, shown: "default branch",
      "where work starts and pull requests go"),
    SettingSpec(
      "git.branch_prefix", \Policy.git.branchPrefix, "branch = prefix + owner_repo_number"),
    SettingSpec(
      "git.fetch_depth", \Policy.git.fetchDepth, as: .whole(0...1_000_000_000), unit: "commits",
      "0: full history"),
    SettingSpec(
      "git.reuse_repo_cache", \Policy.git.reuseRepoCache,
      "false: a clone of its own for each item"),
    SettingSpec(
      "git.use_worktrees", \Policy.git.useWorktrees, "false: a clone of its own for each item"),
    SettingSpec(
      "git.clean_untracked_before_run", \Policy.git.cleanUntrackedBeforeRun,
      "removes untracked files before each run"),
    SettingSpec("git.push_remote_name", \Policy.git.pushRemoteName, "name of the remote pushed to"),
    SettingSpec(
      "git.commit_author_name", \Policy.git.commitAuthorName,
      shown: "git's own identity, else symphony", "of commits made by the worker and the agent"),
    SettingSpec(
      "git.commit_author_email", \Policy.git.commitAuthorEmail,
      shown: "git's own identity, else symphony", "of commits made by the worker and the agent"),
    SettingSpec(
      "git.commit_leftovers", \Policy.git.commitLeftovers,
      "uncommitted work is committed at the end of a run"),
  ]

  static let pollingSettings: [SettingSpec] = [
    SettingSpec(
      "polling.interval_ms", \Policy.pollInterval,
      "distance of remote polls of `tick --scheduled`"),
    SettingSpec(
      "polling.with_webhooks_interval_ms", \Policy.hintedPollInterval,
      as: .whole(optionalMilliseconds),
      "the same while webhooks arrive, and no longer; 0: no difference"),
  ]

  static let workspaceSettings: [SettingSpec] = [
    SettingSpec(
      "workspace.root", \Policy.workspace.root, as: .path, shown: "the state directory",
      "where caches and worktrees live"),
    SettingSpec(
      "workspace.repo_cache_dir", \Policy.workspace.cacheDirectory, as: .path, shown: "root/repos",
      "bare caches of repositories"),
    SettingSpec(
      "workspace.worktree_dir", \Policy.workspace.worktreeDirectory, as: .path,
      shown: "root/workspaces", "git worktrees"),
    SettingSpec(
      "workspace.remove_on_terminal", \Policy.workspace.removeOnTerminal,
      "the worktree goes when the item is done; never with unpushed commits"),
    SettingSpec(
      "workspace.min_free_mb", \Policy.workspace.minFreeMegabytes, as: .whole(0...1_000_000_000),
      unit: "MB", "with less free disk space nothing is launched"),
    SettingSpec(
      "workspace.kept_runs", \Policy.workspace.keptRuns, as: .whole(1...1000),
      "ended runs of an issue whose logs are kept, and the first one besides"),
    SettingSpec(
      "workspace.max_age_days", \Policy.workspace.maxAgeDays, as: .limit(days), unit: "days",
      "the worktree of an issue that waits for a person goes so long after its last run began, and"
        + " is made again for the next one; never with work that is only there"),
    SettingSpec(
      "workspace.max_gb", \Policy.workspace.maxGigabytes, as: .limit(1...1_000_000), unit: "GB",
      "of all worktrees together, measured once an hour: beyond it those go that rest longest"),
  ]

  static let hookSettings: [SettingSpec] = [
    hook(.afterCreate, "after the worktree was created"),
    hook(.beforeRun, "before each run"),
    hook(.afterRun, "after each run"),
    hook(.beforeTurn, "before each turn of the agent"),
    hook(.afterTurn, "after each turn of the agent"),
    hook(.beforeRemove, "before the worktree is removed"),
    SettingSpec("hooks.timeout_ms", \Policy.hooks.timeout, "of each hook"),
    SettingSpec(
      "hooks.sandbox", \Policy.hooks.sandboxed,
      "with `agent.sandbox`, hooks run in the sandbox, too, without network and token; false: "
        + "outside it, where they must not start anything the agent may have written"),
  ]

  private static func hook(_ hook: HookPolicy.Hook, _ summary: String) -> SettingSpec {
    SettingSpec(
      "hooks.\(hook.rawValue)", \Policy.hooks.scripts[hook.rawValue], as: .script, summary)
  }

  static let notifySettings: [SettingSpec] = [
    SettingSpec(
      "notify.command", \Policy.notify.command, as: .script, shown: "none",
      "for `sh -c` in the project's directory: one JSON object a line on stdin for each event, "
        + "with `event`, `issue`, `code`, `message`, `id`; in the environment of agents"),
    SettingSpec(
      "notify.events", \Policy.notify.events, "of what it is told; of each at most once"),
    SettingSpec(
      "notify.timeout_ms", \Policy.notify.timeout,
      "then it is ended, with all it started; never longer than the tick has left"),
  ]

  static let pullRequestSettings: [SettingSpec] = [
    SettingSpec(
      "pull_request.open_pr_on_success", \Policy.pullRequest.openOnSuccess,
      "false: the branch is pushed and that is the hand-off"),
    SettingSpec("pull_request.draft_by_default", \Policy.pullRequest.draft, "opened as a draft"),
    SettingSpec(
      "pull_request.reuse_existing_pr", \Policy.pullRequest.reuseExisting,
      "false: somebody else's pull request on the branch parks the item"),
    SettingSpec(
      "pull_request.handoff_project_status", \Policy.tracker.handoffStatus,
      "status set once the pull request is there"),
    SettingSpec(
      "pull_request.comment_on_issue_with_pr", \Policy.pullRequest.commentOnIssue,
      "the issue gets a comment with the pull request's address"),
    SettingSpec(
      "pull_request.required_before_handoff_checks", \Policy.pullRequest.requiredChecks,
      "the status moves only when these checks are green"),
    SettingSpec(
      "pull_request.close_issue_on_merge", \Policy.pullRequest.closeIssueOnMerge,
      "closes the issue when the pull request was merged"),
    SettingSpec(
      "pull_request.title", \Policy.pullRequest.title, shown: "ours",
      "title of the pull request, one line; in either syntax, told apart for itself; knows"
        + " `result`, too"),
    SettingSpec(
      "pull_request.body", \Policy.pullRequest.body, shown: "ours",
      "body of the pull request; marked \"Automated by symphony\""),
  ]

  static let serverSettings: [SettingSpec] = [
    SettingSpec(
      "metrics.textfile", \Policy.metricsFile, as: .path,
      "each tick writes its metrics there for Prometheus's node_exporter; its name ends in .prom"),
    SettingSpec(
      "logs.directory", \Policy.logs.path, as: .path,
      "each tick appends its log and its news there, to symphony.ndjson, a JSON object a line"),
    SettingSpec(
      "logs.max_mb", \Policy.logs.maxMegabytes, as: .whole(fileMegabytes), unit: "MB",
      "of symphony.ndjson and its older parts together; the oldest goes"),
    SettingSpec(
      "traces.otlp_file", \Policy.traces.path, as: .path,
      "each tick appends OpenTelemetry's spans of itself and of the runs it settled, a line of OTLP"
        + " JSON each time"),
    SettingSpec(
      "traces.max_mb", \Policy.traces.maxMegabytes, as: .whole(fileMegabytes), unit: "MB",
      "of that file and its older parts together; the oldest goes"),
    SettingSpec(
      "server.port", \Policy.server.port, as: .whole(0...65535),
      "port of `symphony serve`"),
    SettingSpec(
      "server.host", \Policy.server.host,
      "address to listen on; any but a loopback one asks for server.token"),
    SettingSpec(
      "server.socket", \Policy.server.socket, as: .path,
      "a Unix socket in their place, for its owner alone"),
    SettingSpec("server.read_timeout_ms", \Policy.server.readTimeout, "of a request"),
    SettingSpec("server.write_timeout_ms", \Policy.server.writeTimeout, "of an answer"),
    SettingSpec(
      "server.cors_origins", \Policy.server.corsOrigins,
      "origins whose pages may read answers; `*`: any"),
    SettingSpec(
      "server.token", \Policy.server.token, shown: "$SYMPHONY_SERVER_TOKEN",
      "for every change, and for whoever asks from another machine"),
    SettingSpec(
      "server.idle_exit_ms", \Policy.server.idleExit, as: .limit(milliseconds),
      "the server ends when nobody has asked it for so long"),
  ]

  static let retentionSettings: [SettingSpec] = [
    SettingSpec(
      "retention.backups", \Policy.retention.backups, as: .whole(0...1000),
      "daily copies of the database that are kept in the state directory; 0: none is made"),
    SettingSpec(
      "retention.run_days", \Policy.retention.runDays, as: .limit(days), unit: "days",
      "then the files of an ended run go, but those of an issue's first and newest run"),
    SettingSpec(
      "retention.runs_max_mb", \Policy.retention.runsMaxMegabytes, as: .limit(fileMegabytes),
      unit: "MB", "of the files of all ended runs together, measured once an hour; the oldest go"),
    SettingSpec(
      "retention.caches_days", \Policy.retention.cachesDays, as: .limit(30...36_500), unit: "days",
      "30 or more: then the bare clone of a repository goes that no issue uses; never with commits"
        + " of its own"),
    SettingSpec(
      "retention.damaged_days", \Policy.retention.damagedDays, as: .limit(days), unit: "days",
      "then what `symphony recover` replaced goes"),
    SettingSpec(
      "retention.run_rows", \Policy.retention.runRows, as: .whole(1_000...1_000_000), unit: "rows",
      "ended runs in the database; the oldest go, but an issue's newest and those with files"),
    SettingSpec(
      "retention.ledger_rows", \Policy.retention.ledgerRows, as: .whole(1_000...1_000_000),
      unit: "rows", "changes of issues in the database, for `symphony events`; the oldest go"),
    SettingSpec(
      "retention.response_cache_mb", \Policy.retention.responseMegabytes, as: .whole(1...10_000),
      unit: "MB", "answers of GitHub in the database, for conditional requests"),
  ]

  static let tickSettings: [SettingSpec] = [
    SettingSpec(
      "tick.deadline_ms", \Policy.tickDeadline, as: .whole(1_000...600_000),
      "a tick ends within this time, finished or not")
  ]
}
