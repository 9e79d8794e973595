// Text from outside as a terminal, a log or a line of JSON may hold it: what moves the cursor,
// changes the order of reading or is not seen at all is written out as `\u{1B}`. The program's
// output and the worker's log pass everything through here, so that no caller has to think of it.
// Titles, statuses and messages themselves stay as they are: only what is shown is changed.

package enum PlainText {
  /// One line, whatever is inside: a line end is written as `\n`, a tab as `\t`.
  package static func line(_ text: String) -> String {
    escaped(text) { scalar in
      switch scalar {
      case "\n": "\\n"
      case "\r": "\\r"
      case "\t": "\\t"
      default: "\\u{\(hexadecimal(scalar))}"
      }
    }
  }

  /// Its beginning of so many Unicode scalars: none is torn, as a cut between bytes tears one.
  package static func beginning(_ text: String, scalars: Int) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.prefix(scalars)))
  }

  /// Both ends of a text that is longer than so many Unicode scalars.
  ///
  /// A sentence that quotes somebody is of a bounded length, and still says what it says behind the
  /// quote.
  package static func ends(of text: String, scalars: Int = 600) -> String {
    guard text.utf8.count > scalars, text.unicodeScalars.count > scalars else { return text }
    let tail = String(String.UnicodeScalarView(text.unicodeScalars.suffix(scalars / 3)))
    return beginning(text, scalars: scalars * 2 / 3) + " [...] " + tail
  }

  /// The same JSON, with `\u001b` for what a terminal would obey: encoders leave everything from
  /// U+007F on as it is.
  ///
  /// Outside of strings JSON has only line ends of this kind, which stay.
  package static func json(_ text: String) -> String {
    escaped(text) { scalar in
      if scalar == "\n" { return "\n" }
      return String(scalar).utf16.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }.joined()
    }
  }

  private static func escaped(
    _ text: String, _ written: (Unicode.Scalar) -> String
  ) -> String {
    guard text.unicodeScalars.contains(where: \.isInvisible) else { return text }
    var shown = String.UnicodeScalarView()
    var last: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
      if scalar.isInvisible, !joins(scalar, after: last) {
        shown.append(contentsOf: written(scalar).unicodeScalars)
      } else {
        shown.append(scalar)
      }
      last = scalar
    }
    return String(shown)
  }

  /// Joined emoji are one picture; anywhere else a joiner only hides something.
  static func joins(_ scalar: Unicode.Scalar, after last: Unicode.Scalar) -> Bool {
    scalar == "\u{200D}"
      && (last.properties.isEmojiPresentation || last.properties.isEmojiModifier
        || last == "\u{FE0F}")
  }

  private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
    String(scalar.value, radix: 16, uppercase: true)
  }
}

extension Unicode.Scalar {
  /// Not seen, but obeyed: control characters (C0, DEL, C1), marks of direction, zero-width
  /// characters, tags, line and paragraph separators.
  package var isInvisible: Bool {
    // Nearly all text ends here, without a look into tables.
    if (0x20..<0x7F).contains(value) { return false }
    return switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
