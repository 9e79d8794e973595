// Finds out whether the people behind items and comments may write to the repository, and remembers
// who stands behind an item until it changes, so that an item that may not run is not asked about
// by every tick. Confirmation resolves the people it read; surveys get what is remembered.
import SymphonyCore

struct Origins {
  private struct Known: Codable, Hashable {
    /// The item's last change when it was read.
    var stamp: Timestamp
    var readAt: Timestamp
    var origin: Origin
  }

  private static let key = "symphony:origins"
  private static let age = Interval.minutes(15)
  /// How long an answer is kept that lacked something: less long than a whole one.
  private static let ageOfDamage = Interval.minutes(1)
  /// GitHub's times have whole seconds: an answer read within the same second as the item's last
  /// change may lack a part of that change.
  private static let settling = Interval.seconds(2)
  private static let most = 500

  private let tracker: GitHubTracker
  private var policy: TrackerPolicy { tracker.policy }

  init(_ tracker: GitHubTracker) { self.tracker = tracker }

  static func isSettled(changedAt: Timestamp, readAt: Timestamp) -> Bool {
    readAt >= changedAt + settling
  }

  // MARK: After a look

  /// Asks who of the people behind these answers may write, and remembers the answers.
  func resolve(_ survey: inout Survey) async {
    var known = tracker.memory.read(Self.key, as: [String: Known].self) ?? [:]
    for (id, answer) in survey.answers.sorted(by: { $0.key < $1.key }) {
      guard case .found(var item) = answer else { continue }
      var origin = item.origin ?? OriginNode.unknown(item)
      origin.mark(us: survey.viewer)
      let isPrivate = survey.facts(of: item.repository)?.isPrivate
      if Trust.asksPermissions(policy, isPrivate: isPrivate) {
        for login in logins(of: origin) {
          _ = await tracker.permissions.ask(login, item.repository, tracker)
        }
      }
      let now = tracker.now
      if let stamp = item.updatedAt {
        known[id.text] =
          Self.isSettled(changedAt: stamp, readAt: now)
          ? Known(stamp: stamp, readAt: now, origin: origin) : nil
      }
      item.origin = named(origin, item.repository, now)
      survey.answers[id] = .found(item)
    }
    let newest = known.sorted { ($0.value.readAt, $0.key) > ($1.value.readAt, $1.key) }
      .prefix(Self.most)
    tracker.memory.write(
      Self.key, Dictionary(uniqueKeysWithValues: newest.map { ($0.key, $0.value) }))
  }

  /// People in the order they are asked about.
  ///
  /// The author comes first: where nobody else can have written the text, knowing the author is
  /// enough.
  private func logins(of origin: Origin) -> [String] {
    var logins: [String] = []
    // Our own account needs no question: we trust the text that we wrote ourselves.
    let author = origin.author.isUs ? [] : [origin.author]
    for person in author + origin.touches.reversed().map(\.who) {
      if let login = person.login, !logins.contains(where: { $0.folded == login.folded }) {
        logins.append(login)
      }
    }
    return logins
  }

  /// The origin with what is known of each person's permission.
  private func named(_ origin: Origin, _ repository: RepositoryName, _ now: Timestamp) -> Origin {
    var origin = origin
    if origin.author.isUs {
      origin.author.mayWrite = true
    } else {
      let isOld = name(&origin.author, repository, now)
      origin.isOld = isOld || origin.isOld
    }
    for index in origin.touches.indices {
      let isOld = name(&origin.touches[index].who, repository, now)
      origin.isOld = isOld || origin.isOld
    }
    return origin
  }

  /// A person with their permission.
  ///
  /// An App has none of this kind: bots are trusted by name.
  ///
  /// - Returns: whether the permission is to be asked for again.
  private func name(
    _ person: inout Origin.Person, _ repository: RepositoryName, _ now: Timestamp
  ) -> Bool {
    guard let login = person.login else { return false }
    if login.hasSuffix("[bot]") {
      person.mayWrite = false
      return false
    }
    let known = tracker.permissions.known(login, repository, now: now)
    person.mayWrite = known.mayWrite
    return known.isOld
  }

  // MARK: In a survey

  /// Gives the items of a survey what is remembered of them.
  func recall(into survey: inout Survey) {
    let known = tracker.memory.read(Self.key, as: [String: Known].self) ?? [:]
    if case .items(var items) = survey.candidates {
      for index in items.indices { items[index].origin = recall(items[index], known) }
      survey.candidates = .items(items)
    }
    for (id, answer) in survey.answers {
      guard case .found(var item) = answer else { continue }
      item.origin = recall(item, known)
      survey.answers[id] = .found(item)
    }
  }

  private func recall(_ item: WorkItem, _ known: [String: Known]) -> Origin? {
    let now = tracker.now
    if let found = known[item.id.text], let stamp = item.updatedAt, found.stamp == stamp {
      var origin = found.origin
      let age = origin.problem == nil ? Self.age : Self.ageOfDamage
      origin.isOld = Deadline(setAt: found.readAt, delay: age).isDue(at: now)
      return named(origin, item.repository, now)
    }
    // Without labels that vouch, only the author's own right to write can make the text trusted: an
    // author who may not write decides the case.
    guard !Trust.labelsVouch(policy), let author = item.author else { return nil }
    let answer = tracker.permissions.known(author, item.repository, now: now)
    guard answer.mayWrite == false else { return nil }
    return Origin(author: Origin.Person(author, mayWrite: false), isOld: answer.isOld)
  }

  /// Asks about whoever commented on an item that waits for a word.
  func resolveComments(_ survey: inout Survey, _ question: SurveyQuestion) async {
    for watched in question.watched {
      guard let comments = survey.comments[watched.id], !comments.isEmpty else { continue }
      let isPrivate = survey.facts(of: watched.repository)?.isPrivate
      guard Trust.asksPermissions(policy, isPrivate: isPrivate) else { continue }
      var resolved = comments
      // The newest first: only so many people are asked about in one tick.
      for index in resolved.indices.reversed() where !resolved[index].isOurs {
        resolved[index].mayWrite = await tracker.permissions.ask(
          resolved[index].author, watched.repository, tracker)
      }
      survey.comments[watched.id] = resolved
    }
  }
}

extension Origin {
  /// Says which of the people are the account this program works as.
  mutating func mark(us viewer: String?) {
    guard let viewer = viewer?.folded else { return }
    func isUs(_ person: Person) -> Bool {
      guard let login = person.login?.folded else { return false }
      return login == viewer || login == "\(viewer)[bot]"
    }
    for index in touches.indices where isUs(touches[index].who) { touches[index].who.isUs = true }
    if isUs(author) { author.isUs = true }
  }
}
