// RSA signatures by the machine's own OpenSSL, for GitHub Apps only: AppSigner is the one caller.
// The key is in libcrypto's memory for one signature.
import CSymphonyPlatform

package enum RSASignature {
  package enum SigningError: Error, Sendable {
    /// There is no libcrypto 3 or 1.1.1 on this machine.
    case noLibrary
    /// Not an RSA private key of 2048 bits or more, or one with a passphrase.
    case unreadableKey
    /// libcrypto does not sign, for example under a policy that forbids the algorithm.
    case refused
  }

  /// The largest signature in bytes: that of a key of 16,384 bits, which is OpenSSL's own limit.
  private static let longest = 2048

  /// An RSASSA-PKCS1-v1_5 signature with SHA-256 (RFC 8017, section 8.2), which JSON web tokens
  /// call RS256.
  ///
  /// `key` is the private key in PEM format, PKCS #1 or PKCS #8, without a passphrase.
  package static func sign(_ content: String, key: String) throws(SigningError) -> [UInt8] {
    let (key, content) = (Array(key.utf8), Array(content.utf8))
    var signature = [UInt8](repeating: 0, count: longest)
    var length = signature.count
    let outcome = sy_rsa_sha256(key, key.count, content, content.count, &signature, &length)
    switch Int(outcome) {
    case Int(SY_RSA_SIGNED): return Array(signature.prefix(length))
    case Int(SY_RSA_NO_LIBRARY): throw .noLibrary
    case Int(SY_RSA_BAD_KEY): throw .unreadableKey
    default: throw .refused
    }
  }
}
