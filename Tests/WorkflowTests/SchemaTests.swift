// The schema against the keys that files in the field have (Fixtures/config-keys.md): none of them
// is missing, and spelling, type, default and status agree. A key that comes later has its row in
// the schema alone.

import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyWorkflow

struct KeyRow {
  var names: [String]
  var aliases: [String]
  var type: String
  var fallback: String
  var meaning: String
}

/// The rows of the table, names spelled out.
func keyRows() throws -> [KeyRow] {
  var rows: [KeyRow] = []
  for line in try fixture("config-keys.md").split(separator: "\n") where line.hasPrefix("| ") {
    let cells = line.split(separator: "|", omittingEmptySubsequences: false)
      .dropFirst().dropLast().map { $0.trimmingWhitespace() }
    guard cells.count == 5, cells[0].contains(".") else { continue }
    let sides = cells[0].split(separator: "=").map { $0.trimmingWhitespace() }
    var names: [String] = []
    for part in sides[0].split(separator: ",").map({ $0.trimmingWhitespace() }) {
      names.append(spelledOut(part, after: names.last))
    }
    let aliases = sides.dropFirst().flatMap { $0.split(separator: ",") }
      .map { $0.trimmingWhitespace() }
    rows.append(
      KeyRow(
        names: names, aliases: aliases, type: cells[1], fallback: cells[2], meaning: cells[4]))
  }
  return rows
}

/// `private_key` after `github.app_id`; `_per_item` after `agent.max_cost_usd_per_run`.
func spelledOut(_ part: String, after previous: String?) -> String {
  guard let previous, !part.contains(".") else { return part }
  if part.hasPrefix("_") {
    let word = "_" + part.dropFirst().prefix { $0 != "_" }
    let stem = previous.split(separator: word).first.map(String.init) ?? previous
    return stem + part
  }
  return previous.prefix { $0 != "." } + "." + part
}

/// The table's default in the schema's words.
func plainDefault(_ text: String) -> String {
  if text.hasPrefix("[]") { return "[]" }
  if text == "0 = no limit" { return SettingText.unlimited }
  for suffix in [", 0 = no limit", " = full"] where text.hasSuffix(suffix) {
    return String(text.dropLast(suffix.count))
  }
  if let note = text.split(separator: " (section").first, note.count < text.count {
    return String(note)
  }
  // "50 in G; 100 here": what is ours counts.
  if let ours = text.split(separator: "; ").last, ours.hasSuffix(" here") {
    return String(ours.dropLast(5))
  }
  return text
}

@Suite struct SchemaTests {
  @Test func everyKeyOfTheListIsInTheSchema() throws {
    let rows = try keyRows()
    #expect(rows.count > 80)
    for row in rows {
      for name in row.names {
        let number = try #require(Schema.index[name], "\(name) is missing")
        let spec = Schema.all[number]
        #expect(spec.path == name)
        #expect(spec.aliases == row.aliases, "aliases of \(name)")
      }
    }
  }

