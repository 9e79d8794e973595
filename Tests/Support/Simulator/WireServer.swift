// The simulator's end of each TCP connection: collects a request, hands it on, and writes replies
// in all the ways a network can deliver them. NIO's event loops only; what is answered is decided
// in SimulatorCore.
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// A request and the connection its reply belongs on.
struct Exchange: Sendable {
  enum Delivery: Sendable {
    case whole
    case reset
    case resetMidBody
    case slow(milliseconds: Int)
  }

  var request: WireRequest
  var channel: any Channel
  var keepAlive: Bool

  /// Writes the reply; anything but `.whole` ends the connection.
  func send(_ reply: WireReply, _ delivery: Delivery) {
    let loop = channel.eventLoop
    switch delivery {
    case .reset:
      loop.execute { reset() }
    case .whole:
      loop.execute {
        writeHead(reply, close: !keepAlive)
        if hasBody(reply) { writePart(reply.body[...]) }
        finish(close: !keepAlive)
      }
    case .resetMidBody:
      loop.execute {
        writeHead(reply, close: true)
        writePart(reply.body.prefix(reply.body.count / 2))
        channel.flush()
        reset()
      }
    case .slow(let pause):
      loop.execute {
        writeHead(reply, close: true)
        channel.flush()
        let body = hasBody(reply) ? reply.body : []
        trickle(body, size: max(1, (body.count + 7) / 8), from: 0, pause: pause)
      }
    }
  }

  private func hasBody(_ reply: WireReply) -> Bool {
    request.method != "HEAD" && reply.status != 204 && reply.status != 304
  }

  private func writeHead(_ reply: WireReply, close: Bool) {
    var headers = HTTPHeaders(reply.headers.map { ($0.name, $0.value) })
    if reply.status != 204, reply.status != 304 {
      headers.replaceOrAdd(name: "Content-Length", value: "\(reply.body.count)")
    }
    if close { headers.replaceOrAdd(name: "Connection", value: "close") }
    let head = HTTPResponseHead(
      version: .http1_1, status: HTTPResponseStatus(statusCode: reply.status), headers: headers)
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
  }

  private func writePart(_ bytes: ArraySlice<UInt8>) {
    let buffer = channel.allocator.buffer(bytes: bytes)
    channel.write(HTTPServerResponsePart.body(.byteBuffer(buffer)), promise: nil)
  }

  private func finish(close: Bool) {
    let written = channel.writeAndFlush(HTTPServerResponsePart.end(nil))
    if close { written.whenComplete { _ in channel.close(promise: nil) } }
  }

  private func trickle(_ body: [UInt8], size: Int, from start: Int, pause: Int) {
    guard start < body.count, channel.isActive else { return finish(close: true) }
    writePart(body[start..<min(body.count, start + size)])
    channel.flush()
    channel.eventLoop.scheduleTask(in: .milliseconds(Int64(pause))) {
      trickle(body, size: size, from: start + size, pause: pause)
    }
  }

  /// Closes with RST, so that the client sees a broken connection and no end of a message.
  private func reset() {
    guard let options = channel as? any SocketOptionProvider else {
      return channel.close(promise: nil)
    }
    options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in
      channel.close(promise: nil)
    }
  }
}

/// Collects one request at a time; the pipeline holds further ones back until it is answered.
final class WireConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let core: SimulatorCore
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []

  init(core: SimulatorCore) { self.core = core }

  func channelRead(context: ChannelHandlerContext, data part: NIOAny) {
    switch unwrapInboundIn(part) {
    case .head(let head):
      self.head = head
      body = []
      if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
        let go = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
      }
    case .body(let buffer):
      body.append(contentsOf: buffer.readableBytesView)
    case .end:
      guard let head else { return }
      let request = WireRequest(
        method: head.method.rawValue, target: head.uri, headers: head.headers, body: body)
      self.head = nil
      body = []
      core.receive(
        Exchange(request: request, channel: context.channel, keepAlive: head.isKeepAlive))
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
