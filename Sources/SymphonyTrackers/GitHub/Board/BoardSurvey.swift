// One look at a board and at every watched item: one request when nothing is to be read but the
// active items, and whatever else is owed rides on the requests that have to be sent anyway. Each
// part that fails says so in its own place. GitHubTracker runs it; BoardLists decides on pages,
// AnswerReading reads what is about single items.
import SymphonyCore

struct BoardSurvey {
  private let tracker: GitHubTracker
  private let board: BoardPolicy
  private let question: SurveyQuestion
  private var inquirer: Inquirer
  private var reading: AnswerReading
  private var lists: BoardLists
  private var names: DependencyNames
  private let timeAtStart: Interval
  /// Items and pages that are still to be asked for.
  private var watched: [ItemID]
  private var commented: [ItemID]
  private var repositories: [Inquiry.Repository]
  private var linked: [ItemID] = []
  private var namesAsked: Set<ItemID> = []
  private var isSecondLook = false
  private var listError: TrackerError?
  private var isFirst = true
  /// GitHub's reason for not showing the content of an item.
  private var unreadableWords: String?

  init(tracker: GitHubTracker, board: BoardPolicy, question: SurveyQuestion) {
    self.tracker = tracker
    self.board = board
    self.question = question
    let memory = tracker.memory
    inquirer = Inquirer(tracker)
    reading = AnswerReading(
      policy: tracker.policy, kind: tracker.client.tokens.kind, watched: question.watched)
    names = DependencyNames(memory)
    timeAtStart = tracker.remaining
    lists = BoardLists(
      board: board, memory: .recall(memory, board), now: tracker.client.now,
      canFilter: inquirer.features.has(.itemFilter), pageSize: inquirer.pageSize)
    watched = question.watched.map(\.id)
    commented = question.watched.filter { $0.commentsSince != nil && $0.number != nil }.map(\.id)
    repositories = Inquiry.Repository.gather(
      question.watched.filter(\.wantsPullRequest).map { ($0.repository, $0.branch) },
      question.repositories + question.watched.map(\.repository), but: board.ownPlace)
  }

  mutating func run() async -> Survey {
    if question.cachedOnly { return fromMemory() }
    while let inquiry = next() {
      do throws(TrackerError) {
        let (reply, faults) = try await inquirer.ask(inquiry)
        take(inquiry, reply, faults)
      } catch {
        giveUp(inquiry, error)
        break
      }
    }
    return finish()
  }

  // MARK: Asking

  /// The next portion of everything that is still owed; nil when nothing is.
  private mutating func next() -> Inquiry? {
    // Half of the tick's time is left for acting on the facts.
    if !isFirst, tracker.remaining.milliseconds * 2 < timeAtStart.milliseconds {
      lists.pauseForTime()
    }
    var inquiry = Inquiry(name: "BoardSurvey", wantsBoard: isFirst)
    inquiry.active = lists.activePage
    inquiry.scan = lists.scanPage
    inquiry.watched = Self.take(Inquiry.itemLimit, of: &watched)
    if isSecondLook { inquiry.placesPerItem = 100 }
    inquiry.commented = Self.take(Inquiry.itemLimit, of: &commented)
    inquiry.linked = Self.take(Inquiry.itemLimit, of: &linked)
    inquiry.repositories = Self.take(Inquiry.repositoryLimit, of: &repositories)
    inquiry.wantsViewer = isFirst && tracker.policy.assignee?.folded == "@me"
    let isEmpty =
      inquiry.active == nil && inquiry.scan == nil && inquiry.watched.isEmpty
      && inquiry.commented.isEmpty && inquiry.linked.isEmpty && inquiry.repositories.isEmpty
    return isEmpty && !isFirst ? nil : inquiry
  }

  private static func take<Element>(_ count: Int, of owed: inout [Element]) -> [Element] {
    defer { owed.removeFirst(min(count, owed.count)) }
    return Array(owed.prefix(count))
  }

  private mutating func take(_ inquiry: Inquiry, _ reply: InquiryReply, _ faults: [GraphQLFault]) {
    isFirst = false
    if faults.contains(where: { $0.type == "INVALID_CURSOR_ARGUMENTS" }) {
      lists.loseCursor(of: inquiry)
      // The page's fault made the rest of the board null: the board is asked for again without that
      // page.
      var rest = inquiry
      (rest.active, rest.scan) = (nil, nil)
      isFirst = reading.reader == nil
      return owe(rest)
    }
    reading.take(inquiry, reply, faults)
    if inquiry.active?.filter != nil, !inquirer.features.has(.itemFilter) { lists.dropFilter() }
    takeLists(inquiry, reply, faults)
    names.learn(reply, faults, of: inquiry.linked.map(candidate), inquiry)
    oweNames()
    if watched.isEmpty, !isSecondLook, !reading.crowded.isEmpty {
      isSecondLook = true
      watched = reading.crowded
    }
    if watched.isEmpty {
      repositories += reading.unprovenRepositories.filter { name in
        !repositories.contains { $0.name.matches(name) }
      }.map { Inquiry.Repository(name: $0) }
    }
  }

