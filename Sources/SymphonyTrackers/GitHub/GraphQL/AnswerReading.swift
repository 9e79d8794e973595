// Turns replies into a survey's facts: answers about items themselves, pull requests of branches,
// repositories, comments. BoardSurvey and Confirmation feed it reply after reply. Absence counts
// only with its proof: an item is gone when its repository (a draft: its board) was seen meanwhile,
// and off the board when the board was seen.
import SymphonyCore

struct AnswerReading {
  let policy: TrackerPolicy
  let board: BoardPolicy?
  private let kind: TokenKind
  /// Everything asked about, by id.
  let asked: [ItemID: SurveyQuestion.Watched]
  var survey = Survey(candidates: .skipped)
  /// The reader of the board; nil until the board was seen.
  private(set) var reader: BoardReader?
  private(set) var project = (id: "", number: 0)
  /// Why the board was not seen; nil: it was, or was not asked for.
  private(set) var boardError: TrackerError?
  /// Items on more boards than were looked through, none of which was ours.
  private(set) var crowded: [ItemID] = []
  /// Item ids as we know them, by the ids that GitHub answered with, where those differ.
  private(set) var renamed: [ItemID: ItemID] = [:]
  /// Items that were not found and may be gone: that counts once their repository or board was
  /// seen.
  private var lost: [(item: SurveyQuestion.Watched, error: TrackerError)] = []
  private var visible: [String: RepositoryNode] = [:]
  private var invisible: [String: TrackerError] = [:]

  init(policy: TrackerPolicy, kind: TokenKind, watched: [SurveyQuestion.Watched]) {
    self.policy = policy
    board = policy.board
    self.kind = kind
    asked = Dictionary(watched.map { ($0.id, $0) }) { first, _ in first }
  }

  mutating func take(_ inquiry: Inquiry, _ reply: InquiryReply, _ faults: [GraphQLFault]) {
    if let board, let node = reply.board {
      let hidden = faults.at(scope, "projectV2", "fields")
      if let fields = node.fields, hidden.isEmpty {
        reader = BoardReader(policy: policy, board: board, fields: fields)
        project = (node.id, node.number)
        boardError = nil
      } else {
        boardError = error(
          hidden.isEmpty ? faults.at(scope) : hidden,
          "reading the fields of \(BoardReader.name(board))", named: 0)
      }
    } else if let board, inquiry.wantsBoard, reader == nil {
      boardError = BoardAbsence.error(board, faults.at(scope), kind: kind)
    }
    takePlaces(inquiry, reply, faults)
    crowded.removeAll { inquiry.watched.contains($0) }
    takeWatched(inquiry, reply, faults)
    if inquiry.isInFull { takeLinks(inquiry, reply) }
    takeComments(inquiry, reply, faults)
    if let viewer = reply.viewer { survey.viewer = viewer }
  }

  /// Notes that a request about these items failed.
  mutating func fail(_ items: [ItemID], _ error: TrackerError) {
    for id in items where asked[id] != nil { survey.answers[id] = .unknown(error) }
  }

  mutating func note(_ notice: String) {
    if !survey.notices.contains(notice) { survey.notices.append(notice) }
  }

  /// The error that the faults at a place mean; `what` names the thing there in words.
  ///
  /// `named` is how many steps of the faults' paths lead to that place.
  private func error(_ faults: [GraphQLFault], _ what: String, named: Int) -> TrackerError {
    GraphQLFault.error(faults, what: what, accepted: nil, kind: kind, named: named)
  }

  /// The root of everything about the board.
  private var scope: String { board?.scope.rawValue ?? "" }

  // MARK: Repositories and pull requests

  mutating func see(_ repository: RepositoryNode?) {
    guard let repository else { return }
    let name = repository.facts.name
    if visible.updateValue(repository, forKey: name.folded) == nil,
      survey.facts(of: name) == nil
    {
      survey.repositories.append(repository.facts)
    }
  }

