// The small readers: .env files and shell words.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct TextTests {
  func pairs(_ text: String) -> [String] {
    DotEnv.parse(text).pairs.map { "\($0.name)=\($0.value)" }
  }

  @Test func environmentFiles() {
    #expect(
      pairs(
        """
        # comment
        A=1
          export B = two words # not this
        C="a \\"b\\" \\$D \\n#x" # gone
        D='$A \\n "x"'
        E=
        F=a#b
        not a pair
        1X=no
        =no
        G="two
        lines"
        H=http://x/?a=b
        A=2
        """) == [
          "B=two words", "C=a \"b\" $D \n#x", "D=$A \\n \"x\"", "E=", "F=a#b", "G=two\nlines",
          "H=http://x/?a=b", "A=2",
        ])
  }

  @Test func environmentFilesOfOtherSystems() {
    #expect(pairs("\u{FEFF}A=1\r\nB=\"x\"\r\n\r\nC='y'") == ["A=1", "B=x", "C=y"])
  }

  @Test func openQuoteLosesOnlyItsLine() {
    #expect(pairs("A=\"open\nB=2\n") == ["B=2"])
    #expect(pairs("A=\"open\nB=\"2\"\nC='3'\n") == ["B=2", "C=3"])
    #expect(pairs("A='open\n# it's\nB=2\n") == ["B=2"])
    #expect(
      DotEnv.parse("B=1\nA=\"open secret\n").problems == ["line 2: the quote of A is not closed"])
    #expect(pairs("") == [])
  }

  /// The ways to write one token that people use, by the programs they come from.
  @Test(
    arguments: [
      "export T=tok", "export\tT=tok", "  export \t T = tok  ", "T=tok # the bot", "T=tok\t# bot",
      "T=\"tok\" # the bot", "T='tok'#x", "T='tok'   # it's", "T=`tok`", "T: tok", "T: 'tok'",
      "T = \"tok\"", "A=1\rT=tok\r", "A='1'\r\nT=\"tok\"\r\n", "NOTE='it's ok'\nT=tok",
      "X=don't\nT=tok", "export A\nT=tok", "http://x/?T=no\nT=tok", "# T=no\nT=tok",
    ])
  func oneTokenInManyForms(_ text: String) {
    let reading = DotEnv.parse(text)
    #expect(reading.pairs.last.map { "\($0.name)=\($0.value)" } == "T=tok", "\(reading.pairs)")
    #expect(reading.problems.isEmpty)
  }

  @Test func quotesInsideQuotesStay() {
    #expect(pairs("A='it's'\nB=\"a \"b\" c\"") == ["A=it's", "B=a \"b\" c"])
    #expect(
      pairs("K=\"-----BEGIN\nab+/=\n-----END\"\nB=2") == ["K=-----BEGIN\nab+/=\n-----END", "B=2"])
  }

  @Test func otherEncodingsAreSaid() {
    // UTF-16 as a reader of UTF-8 sees it.
    let reading = DotEnv.parse("\u{FFFD}\u{FFFD}T\0=\0t\0o\0k\0")
    #expect(reading.pairs.isEmpty)
    #expect(reading.problems == ["it is UTF-16, or was damaged: save it as UTF-8"])
  }

  @Test func shellWords() {
    #expect(ShellWords.split("npx  -y 'a b'\"c d\"e\\ f") == ["npx", "-y", "a bc de f"])
    #expect(ShellWords.split("a '' \"\"") == ["a", "", ""])
    #expect(ShellWords.split("\"a\\\"b\\n\" 'c\\d'") == ["a\"b\\n", "c\\d"])
    #expect(ShellWords.split("a\\\nb\tc\nd") == ["ab", "c", "d"])
    #expect(ShellWords.split("$HOME *.txt `id`") == ["$HOME", "*.txt", "`id`"])
    #expect(ShellWords.split(" \t") == [])
    #expect(ShellWords.split("'open") == nil)
    #expect(ShellWords.split("a \"open") == nil)
    #expect(ShellWords.split("a\\") == nil)
  }
}
