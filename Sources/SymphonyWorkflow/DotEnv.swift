// Reads the lines of a `.env` file: NAME=value, `NAME: value`, `export`, quotes, comments, any line
// end. Called by the composition, which merges the pairs under the process environment. Values are
// often secrets: nothing here prints or repeats one, and what is no pair is passed over.

import SymphonyCore

package enum DotEnv {
  package struct Reading: Sendable {
    /// Each name once, in the order of the file; of several pairs of one name the last counts.
    package var pairs: [(name: String, value: String)] = []
    /// A sentence for each line that was meant for a pair and is none: number, name, mistake.
    ///
    /// No values.
    package var problems: [String] = []
  }

  /// Double quotes understand `\n`, `\r`, `\t`, `\"`, `\\` and `\$` and may span lines; single
  /// quotes and backticks take everything as it is and may span lines too.
  ///
  /// A quote is closed by one behind which only a comment follows: `'it's'` is `it's`. An unquoted
  /// value ends at ` #`. `$VAR` is not expanded.
  package static func parse(_ text: String) -> Reading {
    var reading = Reading()
    if text.unicodeScalars.contains("\0") {
      reading.problems.append("it is UTF-16, or was damaged: save it as UTF-8")
      return reading
    }
    let lines = lines(of: text)
    var pairs: [(name: String, value: String)] = []
    var index = 0
    while index < lines.count {
      guard let (name, rest) = pair(lines[index]) else {
        index += 1
        continue
      }
      let first = index
      index += 1
      guard let quote = rest.first, "\"'`".unicodeScalars.contains(quote) else {
        pairs.append((name, unquoted(rest)))
        continue
      }
      let text = rest.dropFirst()
      if let (value, last) = quoted(text, quote, lines, from: first) {
        pairs.append((name, value))
        index = last + 1
      } else {
        // An open quote must not swallow the rest of the file: only this line is lost.
        reading.problems.append("line \(first + 1): the quote of \(name) is not closed")
      }
    }
    var seen: Set<String> = []
    reading.pairs = pairs.reversed().filter { seen.insert($0.name).inserted }.reversed()
    return reading
  }

  private typealias Line = ArraySlice<Unicode.Scalar>

  /// Without a byte order mark; LF, CRLF and CR end a line.
  private static func lines(of text: String) -> [Line] {
    var scalars: [Unicode.Scalar] = []
    var before: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      defer { before = scalar }
      if before == nil, scalar == "\u{FEFF}" { continue }
      if scalar == "\n", before == "\r" { continue }
      scalars.append(scalar == "\r" ? "\n" : scalar)
    }
    return scalars.split(separator: "\n" as Unicode.Scalar, omittingEmptySubsequences: false)
  }

  /// The name, and what follows the `=` (or the `: `) and the blanks behind it; nil for comments
  /// and whatever else is no pair.
  private static func pair(_ line: Line) -> (name: String, rest: Line)? {
    var rest = line.drop(while: isBlank)
    let export = Array("export".unicodeScalars)
    if rest.starts(with: export), rest.dropFirst(export.count).first.map(isBlank) == true {
      rest = rest.dropFirst(export.count).drop(while: isBlank)
    }
    guard let end = rest.firstIndex(where: { $0 == "=" || $0 == ":" }) else { return nil }
    let value = rest[(end + 1)...]
    // `a:b` is no pair of any dialect.
    if rest[end] == ":", value.first.map(isBlank) != true { return nil }
    let name = text(rest[..<end]).trimmingWhitespace()
    guard Variables.isName(name) else { return nil }
    return (name, value.drop(while: isBlank))
  }

  /// The value of a quote that was opened before `text`, and the line on which it is closed; nil:
  /// it is not.
  private static func quoted(
    _ text: Line, _ quote: Unicode.Scalar, _ lines: [Line], from first: Int
  ) -> (String, last: Int)? {
    var value: [Unicode.Scalar] = []
    for number in first..<lines.count {
      var rest = number == first ? text : lines[number]
      while let scalar = rest.popFirst() {
        if scalar == quote {
          if isEnd(rest) { return (self.text(value[...]), number) }
          // On later lines it would be the quote of another pair.
          if number > first { return nil }
          value.append(scalar)
        } else if quote == "\"", scalar == "\\", let escaped = rest.popFirst() {
          value += unescaped(escaped)
        } else {
          value.append(scalar)
        }
      }
      value.append("\n")
    }
    return nil
  }

  private static func unescaped(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    switch scalar {
    case "n": ["\n"]
    case "r": ["\r"]
    case "t": ["\t"]
    case "\"", "\\", "$": [scalar]
    default: ["\\", scalar]
    }
  }

  /// Nothing but a comment follows.
  private static func isEnd(_ rest: Line) -> Bool {
    let next = rest.first { !isBlank($0) }
    return next == nil || next == "#"
  }

  private static func unquoted(_ line: Line) -> String {
    let comment = line.indices.first { index in
      line[index] == "#" && (index == line.startIndex || isBlank(line[index - 1]))
    }
    return text(line[..<(comment ?? line.endIndex)]).trimmingWhitespace()
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }

  private static func text(_ slice: Line) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: slice)
    return String(view)
  }
}
