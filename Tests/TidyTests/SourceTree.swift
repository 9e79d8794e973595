// The project's own text as the tidy rules see it: the files below Sources/ and Tests/ of any root,
// each with its tokens. The root is a parameter, so that a test can hold the rules against a bad
// tree of its own. Read by every rule; decides nothing.
import SymphonyPlatform

struct Violation: Hashable, CustomStringConvertible {
  var path: String
  /// Counted from 1.
  var line: Int
  var text: String
  init(_ file: SourceFile, _ line: Int, _ text: String) {
    self.path = file.path
    self.line = line
    self.text = text
  }
  var description: String { "\(path):\(line): \(text)" }
}

struct SourceFile {
  /// Relative to the root: `Sources/SymphonyCore/Model/Run.swift`.
  var path: String
  var lines: [Substring]
  /// Of Swift files; comments and the text of strings are left out.
  var tokens: [Token]

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    tokens = path.hasSuffix(".swift") ? Token.scan(CodeText.blanked(text)) : []
  }

  private var parts: [Substring] { path.split(separator: "/") }
  var isSwift: Bool { path.hasSuffix(".swift") }
  var isSource: Bool { parts.first == "Sources" }
  /// The folder below Sources/ or Tests/.
  var module: String { parts.count > 2 ? String(parts[1]) : "" }
  var name: String { String(parts.last ?? "") }

  /// The modules named by import statements, with their lines.
  var imports: [(module: String, line: Int)] {
    // `import struct A.B` names the module after the kind.
    let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "var", "let"]
    return tokens.indices.compactMap { index in
      guard tokens[index].text == "import", index == 0 || tokens[index - 1].text != "." else {
        return nil
      }
      let named = tokens[(index + 1)...].first { !kinds.contains($0.text) }
      return named.map { ($0.text, tokens[index].line) }
    }
  }
}

struct SourceTree {
  var files: [SourceFile]
  /// The text of Package.swift; empty where there is none.
  var manifest = ""
  var swift: [SourceFile] { files.filter(\.isSwift) }
  var sources: [SourceFile] { swift.filter(\.isSource) }

  func file(named name: String) -> SourceFile? { sources.first { $0.name == name } }

  /// Everything below Sources/ and Tests/, hidden files left out, in the order of the paths.
  static func load(root: String) throws -> SourceTree {
    var files: [SourceFile] = []
    func walk(_ relative: String) throws {
      for name in try Files.list(Files.join(root, relative)) where !name.hasPrefix(".") {
        let path = "\(relative)/\(name)"
        let absolute = Files.join(root, path)
        if Files.isDirectory(absolute) {
          try walk(path)
        } else {
          files.append(SourceFile(path: path, text: try Files.readText(absolute)))
        }
      }
    }
    try walk("Sources")
    try walk("Tests")
    let manifest = Files.join(root, "Package.swift")
    return SourceTree(
      files: files, manifest: Files.exists(manifest) ? try Files.readText(manifest) : "")
  }

  /// The root this test was compiled from.
  static var ownRoot: String {
    (0..<3).reduce(#filePath) { path, _ in Files.parent(of: path) }
  }
}
