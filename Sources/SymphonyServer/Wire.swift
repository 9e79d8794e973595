// Requests out of, and answers into, the parts that SwiftNIO's HTTP handlers know.
import NIOCore
import NIOHTTP1

/// Reads one request.
struct RequestReader {
  let endpoints: Endpoints
  let peer: ServedRequest.Peer

  typealias Parts = NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

  /// The next request whole; nil: the connection has ended.
  ///
  /// With it whether another may follow, and the answer where it is refused.
  func read(_ parts: inout Parts, _ writer: ResponseWriter) async throws
    -> (request: ServedRequest, keepsAlive: Bool, refusal: ServedAnswer?)?
  {
    guard case .head(let head)? = try await parts.next() else { return nil }
    var request = ServedRequest(
      method: head.method.rawValue, target: head.uri,
      headers: head.headers.map { (name: $0.name, value: $0.value) }, peer: peer)
    let limit: Int
    switch endpoints.admits(request) {
    case .failure(let refused):
      let isWhole = try await skip(&parts)
      return (request, head.isKeepAlive && isWhole, refused.answer)
    case .success(let bytes): limit = bytes
    }
    let tooLarge = ServedAnswer.problem(413, "the body is larger than \(limit) bytes")
    if let length = head.headers.first(name: "Content-Length").flatMap(Int.init), length > limit {
      let isWhole = head.waits ? false : try await skip(&parts)
      return (request, head.isKeepAlive && isWhole, tooLarge)
    }
    if head.waits { try await writer.goOn(head.version) }
    while let part = try await parts.next() {
      switch part {
      case .head: return nil
      case .body(let buffer):
        guard request.body.count + buffer.readableBytes <= limit else {
          return (request, try await skip(&parts) && head.isKeepAlive, tooLarge)
        }
        request.body += buffer.readableBytesView
      case .end: return (request, head.isKeepAlive, nil)
      }
    }
    return nil
  }

  /// The most bytes of a refused body that are let through unread.
  private static let patience = 64 << 20

  /// Lets a body pass that nobody wants.
  ///
  /// A client that still sends it when the connection ends would never read the answer.
  /// - Returns: whether it came to its end.
  private func skip(_ parts: inout Parts) async throws -> Bool {
    var bytes = 0
    while let part = try await parts.next() {
      switch part {
      case .head: return false
      case .body(let buffer): bytes += buffer.readableBytes
      case .end: return true
      }
      if bytes > Self.patience { return false }
    }
    return false
  }
}

extension HTTPRequestHead {
  /// The client sends its body only when it is asked to go on (RFC 9110, 10.1.1).
  fileprivate var waits: Bool { headers.first(name: "Expect")?.lowercased() == "100-continue" }
}

/// Writes answers to one connection; a reader that does not take a piece in time is let go.
struct ResponseWriter: Sendable {
  let channel: any Channel
  let outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
  let milliseconds: Int64

  /// The largest piece that is written at once.
  private static let piece = 64 << 10

  func goOn(_ version: HTTPVersion) async throws {
    try await write(.head(HTTPResponseHead(version: version, status: .continue)))
  }

  /// Writes one answer.
  ///
  /// `isHead`: only the head is sent. `isLast`: the connection ends with it.
  func write(_ answer: ServedAnswer, isHead: Bool, isLast: Bool) async throws {
    var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
    if isLast { headers.add(name: "Connection", value: "close") }
    let status = HTTPResponseStatus(statusCode: answer.status)
    switch answer.body {
    case .bytes(let bytes):
      if answer.status != 204 { headers.add(name: "Content-Length", value: "\(bytes.count)") }
      try await write(
        .head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
      if !isHead { try await write(bytes) }
    case .stream(let body):
      headers.add(name: "Transfer-Encoding", value: "chunked")
      try await write(
        .head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
      if !isHead { try await stream(body) }
    }
    try await write(.end(nil))
  }

  /// Ends with the body, or as soon as the connection does.
  private func stream(
    _ body: @escaping @Sendable (_ send: @escaping ServedAnswer.StreamWriter) async throws -> Void
  ) async throws {
    let writing = Task { try await body { try await self.write($0) } }
    channel.closeFuture.whenComplete { _ in writing.cancel() }
    try await writing.value
  }

  private func write(_ bytes: [UInt8]) async throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Self.piece)
      rest = rest.dropFirst(piece.count)
      try await write(.body(.byteBuffer(ByteBuffer(bytes: piece))))
    }
  }

  private func write(_ part: HTTPServerResponsePart) async throws {
    let channel = channel
    let alarm = channel.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
      channel.close(promise: nil)
    }
    defer { alarm.cancel() }
    try await outbound.write(part)
  }
}
