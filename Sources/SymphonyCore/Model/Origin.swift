// Who stands behind what an item says: its author, who edited it, who put labels on it, who opened
// it again. Trackers read it; Planning/Trust.swift decides what follows from it. A tracker whose
// items are the operator's own files has none.

public struct Origin: Hashable, Codable, Sendable {
  /// Somebody who did something.
  public struct Person: Hashable, Codable, Sendable {
    /// Nil: the account is gone, or is kept from us.
    public var login: String?
    /// Whether the tracker lets them write to the item's repository; nil: that is not known.
    public var mayWrite: Bool?
    /// The account this program works as.
    public var isUs: Bool
    public init(_ login: String?, mayWrite: Bool? = nil, isUs: Bool = false) {
      self.login = login
      self.mayWrite = mayWrite
      self.isUs = isUs
    }
    /// As people are told of them.
    public var name: String { login ?? "somebody whose account is gone" }
  }

  public enum Kind: Hashable, Codable, Sendable {
    /// Lower case, without surrounding space.
    case labelled(String)
    case unlabelled(String)
    /// The title was changed.
    case renamed
    /// The body was changed.
    case edited
    case reopened
  }

  public struct Touch: Hashable, Codable, Sendable {
    public var kind: Kind
    public var who: Person
    /// In whole seconds of the tracker's clock.
    public var at: Timestamp
    public init(_ kind: Kind, _ who: Person, at: Timestamp) {
      self.kind = kind
      self.who = who
      self.at = at
    }
  }

  public var author: Person
  /// Of one kind the oldest first. Where older ones could not be read, somebody nameless did
  /// something at the time of the oldest that could.
  public var touches: [Touch]
  /// Why not all that matters could be read: then nobody stands behind the text.
  public var problem: String?
  /// It was read some time ago: what it forbids is still forbidden, and is worth another look.
  public var isOld: Bool

  public init(
    author: Person, touches: [Touch] = [], problem: String? = nil, isOld: Bool = false
  ) {
    self.author = author
    self.touches = touches
    self.problem = problem
    self.isOld = isOld
  }

  /// The last of the touches that are so.
  public func last(where isMeant: (Touch) -> Bool) -> Touch? { touches.last(where: isMeant) }
}
