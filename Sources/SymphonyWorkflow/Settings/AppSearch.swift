// Which GitHub App is used, if any: `github.auth_mode`, then id and key from the file, from
// GITHUB_APP_ID and from GITHUB_APP_PRIVATE_KEY. Called by `Workflow.read` before a token is looked
// for. The key's text goes into the policy and nowhere else; no message repeats a part of it.

import SymphonyCore

/// The content at the path of a private key.
package enum KeyFile: Hashable, Sendable {
  /// - Parameter isExposed: the group or others may read it.
  case found(text: String, isExposed: Bool)
  /// One sentence: why it cannot be read, path included.
  case failed(String)
}

struct AppSearch {
  struct Found {
    var text: String
    /// `line 7`, `$GITHUB_APP_ID`.
    var origin: String
    /// As messages call it.
    var name: String
    var place: TextPosition
  }
  /// An App was asked for, or is there: no token is looked for.
  var isWanted = false
  var id: Found?
  var key: Found?
  /// Nil: none, or something about it is wrong, which the log then says.
  var app: AppPolicy?

  static func run(
    _ settings: SettingSet, variables: Variables, log: inout DiagnosticLog,
    keyFile: (_ path: String) -> KeyFile
  ) -> AppSearch {
    var search = AppSearch()
    let mode = settings.value("github.auth_mode").stringValue
    // A local tracker needs no account.
    guard mode != "pat", settings.value("tracker.kind").stringValue != "local" else {
      return search
    }
    search.id = find("github.app_id", "GITHUB_APP_ID", settings, variables)
    search.key = find("github.private_key", "GITHUB_APP_PRIVATE_KEY", settings, variables)
    search.isWanted = mode == "app" || (search.id != nil && search.key != nil)
    guard let id = search.id, let key = search.key else {
      search.reportMissing(settings, isNeeded: mode == "app", log: &log)
      return search
    }
    // A text that is no id may be the key in the wrong variable: it is not repeated.
    guard id.text.utf8.count <= 64, id.text.unicodeScalars.allSatisfy(isOfAnID) else {
      log.error(
        "wrong_value", at: id.place, "\(id.name) is no client id or app id of a GitHub App")
      search.id = nil
      return search
    }
    guard let text = pem(of: key, variables, log: &log, keyFile) else { return search }
    var app = AppPolicy(id: id.text, privateKey: Secret(text))
    app.installation = installation(settings, &log)
    search.app = app
    return search
  }

  private static func isOfAnID(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII
      && (scalar.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains(scalar))
  }

  private static func find(
    _ path: String, _ variable: String, _ settings: SettingSet, _ variables: Variables
  ) -> Found? {
    let given = settings.given[path]
    let place =
      given?.valuePlace ?? settings.given["github.auth_mode"]?.keyPlace
      ?? TextPosition(line: 1, column: 1)
    if let given, let text = given.value?.stringValue {
      return Found(text: text, origin: "line \(given.line)", name: "`\(path)`", place: place)
    }
    let text = (variables.environment[variable] ?? "").trimmingWhitespace()
    if text.isEmpty { return nil }
    return Found(text: text, origin: "$\(variable)", name: "$\(variable)", place: place)
  }

  /// With `auto` only somebody who wrote a part of the App into the file is told what lacks.
  private func reportMissing(
    _ settings: SettingSet, isNeeded: Bool, log: inout DiagnosticLog
  ) {
    let parts = [
      ("github.app_id", "GITHUB_APP_ID", "its id", id == nil),
      ("github.private_key", "GITHUB_APP_PRIVATE_KEY", "its private key", key == nil),
    ]
    let lacks = parts.filter(\.3).map { path, variable, what, _ in
      if let missing = settings.given[path]?.missingVariables.first {
        return "\(what) (`\(path)` uses $\(missing), which is not set)"
      }
      return "\(what) (`\(path)`, or \(variable) in the environment)"
    }.joined(separator: " and ")
    let hint = "put it into .env beside WORKFLOW.md"
    if isNeeded {
      log.error(
        "missing_setting",
        at: settings.given["github.auth_mode"]?.valuePlace ?? TextPosition(line: 1, column: 1),
        "`github.auth_mode` is `app`, but the App lacks \(lacks)", hint: hint)
    } else if let part = ["github.app_id", "github.private_key", "github.installation_id"]
      .compactMap({ settings.given[$0] }).first(where: { !$0.isNull })
    {
      log.warn(
        "app_incomplete", at: part.keyPlace,
        "the GitHub App is not used, a token is: the App lacks \(lacks)", hint: hint)
    }
  }

  private static func pem(
    of key: Found, _ variables: Variables, log: inout DiagnosticLog,
    _ keyFile: (_ path: String) -> KeyFile
  ) -> String? {
    var text = key.text
    var name = key.name
    if !PrivateKeyText.isText(text) {
      guard let path = self.path(text, variables) else {
        log.error(
          "wrong_value", at: key.place, "\(name) is neither the text of a PEM file nor a path")
        return nil
      }
      name = "the key file \(path) of \(name)"
      switch keyFile(path) {
      case .failed(let why):
        log.error(
          "key_file", at: key.place, "\(key.name) holds no PEM text, and as a path: \(why)",
          hint: "relative paths begin at the directory of WORKFLOW.md")
        return nil
      case .found(let found, let isExposed):
        text = found
        if isExposed {
          log.warn(
            "key_file", at: key.place, "\(name) can be read by other users",
            hint: "chmod 600 \(path)")
        }
      }
    }
    do throws(PrivateKeyText.Problem) {
      return try PrivateKeyText.normalised(text)
    } catch {
      log.error("wrong_value", at: key.place, "\(name) \(error.text)")
      return nil
    }
  }

  private static func path(_ text: String, _ variables: Variables) -> String? {
    guard text.utf8.count < 4096, !text.contains(where: \.isNewline) else { return nil }
    return variables.path(text)
  }

  /// Absolute: the file of the App's private key, used or not; nil: it is no path.
  static func keyPath(_ settings: SettingSet, _ variables: Variables) -> String? {
    let key = find("github.private_key", "GITHUB_APP_PRIVATE_KEY", settings, variables)
    guard let text = key?.text, !PrivateKeyText.isText(text) else { return nil }
    return path(text, variables)
  }

  private static func installation(_ settings: SettingSet, _ log: inout DiagnosticLog) -> String? {
    guard let given = settings.given["github.installation_id"] else { return nil }
    if let missing = given.missingVariables.first {
      log.error(
        "unset_variable", at: given.valuePlace,
        "`github.installation_id` uses $\(missing), which is not set",
        hint: "set \(missing), or take the line out: the installation is found")
      return nil
    }
    guard let text = given.value?.stringValue else { return nil }
    guard text.utf8.allSatisfy({ (48...57).contains($0) }) else {
      log.error(
        "wrong_value", at: given.valuePlace, "`github.installation_id` must be a whole number",
        hint: "it is the last part of the address of the App's installation page")
      return nil
    }
    return text
  }
}
