// The schema's rows for git, polling, workspaces, hooks, pull requests, the server and the tick
// itself. Read by `Schema.all`.

import SymphonyCore

extension Schema {
  static let gitSettings: [SettingSpec] = [
    SettingSpec(
      "git.base_branch", .text, \Policy.git.baseBranch, shown: "default branch",
      "where work starts and pull requests go"),
    SettingSpec(
      "git.branch_prefix", .text, \Policy.git.branchPrefix, "branch = prefix + owner_repo_number"),
    SettingSpec(
      "git.fetch_depth", .limit(0...1_000_000_000), \Policy.git.fetchDepth, unit: "commits",
      "0: full history"),
    SettingSpec(
      "git.reuse_repo_cache", .flag, \Policy.git.reuseRepoCache,
      "false: a clone of its own for each item"),
    SettingSpec(
      "git.use_worktrees", .flag, \Policy.git.useWorktrees,
      "false: a clone of its own for each item"),
    SettingSpec(
      "git.clean_untracked_before_run", .flag, \Policy.git.cleanUntrackedBeforeRun,
      "removes untracked files before each run"),
    SettingSpec(
      "git.push_remote_name", .text, \Policy.git.pushRemoteName, "name of the remote pushed to"),
    SettingSpec(
      "git.commit_author_name", .text, \Policy.git.commitAuthorName,
      shown: "git's own identity, else symphony", "of commits made by the worker and the agent"),
    SettingSpec(
      "git.commit_author_email", .text, \Policy.git.commitAuthorEmail,
      shown: "git's own identity, else symphony", "of commits made by the worker and the agent"),
    SettingSpec(
      "git.commit_leftovers", .flag, \Policy.git.commitLeftovers,
      "uncommitted work is committed at the end of a run"),
  ]

  static let pollingSettings: [SettingSpec] = [
    SettingSpec(
      "polling.interval_ms", .interval(milliseconds), \Policy.pollInterval,
      "distance of remote polls of `tick --scheduled`")
  ]

  static let workspaceSettings: [SettingSpec] = [
    SettingSpec(
      "workspace.root", .path, \Policy.workspace.root, shown: "the state directory",
      "where caches and worktrees live"),
    SettingSpec(
      "workspace.repo_cache_dir", .path, \Policy.workspace.cacheDirectory, shown: "root/repos",
      "bare caches of repositories"),
    SettingSpec(
      "workspace.worktree_dir", .path, \Policy.workspace.worktreeDirectory,
      shown: "root/workspaces", "git worktrees"),
    SettingSpec(
      "workspace.remove_on_terminal", .flag, \Policy.workspace.removeOnTerminal,
      "the worktree goes when the item is done; never with unpushed commits"),
    SettingSpec(
      "workspace.min_free_mb", .integer(0...1_000_000_000), \Policy.workspace.minFreeMegabytes,
      unit: "MB", "with less free disk space nothing is launched"),
  ]

  static let hookSettings: [SettingSpec] = [
    hook(.afterCreate, "after the worktree was created"),
    hook(.beforeRun, "before each run"),
    hook(.afterRun, "after each run"),
    hook(.beforeTurn, "before each turn of the agent"),
    hook(.afterTurn, "after each turn of the agent"),
    hook(.beforeRemove, "before the worktree is removed"),
    SettingSpec(
      "hooks.timeout_ms", .interval(milliseconds), \Policy.hooks.timeout, "of each hook"),
    SettingSpec(
      "hooks.sandbox", .flag, \Policy.hooks.sandboxed,
      "with `agent.sandbox`, hooks run in the sandbox, too, without network and token; false: "
        + "outside it, where they must not start anything the agent may have written"),
  ]

  private static func hook(_ hook: HookPolicy.Hook, _ summary: String) -> SettingSpec {
    SettingSpec(
      "hooks.\(hook.rawValue)", .script, \Policy.hooks.scripts[hook.rawValue], summary)
  }

  static let pullRequestSettings: [SettingSpec] = [
    SettingSpec(
      "pull_request.open_pr_on_success", .flag, \Policy.pullRequest.openOnSuccess,
      "false: the branch is pushed and that is the hand-off"),
    SettingSpec(
      "pull_request.draft_by_default", .flag, \Policy.pullRequest.draft, "opened as a draft"),
    SettingSpec(
      "pull_request.reuse_existing_pr", .flag, \Policy.pullRequest.reuseExisting,
      "false: somebody else's pull request on the branch parks the item"),
    SettingSpec(
      "pull_request.handoff_project_status", .text, \Policy.tracker.handoffStatus,
      "status set once the pull request is there"),
    SettingSpec(
      "pull_request.comment_on_issue_with_pr", .flag, \Policy.pullRequest.commentOnIssue,
      "the issue gets a comment with the pull request's address"),
    SettingSpec(
      "pull_request.required_before_handoff_checks", .texts, \Policy.pullRequest.requiredChecks,
      "the status moves only when these checks are green"),
    SettingSpec(
      "pull_request.close_issue_on_merge", .flag, \Policy.pullRequest.closeIssueOnMerge,
      "closes the issue when the pull request was merged"),
    SettingSpec(
      "pull_request.title", .template, \Policy.pullRequest.title, shown: "ours",
      "title of the pull request, one line; in either syntax, told apart for itself; knows"
        + " `result`, too"),
    SettingSpec(
      "pull_request.body", .template, \Policy.pullRequest.body, shown: "ours",
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
      "tick.deadline_ms", .interval(1_000...600_000), \Policy.tickDeadline,
      "a tick ends within this time, finished or not")
  ]
}
