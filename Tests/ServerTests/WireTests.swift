// A real server on a loopback port, asked over real sockets: what is answered, what is refused before
// anybody reads it, who is let go, and how it ends.
import FoundationEssentials
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Synchronization
import Testing

@testable import SymphonyServer

@Suite struct WireTests {
  private struct Served {
    let state = FakeState()
    let server: HTTPServer
    let port: Int
    let running: Task<Void, Never>

    init(_ edit: (inout HTTPServer.Limits) -> Void = { _ in }) async throws {
      var limits = HTTPServer.Limits()
      edit(&limits)
      let endpoints = Endpoints(
        state: state, gate: Gate(token: Secret("t0ken"), hosts: [], origins: []),
        options: .init(version: "1", authMode: "pat", webhookSecret: Secret("hook")))
      let server = HTTPServer(endpoints: endpoints, limits: limits)
      self.server = server
      let (ports, found) = AsyncStream<Int>.makeStream()
      running = Task {
        do {
          try await server.run([.address(host: "127.0.0.1", port: 0)]) { ports in
            found.yield((ports.first ?? nil) ?? 0)
          }
        } catch { found.yield(0) }
        found.finish()
      }
      var port = 0
      for await one in ports {
        port = one
        break
      }
      self.port = port
      #expect(port > 0)
    }

    func end() async {
      await server.drain()
      await running.value
    }

    func ask(
      _ method: String, _ path: String, body: String? = nil,
      headers: [(name: String, value: String)] = []
    ) async throws -> HTTPConnection.Answer {
      let url = "http://127.0.0.1:\(port)\(path)"
      return try await Blocking.run {
        let connection = try #require(HTTPConnection())
        defer { connection.close() }
        return connection.send(
          HTTPConnection.Request(
            method: method, url: url, headers: headers, body: body.map { Array($0.utf8) },
            timeoutMilliseconds: 30_000, connectMilliseconds: 5_000, headLimit: 1 << 16,
            bodyLimit: 1 << 24, isAlone: true))
      }
    }
  }

  private static let token = [(name: "Authorization", value: "Bearer t0ken")]

  private func text(_ answer: HTTPConnection.Answer) -> String {
    String(decoding: answer.body, as: UTF8.self)
  }

  private func header(_ answer: HTTPConnection.Answer, _ name: String) -> String? {
    answer.head.first { $0.lowercased().hasPrefix(name.lowercased() + ":") }.map {
      String($0.dropFirst(name.count + 1)).trimmingWhitespace()
    }
  }

  @Test func whatIsAskedIsAnswered() async throws {
    let served = try await Served()
    for (path, type) in [
      ("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"),
      ("/healthz", "application/json"), ("/metrics", "text/plain; version=0.0.4"),
      ("/api/v1/state", "application/json"), ("/api/v1/status", "application/json"),
      ("/api/v1/events", "application/json"), ("/api/v1/cost?by=model", "application/json"),
      ("/api/v1/openapi.json", "application/json"), ("/api/v1/runs/r1/log", "application/json"),
    ] {
      let answer = try await served.ask("GET", path)
      let ok = path == "/healthz" ? [200, 503] : [200]
      #expect(answer.code == 0 && ok.contains(answer.status), "\(path)")
      #expect(header(answer, "Content-Type")?.hasPrefix(type) == true, "\(path)")
      #expect(header(answer, "Content-Security-Policy")?.hasPrefix("default-src 'none'") == true)
      let head = try await served.ask("HEAD", path)
      #expect(head.body.isEmpty && ok.contains(head.status), "HEAD \(path)")
    }
    await served.end()
  }

  @Test func whatIsRefusedSaysWhyInJSON() async throws {
    let served = try await Served()
    for (method, path, body, status) in [
      ("GET", "/nothing", nil, 404), ("GET", "/api/v1/work-items/7", nil, 404),
      ("GET", "/api/v1/why/7", nil, 404), ("GET", "/api/v1/cost?by=moon", nil, 400),
      ("GET", "/api/v1/events?since=yesterday", nil, 400), ("PUT", "/healthz", "x", 405),
      ("GET", "/api/v1/events?kind=moon", nil, 400),
      ("GET", "/api/v1/runs/r1/log?from=here", nil, 400), ("POST", "/api/v1/stop", "{}", 401),
      ("POST", "/api/v1/webhooks/github", "{}", 401),
    ] as [(String, String, String?, Int)] {
      let answer = try await served.ask(method, path, body: body)
      #expect(answer.status == status, "\(method) \(path)")
      #expect(text(answer).contains("\"error\""), "\(method) \(path)")
    }
    await served.end()
  }

