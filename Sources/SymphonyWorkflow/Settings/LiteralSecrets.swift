// Secrets that stand in WORKFLOW.md in plain text, where settings may name variables instead: what
// MCP servers get, and what `agent.env.set` sets. Each is taken out of the settings before they
// are read and put behind a variable that only the tick and its workers have, so that neither the
// policy nor a run's spec.json nor the stored text of the file holds it. Called by
// `Workflow.read`. A secret anywhere else is an error: it would end up in an argument or on disk.

import SymphonyCore

struct LiteralSecrets {
  /// Beginning of the variables' names; what goes on is a hash of the place.
  static let prefix = "SYMPHONY_LITERAL_"

  private struct Lifted {
    var name: String
    var value: String
    var place: TextPosition
  }
  private var lifted: [Lifted] = []
  private var log: DiagnosticLog
  private let refuses: Bool

  /// By name of its variable.
  var values: [String: String] {
    Dictionary(lifted.map { ($0.name, $0.value) }) { first, _ in first }
  }

  /// `refuses`: false for a text that was stored before secrets were refused: running work is still
  /// looked after with it.
  /// - Returns: the tree without them, and what they were.
  static func take(
    from tree: YAMLTree?, refuses: Bool, log: inout DiagnosticLog
  ) -> (YAMLTree?, LiteralSecrets) {
    var secrets = LiteralSecrets(log: log, refuses: refuses)
    let rest = tree.map { secrets.take($0) }
    log = secrets.log
    return (rest, secrets)
  }

  private init(log: DiagnosticLog, refuses: Bool) {
    self.log = log
    self.refuses = refuses
  }

  // MARK: Taking them out

  private mutating func take(_ root: YAMLTree) -> YAMLTree {
    each(root) { secrets, section in
      secrets.each(section.value, under: section.key) { secrets, key in
        switch Schema.index["\(section.key).\(key.key)"].map({ Schema.all[$0].path }) {
        case "agent.mcp_servers": return secrets.servers(key.value)
        case "agent.env":
          return secrets.each(key.value) { secrets, part in
            part.key == "set" ? secrets.texts(part.value, "agent.env.set") : part.value
          }
        // They have rules of their own.
        case "github.token", "github.private_key", "github.webhook_secret", "github.api_url":
          return key.value
        default:
          if secrets.refuses { secrets.refuse(key.value, "\(section.key).\(key.key)") }
          return key.value
        }
      }
    }
  }

  /// The members of a map, each changed by `body`.
  private mutating func each(
    _ tree: YAMLTree, under name: String = "",
    _ body: (inout LiteralSecrets, YAMLTree.Member) -> YAMLTree
  ) -> YAMLTree {
    guard case .map(var members) = tree.content else { return tree }
    for index in members.indices { members[index].value = body(&self, members[index]) }
    var changed = tree
    changed.content = .map(members)
    return changed
  }

  private mutating func servers(_ tree: YAMLTree) -> YAMLTree {
    guard case .list(var entries) = tree.content else { return tree }
    for index in entries.indices {
      let path = "agent.mcp_servers[\(index)]"
      entries[index] = each(entries[index]) { secrets, member in
        let name = "\(path).\(member.key)"
        switch member.key {
        case "env", "headers": return secrets.texts(member.value, name)
        case "url": return secrets.text(member.value, name, isSecret: false)
        case "command", "args": return secrets.words(member.value, name)
        default: return member.value
        }
      }
    }
    var changed = tree
    changed.content = .list(entries)
    return changed
  }

  private mutating func texts(_ tree: YAMLTree, _ path: String) -> YAMLTree {
    each(tree) { secrets, member in
      secrets.text(
        member.value, "\(path).\(member.key)", isSecret: Self.isSecretName(member.key),
        variable: Variables.isName(member.key) ? "$" + member.key : nil)
    }
  }

  /// `--api-key X` and `--api-key=X` beside what is known by its form.
  private mutating func words(_ tree: YAMLTree, _ path: String) -> YAMLTree {
    guard case .list(var entries) = tree.content else {
      return text(tree, path, isSecret: false)
    }
    var isNamed = false
    for index in entries.indices {
      guard case .scalar(let word, _) = entries[index].content else { continue }
      let flag = word.hasPrefix("-") ? word.prefix { $0 != "=" } : ""
      if word.hasPrefix("-"), flag.count < word.count, Self.isSecretName(String(flag)) {
        let value = String(word.dropFirst(flag.count + 1))
        let values = Variables.names(in: value).isEmpty ? [value] : KnownTokens.all(in: value)
        entries[index] = replace(values, in: entries[index], "\(path)[\(index)]")
        isNamed = false
      } else {
        entries[index] = text(entries[index], "\(path)[\(index)]", isSecret: isNamed)
        isNamed = word.hasPrefix("-") && Self.isSecretName(word)
      }
    }
    var changed = tree
    changed.content = .list(entries)
    return changed
  }

  /// `variable`: the name people would give it, for the hint.
  private mutating func text(
    _ tree: YAMLTree, _ path: String, isSecret: Bool, variable: String? = nil
  ) -> YAMLTree {
    guard case .scalar(let text, _) = tree.content, !text.isEmpty else { return tree }
    let isWhole =
      Variables.names(in: text).isEmpty
      && (isSecret || Self.isRandom(text) || KnownTokens.isPrivateKey(text)
        || KnownTokens.password(in: text) != nil)
    return replace(isWhole ? [text] : KnownTokens.all(in: text), in: tree, path, variable)
  }

