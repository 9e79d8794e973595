// Secrets known by their form alone, wherever they stand: tokens of the services agents are
// connected to, signed web tokens, private keys, passwords inside addresses. Asked by
// LiteralSecrets of WORKFLOW.md, and of whatever an agent says before it is recorded. It would
// rather miss one than take a word of the prompt for one: the forms are those that no other text
// has.

package enum KnownTokens {
  /// How a token begins, and how many characters follow at least, a digit among them.
  private static let beginnings: [(text: String, length: Int)] = [
    ("ghp_", 30), ("gho_", 30), ("ghu_", 30), ("ghs_", 30), ("ghr_", 30), ("github_pat_", 30),
    ("glpat-", 20), ("sk-", 20), ("xoxb-", 20), ("xoxp-", 20), ("xoxa-", 20), ("xoxr-", 20),
    ("xoxs-", 20), ("xapp-", 20), ("AKIA", 16), ("ASIA", 16), ("AIza", 35), ("npm_", 36),
    ("hf_", 30), ("pypi-", 50), ("dop_v1_", 60), ("lin_api_", 30), ("ntn_", 30), ("rk_live_", 20),
    ("sk_live_", 20),
  ]

  /// The tokens in a text, each once, in order.
  package static func all(in text: String) -> [String] {
    var found: [String] = []
    let words = text.unicodeScalars.split { !isPart($0) }
    for word in words {
      for token in tokens(in: Array(word)) where !found.contains(token) { found.append(token) }
    }
    return found
  }

  package static func isPrivateKey(_ text: String) -> Bool {
    text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----")
  }

  /// The password of the first address of the form `scheme://user:password@host`; nil for none, and
  /// for one that is a variable.
  package static func password(in text: String) -> String? {
    var rest = text[...]
    while let mark = rest.firstRange(of: "://") {
      rest = rest[mark.upperBound...]
      let authority = rest.prefix { !$0.isWhitespace && !"/\"'<>?#".contains($0) }
      guard let at = authority.lastIndex(of: "@") else { continue }
      let user = authority[..<at]
      guard let colon = user.firstIndex(of: ":") else { continue }
      let password = String(user[user.index(after: colon)...])
      if !password.isEmpty, password != mask, !password.contains("$"), !password.contains("{") {
        return password
      }
    }
    return nil
  }

  /// What stands in the place of a secret.
  package static let mask = "***"

  /// The text without the secrets in it that are known by their form.
  package static func masked(_ text: String) -> String {
    var masked = withoutPrivateKeys(text)
    for token in all(in: masked) { masked = ByteSearch([token]).replacing(in: masked, with: mask) }
    while let password = password(in: masked) {
      masked = ByteSearch([":\(password)@"]).replacing(in: masked, with: ":\(mask)@")
    }
    return masked
  }

  /// A key without an end, in a text that was cut, goes to the end of the text.
  private static func withoutPrivateKeys(_ text: String) -> String {
    guard isPrivateKey(text) else { return text }
    var result = ""
    var rest = text[...]
    while let begin = rest.firstRange(of: "-----BEGIN "),
      let open = rest[begin.upperBound...].firstRange(of: "-----")
    {
      let label = rest[begin.upperBound..<open.lowerBound]
      guard label.hasSuffix("PRIVATE KEY"), label.count < 40 else {
        result += rest[..<begin.upperBound]
        rest = rest[begin.upperBound...]
        continue
      }
      result += rest[..<begin.lowerBound] + mask
      let end = rest[open.upperBound...].firstRange(of: "-----END \(label)-----")
      rest = end.map { rest[$0.upperBound...] } ?? ""
    }
    return result + rest
  }

  private static func isPart(_ scalar: Unicode.Scalar) -> Bool {
    WorkspaceKey.isSafe(scalar)
  }

  private static func tokens(in word: [Unicode.Scalar]) -> [String] {
    if let signed = webToken(word) { return [signed] }
    var found: [String] = []
    var start = 0
    while start < word.count {
      guard start == 0 || !isLetterOrDigit(word[start - 1]),
        let token = token(in: word[start...])
      else {
        start += 1
        continue
      }
      found.append(token)
      start += token.unicodeScalars.count
    }
    return found
  }

  private static func token(in rest: ArraySlice<Unicode.Scalar>) -> String? {
    for (beginning, length) in beginnings where rest.starts(with: beginning.unicodeScalars) {
      let body = rest.dropFirst(beginning.unicodeScalars.count).prefix { $0 != "." }
      guard body.count >= length, body.contains(where: { ("0"..."9").contains($0) }) else {
        continue
      }
      return beginning + String(String.UnicodeScalarView(body))
    }
    return nil
  }

  /// Three parts of base64url; the first begins `{"`.
  private static func webToken(_ word: [Unicode.Scalar]) -> String? {
    let parts = word.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].starts(with: "eyJ".unicodeScalars),
      parts.allSatisfy({ $0.count >= 10 })
    else { return nil }
    return String(String.UnicodeScalarView(word))
  }

  private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
    isPart(scalar) && !"._-".unicodeScalars.contains(scalar)
  }
}
