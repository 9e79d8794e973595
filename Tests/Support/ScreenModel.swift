// A terminal as far as our own programs use one: bytes go in, and it says what stands where, which
// modes are on, and whether the first screen is shown. Used by tests of what draws on a terminal.
import SymphonyReport

package struct ScreenModel {
  package private(set) var columns: Int
  package private(set) var lines: Int
  /// Private modes (DEC) that are on.
  package private(set) var modes: Set<Int> = [7, 25]
  /// Sequences it does not know: a test wants none.
  package private(set) var unknown: [String] = []
  /// Characters by line and column; the second half of a wide one is empty.
  private var cells: [[String]]
  private var row = 0
  private var column = 0
  private var pending = ""
  /// How many columns this terminal gives a character.
  package var width: (Character) -> Int = { Columns.count(String($0)) }

  package init(columns: Int, lines: Int) {
    (self.columns, self.lines) = (columns, lines)
    cells = Self.empty(columns, lines)
  }

  private static func empty(_ columns: Int, _ lines: Int) -> [[String]] {
    [[String]](repeating: [String](repeating: " ", count: columns), count: lines)
  }

  package mutating func resize(columns: Int, lines: Int) {
    (self.columns, self.lines) = (columns, lines)
    cells = Self.empty(columns, lines)
    (row, column) = (0, 0)
  }

  /// Each line without spaces at its end.
  package var text: [String] {
    cells.map { line in
      var text = line.joined()
      while text.last == " " { text.removeLast() }
      return text
    }
  }

  /// What stands there, counted from 0.
  package func cell(_ line: Int, _ column: Int) -> String { cells[line][column] }

  package mutating func take(_ text: String) {
    pending += text
    var rest = Substring(pending)
    while let first = rest.first {
      if first == "\u{1B}" {
        guard let after = sequence(rest) else { break }
        rest = after
        continue
      }
      rest = rest.dropFirst()
      put(first)
    }
    pending = String(rest)
  }

  private mutating func put(_ character: Character) {
    switch character {
    case "\r": column = 0
    case "\n": row = min(row + 1, lines - 1)
    case "\r\n": (row, column) = (min(row + 1, lines - 1), 0)
    default:
      let wide = width(character)
      // The last column takes all that comes, as a terminal without line wrap does.
      let place = min(column, columns - 1)
      cells[row][place] = String(character)
      if wide == 2, place + 1 < columns { cells[row][place + 1] = "" }
      column = min(column + wide, columns)
    }
  }

  /// What follows a sequence that begins here; nil: its end is still to come.
  private mutating func sequence(_ text: Substring) -> Substring? {
    let body = text.dropFirst()
    guard let kind = body.first else { return nil }
    guard kind == "[" else {
      unknown.append("ESC \(kind)")
      return body.dropFirst()
    }
    let parameters = body.dropFirst().prefix { "0123456789;?".contains($0) }
    guard let last = body.dropFirst(1 + parameters.count).first else { return nil }
    obey(last, parameters)
    return body.dropFirst(2 + parameters.count)
  }

  private mutating func obey(_ last: Character, _ parameters: Substring) {
    let numbers = parameters.split { $0 == ";" || $0 == "?" }.compactMap { Int($0) }
    switch (last, parameters.first == "?") {
    case ("H", false):
      row = min(max(1, numbers.first ?? 1), lines) - 1
      column = min(max(1, numbers.dropFirst().first ?? 1), columns) - 1
    case ("G", false): column = min(max(1, numbers.first ?? 1), columns) - 1
    case ("J", false) where numbers == [2]: cells = Self.empty(columns, lines)
    case ("K", false) where numbers == [2]:
      cells[row] = [String](repeating: " ", count: columns)
    case ("m", false): break
    case ("h", true): modes.formUnion(numbers)
    case ("l", true): modes.subtract(numbers)
    default: unknown.append("CSI \(parameters)\(last)")
    }
  }
}
