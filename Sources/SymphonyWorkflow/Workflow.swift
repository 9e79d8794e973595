// Reads WORKFLOW.md: front matter, settings, App or token, policy, in that order, with every remark
// collected on the way. Called by every command. It opens no file and starts nothing. A
// template that renders for no item is a mistake of the file.

import SymphonyCore

package enum Workflow {
  /// The prompt of a file without one: github-symphony's sentence.
  package static let defaultPrompt = "You are working on a GitHub issue from a GitHub Project."

  /// How the variables begin that stand for secrets written into the file.
  package static let literalPrefix = LiteralSecrets.prefix

  /// `text`: the whole file.
  ///
  /// `path`: absolute; relative paths in settings start at its directory. `environment`: the
  /// process environment with `.env` merged under it. `isStored`: the text comes from the database,
  /// where an earlier version may have put secrets. `otherToken`: asked at most once, and only when
  /// `github.token`, GITHUB_TOKEN and GH_TOKEN give nothing and there is no GitHub App; the token
  /// and where it came from. `keyFile`: asked at most once, for the App's private key where that is
  /// a path: reads the file at an absolute path.
  package static func read(
    text: String, path: String, environment: [String: String], isStored: Bool = false,
    otherToken: (_ apiURL: String) -> (Secret, String)?,
    keyFile: (_ path: String) -> KeyFile = { .failed("\($0): files are not read here") }
  ) -> WorkflowReading {
    var log = DiagnosticLog(file: path)
    guard let front = split(text, &log) else {
      return WorkflowReading(
        policy: nil, diagnostics: log.sorted, settings: [], dialect: .baton, promptTemplate: "",
        promptLine: 1, storableText: text)
    }
    let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    let read = front.yaml.flatMap { YAMLTree.read($0, log: &log) }
    let unreadable = log.hasErrors && read == nil
    let (tree, literals) = LiteralSecrets.take(from: read, refuses: !isStored, log: &log)
    if !isStored {
      LiteralSecrets.check(prompt: front.body, line: front.bodyLine, log: &log)
    }
    let variables = Variables(
      environment: environment.merging(literals.values) { $1 }, directory: directory)
    var settings = SettingSet(tree, variables: variables, log: log)
    settings.remark()
    settings.checkTogether()
    settings.checkAgents()
    log = settings.log
    // Without a readable front matter nobody knows which account was meant: none is looked for.
    var app = AppSearch()
    var token = TokenSearch(token: nil, origin: "not looked for")
    if !unreadable {
      app = AppSearch.run(settings, variables: variables, log: &log, keyFile: keyFile)
      token = TokenSearch.run(
        settings, app: app, environment: environment, log: &log, otherToken: otherToken)
    }
    let prompt = front.body.isEmpty ? defaultPrompt : front.body
    var builder = PolicyBuilder(settings: settings, variables: variables, token: token, app: app)
    builder.literals = literals.values.mapValues { Secret($0) }
    var policy =
      log.hasErrors
      ? nil
      : builder.build(
        prompt: prompt, promptLine: front.bodyLine, path: path)
    policy?.promptReads = TemplateEngine().reads(prompt)
    // A stored text was the best there was, and is only used for what runs already.
    if let policy, !isStored { TemplateCheck().run(policy, &log) }
    if log.hasErrors { policy = nil }
    return WorkflowReading(
      policy: policy,
      diagnostics: log.sorted,
      settings: unreadable ? [] : effective(settings, token, app),
      dialect: settings.dialect, promptTemplate: prompt, promptLine: front.bodyLine,
      storableText: literals.storable(text).map {
        LiteralSecrets.masked(TokenSearch.withoutSecrets($0, settings))
      })
  }

  private static func split(_ text: String, _ log: inout DiagnosticLog) -> FrontMatter? {
    guard text.utf8.count <= FrontMatter.maxBytes else {
      log.error(
        "file_too_large", at: TextPosition(line: 1, column: 1),
        "the file is larger than \(FrontMatter.maxBytes) bytes",
        hint: "a workflow is settings and a prompt; let the prompt point at longer texts")
      return nil
    }
    do {
      var front = try FrontMatter.split(text)
      if let size = front.yaml?.utf8.count, size > FrontMatter.maxSettingsBytes {
        log.error(
          "settings_too_large", at: TextPosition(line: front.openingLine, column: 1),
          "the settings between the lines `---` have \(size) bytes, and at most "
            + "\(FrontMatter.maxSettingsBytes) are read",
          hint: "let hooks and commands call scripts of their own, and lists name patterns")
        front.yaml = nil
        return front
      }
      return front
    } catch {
      report(error, &log)
      return nil
    }
  }

  private static func report(_ failure: FrontMatter.SyntaxError, _ log: inout DiagnosticLog) {
    let top = TextPosition(line: 1, column: 1)
    switch failure {
    case .unclosed(let place):
      log.error(
        "unclosed_front_matter", at: place, "the front matter that begins here is not closed",
        hint: "put a line `---` between the settings and the prompt")
    case .empty:
      log.error(
        "empty_file", at: top, "the file is empty",
        hint: "restore it, or write settings between two lines `---` and a prompt below them")
    case .notAtTheTop(let place?):
      log.error(
        "settings_not_first", at: place,
        "the settings seem to start here, and nothing is read as settings unless the file begins "
          + "with a line that is exactly `---`",
        hint: "put a line `---` at the top of the file, with nothing above it or behind it")
    case .below(let place):
      log.error(
        "settings_not_first", at: place,
        "settings seem to start here, below the line `---` that ends the settings",
        hint: "take that line away: all of them stand between the first two lines `---`")
    case .notAtTheTop(nil):
      log.error(
        "no_front_matter", at: top, "there are no settings: the file does not begin with `---`",
        hint: "put settings between two lines `---` at the top of the file; with nothing between "
          + "them every setting has its default")
    case .unreadable(let place, let what, let hint):
      log.error("unreadable_text", at: place, what, hint: hint)
    }
  }

  // MARK: What is in effect

  private static func effective(
    _ settings: SettingSet, _ token: TokenSearch, _ app: AppSearch
  ) -> [EffectiveSetting] {
    Schema.all.map { spec in
      var found: (value: String, origin: String)?
      switch spec.path {
      case "github.token":
        found = (
          app.isWanted ? "not used" : token.token == nil ? "none" : "***", token.origin
        )
      case "github.app_id" where app.id?.origin.hasPrefix("$") == true:
        found = app.id.map { ($0.text, $0.origin) }
      case "github.private_key" where app.key?.origin.hasPrefix("$") == true:
        found = app.key.map { ("***", $0.origin) }
      default: break
      }
      if let found {
        return EffectiveSetting(
          key: spec.path, value: found.value, origin: found.origin, feature: spec.feature)
      }
      guard let given = settings.given[spec.path], let value = given.value else {
        return EffectiveSetting(
          key: spec.path, value: fallback(spec, settings.dialect),
          origin: origin(spec, settings.dialect), feature: spec.feature)
      }
      let alias = given.name == spec.path ? "" : " (alias \(given.name))"
      return EffectiveSetting(
        key: spec.path, value: shown(value, given, spec), origin: "line \(given.line)\(alias)",
        feature: spec.feature)
    }
  }

  /// A secret that is refused where it stands is not repeated either.
  private static func shown(
    _ value: Structure, _ given: SettingSet.Given, _ spec: SettingSpec
  ) -> String {
    let text = plain(value, given, spec)
    return LiteralSecrets.holdsOne(text) ? "***" : text
  }

  /// A value for people, without the content of variables: those may come from .env.
  private static func plain(
    _ value: Structure, _ given: SettingSet.Given, _ spec: SettingSpec
  ) -> String {
    if spec.isSecret { return "***" }
    if !given.usedVariables.isEmpty {
      return given.written.map(SettingText.oneLine)
        ?? "uses " + given.usedVariables.map { "$\($0)" }.joined(separator: ", ")
    }
    if case .agentRules = spec.type {
      return rules(value)
    }
    if case .mcpServers = spec.type {
      let names = value.listValue?.compactMap { $0["name"]?.stringValue } ?? []
      return names.isEmpty ? "[]" : names.joined(separator: ", ")
    }
    return spec.show(value)
  }

  /// Each rule's labels, fields and settings, without values: commands may hold secrets.
  private static func rules(_ value: Structure) -> String {
    let rules = (value.listValue ?? []).map { rule in
      let labels = rule["when"]?["label"]?.texts ?? []
      let fields = rule["when"]?["field"]?.objectValue?.keys.sorted() ?? []
      let keys = rule["set"]?.objectValue?.keys.sorted() ?? []
      return (labels + fields).joined(separator: ", ") + ": " + keys.joined(separator: ", ")
    }
    return rules.isEmpty ? "[]" : rules.joined(separator: "; ")
  }

  private static func fallback(_ spec: SettingSpec, _ dialect: Dialect) -> String {
    spec.fallbackText ?? spec.show(spec.fallback.value(dialect))
  }

  private static func origin(_ spec: SettingSpec, _ dialect: Dialect) -> String {
    if case .byDialect = spec.fallback { return "default of \(dialect.name)" }
    return "default"
  }
}
