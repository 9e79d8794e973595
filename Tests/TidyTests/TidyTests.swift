// The rules of the house, held against the project itself; and each rule against a small bad tree,
// so that a rule that has gone blind is noticed.
import SymphonyPlatform
import Testing

struct Rule: Sendable, CustomTestStringConvertible {
  var name: String
  /// Small trees (files by path) that break the rule, each in its own way.
  var seeds: [[String: String]]
  var check: @Sendable (SourceTree) -> [Violation]
  var testDescription: String { name }

  init(
    _ name: String, seeds: [[String: String]],
    check: @escaping @Sendable (SourceTree) -> [Violation]
  ) {
    self.name = name
    self.seeds = seeds
    self.check = check
  }

  static let all =
    ImportRules.all + SizeRules.all + WordRules.all + RegistryRules.all
    + DeedRules.all
}

@Suite struct TidyTests {
  private static let own = Result { try SourceTree.load(root: SourceTree.ownRoot) }

  @Test(arguments: Rule.all)
  func theProjectIsTidy(_ rule: Rule) throws {
    let violations = rule.check(try Self.own.get())
    #expect(violations.isEmpty, "\(violations.map(\.description).joined(separator: "\n"))")
  }

  @Test func theProjectIsSeen() throws {
    let tree = try Self.own.get()
    let modules = Set(tree.sources.map(\.module))
    #expect(
      modules.isSuperset(of: ["SymphonyCore", "SymphonyPlatform", "SymphonyTick", "symphony"]))
    #expect(tree.files.contains { $0.path == "Tests/TidyTests/TidyTests.swift" })
    #expect(tree.file(named: "Reason.swift") != nil)
    let registries = tree.sources.map(\.name).filter { $0.hasSuffix("Registry.swift") }
    #expect(Set(registries).isSuperset(of: ["AgentRegistry.swift", "TrackerRegistry.swift"]))
  }

  /// A newcomer reads the list there, and must not be surprised by another one here.
  @Test func theGlossaryForbidsTheSameWords() throws {
    let text = try Files.readText(Files.join(SourceTree.ownRoot, "ARCHITECTURE.md"))
    let sentence = try #require(text.split(separator: "Never a name").dropFirst().first)
    let list = try #require(
      sentence.split(separator: ":").dropFirst().first?.split(separator: ".").first)
    let words = list.split { !$0.isLetter }.map(String.init)
    #expect(Set(words + ["utilitie"]) == WordRules.empty, "\(words)")
  }

  @Test(arguments: Rule.all)
  func theRuleSeesABadTree(_ rule: Rule) throws {
    #expect(!rule.seeds.isEmpty)
    for seed in rule.seeds {
      let violations = rule.check(try tree(seed))
      #expect(!violations.isEmpty, "nothing said about \(seed.keys.sorted())")
      #expect(violations.allSatisfy { seed[$0.path] != nil && $0.line > 0 })
    }
  }

  /// Writes the files below a temporary root and reads them back, as for the project itself.
  private func tree(_ files: [String: String]) throws -> SourceTree {
    let folder = Host.environment["TMPDIR"] ?? "/tmp"
    let root = Files.join(folder, "symphony-tidy-\(Host.randomHex(bytes: 8))")
    defer { try? Files.removeTree(root) }
    try Files.makeDirectories(Files.join(root, "Sources"))
    try Files.makeDirectories(Files.join(root, "Tests"))
    for (path, text) in files {
      let absolute = Files.join(root, path)
      try Files.makeDirectories(Files.parent(of: absolute))
      try Files.writeAtomically(absolute, text, durable: false)
    }
    return try SourceTree.load(root: root)
  }
}

@Suite struct CodeTextTests {
  private func words(_ text: String) -> [String] {
    Token.scan(CodeText.blanked(text)).map(\.text)
  }

  @Test(arguments: [
    ("a // b\nc", ["a", "c"]), ("a /* b /* c */ d */ e", ["a", "e"]),
    ("a \"b // c\" d", ["a", "d"]), ("\"\\\"x\" y", ["y"]), ("\"\\\\\" y", ["y"]),
    ("\"a\\(b(\"c\") + d)e\" f", ["(", "b", "(", ")", "+", "d", ")", "f"]),
    ("#\"a\"b\\(c)\"# d", ["d"]), ("#\"a\\#(b)c\"# d", ["(", "b", ")", "d"]),
    ("\"\"\"\n a \"b\" \"\" c\n\"\"\" d", ["d"]), ("\"open\nnext", ["next"]),
    ("#if x", ["#", "if", "x"]), ("a\u{E9}b_1", ["a\u{E9}b_1"]),
  ])
  func onlyCodeIsLeft(_ text: String, _ expected: [String]) {
    #expect(words(text) == expected)
  }

  @Test func linesAreKept() {
    let tokens = Token.scan(CodeText.blanked("a /* \n */ b\n\"\"\"\n\n\"\"\" c"))
    #expect(tokens.map(\.line) == [1, 2, 5])
  }

  @Test func functionsAreMeasured() {
    let text = """
      protocol P { func a() -> Int; var b: Int { get }; init() }
      func c(_ x: [Int] = [1].map { $0 }) where T == U
      {
        let f = X.init(y) { 1 }
      }
      var g = { 1 }()
      var h: Int {
        1
      }
      """
    let found = Function.all(Token.scan(CodeText.blanked(text)))
    #expect(found.map { "\($0.name) \($0.line) \($0.lineCount)" } == ["b 1 1", "c 2 4", "h 7 3"])
  }

  @Test(
    arguments: [
      ("TokenManager", "manager"), ("HTTPHandlers", "handlers"), ("string_util", "util"),
      ("Base64", "base"), ("JSONInfo", "info"), ("Database", nil), ("Jobless", nil),
      ("Taskbar", nil), ("Information", nil), ("Commonwealth", nil), ("SourceTree", nil),
    ] as [(String, String?)])
  func emptyWordsAreFoundByPart(_ name: String, _ word: String?) {
    #expect(WordRules.emptyWord(in: name) == word)
  }
}
