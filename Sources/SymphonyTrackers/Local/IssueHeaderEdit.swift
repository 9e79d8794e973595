// Changes one entry of a file's front matter and leaves every other byte as it was: remarks, order,
// line ends, the body. LocalTracker moves statuses and labels with it. What the change did is read
// back before anything is written; a file that cannot be read is not touched.
import SymphonyCore

struct IssueHeaderEdit {
  private(set) var text: String
  private var front: IssueHeader
  private var lines: [Substring]

  init(_ text: String) throws(IssueHeader.SyntaxError) {
    self.text = text
    front = try IssueHeader(text)
    lines = IssueHeader.split(text)
  }

  /// Gives `key` a single value.
  mutating func set(_ key: String, to value: String) throws(IssueHeader.SyntaxError) {
    let changed =
      front.extents[key].map {
        replacing($0.lowerBound, Self.scalar(value), otherwise: IssueHeader.quote(value))
      }
      ?? adding("\(key): \(Self.scalar(value))")
    try take(changed, key, .scalar(value))
  }

  /// Adds entries to a list and takes others out; the rest keeps its spelling and its place.
  mutating func change(
    _ key: String, add: [String], remove isUnwanted: (String) -> Bool
  ) throws(IssueHeader.SyntaxError) {
    let list = (front.values[key]?.list ?? []).filter { !isUnwanted($0) } + add
    let changed: String
    switch front.extents[key] {
    case nil: changed = adding("\(key): \(Self.inline(list))")
    case let extent? where extent.count == 1:
      changed = replacing(extent.lowerBound, Self.inline(list))
    case let extent?: changed = try replacing(extent, add, isUnwanted)
    }
    try take(changed, key, .list(list))
  }

  // MARK: Places

  /// The line with another value; the key before it and a remark behind it stay.
  ///
  /// `quoted` is taken where the remark would be read as a part of a plain value.
  private func replacing(_ index: Int, _ value: String, otherwise quoted: String? = nil) -> String {
    let line = lines[index]
    guard let colon = line.firstIndex(of: ":") else { return text }
    let rest = line[line.index(after: colon)...]
    let gap = rest.prefix { $0 == " " || $0 == "\t" }
    let remark = Self.remark(rest.dropFirst(gap.count))
    let mark = remark.trimmingWhitespace()
    let isClear = mark.isEmpty || mark == "#" || mark.hasPrefix("# ")
    let space = gap.isEmpty ? " " : String(gap)
    return text[..<line.startIndex] + line[...colon] + space + (isClear ? value : quoted ?? value)
      + remark + text[line.endIndex...]
  }

  /// A block list without the unwanted lines and with new ones behind the last.
  private func replacing(_ extent: Range<Int>, _ add: [String], _ isUnwanted: (String) -> Bool)
    throws(IssueHeader.SyntaxError) -> String
  {
    var block = String(lines[extent.lowerBound])
    var indent = "  "
    for index in extent.dropFirst() {
      let line = lines[index]
      let item = line.trimmingWhitespace()
      if item.hasPrefix("-") {
        indent = String(line.prefix { $0 == " " || $0 == "\t" })
        let words = IssueHeader.withoutRemark(item.dropFirst())
        if isUnwanted(try IssueHeader.readScalar(words, index + 1)) { continue }
      }
      block += text[lines[index - 1].endIndex..<line.startIndex] + line
    }
    for item in add { block += "\(lineEnd)\(indent)- \(Self.scalar(item))" }
    return text[..<lines[extent.lowerBound].startIndex] + block
      + text[lines[extent.upperBound - 1].endIndex...]
  }

  /// A new last line of the front matter, which is begun where there is none.
  private func adding(_ entry: String) -> String {
    guard let first = lines.first else { return text }
    if let close = front.close {
      let place = lines[close].startIndex
      return text[..<place] + entry + lineEnd + text[place...]
    }
    return text[..<first.startIndex] + ["---", entry, "---", ""].joined(separator: lineEnd)
      + text[first.startIndex...]
  }

  /// As the file's first line ends.
  private var lineEnd: String {
    lines.count > 1 ? String(text[lines[0].endIndex..<lines[1].startIndex]) : "\n"
  }

  /// Takes the change over when, read back, it did what it should and nothing else.
  private mutating func take(_ changed: String, _ key: String, _ value: IssueHeader.Value)
    throws(IssueHeader.SyntaxError)
  {
    let read = try IssueHeader(changed)
    var (before, after) = (front.values, read.values)
    before[key] = nil
    guard after.removeValue(forKey: key)?.list == value.list, before == after,
      read.body == front.body
    else {
      throw IssueHeader.SyntaxError(
        line: front.lines[key] ?? 1, sentence: "`\(key)` cannot be changed here; do it by hand")
    }
    self = try IssueHeaderEdit(changed)
  }

  // MARK: Values

  /// The rest of the line behind a value, such as a remark, with the space before it.
  private static func remark(_ value: Substring) -> Substring {
    if let quote = value.first, quote == "\"" || quote == "'" {
      var rest = value.dropFirst()
      while let character = rest.popFirst() {
        if character == "\\", quote == "\"" { rest = rest.dropFirst() }
        guard character == quote else { continue }
        if quote == "\"" || rest.first != "'" { return rest }
        rest = rest.dropFirst()
      }
      return rest
    }
    if value == "#" || value.hasPrefix("# ") { return " " + value }
    guard let mark = value.firstRange(of: " # ") else { return "" }
    var end = mark.lowerBound
    while end > value.startIndex, value[value.index(before: end)].isWhitespace {
      end = value.index(before: end)
    }
    return value[end...]
  }

  private static func inline(_ items: [String]) -> String {
    "[\(items.map(scalar).joined(separator: ", "))]"
  }

  /// Plain where every YAML reader takes it for text, else quoted.
  private static func scalar(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.isASCII && $0.properties.isAlphabetic || ("0"..."9").contains($0)
        || [" ", "_", "-", ".", "/"].contains($0)
    }
    let words = ["null", "true", "false", "yes", "no", "on", "off"]
    guard isPlain, text.first?.isLetter == true, text.last?.isWhitespace == false,
      !words.contains(text.lowercased())
    else { return IssueHeader.quote(text) }
    return text
  }
}
