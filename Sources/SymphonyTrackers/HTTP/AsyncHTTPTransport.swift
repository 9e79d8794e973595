// The one place that knows AsyncHTTPClient. It is started by the first request, on one event loop
// thread, so that a tick that asks nothing pays nothing. Redirects are off: GitHubClient follows
// them itself, to the same host only, because the token travels with the request.
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOPosix
import NIOSSL
import Synchronization

package final class AsyncHTTPTransport: HTTPTransport {
  /// The largest body we hold, decompressed.
  static let bodyLimit = 32 << 20

  private enum State {
    case idle
    case open(HTTPClient)
    case closed
  }
  private let state = Mutex(State.idle)
  private let url: String
  private let environment: [String: String]
  private let proxy: ProxyChoice?

  /// Makes the transport; `url` is the server every request goes to, which decides once about proxy
  /// and trust.
  package init(url: String, environment: [String: String]) {
    self.url = url
    self.environment = environment
    proxy = ProxyChoice.make(url: url, environment: environment)
  }

  deinit {
    // AsyncHTTPClient insists on a shut-down before its own deinit; the task keeps it alive until
    // then.
    if let client = take() { Task.detached { try? await client.shutdown() } }
  }

  /// Ends the connections; later sends fail.
  ///
  /// May be called twice.
  package func close() async {
    if let client = take() { try? await client.shutdown() }
  }

  private func take() -> HTTPClient? {
    state.withLock { state in
      defer { state = .closed }
      if case .open(let client) = state { return client }
      return nil
    }
  }

  package func send(_ request: HTTPTransportRequest) async throws(TransportError)
    -> HTTPTransportResponse
  {
    guard let client = client() else { throw .failed("the connection was closed by this program") }
    let proxy = proxy
    let timeout = max(1, request.timeoutMilliseconds)
    // AsyncHTTPClient's own deadline ends with the response's head; this race covers the body as
    // well.
    let result = await withTaskGroup(
      of: Result<HTTPTransportResponse, TransportError>.self,
      returning: Result<HTTPTransportResponse, TransportError>.self
    ) { group in
      group.addTask { await Self.exchange(client, request, proxy) }
      group.addTask {
        try? await Task.sleep(nanoseconds: UInt64(timeout) * 1_000_000)
        return .failure(
          TransportFailure.timeOut(afterMilliseconds: timeout, proxy: proxy))
      }
      let first = await group.next() ?? .failure(.timedOut(afterMilliseconds: timeout))
      group.cancelAll()
      return first
    }
    return try result.get()
  }

  private static func exchange(
    _ client: HTTPClient, _ request: HTTPTransportRequest, _ proxy: ProxyChoice?
  ) async -> Result<HTTPTransportResponse, TransportError> {
    var outgoing = HTTPClientRequest(url: request.url)
    outgoing.method = HTTPMethod(rawValue: request.method)
    for (name, value) in request.headers { outgoing.headers.add(name: name, value: value) }
    if let body = request.body { outgoing.body = .bytes(body) }
    var hadHead = false
    do {
      let time = TimeAmount.milliseconds(max(1, request.timeoutMilliseconds))
      let answer = try await client.execute(outgoing, timeout: time)
      hadHead = true
      let buffer = try await answer.body.collect(upTo: bodyLimit)
      return .success(
        HTTPTransportResponse(
          status: Int(answer.status.code),
          headers: answer.headers.map { (name: $0.name, value: $0.value) },
          body: Array(buffer.readableBytesView)))
    } catch {
      return .failure(
        TransportFailure.make(
          error, request: request, limit: bodyLimit, hadHead: hadHead, proxy: proxy))
    }
  }

  /// One thread for all transports of the process, for as long as it lives: requests are serial,
  /// and AsyncHTTPClient's own group would start a thread per core.
  private static let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  private func client() -> HTTPClient? {
    state.withLock { state in
      switch state {
      case .closed: return nil
      case .open(let client): return client
      case .idle:
        let client = HTTPClient(
          eventLoopGroup: Self.eventLoops, configuration: configuration())
        state = .open(client)
        return client
      }
    }
  }

  private func configuration() -> HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5)),
      decompression: .enabled(limit: .size(Self.bodyLimit)))
    configuration.httpVersion = .http1Only
    // The next tick is the retry.
    configuration.connectionPool.retryConnectionEstablishment = false
    if let proxy {
      let parts = proxy.user?.split(separator: ":", maxSplits: 1).map(String.init) ?? []
      configuration.proxy = .server(
        host: proxy.host, port: proxy.port,
        authorization: parts.isEmpty
          ? nil : .basic(username: parts[0], password: parts.count > 1 ? parts[1] : ""))
    }
    if url.hasPrefix("https:"), let file = environment["SSL_CERT_FILE"], !file.isEmpty {
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.trustRoots = .file(file)
      configuration.tlsConfiguration = tls
    }
    return configuration
  }
}
