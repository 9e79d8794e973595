// Takes secrets out of text that goes to people: a server may repeat in an error what it was sent.
// GitHubAnswer cleans every message of a server with it, GitHubClient every error it throws. It
// knows the forms of GitHub's tokens and of signatures, and the very tokens in use.
import SymphonyCore

enum Redaction {
  /// Words that look like a token of GitHub's or like a JSON web token become `***`.
  static func clean(_ text: String) -> String {
    var cleaned = ""
    var word = ""
    func end() {
      cleaned += isSecret(word) ? "***" : word
      word = ""
    }
    for character in text {
      let isPart =
        character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
      if isPart {
        word.append(character)
      } else {
        end()
        cleaned.append(character)
      }
    }
    end()
    return cleaned
  }

  /// Compares bytes: an accent behind a secret makes another character of its last letter, and the
  /// secret is still there.
  static func replace(_ secret: String, in text: String) -> String {
    let wanted = Array(secret.utf8)
    var rest = Array(text.utf8)[...]
    var cleaned: [UInt8] = []
    while let found = rest.firstRange(of: wanted) {
      cleaned += rest[..<found.lowerBound]
      cleaned += Array("***".utf8)
      rest = rest[found.upperBound...]
    }
    return cleaned.isEmpty ? text : String(decoding: cleaned + rest, as: UTF8.self)
  }

  private static func isSecret(_ word: String) -> Bool {
    if word.hasPrefix("github_pat_") { return true }
    if word.count >= 40, word.hasPrefix("eyJ") { return true }
    let bytes = Array(word.utf8.prefix(4))
    return word.count >= 12 && bytes.count == 4 && bytes[0] == UInt8(ascii: "g")
      && bytes[1] == UInt8(ascii: "h") && (97...122).contains(bytes[2])
      && bytes[3] == UInt8(ascii: "_")
  }
}

extension TrackerError {
  /// The same error with the secrets taken out of its text, should they be there.
  func without(_ secrets: [Secret]) -> TrackerError {
    // A short text is no token, and replacing it would tear words apart.
    let texts = secrets.map { $0.reveal() }.filter { $0.utf8.count >= 8 }
    func clean(_ text: String) -> String {
      texts.reduce(text) { Redaction.replace($1, in: $0) }
    }
    return switch self {
    case .unreachable(let what): .unreachable(clean(what))
    case .unauthorized(let what): .unauthorized(clean(what))
    case .forbidden(let what): .forbidden(clean(what))
    case .rateLimited(let until, let what): .rateLimited(until: until, clean(what))
    case .notFound(let what): .notFound(clean(what))
    case .gone(let what): .gone(clean(what))
    case .rejected(let what): .rejected(clean(what))
    case .malformed(let what): .malformed(clean(what))
    case .untrusted(let what): .untrusted(clean(what))
    case .misconfigured(let what, let hint): .misconfigured(clean(what), hint: clean(hint))
    }
  }
}
