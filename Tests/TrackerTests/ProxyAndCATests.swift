// Proxies and private certificates over real sockets: libcurl is told what to use, so that each of
// these fails when our choice is not looked at.
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct ProxyAndCATests {
  static let hasOpenSSL = Spawn.find("openssl", environment: Host.environment) != nil

  private func ask(_ url: String, _ environment: [String: String]) async -> Result<
    Int, TransportError
  > {
    let transport = CurlTransport(url: url, environment: environment)
    let request = HTTPTransportRequest(
      method: "GET", url: url + "/", headers: [(name: "User-Agent", value: "test")], body: nil,
      timeoutMilliseconds: 30_000)
    let result: Result<Int, TransportError>
    do throws(TransportError) {
      result = .success(try await transport.send(request).status)
    } catch {
      result = .failure(error)
    }
    await transport.close()
    return result
  }

  @Test func plainRequestsGoThroughTheProxyWithItsPassword() async throws {
    let proxy = try await ProxyServer.start()
    let found = await ask(
      "http://nowhere.invalid", ["http_proxy": "http://ann:pass%40word@127.0.0.1:\(proxy.port)"])
    #expect(found == .success(200))
    let head = try #require(proxy.heads.first)
    #expect(head.hasPrefix("GET http://nowhere.invalid/ HTTP/1.1"))
    #expect(head.lowercased().contains("proxy-authorization: basic "))
    #expect(head.contains("YW5uOnBhc3NAd29yZA=="))
    let direct = await ask(
      "http://nowhere.invalid",
      ["http_proxy": "http://127.0.0.1:\(proxy.port)", "no_proxy": ".invalid"])
    #expect(direct != .success(200))
    #expect(proxy.heads.count == 1)
    await proxy.stop()
  }

  @Test(.enabled(if: hasOpenSSL))
  func aPrivateCertificateIsTrustedOnlyWhenNamed() async throws {
    let server = try await TLSServer.start()
    let url = "https://localhost:\(server.port)"
    #expect(await ask(url, ["SSL_CERT_FILE": server.certificate]) == .success(200))
    let error = await ask(url, [:])
    #expect(
      error == .failure(.failed("the server's certificate is not trusted (see SSL_CERT_FILE)")))
    // The right authority for the wrong host is no trust.
    let other = await ask(
      "https://localhost.localdomain.invalid:\(server.port)",
      ["SSL_CERT_FILE": server.certificate])
    #expect(other != .success(200))
    server.stop()
  }

  @Test(.enabled(if: hasOpenSSL))
  func secureRequestsAreTunnelled() async throws {
    let server = try await TLSServer.start()
    let proxy = try await ProxyServer.start(target: server.port)
    let address = "http://127.0.0.1:\(proxy.port)"
    let environment = ["HTTPS_PROXY": address, "SSL_CERT_FILE": server.certificate]
    // The proxy leads to the server whatever name it hears: only through it is the name found.
    #expect(await ask("https://api.symphony.test", environment) == .success(200))
    let head = try #require(proxy.heads.first)
    #expect(head.hasPrefix("CONNECT api.symphony.test:443 HTTP/1.1"))
    #expect(!head.contains("Authorization"), "what is said to the server stays inside the tunnel")
    // The certificate is checked through the tunnel as well.
    #expect(await ask("https://other.symphony.test", environment) != .success(200))
    #expect(proxy.heads.count == 2)
    let exempt = environment.merging(["NO_PROXY": "symphony.test"]) { $1 }
    #expect(await ask("https://api.symphony.test", exempt) != .success(200))
    #expect(proxy.heads.count == 2)
    await proxy.stop()
    server.stop()
  }
}

/// `openssl s_server` with a certificate of its own for localhost and api.symphony.test.
private final class TLSServer: Sendable {
  let port: Int
  let certificate: String
  private let pid: Int32
  private let directory: TemporaryDirectory

  static func start() async throws -> TLSServer {
    let directory = try TemporaryDirectory("tls")
    let (key, certificate) = (directory.file("key.pem"), directory.file("cert.pem"))
    let arguments = [
      "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out",
      certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
      "subjectAltName=DNS:localhost,DNS:api.symphony.test",
    ]
    let made = try await Blocking.run {
      try CapturedCommand.run(
        arguments, environment: Host.environment, timeoutMilliseconds: 60_000)
    }
    guard made.exit.isSuccess else { throw TransportError.failed(made.errorOutput) }
    var request = SpawnRequest(
      arguments: [
        "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificate, "-key", key,
      ], environment: Host.environment, directory: directory.path)
    request.output = directory.file("out")
    let pid = try Spawn.start(request)
    let mark = "ACCEPT 127.0.0.1:"
    var port: Int?
    try await eventually("the server says its port") {
      let lines = Files.tail(directory.file("out"), limit: 4096).split(separator: "\n")
      // A line end after it: the number is complete.
      port = lines.first { $0.hasPrefix(mark) }.flatMap { Int($0.dropFirst(mark.count)) }
      return port != nil
    }
    return TLSServer(port: port ?? 0, certificate: certificate, pid: pid, directory: directory)
  }

  private init(port: Int, certificate: String, pid: Int32, directory: TemporaryDirectory) {
    self.port = port
    self.certificate = certificate
    self.pid = pid
    self.directory = directory
  }
  deinit { stop() }

  func stop() {
    Processes.signalChild(pid, Signals.killNow)
    while Spawn.reap(pid) == nil { Clock.sleep(milliseconds: 1) }
  }
}
