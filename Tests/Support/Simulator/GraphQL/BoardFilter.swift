// The filter language of a board's items: `status:Todo,"In Progress" -label:wontfix is:open`. A
// comma means or, a space and, a leading `-` not. What it does not know matches nothing, without an
// error, as GitHub is reported to do.
import SymphonyCore

struct BoardFilter {
  private struct Term {
    var isNegated: Bool
    /// Nil: free text on the title.
    var key: String?
    var values: [String]
  }
  private var terms: [Term] = []

  init(_ text: String) {
    let pattern = /(-?)(?:([\w][\w.-]*):)?((?:"[^"]*"|[^\s",])+(?:,(?:"[^"]*"|[^\s",])+)*)/
    for found in text.matches(of: pattern) {
      terms.append(
        Term(
          isNegated: found.output.1 == "-", key: found.output.2.map { $0.lowercased() },
          values: BoardFilter.values(found.output.3)))
    }
  }

  /// Splits at commas outside quotes and takes the quotes off.
  private static func values(_ text: Substring) -> [String] {
    var values = [""]
    var isQuoted = false
    for character in text {
      switch character {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: values.append("")
      default: values[values.count - 1].append(character)
      }
    }
    return values
  }

  func accepts(_ item: SimulatedItem, on board: SimulatedBoard, _ context: GraphContext) -> Bool {
    terms.allSatisfy { term in
      term.values.contains { matches(term.key, $0, item, board, context) } != term.isNegated
    }
  }

  private func matches(
    _ key: String?, _ value: String, _ item: SimulatedItem, _ board: SimulatedBoard,
    _ context: GraphContext
  ) -> Bool {
    let issue = item.place.flatMap { context.world.found($0) }
    let wanted = value.lowercased()
    guard let key else {
      return (issue?.title ?? item.draft?.title ?? "").lowercased().contains(wanted)
    }
    func field(_ name: String) -> SimulatedField? {
      board.fields.first {
        $0.inputKey != nil && $0.name.lowercased().replacing(" ", with: "-") == name
      }
    }
    if let field = field(key) { return item.shown(field)?.lowercased() == wanted }
    switch key {
    case "is", "type", "state":
      switch wanted {
      case "open": return issue?.isOpen ?? true
      case "closed": return issue?.isOpen == false
      case "merged": return issue?.pull?.isMerged == true
      case "issue": return issue.map { $0.pull == nil } ?? false
      case "pr": return issue?.pull != nil
      case "draft": return item.draft != nil || issue?.pull?.isDraft == true
      default: return false
      }
    case "label": return issue?.labels.contains { $0.lowercased() == wanted } == true
    case "assignee":
      let login = wanted == "@me" ? context.caller.login.lowercased() : wanted
      return issue?.assignees.contains { $0.lowercased() == login } == true
    case "author": return issue?.author.lowercased() == wanted
    case "milestone": return issue?.milestone?.lowercased() == wanted
    case "repo":
      let name = item.place.flatMap { context.world.rooms[$0.repository]?.facts.name }
      return name?.description.lowercased() == wanted
    case "no", "has":
      let isThere: Bool
      switch wanted {
      case "assignee", "assignees": isThere = issue?.assignees.isEmpty == false
      case "label", "labels": isThere = issue?.labels.isEmpty == false
      case "milestone": isThere = issue?.milestone != nil
      default: isThere = field(wanted).flatMap { item.shown($0) } != nil
      }
      return isThere == (key == "has")
    default: return false
    }
  }
}
