// GitHub's own type definitions, as far as the simulator answers them: people, repositories,
// issues, pull requests and checks. Cut from GitHub's public schema; a field or an argument that is
// missing here is refused like one GitHub does not have: add it, and its answer, when a document
// needs it.

extension GraphTypes {
  static let work = """
    type Query implements Node {
      node(id: ID!): Node nodes(ids: [ID!]!): [Node]! organization(login: String!): Organization
      rateLimit(dryRun: Boolean): RateLimit
      repository(followRenames: Boolean, name: String!, owner: String!): Repository
      repositoryOwner(login: String!): RepositoryOwner user(login: String!): User viewer: User!
    }
    interface Actor {
      login: String! url: URI! resourcePath: URI!
    }
    type Bot implements Actor & Node {
      id: ID! databaseId: Int login: String! url: URI! resourcePath: URI!
    }
    enum CheckConclusionState { ACTION_REQUIRED CANCELLED FAILURE NEUTRAL SKIPPED STALE
      STARTUP_FAILURE SUCCESS TIMED_OUT }
    type CheckRun implements Node {
      id: ID! databaseId: Int name: String! status: CheckStatusState!
      conclusion: CheckConclusionState
      isRequired(pullRequestId: ID, pullRequestNumber: Int): Boolean! url: URI! detailsUrl: URI
      startedAt: DateTime completedAt: DateTime
    }
    enum CheckStatusState { COMPLETED IN_PROGRESS PENDING QUEUED REQUESTED WAITING }
    enum CommentAuthorAssociation { COLLABORATOR CONTRIBUTOR FIRST_TIMER FIRST_TIME_CONTRIBUTOR
      MANNEQUIN MEMBER NONE OWNER }
    type Commit implements GitObject & Node {
      id: ID! oid: GitObjectID! url: URI! statusCheckRollup: StatusCheckRollup
    }
    interface GitObject {
      id: ID! oid: GitObjectID!
    }
    type Issue implements Node & ProjectV2Owner {
      id: ID! databaseId: Int fullDatabaseId: BigInt number: Int! title: String! body: String!
      bodyText: String! url: URI! resourcePath: URI! state: IssueState!
      stateReason(enableDuplicate: Boolean): IssueStateReason closed: Boolean!
      createdAt: DateTime! updatedAt: DateTime! closedAt: DateTime author: Actor
      authorAssociation: CommentAuthorAssociation! repository: Repository! locked: Boolean!
      milestone: Milestone
      labels(after: String, before: String, first: Int, last: Int): LabelConnection
      assignees(after: String, before: String, first: Int, last: Int): UserConnection!
      comments(after: String, before: String, first: Int, last: Int, orderBy: IssueCommentOrder):
        IssueCommentConnection!
      projectItems(after: String, before: String, first: Int, includeArchived: Boolean, last:
        Int): ProjectV2ItemConnection
      blockedBy(after: String, before: String, first: Int, last: Int, orderBy:
        IssueDependencyOrder): IssueConnection!
      blocking(after: String, before: String, first: Int, last: Int, orderBy:
        IssueDependencyOrder): IssueConnection!
      issueDependenciesSummary: IssueDependenciesSummary!
      subIssues(after: String, before: String, first: Int, last: Int): IssueConnection!
      subIssuesSummary: SubIssuesSummary! parent: Issue
      closedByPullRequestsReferences(after: String, before: String, first: Int, includeClosedPrs:
        Boolean, last: Int): PullRequestConnection
    }
    type IssueComment implements Node {
      id: ID! databaseId: Int fullDatabaseId: BigInt body: String! author: Actor
      authorAssociation: CommentAuthorAssociation! createdAt: DateTime! updatedAt: DateTime!
      url: URI! viewerDidAuthor: Boolean!
    }
    type IssueCommentConnection {
      nodes: [IssueComment] pageInfo: PageInfo! totalCount: Int!
    }
    input IssueCommentOrder { direction: OrderDirection! field: IssueCommentOrderField! }
    enum IssueCommentOrderField { UPDATED_AT }
    type IssueConnection {
      nodes: [Issue] pageInfo: PageInfo! totalCount: Int!
    }
    type IssueDependenciesSummary {
      blockedBy: Int! blocking: Int! totalBlockedBy: Int! totalBlocking: Int!
    }
    input IssueDependencyOrder { direction: OrderDirection! field: IssueDependencyOrderField! }
    enum IssueDependencyOrderField { CREATED_AT DEPENDENCY_ADDED_AT }
    union IssueOrPullRequest = Issue | PullRequest
    input IssueOrder { direction: OrderDirection! field: IssueOrderField! }
    enum IssueOrderField { COMMENTS CREATED_AT UPDATED_AT }
    enum IssueState { CLOSED OPEN }
    enum IssueStateReason { COMPLETED DUPLICATE NOT_PLANNED REOPENED }
    type Label implements Node {
      id: ID! name: String! color: String! description: String url: URI!
    }
    type LabelConnection {
      nodes: [Label] pageInfo: PageInfo! totalCount: Int!
    }
    enum MergeableState { CONFLICTING MERGEABLE UNKNOWN }
    type Milestone implements Node {
      id: ID! number: Int! title: String! state: MilestoneState! url: URI! description: String
    }
    enum MilestoneState { CLOSED OPEN }
    interface Node {
      id: ID!
    }
    enum OrderDirection { ASC DESC }
    type Organization implements Actor & Node & ProjectV2Owner & RepositoryOwner {
      id: ID! databaseId: Int login: String! name: String url: URI! resourcePath: URI!
      repository(followRenames: Boolean, name: String!): Repository
      projectV2(number: Int!): ProjectV2
    }
    type PageInfo {
      endCursor: String hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String
    }
    type PullRequest implements Node & ProjectV2Owner {
      id: ID! databaseId: Int fullDatabaseId: BigInt number: Int! title: String! body: String!
      bodyText: String! url: URI! resourcePath: URI! state: PullRequestState! closed: Boolean!
      merged: Boolean! mergedAt: DateTime isDraft: Boolean! createdAt: DateTime!
      updatedAt: DateTime! closedAt: DateTime author: Actor
      authorAssociation: CommentAuthorAssociation! repository: Repository! locked: Boolean!
      milestone: Milestone
      labels(after: String, before: String, first: Int, last: Int): LabelConnection
      assignees(after: String, before: String, first: Int, last: Int): UserConnection!
      comments(after: String, before: String, first: Int, last: Int, orderBy: IssueCommentOrder):
        IssueCommentConnection!
      projectItems(after: String, before: String, first: Int, includeArchived: Boolean, last:
        Int): ProjectV2ItemConnection
      headRefName: String! headRefOid: GitObjectID! baseRefName: String! baseRefOid: GitObjectID!
      headRepository: Repository headRepositoryOwner: RepositoryOwner baseRepository: Repository
      isCrossRepository: Boolean! mergeable: MergeableState! statusCheckRollup: StatusCheckRollup
      closingIssuesReferences(after: String, before: String, first: Int, last: Int, orderBy:
        IssueOrder, userLinkedOnly: Boolean): IssueConnection
      commits(after: String, before: String, first: Int, last: Int): PullRequestCommitConnection!
      reviewDecision: PullRequestReviewDecision
    }
    type PullRequestCommit implements Node {
      id: ID! commit: Commit!
    }
    type PullRequestCommitConnection {
      nodes: [PullRequestCommit] pageInfo: PageInfo! totalCount: Int!
    }
    type PullRequestConnection {
      nodes: [PullRequest] pageInfo: PageInfo! totalCount: Int!
    }
    input PullRequestOrder { direction: OrderDirection! field: PullRequestOrderField! }
    enum PullRequestOrderField { CREATED_AT UPDATED_AT }
    enum PullRequestReviewDecision { APPROVED CHANGES_REQUESTED REVIEW_REQUIRED }
    enum PullRequestState { CLOSED MERGED OPEN }
    type RateLimit {
      cost: Int! limit: Int! nodeCount: Int! remaining: Int! resetAt: DateTime! used: Int!
    }
    type Ref implements Node {
      id: ID! name: String! prefix: String! target: GitObject
    }
    type Repository implements Node {
      id: ID! databaseId: Int name: String! nameWithOwner: String! owner: RepositoryOwner!
      defaultBranchRef: Ref isPrivate: Boolean! isArchived: Boolean! isFork: Boolean! url: URI!
      isDisabled: Boolean! isEmpty: Boolean!
      visibility: RepositoryVisibility! viewerPermission: RepositoryPermission
      issue(number: Int!): Issue issueOrPullRequest(number: Int!): IssueOrPullRequest
      pullRequest(number: Int!): PullRequest
      pullRequests(after: String, baseRefName: String, before: String, first: Int, headRefName:
        String, labels: [String!], last: Int, orderBy: IssueOrder, states: [PullRequestState!]):
        PullRequestConnection!
      issues(after: String, before: String, first: Int, labels: [String!], last: Int, orderBy:
        IssueOrder, states: [IssueState!]): IssueConnection!
      label(name: String!): Label
      labels(after: String, before: String, first: Int, last: Int): LabelConnection
      object(expression: String, oid: GitObjectID): GitObject ref(qualifiedName: String!): Ref
      createdAt: DateTime! updatedAt: DateTime! pushedAt: DateTime hasIssuesEnabled: Boolean!
      projectV2(number: Int!): ProjectV2
    }
    interface RepositoryOwner {
      id: ID! login: String! url: URI!
      repository(followRenames: Boolean, name: String!): Repository
    }
    enum RepositoryPermission { ADMIN MAINTAIN READ TRIAGE WRITE }
    enum RepositoryVisibility { INTERNAL PRIVATE PUBLIC }
    type StatusCheckRollup implements Node {
      id: ID! state: StatusState!
      contexts(after: String, before: String, first: Int, last: Int):
        StatusCheckRollupContextConnection!
    }
    union StatusCheckRollupContext = CheckRun | StatusContext
    type StatusCheckRollupContextConnection {
      nodes: [StatusCheckRollupContext] pageInfo: PageInfo! totalCount: Int! checkRunCount: Int!
      statusContextCount: Int!
    }
    type StatusContext implements Node {
      id: ID! context: String! state: StatusState! description: String targetUrl: URI
      isRequired(pullRequestId: ID, pullRequestNumber: Int): Boolean! createdAt: DateTime!
    }
    enum StatusState { ERROR EXPECTED FAILURE PENDING SUCCESS }
    type SubIssuesSummary {
      completed: Int! percentCompleted: Int! total: Int!
    }
    type User implements Actor & Node & ProjectV2Owner & RepositoryOwner {
      id: ID! databaseId: Int login: String! name: String url: URI! resourcePath: URI!
      repository(followRenames: Boolean, name: String!): Repository
      projectV2(number: Int!): ProjectV2 isViewer: Boolean!
    }
    type UserConnection {
      nodes: [User] pageInfo: PageInfo! totalCount: Int!
    }

    """
}
