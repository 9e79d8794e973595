// The reference of all keys as a Markdown table, written from the schema, so that the documentation
// cannot tell another story than the program. Called by whoever writes the docs, and by a test.

import SymphonyCore

public enum SchemaReference {
  /// One row per key, in the schema's order.
  public static func markdown() -> String {
    var lines = [
      "| key | type | default | unit | meaning |",
      "|---|---|---|---|---|",
    ]
    for spec in Schema.all {
      let names = ([spec.path] + spec.aliases).map { "`\($0)`" }.joined(separator: " = ")
      let cells = [
        names, spec.type.name + range(spec), spec.shownDefault, spec.unit ?? "",
        spec.summary + status(spec.feature),
      ]
      lines.append("| " + cells.map(escaped).joined(separator: " | ") + " |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func range(_ spec: SettingSpec) -> String {
    guard case .integer(let range) = spec.type else { return "" }
    // Upper bounds of a million and more only guard sums against overflow.
    if range.lowerBound < 0 { return "" }
    return range.upperBound < 1_000_000
      ? " \(range.lowerBound)-\(range.upperBound)" : " from \(range.lowerBound)"
  }

  private static func status(_ feature: Feature) -> String {
    switch feature {
    case .works: ""
    case .later(let what): " (later: \(what))"
    case .explained(let why): " (no effect: \(why))"
    }
  }

  private static func escaped(_ cell: String) -> String { cell.replacing("|", with: "\\|") }
}
