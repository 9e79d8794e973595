// From checked settings to the policy: one line per key that does something. Called by
// `Workflow.read` when the file has no error. Defaults are the schema's, never this file's. Agents
// and their rules are in PolicyBuilder+Agents.swift.

import SymphonyCore

struct PolicyBuilder {
  let settings: SettingSet
  let variables: Variables
  let token: TokenSearch
  let app: AppSearch
  /// Secrets that stood in the file, by the variable in their place.
  var literals: [String: Secret] = [:]

  func build(prompt: String, promptLine: Int, path: String) -> Policy {
    let kind = settings.kind
    var policy = Policy(
      tracker: tracker(), git: git(), hooks: hooks(), agent: agent(kind), workspace: workspace(),
      pullRequest: pullRequest(), limits: limits(), pollInterval: interval("polling.interval_ms"),
      tickDeadline: interval("tick.deadline_ms"), promptTemplate: prompt, promptLine: promptLine,
      workflowPath: path)
    for other in settings.kindsInUse where other != kind {
      policy.otherAgents[other] = agent(other)
    }
    policy.rules = rules()
    policy.literals = literals
    return policy
  }

  private func tracker() -> TrackerPolicy {
    var tracker = TrackerPolicy()
    tracker.kind = text("tracker.kind").flatMap(TrackerPolicy.Kind.init) ?? .github
    tracker.repository = text("tracker.repository").flatMap(RepositoryName.init)
    // The default is relative, what was given is absolute already.
    tracker.directory = variables.path(text("tracker.directory") ?? "issues") ?? ""
    tracker.requiredLabels = folded("tracker.labels")
    tracker.excludedLabels = folded("tracker.exclude_labels")
    tracker.assignee = text("tracker.assignee")
    tracker.activeStatuses = texts("tracker.active_values")
    tracker.handoffStatus = text("pull_request.handoff_project_status")
    if let status = text("tracker.in_progress_status") {
      tracker.inProgressStatus = status
      // Work goes on there, so an item must not be taken from it.
      if !tracker.activeStatuses.contains(folded: status) {
        tracker.activeStatuses.append(status)
      }
    }
    tracker.terminalStatuses = texts("tracker.terminal_values")
    tracker.blockedStatuses = texts("tracker.blocked_status_values")
    switch settings.value("tracker.trusted_authors") {
    case .string: tracker.trustedAuthors = .writeAccess
    case .list(let logins): tracker.trustedAuthors = .list(logins.compactMap(\.stringValue))
    default: tracker.trustedAuthors = .standard
    }
    tracker.apiURL = text("github.api_url") ?? tracker.apiURL
    tracker.allowsInsecureHTTP = flag("github.allow_insecure_http")
    tracker.token = token.token
    tracker.tokenOrigin = token.origin
    tracker.app = app.app
    tracker.board = tracker.kind == .github ? board() : nil
    tracker.allowedRepositories = texts("tracker.repo_allowlist").compactMap { RepositoryName($0) }
    tracker.deniedRepositories = texts("tracker.repo_denylist").compactMap { RepositoryName($0) }
    let moves = settings.value("tracker.labels_on")
    tracker.labelsOn.start = labelMove(moves["start"])
    tracker.labelsOn.handoff = labelMove(moves["handoff"])
    tracker.labelsOn.park = labelMove(moves["park"])
    tracker.requestTimeout = interval("github.request_timeout_ms")
    tracker.requestsPerSecond = integer("github.rate_limit_qps")
    tracker.pointsPerHour = integer("github.max_points_per_hour")
    return tracker
  }

  /// Nil: the workflow names no board.
  private func board() -> BoardPolicy? {
    guard let number = settings.value("tracker.project_number").integerValue,
      let owner = text("tracker.owner")
    else { return nil }
    var board = BoardPolicy(owner: owner, number: Int(number))
    board.scope = text("tracker.project_scope").flatMap(BoardPolicy.Scope.init) ?? board.scope
    board.statusField = text("tracker.status_field_name") ?? board.statusField
    board.priorityField = text("tracker.priority_field_name") ?? board.priorityField
    board.priorityMap = integers("tracker.priority_value_map")
    board.itemTypes = texts("tracker.executable_item_types").compactMap {
      WorkItem.ContentType(rawValue: $0)
    }
    board.requiresIssue = flag("tracker.require_issue_backing")
    board.convertsDrafts = flag("tracker.allow_draft_issue_conversion")
    board.draftRepository = text("tracker.draft_repository").flatMap { RepositoryName($0) }
    board.activeIsGiven = settings.given["tracker.active_values"]?.value != nil
    board.pageSize = integer("github.graphql_page_size")
    return board
  }

  private func labelMove(_ value: Structure?) -> LabelMove {
    func names(_ list: String) -> [String] {
      value?[list]?.listValue?.compactMap(\.stringValue) ?? []
    }
    return LabelMove(add: names("add"), remove: names("remove"))
  }

