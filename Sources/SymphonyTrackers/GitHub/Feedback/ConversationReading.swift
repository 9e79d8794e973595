// Everything that was said on one pull request: reviews, comments on lines, comments, from the
// newest page back to a bound. A damaged entry never costs the others, but then the conversation
// is not whole, because an absent remark would count as deleted. PullRequestLook drives it; remarks
// are made of nodes in RemarkNode.
import SymphonyCore

struct ConversationReading {
  typealias Part = PullRequestDocuments.Part
  typealias Answer = PullRequestInquirer.Answer

  /// Remarks of one pull request, and requests for what did not fit into the first answer.
  static let limit = 500
  private static let requests = 12

  private let id: String
  /// In the order they were said; older pages are put before.
  private var said: [Part: [Remark]] = [:]
  private var opinions: [Opinion] = []
  private var requested: [String] = []
  private var openThreads: [String] = []
  /// Cursors of the pages before those that were read, and behind those of threads.
  private var earlier: [Part: String] = [:]
  private var further: [(thread: RemarkNode.Thread, after: String)] = []
  private(set) var damaged = 0
  /// More was said than is read.
  private(set) var isCut = false

  init(id: String) { self.id = id }

  private var count: Int { said.values.reduce(0) { $0 + $1.count } }

  var conversation: Conversation {
    Conversation(
      remarks: [Part.reviews, .threads, .comments].flatMap { said[$0] ?? [] }, opinions: opinions,
      openThreads: openThreads, requested: requested, isWhole: !isCut && damaged == 0)
  }

  // MARK: Pages

  mutating func begin(
    _ node: Structure, _ answer: Answer, at path: [String], _ inquirer: PullRequestInquirer
  ) throws(TrackerError) {
    guard node["id"]?.stringValue == id else {
      throw inquirer.error(answer.faults.at(path), answer)
    }
    for part in Part.allCases { try take(part, of: node, answer, at: path, inquirer) }
    try takeOpinions(node, answer, at: path, inquirer)
    guard let requests = node["reviewRequests"]?["nodes"]?.listValue,
      answer.faults.at(path + ["reviewRequests"]).isEmpty
    else { throw inquirer.error(answer.faults.at(path + ["reviewRequests"]), answer) }
    requested = requests.compactMap { RemarkNode.login($0["requestedReviewer"]) }
  }

  mutating func finish(_ inquirer: inout PullRequestInquirer) async throws(TrackerError) {
    for _ in 0..<Self.requests {
      if earlier.isEmpty, further.isEmpty { return }
      if count >= Self.limit { break }
      let threads = Array(further.prefix(20))
      let (cursors, id) = (earlier, id)
      let answer = try await inquirer.ask {
        PullRequestDocuments.rest(
          of: id, before: cursors, threads: threads.map { ($0.thread.id, $0.after) }, $0)
      }
      earlier = [:]
      further.removeFirst(threads.count)
      let node = answer.value["node"] ?? .null
      for part in Part.allCases where cursors[part] != nil {
        try take(part, of: node, answer, at: ["node"], inquirer)
      }
      for (index, (thread, _)) in threads.enumerated() {
        let path = ["t\(index)", "comments"]
        guard let page = answer.value["t\(index)"]?["comments"], page["nodes"]?.listValue != nil
        else { throw inquirer.error(answer.faults.at(path), answer) }
        said[.threads, default: []] += lines(page, of: thread, answer, at: path)
      }
    }
    isCut = isCut || !earlier.isEmpty || !further.isEmpty
  }

