// `symphony serve`: the state over HTTP, for people, for Prometheus, for clients of
// github-symphony, and for GitHub's webhooks. Reads as `status` does and writes only what commands
// write.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyServer
import SymphonyTick

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Show the state over HTTP, and take GitHub's webhooks.",
    discussion: """
      A page at /, the state as JSON, /metrics and /healthz. Ticks do not need it: it only reads \
      the state, and has a tick look when a webhook or a person asks. On this machine reading \
      needs nothing; every change, and whoever asks from elsewhere, needs server.token \
      (or SYMPHONY_SERVER_TOKEN), or the Unix socket. TLS is a proxy's: see docs/serve.md.

      Examples:
        symphony serve                       http://127.0.0.1:9097/
        symphony serve --port 8080
        symphony serve --socket ~/.symphony.sock
        symphony serve --idle-exit 600       ends after ten minutes without a request
      """)
  @Option(help: "Port (default: server.port, 9097); 0: any that is free.") var port: Int?
  @Option(help: "Address to listen on (default: server.host, 127.0.0.1).") var host: String?
  @Option(help: "A Unix socket in their place, for its owner alone.") var socket: String?
  @Option(help: "End after so many seconds without a request.") var idleExit: Int?
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if let port, !(0...65535).contains(port) {
      throw ValidationError("--port takes a number from 0 to 65535")
    }
    if let idleExit, idleExit < 1 { throw ValidationError("--idle-exit takes seconds from 1") }
    if socket != nil, port != nil || host != nil {
      throw ValidationError("--socket takes the place of --host and --port")
    }
  }

  func run() async throws {
    try refuseInsideRun()
    let place = try served()
    let settings = ServerSettings.first(place, host: host, global.logbook)
    let policy = settings.policy
    let starter = TickStarter(settings.composition)
    let served = ServedPlace(settings.composition, starter: starter)
    let endpoints = Endpoints(
      state: served, version: symphonyVersion, settings: settings.values)
    let server = HTTPServer(endpoints: endpoints, limits: limits(policy))
    let socket = try ownSocket(policy)
    defer { socket?.remove() }
    let listeners = try self.listeners(policy, socket)
    if !settings.hasToken { global.logbook.write(.info, "no server.token: nothing can be changed") }
    Signals.watch([Signals.terminate, Signals.interrupt])
    let watch = Task {
      await attend(settings, served, starter) { endpoints.adopt($0.values) }
      await server.drain()
    }
    defer { watch.cancel() }
    let logbook = global.logbook
    do {
      try await server.run(listeners) { ports in
        for (listener, port) in zip(listeners, ports) {
          let name = socket?.path ?? Self.name(listener, port)
          logbook.write(.info, "listening on \(name)")
        }
      }
    } catch {
      throw Stop(
        .usage,
        "cannot listen on \(listeners.map { Self.name($0, nil) }.joined(separator: ", ")): "
          + "\(error)",
        hint: "another process may listen there: name another --port")
    }
    starter.finish()
  }

  /// A state that cannot be read is told by /healthz: nothing can be seen where nobody serves.
  private func served() throws -> Place {
    let place = try global.place()
    do { return try place.ofState() } catch let stop as Stop where stop.cause != nil {
      if let problem = stop.message { global.logbook.write(.warning, problem) }
      return place
    }
  }

  /// What is done beside serving, until it is told to end.
  private func attend(
    _ first: ServerSettings, _ served: ServedPlace, _ starter: TickStarter,
    _ adopt: (ServerSettings) -> Void
  ) async {
    var settings = first
    var rounds = 0
    while Signals.seen == nil, !Task.isCancelled {
      try? await Task.sleep(nanoseconds: 200_000_000)
      starter.reap()
      rounds += 1
      if rounds.isMultiple(of: 5), let new = settings.readAnew(served.place) {
        settings = new
        served.adopt(new.composition)
        adopt(new)
      }
    }
  }

  private func limits(_ policy: ServerPolicy) -> HTTPServer.Limits {
    var limits = HTTPServer.Limits()
    limits.readMilliseconds = policy.readTimeout.milliseconds
    limits.writeMilliseconds = policy.writeTimeout.milliseconds
    limits.idleMilliseconds = idleExit.map { Int64($0) * 1000 } ?? policy.idleExit?.milliseconds
    limits.connections = max(16, min(1000, Host.openFileLimit - 100))
    limits.streams = limits.connections / 2
    return limits
  }

  private func ownSocket(_ policy: ServerPolicy) throws -> PrivateSocket? {
    let isNamed = port == nil && host == nil && Host.environment["LISTEN_FDS"] == nil
    guard let path = socket.map({ Files.absolute($0) }) ?? (isNamed ? policy.socket : nil) else {
      return nil
    }
    do throws(PlatformError) { return try PrivateSocket.listen(at: path) } catch {
      throw Stop(.usage, error.description, hint: "name another with --socket")
    }
  }

  /// Sockets that systemd hands over, else the one that is named.
  private func listeners(
    _ policy: ServerPolicy, _ socket: PrivateSocket?
  ) throws -> [HTTPServer.Listener] {
    if let socket { return [.inherited(socket.descriptor, isSocket: true)] }
    let handed = HandedSockets.take()
    if !handed.isEmpty {
      return handed.map { .inherited($0.descriptor, isSocket: $0.isUnix) }
    }
    return [.address(host: host ?? policy.host, port: port ?? policy.port)]
  }

  private static func name(_ listener: HTTPServer.Listener, _ port: Int?) -> String {
    switch listener {
    case .address(let host, let wanted):
      "http://\(host.contains(":") ? "[\(host)]" : host):\(port ?? wanted)/"
    case .inherited(let descriptor, _): "the socket that was handed over (\(descriptor))"
    }
  }
}
