// Words of agents and issues do nothing where they are published, and words from anywhere nothing
// to a terminal. The table is of live beginnings; each must be gone, and the words still be
// readable.
import SymphonyCore
import Testing

@Suite struct ForeignTextTests {
  /// What GitHub or a bot would act on, and what must not be left of it.
  static let live: [(words: String, beginning: String)] = [
    ("Closes acme/app#2", "#2"), ("CLOSES #2.", "#2"), ("fixes: #2", "#2"), ("Resolved\t#2", "#2"),
    ("resolves:#2", "#2"), ("fix GH-2", "GH-2"), ("closed gh-2", "gh-2"), ("close\n\n#2", "#2"),
    ("Fixes other/place#2 and #3", "#3"), ("fixes [this](#2)", "#2"), ("fixes **#2**", "#2"),
    ("fixes\u{200B} #\u{200B}2", "#2"), ("fixes\u{A0}#2", "#2"), ("fix \\#2", "#2"),
    ("close https://github.com/acme/app/issues/2", "/2"),
    ("close http://www.github.com/acme/app/pull/2", "/2"),
    ("close https://ghe.test/acme/app/Issues/2", "/2"), ("closes [x](/acme/app/issues/2)", "/2"),
    ("fixes &#35;2", "&#35;"), ("fixes &num;2", "&num;"), ("fixes &#x23;2", "&#x23;"),
    ("@alice look", "@alice"), ("ask @acme/owners", "@acme"), ("&commat;alice", "&commat;"),
    ("&#64;alice", "&#64;"), ("x@\u{200D}alice", "@alice"), ("_@alice_", "@alice"),
    ("@bors r+", "@bors"), ("acme/app@0123456", "@0"),
    ("<!-- symphony:aa -->", "<!--"), ("<details><summary>", "<details"), ("</details>", "</"),
    ("<img src=https://evil.test/x>", "<img"), ("<?x", "<?"),
    ("![](https://evil.test/?secret)", "!["), ("![x][y]", "!["),
  ]

  @Test(arguments: live)
  func whatWouldActIsOnlyRead(_ words: String, _ beginning: String) {
    for safe in [
      ForeignText.inert(words), ForeignText.quoted(words), ForeignText.line(words),
    ] {
      #expect(!safe.contains(beginning), "\(safe.debugDescription)")
      func letters(_ text: String) -> String {
        String(
          String.UnicodeScalarView(
            text.unicodeScalars.filter {
              !$0.isInvisible && !$0.properties.isWhitespace && $0 != ">"
            }))
      }
      #expect(letters(safe) == letters(words), "nothing is lost for a reader")
    }
  }

  @Test(arguments: [
    "/close", "/approve\n/merge", "  /close", "\t/close", "> /close", ">> /close", "- /close",
    "* /close", "1. /close", "ok\n/close", "ok\r/close", "ok\r\n/close", "ok\u{2028}/close",
    "ok\u{85}/close", "ok\u{B}/close", "\u{FEFF}/close", "\u{200B}/close", "```\n/close\n```",
  ])
  func noLineBeginsWithASlash(_ words: String) {
    for safe in [ForeignText.inert(words), ForeignText.quoted(words)] {
      // As a bot's pattern for a command would begin.
      for line in safe.split(whereSeparator: \.isNewline) {
        let rest = line.drop { " \t>*-1.".contains($0) }
        #expect(rest.first != "/", "\(safe.debugDescription)")
      }
    }
  }