  @Test func defaultsAgree() throws {
    for row in try keyRows() {
      let parts = row.fallback.split(separator: ", ").map(String.init)
      for (position, name) in row.names.enumerated() {
        let number = try #require(Schema.index[name])
        let spec = Schema.all[number]
        let shown = spec.shownDefault
        if case .limit = spec.type, ["none", "null"].contains(row.fallback) {
          #expect(shown == SettingText.unlimited, "\(name)")
          continue
        }
        let own =
          row.names.count > 1 && parts.count == row.names.count
          ? plainDefault(parts[position]) : nil
        #expect(
          shown == plainDefault(row.fallback) || shown == own,
          "\(name): \(shown) is not \(row.fallback)")
      }
    }
  }

  /// The words of the reference and the values in effect are kept apart in a few rows: these too
  /// must agree.
  @Test func shownNumbersAndFlagsAreTheRealOnes() {
    for spec in Schema.all {
      switch spec.fallback.value(.baton) {
      case .integer, .bool:
        #expect(
          spec.fallbackText == nil || spec.fallbackText?.contains("(") == true, "\(spec.path)")
      default: break
      }
    }
  }

  @Test func simpleTypesAgree() throws {
    for row in try keyRows()
    where ["bool", "int", "script", "path", "template", "1-100"].contains(row.type) {
      for name in row.names {
        let number = try #require(Schema.index[name])
        let type: String =
          switch Schema.all[number].type {
          case .flag: "bool"
          case .integer(let range): range == 1...100 ? "1-100" : "int"
          case .limit(.some): "int"
          default: Schema.all[number].type.name
          }
        #expect(type == row.type, "type of \(name)")
      }
    }
  }

  @Test func explainedKeysHaveNoEffect() throws {
    for row in try keyRows() where row.meaning.contains("explained") {
      for name in row.names {
        let number = try #require(Schema.index[name])
        #expect(Schema.all[number].feature != .works, "\(name)")
      }
    }
  }

  @Test func defaultsHaveTheTypeTheyDeclare() {
    for spec in Schema.all {
      for dialect in [Dialect.baton, .githubSymphony] {
        switch (spec.type, spec.fallback.value(dialect)) {
        case (.flag, .bool), (.textList, .list), (.choiceList, .list), (.repositoryList, .list):
          break
        case (.integer(let range), .integer(let value)):
          #expect(range.contains(value), "\(spec.path)")
        case (.limit, .integer(0)): break
        case (.limit(let range?), .integer(let value)):
          #expect(range.contains(value), "\(spec.path)")
        case (.choice(let words), .string(let word)): #expect(words.contains(word), "\(spec.path)")
        case (.spelled(let words), .string(let word)):
          #expect(words.contains(word), "\(spec.path)")
        case (.textOrMap(let words), .string(let word)):
          #expect(words.isEmpty || words.contains(word), "\(spec.path)")
        case (.text, .string), (.path, .string), (.url, .string): break
        case (.integerMap, .object), (.repositoryMap, .object), (.freeMap, .object): break
        case (.record, .object): break
        case (.mcpServers, .list), (.agentRules, .list): break
        case (_, .null): break
        default: Issue.record("the default of \(spec.path) is not of its type")
        }
      }
    }
  }

  @Test func rulesSetWhatTheirRowsSay() {
    #expect(
      Schema.ruleSettings.compactMap(\.ruleKey) == [
        "kind", "command", "max_turns", "max_run_ms", "stall_timeout_ms", "turn_timeout_ms",
        "model", "permission_mode", "max_cost_usd_per_run", "max_cost_usd_per_item",
        "max_tokens_per_item",
      ])
  }

  @Test func referenceHasEveryKeyOnce() {
    let lines = SchemaReference.document().split(separator: "\n").filter { $0.hasPrefix("| `") }
    #expect(lines.count == Schema.all.count)
    #expect(
      lines.contains(
        "| `agent.max_turns` | int from 1 | B 5, G 20 |  | turns in a run |"))
    #expect(lines.allSatisfy { $0.split(separator: "|").count >= 5 })
  }

  /// `make docs` sets the variable: then the file is written instead of compared.
  @Test func docsSettingsIsTheReference() throws {
    let here = Files.resolved(#filePath) ?? #filePath
    let root = Files.parent(of: Files.parent(of: Files.parent(of: here)))
    let file = Files.join(root, "docs/settings.md")
    if Host.environment["SYMPHONY_WRITE_DOCS"] != nil {
      try Files.makeDirectories(Files.parent(of: file))
      try Files.writeAtomically(file, SchemaReference.document(), durable: false)
    }
    let isCurrent = try Files.readText(file) == SchemaReference.document()
    #expect(isCurrent, "docs/settings.md is not what the schema says: run `make docs`")
  }
}
