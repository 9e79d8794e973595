// Just enough of Swift's grammar for tidy rules: comments and the text of string literals become
// spaces (what stands in `\(...)` stays code), and the rest becomes words and single signs with
// their lines. Regex literals are not known: a quote inside one would mislead it.

struct Token: Hashable {
  var text: String
  var line: Int
  /// Nothing stands between this token and the one before.
  var isGlued: Bool

  static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x80...: true
    default: false
    }
  }
  var isWord: Bool { text.utf8.first.map(Token.isWord) ?? false }

  static func scan(_ bytes: [UInt8]) -> [Token] {
    var tokens: [Token] = []
    var line = 1
    var glued = false
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == 0x0A { line += 1 }
      if byte == 0x0A || byte == 0x20 || byte == 0x09 || byte == 0x0D {
        glued = false
        index += 1
        continue
      }
      var end = index + 1
      if isWord(byte) { while end < bytes.count, isWord(bytes[end]) { end += 1 } }
      let text = String(decoding: bytes[index..<end], as: UTF8.self)
      tokens.append(Token(text: text, line: line, isGlued: glued))
      glued = true
      index = end
    }
    return tokens
  }
}

struct CodeText {
  private var bytes: [UInt8]
  private var index = 0

  static func blanked(_ text: String) -> [UInt8] {
    var scanner = CodeText(bytes: Array(text.utf8))
    scanner.code(inInterpolation: false)
    return scanner.bytes
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private static let quote = UInt8(ascii: "\"")
  private static let hash = UInt8(ascii: "#")
  private static let backslash = UInt8(ascii: "\\")

  private func starts(with text: StaticString, at position: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    guard position + length <= bytes.count else { return false }
    return text.withUTF8Buffer { bytes[position..<position + length].elementsEqual($0) }
  }

  private mutating func blank(_ count: Int) {
    for position in index..<min(index + count, bytes.count) where bytes[position] != 0x0A {
      bytes[position] = 0x20
    }
    index += count
  }

  /// Up to the end, or behind the parenthesis that closes an interpolation.
  private mutating func code(inInterpolation: Bool) {
    var depth = 0
    while index < bytes.count {
      if starts(with: "//", at: index) {
        while index < bytes.count, bytes[index] != 0x0A { blank(1) }
      } else if starts(with: "/*", at: index) {
        blockComment()
      } else if let hashes = stringStart() {
        string(hashes: hashes)
      } else {
        if bytes[index] == UInt8(ascii: "(") { depth += 1 }
        if bytes[index] == UInt8(ascii: ")") { depth -= 1 }
        index += 1
        if inInterpolation, depth == 0 { return }
      }
    }
  }

  private mutating func blockComment() {
    var depth = 0
    while index < bytes.count {
      if starts(with: "/*", at: index) {
        depth += 1
        blank(2)
      } else if starts(with: "*/", at: index) {
        depth -= 1
        blank(2)
        if depth == 0 { return }
      } else {
        blank(1)
      }
    }
  }

  /// The number of `#` before a string that begins here; nil when none does.
  private func stringStart() -> Int? {
    var position = index
    while position < bytes.count, bytes[position] == Self.hash { position += 1 }
    return position < bytes.count && bytes[position] == Self.quote ? position - index : nil
  }

  private func hashes(_ count: Int, at position: Int) -> Bool {
    position + count <= bytes.count
      && bytes[position..<position + count].allSatisfy { $0 == Self.hash }
  }

  private mutating func string(hashes count: Int) {
    blank(count)
    let quotes = starts(with: "\"\"\"", at: index) ? 3 : 1
    blank(quotes)
    while index < bytes.count {
      if bytes[index] == Self.backslash, hashes(count, at: index + 1) {
        blank(1 + count)
        if index < bytes.count, bytes[index] == UInt8(ascii: "(") {
          code(inInterpolation: true)
        } else {
          blank(1)
        }
      } else if quotes == 3 ? starts(with: "\"\"\"", at: index) : bytes[index] == Self.quote,
        hashes(count, at: index + quotes)
      {
        return blank(quotes + count)
      } else if quotes == 1, bytes[index] == 0x0A {
        // A string on one line ends with it: the rest of the file is not swallowed.
        return
      } else {
        blank(1)
      }
    }
  }
}
