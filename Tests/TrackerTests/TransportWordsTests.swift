// What people read when there is no answer: words instead of a library's names, and the proxy in
// between, without its password.
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct TransportWordsTests {
  private func failure(_ url: String, _ environment: [String: String] = [:]) async -> String? {
    let transport = AsyncHTTPTransport(url: url, environment: environment)
    let words = await failure(url, transport, timeout: 30_000)
    await transport.close()
    return words
  }

  private func failure(_ url: String, _ transport: AsyncHTTPTransport, timeout: Int64) async
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
    Damage(zip, packed, "the answer was cut short"),
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
      await failure("http://nowhere.invalid", ["http_proxy": address])
        == "the proxy refused the connection, see http_proxy; for plain http as well it must "
        + "allow CONNECT \(through)")
    #expect(
      await failure("http://nowhere.invalid", ["ALL_PROXY": address, "HTTPS_PROXY": "other:1"])?
        .contains("see ALL_PROXY; for plain http") == true)
    await proxy.stop()
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
    let transport = AsyncHTTPTransport(
      url: url, environment: ["http_proxy": "http://ann:secret@\(place)"])
    let words = await failure(url, transport, timeout: 50)
    #expect(words == "no answer within 50 ms (through the proxy \(place))")
    // Nobody waits for it any longer.
    server = nil
    await transport.close()
  }
}
