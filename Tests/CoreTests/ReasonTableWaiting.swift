// The second half of ReasonTable.swift: items that are not eligible, or have to wait for something
// that is not about them.
import SymphonyCore

extension Golden {
  static let selection = [
    Golden(
      "status_blocked", "its status \"On Hold\" is listed in tracker.blocked_status_values",
      issue: { world in
        world.policy.tracker.blockedStatuses = ["on hold"]
        world.issues[0].status = "On Hold"
      }),
    Golden(
      "status_not_active", "its status \"Backlog\" is not among tracker.active_values",
      board: { $0.move(1, to: "Backlog") }),
    Golden(
      "status_not_active", "it has no status on the board", board: { $0.move(1, to: nil) }),
    Golden(
      "not_on_board", "it is not on the board, or archived there",
      board: { $0.edit(1) { $0.board = nil } }),
    Golden(
      "draft_not_converted",
      "it is a draft without an issue: tracker.draft_repository is not set"
    ) {
      var world = World.drafts { $0.policy.tracker.board?.draftRepository = nil }
      return world.tick()
    },
    Golden(
      "draft_not_converted",
      "it is a draft without an issue: tracker.require_issue_backing asks for an issue"
    ) {
      var world = World.drafts { $0.policy.tracker.board?.convertsDrafts = false }
      return world.tick()
    },
    Golden("converting_draft", "the draft is being turned into an issue of acme/app") {
      var world = World.drafts()
      return world.tick()
    },
    Golden(
      "repository_not_allowed",
      "its repository acme/app is excluded by tracker.repo_allowlist or repo_denylist",
      board: { $0.policy.tracker.allowedRepositories = [lib] }),
    Golden(
      "repository_not_allowed",
      "its repository acme/app is excluded by tracker.repo_allowlist or repo_denylist",
      board: {
        $0.policy.tracker.deniedRepositories = [RepositoryName(owner: "ACME", name: "App")]
      }),
    Golden(
      "not_an_issue", "it is a pull request, which this workflow does not work on",
      issue: { $0.issues[0].contentType = .pullRequest }),
    Golden(
      "not_an_issue", "it is a pull request from a fork, which this workflow does not work on",
      board: { world in
        world.policy.tracker.board?.itemTypes = [.issue, .pullRequest]
        world.edit(1) { $0.contentType = .pullRequest }
      }),
    Golden(
      "not_an_issue", "it is a draft issue, which this workflow does not work on",
      board: { $0.edit(1) { $0.contentType = .draftIssue } }),
    Golden(
      "not_an_issue", "the token may not see what this item of the board is",
      board: { $0.edit(1) { $0.contentType = .redacted } }),
    Golden(
      "not_listed", "not among the open issues that match the workflow",
      board: { $0.candidatesOverride = .items([]) }),
    Golden(
      "label_missing", "lacks the required label symphony", issue: { $0.issues[0].labels = [] }),
    Golden(
      "label_missing", "lacks the required labels symphony, ready",
      issue: { world in
        world.policy.tracker.requiredLabels.append("ready")
        world.issues[0].labels = ["bug"]
      }),
    Golden(
      "label_excluded", "carries the excluded label wip",
      issue: { world in
        world.policy.tracker.excludedLabels = ["wip"]
        world.issues[0].labels.append(" WIP")
      }),
    Golden(
      "not_assigned", "is not assigned to carol",
      issue: { $0.policy.tracker.assignee = "carol" }),
    Golden(
      "not_assigned", "is not assigned to carol",
      issue: { world in
        world.policy.tracker.assignee = "@me"
        world.viewer = "carol"
      }),
    Golden(
      "author_not_trusted", "its author alice may not start runs (tracker.trusted_authors)",
      issue: { $0.policy.tracker.trustedAuthors = .list(["bob"]) }),
    Golden(
      "author_not_trusted", "its author alice may not start runs (tracker.trusted_authors)",
      board: { world in
        world.repositories[0].isPrivate = false
        world.origins[.issue(1)] = Origin(author: Origin.Person("alice", mayWrite: false))
      }),
    Golden(
      "editor_not_trusted",
      "mallory, who may not start runs (tracker.trusted_authors), changed its text at "
        + "2030-03-17T17:46:40Z: read it, then write the title and the text as they should be, or "
        + "open an issue of your own",
      board: { world in
        world.repositories[0].isPrivate = false
        world.origins[.issue(1)] = .by("alice", .by("mallory", .edited, 0))
      }),
    Golden(
      "origin_unknown",
      "who stands behind its text is not known: whether alice may write there could not be read",
      issue: { world in
        world.repositories[0].isPrivate = false
        world.origins[.issue(1)] = Origin(author: Origin.Person("alice"))
      }),
    Golden(
      "reopening_not_trusted",
      "mallory, who may not start runs (tracker.trusted_authors), opened it again: put a label on, "
        + "edit it or reopen it yourself, or use `symphony retry`"
    ) {
      var world = World(1..<2)
      world.repositories[0].isPrivate = false
      world.origins[.issue(1)] = .by("alice")
      world.tick()
      world.release()
      world.tick()
      world.now = world.now + .minutes(2)
      world.answers = [:]
      world.issues[0].state = .open
      world.issues[0].updatedAt = world.now
      world.origins[.issue(1)]?.touches = [
        Origin.Touch(.reopened, Origin.person("mallory"), at: world.now)
      ]
      return world.tick()
    },
  ]

