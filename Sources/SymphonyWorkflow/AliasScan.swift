// Looks for YAML aliases before the text is parsed: the library expands them while it looks for
// duplicate keys, and a dozen lines of aliases to aliases would keep it busy for ever. Called by
// `YAMLTree.read`. It reports only an alias whose anchor stands above it; whatever it misses, the
// parsed tree is checked again.

import SymphonyCore

enum AliasScan {
  /// The place of the first `*name` for which an `&name` came before, outside quotes, comments and
  /// block scalars.
  static func firstAlias(in text: String) -> TextPosition? {
    guard text.unicodeScalars.contains("&"), text.unicodeScalars.contains("*") else { return nil }
    var anchors: Set<String> = []
    /// Indentation of the key whose block scalar we are in.
    var block: Int?
    let lines = text.splitLines(keepingEmpty: true)
    for (number, line) in lines.enumerated() {
      let scalars = Array(line.unicodeScalars)
      let indent = scalars.prefix { $0 == " " }.count
      if let owner = block {
        if indent == scalars.count || indent > owner { continue }
        block = nil
      }
      var quote: Unicode.Scalar?
      var previous: Unicode.Scalar = " "
      var index = indent
      while index < scalars.count {
        let scalar = scalars[index]
        let atStart = " \t[{,".unicodeScalars.contains(previous)
        if let open = quote {
          if scalar == "\\", open == "\"" { index += 1 }
          if scalar == open { quote = nil }
        } else if atStart, scalar == "#" {
          break
        } else if atStart, scalar == "\"" || scalar == "'" {
          quote = scalar
        } else if atStart, scalar == "&" || scalar == "*" {
          let name = word(scalars, from: index + 1)
          if scalar == "&" {
            anchors.insert(name)
          } else if anchors.contains(name) {
            return TextPosition(line: number + 1, column: index + 1)
          }
        }
        previous = scalar
        index += 1
      }
      if quote == nil, opensBlockScalar(scalars) { block = ownerIndent(scalars, indent) }
    }
    return nil
  }

  private static func word(_ scalars: [Unicode.Scalar], from start: Int) -> String {
    var view = String.UnicodeScalarView()
    for scalar in scalars[start...] {
      guard
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_"
          || scalar == "-"
      else { break }
      view.append(scalar)
    }
    return String(view)
  }

  /// The line ends in `|` or `>` with indicators, after `:` or `-`.
  private static func opensBlockScalar(_ scalars: [Unicode.Scalar]) -> Bool {
    var line = scalars[...]
    if let comment = line.indices.first(where: {
      line[$0] == "#" && $0 > line.startIndex && line[$0 - 1] == " "
    }) {
      line = line[..<comment]
    }
    while let last = line.last, last == " " || last == "\t" { line = line.dropLast() }
    while let last = line.last, last == "+" || last == "-" || ("1"..."9").contains(last) {
      line = line.dropLast()
    }
    guard line.last == "|" || line.last == ">" else { return false }
    line = line.dropLast()
    while line.last == " " { line = line.dropLast() }
    return line.last == ":" || line.last == "-"
  }

  /// `- key: |` belongs to `key`, not to the dash.
  private static func ownerIndent(_ scalars: [Unicode.Scalar], _ indent: Int) -> Int {
    var owner = indent
    while owner + 1 < scalars.count, scalars[owner] == "-", scalars[owner + 1] == " " {
      var next = owner + 1
      while next < scalars.count, scalars[next] == " " { next += 1 }
      // `- |`: the scalar belongs to the dash itself.
      if next < scalars.count, scalars[next] == "|" || scalars[next] == ">" { break }
      owner = next
    }
    return owner
  }
}
