// The wire: SwiftNIO listens, parses and writes; everything about it is bounded. Hummingbird was
// not taken because it cannot listen on a socket that systemd hands over. A connection that is
// slow, silent or one too many costs its own time only: the state is read by others.
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

package final class HTTPServer: Sendable {
  package enum Listener: Sendable {
    case address(host: String, port: Int)
    /// A listening socket: its descriptor.
    case inherited(Int32, isSocket: Bool)
  }
  package struct Limits: Sendable {
    /// Milliseconds for a request to arrive whole, and for a piece of an answer to be taken.
    package var readMilliseconds: Int64 = 30_000
    package var writeMilliseconds: Int64 = 60_000
    /// Milliseconds without a request after which it ends; nil: it stays.
    package var idleMilliseconds: Int64?
    /// Milliseconds that a drain gives to answers under way.
    package var drainMilliseconds: Int64 = 5_000
    package var connections = 1000
    package init() {}
  }

  private let endpoints: Endpoints
  private let limits: Limits
  /// One thread for all that is served, which ends with the process: a loop that has been shut down
  /// drops what is still sent to it, and whoever waits for that waits for ever.
  private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private struct Life {
    var open = 0
    var busy = 0
    var streams = 0
    var lastRequest = NIODeadline.now()
    var isEnding = false
    var listeners: [any Channel] = []
    var connections: [ObjectIdentifier: any Channel] = [:]
  }
  private let life = Mutex(Life())

  package init(endpoints: Endpoints, limits: Limits) {
    self.endpoints = endpoints
    self.limits = limits
  }

  private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

  /// Serves until it is told to end, or nobody has asked for the idle time.
  ///
  /// `whenReady`: called with the ports once it listens.
  /// - Throws: what keeps it from listening.
  package func run(_ listeners: [Listener], whenReady: @Sendable ([Int?]) -> Void)
    async throws
  {
    var bound: [(NIOAsyncChannel<Connection, Never>, isSocket: Bool)] = []
    for listener in listeners { bound.append(try await listen(listener)) }
    let channels = bound.map(\.0.channel)
    life.withLock { $0.listeners = channels }
    whenReady(channels.map { $0.localAddress?.port })
    let watch = Task { await self.endWhenIdle() }
    defer { watch.cancel() }
    await withDiscardingTaskGroup { group in
      for (server, isSocket) in bound {
        group.addTask { await self.accept(server, isSocket) }
      }
    }
  }

  /// Takes no more connections, and ends those that wait; answers under way get their time.
  package func drain() async {
    let listeners = life.withLock { life in
      life.isEnding = true
      defer { life.listeners = [] }
      return life.listeners
    }
    for listener in listeners { try? await listener.close() }
    let end = NIODeadline.now() + .milliseconds(limits.drainMilliseconds)
    while life.withLock({ $0.busy }) > 0, NIODeadline.now() < end {
      try? await Task.sleep(nanoseconds: 20_000_000)
    }
    let left = life.withLock { Array($0.connections.values) }
    for connection in left { connection.close(promise: nil) }
  }

  private func endWhenIdle() async {
    guard let idle = limits.idleMilliseconds else { return }
    while !Task.isCancelled {
      try? await Task.sleep(nanoseconds: UInt64(max(10, min(idle / 4, 1000))) * 1_000_000)
      let isOver = life.withLock { life in
        life.busy == 0 && life.streams == 0
          && NIODeadline.now() - life.lastRequest > .milliseconds(idle)
      }
      if isOver { return await drain() }
    }
  }

  // MARK: Listening

  private func listen(_ listener: Listener) async throws
    -> (NIOAsyncChannel<Connection, Never>, isSocket: Bool)
  {
    let bootstrap = ServerBootstrap(group: Self.group)
      .serverChannelOption(.backlog, value: 256)
      .childChannelOption(.maxMessagesPerRead, value: 4)
    let setUp: @Sendable (any Channel) -> EventLoopFuture<Connection> = { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
        return try Connection(wrappingChannelSynchronously: channel)
      }
    }
    switch listener {
    case .address(let host, let port):
      let server = try await bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(host: host, port: port, childChannelInitializer: setUp)
      return (server, false)
    case .inherited(let descriptor, let isSocket):
      return (try await bootstrap.bind(descriptor, childChannelInitializer: setUp), isSocket)
    }
  }

  private func accept(_ server: NIOAsyncChannel<Connection, Never>, _ isSocket: Bool) async {
    try? await server.executeThenClose { inbound in
      try await withThrowingDiscardingTaskGroup { group in
        for try await connection in inbound {
          let isOneTooMany = life.withLock { life in
            life.open += 1
            life.connections[ObjectIdentifier(connection.channel)] = connection.channel
            return life.open > limits.connections
          }
          group.addTask {
            await self.serve(connection, isSocket: isSocket, turnsAway: isOneTooMany)
            self.life.withLock { life in
              life.open -= 1
              life.connections[ObjectIdentifier(connection.channel)] = nil
            }
          }
        }
      }
    }
  }

  // MARK: One connection

  private func serve(_ connection: Connection, isSocket: Bool, turnsAway: Bool) async {
    let channel = connection.channel
    let peer: ServedRequest.Peer =
      isSocket ? .socket : channel.remoteAddress?.isLoopback ?? false ? .loopback : .elsewhere
    try? await connection.executeThenClose { inbound, outbound in
      var parts = inbound.makeAsyncIterator()
      let writer = ResponseWriter(
        channel: channel, outbound: outbound, milliseconds: limits.writeMilliseconds)
      if turnsAway {
        return try await writer.write(
          .problem(503, "too many connections", hint: "ask again"), isHead: false, isLast: true)
      }
      while true {
        let reader = RequestReader(endpoints: endpoints, peer: peer)
        let alarm = channel.eventLoop.scheduleTask(in: .milliseconds(limits.readMilliseconds)) {
          channel.close(promise: nil)
        }
        defer { alarm.cancel() }
        guard let (request, keepsAlive, refusal) = try await reader.read(&parts, writer) else {
          return
        }
        alarm.cancel()
        count(.busy, 1)
        let answer: ServedAnswer
        if let refusal { answer = refusal } else { answer = await endpoints.answer(request) }
        // A stream is not waited for at the end: it has none of its own.
        let counted: Work
        if case .stream = answer.body { counted = .streams } else { counted = .busy }
        if counted == .streams {
          count(.busy, -1)
          count(.streams, 1)
        }
        defer { count(counted, -1) }
        let isLast = !keepsAlive || life.withLock { $0.isEnding }
        try await writer.write(answer, isHead: request.method == "HEAD", isLast: isLast)
        if isLast { return }
      }
    }
  }

  private enum Work { case busy, streams }

  private func count(_ work: Work, _ change: Int) {
    life.withLock { life in
      switch work {
      case .busy: life.busy += change
      case .streams: life.streams += change
      }
      life.lastRequest = .now()
    }
  }
}

extension SocketAddress {
  fileprivate var isLoopback: Bool {
    guard let text = ipAddress else { return false }
    return text.hasPrefix("127.") || text == "::1" || text.hasPrefix("::ffff:127.")
  }
}
