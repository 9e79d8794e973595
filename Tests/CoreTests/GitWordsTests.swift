// What git said, as far as a sentence takes it.
import SymphonyCore
import Testing

@Suite struct GitWordsTests {
  @Test(arguments: [
    ("fatal: not a git repository\n", "fatal: not a git repository"),
    (
      "warning: a\nfatal: detected dubious ownership in repository at '/x'\n"
        + "To add an exception for this directory, call:\n\n\tgit config --global ...\n",
      "fatal: detected dubious ownership in repository at '/x'"
    ),
    ("error: first\nfatal: last\nhint: one\nhint: two\n", "fatal: last"),
    ("sh: 1: git: not found\n", "sh: 1: git: not found"),
    ("fatal: a\u{1B}[2Jb\r\n", "fatal: a\\u{1B}[2Jb"),
  ])
  func theReasonIsTaken(_ said: String, _ reason: String) {
    #expect(GitWords.reason(said) == reason)
  }

  @Test(arguments: [
    ("fatal: Out of memory, malloc failed (tried to allocate 9 bytes)", true),
    ("error: cannot open .git/HEAD: Too many open files", true),
    ("fatal: not a git repository (or any of the parent directories): .git", false),
    ("fatal: ambiguous argument 'HEAD': unknown revision", false), ("", false),
  ])
  func aMachineWithoutMeansIsToldApart(_ said: String, _ isSo: Bool) {
    #expect(GitWords.lacksMeans(said) == isSo)
  }

  @Test func itIsBoundedAndMayBeMissing() {
    #expect(GitWords.reason("\n \n") == nil)
    let long = GitWords.reason("fatal: " + String(repeating: "x", count: 10_000))
    #expect(long?.count == 300)
    #expect(GitWords.hint("fatal: no\n", "/x") == nil)
    #expect(
      GitWords.hint("fatal: detected dubious ownership in", "/a b")?.hasSuffix(
        "safe.directory '/a b'") == true)
  }
}
