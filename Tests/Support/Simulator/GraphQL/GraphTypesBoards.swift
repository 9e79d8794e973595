// GitHub's own type definitions, as far as the simulator answers them: boards, their items and
// values, and the mutations. Cut from GitHub's public schema; a field or an argument that is
// missing here is refused like one GitHub does not have: add it, and its answer, when a document
// needs it.

enum GraphTypes {
  static let boards = """
    type Mutation {
      addProjectV2ItemById(input: AddProjectV2ItemByIdInput!): AddProjectV2ItemByIdPayload
      closeIssue(input: CloseIssueInput!): CloseIssuePayload
      convertProjectV2DraftIssueItemToIssue(input: ConvertProjectV2DraftIssueItemToIssueInput!):
        ConvertProjectV2DraftIssueItemToIssuePayload
      updateProjectV2ItemFieldValue(input: UpdateProjectV2ItemFieldValueInput!):
        UpdateProjectV2ItemFieldValuePayload
      clearProjectV2ItemFieldValue(input: ClearProjectV2ItemFieldValueInput!):
        ClearProjectV2ItemFieldValuePayload
    }
    input AddProjectV2ItemByIdInput { clientMutationId: String contentId: ID! projectId: ID! }
    type AddProjectV2ItemByIdPayload {
      clientMutationId: String item: ProjectV2Item
    }
    input ClearProjectV2ItemFieldValueInput { clientMutationId: String fieldId: ID! itemId: ID!
      projectId: ID! }
    type ClearProjectV2ItemFieldValuePayload {
      clientMutationId: String projectV2Item: ProjectV2Item
    }
    input CloseIssueInput { clientMutationId: String duplicateIssueId: ID issueId: ID! stateReason:
      IssueClosedStateReason }
    type CloseIssuePayload {
      clientMutationId: String issue: Issue
    }
    input ConvertProjectV2DraftIssueItemToIssueInput { clientMutationId: String itemId: ID!
      repositoryId: ID! }
    type ConvertProjectV2DraftIssueItemToIssuePayload {
      clientMutationId: String item: ProjectV2Item
    }
    type DraftIssue implements Node {
      id: ID! title: String! body: String! bodyText: String! creator: Actor createdAt: DateTime!
      updatedAt: DateTime!
      assignees(after: String, before: String, first: Int, last: Int): UserConnection!
      projectV2Items(after: String, before: String, first: Int, last: Int):
        ProjectV2ItemConnection!
    }
    enum IssueClosedStateReason { COMPLETED DUPLICATE NOT_PLANNED }
    type ProjectV2 implements Node {
      id: ID! databaseId: Int number: Int! title: String! closed: Boolean! public: Boolean!
      url: URI! resourcePath: URI! createdAt: DateTime! updatedAt: DateTime!
      field(name: String!): ProjectV2FieldConfiguration
      fields(after: String, before: String, first: Int, last: Int, orderBy: ProjectV2FieldOrder):
        ProjectV2FieldConfigurationConnection!
      items(after: String, archivedStates: [ProjectV2ItemArchivedState!], before: String, first:
        Int, last: Int, orderBy: ProjectV2ItemOrder, query: String): ProjectV2ItemConnection!
      owner: ProjectV2Owner! shortDescription: String viewerCanUpdate: Boolean!
    }
    type ProjectV2Field implements Node & ProjectV2FieldCommon {
      id: ID! name: String! dataType: ProjectV2FieldType! databaseId: Int createdAt: DateTime!
      updatedAt: DateTime! project: ProjectV2!
    }
    interface ProjectV2FieldCommon {
      id: ID! name: String! dataType: ProjectV2FieldType! databaseId: Int createdAt: DateTime!
      updatedAt: DateTime! project: ProjectV2!
    }
    union ProjectV2FieldConfiguration = ProjectV2Field | ProjectV2IterationField |
      ProjectV2SingleSelectField
    type ProjectV2FieldConfigurationConnection {
      nodes: [ProjectV2FieldConfiguration] pageInfo: PageInfo! totalCount: Int!
    }
    input ProjectV2FieldOrder { direction: OrderDirection! field: ProjectV2FieldOrderField! }
    enum ProjectV2FieldOrderField { CREATED_AT NAME POSITION }
    enum ProjectV2FieldType { ASSIGNEES CLOSED CREATED DATE ISSUE_TYPE ITERATION LABELS
      LINKED_PULL_REQUESTS MILESTONE NUMBER PARENT_ISSUE REPOSITORY REVIEWERS SINGLE_SELECT
      SUB_ISSUES_PROGRESS TEXT TITLE TRACKED_BY TRACKS UPDATED }
    input ProjectV2FieldValue { date: Date iterationId: String number: Float singleSelectOptionId:
      String text: String }
    type ProjectV2Item implements Node {
      id: ID! databaseId: Int fullDatabaseId: BigInt type: ProjectV2ItemType! isArchived: Boolean!
      createdAt: DateTime! updatedAt: DateTime! project: ProjectV2! creator: Actor
      content: ProjectV2ItemContent fieldValueByName(name: String!): ProjectV2ItemFieldValue
      fieldValues(after: String, before: String, first: Int, last: Int, orderBy:
        ProjectV2ItemFieldValueOrder): ProjectV2ItemFieldValueConnection!
    }
    enum ProjectV2ItemArchivedState { ARCHIVED NOT_ARCHIVED }
    type ProjectV2ItemConnection {
      nodes: [ProjectV2Item] pageInfo: PageInfo! totalCount: Int!
    }
    union ProjectV2ItemContent = DraftIssue | Issue | PullRequest
    type ProjectV2ItemFieldDateValue implements Node & ProjectV2ItemFieldValueCommon {
      id: ID! databaseId: Int createdAt: DateTime! updatedAt: DateTime! creator: Actor
      field: ProjectV2FieldConfiguration! item: ProjectV2Item! date: Date
    }
    type ProjectV2ItemFieldIterationValue implements Node & ProjectV2ItemFieldValueCommon {
      id: ID! databaseId: Int createdAt: DateTime! updatedAt: DateTime! creator: Actor
      field: ProjectV2FieldConfiguration! item: ProjectV2Item! title: String! iterationId: String!
      startDate: Date! duration: Int!
    }
    type ProjectV2ItemFieldLabelValue {
      field: ProjectV2FieldConfiguration!
      labels(after: String, before: String, first: Int, last: Int): LabelConnection
    }
    type ProjectV2ItemFieldMilestoneValue {
      field: ProjectV2FieldConfiguration! milestone: Milestone
    }
    type ProjectV2ItemFieldNumberValue implements Node & ProjectV2ItemFieldValueCommon {
      id: ID! databaseId: Int createdAt: DateTime! updatedAt: DateTime! creator: Actor
      field: ProjectV2FieldConfiguration! item: ProjectV2Item! number: Float
    }
    type ProjectV2ItemFieldPullRequestValue {
      field: ProjectV2FieldConfiguration!
      pullRequests(after: String, before: String, first: Int, last: Int, orderBy:
        PullRequestOrder): PullRequestConnection
    }
    type ProjectV2ItemFieldRepositoryValue {
      field: ProjectV2FieldConfiguration! repository: Repository
    }
    type ProjectV2ItemFieldSingleSelectValue implements Node & ProjectV2ItemFieldValueCommon {
      id: ID! databaseId: Int createdAt: DateTime! updatedAt: DateTime! creator: Actor
      field: ProjectV2FieldConfiguration! item: ProjectV2Item! name: String optionId: String
      color: ProjectV2SingleSelectFieldOptionColor! description: String
    }
    type ProjectV2ItemFieldTextValue implements Node & ProjectV2ItemFieldValueCommon {
      id: ID! databaseId: Int createdAt: DateTime! updatedAt: DateTime! creator: Actor
      field: ProjectV2FieldConfiguration! item: ProjectV2Item! text: String
    }
    type ProjectV2ItemFieldUserValue {
      field: ProjectV2FieldConfiguration!
      users(after: String, before: String, first: Int, last: Int): UserConnection
    }
    union ProjectV2ItemFieldValue =
        ProjectV2ItemFieldDateValue | ProjectV2ItemFieldIterationValue
      | ProjectV2ItemFieldLabelValue | ProjectV2ItemFieldMilestoneValue
      | ProjectV2ItemFieldNumberValue | ProjectV2ItemFieldPullRequestValue
      | ProjectV2ItemFieldRepositoryValue | ProjectV2ItemFieldSingleSelectValue
      | ProjectV2ItemFieldTextValue | ProjectV2ItemFieldUserValue
    interface ProjectV2ItemFieldValueCommon {
      id: ID! databaseId: Int createdAt: DateTime! updatedAt: DateTime! creator: Actor
      field: ProjectV2FieldConfiguration! item: ProjectV2Item!
    }
    type ProjectV2ItemFieldValueConnection {
      nodes: [ProjectV2ItemFieldValue] pageInfo: PageInfo! totalCount: Int!
    }
    input ProjectV2ItemFieldValueOrder { direction: OrderDirection! field:
      ProjectV2ItemFieldValueOrderField! }
    enum ProjectV2ItemFieldValueOrderField { POSITION }
    input ProjectV2ItemOrder { direction: OrderDirection! field: ProjectV2ItemOrderField! }
    enum ProjectV2ItemOrderField { POSITION }
    enum ProjectV2ItemType { DRAFT_ISSUE ISSUE PULL_REQUEST REDACTED }
    type ProjectV2IterationField implements Node & ProjectV2FieldCommon {
      id: ID! name: String! dataType: ProjectV2FieldType! databaseId: Int createdAt: DateTime!
      updatedAt: DateTime! project: ProjectV2!
      configuration: ProjectV2IterationFieldConfiguration!
    }
    type ProjectV2IterationFieldConfiguration {
      completedIterations: [ProjectV2IterationFieldIteration!]! duration: Int!
      iterations: [ProjectV2IterationFieldIteration!]! startDay: Int!
    }
    type ProjectV2IterationFieldIteration {
      id: String! title: String! startDate: Date! duration: Int!
    }
    interface ProjectV2Owner {
      id: ID! projectV2(number: Int!): ProjectV2
    }
    type ProjectV2SingleSelectField implements Node & ProjectV2FieldCommon {
      id: ID! name: String! dataType: ProjectV2FieldType! databaseId: Int createdAt: DateTime!
      updatedAt: DateTime! project: ProjectV2!
      options(names: [String!]): [ProjectV2SingleSelectFieldOption!]!
    }
    type ProjectV2SingleSelectFieldOption {
      id: String! name: String! color: ProjectV2SingleSelectFieldOptionColor! description: String!
    }
    enum ProjectV2SingleSelectFieldOptionColor { BLUE GRAY GREEN ORANGE PINK PURPLE RED YELLOW }
    input UpdateProjectV2ItemFieldValueInput { clientMutationId: String fieldId: ID! itemId: ID!
      projectId: ID! value: ProjectV2FieldValue! }
    type UpdateProjectV2ItemFieldValuePayload {
      clientMutationId: String projectV2Item: ProjectV2Item
    }

    """
}
