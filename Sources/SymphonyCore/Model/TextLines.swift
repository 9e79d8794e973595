// The lines of a text that somebody else wrote. Swift takes a carriage return and the line feed
// behind it for one character, so that whoever divides at the character "\n" sees two lines of a
// text with such line ends as one. Tests/TidyTests let nobody divide a text in that way.

extension Substring {
  /// The lines of the text, which end in LF or CR LF.
  ///
  /// `keepingEmpty`: lines without content, too. `keepingReturns`: a line is what stands before its
  /// LF, for whoever has to give a text back as it was.
  package func splitLines(
    keepingEmpty: Bool = false, keepingReturns: Bool = false
  ) -> [Substring] {
    let pieces = utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let lines = pieces.map { piece in
      var piece = piece
      // Behind the last LF there is no end of a line.
      if !keepingReturns, piece.endIndex < endIndex, piece.last == UInt8(ascii: "\r") {
        piece = piece.dropLast()
      }
      return Substring(piece)
    }
    return keepingEmpty ? lines : lines.filter { !$0.isEmpty }
  }

  /// Whether its last byte is a line feed.
  package var endsInLineFeed: Bool { utf8.last == UInt8(ascii: "\n") }
}

extension String {
  /// The lines of the text, which end in LF or CR LF.
  package func splitLines(
    keepingEmpty: Bool = false, keepingReturns: Bool = false
  ) -> [Substring] {
    self[...].splitLines(keepingEmpty: keepingEmpty, keepingReturns: keepingReturns)
  }

  /// Whether its last byte is a line feed.
  package var endsInLineFeed: Bool { self[...].endsInLineFeed }
}
