// Who may import whom: the core nothing, the modules beside each other nothing of each other, and
// each third-party product one module only. Package.swift says the same to the compiler; these
// rules keep Package.swift from being loosened in passing.

enum ImportRules {
  static let all: [Rule] = [
    Rule(
      "the core has no import statement",
      seeds: [["Sources/SymphonyCore/A.swift": "// A.\nimport Glibc\n"]]
    ) { tree in
      tree.sources.filter { $0.module == "SymphonyCore" }.flatMap { file in
        file.imports.map { Violation(file, $0.line, "the core imports \($0.module)") }
      }
    },
    Rule(
      "every arrow points down",
      seeds: [
        ["Sources/SymphonyTick/A.swift": "// A.\nimport SymphonyStore\n"],
        ["Sources/SymphonyTick/A.swift": "// A.\nimport SymphonyRuns\n"],
        ["Sources/SymphonyWorker/A.swift": "// A.\nimport SymphonyExecutors\n"],
      ], check: arrows),
    Rule(
      "a third-party product has one module",
      seeds: [
        [
          "Sources/SymphonyStore/A.swift": "// A.\nimport GRDB\n",
          "Sources/SymphonyTick/B.swift": "// B.\npublic import struct GRDB.Row\n",
        ]
      ], check: products),
    Rule(
      "no Foundation beyond FoundationEssentials, and nothing testable in Sources",
      seeds: [
        ["Sources/symphony/A.swift": "// A.\nimport Foundation\n"],
        ["Sources/symphony/B.swift": "// B.\n@testable import SymphonyTick\n"],
      ]
    ) { tree in
      tree.sources.flatMap { file in
        file.imports.filter { $0.module == "Foundation" }.map {
          Violation(file, $0.line, "imports Foundation")
        }
          + file.tokens.filter { $0.text == "testable" }.map {
            Violation(file, $0.line, "@testable belongs in Tests")
          }
      }
    },
  ]

  private static let system: Set = ["Glibc", "FoundationEssentials", "Synchronization", "Dispatch"]
  /// Our own modules below each module; the executable sees all.
  private static let below: [String: Set<String>] = [
    "SymphonyCore": [],
    "CSymphonyPlatform": [],
    "SymphonyPlatform": ["CSymphonyPlatform"],
    "SymphonyReport": ["SymphonyCore"],
    "SymphonyWorker": middle.union(["SymphonyRuns"]),
    "SymphonyExecutors": middle.union(["SymphonyRuns"]),
  ]
  private static let middle: Set = ["SymphonyCore", "SymphonyPlatform"]

  private static func arrows(_ tree: SourceTree) -> [Violation] {
    tree.sources.flatMap { file in
      file.imports.filter { named in
        named.module.contains("Symphony") && file.module != "symphony"
          && !(below[file.module] ?? middle).contains(named.module)
      }.map { Violation(file, $0.line, "\(file.module) imports \($0.module)") }
    }
  }

  private static func products(_ tree: SourceTree) -> [Violation] {
    var owners: [String: String] = [:]
    return tree.sources.flatMap { file in
      file.imports.filter { named in
        if named.module.contains("Symphony") || system.contains(named.module) { return false }
        let owner = owners[named.module] ?? file.module
        owners[named.module] = owner
        return owner != file.module
      }.map {
        Violation(
          file, $0.line, "\($0.module) belongs to \(owners[$0.module] ?? ""), not to \(file.module)"
        )
      }
    }
  }
}
