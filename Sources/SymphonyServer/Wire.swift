// Requests out of, and answers into, the parts that SwiftNIO's HTTP handlers know.
import NIOCore
import NIOHTTP1
import SymphonyPlatform
import Synchronization

/// The bytes of bodies that all connections together may keep.
///
/// A thousand connections may each send one; without a bound on the sum they would fill the memory.
final class BodyBudget: Sendable {
  private let left: Mutex<Int>
  init(bytes: Int) { left = Mutex(bytes) }

  func take(_ bytes: Int) -> Bool {
    left.withLock { left in
      guard left >= bytes else { return false }
      left -= bytes
      return true
    }
  }

  func give(_ bytes: Int) { left.withLock { $0 += bytes } }
}

/// Reads one request.
struct RequestReader {
  let endpoints: Endpoints
  let peer: ServedRequest.Peer
  let budget: BodyBudget

  typealias Parts = NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

  struct Read {
    var request: ServedRequest
    /// Another may follow on the connection.
    var keepsAlive: Bool
    /// The answer where it is refused.
    var refusal: ServedAnswer?
    /// Its body is still to come.
    var isUnread = false
    /// Bytes taken from the budget, to be given back when it was answered.
    var kept = 0
  }

  /// The next request whole; nil: the connection has ended.
  ///
  /// One that is refused may come without its body: it is answered first, and `skip` lets the body
  /// pass.
  func read(_ parts: inout Parts, _ writer: ResponseWriter) async throws -> Read? {
    guard case .head(let head)? = try await parts.next() else { return nil }
    var request = ServedRequest(
      method: head.method.rawValue, target: head.uri,
      headers: head.headers.map { (name: $0.name, value: $0.value) }, peer: peer)
    request.isHTTP10 = head.version.major == 1 && head.version.minor == 0
    let admission: Endpoints.Admission
    switch endpoints.admits(request) {
    case .failure(let refused): return try await refuse(request, head, refused.answer, &parts)
    case .success(let admitted): admission = admitted
    }
    let tooLarge = ServedAnswer.problem(
      413, "the body is larger than \(admission.limit) bytes")
    if let length = head.length, length > admission.limit {
      return try await refuse(request, head, tooLarge, &parts)
    }
    if head.waits { try await writer.goOn(head.version) }
    var read = Read(request: request, keepsAlive: head.isKeepAlive)
    do {
      if try await readBody(&read, admission, tooLarge, &parts) { return read }
    } catch {
      budget.give(read.kept)
      throw error
    }
    budget.give(read.kept)
    return nil
  }

  /// - Returns: false: the connection ended within it.
  private func readBody(
    _ read: inout Read, _ admission: Endpoints.Admission, _ tooLarge: ServedAnswer,
    _ parts: inout Parts
  ) async throws -> Bool {
    var code = admission.codeKey.flatMap { MessageCode(key: $0) }
    var isKept = true
    var size = 0
    while let part = try await parts.next() {
      switch part {
      case .head: return false
      case .body(let buffer):
        size += buffer.readableBytes
        if size > admission.limit {
          (read.refusal, read.isUnread, read.keepsAlive) = (tooLarge, true, false)
          return true
        }
        if let isTaken = code?.add(buffer.readableBytesView), !isTaken { code = nil }
        guard isKept else { continue }
        if size <= admission.kept, budget.take(buffer.readableBytes) {
          read.kept += buffer.readableBytes
          read.request.body += buffer.readableBytesView
          continue
        }
        // Only an endpoint that reads the body alone needs it.
        isKept = false
        budget.give(read.kept)
        (read.kept, read.request.body) = (0, [])
        guard admission.codeKey == nil else { continue }
        read.refusal = .problem(503, "too many bodies at once", hint: "ask again")
        (read.isUnread, read.keepsAlive) = (true, false)
        return true
      case .end:
        if let code = code.take() { read.request.bodyCode = code.end() }
        return true
      }
    }
    return false
  }

  private func refuse(
    _ request: ServedRequest, _ head: HTTPRequestHead, _ answer: ServedAnswer,
    _ parts: inout Parts
  ) async throws -> Read {
    var read = Read(request: request, keepsAlive: head.isKeepAlive, refusal: answer)
    if head.hasBody {
      (read.isUnread, read.keepsAlive) = (!head.waits, false)
    } else {
      _ = try await parts.next()
    }
    return read
  }

  /// The most bytes of a refused body that are let through unread.
  private static let patience = 64 << 20

  /// Lets a body pass that nobody wants.
  ///
  /// A client that still sends it when the connection ends would never read the answer.
  func skip(_ parts: inout Parts) async throws {
    var bytes = 0
    while let part = try await parts.next() {
      switch part {
      case .head, .end: return
      case .body(let buffer): bytes += buffer.readableBytes
      }
      if bytes > Self.patience { return }
    }
  }
}

extension HTTPRequestHead {
  /// The client sends its body only when it is asked to go on (RFC 9110, 10.1.1).
  fileprivate var waits: Bool { headers.first(name: "Expect")?.lowercased() == "100-continue" }
  fileprivate var length: Int? { headers.first(name: "Content-Length").flatMap(Int.init) }
  fileprivate var hasBody: Bool {
    length.map { $0 > 0 } ?? headers.contains(name: "Transfer-Encoding")
  }
}

/// Answers what is no HTTP, which no request comes of.
final class MalformedRequestAnswer: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  /// Of what is on the connection now.
  private enum Stage {
    /// Nothing was read since the last answer, or a request that has none yet.
    case unanswered
    case answering
    /// The answer was written, and the rest of its request is still to come.
    case answered
    /// It was malformed: nothing more is written.
    case over
  }
  private var stage = Stage.unanswered
  private var isWithinRequest = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: isWithinRequest = true
    case .body: break
    case .end:
      isWithinRequest = false
      if stage == .answered { stage = .unanswered }
    }
    context.fireChannelRead(data)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let damage = error as? HTTPParserError, stage == .unanswered {
      stage = .over
      let status = damage == .headerOverflow ? 431 : 400
      let answer = ServedAnswer.problem(status, "this is no request that HTTP knows: \(damage)")
      if case .bytes(let bytes) = answer.body {
        var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
        headers.add(name: "Content-Length", value: "\(bytes.count)")
        headers.add(name: "Connection", value: "close")
        let head = HTTPResponseHead(
          version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(
          wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      }
    }
    context.fireErrorCaught(error)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if stage == .over {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    switch unwrapOutboundIn(data) {
    case .head(let head): if !(100..<200).contains(head.status.code) { stage = .answering }
    case .body: break
    case .end: stage = isWithinRequest ? .answered : .unanswered
    }
    context.write(data, promise: promise)
  }
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
