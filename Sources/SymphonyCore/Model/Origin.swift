// The people behind an item's text: its author, those who edited it, put labels on it or opened it
// again. Trackers read it; Planning/Trust.swift decides what follows from it. A tracker whose items
// are the operator's own files has none.

package struct Origin: Hashable, Codable, Sendable {
  /// Somebody who did something.
  package struct Person: Hashable, Codable, Sendable {
    /// Nil: the account is gone, or is kept from us.
    package var login: String?
    /// Whether the tracker lets them write to the item's repository; nil: that is not known.
    package var mayWrite: Bool?
    /// The account this program works as.
    package var isUs: Bool
    package init(_ login: String?, mayWrite: Bool? = nil, isUs: Bool = false) {
      self.login = login
      self.mayWrite = mayWrite
      self.isUs = isUs
    }
    /// As people are told of them.
    package var name: String { login ?? "somebody whose account is gone" }
  }

  package enum Kind: Hashable, Codable, Sendable {
    /// Lower case, without surrounding space.
    case labelled(String)
    case unlabelled(String)
    /// The title was changed.
    case renamed
    /// The body was changed.
    case edited
    case reopened
  }

  package struct Touch: Hashable, Codable, Sendable {
    package var kind: Kind
    package var who: Person
    /// In whole seconds of the tracker's clock.
    package var at: Timestamp
    package init(_ kind: Kind, _ who: Person, at: Timestamp) {
      self.kind = kind
      self.who = who
      self.at = at
    }
  }

  package var author: Person
  /// Of one kind the oldest first.
  ///
  /// If older edits or renames could not be read, a person without a name stands for them: so the
  /// text counts as touched by somebody who is not trusted.
  package var touches: [Touch]
  /// Why not all that matters could be read: then nobody stands behind the text.
  package var problem: String?
  /// It was read some time ago: what it forbids is still forbidden, and is worth another look.
  package var isOld: Bool

  package init(
    author: Person, touches: [Touch] = [], problem: String? = nil, isOld: Bool = false
  ) {
    self.author = author
    self.touches = touches
    self.problem = problem
    self.isOld = isOld
  }

  /// The last of the touches that are so.
  package func last(where isMeant: (Touch) -> Bool) -> Touch? { touches.last(where: isMeant) }
}
