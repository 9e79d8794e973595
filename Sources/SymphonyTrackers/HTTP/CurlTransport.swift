// The one transport over a network: libcurl, loaded by the first request, so that a tick that asks
// nothing pays nothing. Redirects are off: GitHubClient follows them itself, to the same host only,
// because the token travels with the request.
import Dispatch
import SymphonyCore
import SymphonyPlatform
import Synchronization

package final class CurlTransport: HTTPTransport {
  /// The largest body we hold, unpacked.
  static let bodyLimit = 32 << 20
  /// The largest body of which we take the end.
  static let transferLimit = 64 << 20
  private static let headLimit = 256 << 10
  private static let connectMilliseconds: Int64 = 5000

  private enum State {
    case idle
    case open(HTTPConnection)
    case closed
  }
  /// Held for the whole of an exchange: requests are serial.
  private let state = Mutex(State.idle)
  /// Blocks in the place of Swift's own threads, of which there may be one only.
  private let queue = DispatchQueue(label: "symphony.http")
  private let home: WebAddress?
  private let proxy: ProxyChoice?
  private let environment: [String: String]
  private let trust: String?

  /// Makes the transport; `url` is the server that requests go to, but for those that it sends
  /// elsewhere.
  package init(url: String, environment: [String: String]) {
    home = WebAddress(url)
    self.environment = environment
    proxy = ProxyChoice.make(url: url, environment: environment)
    trust = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
  }

  deinit { end() }

  /// Ends the connections, after the exchange under way; later sends fail.
  ///
  /// May be called twice.
  package func close() async {
    await withCheckedContinuation { done in
      queue.async {
        self.end()
        done.resume()
      }
    }
  }

  private func end() {
    state.withLock { state in
      if case .open(let connection) = state { connection.close() }
      state = .closed
    }
  }

  package func send(_ request: HTTPTransportRequest) async throws(TransportError)
    -> HTTPTransportResponse
  {
    guard request.isSendable else { throw .failed(TransportFailure.badHeader) }
    let result = await withCheckedContinuation { done in
      queue.async { done.resume(returning: self.exchange(request)) }
    }
    return try result.get()
  }

  private func exchange(_ request: HTTPTransportRequest) -> Result<
    HTTPTransportResponse, TransportError
  > {
    state.withLock { state in
      if case .idle = state {
        guard let connection = HTTPConnection() else {
          return .failure(.failed(TransportFailure.noLibrary))
        }
        state = .open(connection)
      }
      guard case .open(let connection) = state else {
        return .failure(.failed("the connection was closed by this program"))
      }
      let started = Clock.monotonicMilliseconds()
      let proxy = proxy(for: request.url)
      let wire = wire(request, proxy)
      let answer = connection.send(wire)
      let failure = TransportFailure.of(
        answer, to: request, after: Clock.monotonicMilliseconds() - started, limit: wire.bodyLimit,
        proxy: proxy)
      if let failure { return .failure(failure) }
      return .success(
        HTTPTransportResponse(
          status: answer.status, headers: Self.headers(answer.head), body: answer.body))
    }
  }

  /// Another server may be beyond another proxy, or beyond none.
  private func proxy(for url: String) -> ProxyChoice? {
    if let home, WebAddress(url)?.isSameOrigin(as: home) == true { return proxy }
    return ProxyChoice.make(url: url, environment: environment)
  }

  private func wire(_ request: HTTPTransportRequest, _ proxy: ProxyChoice?)
    -> HTTPConnection.Request
  {
    let time = max(1, request.timeoutMilliseconds)
    var wire = HTTPConnection.Request(
      method: request.method, url: request.url, headers: request.headers, body: request.body,
      timeoutMilliseconds: time, connectMilliseconds: min(Self.connectMilliseconds, time),
      headLimit: Self.headLimit,
      bodyLimit: request.tail == nil ? Self.bodyLimit : Self.transferLimit,
      isAlone: request.isWrite)
    wire.bodyTail = request.tail
    wire.trust = trust
    wire.proxy = proxy.map { "http://\($0.address)" }
    wire.proxyUser = proxy?.user
    return wire
  }

  /// Of a head: all lines with a colon after the first, which is the status.
  private static func headers(_ lines: [String]) -> [(name: String, value: String)] {
    lines.dropFirst().compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (
        name: String(line[..<colon]),
        value: line[line.index(after: colon)...].trimmingWhitespace()
      )
    }
  }
}

extension HTTPTransportRequest {
  /// Whether nothing in it could end a line of the head (RFC 9110, 5.5 and 5.6.2).
  fileprivate var isSendable: Bool {
    func isText(_ text: String) -> Bool {
      text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F || $0 == "\t" }
    }
    return headers.allSatisfy { name, value in
      !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }
        && isText(value)
    } && isText(url) && isText(method)
  }
}
