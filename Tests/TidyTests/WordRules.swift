// Words that must not be in the project: names that say nothing, marks that crash at run time,
// promises to the compiler without a proof, impure calls in the core, and paths of somebody's
// machine.

enum WordRules {
  static let all: [Rule] = [
    Rule(
      "declared types and files have names that say something",
      seeds: [
        ["Sources/A/TokenManager.swift": "// A.\n"], ["Tests/B/B.swift": "enum StringUtils {}\n"],
        ["Sources/C/C.swift": "// C.\nclass func x() {}\nfinal class HTTPHandler {}\n"],
        ["Sources/Common/D.swift": "// D.\n"],
      ], check: emptyNames),
    Rule(
      "nothing is forced",
      seeds: [
        ["Sources/A/A.swift": "// A.\nlet a = try! b()\n"],
        ["Tests/B/B.swift": "let b = c as! D\n"], ["Tests/C/C.swift": "let c = d[0]!.e\n"],
        ["Tests/D/D.swift": "let d = \"\\(e!)\"\n"], ["Tests/E/E.swift": "var e: Int! = nil\n"],
      ]
    ) { tree in
      tree.swift.flatMap { file in
        file.tokens.indices.filter { isForce(file.tokens, $0) }.map {
          Violation(file, file.tokens[$0].line, "`\(file.tokens[$0 - 1].text)!`")
        }
      }
    },
    Rule(
      "a promise of thread safety has its proof on the line above",
      seeds: [
        ["Sources/A/A.swift": "// A.\n\nfinal class A: @unchecked Sendable {}\n"],
        ["Tests/B/B.swift": "\nnonisolated(unsafe) var b = 1\n"],
      ], check: unprovenPromises),
    Rule(
      "the core reads no clock, chance, environment or terminal",
      seeds: [
        ["Sources/SymphonyCore/A.swift": "// A.\nfunc a() { print(Int.random(in: 0...1)) }\n"]
      ]
    ) { tree in
      let impure: Set = [
        "Date", "UUID", "random", "shuffled", "shuffle", "randomElement", "Hasher", "print", "Task",
        "SystemRandomNumberGenerator", "ContinuousClock", "SuspendingClock", "CommandLine",
        "readLine", "getenv", "async", "await",
      ]
      return tree.sources.filter { $0.module == "SymphonyCore" && !isPort($0) }.flatMap { file in
        file.tokens.filter { impure.contains($0.text) }.map {
          Violation(file, $0.line, "`\($0.text)` in the core")
        }
      }
    },
    Rule(
      "no path of one machine",
      seeds: [
        ["Sources/A/A.swift": "// See /ho" + "me/ann/x.\n"],
        ["Tests/B/Fixtures/b.json": "{\"cwd\":\"/wo" + "rk/main\"}\n"],
      ], check: machinePaths),
    Rule(
      "a carriage return joins no two lines of a foreign text",
      seeds: [
        ["Sources/A/A.swift": "// A.\nlet a = b.split(separator: \"\\n\")\n"],
        ["Sources/B/B.swift": "// B.\nlet b = c.split(\n  separator: \"\\n\", maxSplits: 1)\n"],
        ["Sources/C/C.swift": "// C.\nlet c = d.hasSuffix(\"\\n\")\n"],
        ["Sources/D/D.swift": "// D.\nlet d = e.contains(\"\\n\")\n"],
      ], check: joinedLines),
  ]

  /// `"\n"` as a `Character` is not found in `"\r\n"`.
  private static func joinedLines(_ tree: SourceTree) -> [Violation] {
    let end = "\"\\n\""
    return tree.sources.flatMap { file in
      file.lines.indices.compactMap { index in
        let above = index > 0 ? file.lines[index - 1] : ""
        let (line, divides) = (file.lines[index], "separator: \(end)")
        let isDivided =
          line.contains("split(\(divides))") || line.contains("split(\(divides),")
          || line.contains(divides) && above.hasSuffix("split(")
        let isAsked = ["hasSuffix(\(end))", "contains(\(end))"].contains { line.contains($0) }
        let isOfScalars = line.contains("unicodeScalars.contains(")
        return isDivided || isAsked && !isOfScalars
          ? Violation(file, index + 1, "a character is divided at, not a line feed: splitLines()")
          : nil
      }
    }
  }

