// One look at the pull request of a record: what people said in it, its checks, and from the user's
// git repository its newest commit and whether it merges. Called by LocalTracker for items that are
// followed up. Nothing is judged here.
import SymphonyCore
import SymphonyPlatform

extension LocalTracker {
  /// Throws when its branch is not in the repository, and where the record is damaged.
  func view(of pull: LocalPullRequest) throws(TrackerError) -> PullRequestView {
    guard let record = try LocalRecords(place).text(at: pull.path) else {
      throw .unreachable("\(pull.path) is not there any more")
    }
    guard let head = try commit(pull.head) else {
      throw .malformed("\(pull.path): the repository has no branch `\(pull.head)`")
    }
    let base = try commit(pull.base)
    do throws(IssueHeader.SyntaxError) {
      let front = try IssueHeader(record.text)
      let said = try LocalConversation(record.text, front)
      var view = PullRequestView(
        ref: pull.fact.ref, id: pull.path, head: head, base: pull.base,
        digest: StableHash.hex("\(record.text)\n\(head)\n\(base ?? "")"))
      view.baseHead = base
      view.isDraft = front.values["draft"]?.list.first == "true"
      view.conversation = Self.conversation(
        said, front, pull.path, at: record.changedAt, head: head)
      try Self.add(front, said, at: record.changedAt, to: &view)
      view.mergeability = mergeability(head, into: base)
      view.mergeState =
        switch view.mergeability {
        case .mergeable: view.isDraft ? .draft : .clean
        case .conflicting: .dirty
        case .unknown: .unknown
        }
      return view
    } catch {
      throw .malformed("\(pull.path):\(error.line): \(error.sentence)")
    }
  }

  /// The commit of a branch; nil: there is none.
  private func commit(_ branch: String) throws(TrackerError) -> String? {
    let answer = try git([
      "rev-parse", "--quiet", "--verify", "--end-of-options", "refs/heads/\(branch)^{commit}",
    ])
    return answer.exit.isSuccess ? answer.output.trimmingWhitespace() : nil
  }

  /// Asked of git 2.38 or newer; an older one, or one without an answer, leaves it unknown.
  private func mergeability(_ head: String, into base: String?) -> PullRequestView.Mergeability {
    guard let base,
      let answer = try? git(["merge-tree", "--write-tree", "--name-only", base, head])
    else { return .unknown }
    return switch answer.exit {
    case .exited(0): .mergeable
    case .exited(1): .conflicting
    default: .unknown
    }
  }

  private static func conversation(
    _ said: LocalConversation, _ front: IssueHeader, _ path: String, at: Timestamp, head: String
  ) -> Conversation {
    var conversation = Conversation()
    /// In the order of the file, which says nothing of times.
    func add(_ remark: Remark) {
      var remark = remark
      remark.words.at = at + .milliseconds(Int64(conversation.remarks.count))
      conversation.remarks.append(remark)
    }
    var opinions: [String: Opinion] = [:]
    for section in said.sections where section.kind != .log {
      let speaksOf = section.commit.map { head.hasPrefix($0) ? head : $0 } ?? head
      var words = PieceWords(text: section.text, at: at, author: section.name)
      words.url = path
      words.head = speaksOf
      if section.kind == .review { words.verdict = section.verdict }
      var remark = Remark(
        section.kind == .review ? .review : .comment, id: section.id, words: words)
      remark.mayWrite = true
      (remark.nonce, remark.isByViewer) = (section.nonce, section.nonce != nil)
      add(remark)
      if section.kind == .review, section.verdict != .commented {
        opinions[section.name] = Opinion(
          author: section.name, isApproval: section.verdict == .approved, review: section.id,
          head: speaksOf)
      }
      for item in section.items {
        add(Self.remark(item, words, review: section.id))
        if !item.isResolved { conversation.openThreads.append(item.id) }
      }
    }
    conversation.opinions = opinions.sorted { $0.key < $1.key }.map(\.value)
    conversation.requested = front.values["review_requested"]?.list ?? []
    return conversation
  }

  private static func remark(
    _ item: LocalConversation.Item, _ section: PieceWords, review: String
  ) -> Remark {
    var words = PieceWords(text: item.text, at: section.at, author: item.author)
    (words.url, words.head, words.review) = (section.url, section.head, review)
    (words.path, words.firstLine, words.lastLine) = (item.path, item.firstLine, item.lastLine)
    (words.thread, words.replyTo) = (item.id, Int64(item.ordinal))
    var remark = Remark(.line, id: item.id, words: words)
    remark.mayWrite = true
    remark.isResolved = item.isResolved
    return remark
  }

  /// `checks`: a list of `name: passed`, `name: open` or `name: failed at COMMIT`.
  ///
  /// With a commit it counts for that one only. A failure has to name it: it would else be one of
  /// every commit that answers it.
  private static func add(
    _ front: IssueHeader, _ said: LocalConversation, at: Timestamp, to view: inout PullRequestView
  ) throws(IssueHeader.SyntaxError) {
    var counts = CheckCounts()
    var troubles: [CheckTrouble] = []
    for written in front.values["checks"]?.list ?? [] {
      let colon = written.ranges(of: ": ").last
      let name = colon.map { written[..<$0.lowerBound].trimmingWhitespace() } ?? ""
      let words = (colon.map { String(written[$0.upperBound...]) } ?? "")
        .split(separator: " ").map { $0.lowercased() }
      let hasCommit = words.count == 3 && words[1] == "at" && LocalConversation.isCommit(words[2])
      guard !name.isEmpty, words.count == 1 || hasCommit,
        (hasCommit ? ["passed", "open", "failed"] : ["passed", "open"]).contains(words[0])
      else {
        throw IssueHeader.SyntaxError(
          line: front.lines["checks"] ?? 1,
          sentence: "a check is `name: passed`, `name: open` or `name: failed at COMMIT`; "
            + "`\(PlainText.line(written))` is none")
      }
      if hasCommit, !view.head.hasPrefix(words[2]) { continue }
      switch words[0] {
      case "passed": counts.passed += 1
      case "open": counts.open += 1
      default:
        counts.failed += 1
        let log = said.sections.last { $0.kind == .log && $0.name == name }?.text ?? ""
        var trouble = CheckTrouble(
          .failed, key: name, name: name, run: StableHash.hex("\(written)\n\(log)"),
          conclusion: "failure", at: at)
        (trouble.text, trouble.isRequired) = (log, true)
        troubles.append(trouble)
      }
    }
    view.checks = counts.all == 0 ? nil : counts
    view.troubles = troubles
  }
}
