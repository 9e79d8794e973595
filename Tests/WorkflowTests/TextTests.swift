// The small readers: .env files and shell words.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct TextTests {
  func pairs(_ text: String) -> [String] { DotEnv.parse(text).map { "\($0.name)=\($0.value)" } }

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
    #expect(pairs("") == [])
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
