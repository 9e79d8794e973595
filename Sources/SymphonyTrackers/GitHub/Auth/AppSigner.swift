// Signs the JSON web token a GitHub App introduces itself with (RS256). InstallationTokens is the
// only caller. The key never leaves this type, and no error shows any of it.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform

struct AppSigner: Sendable {
  private let issuer: String
  private let key: Secret

  /// - Throws: `.misconfigured` with what is wrong with the key.
  init(_ app: AppPolicy) throws(TrackerError) {
    issuer = app.id.trimmingWhitespace()
    guard !issuer.isEmpty else {
      throw .misconfigured(
        "the GitHub App has no id", hint: "set github.app_id to the App's client id or app id")
    }
    // Environment files have no room for line ends: they are often written as \n.
    let text = app.privateKey.reveal().replacing("\\n", with: "\n").replacing("\r", with: "")
      .trimmingWhitespace()
    key = Secret(text)
    do throws(RSASignature.SigningError) {
      // A wrong key is reported here, and not with the first request.
      _ = try RSASignature.sign("", key: text)
    } catch {
      if case .noLibrary = error { throw Self.noLibrary }
      throw .misconfigured(
        "the private key of GitHub App \(issuer) cannot be read: \(Self.problem(text))",
        hint: "set github.private_key to the .pem file downloaded from the App's settings page, "
          + "or to its text")
    }
  }

  private static let noLibrary = TrackerError.misconfigured(
    "a GitHub App's requests are signed by OpenSSL's libcrypto, which is not on this machine",
    hint: "install OpenSSL 3 or 1.1.1 (Debian: libssl3, Fedora: openssl-libs), or use a token")

  /// Words for files that people give by mistake instead of the private key.
  private static func problem(_ text: String) -> String {
    if text.isEmpty { return "it is empty" }
    guard text.contains("-----BEGIN ") else { return "it is not in PEM format" }
    if text.contains("ENCRYPTED") { return "it is protected by a passphrase" }
    if text.contains("PUBLIC KEY-----") { return "it is a public key" }
    if text.contains("BEGIN OPENSSH") { return "it is an SSH key" }
    if text.contains("BEGIN EC ") { return "it is not an RSA key" }
    if text.contains("BEGIN CERTIFICATE") { return "it is a certificate" }
    guard text.contains("-----END ") else { return "its end is missing" }
    return "it is not an RSA private key of 2048 bits or more, or it is damaged"
  }

  private struct Head: Encodable {
    var alg = "RS256"
    var typ = "JWT"
  }
  private struct Claims: Encodable {
    var iat: Int64
    var exp: Int64
    var iss: String
    enum CodingKeys: CodingKey { case iat, exp, iss }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(iat, forKey: .iat)
      try container.encode(exp, forKey: .exp)
      // Old servers insist on a number where the id is one.
      if let number = Int64(iss) {
        try container.encode(number, forKey: .iss)
      } else {
        try container.encode(iss, forKey: .iss)
      }
    }
  }

  /// A token good for nine minutes, one of them past: GitHub allows ten at most.
  ///
  /// `now` is on GitHub's clock.
  func token(at now: Timestamp) throws(TrackerError) -> Secret {
    let seconds = now.milliseconds / 1000
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      let head = Self.encode(try encoder.encode(Head()))
      let claims = Claims(iat: seconds - 60, exp: seconds + 540, iss: issuer)
      let content = "\(head).\(Self.encode(try encoder.encode(claims)))"
      return Secret(
        "\(content).\(Self.encode(Data(try RSASignature.sign(content, key: key.reveal()))))")
    } catch {
      throw .misconfigured(
        "the private key of GitHub App \(issuer) cannot sign",
        hint: "download a new private key from the App's settings page")
    }
  }

  /// base64url without padding (RFC 7515).
  private static func encode(_ bytes: Data) -> String {
    bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }
}
