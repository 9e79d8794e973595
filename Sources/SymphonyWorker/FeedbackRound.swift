// A run that answers feedback: its pieces, where their logs lie, where the answers go. Begun by
// Work once the workspace is there; Prompts asks it for words, TurnLoop for what was answered.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

struct FeedbackRound {
  let pieces: [HandedPiece]
  /// Paths of the logs of failed checks, by the number of their piece.
  let logs: [Int: String]
  let replies: RepliesFile
  /// The branch the pull request goes to.
  let base: String

  /// Nil: the run is no round.
  static func begin(_ git: GitCommand, _ checkout: Checkout) throws(RunStop) -> FeedbackRound? {
    guard let pieces = git.run.spec.feedback, !pieces.isEmpty else { return nil }
    return FeedbackRound(
      pieces: pieces, logs: try writeLogs(pieces, git.run),
      replies: try RepliesFile(git, checkout, asked: pieces.map(\.number)),
      base: checkout.baseBranch)
  }

  /// Among the run's private files, which the agent may read in any sandbox, and which go with the
  /// run: its spec keeps their text.
  private static func writeLogs(_ pieces: [HandedPiece], _ run: LiveRun) throws(RunStop) -> [Int:
    String]
  {
    var paths: [Int: String] = [:]
    let path = run.files.privateFolder
    for piece in pieces {
      guard let log = piece.log, !log.isEmpty else { continue }
      let name = "check-\(piece.number).log"
      try platform { () throws(PlatformError) in
        let folder = try Folder(run.files.path).folder(
          FileName(Files.lastName(of: path)), creating: 0o700)
        try folder.write(FileName(name), Array(log.utf8), durable: false)
      }
      paths[piece.number] = Files.join(path, name)
    }
    return paths
  }

  /// Behind the template's `feedback`.
  var variables: Structure { FeedbackWords.variables(pieces, logs: logs) }

  /// Behind the workflow's prompt.
  ///
  /// `isPlaced`: the template has printed the pieces.
  func words(isPlaced: Bool) -> String {
    let how = FeedbackWords.answering(pieces, repliesFile: replies.path, base: base)
    return isPlaced ? how : FeedbackWords.prompt(pieces, logs: logs) + "\n\n" + how
  }

  /// In a further turn of the run; nil: there is nothing to say.
  var reminder: String? {
    FeedbackWords.reminder(unanswered: replies.unanswered, repliesFile: replies.path)
  }
}
