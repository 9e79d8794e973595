// What codex is told about its commands and the repository's instructions, beside what the workflow
// says about the same.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct CodexShellTests {
  private let limit = "project_doc_max_bytes=1048576"
  private let marker = "shell_environment_policy.set.SYMPHONY_RUN=\"run-7\""

  /// Everything behind a `-c` of the whole command, in order, but for the approval policy.
  private func settings(
    _ config: [String: Structure], environment: [String: String] = ["SYMPHONY_RUN": "run-7"],
    open: [String] = []
  ) throws -> [String] {
    let policy = CodexWorld.policy { $0.codex.config = config }
    var turn = CodexWorld.turn(policy, agentEnvironment: environment)
    turn.openVariables = open
    let arguments = try CodexWorld.agent.command(for: turn).arguments
    return zip(arguments, arguments.dropFirst()).filter { $0.0 == "-c" }.map(\.1)
      .filter { !$0.hasPrefix("approval_policy=") }
  }

  @Test func theMarkerIsSet() throws {
    #expect(try settings([:]) == [limit, marker])
    #expect(
      try settings([:], environment: ["SYMPHONY_RUN": "a\"b"]).last
        == "shell_environment_policy.set.SYMPHONY_RUN=\"a\\\"b\"")
    #expect(try settings([:], environment: [:]) == [limit])
  }

  @Test func whatTheWorkflowSetsStays() throws {
    #expect(
      try settings([
        "shell_environment_policy": .object([
          "inherit": .string("core"), "exclude": .list([.string("AWS_*")]),
          "set": .object(["A": .string("1")]),
        ])
      ]) == [
        "shell_environment_policy={\"exclude\"=[\"AWS_*\"],\"inherit\"=\"core\","
          + "\"set\"={\"A\"=\"1\"}}", limit, marker,
      ])
  }

  /// codex takes what is listed there and drops the rest, the marker too.
  @Test func aListOfWhatIsKeptGetsTheMarker() throws {
    let listed = "shell_environment_policy.include_only=[\"PATH\",\"SYMPHONY_RUN\"]"
    let names: Structure = .list([.string("PATH")])
    #expect(
      try settings(["shell_environment_policy.include_only": names]).suffix(2) == [listed, marker])
    let table: Structure = .object(["include_only": names])
    #expect(try settings(["shell_environment_policy": table]).suffix(2) == [listed, marker])
    // codex takes the later one of two.
    let twice = try settings([
      "shell_environment_policy": .object(["include_only": .list([.string("HOME")])]),
      "shell_environment_policy.include_only": names,
    ])
    #expect(twice.suffix(2) == [listed, marker])
    // Everything is kept already.
    #expect(
      try settings(["shell_environment_policy.include_only": .list([])]).suffix(2)
        == [limit, marker])
  }

  @Test func filtersGetTheMarkerToo() throws {
    func last(_ filters: [String: Structure]) throws -> [String] {
      try settings(["shell_environment_policy": .object(["filters": .object(filters)])]).suffix(2)
    }
    #expect(
      try last(["PATH": .string("include"), "A": .string("exclude")])
        == ["shell_environment_policy.filters.SYMPHONY_RUN=\"include\"", marker])
    #expect(try last(["A": .string("exclude")]) == [limit, marker])
  }

  /// Half of git's list of settings is an error of every git command.
  @Test func gitsSettingsPassEveryFilterWhole() throws {
    let environment = [
      "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "credential.https://h/.helper",
      "GIT_CONFIG_VALUE_0": "!f", "GITHUB_TOKEN": "s3cret", "OTHER": "x", "SYMPHONY_RUN": "run-7",
    ]
    let names = ["GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"]
    let policy = "shell_environment_policy"
    let set = [marker] + names.map { "\(policy).set.\($0)=\"\(environment[$0] ?? "")\"" }
    func told(_ config: [String: Structure]) throws -> [String] {
      try settings(config, environment: environment, open: names)
    }
    #expect(try told([:]) == [limit] + set)
    let exclude: Structure = .object(["exclude": .list([.string("*KEY*")])])
    #expect(try told([policy: exclude]).suffix(4) == set[...])
    let only = try told(["\(policy).include_only": .list([.string("PATH")])])
    #expect(
      only.contains(
        "\(policy).include_only=[\"PATH\",\"SYMPHONY_RUN\",\"GIT_CONFIG_COUNT\","
          + "\"GIT_CONFIG_KEY_0\",\"GIT_CONFIG_VALUE_0\"]"), "\(only)")
    let filters = try told([policy: .object(["filters": .object(["PATH": .string("include")])])])
    for name in names {
      #expect(filters.contains("\(policy).filters.\(name)=\"include\""), "\(filters)")
    }
    #expect(!(only + filters).contains { $0.contains("s3cret") || $0.contains("OTHER") })
  }

  @Test func theWorkflowsOwnLimitOnInstructionsCounts() throws {
    #expect(
      try settings(["project_doc_max_bytes": .integer(5)]) == ["project_doc_max_bytes=5", marker])
    #expect(try settings(["project_doc_max_bytes": .null]) == [limit, marker])
  }
}
