// Projects V2 boards of the simulated GitHub: fields, options, items and their values. Plain
// values; what happens to them is in BoardEdits.swift, how they look on the wire in GraphQL/.
import SymphonyCore

public struct SimulatedBoard: Sendable {
  public var id: Int
  public var nodeID: String
  public var owner: String
  public var number: Int
  public var title: String
  public var isClosed = false
  public var isPublic = false
  public var fields: [SimulatedField]
  /// By database id, which also is their order on the board.
  public var items: [Int: SimulatedItem] = [:]
  /// The status of items whose issue is closed or pull request merged; nil: they are left alone.
  public var closedStatus: String?
  public var createdAt: Timestamp
  public var updatedAt: Timestamp

  public func field(_ name: String) -> SimulatedField? {
    fields.first { $0.name.lowercased() == name.lowercased() }
  }
}

public struct SimulatedField: Hashable, Sendable {
  public enum Kind: String, Sendable {
    case title = "TITLE"
    case assignees = "ASSIGNEES"
    case labels = "LABELS"
    case linkedPullRequests = "LINKED_PULL_REQUESTS"
    case milestone = "MILESTONE"
    case repository = "REPOSITORY"
    case singleSelect = "SINGLE_SELECT"
    case text = "TEXT"
    case number = "NUMBER"
    case date = "DATE"
    case iteration = "ITERATION"
  }
  public struct Option: Hashable, Sendable {
    public var id: String
    public var name: String
    /// Iterations only.
    public var start = ""
    public var days = 14
  }
  public var id: Int
  public var nodeID: String
  public var name: String
  public var kind: Kind
  /// Of a single select its options, of an iteration field its iterations.
  public var options: [Option]

  /// GitHub's type of the field.
  var type: String {
    switch kind {
    case .singleSelect: "ProjectV2SingleSelectField"
    case .iteration: "ProjectV2IterationField"
    default: "ProjectV2Field"
    }
  }
  /// The input key a value of this field is set by; nil: it cannot be set.
  var inputKey: String? {
    switch kind {
    case .singleSelect: "singleSelectOptionId"
    case .iteration: "iterationId"
    case .text: "text"
    case .number: "number"
    case .date: "date"
    default: nil
    }
  }
}

/// An idea on a board that is no issue yet.
public struct SimulatedDraft: Hashable, Sendable {
  public var nodeID: String
  public var title: String
  public var body: String
  public var creator: String
  public var createdAt: Timestamp
}

public struct SimulatedItem: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    case issue(IssuePlace)
    case draft(SimulatedDraft)
  }
  public var id: Int
  public var nodeID: String
  public var content: Content
  public var isArchived = false
  /// By field id: an option's or iteration's id, a text, a date, a number as text.
  public var values: [Int: String] = [:]
  public var createdAt: Timestamp
  public var updatedAt: Timestamp

  public var place: IssuePlace? { if case .issue(let place) = content { place } else { nil } }
  public var draft: SimulatedDraft? { if case .draft(let draft) = content { draft } else { nil } }

  /// What a person sees in a field; nil when it is empty.
  public func shown(_ field: SimulatedField) -> String? {
    guard let value = values[field.id] else { return nil }
    switch field.kind {
    case .singleSelect, .iteration: return field.options.first { $0.id == value }?.name
    default: return value
    }
  }
}
