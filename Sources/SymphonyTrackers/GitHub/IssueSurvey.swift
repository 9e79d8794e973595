// One look at a repository's issues and at every watched item, over REST, for as few requests as
// will do: an idle tick asks for the repository, the open issues and the open pull requests, and is
// answered 304 three times. Each part that fails says so in its own place. GitHubTracker runs it
// where the workflow has no board; what follows from the facts is the planner's.
import SymphonyCore

struct IssueSurvey {
  /// Pages of the repository's comments read before the waiting items are asked one by one.
  private static let commentPages = 3

  private let tracker: GitHubTracker
  private let home: RepositoryName
  private let question: SurveyQuestion
  private let freshness: GitHubClient.Freshness
  private var survey = Survey(candidates: .skipped)
  private var facts: RepositoryFacts?
  /// Intact entries of the open list by id, and whether the list was read to its end.
  private var listed: [ItemID: WorkItem] = [:]
  private var listError: TrackerError?
  /// Node ids and numbers of entries that could not be read.
  private var damagedIDs: Set<String> = []
  private var damagedNumbers: Set<Int> = []
  /// Repositories other than ours that were seen to be visible, or not.
  private var visible: [RepositoryName: Bool] = [:]

  init(tracker: GitHubTracker, home: RepositoryName, question: SurveyQuestion) {
    self.tracker = tracker
    self.home = home
    self.question = question
    freshness = question.cachedOnly ? .cachedOnly : .conditional
    survey.isCached = question.cachedOnly
  }

  private var client: GitHubClient { tracker.client }
  private var name: RepositoryName { facts?.name ?? home }

  mutating func run() async -> Survey {
    var repositoryError: TrackerError?
    do throws(TrackerError) {
      let found = try await tracker.read(home, freshness).facts
      facts = found
      survey.repositories = [found]
    } catch {
      repositoryError = error
      survey.repositoryProblem = error
    }
    if case .notFound? = repositoryError, let error = repositoryError {
      survey.candidates = .failed(error)
      for watched in question.watched { survey.answers[watched.id] = .unknown(error) }
    } else {
      await readCandidates()
      // The request that used up the time is the cause, and not those that were not sent because of
      // it.
      if case .unreachable? = repositoryError, let error = repositoryError,
        case .failed(.unreachable) = survey.candidates
      {
        survey.candidates = .failed(error)
      }
      await answerWatched()
      await readPullRequests()
      await readComments()
      await nameDependencies()
    }
    return tracker.count(survey)
  }

  // MARK: Candidates

  private mutating func readCandidates() async {
    do throws(TrackerError) {
      let (entries, complete) = try await client.list(
        try await candidatesURL(), of: GitHubIssue.self, freshness)
      for entry in entries {
        switch entry {
        case .intact(let issue):
          if !issue.isPullRequest { listed[issue.item.id] = issue.item }
        case .damaged(let number, let id): noteDamage(number, id)
        }
      }
      if !complete {
        survey.notices.append(
          "\(name) has more than \(GitHubClient.maximumPages * 100) open issues that qualify; "
            + "the newest were not read")
        listError = .malformed("the list of open issues of \(name) was cut short")
      }
      survey.candidates = .items(
        listed.values.sorted { ($0.number ?? 0, $0.id) < ($1.number ?? 0, $1.id) })
      if listed.isEmpty, tracker.policy.assignee?.folded == "@me", freshness == .conditional {
        // An empty list may mean that the cached login is an old one; the next tick then knows
        // the new.
        _ = try? await client.get("\(tracker.policy.apiURL)/user", as: GitHubUser.self)
      }
    } catch {
      listError = error
      survey.candidates = .failed(error)
    }
  }

  private mutating func noteDamage(_ number: Int?, _ id: String?) {
    if let number { damagedNumbers.insert(number) }
    if let id { damagedIDs.insert(id) }
    let which = number.map { "issue \(name)#\($0)" } ?? "an issue of \(name)"
    survey.notices.append("\(which) could not be read: GitHub's entry about it is damaged")
  }

  /// A label with a comma cannot be asked for; the planner checks every label again.
  private mutating func candidatesURL() async throws(TrackerError) -> String {
    var query = "?state=open"
    let labels = tracker.policy.requiredLabels.filter { !$0.contains(",") }
    if !labels.isEmpty {
      query += "&labels=" + labels.map(WebAddress.encode).joined(separator: ",")
    }
    if let assignee = tracker.policy.assignee, !assignee.isEmpty {
      var login = assignee
      if assignee.folded == "@me" {
        login = try await viewer()
        survey.viewer = login
      }
      query += "&assignee=\(WebAddress.encode(login))"
    }
    return tracker.url(name, "/issues\(query)&sort=created&direction=asc&per_page=100")
  }