  private mutating func owe(_ inquiry: Inquiry) {
    watched = inquiry.watched + watched
    commented = inquiry.commented + commented
    linked = inquiry.linked + linked
    repositories = inquiry.repositories + repositories
  }

  private mutating func takeLists(
    _ inquiry: Inquiry, _ reply: InquiryReply, _ faults: [GraphQLFault]
  ) {
    guard inquiry.wantsBoard || inquiry.active != nil || inquiry.scan != nil else { return }
    guard let node = reply.board, let reader = reading.reader else {
      let error =
        reading.boardError
        ?? GraphQLFault.error(
          faults.at(board.scope.rawValue), what: "the look at the board \(BoardReader.name(board))",
          accepted: nil, kind: tracker.client.tokens.kind)
      if lists.places.isEmpty || inquiry.active != nil { listError = error } else { noteCut(error) }
      return lists.stop()
    }
    if let problem = reader.problem {
      reading.survey.statusProblem = problem.sentence
      listError = problem.error
      return lists.stop()
    }
    let listFaults = ListFaults(
      board: board, faults: faults, kind: tracker.client.tokens.kind)
    lists.take(node, inquiry, listFaults, reader: reader)
    listError = listError ?? lists.activeError
    for place in lists.places { reading.see(place.content?.repository) }
    if let fault = faults.first(where: { $0.path.contains("content") }) {
      unreadableWords = GitHubAnswer.clean(fault.message)
    }
  }

  /// Asks for the names of blockers of those items that could run if nothing blocked them.
  private mutating func oweNames() {
    for item in activeItems() where names.lacks(item) {
      guard namesAsked.count < DependencyNames.tickLimit else { return }
      if namesAsked.insert(item.id).inserted { linked.append(item.id) }
    }
  }

  /// Notes that a request failed, for everything that was still to be asked.
  private mutating func giveUp(_ inquiry: Inquiry, _ error: TrackerError) {
    owe(inquiry)
    if reading.reader == nil {
      listError = error
    } else {
      noteCut(error)
    }
    reading.fail(watched, error)
    lists.stop()
  }

  private mutating func noteCut(_ error: TrackerError) {
    reading.note("the survey of \(BoardReader.name(board)) was cut short: \(error.sentence)")
  }

  // MARK: Facts

  private func items() -> [WorkItem] {
    guard let reader = reading.reader else { return [] }
    return lists.places.compactMap { reader.item($0, project: reading.project) }
  }

  private func activeItems() -> [WorkItem] {
    guard let reader = reading.reader else { return [] }
    return lists.places.filter { reader.isActive($0.status) }.compactMap {
      reader.item($0, project: reading.project)
    }
  }

  private func candidate(_ id: ItemID) -> WorkItem? {
    lists.places.lazy.compactMap { $0.content?.item }.first {
      $0.id == id || reading.renamed[$0.id] == id
    }
  }

  private mutating func finish() -> Survey {
    reading.decideLost()
    if let reader = reading.reader, listError == nil {
      let missed = lists.finish(
        reader: reader, now: tracker.now, clockOffset: tracker.client.clockOffset)
      noteMissed(missed)
      noteLosses(reader)
      noteDamage()
      setCandidates(reader)
    } else {
      reading.survey.candidates = .failed(
        listError ?? reading.boardError
          ?? .malformed("the board \(BoardReader.name(board)) was not shown"))
      if let problem = reading.survey.statusProblem {
        KeptCandidates(items: [], repositories: [], statusProblem: problem)
          .store(tracker.memory, board)
      }
    }
    noteScan()
    if reading.reader != nil { lists.memory.store(tracker.memory, board) }
    return tracker.count(reading.survey)
  }

