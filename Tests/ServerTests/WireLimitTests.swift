// A real server on a loopback port: what is refused before anybody reads it, who is let go, who makes
// room for whom, and how it ends.
import FoundationEssentials
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Synchronization
import Testing

@testable import SymphonyServer

@Suite struct WireLimitTests {
  /// Its signature is over all of it, whatever is kept.
  @Test func ofALargeWebhookNothingIsKept() async throws {
    for bytes in [1 << 10, 5 << 20] {
      let served = try await Served { $0.bodyBytes = bytes }
      let body = #"{"x": ""# + String(repeating: "a", count: 4 << 20) + "\"}"
      let answer = try await served.ask(
        "POST", "/api/v1/webhooks/github", body: body,
        headers: [
          (name: "X-Hub-Signature-256", value: Served.signature(body)),
          (name: "X-GitHub-Event", value: "pull_request"),
          (name: "X-GitHub-Delivery", value: "id-1"),
        ])
      #expect(answer.status == 200 && served.state.contents.withLock { $0.mattering } == 1)
      await served.end()
    }
  }

  @Test func bodiesTogetherHaveABound() async throws {
    let served = try await Served { $0.bodyBytes = 100 }
    let body = #"{"all": true, "reason": ""# + String(repeating: "a", count: 100) + "\"}"
    let refused = try await served.ask("POST", "/api/v1/stop", body: body, headers: Served.token)
    #expect(refused.status == 503 && refused.text.contains("too many bodies"))
    // What was taken is given back.
    for _ in 0..<20 {
      let small = try await served.ask(
        "POST", "/api/v1/stop", body: #"{"all": true, "reason": "enough"}"#, headers: Served.token)
      #expect(small.status == 200)
    }
    await served.end()
  }

  @Test func whatIsNotHTTPIsAnsweredInJSON() async throws {
    let served = try await Served()
    let port = served.port
    let long = "GET /healthz HTTP/1.1\r\nX: " + String(repeating: "a", count: 200_000)
    for (request, status) in [
      ("FOO / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400), ("hello\r\n\r\n", 400),
      ("POST /api/v1/stop HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
      (long, 431),
    ] {
      let answer = try await Blocking.run { () throws -> String in
        let socket = try Raw.connect(port)
        defer { close(socket) }
        try Raw.send(socket, request)
        return try Raw.read(socket, until: "}\n")
      }
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
      #expect(answer.contains("\"error\"") && answer.contains("application/json"))
    }
    await served.end()
  }

  /// It says that more is to come, and sends nothing.
  @Test func aRefusalWaitsForNoBody() async throws {
    let served = try await Served()
    let port = served.port
    for head in [
      "POST /api/v1/stop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n",
      "POST /api/v1/webhooks/github HTTP/1.1\r\nHost: localhost\r\n"
        + "Content-Length: 27000000\r\n\r\n",
    ] {
      let answer = try await Blocking.run { () throws -> String in
        let socket = try Raw.connect(port)
        defer { close(socket) }
        try Raw.send(socket, head)
        return try Raw.read(socket, until: "}\n")
      }
      #expect(answer.hasPrefix("HTTP/1.1 4"), "\(answer)")
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
    let held = try await served.openStream()
    #expect(try await served.ask("GET", "/metrics").status == 503)
    close(held)
    try await eventually("there is room again") {
      (try? await served.ask("GET", "/metrics").status) == 200
    }
    await served.end()
  }

  @Test func whoAsksNothingMakesRoom() async throws {
    let served = try await Served { $0.connections = 2 }
    let port = served.port
    let idle = try await Blocking.run { try (0..<2).map { _ in try Raw.connect(port) } }
    for _ in 0..<3 { #expect(try await served.ask("GET", "/metrics").status == 200) }
    for socket in idle { close(socket) }
    await served.end()
  }

  @Test func streamsLeaveRoomForRequests() async throws {
    let served = try await Served { $0.streams = 1 }
    let held = try await served.openStream()
    let second = try await served.ask("GET", "/api/v1/events", headers: Served.asStream)
    #expect(second.status == 503 && second.text.contains("too many event streams"))
    #expect(try await served.ask("GET", "/metrics").status == 200)
    close(held)
    try await eventually("another may be opened") {
      let first = try? await served.ask("GET", "/api/v1/runs/r1/log", headers: Served.asStream)
      return first?.status == 200
    }
    await served.end()
  }

  @Test func aStreamDoesNotHoldUpTheEnd() async throws {
    let served = try await Served()
    let socket = try await served.openStream()
    await served.end()
    close(socket)
  }

  /// What would end the stream must not stand before the next answer.
  @Test func theHeadOfAStreamIsTheLastOfItsConnection() async throws {
    let served = try await Served()
    let port = served.port
    let answer = try await Blocking.run { () throws -> String in
      let socket = try Raw.connect(port)
      defer { close(socket) }
      try Raw.send(socket, Served.openStream.replacing("GET", with: "HEAD"))
      return try Raw.rest(socket)
    }
    #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("Connection: close"))
    await served.end()
  }

  @Test func whoIsToldToEndBeforeItListensEnds() async throws {
    let endpoints = Endpoints(
      state: FakeState(), version: "1", settings: Served.settings("t0ken"))
    let server = HTTPServer(endpoints: endpoints, limits: HTTPServer.Limits())
    await server.drain()
    try await server.run([.address(host: "127.0.0.1", port: 0)]) { _ in }
  }

  @Test func nobodyAskingEndsIt() async throws {
    let served = try await Served { $0.idleMilliseconds = 50 }
    await served.running.value
  }
}
