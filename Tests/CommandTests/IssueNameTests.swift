// What a person calls an issue, to every command that takes one: a number that several repositories
// have, and an address on somebody else's host. Nothing is guessed, and nothing is done.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct IssueNameTests {
  private static let commands = [
    ["why"], ["status"], ["top"], ["logs"], ["events"], ["stop"], ["retry"], ["release"],
  ]

  /// Two repositories on one board, each with an issue 1.
  private func board() async throws -> (GitHubSimulator, Project) {
    let server = try await GitHubSimulator.start()
    try server.addRepository("acme/api")
    server.addBoard()
    for repository in ["acme/app", "acme/api"] {
      let number = server.createIssue(title: "In \(repository)", in: repository)
      #expect(number == 1)
      try server.addItem(number, in: repository, fields: ["Status": "Todo"])
    }
    let project = try Project()
    try WorkflowFile.write(
      in: project.path,
      settings: """
        tracker: {owner: acme, project_number: 1}
        github: {api_url: \(server.apiURL), token: $GITHUB_TOKEN}
        agent: {kind: command, command: "true"}

        """)
    return (server, project)
  }

  private func run(
    _ project: Project, _ arguments: [String], token: String = "none"
  ) async throws -> Transcript {
    Transcript(
      try await SymphonyBinary.run(
        arguments, directory: project.path,
        environment: [
          "SYMPHONY_STATE_DIR": project.state, "HOME": project.home, "GITHUB_TOKEN": token,
          "TMPDIR": project.folder.file("tmp"),
        ]))
  }

  @Test func aNumberThatTwoRepositoriesHaveIsAmbiguous() async throws {
    let (server, project) = try await board()
    let first = try await run(project, ["why", "1"], token: server.token)
    #expect(first.code == 64 && first.output.isEmpty, "before any tick: \(first)")
    #expect(first.complaints == ["1 is ambiguous"], "\(first)")
    #expect(first.hints == ["one of acme/api#1, acme/app#1"], "\(first)")
    let one = try await run(project, ["why", "acme/api#1", "--json"], token: server.token)
    #expect(try one.json()["key"] == .string("acme/api#1"), "\(one)")
    _ = try await run(project, ["pause"])
    _ = try await run(project, ["tick"], token: server.token)
    for command in Self.commands {
      let told = try await run(project, command + ["#1"], token: server.token)
      #expect(told.code == 64 && told.output.isEmpty, "\(command): \(told)")
      #expect(told.complaints == ["#1 is ambiguous"], "\(command): \(told)")
      #expect(told.hints == ["one of acme/api#1, acme/app#1"], "\(command): \(told)")
    }
    // One that nobody has seen: which repository's is not to be known.
    let other = try await run(project, ["why", "99"], token: server.token)
    #expect(other.code == 64 && other.hints == ["write owner/repo#99"], "\(other)")
    await server.stop()
  }

  /// The state knows one of them; the other is new in the tracker's list.
  @Test func aNumberIsAmbiguousAlsoWhereOnlyTheListSaysSo() async throws {
    let (server, project) = try await board()
    server.removeItem(1, in: "acme/api")
    _ = try await run(project, ["pause"])
    _ = try await run(project, ["tick"], token: server.token)
    let known = try await run(project, ["why", "1"], token: server.token)
    #expect(known.code == 0, "\(known)")
    try server.addItem(1, in: "acme/api", fields: ["Status": "Todo"])
    let told = try await run(project, ["why", "1"], token: server.token)
    #expect(told.code == 64 && told.complaints == ["1 is ambiguous"], "\(told)")
    await server.stop()
  }

  @Test func anAddressOnAnotherHostNamesBoth() async throws {
    let project = try Project()
    try WorkflowFile.write(
      in: project.path,
      settings: """
        tracker: {repository: acme/app, labels: [symphony]}
        github: {api_url: "https://git.corp.test/api/v3", token: $GITHUB_TOKEN}
        agent: {kind: command, command: "true"}

        """)
    _ = try await run(project, ["pause"])
    let address = "https://github.com/acme/app/issues/7"
    for command in Self.commands {
      let told = try await run(project, command + [address])
      #expect(told.code == 64 && told.output.isEmpty, "\(command): \(told)")
      #expect(
        told.complaints == [
          "\(address) is on github.com, but the issues of this workflow are on git.corp.test"
        ], "\(command): \(told)")
    }
    for own in ["git.corp.test", "GIT.corp.test"] {
      let told = try await run(project, ["stop", "https://\(own)/acme/app/issues/7"])
      #expect(told.complaints.first?.hasPrefix("no work item ") == true, "\(told)")
    }
  }

  @Test func anAddressIsNoneOfLocalIssues() async throws {
    let project = try Project.local()
    _ = try await project.run("pause")
    let told = try await project.run("why", "https://github.com/acme/app/issues/1")
    #expect(told.code == 64 && told.output.isEmpty, "\(told)")
    #expect(
      told.complaints.first?.hasSuffix(
        "is on github.com, but the issues of this workflow are files in \(project.path)/issues")
        == true, "\(told)")
  }
}
