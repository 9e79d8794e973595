// A real server on a loopback port over a state that tests set, and connections to it: whole requests
// by a client, and raw bytes for what no client sends.
import FoundationEssentials
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@testable import SymphonyServer

struct Served {
  let state = FakeState()
  let endpoints: Endpoints
  let server: HTTPServer
  let port: Int
  let running: Task<Void, Never>

  static func settings(_ token: String) -> Endpoints.Settings {
    .init(
      gate: Gate(token: Secret(token), hosts: [], origins: []), authMode: "pat",
      webhookSecret: Secret("hook"))
  }

  init(_ edit: (inout HTTPServer.Limits) -> Void = { _ in }) async throws {
    var limits = HTTPServer.Limits()
    edit(&limits)
    let endpoints = Endpoints(state: state, version: "1", settings: Self.settings("t0ken"))
    self.endpoints = endpoints
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

extension HTTPConnection.Answer {
  var text: String { String(decoding: body, as: UTF8.self) }

  func header(_ name: String) -> String? {
    head.first { $0.lowercased().hasPrefix(name.lowercased() + ":") }.map {
      String($0.dropFirst(name.count + 1)).trimmingWhitespace()
    }
  }
}

extension Served {
  static let token = [(name: "Authorization", value: "Bearer t0ken")]
  static let openStream =
    "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
  static let asStream = [(name: "Accept", value: "text/event-stream")]

  /// Of a webhook's body.
  static func signature(_ body: String) -> String {
    let code = MessageCode.sha256(Array(body.utf8), key: Array("hook".utf8)) ?? []
    return "sha256=" + code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  /// A stream of events that has begun; its socket.
  func openStream() async throws -> Int32 {
    let port = port
    return try await Blocking.run {
      let socket = try Raw.connect(port)
      try Raw.send(socket, Self.openStream)
      _ = try Raw.read(socket, until: ": open")
      return socket
    }
  }
}

enum Raw {
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

  /// All that comes until the other side ends.
  static func rest(_ socket: Int32) throws -> String {
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = Glibc.read(socket, &buffer, buffer.count)
      if count == 0 { return text }
      guard count > 0 else { throw Failed() }
      text += String(decoding: buffer.prefix(count), as: UTF8.self)
    }
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
