// YAML text to a small tree with a place at every node; the only file that knows the YAML library.
// Called by `Workflow.read`. It refuses aliases (they can blow a small file up beyond any memory)
// and mends nothing but an unquoted `@`, so that the rest of the file is still checked. Types are
// the schema's business.

import SymphonyCore
import Yams

struct YAMLTree {
  struct Member {
    var key: String
    var keyPlace: TextPosition
    var value: YAMLTree
  }
  enum Content {
    case null
    /// `plain`: written without quotes.
    case scalar(String, plain: Bool)
    case list([YAMLTree])
    case map([Member])
  }
  var content: Content
  var place: TextPosition
  /// Written as `|` or `>`: the text begins on the line below.
  var isBlock = false

  /// Its kind in words, for messages.
  var kindName: String {
    switch content {
    case .null: "nothing"
    case .scalar: "a single value"
    case .list: "a list"
    case .map: "a map"
    }
  }

  static let maxDepth = 24
  /// Keys and values in the whole file: many times what all settings together have.
  static let maxValues = 5000
  /// Stand-ins for an unquoted `@` and backtick, so that doctor shows the value as written.
  private static let atStandIn: Unicode.Scalar = "\u{E000}"
  private static let backtickStandIn: Unicode.Scalar = "\u{E001}"

  /// Nil when the text is empty, or unusable: then `log` has an error.
  static func read(_ text: String, log: inout DiagnosticLog) -> YAMLTree? {
    if let alias = AliasScan.firstAlias(in: text) {
      refuseAlias(at: alias, log: &log)
      return nil
    }
    var text = text
    // Each round mends one unquoted `@`; the bound is only there to have one.
    for _ in 0..<100 {
      do {
        // The parser keeps anchors alive: they are weak references in the nodes.
        let parser = try Parser(yaml: text, encoding: .utf8)
        guard let root = try parser.singleRoot() else { return nil }
        var count = 0
        let tree = withExtendedLifetime(parser) {
          convert(root, depth: 0, count: &count, log: &log)
        }
        return tree
      } catch {
        guard let mended = report(error, in: text, log: &log) else { return nil }
        text = mended
      }
    }
    return nil
  }

  private static func refuseAlias(at place: TextPosition, log: inout DiagnosticLog) {
    log.error(
      "yaml_alias", at: place, "YAML anchors and aliases (`&name`, `*name`) are not accepted",
      hint: "write the value out, or quote it when it is meant as text")
  }

