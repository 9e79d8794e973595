// The reference of all keys, docs/settings.md, written from the schema, so that the documentation
// cannot tell another story than the program. A test compares the file; `make docs` writes it.

import SymphonyCore

package enum SchemaReference {
  /// The whole file: a table for each section, in the schema's order.
  package static func document() -> String {
    var text = """
      # Settings

      Every key of `WORKFLOW.md`, made by `make docs` from the table that the program reads its keys
      by. `symphony doctor` prints the values in effect and where each comes from.

      - Keys of one row are spellings of one setting.
      - A default `B x, G y` depends on the file's dialect: Baton's (B), or github-symphony's (G),
        which a file has that sets `tracker.project_number` or `agent.kind`.
      - `$NAME` in a text is taken from the environment or from `.env`; in scripts and templates `$`
        belongs to the shell and the template. `null` is as if the key were not there.
      - Intervals are whole milliseconds, dollars may have decimals.

      """
    for section in sections {
      text += "\n## \(section.name)\n\n" + table(section.rows)
    }
    return text
  }

  package struct Section: Sendable {
    package var name: String
    package var rows: [Row]
  }

  /// One setting, in words.
  package struct Row: Sendable {
    /// Its name, then other spellings of it.
    package var names: [String]
    package var type: String
    /// The default.
    package var fallback: String
    package var unit: String?
    package var meaning: String
  }

  /// Every section with its settings, in the schema's order.
  package static var sections: [Section] {
    Schema.sections.compactMap { name in
      let rows = Schema.all.filter { $0.path.hasPrefix(name + ".") }.map(row)
      return rows.isEmpty ? nil : Section(name: name, rows: rows)
    }
  }

  private static func row(_ spec: SettingSpec) -> Row {
    Row(
      names: [spec.path] + spec.aliases, type: spec.type.name + range(spec),
      fallback: spec.shownDefault, unit: spec.unit, meaning: spec.summary + status(spec.feature))
  }

  private static func table(_ rows: [Row]) -> String {
    var lines = ["| key | type | default | unit | meaning |", "|---|---|---|---|---|"]
    for row in rows {
      let names = row.names.map { "`\($0)`" }.joined(separator: " = ")
      let cells = [names, row.type, row.fallback, row.unit ?? "", row.meaning]
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
    case .explained(let why): " (no effect: \(why))"
    }
  }

  private static func escaped(_ cell: String) -> String { cell.replacing("|", with: "\\|") }
}
