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
    for section in Schema.sections where Schema.all.contains(where: { isIn(section, $0) }) {
      text += "\n## \(section)\n\n"
      text += table(Schema.all.filter { isIn(section, $0) })
    }
    return text
  }

  private static func isIn(_ section: String, _ spec: SettingSpec) -> Bool {
    spec.path.hasPrefix(section + ".")
  }

  private static func table(_ specs: [SettingSpec]) -> String {
    var lines = ["| key | type | default | unit | meaning |", "|---|---|---|---|---|"]
    for spec in specs {
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
