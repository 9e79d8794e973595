// Server-sent events (html.spec.whatwg.org/multipage/server-sent-events.html): what happens, and
// what an agent says, as it comes. A stream asks once a second whether there is something new, as
// `top` does; it holds nothing between two looks but what it has sent.
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
  /// - Throws: what keeps the first look from being taken; then nothing was begun.
  static func events(of item: String?, after last: String?, _ state: any ServedState)
    async throws(ServedProblem) -> ServedAnswer
  {
    let first = try await state.version()
    let before = try await state.events(of: item, since: nil)
    return ServedAnswer(
      200, type: type,
      .stream { send in
        var version = first
        var known = before
        if let last, let place = known.lastIndex(where: { id(of: $0) == last }) {
          try await send(known[(place + 1)...].flatMap(piece))
        }
        try await send(Array("retry: 3000\n: open\n\n".utf8))
        var quiet = 0
        while !Task.isCancelled {
          try await Task.sleep(nanoseconds: distance)
          // Compared once for all streams, however many there are.
          let newest = try await state.version()
          guard newest != version else {
            quiet += 1
            if quiet.isMultiple(of: signs) { try await send(Array(": quiet\n\n".utf8)) }
            continue
          }
          (version, quiet) = (newest, 0)
          let events = try await state.events(of: item, since: nil)
          let old = Set(known)
          // The page reads the state again; what it is does not go over every stream.
          try await send(
            events.filter { !old.contains($0) }.flatMap(piece)
              + Array("event: state\ndata: {}\n\n".utf8))
          known = events
        }
      })
  }

  /// Of one run, from its beginning until it is over.
  /// - Throws: what keeps the first piece from being read; then nothing was begun.
  static func transcript(of run: String, _ state: any ServedState) async throws(ServedProblem)
    -> ServedAnswer
  {
    let first = try await state.transcript(run: run, from: 0)
    return ServedAnswer(
      200, type: type,
      .stream { send in
        var place: Int64 = 0
        var quiet = 0
        var next: TranscriptPiece? = first
        while !Task.isCancelled {
          let piece: TranscriptPiece
          do throws(ServedProblem) {
            piece =
              if let known = next.take() { known } else {
                try await state.transcript(run: run, from: place)
              }
          } catch {
            try await send(
              Array("event: problem\ndata: \(try ReportJSON.text(of: error.sentence))\n\n".utf8))
            return
          }
          if !piece.lines.isEmpty {
            try await send(
              piece.lines.reduce(into: []) { bytes, line in
                bytes += Array("data: \(try ReportJSON.text(of: line))\n\n".utf8)
              })
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

  private static func piece(_ event: EventReport) throws -> [UInt8] {
    Array("id: \(id(of: event))\nevent: event\ndata: \(try ReportJSON.text(of: event))\n\n".utf8)
  }

  /// The same event has the same id in every process.
  private static func id(of event: EventReport) -> String {
    let words = [event.key, event.kind.rawValue, event.code ?? "", event.sentence, event.run ?? ""]
    return event.at.text + "-" + StableHash.hex(words.joined(separator: "\n"), 12)
  }
}
