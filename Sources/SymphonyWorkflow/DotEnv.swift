// Reads the lines of a `.env` file: KEY=VALUE, `export KEY=VALUE`, quotes, comments, either line
// end. Called by the composition, which merges the pairs under the process environment. Values are
// often secrets: nothing here prints or reports one, and malformed lines are passed over.

import SymphonyCore

public enum DotEnv {
  /// Each name once, in the order of the file; of several pairs of one name the last counts.
  ///
  /// Double quotes understand `\n`, `\r`, `\t`, `\"`, `\\` and `\$` and may span lines; single
  /// quotes take everything as it is and may span lines too. An unquoted value ends at ` #`. `$VAR`
  /// is not expanded.
  public static func parse(_ text: String) -> [(name: String, value: String)] {
    var scalars = Array(text.unicodeScalars)
    if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
    var pairs: [(name: String, value: String)] = []
    var index = 0
    while index < scalars.count {
      var lineEnd = index
      while lineEnd < scalars.count, scalars[lineEnd] != "\n" { lineEnd += 1 }
      let line = scalars[index..<lineEnd]
      guard let (name, start) = nameOf(line) else {
        index = lineEnd + 1
        continue
      }
      let (value, next) = readValue(scalars, from: start, lineEnd: lineEnd)
      if let value { pairs.append((name, value)) }
      index = next
    }
    var seen: Set<String> = []
    return pairs.reversed().filter { seen.insert($0.name).inserted }.reversed()
  }

  /// The name before `=` and the index just behind the `=`; nil for comments and malformed lines.
  private static func nameOf(_ line: ArraySlice<Unicode.Scalar>) -> (String, Int)? {
    guard let equals = line.firstIndex(of: "=") else { return nil }
    var name = text(line[line.startIndex..<equals]).trimmingWhitespace()
    if name.hasPrefix("export "), let space = name.firstIndex(of: " ") {
      name = name[space...].trimmingWhitespace()
    }
    guard Variables.isName(name) else { return nil }
    return (name, equals + 1)
  }

  /// The value that begins at `start` and the index of the next line; a nil value: a quote was left
  /// open.
  private static func readValue(
    _ scalars: [Unicode.Scalar], from start: Int, lineEnd: Int
  ) -> (String?, Int) {
    var index = start
    while index < lineEnd, scalars[index] == " " || scalars[index] == "\t" { index += 1 }
    guard index < lineEnd, scalars[index] == "\"" || scalars[index] == "'" else {
      return (unquoted(scalars[index..<lineEnd]), lineEnd + 1)
    }
    let quote = scalars[index]
    var value = String.UnicodeScalarView()
    index += 1
    while index < scalars.count, scalars[index] != quote {
      if quote == "\"", scalars[index] == "\\", index + 1 < scalars.count {
        index += 1
        switch scalars[index] {
        case "n": value.append("\n")
        case "r": value.append("\r")
        case "t": value.append("\t")
        case "\"", "\\", "$": value.append(scalars[index])
        default:
          value.append("\\")
          value.append(scalars[index])
        }
      } else if scalars[index] != "\r" {
        value.append(scalars[index])
      }
      index += 1
    }
    // An open quote must not swallow the rest of the file: only this line is lost.
    guard index < scalars.count else { return (nil, lineEnd + 1) }
    while index < scalars.count, scalars[index] != "\n" { index += 1 }
    return (String(value), index + 1)
  }

  private static func unquoted(_ slice: ArraySlice<Unicode.Scalar>) -> String {
    var end = slice.endIndex
    for index in slice.indices where slice[index] == "#" {
      if index == slice.startIndex || slice[index - 1] == " " || slice[index - 1] == "\t" {
        end = index
        break
      }
    }
    return text(slice[slice.startIndex..<end]).trimmingWhitespace()
  }

  private static func text(_ slice: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: slice)
    return String(view)
  }
}
