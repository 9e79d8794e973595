// The surroundings of a GitHub tracker: the network, the clock, what earlier ticks remembered, and
// how far apart requests must be. The registry fills it in for one tick; tests put a network of
// their own in its place. Nothing is decided here.
import SymphonyCore
import SymphonyPlatform

package struct GitHubSurroundings: Sendable {
  package var transport: any HTTPTransport
  package var cache: any ResponseCache
  /// A random text that keeps fingerprints of one token from being compared between installations.
  package var salt: String
  package var now: @Sendable () -> Timestamp
  /// How much time the caller has left for everything; requests end with it.
  package var remaining: @Sendable () -> Interval
  /// `symphony/<version>`: GitHub refuses requests without one.
  package var userAgent: String
  /// The least distance between two writes; GitHub asks for a second.
  package var writeDistance: Interval
  /// The least distance between the beginnings of two requests.
  package var requestDistance: Interval
  /// $XDG_RUNTIME_DIR: where an installation token may be kept from tick to tick; nil: nowhere.
  package var runtimeDirectory: String?
  /// Waits for this long; tests return at once and keep count.
  package var pause: @Sendable (Interval) async -> Void
  package init(
    transport: any HTTPTransport, cache: any ResponseCache, salt: String,
    now: @escaping @Sendable () -> Timestamp,
    remaining: @escaping @Sendable () -> Interval = { .minutes(5) },
    userAgent: String, writeDistance: Interval = .zero, requestDistance: Interval = .zero,
    runtimeDirectory: String? = nil,
    pause: @escaping @Sendable (Interval) async -> Void = { span in
      try? await Task.sleep(nanoseconds: UInt64(max(0, span.milliseconds)) * 1_000_000)
    }
  ) {
    self.transport = transport
    self.cache = cache
    self.salt = salt
    self.now = now
    self.remaining = remaining
    self.userAgent = userAgent
    self.writeDistance = writeDistance
    self.requestDistance = requestDistance
    self.runtimeDirectory = runtimeDirectory
    self.pause = pause
  }
}
