// What people read when there is no answer: words instead of a library's names, and the proxy in
// between, without its password.
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct TransportWordsTests {
  private func failure(_ url: String, _ environment: [String: String] = [:]) async -> String? {
    let transport = CurlTransport(url: url, environment: environment)
    let words = await failure(url, transport, timeout: 30_000)
    await transport.close()
    return words
  }

  private func failure(_ url: String, _ transport: CurlTransport, timeout: Int64) async
    -> String?
  {
    let request = HTTPTransportRequest(
      method: "GET", url: url + "/", headers: [(name: "User-Agent", value: "test")], body: nil,
      timeoutMilliseconds: timeout)
    do throws(TransportError) { _ = try await transport.send(request) } catch {
      return error.sentence
    }
    return nil
  }

  /// The first half of something packed.
  private static let packed: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 74, 84, 178, 82, 74, 74, 78, 73, 77, 75,
  ]

  private struct Damage: Sendable {
    var head: [String]
    var body: [UInt8]
    var words: String
    init(_ head: [String], _ body: [UInt8], _ words: String) {
      (self.head, self.body, self.words) = (head, body, words)
    }
  }
  private static let zip = ["HTTP/1.1 200 OK", "Content-Encoding: gzip", "Content-Length: 22"]
  private static let damages: [Damage] = [
    Damage(
      ["HTTP/1.1 200 OK", "Content-Encoding: gzip", "Content-Length: 40"], packed,
      "the answer was cut short"),
    Damage(
      ["HTTP/1.1 200 OK", "Content-Length: 100"], Array("{\"a\":".utf8), "the answer was cut short"
    ),
    Damage(
      ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"], Array("5\r\n{\"a".utf8),
      "the answer was cut short"),
    Damage(
      zip, packed.prefix(10) + [UInt8](repeating: 255, count: 12), "the answer cannot be unpacked"),
    Damage([], [], "the server closed the connection without an answer"),
  ]

  @Test(arguments: damages.indices)
  func aDamagedAnswerIsToldInWords(_ index: Int) async throws {
    let damage = Self.damages[index]
    let head = damage.head.map { $0 + "\r\n" }.joined() + (damage.head.isEmpty ? "" : "\r\n")
    let bytes = Array(head.utf8) + damage.body
    let server = try RawServer()
    async let served: Void = server.answer(bytes)
    #expect(await failure("http://127.0.0.1:\(server.port)") == damage.words)
    try await served
  }

  /// A connection that was used before may end without an answer after the request was carried out.
  @Test func nothingIsSentTwice() async throws {
    let server = try RawServer()
    let url = "http://127.0.0.1:\(server.port)"
    let transport = CurlTransport(url: url, environment: [:])
    func send(_ method: String, _ path: String, isWrite: Bool) async -> String? {
      let request = HTTPTransportRequest(
        method: method, url: url + path, headers: [], body: method == "GET" ? nil : [1],
        timeoutMilliseconds: 30_000, isWrite: isWrite)
      do throws(TransportError) {
        _ = try await transport.send(request)
        return nil
      } catch { return error.sentence }
    }
    async let served = server.answerFirst()
    let lost = "the server closed the connection without an answer"
    #expect(await send("GET", "/one", isWrite: false) == nil)
    #expect(await send("GET", "/two", isWrite: false) == lost, "it was the second there")
    #expect(await send("POST", "/three", isWrite: true) == lost)
    #expect(await send("GET", "/end", isWrite: false) == nil)
    let paths = try await served.map { $0.split(separator: " ").dropFirst().first ?? "" }
    #expect(paths == ["/one", "/two", "/three", "/end"])
    await transport.close()
  }

  @Test(arguments: [("X", "a\r\nb"), ("X", "a\0b"), ("X: y", "a"), ("", "a"), ("X\n", "a")])
  func nothingEndsALineOfTheHead(_ name: String, _ value: String) async {
    let transport = CurlTransport(url: "http://127.0.0.1:1", environment: [:])
    let request = HTTPTransportRequest(
      method: "GET", url: "http://127.0.0.1:1/", headers: [(name: name, value: value)], body: nil,
      timeoutMilliseconds: 1000)
    let error = await #expect(throws: TransportError.self) { try await transport.send(request) }
    #expect(error == .failed(TransportFailure.badHeader))
    await transport.close()
  }

  @Test func everyFailureNamesTheProxy() async throws {
    let proxy = try await ProxyServer.start()
    let place = "127.0.0.1:\(proxy.port)"
    let address = "http://ann:secret@\(place)"
    let through = "(through the proxy \(place))"
    #expect(
      await failure("https://nowhere.invalid", ["HTTPS_PROXY": address])
        == "the proxy refused the connection, see HTTPS_PROXY \(through)")
    #expect(
      await failure("https://nowhere.invalid", ["https_proxy": address, "HTTPS_PROXY": "other:1"])
        == "the proxy refused the connection, see https_proxy \(through)")
    #expect(
      await failure("https://nowhere.invalid", ["ALL_PROXY": address, "http_proxy": "other:1"])
        == "the proxy refused the connection, see ALL_PROXY \(through)")
    await proxy.stop()
    let locked = try await ProxyServer.start(isLocked: true)
    for (scheme, variable) in [("http", "http_proxy"), ("https", "HTTPS_PROXY")] {
      let words = await failure(
        "\(scheme)://nowhere.invalid", [variable: "http://127.0.0.1:\(locked.port)"])
      #expect(
        words == "the proxy wants a password (\(variable)=http://name:password@host:port) "
          + "(through the proxy 127.0.0.1:\(locked.port))")
    }
    await locked.stop()
    // Nobody listens there.
    #expect(
      await failure("https://nowhere.invalid", ["HTTPS_PROXY": "http://ann:secret@127.0.0.1:1"])
        == "connection refused (through the proxy 127.0.0.1:1)")
  }

  @Test func aSilentProxyIsNamed() async throws {
    // It accepts, and says nothing.
    var server: RawServer? = try RawServer()
    let place = "127.0.0.1:\(server?.port ?? 0)"
    let url = "http://nowhere.invalid"
    let transport = CurlTransport(
      url: url, environment: ["http_proxy": "http://ann:secret@\(place)"])
    let words = await failure(url, transport, timeout: 50)
    #expect(words == "no answer within 50 ms (through the proxy \(place))")
    // Nobody waits for it any longer.
    server = nil
    await transport.close()
  }
}
