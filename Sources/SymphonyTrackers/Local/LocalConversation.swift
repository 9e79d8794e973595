// What people say of a pull request in its record: sections below its text, items of a review about
// lines of a file, our answers under them. Reads one record's text, and adds to it without touching
// any other byte. docs/local.md has the grammar. A section of ours looks like anybody's: whose it
// is, the marker at its end says.
import SymphonyCore

struct LocalConversation {
  /// `- path:12: words`, with what stands indented below it.
  struct Item: Hashable {
    var id: String
    var author: String
    var path: String
    var firstLine: Int
    var lastLine: Int
    /// Its box is ticked.
    var isResolved: Bool
    var text: String
    /// Which one it is of this author's at this place, from 1.
    var ordinal: Int
    /// In the file, counted from 0, without blank lines behind it.
    var lines: Range<Int>
  }

  struct Section: Hashable {
    enum Kind: String, CaseIterable {
      case review = "review by"
      case comment = "comment by"
      case log = "log of"
    }
    var kind: Kind
    var id: String
    /// Whoever speaks; of a log its check.
    var name: String
    /// The commit it speaks of; nil: it names none.
    var commit: String?
    /// Of a review.
    var verdict = PieceWords.Verdict.commented
    var text = ""
    var items: [Item] = []
    /// Of the marker at its end: then it is ours.
    var nonce: String?
  }

  let text: String
  private(set) var sections: [Section] = []
  private let lines: [Substring]
  private var ordinals: [String: Int] = [:]

  /// Throws where a heading of a section is not complete.
  init(_ text: String, _ front: IssueHeader) throws(IssueHeader.SyntaxError) {
    self.text = text
    lines = IssueHeader.split(text)
    var open: Section?
    var start = 0
    for index in (front.close.map { $0 + 1 } ?? 0)...lines.count {
      let line = index < lines.count ? lines[index] : nil
      var next: Section?
      if let line { next = try heading(line, index + 1) }
      guard next != nil || line == nil else { continue }
      if let section = open { sections.append(filled(section, start..<index)) }
      (open, start) = (next, index + 1)
    }
  }

  // MARK: Reading

  private mutating func heading(_ line: Substring, _ number: Int) throws(IssueHeader.SyntaxError)
    -> Section?
  {
    guard let kind = Self.kind(line) else { return nil }
    var name = line.dropFirst(3 + kind.rawValue.count).trimmingWhitespace()
    var commit: String?
    if let mark = name.ranges(of: " at ").last, Self.isCommit(name[mark.upperBound...]) {
      commit = name[mark.upperBound...].lowercased()
      name = name[..<mark.lowerBound].trimmingWhitespace()
    }
    guard !name.isEmpty, name.unicodeScalars.count <= 100 else {
      throw IssueHeader.SyntaxError(
        line: number, sentence: "a name is expected behind `## \(kind.rawValue)`, and a short one")
    }
    let ordinal = count("\(kind.rawValue)\n\(name)")
    let id = "\(kind)-" + StableHash.hex("\(name)\n\(ordinal)")
    return Section(kind: kind, id: id, name: name, commit: commit)
  }

  /// Of the section that the line would begin; nil: it begins none.
  private static func kind(_ line: Substring) -> Section.Kind? {
    guard line.hasPrefix("## ") else { return nil }
    let words = line.dropFirst(3).lowercased()
    return Section.Kind.allCases.first {
      words == $0.rawValue || words.hasPrefix($0.rawValue + " ")
    }
  }

