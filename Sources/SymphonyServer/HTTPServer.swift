// The wire: SwiftNIO listens, parses and writes; everything about it is bounded. Hummingbird was
// not taken because it cannot listen on a socket that systemd hands over. A connection that is
// slow, silent or one too many costs its own time only: the state is read by others.
import Glibc
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
    /// Open event streams; the connections above them are always there for short requests.
    package var streams = 400
    /// Bytes of bodies that all connections together keep.
    package var bodyBytes = 32 << 20
    package init() {}
  }

  private let endpoints: Endpoints
  private let limits: Limits
  private let budget: BodyBudget
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
    /// Connections between two requests, or before their first, and since when.
    var resting: [ObjectIdentifier: NIODeadline] = [:]

    /// The one that has sent nothing for the longest time.
    mutating func takeResting() -> (any Channel)? {
      guard let longest = resting.min(by: { $0.value < $1.value }) else { return nil }
      resting[longest.key] = nil
      return connections[longest.key]
    }
  }
  private let life = Mutex(Life())

  package init(endpoints: Endpoints, limits: Limits) {
    self.endpoints = endpoints
    self.limits = limits
    budget = BodyBudget(bytes: limits.bodyBytes)
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
    let wasEnded = life.withLock { life in
      life.listeners = channels
      return life.isEnding
    }
    // It was told to end before it listened.
    if wasEnded { await drain() }
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
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
        try channel.pipeline.syncOperations.addHandler(MalformedRequestAnswer())
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
          let (isOneTooMany, makesRoom) = admit(connection.channel)
          makesRoom?.close(promise: nil)
          group.addTask {
            await self.serve(connection, isSocket: isSocket, turnsAway: isOneTooMany)
            self.life.withLock { life in
              life.open -= 1
              life.connections[ObjectIdentifier(connection.channel)] = nil
              life.resting[ObjectIdentifier(connection.channel)] = nil
            }
          }
        }
      }
    }
  }

  /// Whether a new connection is one too many, and the one that has to end for it.
  ///
  /// Connections on which nobody asks anything keep out nobody who does.
  private func admit(_ channel: any Channel) -> (isOneTooMany: Bool, makesRoom: (any Channel)?) {
    life.withLock { life in
      life.open += 1
      life.lastRequest = .now()
      var makesRoom: (any Channel)?
      if life.open > limits.connections { makesRoom = life.takeResting() }
      life.connections[ObjectIdentifier(channel)] = channel
      life.resting[ObjectIdentifier(channel)] = .now()
      return (life.open > limits.connections && makesRoom == nil, makesRoom)
    }
  }

  // MARK: One connection

  private func serve(_ connection: Connection, isSocket: Bool, turnsAway: Bool) async {
    let channel = connection.channel
    let peer = await Self.peer(channel, isSocket: isSocket)
    try? await connection.executeThenClose { inbound, outbound in
      var parts = inbound.makeAsyncIterator()
      let writer = ResponseWriter(
        channel: channel, outbound: outbound, milliseconds: limits.writeMilliseconds)
      if turnsAway {
        let alarm = channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        defer { alarm.cancel() }
        // HTTP has no answer to what nobody asked.
        guard case .head? = try await parts.next() else { return }
        return try await writer.write(
          .problem(503, "too many connections", hint: "ask again"), isHead: false, isLast: true)
      }
      let reader = RequestReader(endpoints: endpoints, peer: peer, budget: budget)
      while true {
        let alarm = closing(channel)
        defer { alarm.cancel() }
        guard let read = try await reader.read(&parts, writer) else { return }
        alarm.cancel()
        let isLast = try await answer(read, writer)
        if read.isUnread {
          let alarm = closing(channel)
          defer { alarm.cancel() }
          try await reader.skip(&parts)
        }
        if isLast { return }
        life.withLock { $0.resting[ObjectIdentifier(channel)] = .now() }
      }
    }
  }

  /// Ends the connection when a request takes too long to arrive.
  private func closing(_ channel: any Channel) -> Scheduled<Void> {
    channel.eventLoop.scheduleTask(in: .milliseconds(limits.readMilliseconds)) {
      channel.close(promise: nil)
    }
  }

  /// - Returns: whether the connection ends with it.
  private func answer(_ read: RequestReader.Read, _ writer: ResponseWriter) async throws -> Bool {
    defer { budget.give(read.kept) }
    life.withLock { $0.resting[ObjectIdentifier(writer.channel)] = nil }
    count(.busy, 1)
    var answer: ServedAnswer
    if let refusal = read.refusal {
      answer = refusal
    } else {
      answer = await endpoints.answer(read.request)
    }
    // A stream is not waited for at the end: it has none of its own.
    var counted = Work.busy
    if case .stream = answer.body {
      count(.busy, -1)
      counted = .streams
      if !beginStream() {
        count(.busy, 1)
        counted = .busy
        answer = .problem(503, "too many event streams", hint: "close some, or ask for the list")
      }
    }
    defer { count(counted, -1) }
    // The end of a stream that was not asked for would stand before the next answer.
    let isHead = read.request.method == "HEAD"
    let isLast =
      !read.keepsAlive || isHead && counted == .streams || life.withLock { $0.isEnding }
    try await writer.write(answer, isHead: isHead, isLast: isLast)
    return isLast
  }

  private func beginStream() -> Bool {
    life.withLock { life in
      guard life.streams < limits.streams else { return false }
      life.streams += 1
      return true
    }
  }

  /// Of a process, as the kernel gives them (unix(7), struct ucred).
  private struct Credentials {
    var pid: pid_t
    var uid: uid_t
    var gid: gid_t
  }

  /// Who is at the other end of a connection.
  ///
  /// A Unix socket that was handed over may be open to everybody: the kernel says whose process it
  /// is (unix(7), SO_PEERCRED).
  private static func peer(_ channel: any Channel, isSocket: Bool) async -> ServedRequest.Peer {
    guard isSocket else {
      return channel.remoteAddress?.isLoopback ?? false ? .loopback : .elsewhere
    }
    guard let options = channel as? any SocketOptionProvider else { return .loopback }
    do {
      let peer: Credentials = try await options.unsafeGetSocketOption(
        level: .init(SOL_SOCKET), name: .init(SO_PEERCRED)
      ).get()
      return peer.uid == 0 || peer.uid == geteuid() ? .owner : .loopback
    } catch { return .loopback }
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