  private static func convert(
    _ node: Node, depth: Int, count: inout Int, log: inout DiagnosticLog
  ) -> YAMLTree? {
    let place = TextPosition(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    count += 1
    guard count <= maxValues else {
      log.error(
        "yaml_values", at: place, "there are more than \(maxValues) keys and values",
        hint: "remove what is no setting")
      return nil
    }
    if node.anchor != nil {
      refuseAlias(at: place, log: &log)
      return nil
    }
    guard depth < maxDepth else {
      log.error("yaml_depth", at: place, "nested more than \(maxDepth) levels deep")
      return nil
    }
    switch node {
    case .scalar(let scalar):
      let plain = scalar.style == .plain || scalar.style == .any
      let isNull = plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
      let text = scalar.string.replacing(String(atStandIn), with: "@")
        .replacing(String(backtickStandIn), with: "`")
      return YAMLTree(
        content: isNull ? .null : .scalar(text, plain: plain), place: place,
        isBlock: scalar.style == .literal || scalar.style == .folded)
    case .sequence(let sequence):
      var values: [YAMLTree] = []
      for element in sequence {
        guard let value = convert(element, depth: depth + 1, count: &count, log: &log) else {
          return nil
        }
        values.append(value)
      }
      return YAMLTree(content: .list(values), place: place)
    case .mapping(let mapping):
      var members: [Member] = []
      for (keyNode, valueNode) in mapping {
        guard let key = convert(keyNode, depth: depth + 1, count: &count, log: &log),
          let value = convert(valueNode, depth: depth + 1, count: &count, log: &log)
        else { return nil }
        let name: String
        switch key.content {
        case .scalar(let text, _): name = text
        case .null: name = "null"
        default:
          log.error(
            "yaml_key", at: key.place, "a key must be a single value, not \(key.kindName)",
            hint: "quote a text that begins with `{`")
          return nil
        }
        members.append(Member(key: name, keyPlace: key.place, value: value))
      }
      return YAMLTree(content: .map(members), place: place)
    case .alias:
      refuseAlias(at: place, log: &log)
      return nil
    }
  }

  // MARK: Syntax errors

  /// Reports the library's error in our words; returns the text with an unquoted `@` mended, else
  /// nil.
  private static func report(
    _ error: any Error, in text: String, log: inout DiagnosticLog
  ) -> String? {
    let lines = text.splitLines(keepingEmpty: true)
    func line(_ place: TextPosition) -> Substring {
      lines.indices.contains(place.line - 1) ? lines[place.line - 1] : ""
    }
    switch error {
    case YamlError.scanner(_, let problem, let mark, _),
      YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _):
      let place = TextPosition(line: mark.line, column: mark.column)
      let scalars = Array(line(place).unicodeScalars)
      let found = scalars.indices.contains(place.column - 1) ? scalars[place.column - 1] : nil
      if found == "@" || found == "`", problem.contains("cannot start any token") {
        return mend(lines, scalars, at: place, log: &log)
      }
      if let tab = scalars.firstIndex(of: "\t"),
        scalars[..<tab].allSatisfy({ $0 == " " }) || found == "\t"
      {
        log.error(
          "yaml_tab", at: TextPosition(line: place.line, column: tab + 1),
          "a tab cannot indent YAML", hint: "indent with spaces")
        return nil
      }
      log.error(
        "yaml_syntax", at: place, "this is not valid YAML: \(problem)",
        hint: "quote texts that hold `: `, ` #` or begin with a special character")
    case YamlError.duplicatedKeysInMapping(let names, let context):
      reportDuplicate(names.first ?? "", first: context.mark, lines: lines, log: &log)
    case YamlError.reader(let problem, let offset, _, _):
      let before = text.prefix(offset ?? 0).splitLines(keepingEmpty: true)
      log.error(
        "yaml_syntax",
        at: TextPosition(
          line: max(1, before.count), column: (before.last?.unicodeScalars.count ?? 0) + 1),
        "this is not valid YAML: \(problem)")
    default:
      log.error(
        "yaml_syntax", at: TextPosition(line: 1, column: 1), "this is not valid YAML: \(error)")
    }
    return nil
  }

  private static func mend(
    _ lines: [Substring], _ scalars: [Unicode.Scalar], at place: TextPosition,
    log: inout DiagnosticLog
  ) -> String {
    var word = String.UnicodeScalarView()
    for scalar in scalars[(place.column - 1)...] {
      if scalar.properties.isWhitespace || ",]}".unicodeScalars.contains(scalar) { break }
      word.append(scalar)
    }
    log.error(
      "yaml_unquoted", at: place, "`\(String(word))` must be quoted in YAML",
      hint: "write \"\(String(word))\"")
    var mended = String.UnicodeScalarView()
    mended.append(contentsOf: scalars)
    var line = Array(mended)
    line[place.column - 1] = word.first == "`" ? backtickStandIn : atStandIn
    var view = String.UnicodeScalarView()
    view.append(contentsOf: line)
    var all = lines
    all[place.line - 1] = Substring(String(view))
    return all.joined(separator: "\n")
  }

  /// The library names the first of the two keys; people look for the second.
  private static func reportDuplicate(
    _ name: String, first: Mark, lines: [Substring], log: inout DiagnosticLog
  ) {
    var second = TextPosition(line: first.line, column: first.column)
    for (index, line) in lines.enumerated() where index >= first.line {
      let indent = line.prefix { $0 == " " }.count
      let rest = line.dropFirst(indent)
      if indent == first.column - 1, rest.hasPrefix(name),
        let next = rest.dropFirst(name.count).first, next == ":" || next == " "
      {
        second = TextPosition(line: index + 1, column: first.column)
        break
      }
    }
    log.error(
      "duplicate_key", at: second, "the key `\(name)` is given twice, first on line \(first.line)",
      hint: "keep one of them")
  }
}
