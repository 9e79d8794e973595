// The live view as lines, one for each line of the terminal and none wider than it: header, panels,
// and at the bottom what keys do, what is asked back or what came of an action. Only what is on the
// screen is put into words, however many issues there are.
import SymphonyCore

extension LiveView {
  /// Below this the panels are not worth it, and only the counts are shown.
  static let smallest = (columns: 40, lines: 8)

  var isTiny: Bool { columns < Self.smallest.columns || height < Self.smallest.lines }

  package var lines: [StyledLine] {
    if isTiny { return tiny }
    if showsHelp { return filled(header + LiveHelp.lines) }
    return filled(header + panels)
  }

  /// Cut to the terminal, with the footer on its last lines.
  private func filled(_ body: [StyledLine]) -> [StyledLine] {
    let room = max(0, height - footer.count)
    let empty = [StyledLine](repeating: StyledLine(), count: max(0, room - body.count))
    return (body.prefix(room) + empty + footer).suffix(height).map { $0.cut(to: columns) }
  }

  private var tiny: [StyledLine] {
    let words = LiveHeader(content: content, width: columns)
    let all = (footer.first.map { [$0] } ?? []) + words.counts + [StyledLine("too small", .dim)]
    let shown = (question == nil && note.isEmpty ? Array(all.dropFirst()) : all).prefix(height)
    let empty = [StyledLine](repeating: StyledLine(), count: max(0, height - shown.count))
    return (shown + empty).map { $0.cut(to: columns) }
  }

  // MARK: Top and bottom

  /// At most half of the screen: what is wrong has to be seen, and the panels too.
  var madeHeader: [StyledLine] {
    Array(LiveHeader(content: content, width: columns).lines.prefix(max(1, height / 2)))
  }

  var footer: [StyledLine] {
    if let question {
      var line = StyledLine(question.text + "? ", .yellow)
      line.add("y", .bold)
      line.add(" yes, any other key no")
      return [line]
    }
    if !note.isEmpty {
      return Array(note.flatMap { $0.wrapped(to: columns) }.prefix(max(1, min(6, height / 3))))
    }
    let keys =
      showsHelp
      ? "any key: back   q: quit"
      : issue == nil
        ? "q quit  tab panel  j/k move  enter open  s stop  t retry  p pause  ? help"
        : "esc back  tab panel  j/k scroll  s stop  t retry  p pause  q quit  ? help"
    return [StyledLine(keys, .dim)]
  }

  // MARK: Panels

  private var panels: [StyledLine] {
    let isSpaced = height >= 36
    let rows = LiveRows(self)
    return parts.flatMap { part -> [StyledLine] in
      guard part.height != nil else { return [] }
      let title = (isSpaced ? [StyledLine()] : []) + [title(of: part)]
      return title
        + part.shown.map { row in
          let line = rows.line(row, in: part.panel)
          return row == cursor && part.panel == focus ? line.chosen(width: columns) : line
        }
    }
  }

  private func title(of part: LivePart) -> StyledLine {
    var line = StyledLine(words(for: part), part.panel == focus ? .reverse : .bold)
    let height = part.height ?? 0
    if part.rows.count > height, height > 0 {
      let last = min(part.first + height, part.rows.count)
      line.add("  \(part.first + 1)-\(last) of \(part.rows.count)", .dim)
    }
    return line
  }

  private func words(for part: LivePart) -> String {
    switch part.panel {
    case .items(.running):
      let limit = content.report.maxConcurrent.map { " of \($0)" } ?? ""
      return "running (\(part.rows.count)\(limit))"
    case .items(let section): return "\(section.title) (\(part.rows.count))"
    case .events: return "events"
    case .facts: return Columns.cut(item.map { "\($0.key)  \($0.title)" } ?? "", to: columns - 20)
    case .history: return "its events (\(part.rows.count))"
    case .transcript:
      guard content.page?.id == issue else { return "transcript" }
      return content.page?.run.map { "transcript of \($0)" } ?? "no run of an agent yet"
    }
  }
}

extension StyledLine {
  /// The same under the cursor, over the whole width; the mark is for terminals without colours.
  fileprivate func chosen(width: Int) -> StyledLine {
    var line = StyledLine("> ", .reverse)
    for piece in pieces.dropFirst() { line.add(piece.text, .reverse) }
    line.add(String(repeating: " ", count: max(0, width - line.width)), .reverse)
    return line
  }
}

/// The text that `?` shows.
enum LiveHelp {
  static var lines: [StyledLine] {
    let keys = [
      ("j k, arrows", "move the cursor; in a text, scroll it"),
      ("tab, shift-tab", "the next panel, the one before"),
      ("pgup pgdn, space", "a page up, a page down"),
      ("g G, home end", "to the first row, to the last one"),
      ("enter", "all about the issue: facts, events, what its agent says"),
      ("esc", "back"),
      ("s", "stop the issue's run and park it; asks back"),
      ("t", "retry the issue, counters at zero; asks back"),
      ("p", "pause: start nothing new; when paused, resume; asks back"),
      ("r, ctrl-l", "read everything anew, and draw it whole"),
      ("q, ctrl-c", "leave; runs and timer go on"),
      ("ctrl-z", "to the shell; `fg` comes back"),
    ]
    let words = keys.map { key, meaning in
      var line = StyledLine("  " + Columns.fit(key, 18), .bold)
      line.add(meaning)
      return line
    }
    return [StyledLine(), StyledLine("keys", .bold)] + words + [
      StyledLine(),
      StyledLine("  A request is carried out by the next tick, as with `symphony stop`."),
      StyledLine("  Nothing here asks GitHub. Times are UTC."),
    ]
  }
}
