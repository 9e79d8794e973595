// `symphony init`: what it writes is what doctor accepts, nothing is ever overwritten, and a
// checkout that is not fit is told how to become so. Questions are asked in a real terminal, which
// script(1) makes.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@Suite struct InitTests {
  /// A checkout with this `origin`; nil: none.
  private func checkout(
    _ origin: String? = "https://github.com/acme/app.git"
  ) throws -> Project {
    let project = try Project("init")
    try Git.run(["init", "--quiet", "-b", "main"], in: project.path)
    if let origin { try Git.run(["remote", "add", "origin", origin], in: project.path) }
    return project
  }

  private func text(_ project: Project, _ name: String) throws -> String {
    try Files.readText(Files.join(project.path, name))
  }

  private func names(_ project: Project) throws -> [String] {
    try Files.list(project.path).filter { $0 != ".git" }.sorted()
  }

  @Test(arguments: [
    ["--label", "symphony", "--agent", "claude_code"],
    ["--label", "it's: a #label, [x]", "--agent", "codex"],
    ["--label", "null", "--agent", "opencode"],
    ["--label", "2024", "--agent", "command", "--command", "./agent.sh --flag 'a b'"],
    ["--board", "acme/6", "--agent", "codex"],
    ["--board", "https://github.com/users/ann/projects/3/views/1", "--agent", "codex"],
    ["--local", "--agent", "command", "--command", "cat"],
    ["--yes"],
  ])
  func doctorAcceptsWhatItWrites(_ flags: [String]) async throws {
    let project = try checkout()
    let path = try SymphonyBinary.path
    let told = Transcript(
      try await SymphonyBinary.run(
        ["init"] + flags, directory: project.path, environment: ["HOME": project.home]))
    #expect(told.code == 0, "\(told)")
    let doctor = try await project.run("doctor", "--json", environment: ["PATH": "/usr/bin:/bin"])
    guard case .list(let findings)? = try doctor.json()["findings"] else {
      Issue.record("\(path): \(doctor)")
      return
    }
    let ours = findings.filter { finding in
      ["workflow", "template", "selection"].contains(finding["subject"]?.stringValue)
    }
    let isTokenMissing: (Structure) -> Bool = {
      $0["text"]?.stringValue?.contains("no GitHub token") == true
    }
    #expect(ours.count >= 2, "\(doctor)")
    for finding in ours where !isTokenMissing(finding) {
      #expect(finding["grade"]?.stringValue == "pass", "\(finding)")
    }
    if !flags.contains("--local") {
      #expect(Files.permissions(Files.join(project.path, ".env")) == 0o600)
      #expect(try text(project, ".env").hasSuffix("\nGITHUB_TOKEN=\n"))
    }
    #expect(told.outputLines.contains { $0.hasPrefix("next: ") }, "\(told)")
  }

  @Test func itOverwritesNothing() async throws {
    let project = try checkout()
    let first = try await project.run("init", "--yes")
    #expect(first.code == 0, "\(first)")
    try project.folder.write("project/.env", "GITHUB_TOKEN=kept\n")
    let before = try contents(of: project.path)
    let again = try await project.run("init", "--yes")
    #expect(again.code == 64 && again.output.isEmpty, "\(again)")
    #expect(
      again.complaints == ["\(project.workflow) is there already: nothing was written"], "\(again)")
    let below = try project.folder.directory("project/deep/er")
    let inside = try await project.run("init", "--yes", directory: below)
    #expect(inside.code == 64, "\(inside)")
    #expect(try contents(of: project.path) == before)
    try Files.remove(project.workflow)
    let beside = try await project.run("init", "--yes")
    #expect(beside.code == 0 && beside.output.contains("left alone: "), "\(beside)")
    #expect(try text(project, ".env") == "GITHUB_TOKEN=kept\n")
    // A link that leads nowhere is somebody's, too.
    try Files.remove(project.workflow)
    try Git.run(["config", "alias.l", "!ln -s nowhere WORKFLOW.md"], in: project.path)
    try Git.run(["l"], in: project.path)
    let link = try await project.run("init", "--yes")
    #expect(link.code == 64, "\(link)")
    #expect(Files.linkTarget(project.workflow) == "nowhere")
  }

  @Test func itGoesToTheRepositorysRoot() async throws {
    let project = try checkout()
    let below = try project.folder.directory("project/deep/er")
    let told = try await project.run("init", "--yes", directory: below)
    #expect(told.code == 0, "\(told)")
    #expect(try names(project) == [".env", ".gitignore", "WORKFLOW.md", "deep"])
    #expect(told.output.contains("wrote \(project.workflow)\n"), "\(told)")
  }

  @Test func gitIgnoresTheTokensFile() async throws {
    let project = try checkout()
    try project.folder.write("project/.gitignore", "*.o", mode: 0o640)
    _ = try await project.run("init", "--yes")
    #expect(try text(project, ".gitignore") == "*.o\n.env\n")
    #expect(Files.permissions(Files.join(project.path, ".gitignore")) == 0o640)
    // What ignores it already is enough.
    let second = try checkout()
    try second.folder.write("project/.gitignore", ".e*\n")
    _ = try await second.run("init", "--yes")
    #expect(try text(second, ".gitignore") == ".e*\n")
    // A file that git has in its hands would be published.
    let third = try checkout()
    try third.folder.write("project/.env", "A=1\n")
    try Git.run(["add", ".env"], in: third.path)
    let refused = try await third.run("init", "--yes")
    #expect(refused.code == 64 && refused.complaint.contains("tracked by git"), "\(refused)")
    #expect(try names(third) == [".env"])
  }

  @Test func whatIsUnfitIsToldHowToBecomeFit() async throws {
    let bare = try Project("init")
    let nowhere = try await bare.run("init", "--yes")
    #expect(nowhere.code == 64, "\(nowhere)")
    #expect(nowhere.complaints == ["\(bare.path) is in no git repository"], "\(nowhere)")
    let alone = try await checkout(nil).run("init", "--yes")
    #expect(alone.hints.first?.hasPrefix("git remote add origin ") == true, "\(alone)")
    let elsewhere = try await checkout("git@git.example.org:a/b.git").run("init", "--yes")
    #expect(elsewhere.hints.first?.contains("https://git.example.org/api/v3") == true)
    #expect(elsewhere.complaint.contains("git.example.org"), "\(elsewhere)")
    let secret = try await checkout("https://me:hunter2@git.example.org/a/b").run("init", "--yes")
    #expect(secret.code == 64 && !secret.description.contains("hunter2"), "\(secret)")
    let folder = try await checkout("../other").run("init", "--yes")
    #expect(folder.complaint.contains("a directory of this machine"), "\(folder)")
    for project in [try checkout()] {
      let unasked = try await project.run("init")
      #expect(unasked.code == 64 && unasked.hint.contains("--label NAME"), "\(unasked)")
      for flags in [
        ["--label", "a\nb"], ["--label", " "], ["--label", "$HOME"], ["--board", "acme"],
        ["--agent", "gpt", "--yes"], ["--agent", "command", "--yes"], ["--repository", "a"],
        ["--board", "a/1", "--label", "b"], ["--local", "--create-label"],
      ] {
        let told = Transcript(
          try await SymphonyBinary.run(["init"] + flags, directory: project.path))
        #expect(told.code == 64 && !told.complaints.isEmpty, "\(flags): \(told)")
      }
      #expect(try names(project) == [])
      let inside = try await project.run("init", "--yes", environment: ["SYMPHONY_RUN": "r"])
      #expect(inside.code == 64, "\(inside)")
    }
  }

  @Test func itMakesTheLabelOnce() async throws {
    let server = try await GitHubSimulator.start()
    let project = try checkout(server.cloneURL)
    let arguments = [
      "init", "--label", "for robots", "--create-label", "--api-url", server.apiURL,
    ]
    func run() async throws -> Transcript {
      Transcript(
        try await SymphonyBinary.run(
          arguments, directory: project.path, environment: ["GITHUB_TOKEN": server.token]))
    }
    let told = try await run()
    #expect(told.code == 0 && told.output.contains("made the label for robots\n"), "\(told)")
    #expect(server.writeCount == 1)
    #expect(!told.description.contains(server.token))
    try Files.remove(project.workflow)
    let again = try await run()
    #expect(again.code == 0 && again.output.contains("the label for robots is there"), "\(again)")
    #expect(server.writeCount == 1)
    await server.stop()
  }

  /// In a terminal of script(1), which types `keys` and then the end of the input.
  private func typing(_ keys: String, _ project: Project) throws -> CapturedCommand {
    let input = try project.folder.write("keys", keys)
    return try CapturedCommand.run(
      [
        "script", "--quiet", "--return", "--command", "\(try SymphonyBinary.path) init",
        "/dev/null",
      ],
      environment: [
        "PATH": Host.environment["PATH"] ?? "/usr/bin:/bin", "HOME": project.home,
        "GIT_CONFIG_NOSYSTEM": "1",
      ],
      directory: project.path, input: input, timeoutMilliseconds: 30_000)
  }

  @Test func itAsksOnATerminal() throws {
    let project = try checkout()
    let told = try typing("robots\nnonsense\ncodex\ny\n", project)
    #expect(told.exit.isSuccess, "\(told)")
    #expect(told.output.contains("that is none of the answers"), "\(told)")
    let workflow = try text(project, "WORKFLOW.md")
    #expect(workflow.contains("labels: [robots]\n") && workflow.contains("kind: codex\n"))
  }

  @Test(arguments: ["", "robots\n", "robots\ncodex\nn\n", "robots\ncodex\n", "\u{3}"])
  func whoLeavesAQuestionLeavesNothing(_ keys: String) throws {
    let project = try checkout()
    let told = try typing(keys, project)
    #expect(!told.exit.isSuccess, "\(told)")
    // An interrupt may come before the first question.
    #expect(keys == "\u{3}" || told.output.contains("with which label"), "\(told)")
    #expect(try names(project) == [])
  }
}

extension Transcript {
  /// The first of each; empty: there is none.
  fileprivate var complaint: String { complaints.first ?? "" }
  fileprivate var hint: String { hints.first ?? "" }
}
