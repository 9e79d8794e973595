// GitHub App authentication: where id and key come from, what is missing, the shapes a key may
// have, and that no part of it shows or is stored. The keys here are no keys: their digits say so.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct AppTests {
  private static let digits = String(repeating: "NotARealKey+", count: 11)
  /// As it must come out, whatever went in.
  private static let pem =
    "-----BEGIN RSA PRIVATE KEY-----\n\(digits.prefix(64))\n\(digits.dropFirst(64).prefix(64))\n"
    + "\(digits.dropFirst(128))\n-----END RSA PRIVATE KEY-----\n"
  private static let both = ["GITHUB_APP_ID": "Iv1.abc", "GITHUB_APP_PRIVATE_KEY": pem]

  private func app(
    _ yaml: String, _ environment: [String: String] = [:],
    keyFile: (String) -> KeyFile = { .failed("\($0): no such file") }
  ) -> WorkflowReading {
    reading(
      "---\ngithub:\n\(yaml)\n---\nWork.\n", environment: environment,
      otherToken: { _ in
        Issue.record("another token was looked for")
        return nil
      }, keyFile: keyFile)
  }

  @Test func autoPrefersTheApp() throws {
    var environment = Self.both
    environment["GITHUB_TOKEN"] = "t"
    let found = app("  token: $GITHUB_TOKEN", environment)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    let tracker = try #require(found.policy?.tracker)
    #expect(tracker.app == AppPolicy(id: "Iv1.abc", privateKey: Secret(Self.pem)))
    #expect(tracker.token == nil)
    #expect(tracker.tokenOrigin == "GitHub App Iv1.abc")
    #expect(found.setting("github.app_id")?.origin == "$GITHUB_APP_ID")
    #expect(found.setting("github.private_key")?.value == "***")
    #expect(found.setting("github.private_key")?.origin == "$GITHUB_APP_PRIVATE_KEY")
    #expect(found.setting("github.token")?.value == "not used")
  }

  @Test func patMeansTheToken() throws {
    var environment = Self.both
    environment["GITHUB_TOKEN"] = "t"
    let found = app("  auth_mode: pat\n  private_key: missing.pem\n  app_id: $NONE", environment)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    #expect(found.policy?.tracker.app == nil)
    #expect(found.policy?.tracker.token?.reveal() == "t")
    let local = reading("---\ntracker: {kind: local}\n---\n", environment: Self.both)
    #expect(local.policy?.tracker.app == nil)
    #expect(local.diagnostics.isEmpty)
  }

  @Test func everySettingOfAnApp() throws {
    let found = app(
      """
        auth_mode: app
        app_id: 1234
        private_key: $KEY
        installation_id: $WHERE
        token_refresh_skew_ms: 60000
      """, ["KEY": Self.pem, "WHERE": "99"])
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    var expected = AppPolicy(id: "1234", privateKey: Secret(Self.pem))
    expected.installation = "99"
    expected.refreshSkew = .seconds(60)
    #expect(found.policy?.tracker.app == expected)
    #expect(found.policy?.tracker.tokenOrigin == "GitHub App 1234")
    let hidden = try #require(found.policy?.agent.secretVariables)
    #expect(Set(["KEY", "GITHUB_APP_PRIVATE_KEY", "GITHUB_TOKEN"]).isSubset(of: hidden))
  }

  // MARK: What is missing

  @Test func appNeedsBothParts() throws {
    let none = app("  auth_mode: app")
    #expect(none.shown == ["error missing_setting 3:14"])
    let message = try #require(none.errors.first?.message)
    #expect(message.contains("github.app_id") && message.contains("GITHUB_APP_PRIVATE_KEY"))
    let noKey = app("  auth_mode: app\n  app_id: 1\n  private_key: $MINE")
    #expect(noKey.shown == ["error missing_setting 3:14"])
    let lacks = try #require(noKey.errors.first?.message)
    #expect(lacks.contains("`github.private_key` uses $MINE") && !lacks.contains("its id"))
    let noPlace = app("  auth_mode: app\n  installation_id: $NONE", Self.both)
    #expect(noPlace.shown == ["error unset_variable 4:20"])
    #expect(app("  installation_id: mine", Self.both).shown == ["error wrong_value 3:20"])
  }

  @Test func autoFallsBackToTheTokenAndSaysSo() {
    let found = app("  app_id: 1", ["GITHUB_TOKEN": "t"])
    #expect(found.shown == ["warning app_incomplete 3:3"])
    #expect(found.policy?.tracker.token?.reveal() == "t")
    #expect(found.policy?.tracker.app == nil)
    // An id that merely lies in the environment is nobody's wish.
    let quiet = app("  token: a-token", ["GITHUB_APP_ID": "1"])
    #expect(quiet.shown == ["warning secret_in_file 3:10"])
  }

  // MARK: The key

  @Test func aPathIsReadByTheCaller() {
    for (written, path) in [
      ("keys/app.pem", "/project/keys/app.pem"), ("~/app.pem", "/users/me/app.pem"),
      ("/etc/app.pem", "/etc/app.pem"),
    ] {
      var asked: [String] = []
      let found = app(
        "  app_id: 1\n  private_key: \(written)", ["HOME": "/users/me"],
        keyFile: {
          asked.append($0)
          return .found(text: Self.pem, isExposed: false)
        })
      #expect(asked == [path])
      #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
      #expect(found.policy?.tracker.app?.privateKey.reveal() == Self.pem)
    }
    var environment = Self.both
    environment["GITHUB_APP_PRIVATE_KEY"] = "app.pem"
    let exposed = app(
      "  auth_mode: app", environment,
      keyFile: { _ in .found(text: Self.pem, isExposed: true) })
    #expect(exposed.shown == ["warning key_file 3:3"])
    #expect(exposed.diagnostics.first?.hint == "chmod 600 /project/app.pem")
    #expect(exposed.policy?.tracker.app != nil)
  }

  @Test func aKeyThatCannotBeReadIsAnError() throws {
    let missing = app("  app_id: 1\n  private_key: app.pem")
    #expect(missing.shown == ["error key_file 4:16"])
    #expect(missing.errors.first?.message.contains("/project/app.pem: no such file") == true)
    #expect(missing.policy == nil)
    // The default of the parameter: nobody reads files.
    let nobody = Workflow.read(
      text: "---\ngithub: {app_id: 1, private_key: app.pem}\n---\n", path: "/p/WORKFLOW.md",
      environment: [:]
    ) { _ in nil }
    #expect(nobody.shown == ["error key_file 2:34"])
  }

  @Test(arguments: [
    ("not a\nkey", "neither the text of a PEM file nor a path"),
    ("-----BEGIN RSA PRIVATE KEY-----\nU2VjcmV0", "no complete PEM block"),
    ("-----BEGIN RSA PRIVATE KEY-----\nU2Vj!!\n-----END RSA PRIVATE KEY-----", "damaged"),
    ("-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----", "damaged"),
    ("-----BEGIN PUBLIC KEY-----\nU2VjcmV0\n-----END PUBLIC KEY-----", "holds a PUBLIC KEY"),
    (
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nU2VjcmV0\n-----END ENCRYPTED PRIVATE KEY-----",
      "passphrase"
    ),
    (
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nU2VjcmV0\n"
        + "-----END RSA PRIVATE KEY-----", "passphrase"
    ),
  ])
  func aKeyThatIsNone(_ key: String, _ expected: String) throws {
    var environment = Self.both
    environment["GITHUB_APP_PRIVATE_KEY"] = key
    let found = app("  auth_mode: app", environment)
    #expect(found.shown == ["error wrong_value 3:3"])
    let message = try #require(found.errors.first?.message)
    #expect(message.contains(expected), "\(message)")
    #expect(!message.contains("U2Vj"))
    #expect(found.policy == nil)
  }

  @Test func theKeyInPlaceOfTheIDIsNotRepeated() {
    let found = app("  auth_mode: app\n  app_id: $OOPS\n  private_key: $OOPS", ["OOPS": Self.pem])
    #expect(found.shown == ["error wrong_value 4:11"])
    #expect(!"\(found.diagnostics) \(found.settings)".contains("NotARealKey"))
  }

  /// However the key is written into the file: one key comes out, and nothing of it is stored.
  @Test(arguments: [
    "  private_key: |\n    " + AppTests.pem.split(separator: "\n").joined(separator: "\n    "),
    "  private_key: >\n    " + AppTests.pem.split(separator: "\n").joined(separator: "\n    "),
    "  private_key: \"" + AppTests.pem.split(separator: "\n").joined(separator: "\\n") + "\"",
    "  private_key: " + AppTests.pem.split(separator: "\n").joined(separator: "\\n"),
    "  private_key:\n    " + AppTests.pem.split(separator: "\n").joined(separator: "\n    "),
    "  private_key: |\r\n    " + AppTests.pem.split(separator: "\n").joined(separator: "\r\n    "),
  ])
  func everyWayToWriteAKey(_ yaml: String) throws {
    let text =
      "---\ngithub:\n  app_id: 1\n\(yaml)\npolling:\n  interval_ms: 5\n---\nRSA KEY words.\n"
    let found = reading(text, environment: [:])
    #expect(found.diagnostics.map(\.code) == ["secret_in_file"])
    #expect(found.policy?.tracker.app?.privateKey.reveal() == Self.pem)
    let storable = try #require(found.storableText)
    #expect(!storable.contains("NotARealKey"))
    #expect(!storable.contains("BEGIN"))
    #expect(storable.contains("RSA KEY words."))
    #expect(!"\(found.diagnostics) \(found.settings)".contains("NotARealKey"))
    // What was stored means the same where the variable holds the key.
    let again = reading(
      storable, environment: ["GITHUB_APP_PRIVATE_KEY": Self.pem])
    #expect(again.policy?.tracker.app == found.policy?.tracker.app)
    #expect(again.policy?.pollInterval == .milliseconds(5))
  }

  @Test func aKeyIsFoundInTheEnvironmentAsDotEnvWritesIt() {
    let line = Self.pem.split(separator: "\n").joined(separator: "\\n")
    for text in [line, Self.pem, Self.pem.replacing("\n", with: "\r\n")] {
      let found = app("", ["GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": text])
      #expect(found.policy?.tracker.app?.privateKey.reveal() == Self.pem)
    }
  }
}
