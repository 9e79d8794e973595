// Who may import whom: the core nothing, the modules beside each other nothing of each other, and
// each third-party product one module only. Package.swift says the same to the compiler; these
// rules keep Package.swift from being loosened in passing, and see imports that build only because
// another target has built the module already.

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
      "what is imported is declared in Package.swift",
      seeds: [
        [
          "Package.swift": ".target(name: \"A\", dependencies: [\"B\"]), .target(name: \"B\")",
          "Sources/A/A.swift": "// A.\nimport B\n", "Sources/B/B.swift": "// B.\nimport A\n",
        ]
      ], check: undeclared),
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
    "SymphonyServer": middle.union(["SymphonyReport", "CSymphonyPage"]),
    "SymphonyWorker": middle.union(["SymphonyRuns"]),
    "SymphonyExecutors": middle.union(["SymphonyRuns"]),
  ]
  private static let middle: Set = ["SymphonyCore", "SymphonyPlatform"]

  /// The compiler finds every module that some target has built, and SwiftPM's own check of imports
  /// lets that pass.
  private static func undeclared(_ tree: SourceTree) -> [Violation] {
    var declared: [String: Set<String>] = [:]
    for target in tree.manifest.split(separator: "arget(").dropFirst() {
      let words = target.split(separator: "\"", omittingEmptySubsequences: false)
      let quoted = words.indices.filter { $0 % 2 == 1 }.map { String(words[$0]) }
      declared[quoted.first ?? ""] = Set(quoted)
    }
    let always = system.union(["Testing", "Foundation"])
    return tree.swift.flatMap { file in
      let module = file.module == "Support" ? "SymphonyTestSupport" : file.module
      return file.imports.filter { named in
        !always.contains(named.module) && declared[module]?.contains(named.module) != true
      }.map { Violation(file, $0.line, "\(module) does not declare \($0.module)") }
    }
  }

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
