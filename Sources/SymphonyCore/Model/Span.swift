// One span of a trace, in OpenTelemetry's sense: something that took time, what came of it, and
// within what it happened. Ticks make them of what they know (SymphonyTick/TickSpans), the report
// writes them as OTLP. Ids are hashes of what a span is about: written twice, it is the same span.

/// The names of a span: 32 and 16 hexadecimal digits.
package struct SpanID: Hashable, Sendable {
  package let trace: String
  package let span: String

  /// The first span of the trace that `subject` names for ever.
  package init(of subject: String) {
    trace = Self.digits("trace\n\(subject)") + Self.digits("\(subject)\ntrace")
    span = Self.digits("span\n\(subject)")
  }

  /// A span within: `part` names it among those of its parent.
  package init(_ part: String, within parent: SpanID) {
    trace = parent.trace
    span = Self.digits("\(parent.trace)\n\(parent.span)\n\(part)")
  }

  /// An id of zeros only names nothing.
  private static func digits(_ text: String) -> String {
    let digits = StableHash.hex(text)
    return digits.contains { $0 != "0" } ? digits : "0000000000000001"
  }
}

package struct Span: Hashable, Sendable {
  /// The numbers of OTLP's SpanKind.
  package enum Kind: Int, Sendable {
    case within = 1
    /// It asked another program and waited for the answer.
    case client = 3
  }
  package var id: SpanID
  package var parent: SpanID?
  package var name: String
  package var kind = Kind.within
  package var start: Timestamp
  package var end: Timestamp
  /// Texts, numbers, flags and lists of texts; those that are null are left out.
  package var attributes: [String: Structure] = [:]
  /// A short code of what went wrong; nil: nothing did.
  package var error: String?
  /// Spans of other traces that it comes from.
  package var links: [SpanID] = []

  package init(_ id: SpanID, _ name: String, from start: Timestamp, to end: Timestamp) {
    (self.id, self.name, self.start) = (id, name, start)
    // A clock that was set back makes nothing end before it began.
    self.end = max(start, end)
  }

  /// One that happened within `parent`, where `part` names it.
  package init(
    _ part: String, _ name: String, within parent: Span, from start: Timestamp, to end: Timestamp
  ) {
    self.init(SpanID(part, within: parent.id), name, from: start, to: end)
    self.parent = parent.id
  }
}
