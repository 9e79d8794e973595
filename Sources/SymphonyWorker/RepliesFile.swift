// The answers of an agent to the feedback of its round: a file in the workspace, because every
// agent may write there in any sandbox, under a name that git is told not to see. It is the
// agent's, so that anything may stand in its place: it is read through a held directory, bounded,
// without links, and taken away each time. Called by TurnLoop after a turn and by Work at the ends
// of a run; what is in it is HeardReplies' part, and what follows the next tick's.
import SymphonyCore
import SymphonyPlatform

final class RepliesFile {
  /// The variable that tells the agent where it is; empty outside a round.
  static let variable = "SYMPHONY_REPLIES_FILE"
  /// Bytes of the file.
  static let limit = 256 << 10
  private static let usualName = ".symphony-replies.json"

  private let run: LiveRun
  private let workspace: String
  private let name: FileName
  /// The numbers of the pieces.
  private let asked: [Int]
  private var answers: [Int: PieceAnswer] = [:]

  var path: String { Files.join(workspace, name.description) }
  /// By number; the last answer to a piece counts.
  var replies: [HandedReply] {
    answers.sorted { $0.key < $1.key }.map { HandedReply(number: $0.key, answer: $0.value) }
  }
  var unanswered: [Int] { asked.filter { answers[$0] == nil } }

  /// Chooses the name, and takes away what an earlier run left under it.
  init(_ git: GitCommand, _ checkout: Checkout, asked: [Int]) throws(RunStop) {
    run = git.run
    workspace = checkout.path
    self.asked = asked
    let chosen = try Self.freeName(git, checkout)
    name = try platform { () throws(PlatformError) in try FileName(chosen) }
    try AgentNotes.exclude(chosen, checkout)
    try remove()
  }

  /// A name that neither the branch nor the base, which may be merged into it, has for itself.
  private static func freeName(_ git: GitCommand, _ checkout: Checkout) throws(RunStop) -> String {
    let isTracked = try git.answer(
      ["ls-files", "--error-unmatch", "--", usualName], in: checkout.place
    ).isSuccess
    if !isTracked {
      let inBase = try git.must(
        ["ls-tree", "--name-only", checkout.base, "--", usualName], in: checkout.repository.place)
      if inBase.isEmpty { return usualName }
    }
    // Nobody can have foreseen it.
    return ".symphony-replies-\(StableHash.hex(git.run.spec.nonce, 12)).json"
  }

  /// Takes in what the agent has written since the last time, if it has.
  ///
  /// - Returns: a sentence about each thing that could not be used.
  func take() -> [String] {
    var remarks: [String] = []
    do throws(PlatformError) {
      let folder = try Folder(workspace)
      guard try folder.facts(name) != nil else { return [] }
      let heard = HeardReplies(
        try folder.read(name, limit: Self.limit), asked: asked, masking: run.redact)
      answers.merge(heard.answers) { $1 }
      remarks = heard.remarks
    } catch {
      remarks = ["the agent's answers to the feedback are not heard: \(error.description)"]
    }
    discard()
    return remarks
  }

  /// Takes the file away at the end of a run; that it stays harms nobody, and is said.
  func discard() {
    do throws(RunStop) { try remove() } catch { run.log("\(path) is not removed: \(error)") }
  }

  private func remove() throws(RunStop) {
    try platform { () throws(PlatformError) in try Folder(workspace).removeTree(name) }
  }
}