  private func git() -> GitPolicy {
    var git = GitPolicy()
    git.baseBranch = text("git.base_branch")
    git.branchPrefix = text("git.branch_prefix") ?? git.branchPrefix
    git.fetchDepth = integer("git.fetch_depth")
    git.reuseRepoCache = flag("git.reuse_repo_cache")
    git.useWorktrees = flag("git.use_worktrees")
    git.cleanUntrackedBeforeRun = flag("git.clean_untracked_before_run")
    git.pushRemoteName = text("git.push_remote_name") ?? git.pushRemoteName
    git.commitAuthorName = text("git.commit_author_name")
    git.commitAuthorEmail = text("git.commit_author_email")
    git.commitLeftovers = flag("git.commit_leftovers")
    return git
  }

  private func hooks() -> HookPolicy {
    var hooks = HookPolicy()
    for hook in HookPolicy.Hook.allCases {
      if let script = text("hooks.\(hook.rawValue)") { hooks.scripts[hook.rawValue] = script }
    }
    hooks.timeout = interval("hooks.timeout_ms")
    hooks.sandboxed = flag("hooks.sandbox")
    return hooks
  }

  private func workspace() -> WorkspacePolicy {
    var workspace = WorkspacePolicy()
    let root = text("workspace.root").map { $0 == "/" ? "" : $0 }
    workspace.cacheDirectory = text("workspace.repo_cache_dir") ?? root.map { $0 + "/repos" }
    workspace.worktreeDirectory =
      text("workspace.worktree_dir") ?? root.map { $0 + "/workspaces" }
    workspace.cacheRoot = text("workspace.repo_cache_dir") ?? text("workspace.root")
    workspace.worktreeRoot = text("workspace.worktree_dir") ?? text("workspace.root")
    workspace.removeOnTerminal = flag("workspace.remove_on_terminal")
    workspace.minFreeMegabytes = integer("workspace.min_free_mb")
    return workspace
  }

  private func pullRequest() -> PullRequestPolicy {
    var pullRequest = PullRequestPolicy()
    pullRequest.openOnSuccess = flag("pull_request.open_pr_on_success")
    pullRequest.draft = flag("pull_request.draft_by_default")
    pullRequest.reuseExisting = flag("pull_request.reuse_existing_pr")
    pullRequest.commentOnIssue = flag("pull_request.comment_on_issue_with_pr")
    pullRequest.requiredChecks = texts("pull_request.required_before_handoff_checks")
    pullRequest.closeIssueOnMerge = flag("pull_request.close_issue_on_merge")
    pullRequest.title = template("pull_request.title")
    pullRequest.body = template("pull_request.body")
    return pullRequest
  }

  private func limits() -> LimitPolicy {
    var limits = LimitPolicy()
    limits.maxConcurrent = integer("agent.max_concurrent")
    limits.maxByStatus = integers("agent.max_concurrent_agents_by_project_status") ?? [:]
    limits.maxByRepository = integers("agent.max_concurrent_agents_by_repo") ?? [:]
    limits.maxContinuations = integer("agent.max_continuations")
    limits.maxAttempts = integer("agent.max_attempts")
    limits.maxRunsPerItem = integer("agent.max_runs_per_item")
    limits.maxRetryBackoff = interval("agent.max_retry_backoff_ms")
    limits.maxCostPerDay = settings.value("agent.max_cost_usd_per_day").numberValue
    return limits
  }

  // MARK: Typed access. The schema gives each of these a default of its type; a test walks them
  // all.

  func text(_ path: String) -> String? { settings.value(path).stringValue }
  func texts(_ path: String) -> [String] {
    settings.value(path).listValue?.compactMap(\.stringValue) ?? []
  }
  /// Names of labels compare without case and surrounding space.
  func folded(_ path: String) -> [String] {
    var names: [String] = []
    for name in texts(path).map(\.folded) where !names.contains(name) { names.append(name) }
    return names
  }
  func flag(_ path: String) -> Bool {
    guard let value = settings.value(path).boolValue else {
      preconditionFailure("\(path) is no flag")
    }
    return value
  }
  func number(_ path: String) -> Int64 {
    guard let value = settings.value(path).integerValue else {
      preconditionFailure("\(path) is no whole number")
    }
    return value
  }
  func integer(_ path: String) -> Int { Int(number(path)) }
  /// By folded name; nil when there is no map.
  private func integers(_ path: String) -> [String: Int]? {
    guard let members = settings.value(path).objectValue else { return nil }
    var values: [String: Int] = [:]
    for (name, value) in members {
      if let number = value.integerValue { values[name.folded] = Int(number) }
    }
    return values
  }
  func template(_ path: String) -> TemplateSource? {
    guard let given = settings.given[path], let text = given.value?.stringValue else { return nil }
    return TemplateSource(text: text, line: given.textLine)
  }
  func interval(_ path: String) -> Interval { .milliseconds(number(path)) }
}
