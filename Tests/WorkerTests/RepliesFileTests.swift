// The file in which an agent answers feedback: what is heard of it, and what an enemy may put in
// its place.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct RepliesFileTests {
  private func heard(_ json: String) throws -> RunResult {
    let yard = try WorkerYard()
    try Files.writeAtomically(yard.path("json"), json)
    return try yard.round(
      "cp $YARD/json $SYMPHONY_REPLIES_FILE", [piece(1, .line), piece(2, .comment)])
  }

  private func answers(_ result: RunResult) -> [String] {
    result.replies.map { "\($0.number) \($0.answer.outcome.rawValue) \($0.answer.text)" }
  }

  @Test func itIsReadLeniently() throws {
    let wrapped = try heard(
      """
      {"about": {"any": [1]}, "replies": [
        {"n": "1", "outcome": "Fixed ", "text": "first", "more": {"x": []}},
        {"n": 2, "outcome": "question"}, {"n": 1, "outcome": "declined", "text": "last"}]}
      """)
    #expect(answers(wrapped) == ["1 declined last", "2 question "])
    #expect(wrapped.remarks == [])
  }

  @Test func whatIsNoAnswerIsLeftOutAndSaid() throws {
    let result = try heard(
      """
      [{"n": 1, "outcome": "told", "text": "a"}, {"n": 3, "outcome": "fixed"}, 7, "x", null,
       {"outcome": "fixed"}, {"n": 2, "outcome": "fixed", "text": 5}]
      """)
    #expect(answers(result) == ["2 fixed "])
    #expect(
      result.remarks == [
        "the agent's answer to piece 1 is not heard: its outcome is `told`, and not fixed, "
          + "declined or question",
        "2 of the agent's answers have the number of no piece: 3, none",
        "3 of the agent's answers are no objects",
      ])
    #expect(result.summary.contains("its outcome is `told`"))
  }

  @Test func aLongAnswerIsCut() throws {
    let text = String(repeating: "é", count: 100_000)
    let result = try heard("[{\"n\":1,\"outcome\":\"fixed\",\"text\":\"\(text)\"}]")
    let answer = try #require(result.replies.first?.answer.text)
    #expect(answer.utf8.count <= PieceAnswer.textLimit + 16 && answer.hasPrefix("éé"))
  }

  /// Ways to make something else of it, and a part of the words about that.
  private static let hostile = [
    ("ln -s /etc/passwd $F", "symbolic link"), ("ln -s nowhere $F", "symbolic link"),
    ("mkfifo $F", "pipe"), ("mkdir -p $F/a/b; echo x > $F/a/b/c", "directory"),
    (
      "echo '[{\"n\":1,\"outcome\":\"fixed\"}]' > $F; head -c 10000000 /dev/zero | tr '\\0' ' ' >> $F",
      "it has more than"
    ),
    ("printf '[{\"n\":1,\"outcome\":\"fixed\",\"text\":\"\\377\"}]' > $F", "not UTF-8"),
    ("head -c 200000 /dev/zero | tr '\\0' '[' > $F", "no JSON list"),
    ("printf 'n: 1' > $F", "no JSON list"), (": > $F", "no JSON list"),
    ("echo '{\"replies\": {\"n\": 1}}' > $F", "no JSON list"),
  ]

  @Test(arguments: hostile)
  func whatStandsInItsPlaceIsNotFollowed(_ way: String, _ words: String) throws {
    let yard = try WorkerYard()
    let result = try yard.round(
      "F=$SYMPHONY_REPLIES_FILE; \(way); \(commitScript)", [piece(1, .line)])
    #expect(result.outcome == .succeeded && result.turns == 1, "\(result.summary)")
    #expect(result.replies == [])
    #expect(result.remarks.count == 1)
    #expect(result.remarks.first?.contains(words) == true, "\(result.remarks)")
    #expect(!Files.exists(yard.workspace + "/.symphony-replies.json"))
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(
      try yard.shell("git --git-dir=remote.git ls-tree --name-only \(WorkerYard.branch)")
        == "file\nwork")
  }

  @Test func noSecretIsInAnAnswer() throws {
    let yard = try WorkerYard()
    yard.environment["SYMPHONY_GIT_TOKEN"] = "tokenvalue123456"
    yard.environment["OWN_API_KEY"] = "keyvalue98765432"
    let result = try yard.round(
      """
      echo '[{"n":1,"outcome":"fixed","text":"a tokenvalue123456 b keyvalue98765432 c"},
      {"n":2,"outcome":"tokenvalue123456"}]' > $SYMPHONY_REPLIES_FILE
      """, [piece(1, .line), piece(2, .line)])
    #expect(result.replies.first?.answer.text.hasPrefix("a ") == true)
    let file = try Files.readText(yard.directory.result)
    #expect(!file.contains("value123456") && !file.contains("value98765432"))
  }

  /// Cut first, half of it would not be known for one.
  @Test func noHalfOfASecretIsLeftAtTheCut() throws {
    let yard = try WorkerYard()
    yard.environment["SYMPHONY_GIT_TOKEN"] = "tokenvalue123456"
    let result = try yard.round(
      """
      printf '[{"n":1,"outcome":"fixed","text":"%08170d tokenvalue123456 and so on"}]' 0 \\
        > $SYMPHONY_REPLIES_FILE
      """, [piece(1, .line)])
    #expect(result.replies.first?.answer.text.hasPrefix("000") == true)
    #expect(try !Files.readText(yard.directory.result).contains("tokenv"))
  }

  @Test func anEarlierRunsAnswersAreNotThisOnes() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    let file = yard.workspace + "/.symphony-replies.json"
    try Files.writeAtomically(file, #"[{"n":1,"outcome":"fixed","text":"old"}]"#)
    let result = try yard.round("test ! -e $SYMPHONY_REPLIES_FILE", [piece(1, .line)])
    #expect(result.outcome == .succeeded && result.replies == [], "\(result.summary)")
  }

  @Test func aFailedTurnsAnswersAreNotHeardAndNothingStays() throws {
    let yard = try WorkerYard()
    let result = try yard.round(
      """
      echo '[{"n":1,"outcome":"fixed","text":"so"}]' > $SYMPHONY_REPLIES_FILE; exit 1
      """, [piece(1, .line)])
    #expect(result.outcome == .failed && result.replies == [])
    #expect(!Files.exists(yard.workspace + "/.symphony-replies.json"))
  }

  /// On the branch, and on the base only, which the agent may merge.
  @Test(arguments: [true, false])
  func theRepositorysOwnFileOfThatNameStays(isOnBranch: Bool) throws {
    let yard = try WorkerYard()
    if !isOnBranch { _ = try yard.perform(commitScript) }
    try yard.shell(
      """
      cd seed && echo theirs > .symphony-replies.json && git add -f . && git commit -qm own
      git push -q ../remote.git main
      """)
    let result = try yard.round(
      """
      git merge -q origin/main; cat .symphony-replies.json; echo "$SYMPHONY_REPLIES_FILE"
      echo '[{"n":1,"outcome":"fixed","text":"so"}]' > $SYMPHONY_REPLIES_FILE
      git add -A; git diff --cached --name-only; \(commitScript)
      """, [piece(1, .line)])
    #expect(result.outcome == .succeeded && result.replies.count == 1, "\(result.summary)")
    #expect(yard.text("state/workspaces/w42/.symphony-replies.json") == "theirs\n")
    #expect(yard.output.contains("/.symphony-replies-"))
    #expect(!yard.output.splitLines().contains { $0.hasPrefix(".symphony-replies-") }, "staged")
    #expect(
      try yard.shell("git --git-dir=remote.git ls-tree --name-only \(WorkerYard.branch)")
        == ".symphony-replies.json\nfile\nwork")
  }
}
