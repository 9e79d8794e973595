// An HTTP proxy on this machine: tunnels CONNECT to one address whatever was asked for, and answers
// plain requests itself. Tests look at what it was asked. Nothing is checked or limited.
import NIOCore
import NIOPosix
import Synchronization

package final class ProxyServer: Sendable {
  private let seen = Mutex<[String]>([])
  private let server = Mutex<(any Channel)?>(nil)
  /// Where tunnels end; nil: they are refused.
  private let target: Int?
  /// It wants a password, and takes none.
  private let isLocked: Bool

  /// The heads of the requests so far, each from its first line to the empty one.
  package var heads: [String] { seen.withLock { $0 } }
  package var port: Int { server.withLock { $0?.localAddress?.port } ?? 0 }

  /// Starts listening; every tunnel leads to the port `target` on 127.0.0.1.
  package static func start(target: Int? = nil, isLocked: Bool = false) async throws -> ProxyServer
  {
    let proxy = ProxyServer(target: target, isLocked: isLocked)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(ProxyConnection(proxy: proxy))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    proxy.server.withLock { $0 = channel }
    return proxy
  }

  private init(target: Int?, isLocked: Bool) {
    self.target = target
    self.isLocked = isLocked
  }

  package func stop() async { try? await server.withLock { $0 }?.close() }

  fileprivate func take(_ head: String, from channel: any Channel) {
    seen.withLock { $0.append(head) }
    if isLocked {
      return end(
        channel,
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n"
          + "Content-Length: 0\r\n\r\n")
    }
    guard head.hasPrefix("CONNECT ") else {
      let answer =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
        + "Connection: close\r\n\r\n{}"
      return end(channel, answer)
    }
    guard let target else {
      return end(channel, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    }
    ClientBootstrap(group: channel.eventLoop)
      .channelInitializer { other in
        other.eventLoop.makeCompletedFuture {
          try other.pipeline.syncOperations.addHandler(Pipe(other: channel))
        }
      }
      .connect(host: "127.0.0.1", port: target)
      .whenComplete { result in
        switch result {
        case .failure: self.end(channel, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        case .success(let other):
          let pipeline = channel.pipeline.syncOperations
          try? pipeline.addHandler(Pipe(other: other))
          channel.writeAndFlush(
            channel.allocator.buffer(string: "HTTP/1.1 200 OK\r\n\r\n"), promise: nil)
        }
      }
  }

  private func end(_ channel: any Channel, _ answer: String) {
    channel.writeAndFlush(channel.allocator.buffer(string: answer)).whenComplete { _ in
      channel.close(promise: nil)
    }
  }
}

/// Collects one head, then lets everything through to whoever is behind it in the pipeline.
private final class ProxyConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let proxy: ProxyServer
  private var head = ""
  private var isDone = false

  init(proxy: ProxyServer) { self.proxy = proxy }

  func channelRead(context: ChannelHandlerContext, data part: NIOAny) {
    if isDone { return context.fireChannelRead(part) }
    head += String(decoding: unwrapInboundIn(part).readableBytesView, as: UTF8.self)
    guard head.contains("\r\n\r\n") else { return }
    isDone = true
    proxy.take(head, from: context.channel)
  }
}

/// Hands what arrives here to another connection; both end together.
private final class Pipe: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let other: any Channel

  init(other: any Channel) { self.other = other }

  func channelRead(context: ChannelHandlerContext, data part: NIOAny) {
    other.writeAndFlush(unwrapInboundIn(part), promise: nil)
  }
  func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
}
