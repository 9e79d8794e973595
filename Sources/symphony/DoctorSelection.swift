// The check `selection` of doctor: by which rules issues are chosen, and how many of those that the
// tracker lists pass every rule now. Slots, holds and money are left to `symphony tick --dry-run`.
import SymphonyCore

struct DoctorSelection {
  let policy: TrackerPolicy

  /// `survey`: nil: the tracker could not be asked.
  func finding(_ survey: Survey?) -> Finding {
    let rules = policy.selectionRules
    guard !rules.isEmpty else {
      return Finding(
        .warn, "selection",
        "nothing narrows what is worked on: every open issue is; \(count(survey))",
        hint: "name a label with tracker.required_labels, an assignee, authors, or a board")
    }
    return Finding(.pass, "selection", "\(count(survey)); by \(rules.joined(separator: ", "))")
  }

  private func count(_ survey: Survey?) -> String {
    guard let survey, case .items(let items) = survey.candidates else {
      return "the tracker could not be asked how many issues would be eligible"
    }
    let eligible = items.count { item in
      let isPrivate = survey.facts(of: item.repository)?.isPrivate
      return Eligibility.obstacle(item, policy: policy, isPrivate: isPrivate) == nil
    }
    let listed = items.count == eligible ? "" : " of \(items.count) listed"
    return
      "\(eligible)\(listed) issue\(eligible == 1 && listed.isEmpty ? "" : "s") would be eligible"
  }
}

extension TrackerPolicy {
  /// The rules that narrow the issues, in words; empty: every open issue is worked on.
  var selectionRules: [String] {
    var rules: [String] = []
    let labels = requiredLabels.map { "`\($0)`" }.joined(separator: " and ")
    if !labels.isEmpty { rules.append("the label \(labels)") }
    if let assignee { rules.append("the assignee \(assignee)") }
    if usesBoard { rules.append("the statuses \(activeStatuses.joined(separator: ", "))") }
    if case .list(let people) = trustedAuthors {
      rules.append("the authors \(people.joined(separator: ", "))")
    }
    // A local issue is written for symphony: being in the folder is the choice.
    if kind == .local { rules.append("being in \(directory)") }
    return rules
  }
}
