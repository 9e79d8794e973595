// Transcripts of runs as the server tells them: whole lines, from a place on.
import SymphonyCore
import SymphonyReport
import SymphonyServer

extension ServedPlace {
  func transcript(run: String, from start: Int64) async throws(ServedProblem) -> TranscriptPiece {
    let found = try await blocking { () throws(ServedProblem) in
      try self.stored { look throws in
        let id = RunID(run)
        // A run's id begins with its item's workspace: no other item is asked for its runs.
        let items = look.state.items.filter { run.hasPrefix($0.workspace.text) }
        guard let found = try items.flatMap(look.runs).first(where: { $0.id == id }) else {
          throw ServedProblem(404, "no run has that id", hint: "see `live` and `last_run` of items")
        }
        return found
      }
    }
    // Nobody else waits for many who read long transcripts.
    return try await blocking(on: transcripts) { () throws(ServedProblem) in
      try self.piece(of: found, from: start)
    }
  }

  /// Bytes that are read at once.
  private static let piece = 1 << 18
  /// `place`: below 0.
  private static func bytes(beforeEnd place: Int64) -> Int {
    Int(-max(place, -Int64(piece)))
  }

  /// Bytes behind the last line's end.
  private static func open(_ bytes: [UInt8]) -> Int {
    bytes.reversed().prefix { $0 != UInt8(ascii: "\n") }.count
  }

  private func piece(of run: RunRecord, from start: Int64) throws(ServedProblem) -> TranscriptPiece
  {
    let executor = composition.executor()
    do throws(ExecutorError) {
      var isOver = run.settledAt != nil
      if !isOver {
        isOver = try executor.poll(PollQuestion(runs: [run])).runs[run.id]?.isOver ?? false
      }
      var tail = try executor.tail(
        run.id, .agent,
        start < 0 ? .last(Self.bytes(beforeEnd: start)) : .from(start, limit: Self.piece))
      var view = TranscriptView(kind: .agent, account: run.account)
      var lines = LineAssembly()
      let first = tail.offset
      var whole = lines.take(tail.bytes)
      var open = Self.open(tail.bytes)
      // The pieces of a line that is longer than one belong together, as far as it is written.
      while whole.isEmpty, tail.next < tail.size {
        tail = try executor.tail(run.id, .agent, .from(tail.next, limit: Self.piece))
        whole = lines.take(tail.bytes)
        open = whole.isEmpty ? open + tail.bytes.count : Self.open(tail.bytes)
      }
      // What begins somewhere within a line would be a torn piece of it.
      if start < 0, first > 0, !whole.isEmpty { whole.removeFirst() }
      // A line that nobody has ended yet is the next piece's.
      var next = tail.next - Int64(open)
      if isOver, tail.next >= tail.size {
        whole += lines.rest()
        next = tail.next
      }
      let entries = whole.flatMap { view.entries(of: $0) }.map {
        TranscriptPiece.Line(kind: $0.kind.rawValue, text: $0.text)
      }
      return TranscriptPiece(
        run: run.id.text, lines: entries, next: next, isOver: isOver && next >= tail.size)
    } catch {
      throw ServedProblem(404, error.sentence)
    }
  }
}
