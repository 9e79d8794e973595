// A folder of Markdown issues as a tracker: no account, no network. The git checkout around
// WORKFLOW.md is the repository. Reading is cheap, so nothing is cached and `cachedOnly` changes
// nothing.
import SymphonyCore
import SymphonyPlatform

package struct LocalTracker: Tracker {
  let policy: TrackerPolicy
  private let projectDirectory: String
  private let environment: [String: String]
  let now: @Sendable () -> Timestamp
  private let betweenLooks: @Sendable () async -> Void
  private let name: RepositoryName
  var place: LocalPlace {
    LocalPlace(directory: policy.directory, projectDirectory: projectDirectory)
  }

  /// Makes the tracker; `betweenLooks` lets time pass between two looks for a file that was not
  /// there.
  init(
    policy: TrackerPolicy, projectDirectory: String, environment: [String: String],
    now: @escaping @Sendable () -> Timestamp,
    betweenLooks: @escaping @Sendable () async -> Void = LocalTracker.shortPause
  ) {
    self.policy = policy
    self.projectDirectory = projectDirectory
    self.environment = environment
    self.now = now
    self.betweenLooks = betweenLooks
    let directory = Files.lastName(of: projectDirectory)
    name = RepositoryName(
      owner: "local", name: directory.isEmpty || directory == "/" ? "project" : directory)
  }

  init(_ parts: TrackerRegistry.Parts) {
    self.init(
      policy: parts.policy, projectDirectory: parts.projectDirectory,
      environment: parts.environment, now: parts.now)
  }

  /// Waits longer than an editor takes to put a new file in an old one's place.
  private static let shortPause: @Sendable () async -> Void = {
    try? await Task.sleep(nanoseconds: 100_000_000)
  }

  // MARK: The repository

  /// The checkout around WORKFLOW.md.
  func facts() async throws(TrackerError) -> RepositoryFacts {
    let inside = try git(["rev-parse", "--is-bare-repository"])
    guard inside.exit.isSuccess else {
      throw .misconfigured(
        "\(projectDirectory) is in no usable git repository: \(Self.words(inside))",
        hint: GitWords.hint(inside.errorOutput, projectDirectory)
          ?? "run `git init` there and commit something; symphony works on clones of it")
    }
    let isBare = inside.output.trimmingWhitespace() == "true"
    let place = try git(["rev-parse", isBare ? "--git-common-dir" : "--show-toplevel"])
    guard place.exit.isSuccess else {
      throw .misconfigured(
        "\(projectDirectory) is no place to work in: \(Self.words(place))",
        hint: "keep WORKFLOW.md in the checkout")
    }
    guard try git(["rev-parse", "--quiet", "--verify", "HEAD^{commit}"]).exit.isSuccess else {
      throw .misconfigured(
        "the repository of \(projectDirectory) has no commit yet",
        hint: "commit something first: work begins from a commit")
    }
    let path = Files.absolute(place.output.trimmingWhitespace(), from: projectDirectory)
    return RepositoryFacts(
      name: name, defaultBranch: try defaultBranch(), cloneURL: path,
      credentialScope: nil, isPrivate: true, htmlURL: path)
  }

  /// The branch that work starts from where the workflow names no base.
  ///
  /// It is a property of the repository and not the branch that its user has checked out, which may
  /// be another item's.
  private func defaultBranch() throws(TrackerError) -> String {
    let remote = "refs/remotes/origin/"
    let head = try git(["symbolic-ref", "--quiet", remote + "HEAD"])
    let configured = try git(["config", "--get", "init.defaultBranch"])
    var names = ["main", "master", "trunk", "develop"]
    for (answer, place) in [(configured, 0), (head, 0)] where answer.exit.isSuccess {
      let name = answer.output.trimmingWhitespace()
      names.insert(name.hasPrefix(remote) ? String(name.dropFirst(remote.count)) : name, at: place)
    }
    for name in names {
      let found = try git(["rev-parse", "--quiet", "--verify", "refs/heads/\(name)^{commit}"])
      if found.exit.isSuccess { return name }
    }
    let current = try git(["symbolic-ref", "--quiet", "--short", "HEAD"])
    let name = current.output.trimmingWhitespace()
    guard current.exit.isSuccess, !name.isEmpty else {
      throw .misconfigured(
        "the repository of \(projectDirectory) has no branch checked out",
        hint: "check one out, for example with `git switch main`, or set git.base_branch")
    }
    let isOurs = LocalRecords(place).pullRequests().records.contains { record in
      if case .success(let found) = record { found.head == name } else { false }
    }
    guard !isOurs, !name.hasPrefix("symphony/") else {
      throw .misconfigured(
        "the repository of \(projectDirectory) has \(name) checked out, which is a branch of an "
          + "issue, and no main or master to begin from",
        hint: "set git.base_branch in WORKFLOW.md")
    }
    return name
  }

  private static func words(_ answer: CapturedCommand) -> String {
    answer.timedOut
      ? "git gave no answer within 5 s"
      : GitWords.reason(answer.errorOutput) ?? "git ended with \(answer.exit.description)"
  }

  func git(_ arguments: [String]) throws(TrackerError) -> CapturedCommand {
    do throws(PlatformError) {
      return try CapturedCommand.run(
        ["git", "-C", projectDirectory] + arguments,
        environment: GitSurroundings.clean(environment), timeoutMilliseconds: 5000)
    } catch {
      throw .misconfigured(error.description, hint: "install git")
    }
  }

  // MARK: Tracker

  package func survey(_ question: SurveyQuestion) async -> Survey {
    var (survey, folder) = await answers(question.watched)
    guard let folder else { return survey }
    survey.notices += folder.notices + folder.dependencyNotices
    // A damaged file that nobody knows yet is listed and fails closed; about a watched item more
    // is known than such a file tells.
    let watchedIDs = Set(question.watched.map(\.id))
    let items = folder.issues.filter {
      $0.damage == nil || !watchedIDs.contains(LocalFolder.id($0.stem))
    }.map(folder.item)
    survey.candidates = .items(
      items.filter { $0.state == .open }
        .sorted { ($0.number ?? .max, $0.key) < ($1.number ?? .max, $1.key) })
    return survey
  }

  /// Reads the files again: nothing of an earlier survey is kept.
  package func confirm(_ items: [SurveyQuestion.Watched]) async -> Survey {
    var survey = await answers(items).survey
    survey.candidates = .skipped
    return survey
  }

  /// By number or file stem; every issue is of the one repository.
  package func find(_ reference: String, in repository: RepositoryName?)
    async throws(TrackerError) -> WorkItem?
  {
    if let repository, !repository.matches(name) { return nil }
    let folder = try LocalFolder(place, repository: name)
    return folder.issues.lazy.map(folder.item).first { $0.key.reference == reference }
  }

  package func credential(_ order: CredentialOrder) async throws(TrackerError) -> Secret? { nil }

  /// The answers of the files about these items, their pull requests and comments.
  ///
  /// If the folder cannot be read, this answers nothing, and the survey says why.
  private func answers(_ items: [SurveyQuestion.Watched]) async -> (
    survey: Survey, folder: LocalFolder?
  ) {
    var survey = Survey(candidates: .skipped)
    do throws(TrackerError) {
      survey.repositories = [try await facts()]
    } catch {
      survey.repositoryProblem = error
      survey.notices.append(error.sentence)
    }
    do throws(TrackerError) {
      let (folder, missing) = try await look(for: items.map(\.id))
      for watched in items {
        survey.answers[watched.id] = answer(watched.id, folder, wasMissing: missing)
      }
      addRecords(items, folder, to: &survey)
      return (survey, folder)
    } catch {
      survey.candidates = .failed(error)
      for watched in items { survey.answers[watched.id] = .unknown(error) }
      return (survey, nil)
    }
  }

  /// Reads the folder, and once more when a watched item's file is not there.
  ///
  /// Editors replace a file by renaming another, so that for a moment there may be none. `missing`
  /// gives the ids that the first look did not find.
  func look(for watched: [ItemID]) async throws(TrackerError) -> (LocalFolder, Set<ItemID>) {
    let first = try LocalFolder(place, repository: name)
    let missing = Set(watched.filter { first.issue($0) == nil })
    if missing.isEmpty { return (first, missing) }
    await betweenLooks()
    return (try LocalFolder(place, repository: name), missing)
  }

  func answer(_ id: ItemID, _ folder: LocalFolder, wasMissing: Set<ItemID>)
    -> Survey.Answer
  {
    guard let issue = folder.issue(id) else {
      let file = "\(LocalFolder.stem(id)).md"
      if let refusal = folder.refusal(id) { return .unknown(.malformed(refusal)) }
      if folder.issues.isEmpty {
        return .unknown(
          .unreachable("there is no issue left in \(policy.directory): \(file) may come back"))
      }
      return wasMissing.contains(id)
        ? .gone("\(file) is no longer in \(policy.directory)")
        : .unknown(.unreachable("\(file) was there a moment ago, but not at a second look"))
    }
    guard let damage = issue.damage else { return .found(folder.item(issue)) }
    return .unknown(issue.isUnreadable ? .unreachable(damage) : .malformed(damage))
  }

  private func addRecords(
    _ items: [SurveyQuestion.Watched], _ folder: LocalFolder, to survey: inout Survey
  ) {
    let records = LocalRecords(place)
    survey.pullRequestsKnown = true
    let (pullRequests, notices) = records.pullRequests()
    survey.notices += notices
    var open: [LocalPullRequest] = []
    for record in pullRequests {
      switch record {
      case .failure(let error):
        survey.pullRequestsKnown = false
        survey.notices.append(error.sentence)
      case .success(let found):
        survey.note(found.fact, head: HeadRef(name, found.head))
        if found.fact.state == .open { open.append(found) }
      }
    }
    addViews(items, open, to: &survey)
    guard items.contains(where: { $0.commentsSince != nil }) else { return }
    let asked = items.filter { $0.commentsSince != nil }.map(\.key.reference)
    let comments: [String: [Survey.Comment]]
    do throws(TrackerError) {
      let read = try records.comments(
        of: Set(asked), beside: Set(folder.issues.map(folder.reference) + asked))
      comments = read.comments
      survey.notices += read.notices
    } catch {
      survey.notices.append(error.sentence)
      return
    }
    for watched in items {
      guard let since = watched.commentsSince else { continue }
      survey.comments[watched.id] = (comments[watched.key.reference] ?? [])
        .filter { $0.createdAt >= since }
    }
  }

  private func addViews(
    _ items: [SurveyQuestion.Watched], _ open: [LocalPullRequest], to survey: inout Survey
  ) {
    for watched in items where watched.follow != nil {
      let pull =
        open.first { $0.path == watched.pullRequest?.url }
        ?? open.first { $0.head == watched.branch }
      guard let pull else { continue }
      do throws(TrackerError) { survey.views[watched.id] = try view(of: pull) } catch {
        survey.notices.append(error.sentence)
      }
    }
  }

  package func deliver(_ entry: OutboxEntry, pullRequest: PullRequestRef?)
    async throws(TrackerError) -> Delivery
  {
    try await LocalDelivery(tracker: self, entry: entry, known: pullRequest).run()
  }

  package func examine() async -> [Finding] {
    var findings = [Finding(.skip, "token", "the local tracker needs none")]
    do throws(TrackerError) {
      let facts = try await facts()
      findings.append(
        Finding(.pass, "repository", "\(facts.cloneURL) (branch \(facts.defaultBranch))"))
    } catch {
      findings.append(Finding(.fail, "repository", error.sentence, hint: error.hint))
    }
    do throws(TrackerError) {
      let folder = try LocalFolder(place, repository: name)
      let count = folder.issues.count
      findings.append(
        Finding(
          count == 0 ? .warn : .pass, "issues", "\(count) in \(policy.directory)",
          hint: count == 0 ? "write the first one: a Markdown file such as 1-hello.md" : nil))
      for notice in folder.notices { findings.append(Finding(.fail, "issues", notice)) }
      for notice in folder.dependencyNotices { findings.append(Finding(.warn, "issues", notice)) }
      let isWritable = Files.isWritable(policy.directory)
      findings.append(
        Finding(
          isWritable ? .pass : .fail, "records",
          isWritable ? "\(policy.directory) is writable" : "\(policy.directory) is not writable"))
    } catch {
      findings.append(Finding(.fail, "issues", error.sentence, hint: error.hint))
    }
    return findings
  }
}
