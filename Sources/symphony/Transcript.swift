// The log of a run as lines for a person: bytes put together to lines, and lines of an agent's
// protocol put into words by its reader. Used by `logs` and the live view.
import SymphonyAgents
import SymphonyCore
import SymphonyReport

/// Whole lines out of pieces of bytes.
struct LineAssembly {
  /// Bytes of one line; what is longer is cut, or a line without an end would fill the memory.
  static let longest = 4 << 20
  private var open: [UInt8] = []
  private var isCut = false

  mutating func take(_ bytes: [UInt8]) -> [String] {
    var lines: [String] = []
    for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    {
      if part.offset > 0 { lines.append(close()) }
      let room = Self.longest - open.count
      if part.element.count > room { isCut = true }
      open += part.element.prefix(max(0, room))
    }
    return lines
  }

  /// A line that nobody has ended.
  mutating func rest() -> [String] { open.isEmpty ? [] : [close()] }

  /// Forgets a line whose end is not there.
  mutating func skip() { (open, isCut) = ([], false) }

  private mutating func close() -> String {
    defer { skip() }
    let text = String(decoding: open, as: UTF8.self)
    return isCut ? text + " [cut]" : text.hasSuffix("\r") ? String(text.dropLast()) : text
  }
}

/// The lines of a log as they are shown.
struct TranscriptView {
  private var reader: (any TranscriptReader)?
  /// Nothing is known of its lines.
  var isRaw: Bool { reader == nil }

  init(kind: LogsCommand.Kind, account: Account?) {
    guard kind == .agent, let account else { return }
    let name = account.text.prefix { $0 != "/" }
    reader = AgentRegistry.agent(kind: String(name))?.transcript()
  }

  /// Without a reader a line is an entry as it is.
  mutating func entries(of line: String) -> [TranscriptEntry] {
    reader?.read(line) ?? [TranscriptEntry(.output, line)]
  }

  /// Without a reader a line is shown as it is.
  mutating func lines(of line: String) -> [StyledLine] {
    guard let entries = reader?.read(line) else { return [StyledLine(line)] }
    return entries.flatMap { entry in
      entry.text.splitLines(keepingEmpty: true).enumerated()
        .map { part in
          let label = part.offset == 0 ? entry.kind.rawValue : ""
          var line = StyledLine(Columns.fit(label, 9), Self.style(of: entry.kind))
          line.add(String(part.element))
          return line
        }
    }
  }

  /// Bytes of what the agent printed beside its protocol that are looked at.
  static let errorBytes = 8192

  /// The last lines of it.
  static func errors(_ tail: LogTail) -> [String] {
    var lines = LineAssembly()
    return (lines.take(tail.bytes) + lines.rest()).suffix(20).filter { !$0.isEmpty }
  }

  private static func style(of kind: TranscriptEntry.Kind) -> Style {
    switch kind {
    case .said: .bold
    case .tool: .green
    case .denied, .problem: .red
    case .turn: .yellow
    case .result, .output: .dim
    }
  }
}