  private mutating func setCandidates(_ reader: BoardReader) {
    var candidates = items()
    for index in candidates.indices {
      // Names are kept under the id in the list; everywhere else a watched item has the id we know.
      let listed = candidates[index].id
      let id = reading.renamed[listed] ?? listed
      // The answer about the item itself is newer and has more fields.
      if case .found(let item)? = reading.survey.answers[id], item.board != nil {
        candidates[index] = item
      }
      candidates[index].id = listed
      names.apply(to: &candidates[index])
      candidates[index].id = id
      if case .found? = reading.survey.answers[id] {
        reading.survey.answers[id] = .found(candidates[index])
      }
    }
    let active = candidates.filter { reader.isActive($0.status) }
    names.store(for: active.map { item in original(item) })
    reading.survey.candidates = .items(candidates)
    reading.survey.isFiltered = !lists.isWhole
    KeptCandidates(
      items: active.filter { $0.state == .open }, repositories: reading.survey.repositories,
      statusProblem: nil
    ).store(tracker.memory, board)
  }

  private func original(_ item: WorkItem) -> WorkItem { candidate(item.id) ?? item }

  private mutating func noteMissed(_ missed: [PlaceNode]) {
    guard let first = missed.first, let reader = reading.reader else { return }
    let key = reader.item(first, project: reading.project)?.key.text ?? first.id
    let more = missed.count > 1 ? " and \(missed.count - 1) more" : ""
    reading.note(
      "GitHub's filter on the board \(BoardReader.name(board)) left out \(key)\(more), "
        + "although active: the whole board is read by every tick until it agrees again")
  }

  private mutating func noteScan() {
    if let error = lists.scanError { noteCut(error) }
    if lists.wasPaused {
      reading.note(
        "there was no time to read the whole board \(BoardReader.name(board)): "
          + "the next tick goes on"
      )
    }
  }

  /// A half-answered item is no candidate, and what it says about itself is not believed.
  private mutating func noteDamage() {
    for (id, error) in lists.damaged.sorted(by: { $0.key < $1.key }) {
      reading.note("\(error.sentence); it is neither started nor ended")
      for (item, answer) in reading.survey.answers {
        if case .found(let found) = answer, found.board?.itemID == id {
          reading.survey.answers[item] = .unknown(error)
        }
      }
    }
    if lists.holes > 0 {
      let count = lists.holes
      reading.note(
        "\(count) item\(count == 1 ? "" : "s") of the board \(BoardReader.name(board)) could not "
          + "be read")
    }
  }

  private mutating func noteLosses(_ reader: BoardReader) {
    if !lists.unreadable.isEmpty {
      let count = lists.unreadable.count
      reading.note(
        "\(count) item\(count == 1 ? "" : "s") of the board \(BoardReader.name(board)) cannot be "
          + "read\(unreadableWords.map { " (\($0))" } ?? ""): the token needs Issues and Pull "
          + "requests: read on \(count == 1 ? "its" : "their") repositories")
    }
    if lists.wasInterrupted {
      reading.note(
        "the board \(BoardReader.name(board)) changed while it was read; "
          + "the next tick reads it again")
    }
    guard board.itemTypes.contains(.pullRequest) else { return }
    for place in lists.places where reader.isActive(place.status) {
      if let content = place.content, content.isFromFork {
        reading.note("\(content.item.key) comes from a fork: its branch cannot be worked on")
      }
    }
  }

  // MARK: Without a request

  private mutating func fromMemory() -> Survey {
    let error = TrackerError.unreachable(
      "the board \(BoardReader.name(board)) was not asked: the last poll was moments ago")
    reading.fail(question.watched.map(\.id), error)
    var survey = reading.survey
    survey.isCached = true
    guard let kept = KeptCandidates.recall(tracker.memory, board) else {
      survey.candidates = .failed(error)
      return tracker.count(survey)
    }
    survey.candidates = .items(kept.items)
    survey.statusProblem = kept.statusProblem
    survey.isFiltered = true
    survey.repositories = kept.repositories
    for item in kept.items where survey.answers[item.id] != nil {
      survey.answers[item.id] = .found(item)
    }
    return tracker.count(survey)
  }
}

extension Inquiry.Repository {
  /// Each repository once, with its branches.
  static func gather(
    _ heads: [(RepositoryName, String)], _ repositories: [RepositoryName], but none: RepositoryName?
  ) -> [Inquiry.Repository] {
    var gathered: [Inquiry.Repository] = []
    func index(of name: RepositoryName) -> Int? {
      if let none, name.matches(none) { return nil }
      if let known = gathered.firstIndex(where: { $0.name.matches(name) }) { return known }
      gathered.append(Inquiry.Repository(name: name))
      return gathered.count - 1
    }
    for (name, branch) in heads {
      if let index = index(of: name), !gathered[index].branches.contains(branch) {
        gathered[index].branches.append(branch)
      }
    }
    for name in repositories { _ = index(of: name) }
    return gathered
  }
}
