// What is written to the terminal leaves it showing the lines, whatever it showed before; only what
// differs is written; and no character moves what stands beside it.
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct LivePainterTests {
  private static func screen(_ numbers: [Int]) -> [StyledLine] {
    let words = ["", "plain", "日本語の件名", "with a long text behind it", "e\u{301}é", "👩‍👩‍👧 x"]
    return numbers.map { number in
      var line = StyledLine("\(number % 7)  ", .red)
      line.add(words[number % words.count], number % 2 == 0 ? .bold : nil)
      line.add("  end \(number % 3)", .dim)
      return line
    }
  }

  @Test func theTerminalShowsTheLines() {
    var dice = Dice(seed: 7)
    for isColourful in [true, false] {
      var painter = LivePainter(isColourful: isColourful)
      var model = ScreenModel(columns: 60, lines: 8)
      for _ in 0..<200 {
        let lines = Self.screen((0..<8).map { _ in Int.random(in: 0..<12, using: &dice) })
        model.take(painter.paint(lines))
        #expect(model.text == lines.map(\.plain))
        #expect(!model.modes.contains(2026))
      }
      #expect(model.unknown.isEmpty, "\(model.unknown)")
    }
  }

  @Test func onlyWhatDiffersIsWritten() {
    var painter = LivePainter(isColourful: true)
    var lines = Self.screen([1, 2, 3, 4])
    #expect(painter.paint(lines).contains("\u{1B}[2J"))
    #expect(painter.paint(lines).isEmpty)
    lines[2] = StyledLine("another")
    let bytes = painter.paint(lines)
    #expect(bytes.contains("another") && !bytes.contains("\u{1B}[2J"))
    #expect(!bytes.contains("\u{1B}[1;1H") && bytes.contains("\u{1B}[3;1H"))
    #expect(painter.paint(lines, whole: true).contains("\u{1B}[1;1H"))
  }

  /// Terminals disagree about the width of some characters.
  @Test(arguments: [1, 2, 3]) func aCharacterOfAnotherWidthMovesNothing(width: Int) {
    var line = StyledLine("#1  ")
    line.add(Columns.fit("日本", 10))
    line.add("  end", .dim)
    var painter = LivePainter(isColourful: true)
    var model = ScreenModel(columns: 30, lines: 1)
    model.width = { $0.isASCII ? 1 : width }
    model.take(painter.paint([line]))
    #expect((16..<20).map { model.cell(0, $0) } == ["e", "n", "d", " "], "\(model.text)")
  }
}
