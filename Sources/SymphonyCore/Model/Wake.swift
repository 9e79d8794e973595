// Why an item gets another round of work, as one value with its facts: from the source that reads
// it (Planning/Waking.swift, Planning/Requests.swift) to the prompt that tells the agent. Its
// words, its form as JSON and the template's variables follow from the kind, here and nowhere else.

package struct Wake: Hashable, Sendable {
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// A label was put on; `text` is its name.
    case label
    /// A label was taken off; `text` is its name.
    case labelRemoved = "label_removed"
    /// It was moved on its board; `text` is the status it has now.
    case status
    /// Somebody commented; `text` is what was said.
    case comment
    case title
    case edit
    case reopened
    /// `symphony retry`; `text` is what its operator has to say to the agent.
    case retry
    /// A limit on what the item may spend was raised, or taken away.
    case limitRaised = "limit_raised"
    /// The agent that crashed at once on item after item works again; `text` is its account.
    case agentMended = "agent_mended"
    /// People or checks said something of its pull request; `text` counts the pieces.
    case feedback
  }
  package var kind: Kind
  /// The words or the name that go with the kind, such as the new label's name; empty: none.
  ///
  /// Only words that may become a prompt: the caller has checked whose they are.
  package var text: String
  /// The person who did it; nil: the tracker does not say, or was not asked.
  package var author: String?
  /// On the tracker's clock.
  package var at: Timestamp

  /// `text`: cut to `textLimit`, without white space around it.
  package init(_ kind: Kind, text: String = "", author: String? = nil, at: Timestamp) {
    self.kind = kind
    self.text = Wake.bounded(text.trimmingWhitespace())
    self.author = author
    self.at = at
  }

  /// One sentence, without a full stop.
  package var sentence: String {
    let who = author ?? "somebody"
    switch kind {
    case .label where author == nil: return "the label \(text) was put on again"
    case .label: return "\(who) put the label \(text) on"
    case .labelRemoved: return "\(who) took the label \(text) off"
    case .status: return "moved to \(text.isEmpty ? "no status" : text)"
    case .comment: return "\(who) commented"
    case .title: return "\(who) changed the title"
    case .edit where author == nil: return "the issue was edited"
    case .edit: return "\(who) edited the issue"
    case .reopened where author == nil: return "the issue is open again"
    case .reopened: return "\(who) opened the issue again"
    case .retry: return "retry asked for by \(who)"
    case .limitRaised: return "its limit was raised"
    case .agentMended: return "\(text) works again"
    case .feedback: return "there is feedback on the pull request: \(text)"
    }
  }

  /// Whether `text` is what somebody wrote, which the agent has to read; else it is a name.
  package var isWritten: Bool {
    switch kind {
    case .comment: true
    case .retry: !text.isEmpty
    case .label, .labelRemoved, .status, .title, .edit, .reopened, .limitRaised, .agentMended,
      .feedback:
      false
    }
  }

  /// Whether it says anything to the agent: that it works again itself, it need not hear.
  package var concernsAgent: Bool {
    switch kind {
    case .agentMended: false
    case .label, .labelRemoved, .status, .comment, .title, .edit, .reopened, .retry, .limitRaised,
      .feedback:
      true
    }
  }

  /// The wake an item keeps that is woken by this one before an agent has heard of an earlier one.
  ///
  /// What was written is not forgotten: neither a comment because somebody moved the item
  /// afterwards, nor the words of `symphony retry` because of a comment.
  package func following(_ unheard: Wake?) -> Wake {
    guard let unheard, unheard.isWritten else { return self }
    guard isWritten else { return unheard }
    // The newer comments begin with those that were not heard.
    if text.contains(unheard.text) || (kind == .comment && unheard.kind == .comment) { return self }
    var both = self
    both.text = Wake.joined([unheard.text, text])
    return both
  }

  // MARK: Text

  /// Bytes of UTF-8.
  package static let textLimit = 16 << 10
  private static let gap = "\n[...]"

  /// The beginning of a text that is longer than anybody needs to read, marked as cut.
  ///
  /// `limit`: bytes of UTF-8, the mark included.
  package static func bounded(_ text: String, to limit: Int = textLimit) -> String {
    if text.utf8.count <= limit { return text }
    var kept = String.UnicodeScalarView()
    var bytes = gap.utf8.count
    for scalar in text.unicodeScalars {
      bytes += UTF8.width(scalar)
      if bytes > limit { break }
      kept.append(scalar)
    }
    return String(kept) + gap
  }

  /// Texts of one wake; of more than these only the newest are heard, after a mark.
  private static let mostTexts = 32

  /// Several texts as one within `textLimit`, oldest first.
  ///
  /// Each is cut to a fair share: a log that somebody pasted must not hide what was said after it.
  package static func joined(_ texts: [String]) -> String {
    let gap = gap.trimmingWhitespace()
    let heard = texts.count > mostTexts ? [gap] + texts.suffix(mostTexts) : texts
    let between = "\n\n"
    var room = textLimit - between.utf8.count * max(0, heard.count - 1)
    var share = room
    // Those that are shorter than their share leave the rest of it to the others.
    for (index, bytes) in heard.map(\.utf8.count).sorted().enumerated() {
      share = room / (heard.count - index)
      if bytes > share { break }
      room -= bytes
    }
    return heard.map { bounded($0, to: share) }.joined(separator: between)
  }

  // MARK: Template

  /// `{{ wake.kind }}`, `{{ wake.text }}`, `{{ wake.author }}` and `{{ wake.at }}`; all of it is
  /// null on an item's first round.
  package static func variables(_ wake: Wake?) -> Structure {
    guard let wake else { return .null }
    return .object([
      "kind": .string(wake.kind.rawValue), "text": .string(wake.text),
      "author": .optional(wake.author), "at": .string(wake.at.rfc3339),
    ])
  }
}

extension Wake: Codable {
  /// Names in rows; they outlive those of the properties.
  private enum CodingKeys: String, CodingKey { case kind, text, author, at }
}

extension Origin.Touch {
  /// The touch as what woke an item.
  package var wake: Wake {
    switch kind {
    case .labelled(let label): Wake(.label, text: label, author: who.login, at: at)
    case .unlabelled(let label): Wake(.labelRemoved, text: label, author: who.login, at: at)
    case .renamed: Wake(.title, author: who.login, at: at)
    case .edited: Wake(.edit, author: who.login, at: at)
    case .reopened: Wake(.reopened, author: who.login, at: at)
    }
  }
}
