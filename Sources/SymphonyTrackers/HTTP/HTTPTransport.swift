// One HTTP exchange as a value in and a value out, so that everything above it is tested without
// a network. GitHubClient is the only caller. No redirects, no retries and no caching happen
// here: those are decisions, and decisions live above.

package protocol HTTPTransport: Sendable {
  /// Sends one request and returns whatever the server answered, error statuses included.
  func send(_ request: HTTPTransportRequest) async throws(TransportError) -> HTTPTransportResponse
}

package struct HTTPTransportRequest: Sendable {
  package var method: String
  package var url: String
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]?
  /// The time-out of the whole exchange, the body included.
  package var timeoutMilliseconds: Int64
  /// It changes something, so that it must not be sent a second time by itself.
  package var isWrite: Bool
  /// Only the last bytes of the answer's body are wanted, so many; nil: all of them.
  package var tail: Int?
  package init(
    method: String, url: String, headers: [(name: String, value: String)], body: [UInt8]?,
    timeoutMilliseconds: Int64, isWrite: Bool = false
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeoutMilliseconds = timeoutMilliseconds
    self.isWrite = isWrite
    self.tail = nil
  }
}

package struct HTTPTransportResponse: Sendable {
  package var status: Int
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]
  package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }
  /// The first header of that name, compared without case.
  package func header(_ name: String) -> String? {
    let wanted = name.lowercased()
    return headers.first { $0.name.lowercased() == wanted }?.value
  }
}

/// Why there is no answer.
///
/// The request may have been carried out all the same.
package enum TransportError: Error, Hashable, Sendable {
  case timedOut(afterMilliseconds: Int64)
  /// The body is larger than we are willing to hold; the limit in bytes.
  case tooLarge(limit: Int)
  /// Refused, reset, no such host, cut short, TLS trouble, in words for people; also a time-out
  /// behind a proxy, which is named.
  case failed(String)

  package var sentence: String {
    switch self {
    case .timedOut(let time): "no answer within \(Int(time)) ms"
    case .tooLarge(let limit): "the answer is larger than \(limit >> 20) MB"
    case .failed(let why): why
    }
  }
}
