// Remarks out of GraphQL's reviews, comments on lines and comments. What is not there yet for
// others (a pending review) and reviews that say nothing are none. Pure; whom to believe is the
// planner's.
import SymphonyCore

enum RemarkNode {
  /// A node lacks what a remark cannot do without.
  struct Damage: Error {}

  /// A thread without its comments.
  struct Thread {
    var id: String
    var isResolved: Bool
    var isOutdated: Bool
    var path: String?
    var firstLine: Int?
    var lastLine: Int?
    /// The number of its first comment.
    var replyTo: Int64?

    /// Lines of an outdated thread are those it was made for; a comment on a file has none.
    init?(_ node: Structure) {
      guard let id = node["id"]?.stringValue, let isResolved = node["isResolved"]?.boolValue,
        let isOutdated = node["isOutdated"]?.boolValue
      else { return nil }
      (self.id, self.isResolved, self.isOutdated) = (id, isResolved, isOutdated)
      path = node["path"]?.stringValue.map { Wake.bounded($0, to: 1 << 10) }
      guard node["subjectType"]?.stringValue != "FILE" else { return }
      func line(_ name: String) -> Int? {
        node[name]?.integerValue.flatMap { (1...10_000_000).contains($0) ? Int($0) : nil }
      }
      let isPlaced = line("line") != nil
      lastLine = isPlaced ? line("line") : line("originalLine")
      firstLine = (isPlaced ? line("startLine") : line("originalStartLine")) ?? lastLine
    }
  }

  static func review(_ node: Structure) throws(Damage) -> Remark? {
    guard let state = node["state"]?.stringValue else { throw Damage() }
    if state == "PENDING" { return nil }
    var remark = try remark(.review, node)
    let isSilent = remark.words.text.trimmingWhitespace().isEmpty
    switch state {
    case "CHANGES_REQUESTED": remark.words.verdict = .changesRequested
    case "APPROVED": remark.words.verdict = .approved
    case "COMMENTED":
      // Every single comment on a line makes one.
      if isSilent, remark.nonce == nil { return nil }
      remark.words.verdict = .commented
    case "DISMISSED": remark.isDismissed = true
    default: throw Damage()
    }
    remark.words.review = remark.id
    remark.words.head = node["commit"]?["oid"]?.stringValue
    remark.mayWrite = node["authorCanPushToRepository"]?.boolValue
    return remark
  }

  static func comment(_ node: Structure) throws(Damage) -> Remark? { try remark(.comment, node) }

  static func line(_ node: Structure, of thread: Thread) throws(Damage) -> Remark? {
    guard let state = node["state"]?.stringValue else { throw Damage() }
    if state == "PENDING" { return nil }
    var remark = try remark(.line, node)
    remark.isResolved = thread.isResolved
    remark.words.thread = thread.id
    remark.words.replyTo = thread.replyTo
    remark.words.path = thread.path
    remark.words.firstLine = thread.firstLine
    remark.words.lastLine = thread.lastLine
    remark.words.isOutdated = thread.isOutdated
    remark.words.hunk = node["diffHunk"]?.stringValue.map { end(of: $0) }
    remark.words.review = node["pullRequestReview"]?["id"]?.stringValue
    remark.words.head = node["originalCommit"]?["oid"]?.stringValue
    return remark
  }

  /// The last lines of a hunk: the comment stands under them.
  private static func end(of hunk: String) -> String {
    var kept: [Substring] = []
    var bytes = 0
    for line in hunk.splitLines(keepingEmpty: true).reversed() {
      bytes += line.utf8.count + 1
      if bytes > PieceWords.hunkLimit, !kept.isEmpty { break }
      kept.append(line)
    }
    return Wake.bounded(kept.reversed().joined(separator: "\n"), to: PieceWords.hunkLimit)
  }

  /// An edited remark was said when it was edited.
  private static func remark(_ kind: Piece.Kind, _ node: Structure) throws(Damage) -> Remark {
    func time(_ name: String) -> Timestamp? {
      node[name]?.stringValue.flatMap { Timestamp(rfc3339: $0) }
    }
    guard let id = node["id"]?.stringValue, !id.isEmpty, let body = node["body"]?.stringValue,
      let isMinimized = node["isMinimized"]?.boolValue,
      let isByViewer = node["viewerDidAuthor"]?.boolValue, let author = node["author"],
      let at = time("lastEditedAt") ?? time("submittedAt") ?? time("createdAt")
    else { throw Damage() }
    let marked = CommentMarker.split(body)
    var words = PieceWords(text: marked?.text ?? body, at: at, author: login(author))
    words.url = node["url"]?.stringValue
    var remark = Remark(kind, id: id, words: words)
    remark.nonce = marked?.nonce
    remark.isBot = author["__typename"]?.stringValue == "Bot"
    remark.isByViewer = isByViewer
    remark.isMinimized = isMinimized
    return remark
  }

  /// As REST writes it; nil: the account is gone, or that is no login.
  static func login(_ actor: Structure?) -> String? {
    guard let login = ServedFacts.login(actor?["login"]?.stringValue) else { return nil }
    let isBare = actor?["__typename"]?.stringValue == "Bot" && !login.hasSuffix("[bot]")
    return isBare ? "\(login)[bot]" : login
  }

  /// GraphQL writes numbers beyond 32 bits as text.
  static func number(_ value: Structure?) -> Int64? {
    value?.integerValue ?? value?.stringValue.flatMap { Int64($0) }
  }
}
