// Secrets that lie around in a project: doctor names each place and shows none; one written into
// WORKFLOW.md reaches the agent and no file.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@Suite struct SecretFindingTests {
  private static let token = "ghp_" + String(repeating: "aB3", count: 12)

  @Test func doctorNamesFilesAndRemotesThatGiveSecretsAway() async throws {
    let project = try Project.local()
    try project.folder.write("project/.env", "A=\(Self.token)\n", mode: 0o644)
    let origin = "https://x-access-token:\(Self.token)@github.com/acme/app.git"
    try Git.run(["remote", "add", "origin", origin], in: project.path)
    try Git.run(["remote", "add", "other", "ext::sh -c id"], in: project.path)
    try Git.run(["remote", "add", "fine", "git@github.com:acme/app.git"], in: project.path)
    var said = try await project.run("doctor")
    for words in [
      "can be read by others (mode 644)", "is not ignored by git",
      "remote.origin.url holds a password or token", "remote.other.url starts a program",
    ] {
      #expect(said.output.contains(words), "\(words): \(said)")
    }
    #expect(!said.output.contains("remote.fine"), "\(said)")
    #expect(!said.description.contains(Self.token), "\(said)")
    try Git.run(["add", ".env"], in: project.path)
    said = try await project.run("doctor")
    #expect(said.output.contains("is tracked by git"), "\(said)")
    try Git.run(["rm", "--quiet", "--cached", ".env"], in: project.path)
    try project.folder.write("project/.gitignore", ".env\n", mode: 0o644)
    try project.folder.write("project/.env", "A=\(Self.token)\n", mode: 0o600)
    for name in ["origin", "other"] { try Git.run(["remote", "remove", name], in: project.path) }
    said = try await project.run("doctor")
    #expect(said.outputLines.contains { $0.hasPrefix("pass  environment") }, "\(said)")
    let secrets = said.outputLines.filter { $0.contains("  secrets ") }
    #expect(secrets.count == 1 && secrets[0].hasPrefix("pass"), "\(said)")
  }

  @Test func aSecretInTheWorkflowReachesTheAgentAndNoFile() async throws {
    let secret = "hunter2-and-some-more-words"
    let script =
      "cat > /dev/null; [ ${#API_KEY} -eq \(secret.count) ] && echo ok > had; "
      + "env | grep -c SYMPHONY_LITERAL > inherited; true"
    let settings = """
      tracker:
        kind: local
        labels: [symphony]
      agent:
        kind: command
        command: '\(script)'
        env: {set: {API_KEY: "\(secret)"}}
        mcp_servers:
          - name: one
            url: "https://mcp.example.org"
            headers: {Authorization: "Bearer \(Self.token)"}

      """
    let project = try Project.local()
    try WorkflowFile.write(in: project.path, settings: settings, prompt: "Work.\n")
    try await project.tickUntil(1, is: "handed_off")
    let workspaces = Files.join(project.state, "workspaces")
    let checkout = try #require(
      try Files.list(workspaces).first { !$0.hasSuffix(".created") })
    #expect(try Files.readText(Files.join(workspaces, "\(checkout)/had")) == "ok\n")
    #expect(try Files.readText(Files.join(workspaces, "\(checkout)/inherited")) == "0\n")
    for (name, bytes) in try contents(of: project.state) {
      let text = String(decoding: bytes, as: UTF8.self)
      for needle in [secret, Self.token] {
        #expect(!text.contains(needle), "\(name) holds it")
      }
    }
    // A broken file later: what is stored still looks after the work, and says what it lacks.
    try project.write("---\ntracker: {kind: nothing}\n---\n")
    let broken = try await project.run("tick")
    #expect(broken.code == 78, "\(broken)")
    #expect(
      broken.complaints.contains { $0.contains("without the secrets that stood in it") },
      "\(broken)")
    #expect(!broken.description.contains(secret))
  }
}
