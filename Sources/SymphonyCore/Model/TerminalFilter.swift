// Leaves out what a terminal obeys and does not show: colours, movements of the cursor, window
// titles, links (ECMA-48). A sequence goes as a whole, or its remains (`[32m`) would stand among
// the words. Called for the words of agents and
// for logs of checks; one value per text, fed scalar by scalar.

package struct TerminalFilter {
  private enum State {
    case text
    /// After ESC.
    case escape
    /// After ESC and a character that announces one more.
    case intermediate
    /// Parameters of a control sequence, up to its final letter.
    case control
    /// The text of a command (title, link), up to BEL, ST or the end of the line.
    case command
    /// ESC inside such a text: ST, or the beginning of another sequence.
    case commandEscape
  }
  private var state = State.text
  package init() {}

  /// Whether the scalar is text.
  ///
  /// Line ends always are: a sequence that was never ended must not swallow what follows it.
  package mutating func keeps(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "\n" {
      state = .text
      return true
    }
    switch state {
    case .text: return begin(scalar)
    case .escape: state = afterEscape(scalar)
    case .intermediate: if !(0x20...0x2F).contains(scalar.value) { state = .text }
    case .control: return control(scalar)
    case .command:
      switch scalar.value {
      case 0x07, 0x9C: state = .text
      case 0x1B: state = .commandEscape
      default: break
      }
    case .commandEscape: state = scalar == "\\" ? .text : afterEscape(scalar)
    }
    return false
  }

  private mutating func begin(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09: return true
    case 0x1B: state = .escape
    case 0x9B: state = .control
    case 0x90, 0x98, 0x9D, 0x9E, 0x9F: state = .command
    case 0..<0x20, 0x7F..<0xA0: break
    default: return true
    }
    return false
  }

  private func afterEscape(_ scalar: Unicode.Scalar) -> State {
    switch scalar.value {
    case 0x5B: .control
    case 0x50, 0x58, 0x5D, 0x5E, 0x5F: .command
    case 0x20...0x2F: .intermediate
    case 0x1B: .escape
    default: .text
    }
  }

  private mutating func control(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x3F: return false
    case 0x40...0x7E:
      state = .text
      return false
    case 0x1B:
      state = .escape
      return false
    default:
      // No sequence goes on like this: what follows is text.
      state = .text
      return begin(scalar)
    }
  }
}
