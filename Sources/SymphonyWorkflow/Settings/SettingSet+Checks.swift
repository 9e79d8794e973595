// Mistakes that only show when two settings are looked at together: a board without an owner, a
// hand-off status that is active, a label move that would stop its own run. Called by
// `Workflow.read` once all settings are read. Only the board can say whether a status or a field
// exists, not the file.

import SymphonyCore

extension SettingSet {
  mutating func checkTogether() {
    checkBoard()
    checkStatuses()
    checkLabelMoves()
    checkDrafts()
    checkRepositories()
    checkServer()
  }

  var isLocal: Bool { value("tracker.kind").stringValue == "local" }
  /// True also where the number is wrong: that was said already.
  var hasBoard: Bool {
    !isLocal && given["tracker.project_number"].map { !$0.isNull } == true
  }
  private var hasStatuses: Bool { isLocal || hasBoard }

  private func texts(_ path: String) -> [String] { value(path).texts }
  func holds(_ path: String, _ name: String) -> Bool {
    texts(path).contains(folded: name)
  }
  /// A name that is given: its text and where it stands.
  private func name(_ path: String) -> (text: String, place: TextPosition)? {
    guard let given = given[path], let text = given.value?.stringValue else { return nil }
    return (text, given.valuePlace)
  }
  /// Written, and not as the default.
  func isSet(_ path: String) -> Given? {
    guard let number = Schema.index[path], let given = given[path], let value = given.value,
      value != Schema.all[number].fallback.value(dialect)
    else { return nil }
    return given
  }

  // MARK: Boards

  private static let boardOnly = [
    "tracker.owner", "tracker.project_scope", "tracker.status_field_name",
    "tracker.priority_field_name", "tracker.priority_value_map", "tracker.executable_item_types",
    "tracker.require_issue_backing", "tracker.allow_draft_issue_conversion",
    "tracker.draft_repository", "agent.max_concurrent_agents_by_project_status",
  ]

  private mutating func checkBoard() {
    if isLocal { return }
    guard hasBoard else {
      for path in Self.boardOnly {
        guard let given = isSet(path) else { continue }
        log.warn(
          "no_effect", at: given.keyPlace,
          "`\(given.name)` has no effect without a board, that is `tracker.project_number`")
      }
      for path in ["tracker.in_progress_status", "pull_request.handoff_project_status"] {
        guard let status = name(path) else { continue }
        log.error(
          "missing_setting", at: status.place,
          "`\(path)` needs a board: issues alone have no status",
          hint: "set `tracker.owner` and `tracker.project_number`, or take this line out")
      }
      return
    }
    if let number = given["tracker.project_number"],
      given["tracker.owner"].map({ $0.isNull || $0.written == "" }) ?? true
    {
      log.error(
        "missing_setting", at: number.keyPlace, "`tracker.project_number` needs `tracker.owner`",
        hint: "name the user or organization whose board it is")
    }
    if let repository = isSet("tracker.repository") {
      log.warn(
        "no_effect", at: repository.keyPlace,
        "`tracker.repository` has no effect beside a board, which has items of many",
        hint: "use `tracker.repo_allowlist`")
    }
    for path in ["tracker.active_values", "tracker.executable_item_types"] {
      guard let given = given[path], given.value == .list([]) else { continue }
      log.error(
        "wrong_value", at: given.valuePlace,
        "`\(path)` is empty: nothing of the board would ever be worked on")
    }
  }

  // MARK: Statuses

  private mutating func checkStatuses() {
    if hasStatuses {
      checkHandoffStatus()
      if let status = name("tracker.in_progress_status") {
        for path in ["tracker.terminal_values", "tracker.blocked_status_values"]
        where holds(path, status.text) {
          log.error(
            "conflicting_settings", at: status.place,
            "`tracker.in_progress_status` is `\(status.text)`, one of `\(path)`: each run would be"
              + " stopped by its own start")
        }
        let isOver = ["tracker.terminal_values", "tracker.blocked_status_values"].contains {
          holds($0, status.text)
        }
        if given["tracker.active_values"]?.value != nil, !isOver,
          !holds("tracker.active_values", status.text)
        {
          log.warn(
            "conflicting_settings", at: status.place,
            "`tracker.in_progress_status` is `\(status.text)`, which is not among"
              + " `tracker.active_values`: items in it count as active and are started")
        }
      }
      if let active = given["tracker.active_values"] {
        for status in texts("tracker.active_values")
        where holds("tracker.terminal_values", status) {
          log.warn(
            "conflicting_settings", at: active.place(of: status),
            "the status `\(status)` is active and terminal at once: it counts as terminal")
        }
      }
      checkStatusLimits()
    }
    if let checks = isSet("pull_request.required_before_handoff_checks"),
      name("pull_request.handoff_project_status") == nil
    {
      log.warn(
        "no_effect", at: checks.keyPlace,
        "`\(checks.name)` has no effect without `pull_request.handoff_project_status`")
    }
  }

  private mutating func checkHandoffStatus() {
    guard let status = name("pull_request.handoff_project_status") else { return }
    let isInProgress = name("tracker.in_progress_status")?.text.folded == status.text.folded
    if isInProgress || holds("tracker.active_values", status.text) {
      log.error(
        "conflicting_settings", at: status.place,
        "`pull_request.handoff_project_status` is `\(status.text)`, "
          + (isInProgress ? "the `tracker.in_progress_status`" : "one of `tracker.active_values`")
          + ": the item would be taken up again",
        hint: "hand off to a status that no work is done in")
    } else if holds("tracker.terminal_values", status.text) {
      log.warn(
        "conflicting_settings", at: status.place,
        "`pull_request.handoff_project_status` is `\(status.text)`, one of"
          + " `tracker.terminal_values`: the item counts as done before its pull request is merged")
    }
  }

