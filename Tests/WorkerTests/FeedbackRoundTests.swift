// A run that answers feedback: its prompt, the logs of checks, the turns it takes, and what its
// branch begins with.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

private let obstacle = Sandbox.problem(environment: Host.environment)
private let places = WorkPlace.allCases.filter { $0 != .walled || obstacle == nil }

/// A piece of feedback, numbered by the caller.
func piece(_ number: Int, _ kind: Piece.Kind, _ text: String = "Please rename it.") -> HandedPiece {
  var words = PieceWords(text: text, at: Timestamp(milliseconds: 0), author: "alice")
  switch kind {
  case .review: words.verdict = .changesRequested
  case .line, .reopened: (words.path, words.lastLine, words.hunk) = ("file", 1, "+one")
  case .check: (words.author, words.check, words.conclusion) = (nil, "build", "failure")
  case .comment: break
  case .conflict: (words.author, words.text) = (nil, "")
  }
  return HandedPiece(number: number, kind: kind, words: words)
}

extension WorkerYard {
  /// The first run of the item, with a commit of its own.
  func workedOn(_ place: WorkPlace = .worktree) throws {
    let first = try perform(commitScript, at(place))
    #expect(first.push == .pushed(head: try remoteTip()), "\(first.summary)")
  }

  /// A round with these pieces.
  func round(
    _ script: String, _ pieces: [HandedPiece], in place: WorkPlace = .worktree,
    _ change: (inout RunSpec) -> Void = { _ in }
  ) throws -> RunResult {
    try perform(script) {
      at(place)(&$0)
      $0.agent.maxTurns = 3
      $0.feedback = pieces
      change(&$0)
    }
  }

  var output: String {
    Files.tail(directory.agentOutput, limit: 1 << 20)
      + Files.tail(directory.agentErrors, limit: 1 << 20)
  }

  /// A commit by somebody else on a branch of the remote.
  @discardableResult
  func stranger(_ branch: String, _ change: String) throws -> String {
    try shell(
      """
      rm -rf theirs && git clone -q remote.git theirs && cd theirs
      git checkout -q -B theirs origin/\(branch); \(change)
      git push -q origin HEAD:refs/heads/\(branch); git rev-parse HEAD
      """)
  }
}

@Suite(.ownThreads) struct FeedbackRoundTests {
  @Test(arguments: places)
  func allPiecesAreHandedOverAndTheAnswersCome(_ place: WorkPlace) throws {
    let yard = try WorkerYard()
    try yard.workedOn(place)
    var pieces = Piece.Kind.allCases.enumerated().map { piece($0 + 1, $1, "Text of \($1).") }
    let check = try #require(pieces.firstIndex { $0.kind == .check })
    (pieces[check].excerpt, pieces[check].log) = ("THE-EXCERPT", "THE-WHOLE-LOG\n")
    let answers = pieces.map { "{\"n\":\($0.number),\"outcome\":\"fixed\",\"text\":\"so\"}" }
    let result = try yard.round(
      """
      cat > prompt; cat prompt; cat $(grep -o '/[^`]*/check-[0-9]*.log' prompt); rm prompt
      echo '[\(answers.joined(separator: ","))]' > "$SYMPHONY_REPLIES_FILE"
      \(commitScript)
      """, pieces, in: place)
    #expect(result.outcome == .succeeded && result.turns == 1, "\(result.summary) \(yard.output)")
    #expect(result.replies.map(\.number) == pieces.map(\.number))
    #expect(result.replies.allSatisfy { $0.answer == PieceAnswer(.fixed, "so") })
    #expect(result.remarks == [])
    let output = yard.output
    for words in [
      "Do it turn 1\n\n## Feedback on your pull request", "### 1. alice requests changes",
      "alice on `file`, line 1", "alice commented", "THE-EXCERPT", "THE-WHOLE-LOG",
      "`git merge origin/main`", "`\(yard.workspace)/.symphony-replies.json`",
    ] { #expect(output.contains(words), "\(words): \(output)") }
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(
      try yard.shell("git --git-dir=remote.git ls-tree --name-only \(WorkerYard.branch)")
        == "file\nwork")
    #expect(!Files.exists(yard.workspace + "/.symphony-replies.json"))
    #expect(!Files.exists(yard.directory.privateFolder))
  }

  @Test func aTemplateThatPrintsThePiecesGetsOnlyTheWayToAnswer() throws {
    let yard = try WorkerYard()
    try yard.workedOn()
    var check = piece(1, .check, "It broke.")
    check.log = "log"
    _ = try yard.round("cat > $YARD/prompt", [check]) {
      $0.promptTemplate = "Do: {{ feedback }}"
      $0.placesFeedback = true
      $0.promptNote = "A note."
    }
    let log = yard.directory.privateFolder + "/check-1.log"
    let prompt = yard.text("prompt")
    #expect(prompt.hasPrefix("Do: check It broke. \(log) turn 1\n\nA note.\n\nBefore you end,"))
    #expect(!prompt.contains("## Feedback"))
  }

  @Test func whatNeedsNoChangeNeedsNoCommit() throws {
    let yard = try WorkerYard()
    try yard.workedOn()
    let tip = try yard.remoteTip()
    let declined = try yard.round(
      """
      echo '[{"n":1,"outcome":"declined","text":"It is the API."}]' > $SYMPHONY_REPLIES_FILE
      """, [piece(1, .line)])
    #expect(declined.outcome == .succeeded && declined.turns == 1)
    #expect(declined.push == .nothing && declined.commitsAhead == 1)
    #expect(
      declined.replies == [HandedReply(number: 1, answer: PieceAnswer(.declined, "It is the API."))]
    )
    let silent = try yard.round("echo It is right as it is.", [piece(1, .line)])
    #expect(silent.outcome == .succeeded && silent.turns == 1 && silent.replies == [])
    #expect(silent.message == "It is right as it is.")
    #expect(try yard.remoteTip() == tip)
  }

