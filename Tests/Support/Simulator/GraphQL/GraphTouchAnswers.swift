// What GraphQL says of edits and timelines of issues and pull requests.
import SymphonyCore

extension GraphContext {
  /// Nil for a field that is none of these.
  func touches(
    _ issue: SimulatedIssue, _ question: GraphQuestion, _ room: RepositoryRoom
  ) throws -> GraphAnswer? {
    let edits = issue.touches.filter { $0.kind == .edited }
    switch question.name {
    case "viewerDidAuthor": return .flag(issue.author == caller.login)
    case "lastEditedAt": return .time(edits.last?.at)
    case "editor": return person(edits.last?.actor)
    case "userContentEdits":
      // The newest first.
      return try GraphPage.connection(
        "UserContentEditConnection", edits.reversed(), question
      ) { edit in
        .object(
          GraphObject(
            "UserContentEdit",
            fields: [
              "id": .text("UCE_\(issue.id)"), "createdAt": .time(edit.at),
              "editedAt": .time(edit.at), "updatedAt": .time(edit.at),
              "editor": self.person(edit.actor),
            ]))
      }
    case "timelineItems":
      let kinds = question.words("itemTypes")
      let rows = issue.touches.filter { touch in
        guard let kind = Self.itemType(touch.kind) else { return false }
        return kinds?.contains(kind) ?? true
      }
      let type = issue.pull == nil ? "Issue" : "PullRequest"
      return try GraphPage.connection("\(type)TimelineItemsConnection", rows, question) {
        .object(self.event($0, issue, room))
      }
    default: return nil
    }
  }

  func person(_ login: String?) -> GraphAnswer {
    login.map { .object(account($0)) } ?? .null
  }

  /// An edit of the body is no event.
  private static func itemType(_ kind: SimulatedTouch.Kind) -> String? {
    switch kind {
    case .labeled: "LABELED_EVENT"
    case .unlabeled: "UNLABELED_EVENT"
    case .renamed: "RENAMED_TITLE_EVENT"
    case .reopened: "REOPENED_EVENT"
    case .edited: nil
    }
  }

  private func event(
    _ touch: SimulatedTouch, _ issue: SimulatedIssue, _ room: RepositoryRoom
  ) -> GraphObject {
    var fields: [String: GraphAnswer] = [
      "id": .text("EV_\(issue.id)"), "actor": person(touch.actor), "createdAt": .time(touch.at),
    ]
    switch touch.kind {
    case .labeled(let name):
      fields["label"] = .object(label(name, room.facts))
      return GraphObject("LabeledEvent", fields: fields)
    case .unlabeled(let name):
      fields["label"] = .object(label(name, room.facts))
      return GraphObject("UnlabeledEvent", fields: fields)
    case .renamed(let old, let new):
      fields["previousTitle"] = .text(old)
      fields["currentTitle"] = .text(new)
      return GraphObject("RenamedTitleEvent", fields: fields)
    case .edited, .reopened:
      fields["stateReason"] = .null
      return GraphObject("ReopenedEvent", fields: fields)
    }
  }
}
