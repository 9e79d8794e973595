// Every key that does something reaches the policy, each with a value other than its default.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct PolicyTests {
  @Test func trackerSettings() throws {
    let found = settings(
      """
      tracker:
        repository: acme/app
        labels: [Agent, agent, " bug "]
        exclude_labels: blocked
        assignee: "@me"
        active_values: [Open]
        terminal_values: [Shut]
        blocked_status_values: [Held]
        trusted_authors: [ann, bob]
      github:
        api_url: http://localhost:8080/
        request_timeout_ms: "1500"
      """)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    let tracker = try #require(found.policy?.tracker)
    #expect(tracker.repository == RepositoryName("acme/app"))
    #expect(tracker.requiredLabels == ["agent", "bug"])
    #expect(tracker.excludedLabels == ["blocked"])
    #expect(tracker.assignee == "@me")
    #expect(tracker.activeStatuses == ["Open"])
    #expect(tracker.terminalStatuses == ["Shut"])
    #expect(tracker.blockedStatuses == ["Held"])
    #expect(tracker.trustedAuthors == .list(["ann", "bob"]))
    #expect(tracker.apiURL == "http://localhost:8080")
    #expect(tracker.requestTimeout == .milliseconds(1500))
  }

  @Test func trustedAuthorsHaveThreeForms() {
    func trusted(_ yaml: String) -> TrackerPolicy.TrustedAuthors? {
      settings("tracker:\n  trusted_authors: \(yaml)").policy?.tracker.trustedAuthors
    }
    #expect(trusted("write_access") == .writeAccess)
    #expect(trusted("[write_access]") == .list(["write_access"]))
    #expect(trusted("ann") == .list(["ann"]))
    #expect(trusted("") == .standard)
  }

  @Test func workSettings() throws {
    let found = settings(
      """
      git:
        base_branch: 6
        fetch_depth: 1
        use_worktrees: "false"
        reuse_repo_cache: false
        clean_untracked_before_run: true
        push_remote_name: fork
        commit_author_name: Ann
        commit_author_email: ann@example.com
        commit_leftovers: false
      polling: {interval_ms: 5000}
      workspace:
        root: ~/work
        worktree_dir: trees/../trees
        remove_on_terminal: false
        min_free_mb: 0
      hooks:
        after_create: echo $HOME
        timeout_ms: 1000
      tick: {deadline_ms: 9000}
      """)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    let policy = try #require(found.policy)
    var git = GitPolicy()
    git.baseBranch = "6"
    git.fetchDepth = 1
    git.useWorktrees = false
    git.reuseRepoCache = false
    git.cleanUntrackedBeforeRun = true
    git.pushRemoteName = "fork"
    git.commitAuthorName = "Ann"
    git.commitAuthorEmail = "ann@example.com"
    git.commitLeftovers = false
    #expect(policy.git == git)
    #expect(policy.pollInterval == .seconds(5))
    #expect(policy.tickDeadline == .seconds(9))
    #expect(policy.workspace.cacheDirectory == "/users/me/work/repos")
    #expect(policy.workspace.worktreeDirectory == "/project/trees")
    #expect(policy.workspace.removeOnTerminal == false)
    #expect(policy.workspace.minFreeMegabytes == 0)
    #expect(policy.hooks.scripts == ["after_create": "echo $HOME"])
    #expect(policy.hooks.timeout == .seconds(1))
  }

  @Test func pullRequestSettings() throws {
    for (key, read) in [
      ("open_pr_on_success", { $0.openOnSuccess }), ("draft_by_default", { $0.draft }),
      ("reuse_existing_pr", { $0.reuseExisting }),
      ("comment_on_issue_with_pr", { $0.commentOnIssue }),
    ] as [(String, (PullRequestPolicy) -> Bool)] {
      let off = try #require(settings("pull_request: {\(key): false}").policy)
      let on = try #require(settings("pull_request: {}").policy)
      #expect(!read(off.pullRequest) && read(on.pullRequest), "\(key)")
    }
  }

  @Test func agentSettings() throws {
    let found = settings(
      """
      agent:
        kind: command
        command: ./agent $HOME 'open
        max_turns: 7
        max_run_ms: 60000
        turn_timeout_ms: 50000
        stall_timeout_ms: -1
        session_reuse_mode: single_turn_only
        provider_params: {effort: high, depth: 3, loud: true}
        continuation_prompt: Go on, {{ turn }}.
        default_model: small
        enable_mcp: false
        pass_github_token: true
      """)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    let agent = try #require(found.policy?.agent)
    #expect(agent.kind == "command")
    #expect(agent.command == "./agent $HOME 'open")
    #expect(agent.maxTurns == 7)
    #expect(agent.maxRun == .seconds(60))
    #expect(agent.turnTimeout == .seconds(50))
    #expect(agent.stallTimeout == nil)
    #expect(agent.sessionReuse == .singleTurnOnly)
    #expect(
      agent.providerParameters == [
        "effort": .string("high"), "depth": .integer(3), "loud": .bool(true),
      ])
    #expect(agent.continuationPrompt == TemplateSource(text: "Go on, {{ turn }}.", line: 11))
    #expect(agent.model == "small")
    #expect(agent.enableMCP == false)
    #expect(agent.passGitHubToken)
  }

  @Test func limitSettings() throws {
    let found = settings(
      """
      agent:
        max_concurrent: 2
        max_continuations: 2
        max_attempts: 0
        max_runs_per_item: 4
        max_retry_backoff_ms: 9000
        max_cost_usd_per_day: 2.5
      """)
    let limits = try #require(found.policy?.limits)
    #expect(limits.maxConcurrent == 2)
    #expect(limits.maxContinuations == 2)
    #expect(limits.maxAttempts == nil)
    #expect(limits.maxRunsPerItem == 4)
    #expect(limits.maxRetryBackoff == .seconds(9))
    #expect(limits.maxCostPerDay == 2.5)
    #expect(settings("").policy?.limits.maxCostPerDay == nil)
  }

  @Test func serversKeepTheirVariables() {
    let found = settings(
      """
      agent:
        mcp_servers:
          - {name: one, command: "npx 'a b' c", args: [-x, -x], env: {KEY: $SECRET}}
          - {name: two, url: "https://example.com/mcp", headers: {A: b}, on_demand: true}
          - name: three
            command: [run, "a b"]
      """, environment: ["GITHUB_TOKEN": "t", "SECRET": "s3cret"])
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    #expect(
      found.policy?.agent.mcpServers == [
        MCPServer(
          name: "one", command: ["npx", "a b", "c", "-x", "-x"], url: nil,
          env: ["KEY": "$SECRET"], headers: [:], onDemand: false),
        MCPServer(
          name: "two", command: [], url: "https://example.com/mcp", env: [:], headers: ["A": "b"],
          onDemand: true),
        MCPServer(
          name: "three", command: ["run", "a b"], url: nil, env: [:], headers: [:],
          onDemand: false),
      ])
    #expect(found.setting("agent.mcp_servers")?.value == "one, two, three")
  }

  /// Shell words of the agents that are started without a shell are checked while the file is read.
  @Test func agentCommandBelongsToTheShellOnlyForCommand() {
    let direct = settings(
      "agent:\n  command: $TOOL --x", environment: ["TOOL": "/bin/claude", "GITHUB_TOKEN": "t"])
    #expect(direct.policy?.agent.command == "/bin/claude --x")
    let shell = settings("agent:\n  kind: command\n  command: $TOOL --x")
    #expect(shell.policy?.agent.command == "$TOOL --x")
  }
}
