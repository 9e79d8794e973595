// The fields and arguments that came late to GitHub's schema, and which of them an older Enterprise
// server lacks. A refused document says which one it was: later documents leave it out, and after a
// day it is tried again. github.com has them all.
import SymphonyCore

enum ServerFeature: String, Codable, CaseIterable, Sendable {
  /// `items(query:)` of a board.
  case itemFilter
  /// `items(archivedStates:)` of a board.
  case archivedStates
  /// `issueDependenciesSummary` and `blockedBy`.
  case dependencies
  /// `subIssuesSummary`, `subIssues` and `parent`.
  case subIssues
  /// `closedByPullRequestsReferences`.
  case closingPullRequests
  /// The people that touched an item: without them no stranger's text is vouched for.
  case origins
  /// Merge queues of a pull request's base.
  case mergeQueue
  /// `fullDatabaseId`, which outgrew `databaseId`.
  case wideIDs

  /// Names of fields and arguments whose refusal shows that the feature is missing.
  fileprivate var names: Set<String> {
    switch self {
    case .itemFilter: ["query"]
    case .archivedStates: ["archivedStates"]
    case .dependencies: ["issueDependenciesSummary", "blockedBy"]
    case .subIssues: ["subIssuesSummary", "subIssues", "parent"]
    case .origins: ["timelineItems", "userContentEdits", "lastEditedAt", "editor"]
    case .mergeQueue: ["isMergeQueueEnabled", "isInMergeQueue"]
    case .wideIDs: ["fullDatabaseId"]
    case .closingPullRequests: ["closedByPullRequestsReferences", "includeClosedPrs"]
    }
  }
}

struct ServerFeatures: Codable, Hashable, Sendable {
  private var missing: [ServerFeature] = []
  private var seenAt = Timestamp(milliseconds: 0)

  private static let key = "symphony:features"

  static func recall(_ memory: TrackerMemory, now: Timestamp) -> ServerFeatures {
    guard let known = memory.read(key, as: ServerFeatures.self),
      !Deadline(setAt: known.seenAt, delay: .days(1)).isDue(at: now)
    else { return ServerFeatures() }
    return known
  }

  func has(_ feature: ServerFeature) -> Bool { !missing.contains(feature) }

  /// True when the faults name a feature that was asked for: the document is to be sent again
  /// without it.
  mutating func learn(_ faults: [GraphQLFault], _ memory: TrackerMemory, now: Timestamp) -> Bool {
    let refusals = faults.filter {
      ["undefinedField", "argumentNotAccepted", "undefinedType"].contains($0.code ?? "")
    }
    let lost = ServerFeature.allCases.filter { feature in
      has(feature)
        && refusals.contains { fault in
          feature.names.contains(fault.path.last ?? "")
            || feature.names.contains { fault.message.contains("'\($0)'") }
        }
    }
    if lost.isEmpty { return false }
    missing += lost
    seenAt = now
    memory.write(Self.key, self)
    return true
  }
}