  static func isCommit(_ text: some StringProtocol) -> Bool {
    (7...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0 | 0x20) }
  }

  private mutating func count(_ key: String) -> Int {
    ordinals[key, default: 0] += 1
    return ordinals[key] ?? 0
  }

  private mutating func filled(_ section: Section, _ range: Range<Int>) -> Section {
    var section = section
    var words: [Substring] = []
    var index = range.lowerBound
    while index < range.upperBound {
      guard section.kind == .review, let place = Place(lines[index]) else {
        words.append(lines[index])
        index += 1
        continue
      }
      let end = self.end(of: index, before: range.upperBound)
      section.items.append(item(place, section.name, index..<end))
      index = end
    }
    (section.text, section.nonce) = Self.withoutAnswers(words)
    if section.kind == .review { Self.takeVerdict(&section) }
    return section
  }

  /// Behind the last line that belongs to the item which begins here: those that are indented.
  private func end(of start: Int, before limit: Int) -> Int {
    var end = start + 1
    for index in end..<max(end, limit) {
      let line = lines[index]
      if line.allSatisfy(\.isWhitespace) { continue }
      guard line.hasPrefix("  ") || line.hasPrefix("\t") else { break }
      end = index + 1
    }
    return end
  }

  private mutating func item(_ place: Place, _ author: String, _ range: Range<Int>) -> Item {
    let written = "\(place.path):\(place.firstLine)-\(place.lastLine)"
    let ordinal = count("item\n\(author)\n\(written)")
    let words = [place.text] + lines[range.dropFirst()]
    return Item(
      id: "line-" + StableHash.hex("\(author)\n\(written)\n\(ordinal)"), author: author,
      path: place.path, firstLine: place.firstLine, lastLine: place.lastLine,
      isResolved: place.isTicked, text: Self.withoutAnswers(words).text, ordinal: ordinal,
      lines: range)
  }

  /// The first line of a review may say what it comes to.
  private static func takeVerdict(_ section: inout Section) {
    let all = section.text.splitLines(keepingEmpty: true)
    let verdicts: [String: PieceWords.Verdict] = [
      "changes requested": .changesRequested, "approved": .approved, "comment": .commented,
    ]
    guard let first = all.first, let verdict = verdicts[first.trimmingWhitespace().lowercased()]
    else { return }
    section.verdict = verdict
    section.text = all.dropFirst().joined(separator: "\n").trimmingWhitespace()
  }

  /// Words without the block quotes that end with a marker of ours.
  ///
  /// `nonce`: of the last, where nothing else is there.
  private static func withoutAnswers(_ lines: [Substring]) -> (text: String, nonce: String?) {
    var kept: [String] = []
    var quote: [String] = []
    var nonce: String?
    for line in lines {
      let words = line.trimmingWhitespace()
      guard words.hasPrefix(">") else {
        kept += quote + [words]
        quote = []
        continue
      }
      quote.append(words)
      let quoted = words.dropFirst().trimmingWhitespace()
      if quoted.hasPrefix(CommentMarker.prefix), quoted.hasSuffix(" -->") {
        nonce = String(quoted.dropFirst(CommentMarker.prefix.count).dropLast(4))
        quote = []
      }
    }
    let text = (kept + quote).joined(separator: "\n").trimmingWhitespace()
    return (text, text.isEmpty ? nonce : nil)
  }

  /// The beginning of an item.
  private struct Place {
    var isTicked = false
    var path: String
    var firstLine: Int
    var lastLine: Int
    var text: Substring

    init?(_ line: Substring) {
      guard line.hasPrefix("- ") else { return nil }
      var rest = line.dropFirst(2)
      for box in ["[ ] ", "[x] ", "[X] "] where rest.hasPrefix(box) {
        rest = rest.dropFirst(4)
        isTicked = box != "[ ] "
        break
      }
      // Up to the first space: `path:12:` or `path:12-14:`.
      let word = rest.prefix { !$0.isWhitespace }
      guard word.last == ":" else { return nil }
      let place = word.dropLast()
      guard let colon = place.lastIndex(of: ":"), colon > place.startIndex else { return nil }
      let numbers = place[place.index(after: colon)...].split(
        separator: "-", omittingEmptySubsequences: false
      ).map { part in part.allSatisfy(\.isNumber) ? Int(part) : nil }
      guard (1...2).contains(numbers.count), let first = numbers[0], let last = numbers.last ?? nil,
        first > 0, last >= first
      else { return nil }
      path = String(place[..<colon])
      (firstLine, lastLine) = (first, last)
      text = rest.dropFirst(word.count)
    }
  }

  // MARK: Adding to it

  func item(_ id: String) -> Item? { sections.lazy.flatMap(\.items).first { $0.id == id } }

  /// An answer of ours that was written already.
  func hasMarker(_ nonce: String) -> Bool { text.contains(CommentMarker.make(nonce)) }

  /// With an answer below an item.
  func answering(_ item: Item, _ answer: String, nonce: String) -> String {
    let place = lines[item.lines.upperBound - 1].endIndex
    let added = Self.quoted(answer, nonce).map { lineEnd + "  " + $0 }.joined()
    // A quote of the person's own must not be taken for the beginning of the answer.
    let isQuote = item.text.splitLines(keepingEmpty: true).last?.hasPrefix(">") == true
    return text[..<place] + (isQuote ? lineEnd : "") + added + text[place...]
  }

  /// With the item's box ticked.
  func resolving(_ item: Item) -> String {
    let line = lines[item.lines.lowerBound]
    var place = line.index(line.startIndex, offsetBy: 2)
    let before = text[..<place]
    if line[place...].hasPrefix("[ ] ") { place = line.index(place, offsetBy: 4) }
    return before + "[x] " + text[place...]
  }

  /// With a comment of ours behind everything else.
  func commenting(_ comment: String, nonce: String) -> String {
    let end = text.isEmpty || text.last?.isNewline == true ? "" : lineEnd
    let words = ["", "## Comment by symphony", ""] + Self.quoted(comment, nonce) + [""]
    return text + end + words.joined(separator: lineEnd)
  }

  /// Every line of it, so that nothing in it begins a section or an item.
  private static func quoted(_ words: String, _ nonce: String) -> [String] {
    (words.splitLines(keepingEmpty: true).map(String.init) + ["", CommentMarker.make(nonce)]).map {
      $0.isEmpty ? ">" : "> " + $0
    }
  }

  /// As the file's first line ends.
  private var lineEnd: String {
    lines.count > 1 ? String(text[lines[0].endIndex..<lines[1].startIndex]) : "\n"
  }

  /// A text of ours, or of an agent's, that a new record begins with: none of its lines begins a
  /// section.
  static func inert(_ body: String) -> String {
    var safe = ""
    var rest = body.startIndex
    for line in IssueHeader.split(body) where kind(line) != nil {
      safe += body[rest..<line.startIndex] + "\\"
      rest = line.startIndex
    }
    return safe + body[rest...]
  }
}
