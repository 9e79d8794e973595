// A project of a test's own, and what a command said about it. Each command runs the built program
// with a constructed environment: no token, no agent and no settings of the machine reach it.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

/// What a command left behind: exit code, stdout, stderr.
struct Transcript: CustomStringConvertible {
  var exit: ChildExit
  var output: String
  var errors: String

  init(_ command: CapturedCommand) {
    exit = command.exit
    output = command.output
    errors = command.errorOutput
  }

  var code: Int32? { if case .exited(let code) = exit { code } else { nil } }
  var outputLines: [String] { output.split(separator: "\n").map(String.init) }
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
  /// What follows `symphony: error: `, line by line.
  var complaints: [String] { after("symphony: error: ") }
  var hints: [String] { after("symphony: hint: ") }
  var description: String { "\(exit.description)\nstdout:\n\(output)\nstderr:\n\(errors)" }

  private func after(_ prefix: String) -> [String] {
    errorLines.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }

  /// stdout as one JSON object, for tests of the JSON itself.
  func json() throws -> Structure { try ReportJSON.read(output, as: Structure.self) }
  /// stdout of `status --json`.
  func state() throws -> StateReport { try ReportJSON.read(output, as: StateReport.self) }
  /// stdout of `tick --json`.
  func tick() throws -> TickAnswer { try ReportJSON.read(output, as: TickAnswer.self) }
}

struct Project: Sendable {
  let folder: TemporaryDirectory
  /// The checkout with WORKFLOW.md.
  let path: String
  let state: String
  let home: String
  let workflow: String

  /// With no WORKFLOW.md yet.
  init(_ label: String = "command") throws {
    folder = try TemporaryDirectory(label)
    path = try folder.directory("project")
    home = try folder.directory("home")
    try folder.directory("tmp")
    state = folder.file("state")
    workflow = Files.join(path, "WORKFLOW.md")
  }

  /// Local issues, and a git repository with one commit.
  static func local(
    issues: Int = 1, agent: String = "cat > /dev/null", more: String = "",
    prompt: String = "Fix {{ issue.title }}.\n"
  ) throws -> Project {
    let project = try Project()
    try project.folder.directory("project/issues")
    for number in 1...max(issues, 1) where number <= issues {
      try project.addIssue(number)
    }
    try Git.run(["init", "--quiet", "-b", "main"], in: project.path)
    try Git.run(["commit", "--quiet", "--allow-empty", "-m", "first"], in: project.path)
    try WorkflowFile.write(
      in: project.path, settings: localSettings(agent: agent) + more, prompt: prompt)
    return project
  }

  static func localSettings(agent: String = "cat > /dev/null") -> String {
    """
    tracker:
      kind: local
      labels: [symphony]
    agent:
      kind: command
      command: '\(agent)'
      max_concurrent: 1

    """
  }

  func addIssue(_ number: Int, labels: String = "symphony") throws {
    try folder.write(
      "project/issues/\(number).md",
      "---\ntitle: Issue \(number)\nlabels: [\(labels)]\n---\n\nPlease.\n")
  }

  func write(_ text: String) throws { try folder.write("project/WORKFLOW.md", text, mode: 0o644) }

  /// Runs `symphony` in the checkout; the state directory is the project's own.
  func run(
    _ arguments: String..., environment: [String: String] = [:], directory: String? = nil
  ) async throws -> Transcript {
    var all = ["SYMPHONY_STATE_DIR": state, "HOME": home, "TMPDIR": folder.file("tmp")]
    all.merge(environment) { _, given in given }
    return Transcript(
      try await SymphonyBinary.run(
        arguments, directory: directory ?? path, environment: all.filter { !$0.value.isEmpty }))
  }

  /// Ticks until an item's verdict is the wanted one.
  func tickUntil(_ number: Int, is code: String) async throws {
    try await eventually("item \(number) is \(code)") {
      try await run("tick", "--json").tick().verdict(number)?.code == code
    }
  }

  /// Ends what a test's agents left running.
  func stopAll() async throws {
    _ = try await run("stop", "--all")
    try await eventually("no run is alive") {
      _ = try await run("tick")
      return try await run("status", "--json").state().items.allSatisfy { $0.run == nil }
    }
  }
}

extension TickAnswer {
  func verdict(_ number: Int) -> VerdictReport? {
    verdicts.first { $0.key.hasSuffix("#\(number)") }
  }
}

extension StateReport {
  func item(_ number: Int) -> ItemReport? { items.first { $0.key.hasSuffix("#\(number)") } }
}

/// Path to checksum-like text (size and content) of every file below a directory.
func contents(of directory: String) throws -> [String: [UInt8]] {
  var found: [String: [UInt8]] = [:]
  func walk(_ path: String, _ name: String) throws {
    if Files.isDirectory(path) {
      for entry in try Files.list(path) {
        try walk(Files.join(path, entry), name.isEmpty ? entry : "\(name)/\(entry)")
      }
    } else {
      // A file of the database's own may go while somebody else closes it.
      do throws(PlatformError) { found[name] = try Files.read(path) } catch {
        guard error.isMissing else { throw error }
      }
    }
  }
  if Files.exists(directory) { try walk(directory, "") }
  return found
}
