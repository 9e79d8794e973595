// Reviews, comments, checks and conflicts of simulated pull requests: who says what, how a tracker
// reads it, and what our replies do. What is handed to an agent is compared with what stands there.
import SymphonyCore
import SymphonyTestSupport

/// Something that was said on a pull request, with its edits.
struct Said: Hashable, Sendable {
  var kind: Piece.Kind
  var id: String
  var pull: Int
  var author: String
  var text: String
  var at: Timestamp
  var isResolved = false
  var isMinimized = false
  var nonce: String?

  /// Whose words may become a prompt.
  var isTrusted: Bool { author == "alice" }
  var thread: String { "T-\(id)" }
}

/// What became of the checks of one head.
enum SimulatedChecks: String, Hashable, Sendable, CaseIterable {
  case open, green, red, cancelled, redOnBase, needPerson
}

extension Truth {
  private var openPulls: [PullRequest] { pullRequests.filter { $0.fact.state == .open } }

  /// Somebody reads a pull request and does something about it.
  mutating func review(_ pick: Int) {
    let open = openPulls
    guard !open.isEmpty else { return }
    let pull = open[pick % open.count]
    let number = pull.fact.ref.number
    let newest = branches[pull.head]?.last ?? ""
    switch pick / 7 % 14 {
    case 0, 1: say(.line, number, "alice")
    case 2: say(.comment, number, "alice")
    case 3: say(.comment, number, "mallory")
    case 4: say(.review, number, "alice")
    case 5: touch(pick) { $0.text += "!" }
    case 6: touch(pick) { $0.isResolved.toggle() }
    case 7: touch(pick) { $0.isMinimized.toggle() }
    case 8: if !said.isEmpty { said.remove(at: pick % said.count) }
    case 9, 10:
      let all = SimulatedChecks.allCases
      checks[newest] = all[pick % all.count]
    case 11: if conflicts.remove(newest) == nil { conflicts.insert(newest) }
    default: approvals[number] = newest
    }
  }

  private mutating func say(_ kind: Piece.Kind, _ pull: Int, _ author: String) {
    filed += 1
    said.append(
      Said(
        kind: kind, id: "\(kind)-\(filed)", pull: pull, author: author, text: "words of \(author)",
        at: server))
  }

  private mutating func touch(_ pick: Int, _ edit: (inout Said) -> Void) {
    if !said.isEmpty { edit(&said[pick % said.count]) }
  }

  // MARK: As a tracker reads it

  func view(of watched: SurveyQuestion.Watched) -> PullRequestView? {
    let head = HeadRef(watched.repository, watched.branch)
    guard let question = watched.follow,
      let pull = openPulls.first(where: { $0.head == head })
    else { return nil }
    let (number, newest) = (pull.fact.ref.number, branches[head]?.last ?? "")
    let here = said.filter { $0.pull == number }
    let state = checks[newest] ?? .green
    let approval = approvals[number].map { ["alice": $0] } ?? [:]
    let conflict = conflicts.contains(newest)
    var view = PullRequestView(
      ref: pull.fact.ref, id: "PR_\(number)", head: newest, base: "main",
      digest: "\(here) \(newest) \(state) \(approval) \(conflict)")
    view.mergeability = conflict ? .conflicting : .mergeable
    view.mergeState = conflict ? .dirty : .clean
    view.checks = state.counts
    if question.wantsConversation || question.digest != view.digest {
      view.conversation = Conversation(
        remarks: here.map(Self.remark),
        opinions: approval.map {
          Opinion(author: $0.key, isApproval: true, review: "", head: $0.value)
        },
        openThreads: here.filter { $0.kind == .line && !$0.isResolved }.map(\.thread))
    }
    if question.wantsChecks { view.troubles = state.troubles(newest, at: wall) }
    return view
  }

