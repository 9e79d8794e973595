// Keyed hashes by the machine's own libcrypto: for the signatures of webhooks. Made of a message
// piece by piece, so that nobody has to keep one in memory to know whose it is.
import CSymphonyPlatform

/// HMAC with SHA-256 (RFC 2104) of a message that comes in pieces.
package struct MessageCode: ~Copyable {
  private let inner: UnsafeMutableRawPointer
  /// The key in a block of its own, as the standard pads it.
  private let padded: [UInt8]
  private static let block = 64

  /// Nil: this machine has no libcrypto.
  package init?(key: [UInt8]) {
    var padded = key
    if padded.count > Self.block {
      guard let short = Self.digest([padded]) else { return nil }
      padded = short
    }
    padded += [UInt8](repeating: 0, count: Self.block - padded.count)
    guard let inner = sy_sha256_begin() else { return nil }
    let first = padded.map { $0 ^ 0x36 }
    guard sy_sha256_add(inner, first, first.count) == 0 else {
      sy_sha256_free(inner)
      return nil
    }
    (self.inner, self.padded) = (inner, padded)
  }

  deinit { sy_sha256_free(inner) }

  /// - Returns: whether it was taken; a code without it is worth nothing.
  package mutating func add(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.withContiguousStorageIfAvailable { sy_sha256_add(inner, $0.baseAddress, $0.count) == 0 }
      ?? Array(bytes).withUnsafeBufferPointer {
        sy_sha256_add(inner, $0.baseAddress, $0.count) == 0
      }
  }

  /// 32 bytes; nil: libcrypto failed.
  package consuming func end() -> [UInt8]? {
    var value = [UInt8](repeating: 0, count: 32)
    guard sy_sha256_end(inner, &value) == 0 else { return nil }
    return Self.digest([padded.map { $0 ^ 0x5C }, value])
  }

  /// Of a whole message; nil: this machine has no libcrypto.
  package static func sha256(_ message: [UInt8], key: [UInt8]) -> [UInt8]? {
    guard var code = MessageCode(key: key), code.add(message) else { return nil }
    return code.end()
  }

  private static func digest(_ parts: [[UInt8]]) -> [UInt8]? {
    guard let digest = sy_sha256_begin() else { return nil }
    defer { sy_sha256_free(digest) }
    for part in parts where sy_sha256_add(digest, part, part.count) != 0 { return nil }
    var value = [UInt8](repeating: 0, count: 32)
    return sy_sha256_end(digest, &value) == 0 ? value : nil
  }
}
