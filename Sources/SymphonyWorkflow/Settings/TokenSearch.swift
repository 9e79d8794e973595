// Looks for the GitHub token: `github.token`, then GITHUB_TOKEN, then GH_TOKEN, then the caller's
// own way (`gh auth token`); with a GitHub App none is looked for. Called by `Workflow.read`; the
// token itself goes into the policy and nowhere else.

import SymphonyCore

struct TokenSearch {
  var token: Secret?
  /// `line 7`, `$GITHUB_TOKEN`, what the caller named, `GitHub App 1234`, or `not found`.
  var origin: String

  static func run(
    _ settings: SettingSet, app: AppSearch, environment: [String: String],
    log: inout DiagnosticLog, otherToken: (_ apiURL: String) -> (Secret, String)?
  ) -> TokenSearch {
    if app.isWanted {
      return TokenSearch(token: nil, origin: "GitHub App" + (app.id.map { " " + $0.text } ?? ""))
    }
    let given = settings.given["github.token"]
    if let given, let text = given.value?.stringValue {
      return usable(
        TokenSearch(token: Secret(text), origin: "line \(given.line)"), given, &log)
        ?? TokenSearch(token: nil, origin: "line \(given.line), unusable")
    }
    // A local tracker needs no account, so nothing is started to find one.
    let isLocal = settings.value("tracker.kind").stringValue == "local"
    var found: TokenSearch?
    for name in ["GITHUB_TOKEN", "GH_TOKEN"] where found == nil {
      if let value = environment[name], !value.isEmpty {
        found = TokenSearch(token: Secret(value), origin: "$\(name)")
      }
    }
    if found == nil, !isLocal,
      let (token, origin) = otherToken(
        settings.value("github.api_url").stringValue ?? TrackerPolicy().apiURL)
    {
      found = TokenSearch(token: token, origin: origin)
    }
    if let given, let missing = given.missingVariables.first {
      let message = "`github.token` uses $\(missing), which is not set"
      let hint = "set \(missing) in the environment, or in .env beside WORKFLOW.md"
      if let found {
        log.warn(
          "unset_variable", at: given.valuePlace, "\(message); used instead: \(found.origin)",
          hint: hint)
      } else if isLocal {
        log.warn("unset_variable", at: given.valuePlace, message, hint: hint)
      } else {
        log.error(
          "unset_variable", at: given.valuePlace, "\(message), and no other token was found",
          hint: hint)
      }
    } else if found == nil, !isLocal {
      log.warn(
        "no_token", at: given?.keyPlace ?? TextPosition(line: 1, column: 1),
        "no GitHub token: looked at github.token, GITHUB_TOKEN, GH_TOKEN and `gh auth token`",
        hint: "put GITHUB_TOKEN=... into .env beside WORKFLOW.md")
    }
    // A local tracker sends it nowhere.
    return (isLocal ? found : usable(found, given, &log))
      ?? TokenSearch(token: nil, origin: "not found")
  }

  /// A token travels in a header: line ends around it (of a file it was read from) are dropped, and
  /// one with anything but printable ASCII inside is refused without being shown.
  private static func usable(
    _ found: TokenSearch?, _ given: SettingSet.Given?, _ log: inout DiagnosticLog
  ) -> TokenSearch? {
    guard var found, let token = found.token else { return found }
    let text = token.reveal().trimmingWhitespace()
    guard text.unicodeScalars.allSatisfy({ ("!"..."~").contains($0) }) else {
      log.error(
        "wrong_value", at: given?.valuePlace ?? TextPosition(line: 1, column: 1),
        "the GitHub token from \(found.origin) holds a space or a character that no token has",
        hint: "copy it again, without line ends in it")
      return nil
    }
    found.token = Secret(text)
    return found
  }

  /// The text of the file as it may be kept: secrets written into it make way for their variables.
  static func withoutSecrets(_ text: String, _ settings: SettingSet) -> String {
    var storable = text
    for spec in Schema.all where spec.isSecret {
      let variable = spec.shownDefault
      guard let given = settings.given[spec.path], given.isPlainSecret,
        let written = given.written
      else { continue }
      if let clean = PrivateKeyText.replacing(in: storable, with: variable) {
        storable = clean
        continue
      }
      let lines = written.splitLines().map { $0.trimmingWhitespace() }
        .filter { !$0.isEmpty }
      for line in lines {
        storable = storable.replacing(line, with: lines.count == 1 ? variable : "***")
      }
    }
    return storable
  }
}
