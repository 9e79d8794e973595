// The closed list of template variables, built from what the tick knows about one work item. Every
// name is always there, null when unknown, so that the engine can call a name that is not there a
// mistake. Called by the tick (which freezes it into spec.json) and, with the sample, by the check.
// It renders nothing.

package enum TemplateContext {
  /// A pull request that mentions or closes the item: `state` is `open`, `merged` or `closed`.
  package struct LinkedPullRequest: Hashable, Codable, Sendable {
    package var number: Int
    package var state: String
    /// Nil when the tracker does not say.
    package var isDraft: Bool?
    package var url: String
    package init(number: Int, state: String, isDraft: Bool?, url: String) {
      self.number = number
      self.state = state
      self.isDraft = isDraft
      self.url = url
    }
  }

  /// `attempt`: nil on the item's first run, then 1, 2, ...: runs so far, whatever ended them.
  ///
  /// `branch`: the item's branch; `baseBranch` the one its pull request goes to. `maxTurns`: per
  /// run. `turn` is 1 here; the worker sets it for each turn. `wake`: why the item got another
  /// round; nil on its first. `comments`: of trusted people only, oldest first. `feedback`: empty;
  /// the worker of a round puts it in.
  package static func make(
    item: WorkItem, repository: RepositoryFacts, attempt: Int?, branch: String, baseBranch: String,
    maxTurns: Int, pullRequests: [LinkedPullRequest] = [], wake: Wake? = nil,
    comments: [Survey.Comment] = [], feedback: Structure = .list([])
  ) -> Structure {
    let named = Set(item.linkedPullRequests.map(\.url))
    let linked = item.linkedPullRequests + pullRequests.filter { !named.contains($0.url) }
    let workItem = fields(of: item, pullRequests: linked, comments: comments)
    return .object([
      "work_item": workItem,
      "issue": item.contentType == .draftIssue ? .null : workItem,
      "repository": .object([
        "owner": .string(repository.name.owner),
        "name": .string(repository.name.name),
        "full_name": .string(repository.name.description),
        "default_branch": .string(repository.defaultBranch),
        "clone_url_https": .string(repository.cloneURL),
      ]),
      "attempt": .optional(attempt),
      "branch_name": .string(branch),
      "base_branch": .string(baseBranch),
      "turn": .integer(1),
      "max_turns": .integer(Int64(maxTurns)),
      "project_fields": projectFields(item),
      "wake": Wake.variables(wake),
      "feedback": feedback,
    ])
  }

  private static func fields(
    of item: WorkItem, pullRequests: [LinkedPullRequest], comments: [Survey.Comment]
  ) -> Structure {
    .object([
      "number": .optional(item.number), "issue_number": .optional(item.number),
      "identifier": .string(item.key.text), "issue_identifier": .string(item.key.text),
      "id": .string(item.id.text), "work_item_id": .string(item.id.text),
      "issue_id": .string(item.id.text),
      "project_id": .optional(item.board?.projectID),
      "project_number": .optional(item.board?.projectNumber),
      "project_item_id": .optional(item.board?.itemID),
      "content_type": .string(item.contentType.rawValue),
      "title": .string(item.title),
      "body": .string(item.body), "description": .string(item.body),
      "url": .string(item.url),
      "state": .string(item.state.rawValue),
      "project_status": .optional(item.status),
      "priority": .optional(item.priority),
      "labels": .list(item.labels.map { .string($0.lowercased()) }),
      "assignees": .list(item.assignees.map { .string($0) }),
      "author": .optional(item.author),
      "milestone": .optional(item.milestone),
      "blocked_by": .list(item.blockedBy.map(link)),
      "sub_issues": .list(item.subIssues.map(link)),
      "parent_issue": item.parent.map(link) ?? .null,
      "comments": .list(comments.map(comment)),
      "linked_pull_requests": .list(pullRequests.map(pullRequest)),
      "project_fields": projectFields(item),
      "created_at": .optional(item.createdAt?.rfc3339),
      "updated_at": .optional(item.updatedAt?.rfc3339),
      "skills": .list(item.skills.map { .string($0) }),
    ])
  }

  private static func link(_ link: WorkItem.Link) -> Structure {
    .object([
      "id": .optional(link.id?.text), "identifier": .string(link.key.text),
      "state": .optional(link.state?.rawValue),
    ])
  }

  private static func comment(_ comment: Survey.Comment) -> Structure {
    .object([
      "author": .string(comment.author), "at": .string(comment.createdAt.rfc3339),
      "text": .string(comment.text),
    ])
  }

  private static func pullRequest(_ pullRequest: LinkedPullRequest) -> Structure {
    .object([
      "number": .integer(Int64(pullRequest.number)), "state": .string(pullRequest.state),
      "is_draft": pullRequest.isDraft.map { .bool($0) } ?? .null, "url": .string(pullRequest.url),
    ])
  }

  private static func projectFields(_ item: WorkItem) -> Structure {
    .object(item.projectFields.mapValues { .string($0) })
  }

  /// The facts of a run that has ended, for `pull_request.title` and `.body` only.
  package struct RunFacts: Hashable, Sendable {
    /// The agent's last message, made harmless.
    package var message: String
    package var turns: Int
    /// Of the item so far, this one included; tokens and dollars likewise.
    package var runs: Int
    package var tokens: Int64
    package var costUSD: Double
    /// Turns, runs, tokens and cost in one line.
    package var receipt: String
    /// `Closes owner/repo#42`, as GitHub reads it.
    package var closes: String
    package init(
      message: String, turns: Int, runs: Int, tokens: Int64, costUSD: Double, receipt: String,
      closes: String
    ) {
      self.message = message
      self.turns = turns
      self.runs = runs
      self.tokens = tokens
      self.costUSD = costUSD
      self.receipt = receipt
      self.closes = closes
    }
    /// An invented one, for `doctor`.
    package static let sample = RunFacts(
      message: "The parser accepts an empty file now.", turns: 2, runs: 1, tokens: 48_210,
      costUSD: 0.42, receipt: "2 turns · 1 run · 48210 tokens · $0.42",
      closes: "Closes octo/example#42")
  }

  /// The context with one more variable, `result`.
  package static func adding(_ facts: RunFacts, to context: Structure) -> Structure {
    var members = context.objectValue ?? [:]
    members["result"] = .object([
      "message": .string(facts.message), "turns": .integer(Int64(facts.turns)),
      "runs": .integer(Int64(facts.runs)), "tokens": .integer(facts.tokens),
      "cost_usd": .string(PullRequestText.money(facts.costUSD)),
      "receipt": .string(facts.receipt), "closes": .string(facts.closes),
    ])
    return .object(members)
  }

  /// An invented item with every variable filled: no list is empty and nothing that can be known is
  /// null, so that the shape of every variable shows.
  ///
  /// `isSparse`: single values that some items lack are null; what is wrong with this one is wrong
  /// with every item.
  package static func sample(isSparse: Bool = false) -> Structure {
    let repository = RepositoryName(owner: "octo", name: "example")
    func key(_ number: Int) -> ItemKey { ItemKey(repository: repository, reference: "\(number)") }
    var item = WorkItem(
      id: ItemID("I_sample42"), key: key(42), repository: repository, number: 42,
      title: "Make the parser accept an empty file",
      body: "An empty file ends in an error.\n\n## Skills\n- testing\n",
      url: "https://github.com/octo/example/issues/42")
    item.labels = ["agent", "bug"]
    item.assignees = ["octocat"]
    if isSparse {
      item.number = nil
    } else {
      item.status = "Todo"
      item.author = "octocat"
      item.milestone = "1.0"
      item.priority = 1
    }
    item.blockedBy = [WorkItem.Link(id: ItemID("I_sample7"), key: key(7), state: .closed)]
    item.subIssues = [WorkItem.Link(id: ItemID("I_sample43"), key: key(43), state: .closed)]
    item.parent = WorkItem.Link(id: ItemID("I_sample1"), key: key(1), state: .open)
    item.projectFields = ["Status": "Todo", "Priority": "High"]
    item.board = WorkItem.BoardPlace(
      projectID: "PVT_sample", projectNumber: 1, itemID: "PVTI_sample42", updatedAt: nil)
    item.createdAt = Timestamp(milliseconds: 1_767_225_600_000)
    item.updatedAt = Timestamp(milliseconds: 1_767_312_000_000)
    return make(
      item: item,
      repository: RepositoryFacts(
        name: repository, defaultBranch: "main", cloneURL: "https://github.com/octo/example.git",
        credentialScope: nil, isPrivate: false, htmlURL: "https://github.com/octo/example"),
      attempt: isSparse ? nil : 1, branch: "symphony/octo_example_42", baseBranch: "main",
      maxTurns: 5,
      pullRequests: [
        LinkedPullRequest(
          number: 40, state: "closed", isDraft: false,
          url: "https://github.com/octo/example/pull/40")
      ],
      wake: Wake(
        .comment, text: "Please cover the empty line, too.",
        author: isSparse ? nil : "octocat", at: Timestamp(milliseconds: 1_767_312_000_000)),
      comments: [
        Survey.Comment(
          author: "octocat", mayWrite: true, createdAt: Timestamp(milliseconds: 1_767_312_000_000),
          isOurs: false, text: "Please cover the empty line, too.")
      ], feedback: isSparse ? .list([]) : FeedbackWords.sample)
  }
}
