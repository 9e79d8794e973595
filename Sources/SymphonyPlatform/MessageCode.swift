// Keyed hashes by the machine's own libcrypto: for the signatures of webhooks.
import CSymphonyPlatform

package enum MessageCode {
  /// HMAC with SHA-256 (RFC 2104); nil: this machine has no libcrypto.
  package static func sha256(_ message: [UInt8], key: [UInt8]) -> [UInt8]? {
    let block = 64
    var padded = key
    if padded.count > block {
      guard let short = digest([padded]) else { return nil }
      padded = short
    }
    padded += [UInt8](repeating: 0, count: block - padded.count)
    guard let inner = digest([padded.map { $0 ^ 0x36 }, message]) else { return nil }
    return digest([padded.map { $0 ^ 0x5C }, inner])
  }

  private static func digest(_ parts: [[UInt8]]) -> [UInt8]? {
    guard let digest = sy_sha256_begin() else { return nil }
    defer { sy_sha256_free(digest) }
    for part in parts where sy_sha256_add(digest, part, part.count) != 0 { return nil }
    var value = [UInt8](repeating: 0, count: 32)
    return sy_sha256_end(digest, &value) == 0 ? value : nil
  }
}
