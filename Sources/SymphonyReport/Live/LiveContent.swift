// The content of the live view, as values: read by the program, so that the view itself touches
// neither a file nor a clock and can be tested whole.
import SymphonyCore

package struct LiveContent: Sendable {
  package var report: StateReport
  /// Of all issues, the newest last.
  package var events: [EventReport]
  /// Of the issue whose page is open; nil: none is, or it was not read yet.
  package var page: LivePage?
  /// Why nothing newer than this could be read; nil: it is new.
  package var problem: String?

  package init(report: StateReport, events: [EventReport], page: LivePage? = nil) {
    self.report = report
    self.events = events
    self.page = page
  }
}

/// The content of the page of one issue.
package struct LivePage: Sendable {
  /// The item's id.
  package var id: String
  /// Its own, the newest last.
  package var events: [EventReport]
  /// The run of the transcript, such as `run 2, claude_code`; nil: it has had no run with an agent.
  package var run: String?
  /// The latest lines of it.
  package var transcript: [StyledLine]

  package init(id: String, events: [EventReport], run: String?, transcript: [StyledLine]) {
    self.id = id
    self.events = events
    self.run = run
    self.transcript = transcript
  }
}

/// A list of the live view.
///
/// On the first page those of items and the events, on an issue's page the other three.
enum Panel: Hashable, Sendable {
  case items(Section)
  case events
  case facts, history, transcript

  /// Which goes first where there is no room for all: the lowest.
  var importance: Int {
    switch self {
    case .items(.running), .transcript: 9
    case .items(.needsYou), .facts: 8
    case .items(.waiting): 7
    case .events, .history: 6
    case .items(.handedOff): 5
    case .items(.doneToday), .items(.doneEarlier), .items(.leftOut), .items(.unlisted): 4
    }
  }
}

/// One row of a panel, by what it is about: two looks at the same thing are equal.
enum LiveRow: Hashable, Sendable {
  /// By its id.
  case item(String)
  /// With how many of the same came before it: one tick may deliver two comments.
  case event(EventReport, Int)
  case line(StyledLine)
}

/// A panel with its rows, and the part of them that is on the screen.
struct LivePart: Sendable {
  let panel: Panel
  let rows: [LiveRow]
  /// How many rows are shown below the title; nil: the screen has no room for the panel.
  var height: Int?
  /// The first of them.
  var first = 0

  var shown: ArraySlice<LiveRow> {
    rows[min(first, rows.count)..<min(first + (height ?? 0), rows.count)]
  }
  /// The first row with which the last one is shown.
  var lastFirst: Int { max(0, rows.count - (height ?? 0)) }
}

extension LiveContent {
  /// The first page: who is needed, what runs, waits and is done, what happened.
  var lists: [LivePart] {
    let ids = report.itemsBySection
    let sections = Section.allCases.filter(\.isShownAlways).compactMap { section -> LivePart? in
      let rows = (ids[section] ?? []).map { LiveRow.item($0) }
      // That nothing runs is worth a line.
      if rows.isEmpty, section != .running { return nil }
      return LivePart(panel: .items(section), rows: rows)
    }
    return sections + [LivePart(panel: .events, rows: events.newestFirst)]
  }

  /// The page of an issue in lines of at most `width` columns.
  func parts(of item: ItemReport, width: Int) -> [LivePart] {
    let facts = StatusDetail(report: report, item: item).lines.dropFirst()
    let page = page?.id == item.id ? page : nil
    let history = page?.events.newestFirst ?? []
    let transcript = page?.transcript ?? []
    return [
      LivePart(panel: .facts, rows: facts.flatMap { $0.wrapped(to: width) }.map { .line($0) }),
      LivePart(panel: .history, rows: history),
      LivePart(
        panel: .transcript,
        rows: transcript.map { StyledLine("  ").with($0) }.flatMap { $0.wrapped(to: width) }
          .map { .line($0) }),
    ]
  }
}

extension [EventReport] {
  fileprivate var newestFirst: [LiveRow] {
    var counts: [EventReport: Int] = [:]
    let rows = map { event -> LiveRow in
      counts[event, default: -1] += 1
      return .event(event, counts[event, default: 0])
    }
    return rows.reversed()
  }
}

extension [LivePart] {
  /// Shares `lines` of the screen among the panels, a title each.
  ///
  /// In turns each panel gets a row, until all have enough or no line is left. If there is no room
  /// for all titles with a row each, the least important panels go, `focus` last.
  mutating func share(_ lines: Int, focus: Panel, spacing: Int) {
    let weights = map { $0.panel == focus ? .max : $0.panel.importance }
    let order = indices.sorted { (weights[$1], $0) < (weights[$0], $1) }
    var free = lines
    for index in order {
      let need = 1 + spacing + Swift.min(self[index].rows.count, 1)
      self[index].height = need <= free ? need - 1 - spacing : nil
      if need <= free { free -= need }
    }
    var isGrowing = true
    while free > 0, isGrowing {
      isGrowing = false
      for index in indices where free > 0 {
        guard let height = self[index].height, height < self[index].rows.count else { continue }
        self[index].height = height + 1
        free -= 1
        isGrowing = true
      }
    }
  }
}