  private mutating func takePlaces(
    _ inquiry: Inquiry, _ reply: InquiryReply, _ faults: [GraphQLFault]
  ) {
    for (index, repository) in inquiry.repositories.enumerated() {
      guard let answer = reply.repositories[index] else {
        let error = self.error(faults.at("r\(index)"), "the look at \(repository.name)", named: 1)
        // A repository that was asked for again with another portion counts once.
        guard invisible.updateValue(error, forKey: repository.name.folded) == nil else { continue }
        note("\(error.sentence); items of it are neither started nor ended")
        continue
      }
      see(answer.node)
      // A renamed repository answers to both names.
      visible[repository.name.folded] = answer.node
      for (number, branch) in repository.branches.enumerated() {
        let heads = Set([HeadRef(repository.name, branch), HeadRef(answer.node.facts.name, branch)])
        guard let pulls = answer.heads[number] else {
          let at = faults.at("r\(index)", "h\(number)")
          let error = self.error(at, "the search for pull requests of \(branch)", named: 2)
          note("\(error.sentence); \(repository.name) shows none to this token")
          continue
        }
        for head in heads {
          survey.knownHeads.insert(head)
          // Branches of forks are not ours, even if they have the same names.
          for pull in pulls.compactMap({ $0 }) where !pull.isFromFork {
            survey.note(pull.fact, head: head)
          }
        }
      }
    }
  }

  /// Repositories of lost items that were not asked about yet: an item is gone only if its
  /// repository is seen.
  var unprovenRepositories: [RepositoryName] {
    var names: [RepositoryName] = []
    for (item, _) in lost where item.number != nil {
      let name = item.repository.folded
      if visible[name] == nil, invisible[name] == nil,
        !names.contains(where: { $0.matches(item.repository) })
      {
        names.append(item.repository)
      }
    }
    return names
  }

  /// Decides about the items that were not found: gone, or unknown.
  mutating func decideLost() {
    for (item, error) in lost {
      let isProven =
        item.number == nil ? reader != nil : visible[item.repository.folded] != nil
      let sight = item.number == nil ? nil : invisible[item.repository.folded]
      survey.answers[item.id] =
        isProven && (board == nil || reader != nil)
        ? .gone("\(item.key) was deleted or moved out of sight: \(error.sentence)")
        : .unknown(sight ?? boardError ?? error)
    }
    lost = []
    for id in crowded {
      survey.answers[id] = .unknown(
        .malformed("\(asked[id]?.key.text ?? id.text) is on more boards than can be looked through")
      )
    }
  }

  // MARK: Items

  private mutating func takeWatched(
    _ inquiry: Inquiry, _ reply: InquiryReply, _ faults: [GraphQLFault]
  ) {
    let nodes = AskedNodes(reply.watched, asked: inquiry.watched)
    for (index, id) in inquiry.watched.enumerated() {
      guard let watched = asked[id] else { continue }
      switch nodes.find(id, index: index, number: watched.number) {
      case .found(let node, let own):
        let found = faults.spoiling(["watched", String(own)])
        survey.answers[id] = asAsked(
          answer(node, watched, found, looked: inquiry.placesPerItem), id)
      case .missing:
        let error = self.error(
          faults.at("watched", String(index)), "the look at \(watched.key)", named: 2)
        if case .notFound = error { lost.append((watched, error)) }
        survey.answers[id] = .unknown(error)
      case .strange:
        survey.answers[id] = .unknown(
          .malformed("the look at \(watched.key) was answered with something else"))
      }
    }
  }

  /// Takes the node for the item that was asked for, though GitHub may write its id in another
  /// format than the one we know it by.
  private mutating func asAsked(_ answer: Survey.Answer, _ id: ItemID) -> Survey.Answer {
    guard case .found(var item) = answer, item.id != id else { return answer }
    renamed[item.id] = id
    item.id = id
    return .found(item)
  }