  @Test func changesThatAreNotCommittedGetOneMoreTurn() throws {
    let yard = try WorkerYard()
    try yard.workedOn()
    let result = try yard.round(
      """
      cat > $YARD/prompt-$TURN
      test $TURN = 2 || echo '[{"n":2,"outcome":"fixed","text":""}]' > $SYMPHONY_REPLIES_FILE
      test $TURN = 1 && echo changed >> file || { git commit -qam done; }
      """, [piece(1, .line), piece(2, .line)])
    #expect(result.turns == 2 && result.commitsAhead == 2, "\(result.summary)")
    let second = yard.text("prompt-2")
    #expect(second.contains("not committed"))
    #expect(
      second.contains("Not answered in `\(yard.workspace)/.symphony-replies.json` yet: piece 1."))
    #expect(result.replies.map(\.number) == [2])
  }

  @Test func anAgentThatAsksForMoreGoesOn() throws {
    let yard = try WorkerYard()
    try yard.workedOn()
    let result = try yard.round(
      """
      cat > $YARD/prompt-$TURN
      echo "[{\\"n\\":$TURN,\\"outcome\\":\\"question\\",\\"text\\":\\"why\\"}]" > $SYMPHONY_REPLIES_FILE
      echo $TURN >> work; git commit -qam more
      test $TURN = 2 || echo SYMPHONY: continue
      """, [piece(1, .line), piece(2, .line)])
    #expect(result.turns == 2)
    #expect(result.replies.map(\.number) == [1, 2])
    #expect(yard.text("prompt-2").contains("yet: piece 2."))
    let blocked = try yard.round(
      """
      echo '[{"n":1,"outcome":"question","text":"why"}]' > $SYMPHONY_REPLIES_FILE
      echo SYMPHONY: blocked: no key
      """, [piece(1, .line)])
    #expect(blocked.outcome == .blocked && blocked.replies.count == 1)
  }

  @Test func aRunWithoutFeedbackIsAsBefore() throws {
    let yard = try WorkerYard()
    let script = "cat > $YARD/prompt; echo \"<$SYMPHONY_REPLIES_FILE>\" > $YARD/file"
    yard.environment["SYMPHONY_REPLIES_FILE"] = "/another/runs"
    let result = try yard.perform("\(script); test $TURN = 1 || { \(commitScript); }")
    #expect(result.turns == 2 && result.replies == [])
    #expect(yard.text("file") == "<>\n")
    _ = try yard.perform("\(script); \(commitScript)") { $0.feedback = [] }
    #expect(yard.text("prompt") == "Do it turn 1")
  }

  // MARK: The branch

  @Test(arguments: places)
  func whatAReviewerPushedIsThereWhenTheRoundBegins(_ place: WorkPlace) throws {
    let yard = try WorkerYard()
    try yard.workedOn(place)
    let suggestion = try yard.stranger(
      WorkerYard.branch, "echo theirs > suggestion; git add .; git commit -qm suggestion")
    let declined = try yard.round("cat suggestion", [piece(1, .line)], in: place)
    #expect(declined.outcome == .succeeded && declined.turns == 1, "\(declined.summary)")
    #expect(declined.head == suggestion && declined.push == .nothing)
    #expect(yard.output.contains("theirs"))
    // GitHub's button that merges the base.
    let merged = try yard.stranger(
      WorkerYard.branch,
      """
      git checkout -q main; echo more > other; git add .; git commit -qm other
      git push -q origin main; git checkout -q theirs; git merge -q --no-edit main
      """)
    let fixed = try yard.round("cat other; \(commitScript)", [piece(1, .line)], in: place)
    #expect(fixed.outcome == .succeeded, "\(fixed.summary) \(yard.output)")
    #expect(fixed.push == .pushed(head: try yard.remoteTip()))
    #expect(
      try yard.shell("git --git-dir=remote.git rev-parse \(WorkerYard.branch)~1") == merged)
  }

  @Test(arguments: places)
  func aConflictIsMergedAndPushed(_ place: WorkPlace) throws {
    let yard = try WorkerYard()
    _ = try yard.perform("echo ours > file; git commit -qam ours", at(place))
    let ours = try yard.remoteTip()
    let theirs = try yard.stranger("main", "echo theirs > file; git commit -qam theirs")
    let result = try yard.round(
      """
      git merge -q origin/main && exit 9
      printf 'theirs\\nours\\n' > file; git add file; git commit -q --no-edit
      """, [piece(1, .conflict)], in: place)
    #expect(result.outcome == .succeeded && result.turns == 1, "\(result.summary) \(yard.output)")
    let tip = try yard.remoteTip()
    #expect(result.push == .pushed(head: tip))
    #expect(result.commitsAhead == 2)
    #expect(
      try yard.shell("git --git-dir=remote.git log -1 --format=%P \(tip)") == "\(ours) \(theirs)")
  }

  @Test(arguments: places)
  func aConflictIsMergedThoughTheCacheIsGoneAndShallow(_ place: WorkPlace) throws {
    let yard = try WorkerYard()
    func shallow(_ spec: inout RunSpec) {
      at(place)(&spec)
      spec.git.settings.fetchDepth = 1
      spec.git.cloneURL = "file://" + yard.remote
    }
    _ = try yard.perform("echo ours > file; git commit -qam ours", shallow)
    for _ in 1...2 { try yard.stranger("main", "echo theirs >> file; git commit -qam theirs") }
    try yard.shell("rm -rf state/repos state/workspaces")
    let result = try yard.round(
      """
      git merge -q origin/main && exit 9
      git checkout -q --theirs file; git add file; git commit -q --no-edit
      """, [piece(1, .conflict)], in: place, shallow)
    #expect(result.outcome == .succeeded, "\(result.summary) \(yard.output)")
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    try yard.shell(
      "git --git-dir=remote.git merge-base --is-ancestor main \(WorkerYard.branch)")
  }

  @Test func aMergeThatOurSideWonIsCommittedToo() throws {
    let yard = try WorkerYard()
    _ = try yard.perform("echo ours > file; git commit -qam ours")
    try yard.stranger("main", "echo theirs > file; git commit -qam theirs")
    let result = try yard.round(
      """
      test $TURN = 1 || { cat > $YARD/prompt; git commit -q --no-edit; exit; }
      git merge -q origin/main; git checkout -q --ours file; git add file
      """, [piece(1, .conflict)])
    #expect(result.turns == 2, "\(result.summary)")
    #expect(yard.text("prompt").contains("not committed"))
    try yard.shell(
      "git --git-dir=remote.git merge-base --is-ancestor main \(WorkerYard.branch)")
  }

  @Test func commitsThatNobodyHasAreNotMergedWithAReviewers() throws {
    let yard = try WorkerYard()
    try yard.workedOn()
    try yard.shell("cd state/workspaces/w42 && git commit -q --allow-empty -m unpushed")
    let tip = try yard.stranger(WorkerYard.branch, "git commit -q --allow-empty -m theirs")
    let result = try yard.round("touch $YARD/ran", [piece(1, .line)])
    #expect(result.code == "branch_moved" && !Files.exists(yard.path("ran")))
    #expect(try yard.remoteTip() == tip)
  }
}
