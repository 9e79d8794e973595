// Lists that must be complete, as far as the text shows it: what implements a port or is a command
// is named in its registry.

enum RegistryRules {
  static let all: [Rule] = [
    Rule(
      "what implements a port is in its registry",
      seeds: [
        [
          "Sources/SymphonyAgents/AgentRegistry.swift": "// A.\nlet all = [A()]\n",
          "Sources/SymphonyAgents/A.swift": "// A.\nstruct A: Agent {}\n",
          "Sources/SymphonyAgents/B.swift": "// B.\npublic struct B: Sendable, Agent {}\n",
        ],
        [
          "Sources/SymphonyExecutors/ExecutorRegistry.swift": "// E.\nlet all = [A()]\n",
          "Sources/SymphonyExecutors/B.swift": "// B.\nstruct B: Executor {}\n",
        ],
      ], check: ports),
    Rule(
      "every command is a subcommand",
      seeds: [
        [
          "Sources/symphony/Symphony.swift": "// S.\nlet subcommands = [A.self]\n",
          "Sources/symphony/A.swift": "// A.\nstruct A: ParsableCommand {}\n",
          "Sources/symphony/B.swift": "// B.\nstruct B: AsyncParsableCommand {}\n",
        ]
      ]
    ) { tree in
      unnamed(
        tree, conforming: ["ParsableCommand", "AsyncParsableCommand"], module: "symphony",
        in: "Symphony.swift")
    },
  ]

  private static func ports(_ tree: SourceTree) -> [Violation] {
    [
      ("Agent", "SymphonyAgents"), ("Tracker", "SymphonyTrackers"),
      ("Executor", "SymphonyExecutors"),
    ].flatMap { port, module in
      unnamed(tree, conforming: [port], module: module, in: "\(port)Registry.swift")
    }
  }

  private static func unnamed(
    _ tree: SourceTree, conforming protocols: Set<String>, module: String, in registry: String
  ) -> [Violation] {
    let files = tree.sources.filter { $0.module == module }
    let named = Set(files.filter { $0.name == registry }.flatMap(\.tokens).map(\.text))
    return files.flatMap { file in
      conformers(file.tokens, protocols).filter { !named.contains($0.text) }.map {
        Violation(file, $0.line, "\($0.text) is not named in \(registry)")
      }
    }
  }

  /// The names of types declared with one of the protocols in their inheritance clause.
  private static func conformers(_ tokens: [Token], _ protocols: Set<String>) -> [Token] {
    tokens.indices.compactMap { index in
      guard ["struct", "class", "enum", "actor"].contains(tokens[index].text),
        index + 2 < tokens.count, tokens[index + 1].isWord, tokens[index + 2].text == ":"
      else { return nil }
      let clause = tokens[(index + 3)...].prefix { $0.text != "{" && $0.text != "where" }
      return clause.contains { protocols.contains($0.text) } ? tokens[index + 1] : nil
    }
  }
}
