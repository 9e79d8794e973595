// Splits a command line into words the way a shell does, without ever being one: quotes and
// backslashes are understood; variables, globs and substitutions are left as the plain text they
// are. Called by the workflow reader (`mcp_servers[].command`) and by agents (`agent.command`).

public enum ShellWords {
  /// The words of `line`; empty for a blank line, nil when a quote or a trailing backslash is left
  /// open.
  public static func split(_ line: String) -> [String]? {
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
