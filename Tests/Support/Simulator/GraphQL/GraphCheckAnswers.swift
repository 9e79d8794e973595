// What GraphQL says of a commit's checks, and of the checks a branch requires. A token that may not
// read checks reads their counts and the state of all, and gets an error for each check run.
import SymphonyCore

extension GraphContext {
  func rule(_ branch: String, _ room: RepositoryRoom) -> GraphObject? {
    room.requiredChecks[branch].map { names in
      GraphObject(
        "RefUpdateRule",
        fields: ["requiredStatusCheckContexts": .list(names.map { .text($0) })])
    }
  }

  /// The checks of a commit; nil without any.
  func rollup(_ commit: String, _ room: RepositoryRoom) -> GraphObject? {
    guard let checks = room.checks[commit], !checks.isEmpty else { return nil }
    let words = checks.map { check -> String in
      guard let status = check.status else { return check.conclusion ?? "pending" }
      if status != "completed" { return "pending" }
      return ["success", "neutral", "skipped"].contains(check.conclusion) ? "success" : "failure"
    }
    let state = ["error", "failure", "pending", "expected"].first { words.contains($0) }
    let mayRead = caller.may("checks", write: false, in: room.facts)
    return GraphObject("StatusCheckRollup") { [self] question in
      switch question.name {
      case "id": return .text("SCR_\(commit)")
      case "state": return .text((state ?? "success").uppercased())
      case "contexts":
        return try GraphPage.connection(
          "StatusCheckRollupContextConnection", checks, question,
          extra: [
            "checkRunCount": .count(checks.count { $0.status != nil }),
            "statusContextCount": .count(checks.count { $0.status == nil }),
            "checkRunCountsByState": counts(checks.filter { $0.status != nil }, "CheckRun"),
            "statusContextCountsByState": counts(
              checks.filter { $0.status == nil }, "StatusContext"),
          ]
        ) { check in
          check.status != nil && !mayRead
            ? .refusal(self.denied) : .object(self.check(check, commit, room))
        }
      default: return .missing
      }
    }
  }

  private func counts(_ checks: [SimulatedCheck], _ kind: String) -> GraphAnswer {
    let groups = Dictionary(grouping: checks, by: \.counted).sorted { $0.key < $1.key }
    return .list(
      groups.map { state, checks in
        .object(
          GraphObject(
            "\(kind)StateCount",
            fields: ["state": .text(state), "count": .count(checks.count)]))
      })
  }

  private func isRequired(
    _ check: SimulatedCheck, _ question: GraphQuestion, _ room: RepositoryRoom
  ) -> Bool {
    guard let id = question.text("pullRequestId"), case .issue(let place)? = world.nodes[id],
      let base = world.found(place)?.pull?.base
    else { return false }
    return room.requiredChecks[base]?.contains(check.name) == true
  }

  private func check(
    _ check: SimulatedCheck, _ commit: String, _ room: RepositoryRoom
  ) -> GraphObject {
    let time = check.at ?? room.facts.pushedAt
    guard let status = check.status else {
      return GraphObject("StatusContext") { [self] question in
        switch question.name {
        case "id": return .text("SC_\(commit)\(check.name)")
        case "context": return .text(check.name)
        case "state": return .text(check.conclusion?.uppercased())
        case "description": return .text(check.summary)
        case "targetUrl": return .null
        case "isRequired": return .flag(isRequired(check, question, room))
        case "createdAt", "updatedAt": return .time(time)
        default: return .missing
        }
      }
    }
    let url = "\(world.web)/\(room.facts.name)/actions/runs/\(check.run)/job/\(check.id)"
    return GraphObject("CheckRun") { [self] question in
      switch question.name {
      case "id": return .text("CR_\(check.id)")
      case "databaseId": return .count(check.id)
      case "name": return .text(check.name)
      case "status": return .text(status.uppercased())
      case "conclusion": return .text(check.conclusion?.uppercased())
      case "isRequired": return .flag(isRequired(check, question, room))
      case "url", "detailsUrl": return .text(url)
      case "startedAt": return .time(time)
      case "completedAt": return .time(status == "completed" ? time : nil)
      case "title": return .text(check.title)
      case "summary": return .text(check.summary)
      case "text": return .null
      case "checkSuite": return .object(suite(check))
      case "annotations":
        return try GraphPage.connection(
          "CheckAnnotationConnection", check.annotations, question
        ) { .object(self.annotation($0)) }
      default: return .missing
      }
    }
  }

  private func suite(_ check: SimulatedCheck) -> GraphObject {
    let workflow = GraphObject("Workflow", fields: ["name": .text(check.workflow)])
    let run = GraphObject(
      "WorkflowRun",
      fields: [
        "databaseId": .count(check.run), "runAttempt": .count(check.attempt),
        "event": .text(check.event), "workflow": .object(workflow),
      ])
    return GraphObject(
      "CheckSuite",
      fields: [
        "app": .optional(
          check.app.map { GraphObject("App", fields: ["slug": .text($0)]) }),
        "workflowRun": check.app == "github-actions" ? .object(run) : .null,
      ])
  }

  private func annotation(_ words: [String]) -> GraphObject {
    let place = words.first?.split(separator: ":").map(String.init) ?? []
    let start = GraphObject(
      "CheckAnnotationPosition", fields: ["line": .count(place.last.flatMap { Int($0) })])
    return GraphObject(
      "CheckAnnotation",
      fields: [
        "path": .text(place.first), "annotationLevel": .text("FAILURE"), "title": .null,
        "message": .text(words.last),
        "location": .object(
          GraphObject("CheckAnnotationSpan", fields: ["start": .object(start)])),
      ])
  }
}
