// The schema's rows for git, polling, workspaces, hooks, pull requests, the server and the tick
// itself. Read by `Schema.all`.

extension Schema {
  static let gitSettings: [SettingSpec] = [
    SettingSpec(
      "git.base_branch", .text, shown: "default branch", "where work starts and pull requests go"),
    SettingSpec(
      "git.branch_prefix", .text, default: .word("symphony/"), "branch = prefix + owner_repo_number"
    ),
    SettingSpec(
      "git.fetch_depth", .integer(0...1_000_000_000), default: .number(0), unit: "commits",
      "0: full history"),
    SettingSpec(
      "git.reuse_repo_cache", .flag, default: .yes, "false: a clone of its own for each item"),
    SettingSpec(
      "git.use_worktrees", .flag, default: .yes, "false: a clone of its own for each item"),
    SettingSpec(
      "git.clean_untracked_before_run", .flag, default: .no,
      "removes untracked files before each run"),
    SettingSpec(
      "git.push_remote_name", .text, default: .word("origin"), "name of the remote pushed to"),
    SettingSpec(
      "git.commit_author_name", .text, shown: "git's own identity, else symphony",
      "of commits made by the worker and the agent"),
    SettingSpec(
      "git.commit_author_email", .text, shown: "git's own identity, else symphony",
      "of commits made by the worker and the agent"),
    SettingSpec(
      "git.commit_leftovers", .flag, default: .yes,
      "uncommitted work is committed at the end of a run"),
  ]

  static let pollingSettings: [SettingSpec] = [
    SettingSpec(
      "polling.interval_ms", .integer(milliseconds), default: .number(30_000), unit: "ms",
      "distance of remote polls of `tick --scheduled`")
  ]

  static let workspaceSettings: [SettingSpec] = [
    SettingSpec(
      "workspace.root", .path, shown: "the state directory", "where caches and worktrees live"),
    SettingSpec(
      "workspace.repo_cache_dir", .path, shown: "root/repos", "bare caches of repositories"),
    SettingSpec("workspace.worktree_dir", .path, shown: "root/workspaces", "git worktrees"),
    SettingSpec(
      "workspace.remove_on_terminal", .flag, default: .yes,
      "the worktree goes when the item is done; never with unpushed commits"),
    SettingSpec(
      "workspace.min_free_mb", .integer(0...1_000_000_000), default: .number(512), unit: "MB",
      "with less free disk space nothing is launched"),
  ]

  static let hookSettings: [SettingSpec] = [
    SettingSpec("hooks.after_create", .script, "after the worktree was created"),
    SettingSpec("hooks.before_run", .script, "before each run"),
    SettingSpec("hooks.after_run", .script, "after each run"),
    SettingSpec("hooks.before_turn", .script, "before each turn of the agent"),
    SettingSpec("hooks.after_turn", .script, "after each turn of the agent"),
    SettingSpec("hooks.before_remove", .script, "before the worktree is removed"),
    SettingSpec(
      "hooks.timeout_ms", .integer(milliseconds), default: .number(60_000), unit: "ms",
      "of each hook"),
    SettingSpec(
      "hooks.sandbox", .flag, default: .yes,
      "with `agent.sandbox`, hooks run in the sandbox, too, without network and token; false: "
        + "outside it, where they must not start anything the agent may have written"),
  ]

  static let pullRequestSettings: [SettingSpec] = [
    SettingSpec(
      "pull_request.open_pr_on_success", .flag, default: .yes,
      "false: the branch is pushed and that is the hand-off"),
    SettingSpec("pull_request.draft_by_default", .flag, default: .yes, "opened as a draft"),
    SettingSpec(
      "pull_request.reuse_existing_pr", .flag, default: .yes,
      "false: somebody else's pull request on the branch parks the item"),
    SettingSpec(
      "pull_request.handoff_project_status", .text,
      "status set once the pull request is there"),
    SettingSpec(
      "pull_request.comment_on_issue_with_pr", .flag, default: .yes,
      "the issue gets a comment with the pull request's address"),
    SettingSpec(
      "pull_request.required_before_handoff_checks", .textList, default: .emptyList,
      "the status moves only when these checks are green"),
    SettingSpec(
      "pull_request.close_issue_on_merge", .flag, default: .no,
      "closes the issue when the pull request was merged"),
    SettingSpec(
      "pull_request.title", .template, shown: "ours",
      "title of the pull request, one line; in either syntax, told apart for itself; knows"
        + " `result`, too"),
    SettingSpec(
      "pull_request.body", .template, shown: "ours",
      "body of the pull request; marked \"Automated by symphony\""),
  ]

  private static let serve = Feature.later("`symphony serve`")
  static let serverSettings: [SettingSpec] = [
    SettingSpec(
      "server.port", .integer(0...65535), shown: "-", feature: serve, "port to listen on"),
    SettingSpec(
      "server.host", .text, default: .word("127.0.0.1"), shown: "127.0.0.1 (G: 0.0.0.0)",
      feature: serve,
      "address to listen on"),
    SettingSpec(
      "server.read_timeout_ms", .integer(milliseconds), default: .number(30_000), unit: "ms",
      feature: serve,
      "of a request"),
    SettingSpec(
      "server.write_timeout_ms", .integer(milliseconds), default: .number(60_000), unit: "ms",
      feature: serve,
      "of an answer"),
    SettingSpec(
      "server.cors_origins", .textList, default: .emptyList, feature: serve,
      "origins a browser may ask from"),
  ]

  static let tickSettings: [SettingSpec] = [
    SettingSpec(
      "tick.deadline_ms", .integer(1_000...600_000), default: .number(25_000), unit: "ms",
      "a tick ends within this time, finished or not")
  ]
}
