// What comes from outside never steers the terminal or the log: names of files, arguments, issues,
// agents. Judged by the bytes the built program writes, whatever the command.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@Suite struct HostileTextTests {
  private static let hostile =
    "x\u{1B}]0;owned\u{7}\u{1B}[2J\u{9B}31m\u{202E}\u{200B}\u{2066}\u{2028}\r\n"
    + "symphony: error: forged"

  private func expectPlain(_ said: Transcript, _ what: String) {
    for text in [said.output, said.errors] {
      let left = text.unicodeScalars.filter { $0 != "\n" && $0.isInvisible }
      #expect(left.isEmpty, "\(what): \(text.debugDescription)")
      #expect(!text.contains("\nsymphony: error: forged"), "\(what): \(text.debugDescription)")
      #expect(!text.hasPrefix("symphony: error: forged"), "\(what)")
    }
  }

  /// The checkout lies in a folder of that name, and so everything that is shown of it.
  @Test func pathsAndArgumentsAreShownAndDoNothing() async throws {
    let project = try Project.local(issues: 2)
    let folder = Files.join(project.folder.path, Self.hostile)
    try Git.run(["clone", "--quiet", project.path, folder], in: project.folder.path)
    for name in ["WORKFLOW.md", "issues"] {
      try Git.run(["init", "--quiet"], in: folder)
      let copied = try CapturedCommand.run(
        ["cp", "-r", Files.join(project.path, name), folder], environment: Host.environment,
        timeoutMilliseconds: 60_000)
      #expect(copied.exit.isSuccess)
    }
    let commands: [[String]] = [
      ["tick", "--dry-run", "-v"], ["tick", "--dry-run", "--json"], ["tick", "-v"], ["status"],
      ["status", "--json"], ["doctor", "--all"], ["doctor", "--json"], ["stop", Self.hostile],
      ["retry", Self.hostile], ["tick", Self.hostile], [Self.hostile],
      ["tick", "--\(Self.hostile)"],
      ["pause", "--why", Self.hostile], ["tick", "--dry-run"], ["status"], ["status", "--json"],
      ["tick", "-v", "--log-format", "json"],
    ]
    for arguments in commands {
      let said = Transcript(
        try await SymphonyBinary.run(
          arguments, directory: folder,
          environment: [
            "SYMPHONY_STATE_DIR": Files.join(project.folder.path, "state\u{1B}[1m"),
            "HOME": project.home, "TMPDIR": project.folder.file("tmp"),
          ]))
      expectPlain(said, "\(arguments.first ?? "")")
      if arguments.last == "--json" {
        #expect(try said.json()["version"] == .integer(1))
      }
    }
  }

  /// An issue, its label and its author, a server's refusal, and an agent's last words.
  @Test func issuesServersAndAgentsAreShownAndDoNothing() async throws {
    let server = try await GitHubSimulator.start()
    server.createIssue(title: Self.hostile, labels: ["symphony", "bad\u{1B}[31m\u{202E}"])
    let project = try Project()
    try WorkflowFile.write(
      in: project.path,
      settings: WorkflowFile.settings(
        for: server, command: "cat > /dev/null; printf \"SYMPHONY: blocked \\\\033[2J no\\n\""))
    let token = ["GITHUB_TOKEN": server.token]
    for _ in 0..<2 {
      for arguments in [
        ["tick", "--dry-run", "-v"], ["tick", "-v"], ["status"], ["status", "--json"],
      ] {
        let said = Transcript(
          try await SymphonyBinary.run(
            arguments, directory: project.path,
            environment: token.merging([
              "SYMPHONY_STATE_DIR": project.state, "HOME": project.home,
            ]) { $1 }))
        #expect(said.code == 0 || said.code == 1, "\(said)")
        expectPlain(said, "\(arguments)")
      }
      try await eventually("the run has ended") {
        try contents(of: project.state).keys.contains { $0.hasSuffix("result.json") }
      }
    }
    for (name, bytes) in try contents(of: project.state) where name.hasSuffix("worker.log") {
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(
        text.unicodeScalars.allSatisfy { $0 == "\n" || !$0.isInvisible }, "\(text.debugDescription)"
      )
    }
    await server.stop()
  }
}
