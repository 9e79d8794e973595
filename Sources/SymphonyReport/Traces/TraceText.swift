// Spans as OTLP in JSON: one ExportTraceServiceRequest a line, as OpenTelemetry's File Exporter
// writes it and its Collector's otlpjsonfile receiver reads it. Protobuf's mapping to JSON has
// exceptions here: ids are hexadecimal, enums are numbers, whole numbers of 64 bits are texts
// (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding").
import SymphonyCore

package struct TraceText {
  /// The program's version.
  let program: String
  /// Tells this state directory from others; nil: it is not known.
  let instance: String?

  package init(program: String, instance: String?) {
    (self.program, self.instance) = (program, instance)
  }

  /// Spans of one line; more make more lines.
  static let spansPerLine = 10

  /// - Throws: `EncodingError` for a number that is not finite.
  package func lines(of spans: [Span]) throws -> [String] {
    try stride(from: 0, to: spans.count, by: Self.spansPerLine).map { start in
      try ReportJSON.text(of: request(spans[start...].prefix(Self.spansPerLine)))
    }
  }

  private func request(_ spans: some Sequence<Span>) -> Structure {
    let resource: [String: Structure] = [
      "service.name": .string("symphony"), "service.version": .string(program),
      "service.instance.id": .optional(instance),
    ]
    let scope: [String: Structure] = ["name": .string("symphony"), "version": .string(program)]
    return .object([
      "resourceSpans": .list([
        .object([
          "resource": .object(["attributes": Self.attributes(resource)]),
          "scopeSpans": .list([
            .object(["scope": .object(scope), "spans": .list(spans.map(Self.span))])
          ]),
        ])
      ])
    ])
  }

  private static func span(_ span: Span) -> Structure {
    var attributes = span.attributes
    if let error = span.error { attributes["error.type"] = .string(error) }
    var members: [String: Structure] = [
      "traceId": .string(span.id.trace), "spanId": .string(span.id.span),
      "name": .string(span.name), "kind": .integer(Int64(span.kind.rawValue)),
      "startTimeUnixNano": time(span.start), "endTimeUnixNano": time(span.end),
      "attributes": Self.attributes(attributes),
      // STATUS_CODE_UNSET and STATUS_CODE_ERROR.
      "status": .object(span.error == nil ? [:] : ["code": .integer(2)]),
    ]
    if let parent = span.parent { members["parentSpanId"] = .string(parent.span) }
    if !span.links.isEmpty {
      members["links"] = .list(
        span.links.map {
          .object(["traceId": .string($0.trace), "spanId": .string($0.span)])
        })
    }
    return .object(members)
  }

  /// Nanoseconds since 1970; times that no clock means become the first or the last that fit.
  private static func time(_ time: Timestamp) -> Structure {
    let last = Int64.max / 1_000_000
    return .string(String(min(max(0, time.milliseconds), last) * 1_000_000))
  }

  /// In the order of their names; those without a value are left out.
  private static func attributes(_ attributes: [String: Structure]) -> Structure {
    .list(
      attributes.sorted { $0.key < $1.key }.compactMap { name, value in
        self.value(value).map { .object(["key": .string(name), "value": $0]) }
      })
  }

  private static func value(_ value: Structure) -> Structure? {
    switch value {
    case .null, .object: nil
    case .bool(let flag): .object(["boolValue": .bool(flag)])
    case .integer(let number): .object(["intValue": .string(String(number))])
    case .number(let number):
      number.isFinite ? .object(["doubleValue": .number(number)]) : nil
    case .string(let text): .object(["stringValue": .string(text)])
    case .list(let values):
      .object(["arrayValue": .object(["values": .list(values.compactMap(self.value))])])
    }
  }
}