  private mutating func checkStatusLimits() {
    let path = "agent.max_concurrent_agents_by_project_status"
    guard let limits = given[path], case .map(let members) = limits.tree.content else { return }
    let progress = name("tracker.in_progress_status")?.text.folded
    for member in members
    where !holds("tracker.active_values", member.key) && member.key.folded != progress {
      log.warn(
        "no_effect", at: member.keyPlace,
        "`\(path).\(member.key)` limits nothing: the status is not among `tracker.active_values`")
    }
  }

  // MARK: Labels

  private mutating func checkLabelMoves() {
    let path = "tracker.labels_on"
    guard let moves = given[path], let events = moves.value?.objectValue else { return }
    for event in ["start", "handoff", "park"] {
      func names(_ list: String) -> [String] { events[event]?[list]?.texts ?? [] }
      for label in names("remove") {
        let place = moves.place(of: label, under: [event, "remove"])
        if names("add").contains(folded: label) {
          log.error(
            "conflicting_settings", at: place,
            "`\(path).\(event)` adds and removes the label `\(label)`")
        } else if event == "start", holds("tracker.labels", label) {
          log.error(
            "conflicting_settings", at: place,
            "`\(path).start.remove` takes off the label `\(label)`, which `tracker.labels`"
              + " requires: each run would be stopped by its own start",
            hint: "take it off at `handoff`")
        }
      }
      for label in names("add")
      where event == "start" && holds("tracker.exclude_labels", label) {
        log.error(
          "conflicting_settings", at: moves.place(of: label, under: [event, "add"]),
          "`\(path).start.add` puts on the label `\(label)`, which `tracker.exclude_labels`"
            + " excludes: each run would be stopped by its own start")
      }
    }
  }

  // MARK: The server

  /// The token goes there with every request, and git's with every fetch.
  private mutating func checkServer() {
    guard !isLocal, let server = name("github.api_url"), server.text.hasPrefix("http://"),
      value("github.allow_insecure_http") != .bool(true)
    else { return }
    let authority = server.text.dropFirst("http://".count).prefix { $0 != "/" }
    let host =
      authority.first == "["
      ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
    if HostName.isLoopback(host.lowercased()) { return }
    log.error(
      "insecure_http", at: server.place,
      "`github.api_url` is plain http to another machine: anybody on the way can read the token and"
        + " change what is cloned",
      hint: "write https://, or insist with `github.allow_insecure_http: true`")
  }

  // MARK: Drafts and repositories

  private mutating func checkDrafts() {
    guard hasBoard else { return }
    let conversion = isSet("tracker.allow_draft_issue_conversion")
    let needsIssue = value("tracker.require_issue_backing") == .bool(true)
    guard holds("tracker.executable_item_types", "draft_issue") else {
      if let conversion {
        log.warn(
          "no_effect", at: conversion.keyPlace,
          "`\(conversion.name)` has no effect: `draft_issue` is not among"
            + " `tracker.executable_item_types`")
      }
      return
    }
    let types = given["tracker.executable_item_types"]
    if conversion == nil, needsIssue {
      log.warn(
        "no_effect",
        at: types?.place(of: "draft_issue") ?? TextPosition(line: 1, column: 1),
        "drafts would never be worked on: `tracker.require_issue_backing` is true and"
          + " `tracker.allow_draft_issue_conversion` is false")
    } else if given["tracker.draft_repository"].map(\.isNull) ?? true {
      log.error(
        "missing_setting",
        at: (conversion ?? given["tracker.require_issue_backing"])?.keyPlace
          ?? TextPosition(line: 1, column: 1),
        conversion != nil
          ? "`tracker.allow_draft_issue_conversion` needs `tracker.draft_repository`"
          : "drafts are worked on in `tracker.draft_repository`, which is not set",
        hint: "name the repository, as owner/name")
    }
  }

  private mutating func checkRepositories() {
    if let denied = given["tracker.repo_denylist"] {
      for repository in texts("tracker.repo_denylist")
      where holds("tracker.repo_allowlist", repository) {
        log.error(
          "conflicting_settings", at: denied.place(of: repository),
          "the repository `\(repository)` is in `tracker.repo_allowlist` and in"
            + " `tracker.repo_denylist`", hint: "keep it in one of them")
      }
    }
    for path in ["tracker.draft_repository", "tracker.repository"]
    where hasBoard == (path == "tracker.draft_repository") && !isLocal {
      guard let repository = name(path) else { continue }
      let isListed = holds("tracker.repo_allowlist", repository.text)
      if holds("tracker.repo_denylist", repository.text) {
        log.error(
          "conflicting_settings", at: repository.place,
          "`\(path)` is `\(repository.text)`, which `tracker.repo_denylist` denies")
      } else if !isListed, !texts("tracker.repo_allowlist").isEmpty {
        log.error(
          "conflicting_settings", at: repository.place,
          "`\(path)` is `\(repository.text)`, which `tracker.repo_allowlist` does not allow")
      }
    }
  }
}

extension SettingSet.Given {
  /// The place of an entry of a list, which is the value itself or below some of its keys.
  ///
  /// The nearest place known where it is not found, as when it came out of a variable.
  func place(of name: String, under keys: [String] = []) -> TextPosition {
    var node = tree
    for key in keys {
      guard case .map(let members) = node.content,
        let member = members.first(where: { $0.key == key })
      else { return node.place }
      node = member.value
    }
    guard case .list(let entries) = node.content else { return node.place }
    let entry = entries.first {
      if case .scalar(let text, _) = $0.content { text.folded == name.folded } else { false }
    }
    return entry?.place ?? node.place
  }
}
