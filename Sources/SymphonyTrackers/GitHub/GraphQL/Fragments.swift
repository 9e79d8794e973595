// The fragments every GraphQL document of ours is composed of. A document names fragments with
// `...Name`; `complete` appends the ones it uses, and what those use. Fields an old server lacks
// are left out. GitHub charges for each connection of each item, so lists carry only the ones the
// workflow's rules need: a page of a hundred items costs one or two points.
import SymphonyCore

struct Fragments: Sendable {
  var features: ServerFeatures
  private let policy: TrackerPolicy
  /// Ask for everything a template may show, not only for what the rules need.
  private let isInFull: Bool

  init(features: ServerFeatures, policy: TrackerPolicy, isInFull: Bool) {
    self.features = features
    self.policy = policy
    self.isInFull = isInFull
  }

  /// The operation with the definitions of all fragments it needs, each once.
  func complete(_ operation: String) -> String {
    var text = operation
    var known: Set<String> = []
    var open = Self.spreads(operation)
    while let name = open.popLast() {
      guard known.insert(name).inserted, let definition = definition(name) else { continue }
      text += "\nfragment \(name) \(definition)"
      open += Self.spreads(definition)
    }
    return text
  }

  /// `...Name`, but not `... on Type`.
  private static func spreads(_ text: String) -> [String] {
    text.split(separator: "...").dropFirst().compactMap { rest in
      let name = rest.prefix { $0.isLetter }
      return name.isEmpty ? nil : String(name)
    }
  }

  private func definition(_ name: String) -> String? {
    switch name {
    case "RepositoryFacts":
      "on Repository { nameWithOwner url isPrivate isArchived isDisabled isEmpty "
        + "viewerPermission defaultBranchRef { name } }"
    case "Person": "on Actor { __typename login }"
    case "Linked": "on Issue { id number state repository { nameWithOwner } }"
    case "IssueFacts": issueFacts
    case "PullRequestFacts":
      "on PullRequest { \(Self.shared) isCrossRepository headRefName "
        + "\(policy.board?.itemTypes.contains(.pullRequest) == true ? connections : "") }"
    case "DraftFacts":
      "on DraftIssue { id title createdAt updatedAt creator { ...Person } "
        + "\(isInFull ? Self.assignees : "") }"
    case "LinkFacts": linkFacts
    case "OriginFacts": "on Issue { \(originFacts) }"
    case "PullOriginFacts": "on PullRequest { \(originFacts) }"
    case "HeadFacts":
      "on PullRequest { number url state createdAt mergedAt closedAt isCrossRepository }"
    case "CommentFacts":
      "on IssueComment { author { ...Person } createdAt body }"
    default: boardDefinition(name)
    }
  }

  private func boardDefinition(_ name: String) -> String? {
    switch name {
    case "FieldFacts":
      "on ProjectV2FieldConfiguration { __typename ... on ProjectV2FieldCommon { name dataType } "
        + "... on ProjectV2SingleSelectField { options { name } } }"
    case "PlaceFacts":
      "on ProjectV2Item { id type isArchived createdAt updatedAt "
        + "status: \(Self.value(policy.board?.statusField)) "
        + "priority: \(Self.value(policy.board?.priorityField)) }"
    case "Value":
      "on ProjectV2ItemFieldValue { __typename "
        + "... on ProjectV2ItemFieldSingleSelectValue { name } "
        + "... on ProjectV2ItemFieldNumberValue { number } }"
    case "ProjectFacts":
      "on ProjectV2 { id number owner { ... on Organization { login } ... on User { login } } }"
    case "ListedItem":
      "on ProjectV2Item { ...PlaceFacts "
        + "content { __typename ...IssueFacts ...PullRequestFacts ...DraftFacts } }"
    case "AllValues":
      "on ProjectV2Item { fieldValues(first: 50) { nodes { __typename "
        + [
          ("Text", "text"), ("Number", "number"), ("Date", "date"), ("SingleSelect", "name"),
          ("Iteration", "title"),
        ].map { kind, value in
          "... on ProjectV2ItemField\(kind)Value { \(value) field { ...FieldName } }"
        }.joined(separator: " ") + " } } }"
    case "FieldName": "on ProjectV2FieldCommon { name }"
    default: nil
    }
  }

  private static func value(_ field: String?) -> String {
    "fieldValueByName(name: \(quote(field ?? ""))) { ...Value }"
  }

  /// The fields that issues and pull requests have alike.
  private static let shared = """
    id number title url state createdAt updatedAt author { ...Person }
    milestone { title } repository { ...RepositoryFacts }
    """
  private static let assignees = "assignees(first: 20) { nodes { login } }"

  private var connections: String {
    "labels(first: 100) { nodes { name } } "
      + (isInFull || policy.assignee?.isEmpty == false ? Self.assignees : "")
  }

  private var issueFacts: String {
    var fields = "\(Self.shared) \(connections)"
    if features.has(.dependencies) { fields += " issueDependenciesSummary { blockedBy }" }
    if features.has(.subIssues) {
      fields += " subIssuesSummary { total completed } parent { ...Linked }"
    }
    return "on Issue { \(fields) }"
  }

  /// Blockers and sub-issues by name; empty but for id and number on a server that knows neither.
  private var linkFacts: String {
    var fields = "id number"
    if features.has(.dependencies) { fields += " blockedBy(first: 50) { nodes { ...Linked } }" }
    if features.has(.subIssues) { fields += " subIssues(first: 100) { nodes { ...Linked } }" }
    return "on Issue { \(fields) }"
  }

  /// The people who touched the text.
  ///
  /// They stand behind the text in the document: otherwise a change could be in the text while its
  /// maker is not yet among the people. Each kind of event has a list of its own: what anybody may
  /// do any number of times must not push out of the list who labelled the issue.
  private var originFacts: String {
    guard features.has(.origins) else { return "id" }
    let touch = "actor { ...Person } createdAt"
    func events(_ alias: String, _ types: String, _ fields: String) -> String {
      "\(alias): timelineItems(last: \(OriginNode.limit), itemTypes: [\(types)]) "
        + "{ pageInfo { hasPreviousPage } nodes { __typename \(fields) } }"
    }
    return [
      "viewerDidAuthor lastEditedAt editor { ...Person }",
      "userContentEdits(first: \(OriginNode.limit)) { pageInfo { hasNextPage } "
        + "nodes { editedAt editor { ...Person } } }",
      events(
        "labelling", "LABELED_EVENT, UNLABELED_EVENT",
        "... on LabeledEvent { \(touch) label { name } } "
          + "... on UnlabeledEvent { \(touch) label { name } }"),
      events("renaming", "RENAMED_TITLE_EVENT", "... on RenamedTitleEvent { \(touch) }"),
      events("reopening", "REOPENED_EVENT", "... on ReopenedEvent { \(touch) }"),
    ].joined(separator: " ")
  }

  /// A string as GraphQL writes it.
  static func quote(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
