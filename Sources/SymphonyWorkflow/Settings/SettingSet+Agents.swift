// Which agents a file uses, what each is told where several keys mean it, and what about them has
// no effect or cannot work: settings of agents that nobody uses, and rules that never come to
// anything. Called by `Workflow.read` and `PolicyBuilder`. An agent's own settings are its
// adapter's to judge.

import SymphonyCore

extension SettingSet {
  /// Of items that no rule speaks of.
  var kind: String { value("agent.kind").stringValue ?? AgentPolicy().kind }

  /// The file's kind and those that rules name, sorted.
  var kindsInUse: [String] {
    Set([kind] + rules.compactMap { $0["set"]?["kind"]?.stringValue }).sorted()
  }

  var rules: [Structure] { value("agent.rules").listValue ?? [] }

  /// OpenCode has words of its own; one of them holds for it also where it is said for all agents.
  func permission(of kind: String) -> Structure {
    let general = value("agent.permission_mode")
    guard kind == "opencode" else { return general }
    if given["opencode.permission_profile"]?.value == nil, isOpenCodesAnswer(general) {
      return general
    }
    return value("opencode.permission_profile")
  }

  private func isOpenCodesAnswer(_ value: Structure) -> Bool {
    value.stringValue.map { Schema.opencodeAnswers.contains($0) } ?? false
  }

  // MARK: Checks

  mutating func checkAgents() {
    checkSections()
    checkPermissions()
    checkNetwork()
    checkRules()
  }

  private mutating func checkNetwork() {
    guard let network = isSet("agent.sandbox_network") else { return }
    if value("agent.sandbox") == .string("none") {
      log.warn(
        "no_effect", at: network.keyPlace,
        "`agent.sandbox_network` has no effect without `agent.sandbox`: the agent has the network")
    } else if let kind = kindsInUse.first(where: { AgentSections.section(of: $0) != nil }) {
      log.warn(
        "conflicting_settings", at: network.keyPlace,
        "without a network \(kind) does not reach its model, not even on this machine",
        hint: "leave `agent.sandbox_network` true, or use `agent.kind: command`")
    }
  }

  private func uses(_ kind: String) -> Bool { kindsInUse.contains(kind) }

  private mutating func checkSections() {
    // What a wrong kind would use is not known.
    if let kind = given["agent.kind"], kind.value == nil, !kind.isNull { return }
    for spec in Schema.all where spec.feature == .works {
      let kinds = AgentSections.kinds(of: SettingSpec.parts(of: spec.path).section)
      guard let kind = kinds.first, !(spec.kinds + kinds).contains(where: uses),
        let given = isSet(spec.path)
      else { continue }
      log.warn(
        "no_effect", at: given.keyPlace,
        "`\(given.name)` has no effect: neither `agent.kind` nor a rule names \(kind)")
    }
  }

  // MARK: Permissions

  private mutating func checkPermissions() {
    guard let given = given["agent.permission_mode"], let value = given.value else { return }
    checkMode(given.tree, given.name)
    if uses("claude_code") { return }
    if uses("opencode"), isOpenCodesAnswer(value) { return }
    let own = AgentSections.permissions(of: kind)
    log.warn(
      "no_effect", at: given.keyPlace,
      "`\(given.name)` has no effect: it is Claude Code's, and neither `agent.kind` nor a rule"
        + " names claude_code",
      hint: own.map { "\(kind) reads `\($0)`" })
  }

  private mutating func checkMode(_ tree: YAMLTree, _ name: String) {
    var found: [(key: String, text: String)] = []
    for key in AgentPolicy.modeKeys {
      guard let member = tree.member(key) else { continue }
      guard case .scalar(let text, _) = member.value.content else {
        log.error(
          "wrong_value", at: member.value.place,
          "`\(name).\(key)` must be a mode, not \(member.value.kindName)")
        continue
      }
      if let other = found.first, other.text != text {
        log.error(
          "conflicting_keys", at: member.keyPlace,
          "`\(name)` has `\(other.key)` and `\(key)`, which mean the same, with different values",
          hint: "keep one of them")
      }
      found.append((key, text))
    }
  }

  // MARK: Rules

