// The order in which people count: #2 comes before #10. Keys of items are compared so, in the
// queue, in plans and on the screen.

package enum NaturalComparison {
  /// Runs of digits compare by their value, all else byte by byte; total, and equal only for equal
  /// texts.
  package static func isBefore(_ left: String, _ right: String) -> Bool {
    var (one, other) = (left.utf8[...], right.utf8[...])
    while let a = one.first, let b = other.first {
      if isDigit(a), isDigit(b) {
        let (left, right) = (number(&one), number(&other))
        if left.count != right.count { return left.count < right.count }
        if !left.elementsEqual(right) { return left.lexicographicallyPrecedes(right) }
      } else {
        if a != b { return a < b }
        one = one.dropFirst()
        other = other.dropFirst()
      }
    }
    if one.isEmpty != other.isEmpty { return one.isEmpty }
    // `#07` and `#7`: the same value, and still two names.
    return left.utf8.lexicographicallyPrecedes(right.utf8)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  /// Takes a run of digits away; returns it without leading zeros.
  private static func number(_ text: inout Substring.UTF8View) -> Substring.UTF8View {
    let run = text.prefix(while: isDigit)
    text = text.dropFirst(run.count)
    return run.drop { $0 == 48 }
  }
}