  @Test func eventsOfOneKindAreToldAlone() async throws {
    let served = try await Served()
    let kinds = ["verdict", "run_ended", "delivered"]
    let events = kinds.map {
      #"{"at":"2026-11-28T03:10:00Z","kind":"\#($0)","key":"a/b#1","sentence":"s"}"#
    }
    let read = try JSONDecoder().decode(
      [EventReport].self, from: Data("[\(events.joined(separator: ","))]".utf8))
    served.state.contents.withLock { $0.events = read }
    func told(_ query: String) async throws -> [Bool] {
      let answer = text(try await served.ask("GET", "/api/v1/events" + query))
      return kinds.map { answer.contains("\"\($0)\"") }
    }
    #expect(try await told("") == [true, true, true])
    #expect(try await told("?kind=run_ended") == [false, true, false])
    await served.end()
  }

  @Test func aTranscriptMayBeginBeforeItsEnd() async throws {
    let served = try await Served()
    let answer = try await served.ask("GET", "/api/v1/runs/r1/log?from=-65536")
    #expect(answer.status == 200)
    #expect(served.state.contents.withLock { $0.places } == [-65536])
    await served.end()
  }

  @Test func ordersAreReadStrictly() async throws {
    let served = try await Served()
    func stop(_ body: String, type: String? = "application/json") async throws -> Int {
      let types = type.map { [(name: "Content-Type", value: $0)] } ?? []
      return try await served.ask(
        "POST", "/api/v1/stop", body: body, headers: Self.token + types
      ).status
    }
    #expect(try await stop(#"{"issues": ["acme/app#1"], "reason": "wrong branch"}"#) == 200)
    #expect(try await stop(#"{"all": true}"#) == 200)
    for body in ["{}", "[1]", "{"] { #expect(try await stop(body) == 400, "\(body)") }
    #expect(try await stop(#"{"issues": ["1"], "all": true}"#) == 400)
    #expect(try await stop(#"{"all": true, "until": "2030-01-01T00:00:00Z"}"#) == 400)
    #expect(try await stop("all=true", type: "application/x-www-form-urlencoded") == 415)
    #expect(try await stop("\"" + String(repeating: "a", count: 70_000) + "\"") == 413)
    let orders = served.state.contents.withLock { $0.orders }
    #expect(
      orders == [
        SteeringOrder(.stop, issues: ["acme/app#1"], reason: "wrong branch"),
        SteeringOrder(.stop, all: true),
      ])
    await served.end()
  }

  @Test func aBurstOfWebhooksIsWrittenInGroups() async throws {
    let served = try await Served()
    let body = "{}"
    let code = MessageCode.sha256(Array(body.utf8), key: Array("hook".utf8)) ?? []
    let hex = code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<60 {
        group.addTask {
          try await served.ask(
            "POST", "/api/v1/webhooks/github", body: body,
            headers: [
              (name: "X-Hub-Signature-256", value: "sha256=" + hex),
              (name: "X-GitHub-Event", value: "issues"),
              (name: "X-GitHub-Delivery", value: "id-\(number % 30)"),
            ]
          ).status
        }
      }
      for try await status in group { #expect(status == 200) }
    }
    let contents = served.state.contents.withLock { $0 }
    #expect(contents.seen.count == 30 && contents.writes <= 60)
    try await eventually("a tick for each that was new") {
      served.state.contents.withLock { $0.ticks } == 30
    }
    await served.end()
  }

