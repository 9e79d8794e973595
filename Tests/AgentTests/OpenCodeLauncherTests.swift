// The launcher of OpenCode, run by a real sh with a program that tells its arguments in place of
// opencode: a private server is asked for where the program knows the flag, and nowhere else.
import FoundationEssentials
import Glibc
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct OpenCodeLauncherTests {
  private let words = "run|--format|json|--auto|--model|a b/$c|"

  /// What the program was called with, and what it found on stdin.
  private func launched(help: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "symphony opencode \(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let program = folder + "/opencode"
    let script = """
      for word; do
        if [ "$word" = --help ]; then cat; echo '\(help)' >&2; exit 0; fi
      done
      printf '%s|' "$@"; cat
      """
    #expect(FileManager.default.createFile(atPath: program, contents: Data(script.utf8)))
    let prompt = folder + "/prompt"
    #expect(FileManager.default.createFile(atPath: prompt, contents: Data("the prompt".utf8)))
    let policy = AgentWorld.policy {
      $0.permissionMode = "allow"
      // Not run by itself: a file is busy while a child of another test has it open for writing.
      $0.command = "sh '\(program)'"
      $0.model = "a b/$c"
    }
    let command = try OpenCodeAgent().command(for: AgentWorld.turn(policy))
    return try output(command.arguments, input: prompt)
  }

  private func output(_ arguments: [String], input: String) throws -> String {
    func quoted(_ word: String) -> String { "'" + word.replacing("'", with: "'\\''") + "'" }
    let line = arguments.map(quoted).joined(separator: " ") + " < " + quoted(input)
    let pipe = try #require(popen(line, "r"))
    var bytes: [UInt8] = []
    while case let byte = fgetc(pipe), byte != EOF { bytes.append(UInt8(byte)) }
    #expect(pclose(pipe) == 0)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func versionTwoIsGivenAServerOfItsOwn() throws {
    #expect(
      try launched(help: "--server --standalone Run with a private server")
        == words + "--standalone|the prompt")
  }

  @Test func versionOneIsNotAskedForOne() throws {
    #expect(try launched(help: "--attach --format") == words + "the prompt")
  }

  @Test func aWorkflowThatSaysSoItselfIsLeftAlone() throws {
    let policy = AgentWorld.policy {
      $0.permissionMode = "allow"
      $0.providerParameters = ["standalone": .bool(true)]
    }
    #expect(
      try OpenCodeAgent().command(for: AgentWorld.turn(policy)).arguments
        == ["opencode", "run", "--format", "json", "--auto", "--standalone"])
  }
}
