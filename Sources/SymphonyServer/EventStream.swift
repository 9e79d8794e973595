// Server-sent events (html.spec.whatwg.org/multipage/server-sent-events.html): what happens, and
// what an agent says, as it comes. A stream looks at the state once a second, as `top` does; it
// holds nothing between two looks but what it has sent.
import SymphonyCore
import SymphonyReport

enum EventStream {
  private static let type = "text/event-stream; charset=utf-8"
  /// Nanoseconds between two looks, and looks between two signs of life.
  private static let distance: UInt64 = 1_000_000_000
  private static let signs = 15

  static func isWanted(_ request: ServedRequest) -> Bool {
    request.header("Accept")?.lowercased().contains("text/event-stream") ?? false
  }

  /// Of one item, or of all.
  ///
  /// `last`: the id that the reader heard last; what came after it is sent first.
  static func events(of item: String?, after last: String?, _ state: any ServedState)
    -> ServedAnswer
  {
    ServedAnswer(
      200, type: type,
      .stream { send in
        var known = try await state.events(of: item, since: nil)
        if let last, let place = known.lastIndex(where: { id(of: $0) == last }) {
          for event in known[(place + 1)...] { try await send(piece(event)) }
        }
        try await send(Array("retry: 3000\n: open\n\n".utf8))
        var quiet = 0
        var changed = try await state.report()
        while !Task.isCancelled {
          try await Task.sleep(nanoseconds: distance)
          let events = try await state.events(of: item, since: nil)
          let old = Set(known)
          let new = events.filter { !old.contains($0) }
          for event in new { try await send(piece(event)) }
          known = events
          let report = try await state.report()
          let isNews = !new.isEmpty || hasNews(report, changed)
          if isNews {
            // The page reads the state again; what it is does not go over every stream.
            try await send(Array("event: state\ndata: {}\n\n".utf8))
            changed = report
          }
          quiet = isNews ? 0 : quiet + 1
          if quiet.isMultiple(of: signs), !isNews { try await send(Array(": quiet\n\n".utf8)) }
        }
      })
  }

  /// Of one run, from its beginning until it is over.
  static func transcript(of run: String, _ state: any ServedState) -> ServedAnswer {
    ServedAnswer(
      200, type: type,
      .stream { send in
        var place: Int64 = 0
        var quiet = 0
        while !Task.isCancelled {
          let piece: TranscriptPiece
          do throws(ServedProblem) {
            piece = try await state.transcript(run: run, from: place)
          } catch {
            try await send(
              Array("event: problem\ndata: \(try ReportJSON.text(of: error.sentence))\n\n".utf8))
            return
          }
          for line in piece.lines {
            try await send(Array("data: \(try ReportJSON.text(of: line))\n\n".utf8))
          }
          if piece.isOver, piece.next == place || piece.lines.isEmpty {
            try await send(Array("event: end\ndata: {}\n\n".utf8))
            return
          }
          quiet = piece.lines.isEmpty ? quiet + 1 : 0
          place = piece.next
          if quiet > 0 {
            if quiet.isMultiple(of: signs) { try await send(Array(": quiet\n\n".utf8)) }
            try await Task.sleep(nanoseconds: distance)
          }
        }
      })
  }

  private static func hasNews(_ new: StateReport, _ old: StateReport) -> Bool {
    new.counts != old.counts || new.items.map(\.code) != old.items.map(\.code)
      || new.items.compactMap { $0.live } != old.items.compactMap { $0.live }
      || new.holds != old.holds || (new.late == nil) != (old.late == nil)
  }

  private static func piece(_ event: EventReport) throws -> [UInt8] {
    Array("id: \(id(of: event))\nevent: event\ndata: \(try ReportJSON.text(of: event))\n\n".utf8)
  }

  /// The same event has the same id in every process.
  private static func id(of event: EventReport) -> String {
    let words = [event.key, event.kind.rawValue, event.code ?? "", event.sentence, event.run ?? ""]
    return event.at.text + "-" + StableHash.hex(words.joined(separator: "\n"), 12)
  }
}
