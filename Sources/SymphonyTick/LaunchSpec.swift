// From a launch order to the frozen spec of a worker: paths, git orders, template variables. All it
// needs is in the snapshot and the parts; it holds no secret. Called by the applier.
import SymphonyCore
import SymphonyPlatform

enum LaunchSpec {
  static func paths(_ snapshot: Snapshot, _ record: ItemRecord, run: RunID) -> RunPaths {
    let state = snapshot.stateDirectory
    let home =
      record.home
      ?? RunPaths.home(record, state: state, policy: snapshot.policy.workspace)
    return RunPaths(
      state: state, run: StateLayout(state).run(run), cache: home.cache, workspace: home.workspace)
  }

  static func make(
    _ order: LaunchOrder, _ snapshot: Snapshot, _ parts: TickParts
  ) -> RunSpec {
    let (record, policy, repository) = (order.item, snapshot.policy, order.repository)
    let base = policy.git.namedBase(of: order.workItem) ?? repository.defaultBranch
    let isWork = order.run.purpose == .work
    var debt: String?
    if isWork { debt = record.unpushed }
    var git = GitOrder(
      cloneURL: repository.cloneURL, credentialScope: repository.credentialScope, baseBranch: base,
      branch: record.branch, ownsBranch: record.ownsBranch, fenceHead: record.fenceHead,
      takeOver: record.takeOver, debt: debt, settings: policy.git)
    git.remark = repository.remark
    git.debtWords = order.debtWords
    git.debtRemarks = order.debtRemarks
    git.raiser = snapshot.stateTag
    git.fresh = isWork && record.startsFresh
    let item = order.workItem
    let context = item.map {
      TemplateContext.make(
        item: $0, repository: repository, attempt: record.attempt, branch: record.branch,
        baseBranch: base, maxTurns: order.agent.maxTurns,
        pullRequests: pullRequests(record, snapshot), wake: record.wake, comments: order.comments)
    }
    let agent = order.agent
    let session = record.session.flatMap { $0.account == agent.account ? $0.session : nil }
    var spec = RunSpec(
      runID: order.run.id, nonce: order.run.nonce, purpose: order.run.purpose, itemKey: record.key,
      repository: record.repository, generation: order.run.generation,
      paths: paths(snapshot, record, run: order.run.id), git: git,
      hooks: policy.hooks, agent: agent,
      resume: agent.sessionReuse == .continueIfSupported ? session : nil,
      newSessionID: order.newSessionID, attempt: record.attempt,
      promptTemplate: policy.promptTemplate,
      promptLine: policy.promptLine, workflowPath: policy.workflowPath, skills: item?.skills ?? [],
      context: context ?? .object([:]), nudge: nudge(parts))
    if let item {
      let news = order.heardUntil.map { since in
        order.comments.filter { $0.createdAt >= since }
      }
      let notes = [
        PromptWords.appendix(item, record.wake, comments: news ?? [], reads: policy.promptReads),
        parts.promptNote(item, agent),
      ].compactMap { $0 }
      spec.promptNote = notes.isEmpty ? nil : notes.joined(separator: "\n\n")
    }
    spec.wake = isWork ? record.wake : nil
    if !order.feedback.isEmpty {
      spec.feedback = order.feedback
      spec.placesFeedback = policy.promptReads.placesFeedback ? true : nil
    }
    spec.budget = order.budget
    spec.item = record.id
    spec.stateNumber = snapshot.state.number + 1
    spec.goesOn = isWork || record.claim.isReleased ? nil : true
    return spec
  }

  /// The tick a worker becomes when it is done.
  static func nudge(_ parts: TickParts) -> [String] {
    [
      parts.executable, "tick", "--nudged", "--workflow", parts.workflowPath, "--state-dir",
      parts.stateDirectory,
    ]
  }

  private static func pullRequests(
    _ record: ItemRecord, _ snapshot: Snapshot
  ) -> [TemplateContext.LinkedPullRequest] {
    let head = HeadRef(record.repository, record.branch)
    guard let fact = snapshot.survey.pullRequest(of: head) else { return [] }
    return [
      TemplateContext.LinkedPullRequest(
        number: fact.ref.number, state: fact.state.rawValue, isDraft: nil, url: fact.ref.url)
    ]
  }

  /// The environment of the worker's process: everything the tick has, and its secrets.
  ///
  /// The token has a name of its own that no agent inherits; secrets written plainly in WORKFLOW.md
  /// have names that settings refer to.
  static func environment(
    _ parts: TickParts, _ policy: Policy, _ order: LaunchOrder, _ credential: Secret?
  ) -> [String: String] {
    var environment = parts.environment
    for (name, secret) in policy.literals { environment[name] = secret.reveal() }
    environment[RunID.variable] = nil
    environment["SYMPHONY_GIT_TOKEN"] = nil
    if order.repository.credentialScope != nil || order.agent.passGitHubToken, let credential {
      environment["SYMPHONY_GIT_TOKEN"] = credential.reveal()
    }
    return environment
  }
}