  private mutating func answer(
    _ node: WatchedNode, _ watched: SurveyQuestion.Watched, _ faults: [GraphQLFault], looked: Int
  ) -> Survey.Answer {
    let what = "the look at \(watched.key)"
    switch node {
    case .place(let place): return answer(place, watched, faults)
    case .content(let content):
      see(content.repository)
      guard let board else {
        return faults.isEmpty ? .found(content.item) : .unknown(error(faults, what, named: 2))
      }
      guard let reader else {
        return .unknown(boardError ?? .malformed("the board was not shown"))
      }
      guard let places = content.places else {
        return .unknown(error(faults, "the look at the boards of \(watched.key)", named: 2))
      }
      let index = places.firstIndex {
        $0?.isArchived == false && $0?.project?.isBoard(board) == true
      }
      let ours = index.flatMap { places[$0] }
      if ours == nil, places.contains(where: { $0 == nil }) {
        return .unknown(error(faults, "the look at the boards of \(watched.key)", named: 2))
      }
      // Once our board is found, other people's boards may stay closed to us.
      let harm = faults.filter { fault in
        let inside = Array(fault.path.dropFirst(2))
        guard let index, inside.starts(with: ["projectItems", "nodes"]), inside.count > 2 else {
          return true
        }
        return inside[2] == String(index)
      }
      if !harm.isEmpty { return .unknown(error(harm, what, named: 2)) }
      if ours == nil, content.placeCount > looked { crowded.append(watched.id) }
      return .found(reader.item(content.item, at: ours, project: project))
    }
  }

  /// A draft, or an item whose content is kept from us, is known by its place on the board.
  private func answer(
    _ place: PlaceNode, _ watched: SurveyQuestion.Watched, _ faults: [GraphQLFault]
  ) -> Survey.Answer {
    guard let board, let reader else {
      return .unknown(boardError ?? .malformed("\(watched.key) is an item of another board"))
    }
    if place.kind != .redacted, !faults.isEmpty {
      return .unknown(error(faults, "the look at \(watched.key)", named: 2))
    }
    if let content = place.content, content.item.contentType != .draftIssue {
      return .gone("the draft \(watched.key) is now \(content.item.key)")
    }
    guard place.kind != .redacted, var item = reader.item(place, project: project) else {
      return .unknown(
        faults.isEmpty
          ? .forbidden("\(watched.key) is kept from this token: its board shows it as redacted")
          : self.error(faults, "the look at \(watched.key)", named: 2))
    }
    if place.isArchived || place.project?.isBoard(board) == false {
      (item.board, item.status) = (nil, nil)
    }
    return .found(item)
  }

  private mutating func takeLinks(_ inquiry: Inquiry, _ reply: InquiryReply) {
    let nodes = AskedNodes(reply.links, asked: inquiry.watched)
    for (index, id) in inquiry.watched.enumerated() {
      guard case .found(var item)? = survey.answers[id], item.contentType == .issue else {
        continue
      }
      let alias = renamed.first { $0.value == id }?.key
      var found: LinksNode?
      if case .found(let node, _) = nodes.find(
        id, index: index, alias: alias, number: item.number)
      {
        found = node
      }
      let lacksBlockers = found?.blockedBy == nil && item.openBlockers > 0
      let lacksChildren = found?.subIssues == nil && item.openSubIssues > 0
      if found == nil || lacksBlockers || lacksChildren { item.dependenciesKnown = false }
      item.name(blockedBy: found?.blockedBy ?? [], subIssues: found?.subIssues ?? [])
      item.linkedPullRequests = found?.pullRequests ?? []
      survey.answers[id] = .found(item)
    }
  }

  // MARK: Comments

  private mutating func takeComments(
    _ inquiry: Inquiry, _ reply: InquiryReply, _ faults: [GraphQLFault]
  ) {
    let nodes = AskedNodes(reply.commented, asked: inquiry.commented)
    for (index, id) in inquiry.commented.enumerated() {
      guard let watched = asked[id], let since = watched.commentsSince else { continue }
      guard case .found(let node, _) = nodes.find(id, index: index, number: watched.number),
        let comments = node.comments
      else {
        let at = faults.at("commented", String(index))
        note(error(at, "reading the comments of \(watched.key)", named: 2).sentence)
        continue
      }
      // GitHub's stamps have whole seconds.
      let start = Timestamp(milliseconds: since.milliseconds / 1000 * 1000)
      let found = comments.filter { $0.createdAt >= start }
      let wantsAll = since == SurveyQuestion.Watched.always
      if !wantsAll, found.count == comments.count, node.total > comments.count {
        note("\(watched.key) has more new comments than were read; the newest were")
      }
      survey.comments[id] = found
    }
  }
}
