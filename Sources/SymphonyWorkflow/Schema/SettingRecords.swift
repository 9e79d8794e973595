// Settings of a fixed form with parts: which parts there are, and what becomes of them. They begin
// empty, so that their default is the empty form.

import SymphonyCore

extension TrackerPolicy.TrustedAuthors: SettingValue {
  static var type: SettingType { .trustedAuthors }
  static func read(_ value: Structure, line: Int) -> Self? {
    value.listValue == nil ? .writeAccess : .list(value.texts)
  }
  var written: Structure { .null }
}

extension LabelMoves: SettingValue {
  static var type: SettingType { .record(["start", "handoff", "park"].map(event)) }
  private static func event(_ name: String) -> RecordField {
    let lists = ["add", "remove"].map { RecordField(name: $0, shape: .textList) }
    return RecordField(name: name, shape: .record(lists))
  }
  static func read(_ value: Structure, line: Int) -> LabelMoves? {
    func move(_ event: String) -> LabelMove {
      let lists = value[event]
      return LabelMove(add: lists?["add"]?.texts ?? [], remove: lists?["remove"]?.texts ?? [])
    }
    var moves = LabelMoves()
    (moves.start, moves.handoff, moves.park) = (move("start"), move("handoff"), move("park"))
    return moves
  }
  var written: Structure { .object([:]) }
}

extension EnvironmentPolicy: SettingValue {
  static var type: SettingType {
    .record([
      RecordField(name: "inherit", shape: .choice(["all", "minimal"])),
      RecordField(name: "set", shape: .variableMap),
      RecordField(name: "remove", shape: .variablePatterns),
    ])
  }
  static func read(_ value: Structure, line: Int) -> EnvironmentPolicy? {
    var environment = EnvironmentPolicy()
    environment.inherit =
      value["inherit"]?.stringValue.flatMap(Inherit.init) ?? environment.inherit
    environment.set = value["set"]?.textsByName ?? [:]
    environment.remove = value["remove"]?.texts ?? []
    return environment
  }
  var written: Structure { .null }
}

extension MCPServer: SettingValue {
  static var type: SettingType { .mcpServers }
  static var listType: SettingType { .mcpServers }
  static func read(_ value: Structure, line: Int) -> MCPServer? {
    guard let name = value["name"]?.stringValue else { return nil }
    return MCPServer(
      name: name, command: value["command"]?.texts ?? [], url: value["url"]?.stringValue,
      env: value["env"]?.textsByName ?? [:], headers: value["headers"]?.textsByName ?? [:],
      onDemand: value["on_demand"]?.boolValue ?? false)
  }
  var written: Structure { .null }
}

extension Structure {
  fileprivate var textsByName: [String: String] {
    objectValue?.compactMapValues(\.stringValue) ?? [:]
  }
}