  /// Whoever sends its body before it reads must not lose the answer.
  @Test func aRefusedBodyIsLetThrough() async throws {
    let served = try await Served()
    let port = served.port
    let answer = try await Blocking.run { () throws -> String in
      let socket = try Raw.connect(port)
      defer { close(socket) }
      let body = [UInt8](repeating: 0x78, count: 26 << 20)
      let head = "POST /api/v1/webhooks/github HTTP/1.1\r\nHost: localhost\r\n"
      let bytes = Array((head + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes { write(socket, $0.baseAddress, $0.count) }
        if count <= 0 { return "lost after \(sent) bytes" }
        sent += count
      }
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = read(socket, &buffer, buffer.count)
      return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
    #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer)")
    await served.end()
  }

  @Test func whoeverIsSlowIsLetGo() async throws {
    let served = try await Served { $0.readMilliseconds = 50 }
    let port = served.port
    let read = try await Blocking.run { () throws -> Int in
      let socket = try Raw.connect(port)
      defer { close(socket) }
      let half = Array("GET /healthz HTTP/1.1\r\nHost: local".utf8)
      _ = write(socket, half, half.count)
      var buffer = [UInt8](repeating: 0, count: 512)
      // Ends when the server does.
      return Glibc.read(socket, &buffer, buffer.count)
    }
    #expect(read == 0)
    #expect(try await served.ask("GET", "/metrics").status == 200, "others are served")
    await served.end()
  }

  @Test func oneTooManyIsTurnedAway() async throws {
    let served = try await Served { $0.connections = 1 }
    let port = served.port
    let held = try await Blocking.run { try Raw.connect(port) }
    let first = try await Blocking.run { () throws -> Bool in
      let ask = Array("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
      _ = write(held, ask, ask.count)
      var buffer = [UInt8](repeating: 0, count: 4096)
      return read(held, &buffer, buffer.count) > 0
    }
    #expect(first)
    #expect(try await served.ask("GET", "/metrics").status == 503)
    close(held)
    try await eventually("there is room again") {
      (try? await served.ask("GET", "/metrics").status) == 200
    }
    await served.end()
  }

  @Test func aTranscriptStreamsToItsEnd() async throws {
    let served = try await Served()
    let answer = try await served.ask(
      "GET", "/api/v1/runs/r1/log", headers: [(name: "Accept", value: "text/event-stream")])
    #expect(
      text(answer)
        == "data: {\"kind\":\"said\",\"text\":\"a\\nb\"}\n\nevent: end\ndata: {}\n\n")
    await served.end()
  }

  @Test func aStreamDoesNotHoldUpTheEnd() async throws {
    let served = try await Served()
    let port = served.port
    let socket = try await Blocking.run { () throws -> Int32 in
      let socket = try Raw.connect(port)
      let ask = Array(
        "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".utf8)
      _ = write(socket, ask, ask.count)
      var buffer = [UInt8](repeating: 0, count: 4096)
      _ = read(socket, &buffer, buffer.count)
      return socket
    }
    await served.end()
    close(socket)
  }

  @Test func aStreamTellsOnceOfEachChange() async throws {
    let served = try await Served()
    let port = served.port
    let socket = try await Blocking.run { () throws -> Int32 in
      let socket = try Raw.connect(port)
      try Raw.send(
        socket,
        "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
      _ = try Raw.read(socket, until: ": open")
      return socket
    }
    let event = try ReportJSON.read(
      """
      {"at":"2026-11-30T01:00:00Z","kind":"verdict","key":"acme/app#1","code":"queued",
       "sentence":"it waits","run":null,"cost_usd":null}
      """, as: EventReport.self)
    served.state.contents.withLock { contents in
      contents.events = [event]
      contents.version = 1
    }
    let first = try await Blocking.run { try Raw.read(socket, until: "event: state") }
    #expect(first.matches(of: #/event: event/#).count == 1)
    #expect(first.contains("acme/app#1"))
    // Another version of the state without a new event.
    served.state.contents.withLock { $0.version = 2 }
    let second = try await Blocking.run { try Raw.read(socket, until: "event: state") }
    #expect(!second.contains("event: event"))
    close(socket)
    await served.end()
  }

  @Test func nobodyAskingEndsIt() async throws {
    let served = try await Served { $0.idleMilliseconds = 50 }
    await served.running.value
  }
}

private enum Raw {
  struct Failed: Error {}

  static func send(_ socket: Int32, _ text: String) throws {
    let bytes = Array(text.utf8)
    guard write(socket, bytes, bytes.count) == bytes.count else { throw Failed() }
  }

  /// All that comes until `words` are among it.
  static func read(_ socket: Int32, until words: String) throws -> String {
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !text.contains(words) {
      let count = Glibc.read(socket, &buffer, buffer.count)
      guard count > 0 else { throw Failed() }
      text += String(decoding: buffer.prefix(count), as: UTF8.self)
    }
    return text
  }

  static func connect(_ port: Int) throws -> Int32 {
    let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(made, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard made >= 0, result == 0 else { throw Failed() }
    return made
  }
}