  private static func remark(_ said: Said) -> SymphonyCore.Remark {
    var words = PieceWords(text: said.text, at: said.at, author: said.author)
    words.url = said.id
    if said.kind == .line { (words.thread, words.replyTo) = (said.thread, 1) }
    if said.kind == .review { words.verdict = .changesRequested }
    var remark = SymphonyCore.Remark(said.kind, id: said.id, words: words)
    // Everybody who may read a private repository is believed, but for bots.
    remark.isBot = !said.isTrusted
    remark.mayWrite = said.isTrusted
    remark.isByViewer = said.nonce != nil
    remark.nonce = said.nonce
    remark.isMinimized = said.isMinimized
    remark.isResolved = said.isResolved
    return remark
  }

  // MARK: What we do there

  mutating func reply(_ order: ReplyOrder, _ entry: OutboxEntry) -> Delivery {
    if entry.tries > 0, said.contains(where: { $0.nonce == entry.nonce }) {
      return .comment(url: "u")
    }
    guard said.contains(where: { $0.thread == order.thread }) else {
      return .superseded("its thread is gone")
    }
    make(entry)
    answer(order.text, on: order.place.number, entry)
    return .comment(url: "u")
  }

  /// A comment of ours on a pull request is seen there, too.
  mutating func answer(_ text: String, on pull: Int, _ entry: OutboxEntry) {
    filed += 1
    said.append(
      Said(
        kind: .comment, id: "ours-\(filed)", pull: pull, author: "alice", text: text, at: server,
        nonce: entry.nonce))
  }

  mutating func resolve(_ order: ResolveOrder) -> Delivery {
    for index in said.indices where said[index].thread == order.thread {
      said[index].isResolved = true
    }
    return .done("resolved")
  }

  mutating func merge(_ order: MergeOrder, _ entry: OutboxEntry) -> Delivery {
    let number = order.place.number
    guard let place = pullRequests.firstIndex(where: { $0.fact.ref.number == number }) else {
      return .superseded("it is not there")
    }
    if pullRequests[place].fact.state == .merged { return .done("it was merged already") }
    let newest = branches[pullRequests[place].head]?.last
    guard pullRequests[place].fact.state == .open, newest == order.head else {
      return .superseded("its head has moved")
    }
    if approvals[number] != order.head {
      violations.append("\(entry.dedupeKey) merges what nobody approved")
    }
    make(entry)
    pullRequests[place].fact.state = .merged
    pullRequests[place].fact.endedAt = server
    return .done("merged")
  }

  // MARK: Laws

  /// Whoever is not trusted has no words in a prompt, and ours come back to no agent.
  mutating func check(_ handed: [HandedPiece], of run: RunID) {
    for piece in handed where piece.kind != .check && piece.kind != .conflict {
      if piece.words.author != "alice" {
        violations.append("\(run) is told words of \(piece.words.author ?? "nobody")")
      }
      if piece.words.url?.hasPrefix("ours") == true {
        violations.append("\(run) is told our own words")
      }
    }
    if Set(handed.map(\.number)).count != handed.count {
      violations.append("\(run) has two pieces of one number")
    }
  }
}

extension SimulatedChecks {
  fileprivate var counts: CheckCounts {
    var counts = CheckCounts()
    counts.passed = 1
    switch self {
    case .open: counts.open = 1
    case .green: break
    case .red, .cancelled, .redOnBase: counts.failed = 1
    case .needPerson: counts.needPerson = 1
    }
    return counts
  }

  fileprivate func troubles(_ head: String, at: Timestamp) -> [CheckTrouble] {
    let kind: CheckTrouble.Kind
    switch self {
    case .open, .green: return []
    case .red, .redOnBase: kind = .failed
    case .cancelled: kind = .broken
    case .needPerson: kind = .needsPerson
    }
    var trouble = CheckTrouble(
      kind, key: "ci/test", name: "test", run: "\(head)-\(rawValue)", conclusion: rawValue, at: at)
    trouble.failsOnBase = self == .redOnBase
    trouble.job = self == .cancelled ? 1 : nil
    return [trouble]
  }
}
