// What an agent prints may hold a secret: of the project, which its environment gave it, or one that
// it found. Neither reaches anything that is recorded, published or shown.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct PrintedSecretTests {
  private static let shaped = "ghp_" + String(repeating: "a1B2", count: 9)
  private static let known = "correct-horse-7-battery"
  /// Printed in every way there is to be heard: as words, as a report, as a complaint.
  private static let agent = #"""
    cat > /dev/null
    echo "found \#(shaped) and $MY_SERVICE_TOKEN."
    echo "$MY_SERVICE_TOKEN" >&2
    echo '{"type":"progress","message":"at \#(shaped)"}'

    """#

  private func project(_ end: String) throws -> Project {
    let project = try Project.local(issues: 1)
    // WORKFLOW.md itself may hold no secret.
    let script = try project.folder.write("bin/agent", Self.agent + end + "\n", mode: 0o755)
    let hook = try project.folder.write("bin/hook", "echo \(Self.shaped) $MY_SERVICE_TOKEN\n")
    try WorkflowFile.write(
      in: project.path,
      settings: Project.localSettings(agent: "sh \(script)")
        + "hooks:\n  after_run: sh \(hook)\n")
    return project
  }

  private func expectNothing(_ folder: String) throws {
    for (file, bytes) in try contents(of: folder) {
      for secret in [Self.shaped, Self.known] {
        #expect(ByteSearch([secret]).ranges(in: bytes).isEmpty, "in \(file)")
      }
    }
  }

  @Test(arguments: [
    ("echo x > work; echo done", "handed_off"),
    ("echo SYMPHONY: blocked: it needs $MY_SERVICE_TOKEN and \(shaped)", "agent_blocked"),
  ])
  func noSecretIsRecorded(_ end: String, _ verdict: String) async throws {
    let project = try project(end)
    let there = ["MY_SERVICE_TOKEN": Self.known]
    _ = try await project.run("tick", environment: there)
    try await eventually("it is \(verdict)") {
      try await project.run("tick", "--json", environment: there).tick().verdict(1)?.code == verdict
    }
    try await eventually("a tick has nothing to do") {
      try await project.run("tick", "--json", environment: there).tick().actions.isEmpty
    }
    try expectNothing(project.state)
    let issues = Files.join(project.path, "issues")
    try expectNothing(issues)
    let published = try contents(of: issues).values.map { String(decoding: $0, as: UTF8.self) }
    #expect(published.contains { $0.contains("***") }, "the words around it are published")
    for words in [
      ["status", "-v"], ["why", "1"], ["logs", "1"], ["logs", "1", "--raw"], ["events"],
    ] {
      let said = Transcript(
        try await SymphonyBinary.run(
          words, directory: project.path,
          environment: ["SYMPHONY_STATE_DIR": project.state, "HOME": project.home]))
      #expect(said.code == 0 && !said.description.contains(Self.shaped), "\(words): \(said)")
      #expect(!said.description.contains(Self.known), "\(words): \(said)")
    }
  }
}