  /// The login that the token belongs to.
  ///
  /// A new token voids the cache, so a cached login need not be asked for again.
  private func viewer() async throws(TrackerError) -> String {
    let url = "\(tracker.policy.apiURL)/user"
    if let known = try? await client.get(url, as: GitHubUser.self, .cachedOnly) {
      return known.value.login
    }
    return try await client.get(url, as: GitHubUser.self, freshness).value.login
  }

  // MARK: Watched items

  private mutating func answerWatched() async {
    var failure: TrackerError?
    for watched in question.watched {
      if let item = listed[watched.id] {
        survey.answers[watched.id] = .found(item)
      } else if damagedIDs.contains(watched.id.text)
        || (isHere(watched) && watched.number.map(damagedNumbers.contains) == true)
      {
        survey.answers[watched.id] = .unknown(
          .malformed("GitHub's entry about \(watched.key) is damaged"))
      } else if let failure {
        // The server is in trouble or has refused us; asking once per item would only make it
        // worse.
        survey.answers[watched.id] = .unknown(failure)
      } else {
        let answer = await ask(watched)
        survey.answers[watched.id] = answer
        if case .unknown(let error) = answer, case .transient = error.disposition,
          error.code != "tracker_malformed", freshness == .conditional
        {
          failure = error
        } else if case .unknown(.unauthorized(let why)) = answer {
          failure = .unauthorized(why)
        }
      }
    }
  }

  private func isHere(_ watched: SurveyQuestion.Watched) -> Bool {
    watched.repository.matches(name) || watched.repository.matches(home)
  }

  private mutating func ask(_ watched: SurveyQuestion.Watched) async -> Survey.Answer {
    guard let number = watched.number else {
      return .unknown(.malformed("\(watched.key) has no number to ask for"))
    }
    let repository = isHere(watched) ? name : watched.repository
    let url = tracker.url(repository, "/issues/\(number)")
    do throws(TrackerError) {
      let item = try await client.get(url, as: GitHubIssue.self, freshness).value.item
      guard item.id == watched.id else {
        return .gone("\(watched.key) is now \(item.key), another issue")
      }
      return .found(item)
    } catch {
      switch error {
      case .notFound(let why), .gone(let why):
        return await isVisible(repository, here: isHere(watched))
          ? .gone("\(watched.key) was deleted or moved out of sight: \(why)") : .unknown(error)
      default: return .unknown(error)
      }
    }
  }

  /// An item counts as gone only while the same token still sees the repository, and the list of
  /// issues where it is ours.
  private mutating func isVisible(_ repository: RepositoryName, here: Bool) async -> Bool {
    if here { return facts != nil && listError == nil && freshness == .conditional }
    if let known = visible[repository] { return known }
    let found = (try? await tracker.read(repository, freshness)) != nil
    visible[repository] = found
    return found
  }

  // MARK: Pull requests

  private mutating func readPullRequests() async {
    let here = question.watched.filter(isHere)
    guard !here.isEmpty || !listed.isEmpty else { return }
    do throws(TrackerError) {
      let (entries, complete) = try await client.list(
        tracker.url(name, "/pulls?state=open&per_page=100"), of: GitHubPull.self, freshness)
      let pulls = entries.compactMap(\.value)
      for pull in pulls { note(pull) }
      survey.pullRequestsKnown = complete && pulls.count == entries.count
      if !survey.pullRequestsKnown {
        survey.notices.append(
          "the open pull requests of \(name) are not all known: "
            + (complete ? "GitHub's entry about one is damaged" : "there are too many"))
      }
    } catch { return notePullFailure(error) }
    let wanted = here.filter(\.wantsPullRequest)
    for watched in wanted {
      let heads = heads(watched.branch)
      if heads.contains(where: { survey.pullRequests[$0] != nil }) { continue }
      do throws(TrackerError) {
        if let known = watched.pullRequest {
          let url = tracker.url(name, "/pulls/\(known.number)")
          note(try await client.get(url, as: GitHubPull.self, freshness).value)
        } else {
          for pull in try await pulls(from: watched.branch) { note(pull) }
        }
        survey.knownHeads.formUnion(heads)
      } catch {
        notePullFailure(error)
        // One pull request may be unreadable by itself; trouble of the server concerns all of them.
        if error.concernsOneThing { continue }
        return
      }
    }
  }

  /// A renamed repository answers to both names.
  private func heads(_ branch: String) -> Set<HeadRef> {
    [HeadRef(name, branch), HeadRef(home, branch)]
  }

  private mutating func notePullFailure(_ error: TrackerError) {
    if freshness == .conditional {
      survey.notices.append("pull requests of \(name) are not known: \(error.sentence)")
    }
  }

