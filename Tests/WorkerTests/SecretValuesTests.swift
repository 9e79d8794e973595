// Which variables hold secrets by their names, and that a secret goes out of a file wherever it stands
// while every other byte keeps its place.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyWorker

@Suite struct SecretValuesTests {
  @Test(arguments: [
    ("ANTHROPIC_API_KEY", true), ("NPM_TOKEN", true), ("db_password", true), ("GITHUB_PAT", true),
    ("GIT_AUTHOR_NAME", false), ("SSH_AUTH_SOCK", false), ("KEYBOARD", false), ("PATH", false),
  ])
  func aNameSaysIt(_ name: String, _ isSecret: Bool) {
    #expect(SecretValues.saysSecret(name) == isSecret)
  }

  @Test func whatIsNoSecretStays() {
    var policy = AgentPolicy()
    policy.secretVariables = ["MINE"]
    let values = SecretValues.all(
      policy,
      [
        "MINE": "whatever-it-is", "A_KEY": "created_at", "B_KEY": "/etc/passwd",
        "C_KEY": "s3cretvalue",
        "D_KEY": "-----BEGIN X-----\nMIIEabcdefgh12345678\nshort\n", "E": "pa55word-unnamed",
      ], token: Secret("ours"))
    #expect(values.contains("ours") && values.contains("whatever-it-is"))
    #expect(values.contains("s3cretvalue") && values.contains("MIIEabcdefgh12345678"))
    #expect(!values.contains("created_at") && !values.contains("/etc/passwd"))
    #expect(!values.contains("short") && !values.contains("pa55word-unnamed"))
  }

  @Test func everyOtherByteOfAFileKeepsItsPlace() throws {
    let yard = try WorkerYard()
    let path = yard.path("output")
    // Across the end of what is looked at at once, and behind it.
    let secret = "known-secret-1234"
    let filler = String(repeating: "x", count: (1 << 20) - 8)
    try Files.append(path, filler + secret + "\n" + filler + secret + "\r\nend")
    try OutputMask(search: SecretSearch([secret])).apply(to: path)
    let stars = String(repeating: "*", count: secret.utf8.count)
    #expect(
      try Files.readText(path) == filler + stars + "\n" + filler + stars + "\r\nend")
  }
}
