// Which trackers there are: a new one is a file and a line here. The composition opens one per
// tick and closes it at the end; contract tests iterate `kinds`.
import SymphonyCore
import SymphonyPlatform

package enum TrackerRegistry {
  /// The parts that a tracker is opened with.
  package struct Parts: Sendable {
    package var policy: TrackerPolicy
    /// The directory of WORKFLOW.md; absolute.
    package var projectDirectory: String
    package var environment: [String: String]
    package var cache: any ResponseCache
    /// This installation's own random text.
    package var salt: String
    package var now: @Sendable () -> Timestamp
    /// How much time the tick has left.
    package var remaining: @Sendable () -> Interval
    /// The version of symphony.
    package var version: String
    package init(
      policy: TrackerPolicy, projectDirectory: String, environment: [String: String],
      cache: any ResponseCache, salt: String, now: @escaping @Sendable () -> Timestamp,
      remaining: @escaping @Sendable () -> Interval, version: String
    ) {
      self.policy = policy
      self.projectDirectory = projectDirectory
      self.environment = environment
      self.cache = cache
      self.salt = salt
      self.now = now
      self.remaining = remaining
      self.version = version
    }
  }

  /// A tracker in use.
  ///
  /// Call `close` when done; forgetting it leaks nothing beyond this process.
  package struct Open: Sendable {
    package var tracker: any Tracker
    package var close: @Sendable () async -> Void
    /// What was asked of it so far.
    package var time: @Sendable () -> TrackerTime = { TrackerTime() }
  }

  package static let kinds: [TrackerPolicy.Kind] = [.github, .local]

  package static func open(_ parts: Parts) throws(TrackerError) -> Open {
    switch parts.policy.kind {
    case .github: try openGitHub(parts).open
    case .local: Open(tracker: LocalTracker(parts), close: {})
    }
  }

  /// A board names the repositories of its items itself; only issues mode needs one.
  static func openGitHub(_ parts: Parts) throws(TrackerError) -> (github: GitHubTracker, open: Open)
  {
    var policy = parts.policy
    if policy.repository == nil, !policy.usesBoard {
      policy.repository = try OriginRemote.repository(
        beside: parts.projectDirectory, apiURL: policy.apiURL, environment: parts.environment)
    }
    let transport = CurlTransport(url: policy.apiURL, environment: parts.environment)
    // A server on this machine is a simulator: GitHub's manners would only slow it down.
    let isDistant = WebAddress(policy.apiURL)?.isLoopback != true
    let distance = Interval.milliseconds(1000 / Int64(max(1, policy.requestsPerSecond)))
    let surroundings = GitHubSurroundings(
      transport: transport, cache: parts.cache, salt: parts.salt, now: parts.now,
      remaining: parts.remaining, userAgent: "symphony/\(parts.version)",
      writeDistance: isDistant ? .seconds(1) : .zero,
      requestDistance: isDistant ? distance : .zero,
      runtimeDirectory: parts.environment["XDG_RUNTIME_DIR"])
    let tracker = GitHubTracker(
      policy: policy, repository: policy.repository, surroundings: surroundings)
    let open = Open(
      tracker: tracker, close: { await transport.close() },
      time: { tracker.client.wire.answered })
    return (tracker, open)
  }
}
