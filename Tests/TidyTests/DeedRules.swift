// Where a deed may be done: a call that changes what a kill leaves behind passes a FaultPoint in
// the one file of its kind, or tests could not end a process before it. Modes and owners of files
// are no deeds: nothing is lost with them.

enum DeedRules {
  static let all: [Rule] = [
    Rule(
      "a call of the system that changes something is made where tests can name it",
      seeds: [
        ["Sources/SymphonyWorker/A.swift": "// A.\nimport Glibc\nlet a = rename(b, c)\n"],
        ["Sources/SymphonyWorker/A.swift": "// A.\nimport Glibc\nlet a = Glibc.unlink(b)\n"],
        [
          "Sources/SymphonyPlatform/B.swift":
            "// B.\nimport CSymphonyPlatform\nif x { sy_pidfd_send_signal(a, b) }\n"
        ],
        ["Sources/SymphonyPlatform/Disk.swift": "// D.\nimport Glibc\n_ = kill(a, b)\n"],
        [
          "Sources/SymphonyRuns/C.swift":
            "// C.\nimport Glibc\nlet d = openat(a, b, O_CREAT, 0o600)\n"
        ],
        [
          "Sources/SymphonyRuns/C.swift":
            "// C.\nimport Glibc\nlet d = Glibc.open(a, flags | O_CREAT)\n"
        ],
        ["Sources/SymphonyRuns/C.swift": "// C.\nimport Glibc\nlet d = Glibc.write(a, b, c)\n"],
      ], check: rawCalls),
    Rule(
      "a transaction of the database is named before it is begun",
      seeds: [
        ["Sources/SymphonyStore/A.swift": "// A.\ntry queue.write { $0 }\n"],
        ["Sources/SymphonyStore/A.swift": "// A.\ntry queue.writeWithoutTransaction(body)\n"],
        ["Sources/SymphonyStore/A.swift": "// A.\ntry Migrations.migrate(queue)\n"],
      ], check: unnamedTransactions),
    Rule(
      "a worker starts programs where git, hooks and agents are started",
      seeds: [
        ["Sources/SymphonyWorker/A.swift": "// A.\nlet a = try Spawn.start(b)\n"],
        ["Sources/SymphonyWorker/A.swift": "// A.\nlet a = try CapturedCommand.run([\"git\"])\n"],
      ], check: strayChildren),
    Rule(
      "every kind of deed is reached somewhere",
      seeds: [
        [
          "Sources/SymphonyPlatform/FaultPoint.swift":
            "// F.\nenum FaultPoint { case create, write }\n",
          "Sources/SymphonyPlatform/A.swift": "// A.\nFaultPoint.create.reach()\n",
        ]
      ], check: unreachedKinds),
  ]

  /// Calls, and the files that may make them.
  private static let places: [(calls: Set<String>, files: Set<String>)] = [
    (
      [
        "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "fsync",
        "fdatasync", "mkdir", "mkdirat", "mkfifo", "unlink", "unlinkat", "rmdir", "truncate",
        "pwrite", "pwritev", "sy_punch_hole", "mkstemp", "creat", "copy_file_range",
      ], ["Disk.swift"]
    ),
    // Files in memory end with their process.
    (["ftruncate"], ["Disk.swift", "MemoryFile.swift"]),
    (["posix_spawn", "posix_spawnp", "execve", "execv", "execvp", "fork"], ["Spawn.swift"]),
    (["kill", "killpg", "tgkill", "sy_pidfd_send_signal"], ["ProcessSignals.swift"]),
    (["sy_http_send"], ["HTTPConnection.swift"]),
  ]
  /// Where a file may be opened that is made by it: the copy of a database is for one process.
  private static let makers: Set = ["Disk.swift", "PrivateCopy.swift"]

  private static func rawCalls(_ tree: SourceTree) -> [Violation] {
    tree.sources.filter(reachesTheSystem).flatMap { file in
      calls(in: file).compactMap { index in
        let name = file.tokens[index].text
        let line = file.tokens[index].line
        if let place = places.first(where: { $0.calls.contains(name) }) {
          return place.files.contains(file.name)
            ? nil : Violation(file, line, "\(name)( belongs in \(place.files.sorted()[0])")
        }
        let isQualified = index > 1 && file.tokens[index - 2].text == "Glibc"
        // Methods of ours have that name as well.
        if name == "write", isQualified, !["Disk.swift", "Host.swift"].contains(file.name) {
          return Violation(
            file, line, "bytes are written in Disk.swift, to a terminal in Host.swift")
        }
        if ["open", "openat"].contains(name), makes(file.tokens, index),
          !makers.contains(file.name)
        {
          return Violation(file, line, "a file is made in Disk.swift")
        }
        return nil
      }
    }
  }

