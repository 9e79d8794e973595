// What doctor says of this machine and of ticks: who calls them and how they went, hooks, git, the
// database, labels; and that docs/doctor.md knows every check.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import symphony

@Suite struct DoctorCheckTests {
  private func lines(_ told: Transcript, _ subject: String) -> [String] {
    told.outputLines.filter { $0.dropFirst(6).hasPrefix(subject + " ") }
  }

  @Test func withoutAWorkflowInitIsTheNextStep() async throws {
    let project = try Project()
    let told = try await project.run("doctor")
    #expect(told.code == 78 && told.hints.first?.contains("`symphony init`") == true, "\(told)")
    let json = try await project.run("doctor", "--json")
    #expect(json.code == 78, "\(json)")
    let findings = try #require(try json.json()["findings"]?.listValue)
    #expect(findings.first?["grade"] == .string("fail"))
    let skipped = findings.filter { $0["grade"] == .string("skip") }
    #expect(skipped.contains { $0["subject"] == .string("agent") }, "\(json)")
    #expect(skipped.allSatisfy { $0["text"]?.stringValue?.isEmpty == false })
  }

  @Test func theKeysOfTheAnswerAreConstant() async throws {
    let project = try Project.local()
    for text in [nil, "---\ntracker: [\n---\n"] {
      if let text { try project.write(text) }
      let json = try await project.run("doctor", "--json").json()
      #expect(
        Set(json.objectValue?.keys.map(\.self) ?? []) == [
          "version", "at", "exit_code", "workflow", "state_directory", "findings", "settings",
          "surroundings",
        ])
      for finding in json["findings"]?.listValue ?? [] {
        #expect(
          Set(finding.objectValue?.keys.map(\.self) ?? []) == ["grade", "subject", "text", "hint"])
      }
      let surroundings = try #require(json["surroundings"]?.objectValue)
      #expect(
        Set(surroundings.keys) == [
          "runs_as", "program", "directory", "path", "home", "user", "shell", "language", "agents",
          "variables", "git_identity",
        ])
    }
  }

  @Test func whoCallsTicksIsSaid() async throws {
    let project = try Project.local()
    let none = try await project.run("doctor")
    #expect(lines(none, "scheduler").first?.hasPrefix("warn") == true, "\(none)")
    #expect(none.output.contains("`symphony install --systemd --user`, or --cron"), "\(none)")
    try project.folder.write(
      "bin/crontab", "#!/bin/sh\necho '* * * * * cd \(project.path) && symphony tick'\n",
      mode: 0o755)
    let path = "\(project.folder.file("bin")):\(Host.environment["PATH"] ?? "/usr/bin:/bin")"
    let one = try await project.run("doctor", environment: ["PATH": path])
    #expect(
      lines(one, "scheduler") == ["pass  scheduler    ticks are called by line 1 of your crontab"],
      "\(one)")
    let wants = project.folder.file("home/.config/systemd/user/timers.target.wants")
    try Files.makeDirectories(wants)
    let timer = SystemdUnits.name(of: project.workflow) + ".timer"
    try Files.writeAtomically(Files.join(wants, timer), "", durable: false)
    let two = try await project.run("doctor", environment: ["PATH": path])
    let said = try #require(lines(two, "scheduler").first)
    #expect(said.hasPrefix("warn") && said.contains("2 places call ticks"), "\(two)")
    #expect(said.contains("line 1 of your crontab") && said.contains(timer), "\(two)")
    let run = try await Project.local().run("doctor", environment: ["GITHUB_ACTIONS": "true"])
    #expect(lines(run, "scheduler").first?.hasPrefix("skip") == true, "\(run)")
  }

  @Test func howTheLastTicksWentIsSaid() async throws {
    let project = try Project.local(issues: 0)
    let none = try await project.run("doctor")
    #expect(lines(none, "ticks").first?.hasPrefix("skip") == true, "\(none)")
    #expect(lines(none, "database").first?.hasPrefix("skip") == true, "\(none)")
    _ = try await project.run("tick", "--scheduled")
    let good = try await project.run("doctor")
    let said = try #require(lines(good, "ticks").first)
    #expect(said.hasPrefix("pass") && said.contains("by a scheduler, ") && said.hasSuffix(": done"))
    #expect(lines(good, "database").first?.contains("is whole") == true, "\(good)")
    let text = try Files.readText(project.workflow)
    try project.write("---\ntracker: [\n---\n")
    for _ in 1...3 { _ = try await project.run("tick") }
    try project.write(text)
    let bad = try await project.run("doctor")
    let warned = try #require(lines(bad, "ticks").first)
    #expect(warned.hasPrefix("warn") && warned.contains("by a person"), "\(bad)")
    #expect(warned.hasSuffix("workflow_invalid; 3 in a row were not done"), "\(bad)")
    _ = try await project.run("tick")
    let again = try await project.run("doctor")
    #expect(lines(again, "ticks").first?.hasPrefix("pass") == true, "\(again)")
  }

  @Test func whoMayReachTheServerIsLookedAt() async throws {
    let none = try await Project.local().run("doctor")
    #expect(lines(none, "serve").first?.hasPrefix("skip") == true, "\(none)")
    let open = try Project.local(
      more: "server:\n  host: 0.0.0.0\n  cors_origins: ['*']\n"
        + "polling:\n  with_webhooks_interval_ms: 600000\n")
    let bare = lines(try await open.run("doctor"), "serve")
    #expect(bare.count == 3 && bare.allSatisfy { $0.hasPrefix("warn") }, "\(bare)")
    for word in ["nobody from elsewhere", "any page in a browser", "no webhook can come"] {
      #expect(bare.contains { $0.contains(word) }, "\(word)")
    }
    func told(_ secret: String) async throws -> [String] {
      let project = try Project.local(more: "server:\n  port: 8080\n")
      return lines(
        try await project.run("doctor", environment: ["SYMPHONY_SERVER_TOKEN": secret]), "serve")
    }
    let short = try await told("short-secret")
    #expect(short.count == 1 && short[0].contains("server.token has fewer than 16 bytes"))
    #expect(!short[0].contains("short-secret"))
    #expect(
      try await told("0123456789abcdef") == [
        "pass  serve        127.0.0.1, port 8080; changes ask for the token; no webhooks"
      ])
  }

  @Test func aHookThatNoShellCanReadFails() async throws {
    let project = try Project.local(
      more: "hooks:\n  before_run: |\n    touch ../ran; if true; then\n  after_run: touch ../ran\n")
    let told = try await project.run("doctor")
    #expect(told.code == 1, "\(told)")
    let said = try #require(lines(told, "hooks").first)
    #expect(said.hasPrefix("fail") && said.contains("hooks.before_run"), "\(told)")
    #expect(!Files.exists(project.folder.file("ran")), "nothing of a hook is run")
  }

  @Test func aGitThatIsTooOldFails() async throws {
    let project = try Project.local()
    let git = try #require(Spawn.find("git", environment: Host.environment))
    try project.folder.write(
      "bin/git",
      "#!/bin/sh\n[ \"$1\" = --version ] && echo 'git version 2.25.1' && exit\nexec \(git) \"$@\"\n",
      mode: 0o755)
    let path = "\(project.folder.file("bin")):\(Host.environment["PATH"] ?? "/usr/bin:/bin")"
    let told = try await project.run("doctor", environment: ["PATH": path])
    #expect(told.code == 1, "\(told)")
    #expect(lines(told, "git").first?.contains("git version 2.25.1") == true, "\(told)")
    #expect(told.output.contains("install git 2.31 or later"), "\(told)")
  }

  @Test func aDamagedPageIsFound() async throws {
    let project = try Project.local()
    _ = try await project.run("pause")
    let database = Files.join(project.state, "symphony.db")
    var bytes = try Files.read(database)
    try #require(bytes.count > 8192)
    for index in 4096..<bytes.count { bytes[index] = 0x5A }
    try Folder(project.state).write(FileName("symphony.db"), bytes, mode: 0o600, exact: true)
    let told = try await project.run("doctor")
    #expect(told.code == 1, "\(told)")
    #expect(told.outputLines.contains { $0.hasPrefix("fail") && $0.contains("is damaged") })
  }

  @Test func aLabelThatIsNotThereComesWithItsCommand() async throws {
    let server = try await GitHubSimulator.start()
    let project = try Project()
    try WorkflowFile.write(
      in: project.path,
      settings: WorkflowFile.settings(for: server, label: "needs work", command: "true"))
    let told = try await project.run("doctor", environment: ["GITHUB_TOKEN": server.token])
    let at = try #require(
      told.outputLines.firstIndex { $0.hasPrefix("warn  labels ") }, "\(told)")
    let hint = told.outputLines[at + 1]
    #expect(hint.contains("`gh label create 'needs work' --repo "), "\(told)")
    #expect(hint.contains("/acme/app`") && hint.contains("--create-label"), "\(told)")
    #expect(lines(told, "clock").first?.hasPrefix("pass") == true, "\(told)")
    #expect(server.writeCount == 0)
    await server.stop()
  }

  // MARK: Each check

  private func subjects(_ told: Transcript) throws -> [String] {
    try #require(told.json()["findings"]?.listValue).compactMap { $0["subject"]?.stringValue }
  }

  /// In the text and in the JSON, whatever there is to look at.
  private func expectEveryCheck(
    _ project: Project, _ environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let json = try await project.run("doctor", "--json", environment: environment)
    let told = try subjects(json)
    for check in DoctorChecks.inOrder {
      #expect(told.contains(check), "\(check): \(json)", sourceLocation: sourceLocation)
    }
    let places = told.compactMap { DoctorChecks.inOrder.firstIndex(of: $0) }
    #expect(places == places.sorted(), "in order: \(told)", sourceLocation: sourceLocation)
    let text = try await project.run("doctor", environment: environment)
    for check in DoctorChecks.inOrder where text.code != 78 {
      let lines = lines(text, check)
      #expect(!lines.isEmpty, "\(check): \(text)", sourceLocation: sourceLocation)
      let grades: Set = ["pass", "warn", "fail", "skip"]
      #expect(
        lines.allSatisfy { grades.contains(String($0.prefix(4))) }, "\(text)",
        sourceLocation: sourceLocation)
    }
  }

  @Test func everyCheckHasItsLine() async throws {
    try await expectEveryCheck(try Project())
    let broken = try Project.local()
    try broken.write("---\ntracker: [\n---\n")
    try await expectEveryCheck(broken)
    try await expectEveryCheck(try Project.local())
    let empty = try Project.local(issues: 0)
    try Files.removeTree(Files.join(empty.path, "issues"))
    try await expectEveryCheck(empty)
    let server = try await GitHubSimulator.start()
    let project = try Project()
    try WorkflowFile.write(
      in: project.path, settings: WorkflowFile.settings(for: server, command: "true"))
    try await expectEveryCheck(project, ["GITHUB_TOKEN": server.token])
    try await expectEveryCheck(project, ["GITHUB_TOKEN": "wrong"])
    server.addBoard()
    try WorkflowFile.write(
      in: project.path,
      settings: """
        tracker: {owner: acme, project_number: 1}
        github: {api_url: \(server.apiURL), token: $GITHUB_TOKEN}
        agent: {kind: command, command: "true"}

        """)
    try await expectEveryCheck(project, ["GITHUB_TOKEN": server.token])
    await server.stop()
    try await expectEveryCheck(project, ["GITHUB_TOKEN": server.token])
  }

  @Test func howManyIssuesWouldBeEligibleIsSaid() async throws {
    let server = try await GitHubSimulator.start()
    for labels in [["symphony"], ["symphony"], ["other"]] {
      server.createIssue(title: "x", labels: labels)
    }
    let project = try Project()
    let settings = WorkflowFile.settings(for: server, command: "true")
    try WorkflowFile.write(in: project.path, settings: settings)
    let token = ["GITHUB_TOKEN": server.token]
    let narrowed = try await project.run("doctor", environment: token)
    #expect(
      lines(narrowed, "selection") == [
        "pass  selection    2 issues would be eligible; by the label `symphony`"
      ], "\(narrowed)")
    try WorkflowFile.write(
      in: project.path,
      settings: settings.replacing("  required_labels: [symphony]\n", with: ""))
    let all = try await project.run("doctor", environment: token)
    #expect(
      lines(all, "selection") == [
        "warn  selection    nothing narrows what is worked on: every open issue is; "
          + "3 issues would be eligible"
      ], "\(all)")
    #expect(all.code == narrowed.code)
    await server.stop()
    let away = try await project.run("doctor", environment: token)
    let unknown = "the tracker could not be asked how many"
    #expect(lines(away, "selection").first?.contains(unknown) == true, "\(away)")
  }

  @Test(arguments: ["./agent.sh", "tools/agent", "sh agent.sh", "exec ./agent.sh --fast"])
  func aScriptOfTheRepositoryHasToBeCommitted(_ command: String) async throws {
    let project = try Project.local(agent: command)
    let name = command.contains("tools") ? "tools/agent" : "agent.sh"
    let missing = try await project.run("doctor")
    #expect(missing.code == 1, "\(missing)")
    let words = " is not committed in \(project.path), and agents are started in a checkout"
    #expect(lines(missing, "agent").contains { $0.hasPrefix("fail") && $0.contains(words) })
    // A file that is only here is in no workspace either.
    try project.folder.directory("project/tools")
    try project.folder.write("project/\(name)", "#!/bin/sh\n", mode: 0o755)
    #expect(try await project.run("doctor").code == 1)
    try WorkflowFile.write(
      in: project.path,
      settings: Project.localSettings(agent: command) + "hooks:\n  before_run: make agent\n")
    let made = try await project.run("doctor")
    #expect(made.code == 0, "\(made)")
    #expect(lines(made, "agent").contains { $0.hasPrefix("warn") && $0.contains(words) })
    try Git.run(["add", name], in: project.path)
    try Git.run(["commit", "--quiet", "-m", "an agent"], in: project.path)
    try WorkflowFile.write(in: project.path, settings: Project.localSettings(agent: command))
    let there = try await project.run("doctor")
    #expect(there.code == 0 && lines(there, "agent").count == 1, "\(there)")
  }

  /// The same sentence and the same next step from every command; only doctor has a code of its own.
  @Test func aMissingFolderOfIssuesIsAMistakeOfTheWorkflow() async throws {
    let project = try Project.local(issues: 0)
    try Files.removeTree(Files.join(project.path, "issues"))
    let sentence = "there is no directory \(project.path)/issues to read issues from"
    let hint = "create it, or set tracker.directory in WORKFLOW.md"
    for (command, code) in [(["tick"], 78), (["tick", "--dry-run"], 78), (["why", "1"], 78)] {
      let told = Transcript(
        try await SymphonyBinary.run(
          command + ["--state-dir", project.state], directory: project.path))
      #expect(told.code == Int32(code), "\(command): \(told)")
      #expect(told.complaints == [sentence] && told.hints == [hint], "\(command): \(told)")
    }
    let doctor = try await project.run("doctor")
    #expect(doctor.code == 1, "\(doctor)")
    #expect(lines(doctor, "issues") == ["fail  issues       \(sentence)"], "\(doctor)")
    #expect(doctor.output.contains(hint), "\(doctor)")
  }

  /// Every word that a finding may have as its subject, with a row in the reference.
  @Test func theReferenceKnowsEveryCheck() throws {
    let root = Files.parent(of: Files.parent(of: Files.parent(of: #filePath)))
    var subjects: Set<String> = []
    for module in ["symphony", "SymphonyTrackers", "SymphonyAgents"] {
      for text in try texts(below: Files.join(root, "Sources/\(module)")) {
        for match in text.matches(of: #/\.(?:pass|warn|fail|skip),\s*"([a-z]+)"/#) {
          subjects.insert(String(match.1))
        }
      }
    }
    #expect(subjects.count > 20)
    #expect(subjects.subtracting(DoctorChecks.inOrder) == [])
    let page = try Files.readText(Files.join(root, "docs/doctor.md"))
    for subject in subjects.union(["caches", "workspaces"]) {
      #expect(page.contains("\n| `\(subject)` |"), "\(subject)")
    }
    let listed = page.matches(of: #/\n\| `([a-z]+)` \|/#).map { String($0.1) }
    #expect(listed == DoctorChecks.inOrder)
  }

  private func texts(below folder: String) throws -> [String] {
    try Files.list(folder).flatMap { name -> [String] in
      let path = Files.join(folder, name)
      if Files.isDirectory(path) { return try texts(below: path) }
      return name.hasSuffix(".swift") ? [try Files.readText(path)] : []
    }
  }
}
