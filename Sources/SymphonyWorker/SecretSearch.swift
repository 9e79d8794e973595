// Finds secrets inside longer texts, in the forms in which programs pass them on: as they are, with
// characters escaped for a URL, and in Base64 at any place of a longer text (`user:token`). Used
// for what agents and hooks inherit, and for what is recorded of what they say.
import FoundationEssentials
import SymphonyCore

struct SecretSearch {
  private let needles: ByteSearch

  /// Of the secrets only those of at least 8 bytes count: a shorter one may mean anything.
  init(_ secrets: [String]) {
    var found: Set<[UInt8]> = []
    for secret in Set(secrets) where secret.utf8.count >= 8 {
      let bytes = Array(secret.utf8)
      found.insert(bytes)
      found.insert(Self.escapedForURL(bytes))
      for offset in 0..<3 {
        let text = Self.base64(bytes, offset)
        found.insert(text)
        found.insert(text.map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 })
      }
    }
    // Two bytes in Base64 could be anybody's.
    needles = ByteSearch(found.filter { $0.count >= 8 })
  }

  func finds(in text: String) -> Bool { needles.isFound(in: text) }

  /// The text without them, and without what is a secret by its form.
  func masked(_ text: String) -> String {
    KnownTokens.masked(needles.replacing(in: text, with: KnownTokens.mask))
  }

  /// Where both are in a piece of a file.
  func ranges(in bytes: [UInt8]) -> [Range<Int>] {
    let text = String(decoding: bytes, as: UTF8.self)
    return needles.ranges(in: bytes) + ByteSearch(KnownTokens.all(in: text)).ranges(in: bytes)
  }

  /// RFC 3986: all but unreserved characters.
  private static func escapedForURL(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { byte -> [UInt8] in
      let isPlain =
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
      let digits = Array("0123456789ABCDEF".utf8)
      return isPlain ? [byte] : [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }

  /// The Base64 digits of the bytes, behind `offset` bytes more (and any number of threes).
  ///
  /// Only those that are the same in every text: the neighbours have a say in the others.
  private static func base64(_ bytes: [UInt8], _ offset: Int) -> [UInt8] {
    let text = Data(Array(repeating: 0, count: offset) + bytes).base64EncodedString()
    let first = (offset * 8 + 5) / 6
    let end = (offset + bytes.count) * 8 / 6
    return Array(text.utf8.prefix(end).dropFirst(first))
  }
}
