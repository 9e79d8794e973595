// Projects V2 boards of the simulated GitHub: fields, options, items and their values. Plain
// values; what happens to them is in BoardEdits.swift, how they look on the wire in GraphQL/.
import SymphonyCore

package struct SimulatedBoard: Sendable {
  package var id: Int
  package var nodeID: String
  package var owner: String
  package var number: Int
  package var title: String
  package var isClosed = false
  package var isPublic = false
  package var fields: [SimulatedField]
  /// The items by database id, which also is their order on the board.
  package var items: [Int: SimulatedItem] = [:]
  /// The status of items whose issue is closed or pull request merged; nil: they are left alone.
  package var closedStatus: String?
  package var createdAt: Timestamp
  package var updatedAt: Timestamp

  package func field(_ name: String) -> SimulatedField? {
    fields.first { $0.name.lowercased() == name.lowercased() }
  }
}

package struct SimulatedField: Hashable, Sendable {
  package enum Kind: String, Sendable {
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
  package struct Option: Hashable, Sendable {
    package var id: String
    package var name: String
  }
  package var id: Int
  package var nodeID: String
  package var name: String
  package var kind: Kind
  /// Of a single select its options, of an iteration field its iterations.
  package var options: [Option]

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
package struct SimulatedDraft: Hashable, Sendable {
  package var nodeID: String
  package var title: String
  package var body: String
  package var creator: String
  package var createdAt: Timestamp
}

package struct SimulatedItem: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    case issue(IssuePlace)
    case draft(SimulatedDraft)
  }
  package var id: Int
  package var nodeID: String
  package var content: Content
  package var isArchived = false
  /// By field id: an option's or iteration's id, a text, a date, a number as text.
  package var values: [Int: String] = [:]
  package var createdAt: Timestamp
  package var updatedAt: Timestamp

  package var place: IssuePlace? { if case .issue(let place) = content { place } else { nil } }
  package var draft: SimulatedDraft? { if case .draft(let draft) = content { draft } else { nil } }

  /// What a person sees in a field; nil when it is empty.
  package func shown(_ field: SimulatedField) -> String? {
    guard let value = values[field.id] else { return nil }
    switch field.kind {
    case .singleSelect, .iteration: return field.options.first { $0.id == value }?.name
    default: return value
    }
  }
}
