// Lists that must be complete, as far as the text shows it: what implements a port or is a command
// is named in its registry, and every reason of a verdict has a code, a sentence and somebody who
// gives it.

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
    Rule(
      "every reason has a code, a sentence and a giver",
      seeds: [
        [
          "Sources/SymphonyCore/Planning/Reason.swift": """
          // R.
          enum Reason {
            case a
            case b(Int), c
            var code: String { switch self { case .a: "a"; case .b: "b"; case .c: "c" } }
            var sentence: String { switch self { case .a: "A"; default: code } }
          }

          """,
          "Sources/SymphonyCore/Planning/Planner.swift": "// P.\nlet reasons = [.a, .b(1)]\n",
        ]
      ], check: reasons),
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

  private static func reasons(_ tree: SourceTree) -> [Violation] {
    guard let file = tree.file(named: "Reason.swift") else { return [] }
    let given = uses(tree.sources.filter { $0.path != file.path && $0.isSource })
    let own = uses([file])
    return cases(of: "Reason", in: file.tokens).flatMap { name -> [Violation] in
      var found: [Violation] = []
      if own[name.text, default: 0] < 2 {
        found.append(Violation(file, name.line, "reason \(name.text) lacks a code or a sentence"))
      }
      if given[name.text] == nil {
        found.append(Violation(file, name.line, "nobody gives the reason \(name.text)"))
      }
      return found
    }
  }

  /// How often `.name` stands in the files.
  private static func uses(_ files: [SourceFile]) -> [String: Int] {
    var counts: [String: Int] = [:]
    for tokens in files.map(\.tokens) {
      for (dot, name) in zip(tokens, tokens.dropFirst())
      where dot.text == "." && name.isGlued && name.isWord {
        counts[name.text, default: 0] += 1
      }
    }
    return counts
  }

  /// The cases an enum declares at its own level.
  private static func cases(of name: String, in tokens: [Token]) -> [Token] {
    guard
      let start = tokens.indices.first(where: {
        tokens[$0].text == "enum" && $0 + 1 < tokens.count && tokens[$0 + 1].text == name
      })
    else { return [] }
    var found: [Token] = []
    var depth = 0
    var expectsName = false
    for token in tokens[(start + 2)...] {
      switch token.text {
      case "{", "(", "[": depth += 1
      case "}", ")", "]": depth -= 1
      case "case" where depth == 1: expectsName = true
      case "," where depth == 1: expectsName = true
      default:
        // After a name anything else ends the list: `case a, b` and then a declaration.
        if expectsName, depth == 1 { found.append(token) }
        if depth == 1 { expectsName = false }
      }
      if depth == 0, token.text == "}" { break }
    }
    return found
  }
}
