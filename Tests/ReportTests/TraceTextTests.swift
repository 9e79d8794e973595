// OTLP's JSON, key by key, as the Collector's otlpjsonfile receiver reads it.
import SymphonyCore
import SymphonyReport
import Testing

@Suite struct TraceTextTests {
  private func spans(_ line: String) throws -> [Structure] {
    let request = try ReportJSON.read(line, as: Structure.self)
    let resource = try #require(request["resourceSpans"]?.listValue?.first)
    let scope = try #require(resource["scopeSpans"]?.listValue?.first)
    return try #require(scope["spans"]?.listValue)
  }

  @Test func everyKeyHasItsForm() throws {
    let id = SpanID(of: "run a-r1 1900000000000")
    var run = Span(
      id, "invoke_agent", from: Timestamp(milliseconds: 1_900_000_000_123),
      to: Timestamp(milliseconds: 1_900_000_000_456))
    run.attributes = [
      "b": .integer(9_007_199_254_740_993), "a": .string("x\n"), "c": .number(0.5),
      "d": .bool(true), "e": .null, "f": .list([.string("one")]),
    ]
    run.error = "limited"
    run.links = [SpanID(of: "tick x 1")]
    let turn = Span(
      "turn 1", "turn", within: run, from: run.start, to: run.start)
    let lines = try TraceText(program: "1.2.3", instance: "abc123").lines(of: [run, turn])
    #expect(lines.count == 1 && !lines[0].contains("\n"))
    let written = try spans(lines[0])
    #expect(
      written[0]
        == .object([
          "traceId": .string(id.trace), "spanId": .string(id.span), "kind": .integer(1),
          "name": .string("invoke_agent"),
          "startTimeUnixNano": .string("1900000000123000000"),
          "endTimeUnixNano": .string("1900000000456000000"),
          "status": .object(["code": .integer(2)]),
          "links": .list([
            .object([
              "traceId": .string(run.links[0].trace), "spanId": .string(run.links[0].span),
            ])
          ]),
          "attributes": .list([
            attribute("a", "stringValue", .string("x\n")),
            attribute("b", "intValue", .string("9007199254740993")),
            attribute("c", "doubleValue", .number(0.5)),
            attribute("d", "boolValue", .bool(true)),
            attribute("error.type", "stringValue", .string("limited")),
            attribute(
              "f", "arrayValue",
              .object(["values": .list([.object(["stringValue": .string("one")])])])),
          ]),
        ]))
    #expect(written[1]["parentSpanId"] == .string(id.span))
    #expect(written[1]["traceId"] == .string(id.trace) && written[1]["status"] == .object([:]))
    let resource = try ReportJSON.read(lines[0], as: Structure.self)["resourceSpans"]?
      .listValue?.first?["resource"]?["attributes"]
    #expect(
      resource
        == .list([
          attribute("service.instance.id", "stringValue", .string("abc123")),
          attribute("service.name", "stringValue", .string("symphony")),
          attribute("service.version", "stringValue", .string("1.2.3")),
        ]))
  }

  private func attribute(_ key: String, _ kind: String, _ value: Structure) -> Structure {
    .object(["key": .string(key), "value": .object([kind: value])])
  }

  @Test func idsAreHexadecimalAndTheSameEachTime() {
    let ids = (0..<2_000).map { SpanID(of: "run r\($0)") }
    #expect(ids == (0..<2_000).map { SpanID(of: "run r\($0)") })
    #expect(Set(ids.map(\.trace)).count == 2_000 && Set(ids.map(\.span)).count == 2_000)
    for id in ids + [SpanID("turn 1", within: ids[0])] {
      #expect(id.trace.count == 32 && id.span.count == 16)
      #expect((id.trace + id.span).allSatisfy { $0.isHexDigit && !$0.isUppercase })
    }
    #expect(SpanID("turn 1", within: ids[0]) != SpanID("turn 2", within: ids[0]))
  }

  /// What a file of a run claims may be any number.
  @Test(arguments: [Int64.min, -1, 0, .max])
  func noTimeIsTooFar(_ milliseconds: Int64) throws {
    let time = Timestamp(milliseconds: milliseconds)
    let span = Span(SpanID(of: "x"), "x", from: time, to: Timestamp(milliseconds: 5))
    let line = try TraceText(program: "1", instance: nil).lines(of: [span])[0]
    for key in ["startTimeUnixNano", "endTimeUnixNano"] {
      let text = try #require(try spans(line)[0][key]?.stringValue)
      #expect(UInt64(text) != nil, "\(text)")
    }
  }

  @Test func manySpansAreSeveralLines() throws {
    let span = Span(
      SpanID(of: "x"), "x", from: Timestamp(milliseconds: 1), to: Timestamp(milliseconds: 2))
    let text = TraceText(program: "1", instance: nil)
    let lines = try text.lines(of: Array(repeating: span, count: 60))
    #expect(try lines.map { try spans($0).count }.reduce(0, +) == 60 && lines.count > 1)
    #expect(try text.lines(of: []).isEmpty)
  }
}