  /// Ports may declare asynchronous requirements; they call nothing.
  private static func isPort(_ file: SourceFile) -> Bool { file.path.contains("/Ports/") }

  /// Nouns that fit everything, `utilities` without its s among them.
  static let empty: Set = [
    "manager", "helper", "util", "utility", "utilitie", "common", "base", "misc", "handler",
    "service", "processor", "data", "info", "job", "task",
  ]

  /// `HTTPHandlers` -> `http`, `handler`; nil when no part is an empty word.
  static func emptyWord(in name: String) -> String? {
    var words: [String] = []
    let characters = Array(name)
    for (index, character) in characters.enumerated() {
      let before = index > 0 ? characters[index - 1] : " "
      let after = index + 1 < characters.count ? characters[index + 1] : " "
      let isBoundary =
        !before.isLetter || (character.isUppercase && (before.isLowercase || after.isLowercase))
      if isBoundary || words.isEmpty { words.append("") }
      if character.isLetter { words[words.count - 1] += character.lowercased() }
    }
    return words.first { word in
      empty.contains(word) || (word.hasSuffix("s") && empty.contains(String(word.dropLast())))
    }
  }

  private static func emptyNames(_ tree: SourceTree) -> [Violation] {
    let keywords: Set = ["struct", "class", "enum", "actor", "protocol", "typealias"]
    return tree.swift.flatMap { file in
      var found: [Violation] = []
      for part in file.path.dropLast(".swift".count).split(separator: "/") {
        if let word = emptyWord(in: String(part)) {
          found.append(Violation(file, 1, "\"\(word)\" in the name \(part)"))
        }
      }
      for (token, next) in zip(file.tokens, file.tokens.dropFirst())
      where keywords.contains(token.text) && next.isWord && next.text != "func" {
        if let word = emptyWord(in: next.text) {
          found.append(Violation(file, next.line, "\"\(word)\" in the name \(next.text)"))
        }
      }
      return found
    }
  }

  /// A `!` glued to what it forces: `a!`, `)!`, `try!`, `Int!`; not `a != b` and not `!a`.
  private static func isForce(_ tokens: [Token], _ index: Int) -> Bool {
    guard tokens[index].text == "!", tokens[index].isGlued, index > 0 else { return false }
    let before = tokens[index - 1]
    guard before.isWord || [")", "]", "}", ">", "?"].contains(before.text) else { return false }
    let next = index + 1 < tokens.count ? tokens[index + 1] : nil
    return !(next?.text == "=" && next?.isGlued == true)
  }

  private static func unprovenPromises(_ tree: SourceTree) -> [Violation] {
    tree.swift.flatMap { file in
      file.tokens.indices.compactMap { index -> Violation? in
        let token = file.tokens[index]
        let isPromise =
          token.text == "unchecked" && index > 0 && file.tokens[index - 1].text == "@"
          || token.text == "unsafe" && index > 1
            && ["nonisolated", "unowned"].contains(file.tokens[index - 2].text)
        guard isPromise else { return nil }
        let above = token.line > 1 ? file.lines[token.line - 2].drop { $0 == " " } : ""
        return above.hasPrefix("//")
          ? nil : Violation(file, token.line, "`\(token.text)` without a comment above")
      }
    }
  }

  /// Put together here, so that this file does not hold what it forbids.
  private static let places = ["/wo" + "rk/", "/ho" + "me/", "/Us" + "ers/", "/ro" + "ot/"]

  private static func machinePaths(_ tree: SourceTree) -> [Violation] {
    tree.files.flatMap { file in
      file.lines.enumerated().compactMap { index, line in
        places.first { place in
          // `https://x/work/` and `a/home/b` are no paths from the root of a machine.
          line.ranges(of: place).contains { range in
            guard range.lowerBound > line.startIndex else { return true }
            let before = line[line.index(before: range.lowerBound)]
            return !before.isLetter && !before.isNumber && !"._-})/~".contains(before)
          }
        }.map { Violation(file, index + 1, "a path below \($0)") }
      }
    }
  }
}
