// The GraphQL documents about pull requests that wait for people. The first is asked by every tick
// about all of them, so its connections are few: three points for a hundred. The others are asked
// only where something has changed.
import SymphonyCore

enum PullRequestDocuments {
  // MARK: Every tick

  /// A few facts of pull requests; answers are under `rI`, `pI`, by the places in `wanted`.
  ///
  /// Asked by number: the ids are not known before the first answer.
  static func digest(_ wanted: [FollowedPullRequest], _ features: ServerFeatures) -> GraphQLCall {
    let parts = wanted.enumerated().map { index, one in
      "r\(index): repository(owner: \(Fragments.quote(one.repository.owner)), "
        + "name: \(Fragments.quote(one.repository.name))) "
        + "{ pullRequest(number: \(one.ref.number)) { ...DigestFacts } }"
    }
    let queue = features.has(.mergeQueue) ? "isMergeQueueEnabled isInMergeQueue" : ""
    return GraphQLCall(
      name: "SymphonyDigest",
      document: """
        query SymphonyDigest { \(parts.joined(separator: " ")) rateLimit { cost } }
        fragment DigestFacts on PullRequest {
          id number url state isDraft updatedAt headRefOid baseRefName reviewDecision mergeable
          mergeStateStatus \(queue) autoMergeRequest { enabledAt }
          baseRef { target { oid } refUpdateRule { requiredStatusCheckContexts } }
          comments(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) {
            totalCount nodes { id updatedAt } }
          reviews(last: 1) { totalCount nodes { id updatedAt } }
          reviewThreads(first: 100) { totalCount nodes { id isResolved isOutdated } }
          statusCheckRollup { contexts {
            checkRunCountsByState { state count } statusContextCountsByState { state count } } }
        }
        """,
      variables: [:])
  }

  // MARK: What was said

  /// The part of a conversation that is read page by page, from its end.
  enum Part: String, CaseIterable {
    case reviews, comments
    case threads = "reviewThreads"
  }

  private static let person = "author { __typename login }"

  private static func fields(_ part: Part, _ features: ServerFeatures) -> String {
    let shared =
      "id body url isMinimized viewerDidAuthor createdAt lastEditedAt \(person)"
    switch part {
    case .reviews:
      return "\(shared) state submittedAt authorCanPushToRepository commit { oid }"
    case .comments: return shared
    case .threads:
      return "id isResolved isOutdated path line startLine originalLine originalStartLine "
        + "subjectType comments(first: 30) { \(line(features)) }"
    }
  }

  /// A page of a thread's comments, the oldest first: replies go to the first.
  private static func line(_ features: ServerFeatures) -> String {
    let id = features.has(.wideIDs) ? "fullDatabaseId" : "fullDatabaseId: databaseId"
    return "pageInfo { hasNextPage endCursor } nodes { id \(id) body url isMinimized "
      + "viewerDidAuthor createdAt lastEditedAt state \(person) diffHunk "
      + "originalCommit { oid } pullRequestReview { id } }"
  }

  private static func page(
    _ part: Part, last: Int, before cursor: String?, _ features: ServerFeatures
  ) -> String {
    let before = cursor.map { ", before: \(Fragments.quote($0))" } ?? ""
    return "\(part.rawValue)(last: \(last)\(before)) { pageInfo { hasPreviousPage startCursor } "
      + "nodes { \(fields(part, features)) } }"
  }

  /// The newest of everything that was said on some pull requests.
  static func conversations(_ ids: [String], _ features: ServerFeatures) -> GraphQLCall {
    let pages = Part.allCases.map { page($0, last: 50, before: nil, features) }
    return GraphQLCall(
      name: "SymphonyConversation",
      document: """
        query SymphonyConversation($ids: [ID!]!) {
          nodes(ids: $ids) { ... on PullRequest { id
            reviewRequests(first: 100) { nodes { requestedReviewer { __typename
              ... on User { login } ... on Bot { login } } } }
            latestOpinionatedReviews(first: 100, writersOnly: true) {
              pageInfo { hasNextPage } nodes { id state viewerDidAuthor \(person) commit { oid } } }
            \(pages.joined(separator: " ")) } }
          rateLimit { cost }
        }
        """,
      variables: ["ids": .list(ids.map { .string($0) })])
  }

  /// Older pages of one pull request, and further ones of its threads, which are under `tI`.
  static func rest(
    of id: String, before cursors: [Part: String], threads: [(id: String, after: String)],
    _ features: ServerFeatures
  ) -> GraphQLCall {
    let pages = Part.allCases.compactMap { part in
      cursors[part].map { page(part, last: 50, before: $0, features) }
    }
    let further = threads.enumerated().map { index, thread in
      "t\(index): node(id: \(Fragments.quote(thread.id))) { ... on PullRequestReviewThread { "
        + "comments(first: 100, after: \(Fragments.quote(thread.after))) { \(line(features)) } } }"
    }
    return GraphQLCall(
      name: "SymphonyConversationRest",
      document: """
        query SymphonyConversationRest($id: ID!) {
          node(id: $id) { ... on PullRequest { id \(pages.joined(separator: " ")) } }
          \(further.joined(separator: " ")) rateLimit { cost }
        }
        """,
      variables: ["id": .string(id)])
  }

  // MARK: Checks

  /// One page of the checks of a pull request's head; the first has those of its base, too.
  static func checks(of id: String, after cursor: String?) -> GraphQLCall {
    let base = """
      baseRef { refUpdateRule { requiredStatusCheckContexts } target { ... on Commit {
        statusCheckRollup { contexts(first: 100) { nodes { __typename
          ... on CheckRun { databaseId name status conclusion startedAt
            checkSuite { app { slug } workflowRun { event workflow { name } } } }
          ... on StatusContext { context state updatedAt } } } } } } }
      """
    return GraphQLCall(
      name: "SymphonyPullRequestChecks",
      document: """
        query SymphonyPullRequestChecks($id: ID!, $after: String) {
          node(id: $id) { ... on PullRequest { headRefOid
            statusCheckRollup { contexts(first: 100, after: $after) {
              pageInfo { hasNextPage endCursor }
              nodes { __typename
                ... on CheckRun { databaseId name status conclusion startedAt completedAt url
                  detailsUrl title summary text isRequired(pullRequestId: $id)
                  checkSuite { app { slug } workflowRun { event workflow { name } } }
                  annotations(first: 20) { nodes { path annotationLevel title message
                    location { start { line } } } } }
                ... on StatusContext { context state description targetUrl updatedAt
                  isRequired(pullRequestId: $id) } } } }
            \(cursor == nil ? base : "") } }
          rateLimit { cost }
        }
        """,
      variables: ["id": .string(id), "after": .optional(cursor)])
  }
}