  private mutating func checkRules() {
    guard let given = given["agent.rules"], case .list(let entries) = given.tree.content else {
      return
    }
    let kinds = kindsInUse
    for (number, (entry, rule)) in zip(entries, rules).enumerated() {
      let name = "agent.rules[\(number)]"
      checkCondition(rule["when"] ?? .null, entry.member("when"), name)
      guard let set = rule["set"]?.objectValue, let member = entry.member("set") else { continue }
      checkKind(set, member, name, kinds)
      checkPermission(set, member, name)
      if isIdle(set, before: number) {
        log.warn(
          "no_effect", at: entry.place,
          "`\(name)` changes nothing: what it sets holds without it")
      }
    }
  }

  private mutating func checkCondition(
    _ when: Structure, _ member: YAMLTree.Member?, _ name: String
  ) {
    let labels = when["label"]?.texts ?? []
    if let member, !labels.isEmpty,
      labels.allSatisfy({ holds("tracker.exclude_labels", $0) })
    {
      log.warn(
        "no_effect", at: member.value.place,
        "`\(name)` never applies: `tracker.exclude_labels` excludes its items")
    }
    guard let fields = when["field"]?.objectValue, let member, !fields.isEmpty else { return }
    let place = (member.value.member("field") ?? member.value.member("fields") ?? member).keyPlace
    if !isLocal, !hasBoard {
      log.warn(
        "no_effect", at: place,
        "`\(name)` never applies: only items of a board have fields",
        hint: "set `tracker.project_number`, or ask for a label")
    }
    // Of a local issue only what has no other meaning is a field.
    let taken = ["assignees", "author", "blocked_by", "labels", "priority", "status", "title"]
    if isLocal, let field = fields.keys.sorted().first(where: { taken.contains($0.folded) }) {
      log.warn(
        "no_effect", at: place,
        "`\(name)` never applies: `\(field)` of a local issue is no field of its own",
        hint: "ask for a label, or for a key that you add to the front matter")
    }
  }

  private mutating func checkKind(
    _ set: [String: Structure], _ member: YAMLTree.Member, _ name: String, _ kinds: [String]
  ) {
    let own = set["kind"]?.stringValue
    if own == "command", kind != "command", set["command"] == nil,
      let place = member.value.member("kind")?.value.place
    {
      log.error(
        "missing_setting", at: place, "`\(name).set.kind` is command, which needs a program",
        hint: "write `command:` beside it")
    }
    guard own == nil, kinds.count > 1,
      let key = ["command", "model", "permission_mode"].first(where: { set[$0] != nil }),
      let place = member.value.member(key)?.keyPlace
    else { return }
    log.warn(
      "rule_without_kind", at: place,
      "`\(name)` sets `\(key)` for whatever agent an item gets, also where another rule chose it",
      hint: "write `kind:` beside it: \(kinds.joined(separator: ", "))")
  }

  private mutating func checkPermission(
    _ set: [String: Structure], _ member: YAMLTree.Member, _ name: String
  ) {
    guard let value = set["permission_mode"], let written = member.value.member("permission_mode")
    else { return }
    let full = "\(name).set.permission_mode"
    switch set["kind"]?.stringValue ?? kind {
    case "claude_code": checkMode(written.value, full)
    case "opencode" where value.stringValue != nil && !isOpenCodesAnswer(value):
      log.error(
        "wrong_value", at: written.value.place,
        "`\(full)` of opencode must be one of"
          + " \(Schema.opencodeAnswers.joined(separator: ", ")), or a map")
    case "opencode": break
    case let other:
      log.warn(
        "no_effect", at: written.keyPlace,
        "`\(full)` has no effect on \(other)",
        hint: AgentSections.permissions(of: other).map { "\(other) reads `\($0)`" })
    }
  }

  /// What a rule sets is what holds anyway, and no earlier rule says otherwise.
  private func isIdle(_ set: [String: Structure], before number: Int) -> Bool {
    let keys = Set(set.keys)
    // Said for whatever agent an item gets: another kind's own may differ.
    let isForAll = set["kind"] == nil && kindsInUse.count > 1
    if keys.isEmpty || isForAll && !keys.isDisjoint(with: ["model", "permission_mode"]) {
      return false
    }
    let own = agent(of: kind)
    var changed = own
    change(set).edit(&changed)
    return changed == own && (set["kind"]?.stringValue ?? kind) == kind
      && rules[..<number].allSatisfy { keys.isDisjoint(with: ($0["set"]?.objectValue ?? [:]).keys) }
  }
}

extension YAMLTree {
  func member(_ key: String) -> Member? {
    guard case .map(let members) = content else { return nil }
    return members.first { $0.key == key }
  }
}
