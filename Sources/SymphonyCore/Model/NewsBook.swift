// The news that the scheduler's channel (cron's mail, the journal) is still to be told, whichever
// tick found it out, and the lasting troubles it was told of already. It is one fact of the
// database, written in the transactions that make the news. SymphonyTick fills and empties it; the
// only thing decided by it is when a lasting trouble is worth another line.

/// One thing that happened, for a person.
package struct NewsLine: Hashable, Codable, Sendable {
  package enum Kind: String, Codable, Sendable, CaseIterable {
    case launched, failed, parked, released, woken, stopping, killed
    case handedOff = "handed_off"
    /// A trouble began, changed, or goes on.
    case trouble
    /// A trouble is over.
    case over
  }
  /// Rises by one with every line and is never given twice; 0: not entered yet.
  package var id: Int64 = 0
  package var at: Timestamp
  /// The tick that found it out.
  package var tick: String
  package var kind: Kind
  /// The verdict's or the trouble's code; stable.
  package var code: String
  package var item: ItemID?
  package var key: ItemKey?
  package var repository: String?
  /// The item's place on its board, where the tick saw one; nil in books of older versions.
  package var boardItem: String?
  package var run: RunID?
  package var session: String?
  package var sentence: String

  package init(_ kind: Kind, code: String, _ sentence: String, at: Timestamp, tick: String) {
    (self.kind, self.code, self.sentence, self.at, self.tick) = (kind, code, sentence, at, tick)
  }

  /// Worth a person's attention before the rest.
  package var isWarning: Bool {
    switch kind {
    case .failed, .parked, .killed, .trouble: true
    case .launched, .released, .woken, .stopping, .handedOff, .over: false
    }
  }

  /// The issue first, then what happened, then what a repeat is recognised by.
  package var text: String {
    let marks = [run.map { "run \($0.text)" }, "news \(id)"].compactMap { $0 }
    return (key.map { "\($0.text): " } ?? "") + sentence + " [" + marks.joined(separator: ", ")
      + "]"
  }
}

/// Something that is wrong for as long as nobody or nothing mends it.
package struct Trouble: Hashable, Sendable {
  package enum Code: String, Codable, Sendable, CaseIterable {
    case workflowInvalid = "workflow_invalid"
    case tracker
    case agentUnavailable = "agent_unavailable"
    case repositoryUnfit = "repository_unfit"
    case workspaceAbsent = "workspace_absent"
    case diskLow = "disk_low"
    case overBudget = "over_budget"
    case hold, paused
    /// The file of metrics, the log, the traces or the daily copy cannot be written.
    case metrics, logs, traces, backups
    case noTick = "no_tick"
    /// The state directory failed under an effect.
    case state
    case bug
    /// It failed once and is tried again; no tick sees that it is over.
    case failure

    /// How long it goes on without another word.
    package var patience: Interval { self == .paused ? .days(1) : .hours(1) }
  }
  package var code: Code
  /// The thing in trouble, where one code can concern several.
  package var scope: String
  package var sentence: String

  package init(_ code: Code, scope: String = "", _ sentence: String) {
    (self.code, self.scope, self.sentence) = (code, scope, sentence)
  }

  /// Two sentences that differ in figures only tell the same; a mistake in a file has a place.
  package var signature: String {
    switch code {
    case .diskLow, .noTick: code.rawValue
    case .workflowInvalid: sentence
    case .tracker, .agentUnavailable, .repositoryUnfit, .workspaceAbsent, .overBudget, .hold,
      .paused, .metrics, .logs, .traces, .backups, .state, .bug, .failure:
      Self.withoutFigures(sentence)
    }
  }

  /// Each row of digits as one mark.
  package static func withoutFigures(_ text: String) -> String {
    var folded = ""
    for character in text where !(character.isNumber && folded.last == "#") {
      folded.append(character.isNumber ? "#" : character)
    }
    return folded
  }
}

