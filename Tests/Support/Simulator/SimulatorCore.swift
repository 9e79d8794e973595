// The way of one request through the simulator: fault rules, then git, GraphQL or REST, then the
// log, then the wire. Owned by GitHubSimulator and shared with its connections. Blocking work (git,
// the world's lock) runs on threads of its own, so that event loops and Swift's cooperative threads
// stay free; a held request costs no thread.
import NIOCore
import NIOHTTP1
import NIOPosix
import SymphonyCore
import SymphonyPlatform
import Synchronization

final class SimulatorCore: Sendable {
  let world: Mutex<GitHubWorld>
  let traffic = Mutex(Traffic())
  private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])
  /// Lives as long as the process: simulators come and go with tests.
  private static let threads: NIOThreadPool = {
    let pool = NIOThreadPool(numberOfThreads: 8)
    pool.start()
    return pool
  }()

  /// The last good answers, for the fault that repeats them.
  private let earlier = Mutex<[String: WireReply]>([:])

  struct Answer {
    var reply: WireReply
    var wrote = false
    var cost = 0
  }

  init(world: consuming sending GitHubWorld) { self.world = Mutex(world) }

  /// Listens on a free port of the loopback interface and returns the server's channel.
  func listen() async throws -> any Channel {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 256)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
          try channel.pipeline.syncOperations.addHandler(WireConnection(core: self))
          self.keep(channel)
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    keep(server)
    return server
  }

  private func keep(_ channel: any Channel) {
    let key = ObjectIdentifier(channel)
    channels.withLock { $0[key] = channel }
    channel.closeFuture.whenComplete { [weak self] _ in
      _ = self?.channels.withLock { $0.removeValue(forKey: key) }
    }
    // Accepted in the moment of stopping: nobody else would close it.
    if traffic.withLock({ $0.isStopped }) { channel.close(promise: nil) }
  }

  /// Closes every connection; held requests end unanswered.
  func closeAll() {
    let held = traffic.withLock {
      $0.stop()
      return $0.releaseAll()
    }
    for channel in channels.withLock({ Array($0.values) }) { channel.close(promise: nil) }
    for resume in held { resume() }
  }

  var isQuiet: Bool {
    traffic.withLock { $0.active == 0 } && channels.withLock { $0.isEmpty }
  }

  func receive(_ exchange: Exchange) {
    let fault = traffic.withLock { $0.arrive(exchange.request) }
    SimulatorCore.threads.submit { _ in self.proceed(exchange, fault) }
  }

  func releaseHeld() {
    for resume in traffic.withLock({ $0.releaseAll() }) { resume() }
  }

  private func proceed(_ exchange: Exchange, _ fault: Fault?) {
    let request = exchange.request
    guard let fault else { return finish(exchange, carryOut(request), .whole) }
    let early = fault.after ? carryOut(request) : nil
    func answer() -> Answer { early ?? carryOut(request) }
    if let reply = SpoiledReply.instead(fault.kind, of: request, world: world) {
      return finish(exchange, Answer(reply: reply, wrote: early?.wrote ?? false), .whole)
    }
    switch fault.kind {
    case .reset:
      finish(exchange, early ?? Answer(reply: WireReply(status: 0)), .reset)
    case .hang(let seconds):
      hold(exchange, early, seconds)
    case .stale:
      let key = SimulatorCore.key(request)
      let old = earlier.withLock { $0[key] }
      finish(exchange, old.map { Answer(reply: $0) } ?? answer(), .whole)
    case .truncated:
      var answer = answer()
      answer.reply.body = Array(answer.reply.body.prefix(answer.reply.body.count * 3 / 5))
      finish(exchange, answer, .whole)
    case .partial(let path, let type):
      var answer = answer()
      SpoiledReply.null(path, type, in: &answer.reply)
      finish(exchange, answer, .whole)
    case .resetMidBody:
      finish(exchange, answer(), .resetMidBody)
    case .slow(let milliseconds):
      finish(exchange, answer(), .slow(milliseconds: milliseconds))
    default:
      finish(exchange, answer(), .whole)
    }
  }

  private static func key(_ request: WireRequest) -> String {
    request.target + "\n" + StableHash.hex(String(decoding: request.body, as: UTF8.self))
  }

  private func hold(_ exchange: Exchange, _ early: Answer?, _ seconds: Double?) {
    let resume: @Sendable () -> Void = {
      SimulatorCore.threads.submit { _ in
        let stopping = self.traffic.withLock { $0.isStopped }
        if stopping || !exchange.channel.isActive {
          return self.finish(
            exchange, Answer(reply: WireReply(status: 0), wrote: early?.wrote ?? false), .reset)
        }
        self.finish(exchange, early ?? self.carryOut(exchange.request), .whole)
      }
    }
    guard let id = traffic.withLock({ $0.hold(resume) }) else { return resume() }
    // A client that gives up is noticed at once, not at the release.
    exchange.channel.closeFuture.whenComplete { _ in
      self.traffic.withLock { $0.release(id) }?()
    }
    if let seconds {
      exchange.channel.eventLoop.scheduleTask(in: .milliseconds(Int64(seconds * 1000))) {
        self.traffic.withLock { $0.release(id) }?()
      }
    }
  }

  private func finish(_ exchange: Exchange, _ answer: Answer, _ delivery: Exchange.Delivery) {
    let request = exchange.request
    var reply = answer.reply
    var status = reply.status
    if case .reset = delivery { status = 0 }
    let entry = LoggedRequest(
      method: request.method, path: request.target, status: status,
      conditional: request.isConditional, wasWrite: answer.wrote, isGit: GitRoute(request) != nil,
      operation: request.operation, cost: answer.cost)
    traffic.withLock { $0.leave(entry) }
    reply.set("Server", "github.com")
    reply.set("Date", world.withLock { $0.now }.httpDate)
    exchange.send(reply, delivery)
  }

  private func carryOut(_ request: WireRequest) -> Answer {
    do {
      if let reply = world.withLock({ RestActions.stored(request, $0) }) {
        return Answer(reply: reply)
      }
      if let route = GitRoute(request) { return try serveGit(route, request) }
      var answer: Answer
      if request.isGraphQL {
        let done = try world.withLock { try GraphEndpoint.answer(request, world: &$0) }
        answer = Answer(reply: done.reply, wrote: done.wrote, cost: done.points)
      } else {
        let reply = try world.withLock { try Rest.answer(request, world: &$0) }
        let wrote = !request.isReadOnly && (200..<300).contains(reply.status)
        answer = Answer(reply: reply, wrote: wrote, cost: reply.status == 304 ? 0 : 1)
      }
      if answer.reply.status == 200 {
        let key = SimulatorCore.key(request)
        earlier.withLock { replies in
          if replies.count > 200 { replies = [:] }
          replies[key] = answer.reply
        }
      }
      return answer
    } catch {
      // A bug of the simulator: tests must see it, not a plausible refusal.
      var reply = WireReply.text(500, "{\"message\":\"simulator bug: \(error)\"}")
      reply.set("X-Sim-Bug", "1")
      return Answer(reply: reply)
    }
  }

  private func serveGit(_ route: GitRoute, _ request: WireRequest) throws -> Answer {
    let (early, login, room) = world.withLock { GitBackend.refusal(route, request, $0) }
    if let early { return Answer(reply: early) }
    guard let room else { return Answer(reply: RestError.notFound.reply) }
    let reply = try GitBackend(git: room.git).answer(
      route, request, login: login, protected: room.protectedBranches, refusal: room.pushRefusal)
    guard route.tail == "git-receive-pack" else { return Answer(reply: reply) }
    // A refused push answers 200 as well; only moved branches tell that something was written.
    let wrote = try world.withLock { world in
      let before = world.rooms[room.facts.id]?.heads
      try world.noteBranches(room.facts.id)
      return world.rooms[room.facts.id]?.heads != before
    }
    return Answer(reply: reply, wrote: wrote)
  }
}
