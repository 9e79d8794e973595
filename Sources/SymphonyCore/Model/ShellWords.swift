// Splits a command line into words the way a shell does, without ever being one: quotes and
// backslashes are understood; variables, globs and substitutions are left as the plain text they
// are. Called by the workflow reader (`mcp_servers[].command`) and by agents (`agent.command`).

package enum ShellWords {
  /// A word as it can be typed: in single quotes unless it is plain.
  package static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }

  /// The words of `line`; empty for a blank line, nil when a quote or a trailing backslash is left
  /// open.
  package static func split(_ line: String) -> [String]? {
    var words: [String] = []
    var word = ""
    // An empty pair of quotes is a word too, so "has a word begun" is kept apart from its text.
    var begun = false
    var quote: Unicode.Scalar?
    var escaped = false
    for scalar in line.unicodeScalars {
      if escaped {
        escaped = false
        // Inside double quotes a backslash escapes only what a shell would let it escape.
        if quote == "\"", !"\"\\$`\n".unicodeScalars.contains(scalar) {
          word.unicodeScalars.append("\\")
        }
        // A backslash before a line end joins the two lines.
        if scalar != "\n" {
          word.unicodeScalars.append(scalar)
          begun = true
        }
      } else if let open = quote {
        if scalar == open {
          quote = nil
        } else if scalar == "\\", open == "\"" {
          escaped = true
        } else {
          word.unicodeScalars.append(scalar)
        }
      } else if scalar == "\\" {
        escaped = true
      } else if scalar == "'" || scalar == "\"" {
        quote = scalar
        begun = true
      } else if scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" {
        if begun { words.append(word) }
        word = ""
        begun = false
      } else {
        word.unicodeScalars.append(scalar)
        begun = true
      }
    }
    guard quote == nil, !escaped else { return nil }
    if begun { words.append(word) }
    return words
  }
}
