// GitHub's own type definitions of edits and timelines, as far as the simulator answers them. Cut
// from GitHub's public schema, like those in GraphTypesWork.swift.

extension GraphTypes {
  static let touches = """
    type Issue {
      editor: Actor lastEditedAt: DateTime includesCreatedEdit: Boolean! viewerDidAuthor: Boolean!
      userContentEdits(after: String, before: String, first: Int, last: Int):
        UserContentEditConnection
      timelineItems(after: String, before: String, first: Int, itemTypes:
        [IssueTimelineItemsItemType!], last: Int, since: DateTime, skip: Int):
        IssueTimelineItemsConnection!
    }
    type IssueTimelineItemsConnection {
      nodes: [IssueTimelineItems] pageInfo: PageInfo! totalCount: Int!
    }
    union IssueTimelineItems = LabeledEvent | RenamedTitleEvent | ReopenedEvent | UnlabeledEvent
    enum IssueTimelineItemsItemType { LABELED_EVENT RENAMED_TITLE_EVENT REOPENED_EVENT
      UNLABELED_EVENT }
    type LabeledEvent implements Node {
      id: ID! actor: Actor createdAt: DateTime! label: Label!
    }
    type PullRequest {
      editor: Actor lastEditedAt: DateTime includesCreatedEdit: Boolean! viewerDidAuthor: Boolean!
      userContentEdits(after: String, before: String, first: Int, last: Int):
        UserContentEditConnection
      timelineItems(after: String, before: String, first: Int, itemTypes:
        [PullRequestTimelineItemsItemType!], last: Int, since: DateTime, skip: Int):
        PullRequestTimelineItemsConnection!
    }
    type PullRequestTimelineItemsConnection {
      nodes: [PullRequestTimelineItems] pageInfo: PageInfo! totalCount: Int!
    }
    union PullRequestTimelineItems = LabeledEvent | RenamedTitleEvent | ReopenedEvent |
      UnlabeledEvent
    enum PullRequestTimelineItemsItemType { LABELED_EVENT RENAMED_TITLE_EVENT REOPENED_EVENT
      UNLABELED_EVENT }
    type RenamedTitleEvent implements Node {
      id: ID! actor: Actor createdAt: DateTime! currentTitle: String! previousTitle: String!
    }
    type ReopenedEvent implements Node {
      id: ID! actor: Actor createdAt: DateTime! stateReason: IssueStateReason
    }
    type UnlabeledEvent implements Node {
      id: ID! actor: Actor createdAt: DateTime! label: Label!
    }
    type UserContentEdit implements Node {
      id: ID! createdAt: DateTime! editedAt: DateTime! updatedAt: DateTime! editor: Actor
    }
    type UserContentEditConnection {
      nodes: [UserContentEdit] pageInfo: PageInfo! totalCount: Int!
    }

    """
}
