// Decides who may speak to the agents, and whose touch wakes an item. A text is worked on when its
// author and its last editor are both trusted; or when somebody trusted put a required label on and
// no other person changed it since. A person not known to be trusted is not. Eligibility asks
// before a launch, Waking before counters begin again.

package enum Trust {
  package enum Judgement: Hashable, Sendable {
    case trusted
    case untrusted(Obstacle)
    /// Not looked up yet.
    case unknown
  }

  /// True where everybody who can speak there is trusted, unless the workflow asks for more.
  ///
  /// Such are the operator's own files, and a private repository, whose owner chose its readers.
  package static func admitsAll(_ policy: TrackerPolicy, isPrivate: Bool?) -> Bool {
    switch policy.trustedAuthors {
    case .standard: policy.kind == .local || isPrivate == true
    case .writeAccess: policy.kind == .local
    case .list: false
    }
  }

  /// A label that somebody trusted put on speaks for a stranger's text.
  package static func labelsVouch(_ policy: TrackerPolicy) -> Bool {
    policy.trustedAuthors == .standard && !policy.requiredLabels.isEmpty
  }

  /// Permissions are asked for: a list of names needs none.
  package static func asksPermissions(_ policy: TrackerPolicy, isPrivate: Bool?) -> Bool {
    if case .list = policy.trustedAuthors { return false }
    return !admitsAll(policy, isPrivate: isPrivate)
  }

  /// Nil: not known.
  ///
  /// An account that is gone is nobody's.
  package static func admits(_ person: Origin.Person, _ policy: TrackerPolicy) -> Bool? {
    guard let login = person.login else { return false }
    if case .list(let logins) = policy.trustedAuthors { return logins.contains(folded: login) }
    return person.mayWrite
  }

  /// Whether what an item says now may become a prompt.
  package static func judge(
    _ item: WorkItem, policy: TrackerPolicy, isPrivate: Bool?
  ) -> Judgement {
    if admitsAll(policy, isPrivate: isPrivate) { return .trusted }
    let author = item.origin?.author ?? Origin.Person(item.author)
    let isByTrusted = admits(author, policy)
    if isByTrusted == false, !labelsVouch(policy) {
      return .untrusted(.authorNotTrusted(author.name))
    }
    if policy.kind == .local { return .trusted }
    guard let origin = item.origin else { return .unknown }
    if let problem = origin.problem { return .untrusted(.originUnknown(problem)) }
    if isByTrusted == true {
      guard let stranger = lastHand(origin, policy) else { return .trusted }
      if !labelsVouch(policy) || vouching(origin, policy) == nil {
        return .untrusted(.editorNotTrusted(stranger.who.name, at: stranger.at))
      }
    }
    if let obstacle = labelObstacle(origin, author, policy) { return .untrusted(obstacle) }
    return .trusted
  }

  /// The last edit of the body or the title, if its author is not known to be trusted.
  private static func lastHand(_ origin: Origin, _ policy: TrackerPolicy) -> Origin.Touch? {
    [Origin.Kind.edited, .renamed].lazy.compactMap { kind in
      origin.last { $0.kind == kind }
    }.first { admits($0.who, policy) != true }
  }

  /// Nil when a label vouches for the text as it stands.
  ///
  /// A change in the label's very second counts as later: the tracker's clock has whole seconds.
  private static func labelObstacle(
    _ origin: Origin, _ author: Origin.Person, _ policy: TrackerPolicy
  ) -> Obstacle? {
    guard labelsVouch(policy), let vouched = vouching(origin, policy) else {
      let vouchers = labelsVouch(policy) ? required(policy) : []
      let unknown = vouchers.compactMap { label in
        origin.last { $0.kind == .labelled(label) }
      }.first { admits($0.who, policy) == nil }
      if let who = unknown?.who ?? (admits(author, policy) == nil ? author : nil) {
        return .originUnknown("whether \(who.name) may write there could not be read")
      }
      return .authorNotTrusted(author.name)
    }
    let later = origin.touches.first { touch in
      (touch.kind == .edited || touch.kind == .renamed) && touch.at >= vouched.at
        && admits(touch.who, policy) != true
    }
    guard let later else { return nil }
    let what = later.kind == .renamed ? "title" : "text"
    return .editedAfterLabel(
      "\(later.who.name) changed its \(what) at \(later.at.rfc3339), after "
        + "\(vouched.who.name) had put the label on at \(vouched.at.rfc3339): read it, then take "
        + "the label off and put it on again")
  }

  /// The last time somebody trusted put on one of the required labels that are on now.
  ///
  /// Of each label only its last touch counts: who put it on before says nothing any more.
  static func vouching(_ origin: Origin, _ policy: TrackerPolicy) -> Origin.Touch? {
    required(policy).compactMap { label in
      let last = origin.last { $0.kind == .labelled(label) || $0.kind == .unlabelled(label) }
      return last.flatMap {
        $0.kind == .labelled(label) && admits($0.who, policy) == true ? $0 : nil
      }
    }.max { $0.at < $1.at }
  }

  private static func required(_ policy: TrackerPolicy) -> [String] {
    policy.requiredLabels.map(\.folded)
  }

  /// Whether somebody trusted put a required label on that is on now.
  package static func isLabelledByTrusted(_ origin: Origin, _ policy: TrackerPolicy) -> Bool? {
    if vouching(origin, policy) != nil { return true }
    return origin.isDecided(policy) ? false : nil
  }
}

extension Origin {
  /// Nothing of it is left open: what it does not allow is not allowed until something changes.
  func isDecided(_ policy: TrackerPolicy) -> Bool {
    problem == nil && !touches.contains { Trust.admits($0.who, policy) == nil }
  }
}