  static let dependencies = [
    Golden(
      "blocked_by", "waits for acme/lib#7, acme/lib#9, 1 more open issue",
      issue: { world in
        world.issues[0].openBlockers = 3
        world.issues[0].blockedBy = [
          .init(id: nil, key: ItemKey("acme/lib#9"), state: .open),
          .init(id: nil, key: ItemKey("acme/lib#8"), state: .closed),
          .init(id: nil, key: ItemKey("acme/lib#7"), state: nil),
        ]
      }),
    Golden(
      "blocked_by", "waits for 2 open issues", issue: { $0.issues[0].openBlockers = 2 }),
    Golden(
      "open_sub_issues", "waits for its sub-issues: acme/app#4",
      issue: {
        $0.issues[0].subIssues = [.init(id: nil, key: ItemKey("acme/app#4"), state: .open)]
      }),
    Golden(
      "dependencies_unknown", "what blocks it could not be read",
      issue: { $0.issues[0].dependenciesKnown = false }),
  ]

  static let limits = [
    Golden("no_slot", "all 0 slots in use (agent.max_concurrent)") {
      var world = World(1..<2)
      world.policy.limits.maxConcurrent = 0
      return world.tick()
    },
    Golden(
      "no_slot_for_status",
      "all 1 slot of status Todo in use (agent.max_concurrent_agents_by_project_status)",
      board: { world in
        world.policy.limits.maxByStatus = ["todo": 1]
        world.issues.append(.onBoard(2) { $0.priority = 1 })
      }),
    Golden(
      "no_slot_for_repository",
      "all 1 slot of acme/app in use (agent.max_concurrent_agents_by_repo)",
      board: { world in
        world.policy.limits.maxByRepository = ["acme/app": 1]
        world.issues.append(.onBoard(3) { $0.priority = 1 })
      }),
    Golden(
      "held", "held until 2030-03-17T18:46:40Z: secondary limit",
      issue: {
        $0.hold(.tracker, "secondary limit", until: Deadline(setAt: noon, delay: .hours(1)))
      }),
    Golden(
      "held", "held: one run probes whether claude_code may be used again",
      issue: { world in
        world.issues.append(.sample(2) { $0.priority = 1 })
        world.hold(.agent, "usage limit", until: Deadline(setAt: noon - .hours(1), delay: .zero))
      }),
    Golden(
      "paused", "paused; `symphony resume` goes on", issue: { $0.hold(.pause, "", until: nil) }),
    Golden(
      "paused", "paused: release day", issue: { $0.hold(.pause, "release day", until: nil) }),
    Golden(
      "policy_invalid", "WORKFLOW.md is not valid, nothing is started: WORKFLOW.md:3:1: broken",
      issue: { $0.policyProblem = "WORKFLOW.md:3:1: broken" }),
    Golden(
      "policy_invalid", "WORKFLOW.md is not valid, nothing is started: no status \"Todo\"",
      board: { $0.statusProblem = "no status \"Todo\"" }),
    Golden(
      "agent_unavailable", "the agent cannot be started: claude is not in PATH",
      issue: { $0.agentProblems = [$0.policy.agent: "claude is not in PATH"] }),
    Golden(
      "agent_unavailable",
      "the agent cannot be started: not logged in; tried again at 2030-03-17T17:51:40Z, "
        + "or after `symphony resume`",
      issue: { world in
        world.hold(.agent, "not logged in", until: Deadline(setAt: noon, delay: .minutes(5)))
        world.state.holds[0].needsOperator = true
      }),
    Golden(
      "over_budget",
      "nothing starts before 2030-03-18T00:00:00Z: $5.00 of $4.50 were spent on 2030-03-17 UTC "
        + "(agent.max_cost_usd_per_day)",
      issue: { world in
        world.policy.limits.maxCostPerDay = 4.5
        world.spend(5, on: "2030-03-17")
      }),
    Golden(
      "workspace_busy", "process 4711, not ours, works in its workspace",
      board: { world in
        if let record = world.record(1) { world.busy[record.workspace] = "process 4711" }
      }),
    Golden(
      "workspace_absent", "its place of work cannot be used: /disk is not there: mount it",
      issue: { world in
        world.absentFolders = [
          AbsentFolder(folder: "/s/workspaces", sentence: "/disk is not there", hint: "mount it")
        ]
      }),
    Golden(
      "repository_unfit",
      "acme/app is archived: nothing can be pushed to it or said in it; unarchive it, or take its "
        + "issues out of the workflow",
      issue: { $0.repositories[0].obstacle = .archived }),
    Golden(
      "disk_low", "10 MB free, workspace.min_free_mb asks for 512",
      issue: { $0.freeMegabytes = 10 }),
    Golden(
      "other_repository",
      "it belongs to acme/lib, the workflow's repository is another one now",
      issue: { $0.issues[0] = .sample(1, of: lib) }),
  ]

