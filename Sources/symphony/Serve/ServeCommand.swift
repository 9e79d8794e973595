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
    let place = try global.place().ofState()
    let composition = Composition(place: place, logbook: global.logbook)
    let load = composition.loadPolicy(lastGood: nil)
    let policy = load.policy?.server ?? ServerPolicy()
    if let problem = load.problem { global.logbook.write(.warning, problem) }
    let starter = TickStarter(composition)
    let token = policy.token ?? secret("SYMPHONY_SERVER_TOKEN", composition)
    let hookSecret = policy.webhookSecret ?? secret("GITHUB_WEBHOOK_SECRET", composition)
    let host = host ?? policy.host
    let gate = Gate(token: token, hosts: [host], origins: policy.corsOrigins)
    let endpoints = Endpoints(
      state: ServedPlace(composition, starter: starter), gate: gate,
      options: Endpoints.Options(
        version: symphonyVersion, authMode: authMode(load.policy), webhookSecret: hookSecret))
    var limits = HTTPServer.Limits()
    limits.readMilliseconds = policy.readTimeout.milliseconds
    limits.writeMilliseconds = policy.writeTimeout.milliseconds
    limits.idleMilliseconds = idleExit.map { Int64($0) * 1000 } ?? policy.idleExit?.milliseconds
    limits.connections = max(16, min(1000, Host.openFileLimit - 100))
    let server = HTTPServer(endpoints: endpoints, limits: limits)
    let socket = try ownSocket(policy)
    defer { if let socket { socket.remove() } }
    let listeners = try self.listeners(policy, host, socket)
    if token == nil { global.logbook.write(.info, "no server.token: nothing can be changed") }
    Signals.watch([Signals.terminate, Signals.interrupt])
    let watch = Task {
      while Signals.seen == nil, !Task.isCancelled {
        try? await Task.sleep(nanoseconds: 200_000_000)
        starter.reap()
      }
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
  }

  /// A Unix socket that this process made.
  private struct OwnSocket: Sendable {
    var path: String
    var descriptor: Int32

    /// What has taken its place is not ours to remove, and nobody is told of a leftover: the next
    /// server makes room for itself.
    func remove() { try? Files.remove(path) }
  }

  private func ownSocket(_ policy: ServerPolicy) throws -> OwnSocket? {
    let isNamed = port == nil && host == nil && Host.environment["LISTEN_FDS"] == nil
    guard let path = socket.map({ Files.absolute($0) }) ?? (isNamed ? policy.socket : nil) else {
      return nil
    }
    do throws(PlatformError) {
      return OwnSocket(path: path, descriptor: try PrivateSocket.listen(at: path))
    } catch {
      throw Stop(.usage, error.description, hint: "name another with --socket")
    }
  }

  /// Sockets that systemd hands over, else the one that is named.
  private func listeners(
    _ policy: ServerPolicy, _ host: String, _ socket: OwnSocket?
  ) throws -> [HTTPServer.Listener] {
    if let socket { return [.inherited(socket.descriptor, isSocket: true)] }
    let handed = HandedSockets.take()
    if !handed.isEmpty {
      return handed.map { .inherited($0.descriptor, isSocket: $0.isUnix) }
    }
    return [.address(host: host, port: port ?? policy.port)]
  }

  private static func name(_ listener: HTTPServer.Listener, _ port: Int?) -> String {
    switch listener {
    case .address(let host, let wanted):
      "http://\(host.contains(":") ? "[\(host)]" : host):\(port ?? wanted)/"
    case .inherited(let descriptor, _): "the socket that was handed over (\(descriptor))"
    }
  }

  private func secret(_ name: String, _ composition: Composition) -> Secret? {
    composition.environment[name].flatMap { $0.isEmpty ? nil : Secret($0) }
  }

  /// In github-symphony's words.
  private func authMode(_ policy: Policy?) -> String {
    guard let tracker = policy?.tracker else { return "none" }
    return tracker.kind == .local ? "local" : tracker.app == nil ? "pat" : "app"
  }
}
