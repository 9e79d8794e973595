// Secrets written into WORKFLOW.md: kept in memory behind variables where settings may name some,
// refused everywhere else, and never in the text that is stored.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct LiteralSecretTests {
  private static let github = "ghp_" + String(repeating: "aB3", count: 12)
  private static let anthropic = "sk-ant-api03-" + String(repeating: "Zx9", count: 10)
  private static let signed = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLWJ5dGVz"

  /// Each secret of the file with what must name it instead.
  @Test func secretsOfServersAndAgentsStandBehindVariables() throws {
    let found = settings(
      """
      agent:
        env:
          set:
            API_KEY: 'plain words, no form'
            LEVEL: debug
            NOTE: see \(Self.github) there
            OTHER: $ELSEWHERE
        mcp_servers:
          - name: one
            command: [npx, server, --api-key, hunter2hunter2, "--token=abc123abc", --level=debug]
            env: {SERVICE_TOKEN: "q\u{E9}-12345678", ID: 0123456789abcdef0123456789, R: eu-west-1}
          - name: two
            url: https://user:passw0rd@mcp.example.org/x
            headers:
              Authorization: Bearer \(Self.signed)
              X-Team: blue-team
              Accept: application/json
          - name: three
            command: run --with \(Self.anthropic) now
      """)
    let policy = try #require(found.policy, "\(found.errors)")
    let values = policy.literals.mapValues { $0.reveal() }
    for secret in [
      "plain words, no form", Self.github, "hunter2hunter2", "abc123abc", "q\u{E9}-12345678",
      "0123456789abcdef0123456789", "https://user:passw0rd@mcp.example.org/x",
      "Bearer \(Self.signed)", Self.anthropic,
    ] {
      #expect(values.values.contains(secret), "\(secret) was not taken out")
      #expect(found.storableText?.contains(secret) == false)
      #expect(!"\(policy)".contains(secret), "the policy is frozen into spec.json")
    }
    let words = "\(policy)"
    for ordinary in ["debug", "eu-west-1", "application/json", "blue-team", "$ELSEWHERE", "npx"] {
      #expect(words.contains(ordinary))
    }
    // The worker puts them back, to the letter.
    let agent = policy.agent
    #expect(
      VariableText.expand(agent.environment.set["NOTE"] ?? "", values)
        == .text("see \(Self.github) there"))
    #expect(
      agent.mcpServers[0].command.map { VariableText.expand($0, values) }
        == ["npx", "server", "--api-key", "hunter2hunter2", "--token=abc123abc", "--level=debug"]
        .map { .text($0) })
    #expect(
      agent.mcpServers[2].command.map { VariableText.expand($0, values) }
        == ["run", "--with", Self.anthropic, "now"].map { .text($0) })
    // An agent inherits none of the variables.
    for name in values.keys { #expect(agent.secretVariables.contains(name)) }
    #expect(found.shown.filter { $0.hasPrefix("warning secret_in_file") }.count >= 8)
  }

  @Test func theStoredTextReadsAsTheSameWorkflow() throws {
    let found = settings("agent:\n  env:\n    set: {A_TOKEN: \"abcdefgh\", B_TOKEN: abcdefgh2}")
    let storable = try #require(found.storableText)
    #expect(!storable.contains("abcdefgh"))
    let again = reading(storable)
    let policy = try #require(again.policy, "\(again.errors)")
    #expect(policy.agent.environment.set.keys.sorted() == ["A_TOKEN", "B_TOKEN"])
    #expect(policy.literals.isEmpty)
    #expect(again.storableText == storable)
  }

  @Test(arguments: [
    "A_TOKEN: |\n        first-line-of-it\n        second-line", "A_TOKEN: \"a\\tb-secret\"",
    "A_TOKEN: >-\n        folded\n        secret",
  ])
  func whatCannotBeTakenOutIsNotStored(_ line: String) throws {
    let found = settings("agent:\n  env:\n    set:\n      \(line)")
    #expect(found.policy?.literals.count == 1, "\(found.errors)")
    for part in ["first-line", "second-line", "b-secret", "folded"] where line.contains(part) {
      #expect(found.storableText?.contains(part) ?? false == false)
    }
  }

  @Test(arguments: [
    "hooks:\n  before_run: \"curl -H 'Authorization: Bearer @@' x\"",
    "hooks:\n  after_create: git clone https://me:passw0rd@host/x",
    "codex:\n  config: {a: {b: [\"@@\"]}}", "agent:\n  kind: command\n  command: run @@",
    "agent:\n  provider_params: {key: \"@@\"}", "git:\n  commit_author_name: \"@@\"",
  ])
  func elsewhereASecretIsRefusedAtItsPlace(_ yaml: String) throws {
    for token in [Self.github, Self.anthropic, Self.signed] {
      let found = settings(yaml.replacing("@@", with: token))
      let error = try #require(found.errors.first)
      #expect(error.code == "secret_in_file")
      #expect(error.line == yaml.split(separator: "\n").count + 1)
      #expect(!error.description.contains(token) && !error.description.contains("passw0rd"))
      let values = found.settings.map(\.value).filter { !$0.isEmpty }
      #expect(!values.contains { $0.contains(token) || $0.contains("passw0rd") }, "\(values)")
    }
  }

  @Test func thePromptHoldsNoSecretEither() throws {
    let found = reading("---\nagent:\n  max_turns: 1\n---\nUse\n\(Self.github)\n")
    #expect(found.shown == ["error secret_in_file 6:1"])
    #expect(found.storableText?.contains(Self.github) == false)
  }

  @Test func aCommentIsNotStoredWithItsSecret() throws {
    let found = settings("agent:\n  max_turns: 1 # was \(Self.github)")
    #expect(found.policy != nil)
    #expect(found.storableText?.contains(Self.github) == false)
  }

  @Test(arguments: [
    "sk-learn-and-a-very-long-name-of-a-package", "ghp_short", "see sk-1 and ghp_token", "AKIA",
    "https://example.org:8080/a@b", "https://user@example.org", "eyJ.a.b", "tasks-0123456789012345",
    "https://${USER}:${PASSWORD}@host/x",
  ])
  func ordinaryWordsAreNoSecrets(_ words: String) {
    let found = settings("hooks:\n  before_run: 'echo \(words)'")
    #expect(found.policy != nil, "\(found.errors)")
    #expect(found.policy?.literals.isEmpty == true)
  }
}
