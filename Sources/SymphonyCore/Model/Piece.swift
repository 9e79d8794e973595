// Feedback as rows: what people and checks say of an item's pull request, piece by piece. A piece
// has an identity and a version, so that each reaches an agent once, whatever is killed; new is
// what has no row yet, and what was edited is a new version. Planning/Feedback.swift makes them of
// what the tracker read, Planning/Round.swift hands them over, Planning/Answers.swift answers them.

package struct Piece: Hashable, Sendable {
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// A review: its verdict and its words.
    case review
    /// A comment on a line or a file, in a thread.
    case line
    /// A thread that was opened again after we had resolved it.
    case reopened
    /// A comment on the pull request.
    case comment
    /// A failed check of one head.
    case check
    /// A head that conflicts with its base.
    case conflict
  }

  package enum State: String, Codable, Sendable, CaseIterable {
    /// Waits for a round.
    case seen
    /// Is with the agent of the run `generation`, or of the one that follows it.
    case handed
    case answered
    /// Deleted, dismissed, minimized, resolved or replaced before an agent got it.
    case dropped
    /// Said by somebody whose words become no prompt.
    case ignored
  }

  /// Who says what, in which version; unique for an item.
  package struct ID: Hashable, Sendable, Comparable {
    package var kind: Kind
    /// The tracker's id of what was said; of a check its head and name; of a conflict its head.
    package var key: String
    /// Changes with each edit: a hash of the words, or the id of a check's run.
    package var version: String
    package init(_ kind: Kind, _ key: String, version: String) {
      self.kind = kind
      self.key = key
      self.version = version
    }
    package static func < (left: ID, right: ID) -> Bool {
      (left.kind.rawValue, left.key, left.version) < (right.kind.rawValue, right.key, right.version)
    }
  }

  package var item: ItemID
  package var id: ID
  package var state: State
  /// The number of the run that has it; nil: none had it.
  package var generation: Int?
  /// Its number in that run's list, from 1.
  package var number: Int?
  package var seenAt: Timestamp
  /// Frozen: what was said when it was seen.
  package var words: PieceWords
  /// Nil: not answered.
  package var answer: PieceAnswer?
  package init(item: ItemID, id: ID, state: State, seenAt: Timestamp, words: PieceWords) {
    self.item = item
    self.id = id
    self.state = state
    self.generation = nil
    self.number = nil
    self.seenAt = seenAt
    self.words = words
    self.answer = nil
  }
}

/// The facts of a piece, bounded: a tracker's words are of any length.
package struct PieceWords: Hashable, Codable, Sendable {
  package enum Verdict: String, Codable, Sendable {
    case changesRequested = "changes_requested"
    case commented, approved
  }
  /// Bytes of `text` and of `hunk`.
  package static let textLimit = 16 << 10
  package static let hunkLimit = 4 << 10

  /// A login; nil: nobody said it, as of a check.
  package var author: String?
  package var text: String
  /// On the tracker's clock.
  package var at: Timestamp
  package var url: String?
  /// A file of the repository, as the tracker names it: words, never a path to open.
  package var path: String?
  /// Lines of that file, from 1; of an outdated comment those it was made for.
  package var firstLine: Int?
  package var lastLine: Int?
  package var isOutdated: Bool?
  /// The part of the diff it speaks of.
  package var hunk: String?
  /// The thread's id, and the number of its first comment, to which replies go.
  package var thread: String?
  package var replyTo: Int64?
  /// The review it belongs to.
  package var review: String?
  package var verdict: Verdict?
  /// The commit it speaks of.
  package var head: String?
  /// Of a check: its name, what became of it, whether the base needs it, and the job that has its
  /// log; nil: it has none.
  package var check: String?
  package var conclusion: String?
  package var isRequired: Bool?
  package var job: Int64?

  package init(text: String, at: Timestamp, author: String? = nil) {
    self.author = author
    self.text = Wake.bounded(text, to: Self.textLimit)
    self.at = at
  }
}

/// An agent's answer to a piece, or ours in its place.
package struct PieceAnswer: Hashable, Codable, Sendable {
  package enum Outcome: String, Codable, Sendable, CaseIterable {
    case fixed, declined, question
    /// Its agent said something, and not about this piece.
    case told
    /// Its agent changed nothing and said nothing.
    case unanswered
  }
  /// Bytes of `text`.
  package static let textLimit = 8 << 10
  package var outcome: Outcome
  package var text: String
  package init(_ outcome: Outcome, _ text: String) {
    self.outcome = outcome
    self.text = Wake.bounded(text, to: Self.textLimit)
  }
}

/// A piece as a run's spec has it, numbered from 1.
package struct HandedPiece: Hashable, Codable, Sendable {
  package var number: Int
  package var kind: Piece.Kind
  package var words: PieceWords
  /// Of a failed check: the lines of its log around the failure, and the last part of the whole,
  /// cleaned; nil: it has none, or it could not be read.
  package var excerpt: String?
  package var log: String?
  package init(number: Int, kind: Piece.Kind, words: PieceWords) {
    self.number = number
    self.kind = kind
    self.words = words
    self.excerpt = nil
    self.log = nil
  }
}

/// One answer of `replies.json`, as the worker read it.
package struct HandedReply: Hashable, Codable, Sendable {
  /// Of the piece.
  package var number: Int
  package var answer: PieceAnswer
  package init(number: Int, answer: PieceAnswer) {
    self.number = number
    self.answer = answer
  }
}
