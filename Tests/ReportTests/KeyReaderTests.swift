// Keys out of the bytes of a terminal: whole and in pieces, the escape key beside the sequences that
// begin like it, and pastes.
import SymphonyReport
import Testing

@Suite struct KeyReaderTests {
  private static let sequences: [(String, [Key])] = [
    ("q", [.character("q")]), ("jk", [.character("j"), .character("k")]),
    ("\u{1B}[A", [.up]), ("\u{1B}[B", [.down]), ("\u{1B}[C", [.right]), ("\u{1B}[D", [.left]),
    ("\u{1B}OA", [.up]), ("\u{1B}OH", [.home]), ("\u{1B}[H", [.home]), ("\u{1B}[F", [.end]),
    ("\u{1B}[1~", [.home]), ("\u{1B}[4~", [.end]), ("\u{1B}[5~", [.pageUp]),
    ("\u{1B}[6~", [.pageDown]), ("\u{1B}[Z", [.backTab]), ("\u{1B}[1;5A", [.up]),
    ("\u{1B}[6;2~", [.pageDown]), ("\t", [.tab]), ("\r", [.enter]), ("\n", [.enter]),
    ("\u{0C}", [.character("\u{0C}")]), ("\u{7F}", []), ("\u{1B}[15~", []), ("\u{1B}[I", []),
    ("\u{1B}\u{1B}[A", [.escape, .up]), ("\u{1B}jq", [.escape, .character("j"), .character("q")]),
    ("ä日😀", [.character("ä"), .character("日"), .character("😀")]),
    ("\u{1B}[200~sy\u{1B}[Aq\u{1B}[201~k", [.character("k")]),
    ("j\u{1B}[200~\u{1B}[201~j", [.character("j"), .character("j")]),
    ("\u{1B}[12\u{1B}[A", [.up]),
  ]

  /// It means nothing, in whatever pieces it comes; what stands behind it does.
  @Test func aSequenceLongerThanAnyIsNone() {
    for count in [29, 30, 31, 32, 33, 1000] {
      let bytes = Array("\u{1B}[\(String(repeating: "#", count: count))Ab".utf8)
      let keys: [Key] = count > 30 ? [.character("b")] : [.up, .character("b")]
      var whole = KeyReader()
      #expect(whole.take(bytes) == keys, "\(count)")
      var single = KeyReader()
      #expect(bytes.flatMap { single.take([$0]) } == keys, "\(count)")
    }
    var cut = KeyReader()
    #expect(cut.take(Array("\u{1B}[\(String(repeating: "1", count: 99))\r".utf8)) == [.enter])
  }

  @Test(arguments: sequences)
  func aSequenceIsAKey(_ text: String, _ keys: [Key]) {
    var reader = KeyReader()
    #expect(reader.take(Array(text.utf8)) == keys)
    #expect(!reader.isUndecided)
  }

  @Test(arguments: sequences)
  func howItIsCutMakesNoDifference(_ text: String, _ keys: [Key]) {
    let bytes = Array(text.utf8)
    for size in 1...max(1, bytes.count) {
      var reader = KeyReader()
      var found: [Key] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        found += reader.take(Array(bytes[start..<min(start + size, bytes.count)]))
      }
      #expect(found == keys, "in pieces of \(size)")
    }
  }

  @Test func onlyTimeTellsTheEscapeKey() {
    var reader = KeyReader()
    #expect(reader.settle().isEmpty)
    #expect(reader.take([0x1B]).isEmpty && reader.isUndecided)
    #expect(reader.settle() == [.escape] && !reader.isUndecided)
    #expect(reader.take(Array("\u{1B}[".utf8)).isEmpty && reader.isUndecided)
    #expect(reader.settle() == [.escape, .character("[")])
    #expect(reader.take(Array("\u{1B}O".utf8)).isEmpty)
    #expect(reader.settle() == [.escape, .character("O")])
  }

  @Test func whatIsNoTextIsPassedOver() {
    var reader = KeyReader()
    #expect(reader.take([0xFF, 0xC0, 0x80, 0x6A]) == [.character("j")])
    // Surrogates, too long a form, and a beginning without its rest.
    #expect(reader.take([0xED, 0xA0, 0x80, 0xE0, 0x80, 0x80, 0xC3, 0x6B]) == [.character("k")])
  }

  @Test func nothingFillsTheMemory() {
    var reader = KeyReader()
    let digits = [UInt8](repeating: UInt8(ascii: "1"), count: 100_000)
    #expect(reader.take(Array("\u{1B}[".utf8) + digits).isEmpty)
    #expect(!reader.isUndecided)
    #expect(reader.take(Array("\u{1B}[200~".utf8) + digits + digits).isEmpty)
    #expect(reader.take(Array("\u{1B}[201~j".utf8)) == [.character("j")])
  }
}
