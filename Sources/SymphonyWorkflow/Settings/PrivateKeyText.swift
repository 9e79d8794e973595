// The text of a GitHub App's private key: brought into the one shape every PEM reader takes, and
// taken out of a file that is to be stored. Called by `AppSearch` and `TokenSearch`. It looks at
// the armour only: whether the key is a good one is found out by whoever signs with it.

import SymphonyCore

enum PrivateKeyText {
  struct Problem: Error {
    /// Goes on after the name of the setting or file.
    var text: String
  }

  static func isText(_ text: String) -> Bool { text.contains("-----BEGIN") }

  /// Lines of 64 characters between the markers, whatever was between them before: `\n` as two
  /// characters (from .env), spaces (from a YAML text folded into one line), carriage returns.
  static func normalised(_ text: String) throws(Problem) -> String {
    let plain = text.replacing("\\r", with: "").replacing("\\n", with: "\n")
    guard let block = Block(in: plain[...]) else {
      throw Problem(text: "holds no complete PEM block, from `-----BEGIN` to `-----END`")
    }
    guard !block.label.contains("ENCRYPTED"), !block.body.contains("ENCRYPTED") else {
      throw Problem(
        text: "is protected by a passphrase, which nobody could enter; store it without")
    }
    guard block.label == "RSA PRIVATE KEY" || block.label == "PRIVATE KEY" else {
      throw Problem(text: "holds a \(block.label), not the RSA PRIVATE KEY that GitHub handed out")
    }
    let digits = block.body.filter { !$0.isWhitespace }
    guard !digits.isEmpty,
      digits.unicodeScalars.allSatisfy({
        $0.isASCII && ($0.properties.isAlphabetic || "0123456789+/=".unicodeScalars.contains($0))
      })
    else {
      throw Problem(text: "is damaged between its BEGIN and END lines")
    }
    var lines = ["-----BEGIN \(block.label)-----"]
    var rest = digits[...]
    while !rest.isEmpty {
      lines.append(String(rest.prefix(64)))
      rest = rest.dropFirst(64)
    }
    lines.append("-----END \(block.label)-----")
    return lines.joined(separator: "\n") + "\n"
  }

  /// `text` with each private key in it replaced; nil when there is none.
  static func replacing(in text: String, with variable: String) -> String? {
    var result = ""
    var rest = text[...]
    var found = false
    while let block = Block(in: rest) {
      result += rest[..<block.range.lowerBound]
      if block.label.hasSuffix("PRIVATE KEY") {
        result += variable
        found = true
      } else {
        result += rest[block.range]
      }
      rest = rest[block.range.upperBound...]
    }
    return found ? result + rest : nil
  }

  private struct Block {
    var label: String
    var body: Substring
    var range: Range<String.Index>

    /// The first complete one.
    init?(in text: Substring) {
      guard let begin = text.firstRange(of: "-----BEGIN ") else { return nil }
      guard let open = text[begin.upperBound...].firstRange(of: "-----") else { return nil }
      label = String(text[begin.upperBound..<open.lowerBound])
      let footer = "-----END \(label)-----"
      guard let end = text[open.upperBound...].firstRange(of: footer) else { return nil }
      body = text[open.upperBound..<end.lowerBound]
      range = begin.lowerBound..<end.upperBound
    }
  }
}