  private mutating func replace(
    _ values: [String], in tree: YAMLTree, _ path: String, _ variable: String? = nil
  ) -> YAMLTree {
    guard case .scalar(var text, let isPlain) = tree.content else { return tree }
    for (number, value) in values.enumerated() where !value.isEmpty {
      let name = Self.prefix + StableHash.hex("\(path)#\(number)").uppercased()
      lifted.append(Lifted(name: name, value: value, place: tree.place))
      text = text.replacing(value, with: "${\(name)}")
    }
    guard !values.isEmpty else { return tree }
    log.warn(
      "secret_in_file", at: tree.place, "`\(path)` looks like a secret in plain text",
      hint: "move it to .env beside WORKFLOW.md and write \(variable ?? "its variable")")
    var changed = tree
    changed.content = .scalar(text, plain: isPlain)
    return changed
  }

  /// A known kind of token, a private key, or a password in an address.
  static func holdsOne(_ text: String) -> Bool {
    !KnownTokens.all(in: text).isEmpty || KnownTokens.isPrivateKey(text)
      || KnownTokens.password(in: text) != nil
  }

  /// Elsewhere a secret has no variable to stand behind.
  private mutating func refuse(_ tree: YAMLTree, _ path: String) {
    switch tree.content {
    case .null: break
    case .scalar(let text, _):
      guard Self.holdsOne(text) else { return }
      log.error(
        "secret_in_file", at: tree.place,
        "`\(path)` holds a secret in plain text, which would end up in a run's spec.json, in the "
          + "database or among the arguments of a program",
        hint: "move it to .env beside WORKFLOW.md; hooks and commands find it as a variable, an "
          + "agent by agent.env.set")
    case .list(let entries): for entry in entries { refuse(entry, path) }
    case .map(let members): for member in members { refuse(member.value, "\(path).\(member.key)") }
    }
  }

  /// The same in the prompt, which every agent is given and every spec holds.
  static func check(prompt: String, line: Int, log: inout DiagnosticLog) {
    for (offset, text) in prompt.splitLines(keepingEmpty: true, keepingReturns: true)
      .enumerated()
    where !KnownTokens.all(in: String(text)).isEmpty || KnownTokens.isPrivateKey(String(text)) {
      log.error(
        "secret_in_file", at: TextPosition(line: line + offset, column: 1),
        "the prompt holds a secret in plain text",
        hint: "move it to .env beside WORKFLOW.md, and give it to the agent by agent.env.set")
    }
  }

  // MARK: The text to keep

  /// The file's text with each secret replaced by its variable; nil when one cannot be found in it
  /// as it was read, so that it would stay.
  func storable(_ text: String) -> String? {
    var lines = text.splitLines(keepingEmpty: true, keepingReturns: true).map(String.init)
    // From behind: places further on stay true.
    let order = lifted.sorted {
      ($0.place.line, $0.place.column) > ($1.place.line, $1.place.column)
    }
    for secret in order {
      let parts = secret.value.splitLines().map(String.init).filter { !$0.isEmpty }
      var line = secret.place.line - 1
      for (number, part) in parts.enumerated() {
        let column = line == secret.place.line - 1 ? secret.place.column - 1 : 0
        guard let found = Self.find(part, in: lines, from: line, column) else { return nil }
        lines[found.line].replaceSubrange(
          found.range, with: number == 0 ? "$\(secret.name)" : "")
        line = found.line
      }
    }
    var result = lines.joined(separator: "\n")
    for secret in lifted where secret.value.utf8.count >= 8 {
      result = result.replacing(secret.value, with: "$\(secret.name)")
    }
    return result
  }

  /// The text with `***` for every secret that is known by its form, in comments, too.
  static func masked(_ text: String) -> String {
    var masked = PrivateKeyText.replacing(in: text, with: "***") ?? text
    for token in KnownTokens.all(in: masked) { masked = masked.replacing(token, with: "***") }
    return masked
  }

  private static func find(
    _ part: String, in lines: [String], from first: Int, _ column: Int
  ) -> (line: Int, range: Range<String.Index>)? {
    for line in first..<min(lines.count, first + 200) {
      let text = lines[line]
      let scalars = text.unicodeScalars
      let skipped = line == first ? min(column, scalars.count) : 0
      let start = scalars.index(scalars.startIndex, offsetBy: skipped)
      if let range = text[start...].firstRange(of: part) { return (line, range) }
    }
    return nil
  }

  // MARK: What is a secret

  private static func isSecretName(_ name: String) -> Bool {
    let bare = name.uppercased().replacing("-", with: "_")
    return [
      "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "AUTHORIZATION",
      "COOKIE",
      "API_KEY", "APIKEY", "ACCESS_KEY", "PRIVATE_KEY",
    ].contains { bare.contains($0) }
      || ["KEY", "_PWD", "_PASS", "_PAT", "_DSN", "_AUTH"].contains { bare.hasSuffix($0) }
  }

  /// A word of letters and digits that nobody would write by hand.
  private static func isRandom(_ text: String) -> Bool {
    let isWord =
      text.utf8.count >= 24
      && text.unicodeScalars.allSatisfy {
        WorkspaceKey.isSafe($0) || "+=".unicodeScalars.contains($0)
      }
    let digits = text.unicodeScalars.count { ("0"..."9").contains($0) }
    return isWord && digits >= 4 && text.contains(where: \.isLetter)
  }
}
