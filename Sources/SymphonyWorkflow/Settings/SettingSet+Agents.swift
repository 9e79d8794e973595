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

  /// The permissions of a kind.
  ///
  /// The setting for all agents holds also for a kind with a setting of its own, where that one is
  /// not written and the kind knows the word.
  func permission(of kind: String) -> Structure {
    let general = value(PermissionSetting.general)
    guard let own = AgentSections.permissions(of: kind), case .answer = own.style else {
      return general
    }
    return given[own.path]?.value == nil && own.reads(general) ? general : value(own.path)
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
    } else if let kind = kindsInUse.first(where: AgentKind.needsNetwork) {
      log.warn(
        "conflicting_settings", at: network.keyPlace,
        "without a network \(kind) does not reach its model, not even on this machine",
        hint: "leave `agent.sandbox_network` true, or use `agent.kind: command`")
    }
  }

  private func uses(_ kind: String) -> Bool { kindsInUse.contains(kind) }

  private mutating func checkSections() {
    // The kind is wrong, so it is not known which sections it would use.
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
    guard let given = given[PermissionSetting.general], let value = given.value else { return }
    for kind in AgentSections.ofGeneralMode { checkMode(given.tree, given.name, of: kind) }
    let readers = kindsInUse.compactMap { AgentSections.permissions(of: $0) }
    if readers.contains(where: { $0.reads(value) }) { return }
    log.warn(
      "no_effect", at: given.keyPlace,
      "`\(given.name)` has no effect: neither `agent.kind` nor a rule names"
        + " \(AgentSections.ofGeneralMode.joined(separator: " or "))",
      hint: AgentSections.permissions(of: kind).map { "\(kind) reads `\($0.path)`" })
  }

  private mutating func checkMode(_ tree: YAMLTree, _ name: String, of kind: String) {
    guard case .mode(let keys) = AgentSections.permissions(of: kind)?.style else { return }
    var found: [(key: String, text: String)] = []
    for key in keys {
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
    if let own, own != kind, AgentKind.isScript(own), set["command"] == nil,
      let place = member.value.member("kind")?.value.place
    {
      log.error(
        "missing_setting", at: place, "`\(name).set.kind` is \(own), which needs a program",
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
    let kind = set["kind"]?.stringValue ?? kind
    let own = AgentSections.permissions(of: kind)
    switch own?.style {
    case .mode: checkMode(written.value, full, of: kind)
    case .answer(let answers):
      guard let word = value.stringValue, !answers.contains(word) else { return }
      log.error(
        "wrong_value", at: written.value.place,
        "`\(full)` of \(kind) must be one of \(answers.joined(separator: ", ")), or a map")
    case .own, nil:
      log.warn(
        "no_effect", at: written.keyPlace,
        "`\(full)` has no effect on \(kind)",
        hint: own.map { "\(kind) reads `\($0.path)`" })
    }
  }

  /// A rule that sets only what holds anyway, while no earlier rule says otherwise.
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