package struct NewsBook: Hashable, Codable, Sendable {
  /// A trouble that was told, or is over since less than an hour.
  package struct Told: Hashable, Codable, Sendable {
    package var code: Trouble.Code
    package var scope: String
    /// As it was told last.
    package var sentence: String
    package var signature: String
    /// False: it was told that it is over.
    package var isOn = true
    package var since: Timestamp
    package var toldAt: Timestamp
    package var seenAt: Timestamp
    /// Lines of it since `hour` began.
    package var lines: Int
    package var hour: Timestamp
    /// A mark for each text told since `hour` began; nil in books of older versions.
    package var texts: [String]?
  }

  package private(set) var lastID: Int64 = 0
  package private(set) var untold: [NewsLine] = []
  /// Lines that had to go because nobody was told for too long.
  package private(set) var dropped = 0
  /// `notify.command` was told of what is up to here, or need not be.
  package private(set) var notifiedID: Int64 = 0
  /// `logs.directory` has what is up to here; nil: nothing, or the book is of an older version.
  private var loggedID: Int64?
  /// The last tick found a `notify.command`; nil in books of older versions.
  private var hasCommand: Bool?
  package private(set) var troubles: [Told] = []

  package init() {}

  private enum CodingKeys: String, CodingKey {
    case lastID = "last_id"
    case notifiedID = "notified_id"
    case loggedID = "logged_id"
    case hasCommand = "has_command"
    case untold, dropped, troubles
  }

  /// A project without a timer must not fill the database with what nobody reads.
  static let untoldLimit = 500
  /// Characters; what an agent says of itself has no end of its own.
  static let sentenceLimit = 1000
  static let troubleLimit = 200
  /// Of one trouble in one hour: it begins, changes, ends, comes back; from then on only what was
  /// not told in that hour is told.
  static let linesPerHour = 4
  /// A server may word the same trouble anew each time: so many texts of one trouble in one hour
  /// are news.
  static let textsPerHour = 20

  package mutating func add(_ lines: [NewsLine]) {
    for var line in lines {
      lastID += 1
      line.id = lastID
      line.sentence = String(line.sentence.prefix(Self.sentenceLimit))
      untold.append(line)
    }
    let excess = untold.count - Self.untoldLimit
    if excess > 0 {
      untold.removeFirst(excess)
      dropped += excess
    }
  }

  /// Everything up to `id` was told.
  package mutating func markTold(through id: Int64) {
    untold.removeAll { $0.id <= id }
    dropped = 0
  }

  /// Lines that are still to be told and that the log has not got.
  package var unlogged: [NewsLine] { untold.filter { $0.id > (loggedID ?? 0) } }

  package mutating func markLogged(through id: Int64) { loggedID = max(id, loggedID ?? 0) }

  private var wasNotifying: Bool { hasCommand ?? (notifiedID > 0) }

  /// There is no `notify.command`: one that is set up later is not told what happens until then.
  package mutating func standWithoutCommand() { if wasNotifying { hasCommand = false } }

  /// Lines that `notify.command` was not told of, marked as told.
  ///
  /// A command that was not there before hears what this tick found out and which troubles last;
  /// all else is history.
  package mutating func takeForCommand(at now: Timestamp, tick: String) -> [NewsLine] {
    var lines = untold.filter { $0.id > notifiedID }
    if !wasNotifying {
      lines.removeAll { $0.tick != tick }
      for told in troubles where told.isOn && told.code != .failure {
        let isAmong = lines.contains {
          $0.kind == .trouble && $0.code == told.code.rawValue && $0.at == told.toldAt
        }
        if isAmong { continue }
        let sentence =
          "\(told.sentence.prefix(Self.sentenceLimit)) (since \(told.since.rfc3339))"
        var line = NewsLine(.trouble, code: told.code.rawValue, sentence, at: now, tick: tick)
        lastID += 1
        line.id = lastID
        lines.append(line)
      }
    }
    (hasCommand, notifiedID) = (true, lastID)
    return lines
  }

  /// Compares what was told of troubles with what is so, and enters a line where that differs.
  ///
  /// `looked`: of these codes, what is not among `present` is over; of the others nobody knows.
  package mutating func face(
    _ present: [Trouble], looked: Set<Trouble.Code>, at now: Timestamp, tick: String
  ) {
    var lines: [NewsLine] = []
    func say(_ kind: NewsLine.Kind, _ code: Trouble.Code, _ sentence: String) {
      lines.append(NewsLine(kind, code: code.rawValue, sentence, at: now, tick: tick))
    }
    for trouble in present {
      let place = troubles.firstIndex { $0.code == trouble.code && $0.scope == trouble.scope }
      var told = place.map { troubles[$0] } ?? Told(trouble, at: now)
      let isBeginning = place == nil || !told.isOn
      let isDue = Self.isPast(told.toldAt, trouble.code.patience, now)
      if isBeginning || told.signature != trouble.signature || isDue,
        told.mayTell(trouble.signature, at: now)
      {
        if isBeginning { told.since = now }
        let goesOn = !isBeginning && told.signature == trouble.signature
        let since = goesOn ? " (since \(told.since.rfc3339))" : ""
        say(.trouble, trouble.code, trouble.sentence + since + told.lastWord)
        (told.isOn, told.toldAt) = (true, now)
        (told.sentence, told.signature) = (trouble.sentence, trouble.signature)
      }
      told.seenAt = isBeginning || Self.isPast(told.seenAt, .minutes(10), now) ? now : told.seenAt
      if let place { troubles[place] = told } else { troubles.append(told) }
    }
    for place in troubles.indices {
      let isThere = present.contains {
        $0.code == troubles[place].code && $0.scope == troubles[place].scope
      }
      guard !isThere, troubles[place].isOn, troubles[place].code != .failure,
        looked.contains(troubles[place].code), troubles[place].mayTell(Told.end, at: now)
      else { continue }
      let told = troubles[place]
      say(
        .over, told.code,
        "over after \((now - told.since).description): \(told.sentence)" + told.lastWord)
      troubles[place].isOn = false
    }
    troubles.removeAll { told in
      let isQuiet = !told.isOn || told.code == .failure
      return isQuiet && Self.isPast(told.hour, .hours(1), now)
        && Self.isPast(told.seenAt, .hours(1), now)
    }
    if troubles.count > Self.troubleLimit {
      troubles.removeFirst(troubles.count - Self.troubleLimit)
    }
    add(lines)
  }

  /// A clock that was set back makes nothing wait longer.
  fileprivate static func isPast(_ start: Timestamp, _ span: Interval, _ now: Timestamp) -> Bool {
    Deadline(setAt: start, delay: span).isDue(at: now)
  }
}

extension NewsBook.Told {
  fileprivate init(_ trouble: Trouble, at now: Timestamp) {
    self.init(
      code: trouble.code, scope: trouble.scope, sentence: trouble.sentence,
      signature: trouble.signature, isOn: false, since: now, toldAt: now, seenAt: now, lines: 0,
      hour: now)
  }

  /// Stands for "it is over" among the texts.
  fileprivate static let end = ""

  /// Counts a line; false where the hour has had its share, and this text was part of it.
  fileprivate mutating func mayTell(_ text: String, at now: Timestamp) -> Bool {
    if NewsBook.isPast(hour, .hours(1), now) { (hour, lines, texts) = (now, 0, nil) }
    let mark = StableHash.hex(text)
    var known = texts ?? []
    let isNew = !known.contains(mark) && known.count < NewsBook.textsPerHour
    guard lines < NewsBook.linesPerHour || isNew else { return false }
    if isNew { known.append(mark) }
    texts = known
    lines += 1
    return true
  }

  /// Behind each line from the last one on that the hour allows whatever it says.
  fileprivate var lastWord: String {
    lines < NewsBook.linesPerHour
      ? ""
      : "; it changes often: what was told of it is not told again before "
        + (hour + .hours(1)).rfc3339
  }
}