  private static let unanswered = "no answer about it this time: "

  static let unknown = [
    Golden(
      "not_checked", unanswered + "the workers could not be looked at",
      run: { $0.executorFails = true }),
    Golden(
      "not_checked", unanswered + "no route to host",
      board: { $0.candidatesOverride = .failed(.unreachable("no route to host")) }),
    Golden(
      "not_checked", unanswered + "the tracker was not asked",
      board: { $0.candidatesOverride = .skipped }),
    Golden(
      "not_checked", unanswered + "half saved",
      board: { $0.answers[.issue(1)] = .unknown(.malformed("half saved")) }),
    Golden(
      "not_checked", unanswered + "this tick starts nothing",
      issue: { $0.launchesAllowed = false }),
    Golden("not_checked", unanswered + "the refresh counts as failed") {
      var world = World(2..<5)
      world.tick()
      world.policy.limits.maxConcurrent = 4
      world.issues.append(.sample(1))
      for number in 2...3 { world.answers[.issue(number)] = .gone("not found") }
      return world.tick()
    },
    Golden(
      "not_checked", unanswered + "its repository could not be read",
      issue: { $0.repositories = [] }),
    Golden(
      "not_checked", unanswered + "the key of the App is not a PEM file",
      issue: { $0.credentialProblem = "the key of the App is not a PEM file" }),
    Golden(
      "status_not_active", Obstacle.statusNotActive("Backlog").sentence,
      board: { world in
        world.move(1, to: "Backlog")
        world.tick()
        world.isFiltered = true
      }),
    Golden(
      "not_checked", unanswered + "the tracker gave no answer",
      run: { world in
        world.finish(1, .cancelled)
        world.candidatesOverride = .items([])
      }),
    Golden(
      "not_checked",
      unanswered + "it is looked at once more before it is launched, by the next tick"
    ) {
      let world = World(1..<2)
      var snapshot = world.snapshot
      snapshot.confirmed = []
      return Planner.plan(snapshot)
    },
    Golden(
      "not_checked", unanswered + "the pull requests of its branch could not be read"
    ) {
      var world = World(1..<2)
      world.pullRequestsKnown = false
      var snapshot = world.snapshot
      snapshot.confirmed = [.issue(1)]
      return Planner.plan(snapshot)
    },
  ]
}
