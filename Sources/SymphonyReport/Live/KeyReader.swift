// Bytes of a terminal as keys: escape sequences and UTF-8 that come in pieces, the escape key that
// looks like the beginning of a sequence, and pastes, of which nothing is taken for a key. Fed by
// the live view; knows nothing of what a key does.

package enum Key: Hashable, Sendable {
  case character(Character)
  case enter, escape, tab, backTab
  case up, down, left, right, pageUp, pageDown, home, end
}

package struct KeyReader: Sendable {
  /// Bytes of a sequence at most: what is longer is none.
  private static let longest = 32
  private static let escape: UInt8 = 0x1B
  private static let pasteEnd = Array("\u{1B}[201~".utf8)

  private var pending: [UInt8] = []
  private var isPasting = false
  /// Within a sequence that is longer than any: all of it is passed over, up to its last byte.
  private var isOverlong = false

  package init() {}

  /// The escape key was pressed, or a sequence has begun: only time can tell.
  ///
  /// Bytes that follow within 50 ms belong to the sequence.
  package var isUndecided: Bool { !isPasting && pending.first == Self.escape }

  package mutating func take(_ bytes: [UInt8]) -> [Key] {
    pending += bytes
    var keys: [Key] = []
    while !pending.isEmpty {
      if isPasting {
        guard skipPaste() else { break }
        continue
      }
      if isOverlong {
        skipSequence()
        continue
      }
      guard let (key, length) = Self.first(of: pending) else {
        guard pending.count > Self.longest else { break }
        pending.removeFirst(2)
        isOverlong = true
        continue
      }
      if Self.beginsPaste(pending.prefix(length)) { isPasting = true }
      pending.removeFirst(length)
      if let key { keys.append(key) }
    }
    return keys
  }

  /// Nothing followed: it was the escape key, and what came behind it stands for itself.
  package mutating func settle() -> [Key] {
    guard isUndecided else { return [] }
    pending.removeFirst()
    return [.escape] + take([])
  }

  private mutating func skipSequence() {
    pending.removeFirst(pending.prefix { 0x20...0x3F ~= $0 }.count)
    guard let last = pending.first else { return }
    // Something else cut it off, and stands for itself.
    if 0x40...0x7E ~= last { pending.removeFirst() }
    isOverlong = false
  }

  /// False while the end of the paste is still to come; of the rest no more is kept than may be the
  /// beginning of that end.
  private mutating func skipPaste() -> Bool {
    if let end = pending.firstRange(of: Self.pasteEnd) {
      pending.removeFirst(end.upperBound)
      isPasting = false
      return true
    }
    pending.removeFirst(max(0, pending.count - Self.pasteEnd.count + 1))
    return false
  }

  private static func beginsPaste(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.elementsEqual("\u{1B}[200~".utf8)
  }

  /// The first key and how many bytes it takes; no key for what means nothing here.
  ///
  /// Nil: more bytes are needed.
  private static func first(of bytes: [UInt8]) -> (Key?, Int)? {
    switch bytes[0] {
    case escape: return sequence(bytes)
    case 0x0A, 0x0D: return (.enter, 1)
    case 0x09: return (.tab, 1)
    case 0x00..<0x20: return (.character(Character(Unicode.Scalar(bytes[0]))), 1)
    case 0x7F: return (nil, 1)
    case 0x20..<0x7F: return (.character(Character(Unicode.Scalar(bytes[0]))), 1)
    default: return letter(bytes)
    }
  }

  /// A character of several bytes (RFC 3629).
  private static func letter(_ bytes: [UInt8]) -> (Key?, Int)? {
    let length: Int
    switch bytes[0] {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF: length = 3
    case 0xF0...0xF4: length = 4
    default: return (nil, 1)
    }
    let tail = bytes.dropFirst().prefix(length - 1)
    guard tail.allSatisfy({ 0x80...0xBF ~= $0 }) else { return (nil, 1) }
    if tail.count < length - 1 { return nil }
    guard let text = String(validating: bytes.prefix(length), as: UTF8.self),
      let character = text.first
    else { return (nil, length) }
    return (.character(character), length)
  }

  /// Reads bytes that begin with ESC: a control sequence (ECMA-48), a function key, or ESC alone.
  private static func sequence(_ bytes: [UInt8]) -> (Key?, Int)? {
    guard bytes.count > 1 else { return nil }
    switch bytes[1] {
    case UInt8(ascii: "["):
      // No more is looked at than would be there if the bytes came one by one.
      let body = bytes.prefix(longest + 1).dropFirst(2)
      let parameters = body.prefix { 0x20...0x3F ~= $0 }
      guard let last = body.dropFirst(parameters.count).first else { return nil }
      let length = 2 + parameters.count
      // Something else cut it off, and stands for itself.
      guard 0x40...0x7E ~= last else { return (nil, length) }
      return (key(last, parameters), length + 1)
    case UInt8(ascii: "O"):
      guard bytes.count > 2 else { return nil }
      return (key(bytes[2], []), 3)
    default: return (.escape, 1)
    }
  }

  /// The last byte of a sequence names the key, or its first number does.
  private static func key(_ last: UInt8, _ parameters: ArraySlice<UInt8>) -> Key? {
    switch Character(Unicode.Scalar(last)) {
    case "A": return .up
    case "B": return .down
    case "C": return .right
    case "D": return .left
    case "H": return .home
    case "F": return .end
    case "M": return .enter
    case "Z": return .backTab
    case "~": break
    default: return nil
    }
    let number = parameters.prefix { 0x30...0x39 ~= $0 }
    switch String(decoding: number, as: UTF8.self) {
    case "1", "7": return .home
    case "4", "8": return .end
    case "5": return .pageUp
    case "6": return .pageDown
    default: return nil
    }
  }
}
