// How large things may grow: files to 400 lines, functions to 70, lines of Sources to 100 columns;
// and each file of Sources opens by saying what it is for.

enum SizeRules {
  static let fileLimit = 400
  static let functionLimit = 70
  static let lineLimit = 100
  static let openingLimit = 10

  static let all: [Rule] = [
    Rule(
      "files have at most 400 lines",
      seeds: [["Tests/A/A.swift": String(repeating: "\n", count: fileLimit + 1)]]
    ) { tree in
      tree.swift.filter { lineCount($0) > fileLimit }.map {
        Violation($0, fileLimit + 1, "the file has \(lineCount($0)) lines")
      }
    },
    Rule(
      "functions have at most 70 lines",
      seeds: [
        ["Tests/A/A.swift": "func a() {\n" + String(repeating: "\n", count: functionLimit) + "}\n"],
        [
          "Sources/B/B.swift": "// B.\nstruct B {\n  init(_ b: () -> Void = {}) where B: Any {\n"
            + String(repeating: "if true { }\n", count: functionLimit - 1) + "  }\n}\n"
        ],
        [
          "Sources/C/C.swift": "// C.\nvar c: Int {\n"
            + String(repeating: "\"}\"\n", count: functionLimit) + "}\n"
        ],
      ]
    ) { tree in
      tree.swift.flatMap { file in
        Function.all(file.tokens).filter { $0.lineCount > functionLimit }.map {
          Violation(file, $0.line, "\($0.name) has \($0.lineCount) lines")
        }
      }
    },
    Rule(
      "lines of Sources have at most 100 columns",
      seeds: [["Sources/A/A.swift": "// A.\n//" + String(repeating: "é", count: lineLimit - 1)]]
    ) { tree in
      tree.sources.flatMap { file in
        file.lines.enumerated().filter { $0.element.unicodeScalars.count > lineLimit }.map {
          Violation(file, $0.offset + 1, "\($0.element.unicodeScalars.count) columns")
        }
      }
    },
    Rule(
      "files of Sources open with a short comment",
      seeds: [
        ["Sources/A/A.swift": "import Glibc\n// Too late.\n"],
        ["Sources/B/B.swift": String(repeating: "// b\n", count: openingLimit + 1)],
      ]
    ) { tree in
      tree.sources.compactMap { file in
        let opening = file.lines.prefix { $0.hasPrefix("//") && !$0.hasPrefix("///") }.count
        return (1...openingLimit).contains(opening)
          ? nil
          : Violation(file, 1, "opens with \(opening) comment lines, not 1 to \(openingLimit)")
      }
    },
  ]

  private static func lineCount(_ file: SourceFile) -> Int {
    file.lines.count - (file.lines.last?.isEmpty == true ? 1 : 0)
  }
}

/// A declaration with a body of statements, from its keyword to its closing brace.
struct Function: Hashable {
  var name: String
  var line: Int
  var lineCount: Int

  static func all(_ tokens: [Token]) -> [Function] {
    tokens.indices.compactMap { index in
      guard isDeclaration(tokens, index), let body = bodyStart(tokens, index),
        let end = bodyEnd(tokens, body)
      else { return nil }
      let name = index + 1 < tokens.count ? tokens[index + 1].text : ""
      let keyword = tokens[index].text
      return Function(
        name: keyword == "func" || keyword == "var" ? name : keyword, line: tokens[index].line,
        lineCount: tokens[end].line - tokens[index].line + 1)
    }
  }

  private static func isDeclaration(_ tokens: [Token], _ index: Int) -> Bool {
    let before = index > 0 ? tokens[index - 1].text : ""
    guard before != ".", index + 1 < tokens.count else { return false }
    switch tokens[index].text {
    case "func", "var": return true
    case "init", "subscript": return ["(", "<", "?"].contains(tokens[index + 1].text)
    case "deinit": return true
    default: return false
    }
  }

  /// The brace that opens the body; nil for requirements and stored properties.
  private static func bodyStart(_ tokens: [Token], _ start: Int) -> Int? {
    let isVariable = tokens[start].text == "var"
    let others: Set = [
      "func", "var", "let", "init", "subscript", "deinit", "case", "struct", "class", "enum",
      "extension", "protocol", "import", "typealias", "associatedtype",
    ]
    var depth = 0
    for index in (start + 1)..<tokens.count {
      let text = tokens[index].text
      switch text {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      case "{" where depth == 0: return index
      case "}" where depth == 0: return nil
      case "=" where depth == 0 && isVariable: return nil
      default:
        if depth == 0, others.contains(text), tokens[index - 1].text != "." { return nil }
      }
      if depth < 0 { return nil }
    }
    return nil
  }

  private static func bodyEnd(_ tokens: [Token], _ open: Int) -> Int? {
    var depth = 0
    for index in open..<tokens.count {
      if tokens[index].text == "{" { depth += 1 }
      if tokens[index].text == "}" { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }
}
