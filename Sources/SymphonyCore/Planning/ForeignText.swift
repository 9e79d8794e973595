// Words of agents and issues in what is published under our name: they can be read, and do nothing.
// On GitHub a text mentions people, closes issues, loads pictures, hides what follows it; bots
// obey lines that begin with a slash, wherever they stand. PullRequestText passes every such text
// through here. What a workflow's own template says is the operator's and stays live.
//
// A zero-width space is put behind the character that would begin something live, so that nothing
// is lost for a reader: no reference is a link, whatever word stands before it, in whatever
// spelling. Pictures count, too: a picture's address tells its server what an agent wants to say,
// even an agent without a network.

package enum ForeignText {
  private static let mark: Unicode.Scalar = "\u{200B}"

  /// Text that stands where Markdown of ours goes on: lines stay lines, what cannot be seen is
  /// dropped, nothing in it mentions, refers, embeds or commands.
  package static func inert(_ text: String) -> String {
    let scalars = visible(text)
    var safe = String.UnicodeScalarView()
    var isLineStart = true
    for (index, scalar) in scalars.enumerated() {
      let next = index + 1 < scalars.count ? scalars[index + 1] : "\n"
      if isLineStart, scalar == "/", next != "\n" { safe.append(mark) }
      // A command counts behind spaces, quotes and bullets as well.
      if scalar == "\n" {
        isLineStart = true
      } else if !" \t>*+-.)0123456789".unicodeScalars.contains(scalar) {
        isLineStart = false
      }
      safe.append(scalar)
      if begins(scalar, next, scalars, index) { safe.append(mark) }
    }
    return String(safe)
  }

  /// A block quote: whatever is opened in it (a list, a fence, a table) ends with it.
  package static func quoted(_ text: String) -> String {
    inert(text).splitLines(keepingEmpty: true)
      .map { $0.isEmpty ? ">" : "> " + $0 }.joined(separator: "\n")
  }

  /// Text for an agent to read as data: a code block whose fence nothing in the text can close.
  ///
  /// Nothing is taken out but what cannot be seen: it is read, and not published.
  package static func fenced(_ text: String) -> String {
    let shown = String(String.UnicodeScalarView(visible(text)))
    var (longest, length) = (0, 0)
    for scalar in shown.unicodeScalars {
      length = scalar == "`" ? length + 1 : 0
      longest = max(longest, length)
    }
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return "\(fence)text\n\(shown)\n\(fence)"
  }

  /// One line: for titles, and for names such as labels.
  package static func line(_ text: String) -> String {
    let parts = visible(text).split { $0 == "\n" || $0 == "\t" || $0 == " " }
    return inert(parts.map { String(String.UnicodeScalarView($0)) }.joined(separator: " "))
  }

  /// The item with all its free text inert, for templates of what is published.
  static func inert(_ item: WorkItem) -> WorkItem {
    var safe = item
    safe.title = line(item.title)
    safe.body = inert(item.body)
    safe.status = item.status.map(line)
    safe.labels = item.labels.map(line)
    safe.author = item.author.map(line)
    safe.assignees = item.assignees.map(line)
    safe.milestone = item.milestone.map(line)
    safe.projectFields = item.projectFields.mapValues(line)
    return safe
  }

  /// Whether the character at `index` would begin something live together with what follows.
  private static func begins(
    _ scalar: Unicode.Scalar, _ next: Unicode.Scalar, _ text: [Unicode.Scalar], _ index: Int
  ) -> Bool {
    let isDigit = ("0"..."9").contains(next)
    switch scalar {
    // `@user`, `@org/team`, `@bot do`, `owner/name@commit`.
    case "@": return !next.properties.isWhitespace
    // `#1`, `owner/name#1`.
    case "#": return isDigit
    // `GH-1`.
    case "-": return isDigit && ends(text[..<index], with: "gh")
    // The address of an issue, on any host.
    case "/":
      return isDigit
        && ["issues", "pull", "pulls", "discussions"].contains {
          ends(text[..<index], with: $0)
        }
    // Tags and comments: `<img`, `<details>`, `<!-- symphony:`.
    case "<": return next.properties.isAlphabetic || "/!?".unicodeScalars.contains(next)
    // A picture.
    case "!": return next == "["
    // `&#64;user`: a name of a character is that character.
    case "&": return isEntity(text[(index + 1)...])
    default: return false
    }
  }

  private static func ends(_ text: ArraySlice<Unicode.Scalar>, with word: String) -> Bool {
    let letters = Array(word.unicodeScalars)
    guard text.count >= letters.count else { return false }
    return zip(text.suffix(letters.count), letters).allSatisfy {
      $0.properties.lowercaseMapping == String($1)
    }
  }

  /// `amp;`, `#64;`, `#x40;`: at most 32 letters and digits.
  private static func isEntity(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
    let name = text.prefix(34).prefix { scalar in
      scalar == "#" || scalar.isASCII && (WorkspaceKey.isSafe(scalar))
    }
    let after = name.endIndex
    return !name.isEmpty && after < text.endIndex && text[after] == ";"
  }

  /// All kinds of line ends as one; without what is not seen, but joined emoji.
  private static func visible(_ text: String) -> [Unicode.Scalar] {
    var kept: [Unicode.Scalar] = []
    var last: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
      defer { last = scalar }
      switch scalar {
      case "\n" where last == "\r": continue
      case "\n", "\r", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}": kept.append("\n")
      case "\t": kept.append(scalar)
      default:
        if !scalar.isInvisible || PlainText.joins(scalar, after: last) { kept.append(scalar) }
      }
    }
    return kept
  }
}