  private func pulls(from branch: String) async throws(TrackerError) -> [GitHubPull] {
    let head = WebAddress.encode("\(name.owner):\(branch)")
    let (entries, _) = try await client.list(
      tracker.url(name, "/pulls?head=\(head)&state=all&per_page=100"), of: GitHubPull.self,
      freshness)
    return entries.compactMap(\.value)
  }

  /// Branches of forks are not ours, whatever they are called.
  private mutating func note(_ pull: GitHubPull) {
    guard let from = pull.headRepository, from.matches(name) else { return }
    for head in heads(pull.head) { survey.note(pull.fact, head: head) }
  }

  // MARK: Comments

  /// Asks for the repository's newest comments, one list for all items that wait for one.
  ///
  /// Servers without that list, a list too long to be read, and a single item are asked item by
  /// item.
  private mutating func readComments() async {
    let wanted = question.watched.filter {
      $0.commentsSince != nil && $0.number != nil && isHere($0)
    }
    do throws(TrackerError) {
      if wanted.count > 1, try await readRepositoryComments(wanted) { return }
      for watched in wanted { try await readComments(of: watched) }
    } catch {
      if freshness == .conditional {
        survey.notices.append("comments of \(name) are not known: \(error.sentence)")
      }
    }
  }

  /// Reads the list from the newest comment on, so that the latest are never cut off; false when
  /// the list cannot be had, or does not reach back to the time the first item began to wait.
  private mutating func readRepositoryComments(_ wanted: [SurveyQuestion.Watched])
    async throws(TrackerError) -> Bool
  {
    guard let oldest = wanted.compactMap(\.commentsSince).min() else { return true }
    let url = tracker.url(
      name,
      "/issues/comments?since=\(oldest.rfc3339)&sort=created&direction=desc&per_page=100")
    let start = Self.second(of: oldest)
    do throws(TrackerError) {
      let (entries, complete) = try await client.list(
        url, of: GitHubComment.self, freshness, pages: Self.commentPages
      ) { $0.comment.createdAt < start }
      guard complete else { return false }
      let found = entries.compactMap(\.value).reversed()
      for watched in wanted { note(found.filter { $0.issueNumber == watched.number }, watched) }
      return true
    } catch {
      guard error.isAbsence else { throw error }
      return false
    }
  }

  /// An item's own list is always in the order of creation, and GitHub bounds its length.
  private mutating func readComments(of watched: SurveyQuestion.Watched)
    async throws(TrackerError)
  {
    guard let number = watched.number, let since = watched.commentsSince else { return }
    let url = tracker.url(name, "/issues/\(number)/comments?since=\(since.rfc3339)&per_page=100")
    do throws(TrackerError) {
      let (entries, complete) = try await client.list(url, of: GitHubComment.self, freshness)
      if !complete {
        survey.notices.append("\(watched.key) has too many new comments; the newest were not read")
      }
      note(entries.compactMap(\.value), watched)
    } catch { guard error.isAbsence else { throw error } }
  }

  /// Keeps the order of creation.
  private mutating func note(_ found: [GitHubComment], _ watched: SurveyQuestion.Watched) {
    guard let since = watched.commentsSince else { return }
    let start = Self.second(of: since)
    survey.comments[watched.id] = found.map(\.comment).filter { $0.createdAt >= start }
  }

  /// GitHub's stamps have whole seconds.
  private static func second(of time: Timestamp) -> Timestamp {
    Timestamp(milliseconds: time.milliseconds / 1000 * 1000)
  }

  // MARK: Names of what is in the way

  /// The list counts open blockers and sub-issues; their names are asked once per change.
  private mutating func nameDependencies() async {
    guard case .items(var items) = survey.candidates else { return }
    var names = DependencyNames(tracker.memory)
    if freshness == .conditional {
      var owed = items.filter(names.lacks).prefix(DependencyNames.tickLimit)
      var inquirer = Inquirer(tracker)
      while !owed.isEmpty {
        let portion = owed.prefix(Inquiry.itemLimit)
        owed = owed.dropFirst(Inquiry.itemLimit)
        do throws(TrackerError) {
          let inquiry = Inquiry(name: "DependencyNames", linked: portion.map(\.id))
          let (reply, faults) = try await inquirer.ask(inquiry)
          names.learn(reply, faults, of: Array(portion), inquiry)
        } catch {
          survey.notices.append("blockers of \(name) are not known by name: \(error.sentence)")
          break
        }
      }
      names.store(for: items)
    }
    for index in items.indices {
      names.apply(to: &items[index])
      let item = items[index]
      if case .found? = survey.answers[item.id] { survey.answers[item.id] = .found(item) }
    }
    survey.candidates = .items(items)
  }
}

extension TrackerError {
  /// True when there is nothing to read at the place that was asked.
  fileprivate var isAbsence: Bool {
    switch self {
    case .notFound, .gone: true
    default: false
    }
  }
}