  /// Elsewhere these words are names of the project's own.
  private static func reachesTheSystem(_ file: SourceFile) -> Bool {
    file.imports.contains { ["Glibc", "CSymphonyPlatform"].contains($0.module) }
  }

  /// The words that are called as functions of the system: not as methods, not declared, and with
  /// no label before their first argument.
  private static func calls(in file: SourceFile) -> [Int] {
    let tokens = file.tokens
    return tokens.indices.filter { index in
      guard index + 1 < tokens.count, tokens[index + 1].text == "(", tokens[index + 1].isGlued,
        tokens[index].isWord
      else { return false }
      if index + 3 < tokens.count, tokens[index + 2].isWord, tokens[index + 3].text == ":" {
        return false
      }
      guard index > 0 else { return true }
      if tokens[index - 1].text == "." { return index > 1 && tokens[index - 2].text == "Glibc" }
      return tokens[index - 1].text != "func"
    }
  }

  /// O_CREAT stands between the parentheses, or a mode behind the flags.
  private static func makes(_ tokens: [Token], _ call: Int) -> Bool {
    var (depth, commas) = (0, 0)
    for token in tokens[(call + 1)...] {
      if token.text == "(" { depth += 1 }
      if token.text == ")" { depth -= 1 }
      if token.text == "O_CREAT" { return true }
      if token.text == ",", depth == 1 { commas += 1 }
      if depth == 0 { break }
    }
    return commas > (tokens[call].text == "open" ? 1 : 2)
  }

  /// In each file as many deeds as there are calls that write; what is read into memory, and the
  /// migration of a copy, change nothing that stays.
  private static func unnamedTransactions(_ tree: SourceTree) -> [Violation] {
    let writers: Set = [
      "write", "writeWithoutTransaction", "migrate", "barrierWriteWithoutTransaction",
    ]
    return tree.sources.filter { $0.module == "SymphonyStore" && $0.name != "PrivateCopy.swift" }
      .flatMap { file in
        let tokens = file.tokens
        let written = tokens.indices.filter { index in
          guard index > 1, tokens[index - 1].text == ".", writers.contains(tokens[index].text)
          else {
            return false
          }
          // A database in memory is no deed: `migrate(memory)`.
          let argument = index + 2 < tokens.count ? tokens[index + 2].text : ""
          return ["queue", ")", "Migrations"].contains(tokens[index - 2].text)
            && argument != "memory"
        }
        let named = tokens.indices.filter { index in
          tokens[index].text == "Deed" && index + 2 < tokens.count
            && tokens[index + 2].text == "commit"
        }
        // A transaction that only reads begins deferred.
        let deferred = tokens.count { $0.text == "deferred" }
        guard written.count > named.count + deferred, let last = written.last else {
          return [Violation]()
        }
        return [Violation(file, tokens[last].line, "a transaction without Deed.commit before it")]
      }
  }

  private static func strayChildren(_ tree: SourceTree) -> [Violation] {
    let places: [String: Set<String>] = [
      "Spawn": ["GitCommand.swift", "HookRunner.swift", "TurnRunner.swift"],
      // Questions to a remote and to the sandbox.
      "CapturedCommand": ["RemoteProbe.swift", "Sandbox.swift"],
    ]
    return tree.sources.filter { $0.module == "SymphonyWorker" }.flatMap { file in
      file.tokens.indices.compactMap { index in
        guard let allowed = places[file.tokens[index].text], index + 2 < file.tokens.count,
          ["start", "run"].contains(file.tokens[index + 2].text), !allowed.contains(file.name)
        else { return nil }
        return Violation(file, file.tokens[index].line, "a child is started in \(allowed.sorted())")
      }
    }
  }

  private static func unreachedKinds(_ tree: SourceTree) -> [Violation] {
    guard let registry = tree.file(named: "FaultPoint.swift") else { return [] }
    var kinds: [Token] = []
    let tokens = registry.tokens
    // The kinds come before anything else has cases.
    for index in tokens.indices {
      if tokens[index].text == "var" { break }
      if ["case", ","].contains(tokens[index].text), index + 1 < tokens.count,
        !["CaseIterable", "Sendable"].contains(tokens[index + 1].text)
      {
        kinds.append(tokens[index + 1])
      }
    }
    let others = tree.sources.filter { $0.name != registry.name }
    return kinds.filter { kind in
      !others.contains { file in
        file.tokens.indices.contains { index in
          index > 0 && file.tokens[index].text == kind.text && file.tokens[index - 1].text == "."
        }
      }
    }.map { Violation(registry, $0.line, "no deed of the kind \($0.text) is reached anywhere") }
  }
}