  private mutating func take(
    _ part: Part, of node: Structure, _ answer: Answer, at path: [String],
    _ inquirer: PullRequestInquirer
  ) throws(TrackerError) {
    let path = path + [part.rawValue]
    guard let page = node[part.rawValue], let nodes = page["nodes"]?.listValue else {
      throw inquirer.error(answer.faults.at(path), answer)
    }
    if page["pageInfo"]?["hasPreviousPage"]?.boolValue != false {
      guard let cursor = page["pageInfo"]?["startCursor"]?.stringValue else {
        throw .malformed("GraphQL \(answer.call.name) was answered without the place to go on from")
      }
      earlier[part] = cursor
    }
    var remarks: [Remark] = []
    for (index, node) in nodes.enumerated() {
      let place = path + ["nodes", "\(index)"]
      if part == .threads {
        remarks += thread(node, answer, at: place)
      } else if let remark = read(
        answer, at: place,
        { () throws(RemarkNode.Damage) in
          part == .reviews ? try RemarkNode.review(node) : try RemarkNode.comment(node)
        })
      {
        remarks.append(remark)
      }
    }
    said[part] = remarks + (said[part] ?? [])
  }

  /// Nil: it is no remark, or a damaged one.
  private mutating func read(
    _ answer: Answer, at place: [String],
    _ make: () throws(RemarkNode.Damage) -> Remark?
  ) -> Remark? {
    do throws(RemarkNode.Damage) {
      guard answer.faults.at(place).isEmpty else { throw RemarkNode.Damage() }
      return try make()
    } catch {
      damaged += 1
      return nil
    }
  }

  // MARK: Threads

  private mutating func thread(_ node: Structure, _ answer: Answer, at place: [String])
    -> [Remark]
  {
    let comments = place + ["comments"]
    let own = answer.faults.at(place).filter { !$0.path.starts(with: comments) }
    guard own.isEmpty, let page = node["comments"], page["nodes"]?.listValue != nil,
      var thread = RemarkNode.Thread(node)
    else {
      damaged += 1
      return []
    }
    thread.replyTo = page["nodes"]?.listValue?.first.flatMap {
      RemarkNode.number($0["fullDatabaseId"])
    }
    if !thread.isResolved { openThreads.append(thread.id) }
    return lines(page, of: thread, answer, at: comments)
  }

  /// The comments of one page of a thread; a page that follows is owed.
  private mutating func lines(
    _ page: Structure, of thread: RemarkNode.Thread, _ answer: Answer, at path: [String]
  ) -> [Remark] {
    let info = page["pageInfo"]
    if info?["hasNextPage"]?.boolValue == true, let cursor = info?["endCursor"]?.stringValue {
      further.append((thread, cursor))
    }
    let nodes = page["nodes"]?.listValue ?? []
    return nodes.enumerated().compactMap { index, node in
      read(answer, at: path + ["nodes", "\(index)"]) { () throws(RemarkNode.Damage) in
        try RemarkNode.line(node, of: thread)
      }
    }
  }

  // MARK: Opinions

  /// An opinion that cannot be read might be the one that stands in the way.
  private mutating func takeOpinions(
    _ node: Structure, _ answer: Answer, at path: [String], _ inquirer: PullRequestInquirer
  ) throws(TrackerError) {
    let path = path + ["latestOpinionatedReviews"]
    let list = node["latestOpinionatedReviews"]
    guard let nodes = list?["nodes"]?.listValue, answer.faults.at(path).isEmpty else {
      throw inquirer.error(answer.faults.at(path), answer)
    }
    for node in nodes {
      guard let review = node["id"]?.stringValue, let state = node["state"]?.stringValue else {
        throw .malformed("GraphQL \(answer.call.name) was answered with a damaged review")
      }
      guard ["APPROVED", "CHANGES_REQUESTED"].contains(state) else { continue }
      // An approval of nobody's counts for nothing; a refusal of somebody who is gone still stands.
      let author = RemarkNode.login(node["author"])
      if author == nil, state == "APPROVED" { continue }
      var opinion = Opinion(
        author: author ?? "ghost", isApproval: state == "APPROVED", review: review,
        head: node["commit"]?["oid"]?.stringValue ?? "")
      opinion.isByViewer = node["viewerDidAuthor"]?.boolValue == true
      opinions.append(opinion)
    }
    if list?["pageInfo"]?["hasNextPage"]?.boolValue == true { isCut = true }
  }
}