  @Test func everyLineOfAQuoteIsQuoted() {
    let words = "a\r\nb\rc\u{2028}d\u{2029}e\u{85}f\u{B}g\u{C}h\n\n```\nunclosed <details>"
    let quoted = ForeignText.quoted(words)
    for line in quoted.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      #expect(line.hasPrefix(">"), "\(quoted.debugDescription)")
    }
  }

  @Test func ordinaryWordsStayAsTheyAre() {
    for words in [
      "# Done\n\nThe parser takes *empty* files: `a < b && c > d`.\n\n- one\n- two",
      "see a/b.swift",
      "50 % & more; Smith & Co", "a family: \u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}",
      "\u{2764}\u{FE0F}\u{200D}\u{1F525}", "wow! [link](https://example.org/a?b=1&c=2)", "#topic",
      "```\nlet x = 1\n```",
    ] {
      #expect(ForeignText.inert(words) == words)
    }
  }

  @Test func aTitleIsOneLine() {
    #expect(ForeignText.line(" a\nb\r\n\u{202E}c\u{1B}[2J\t d ") == "a b c[2J d")
  }

  // MARK: What symphony publishes

  @Test func aPullRequestQuotesItsAgentAndItsIssue() throws {
    var world = World(1..<2)
    world.issues[0].title = "fixes #9 @alice\n/close \u{202E}<!-- symphony:x"
    world.tick()
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.madeProgress = true
      $0.turns = 1
      $0.push = .pushed(head: "abc")
      $0.message = "Closes #9\n/close\n@alice\n```\nnever closed <!--"
    }
    world.tick()
    guard case .ensurePullRequest(let order) = world.state.outbox[0].payload else {
      Issue.record("no pull request order")
      return
    }
    for text in [order.title, order.body] {
      for beginning in ["#9", "@alice", "\n/close", "<!--", "\u{202E}"] {
        #expect(!text.contains(beginning), "\(text.debugDescription)")
      }
    }
    #expect(!order.title.contains { $0.isNewline })
    // What we say ourselves is live, and out of reach of the agent's fence.
    let lines = order.body.split(separator: "\n").map(String.init)
    #expect(lines.filter { !$0.hasPrefix(">") }.first == "Closes acme/app#1")
  }

  @Test func aBlockedAgentNeitherCommandsNorWaits() throws {
    var world = World(1..<2)
    world.tick()
    world.finish(1, .blocked) { $0.summary = "{pull_request_url} @alice\n/assign mallory" }
    world.tick()
    guard case .comment(let order) = world.state.outbox.last?.payload else {
      Issue.record("no comment")
      return
    }
    #expect(!order.text.contains("{pull_request_url}"))
    #expect(world.state.outbox.last?.payload.needsPullRequest == false)
    #expect(!order.text.contains("@alice") && !order.text.contains("\n/assign"))
  }
}

@Suite struct PlainTextTests {
  @Test func nothingForATerminalToObeyIsLeft() {
    var hostile = "plain é 漢字 \u{1F468}\u{200D}\u{1F469} end"
    #expect(PlainText.line(hostile) == hostile)
    let ranges: [ClosedRange<UInt32>] = [
      0...0x1F, 0x7F...0x9F, 0xAD...0xAD, 0x61C...0x61C, 0x180E...0x180E, 0x200B...0x200F,
      0x2028...0x202E, 0x2060...0x2064, 0x2066...0x206F, 0xFEFF...0xFEFF, 0xE0020...0xE007F,
    ]
    for scalar in ranges.joined().compactMap({ Unicode.Scalar($0) }) {
      hostile.unicodeScalars.append(scalar)
    }
    let line = PlainText.line(hostile + "\u{200D}x")
    let left = line.unicodeScalars.filter(\.isInvisible)
    #expect(left.map(\.value) == [0x200D], "only the joiner between two emoji")
    #expect(
      PlainText.line("a\nb\r\t\u{1B}[2J\u{9B}1m\u{202E}")
        == "a\\nb\\r\\t\\u{1B}[2J\\u{9B}1m\\u{202E}")
  }

  @Test func jsonKeepsItsMeaning() {
    #expect(
      PlainText.json("{\"a\":\"\u{9B}\u{202E}\u{E0041}é\"}\n")
        == "{\"a\":\"\\u009b\\u202e\\udb40\\udc41é\"}\n")
  }

  @Test func aBeginningTearsNoCharacter() {
    let text = "aé€😀z"
    let beginnings = (0...6).map { PlainText.beginning(text, scalars: $0) }
    #expect(beginnings == ["", "a", "aé", "aé€", "aé€😀", "aé€😀z", "aé€😀z"])
  }
}
