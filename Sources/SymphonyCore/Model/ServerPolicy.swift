// What WORKFLOW.md says for those that look from outside: files that ticks append to, the server,
// and its webhooks. Ticks read of it only the files; `symphony serve` reads the rest.

/// A file that ticks append to, with the bound on what it may take of the disk.
package struct GrowingFilePolicy: Hashable, Sendable {
  /// Absolute; nil: nothing is written.
  ///
  /// Of the log it is the directory.
  package var path: String?
  /// Of all its parts together, 1 or more; 10^6 bytes each.
  package var maxMegabytes = 100
  package init() {}
}

package struct ServerPolicy: Hashable, Sendable {
  package var port = 9097
  package var host = "127.0.0.1"
  /// A Unix socket in the place of host and port; absolute.
  package var socket: String?
  /// For a request to arrive, and for an answer to be taken.
  package var readTimeout: Interval = .seconds(30)
  package var writeTimeout: Interval = .seconds(60)
  /// Origins whose pages may read answers in a browser; `*`: any.
  package var corsOrigins: [String] = []
  /// For whoever is not on this machine, and for whatever changes something.
  package var token: Secret?
  /// How long nobody asks before it ends; nil: it stays.
  package var idleExit: Interval?
  /// Of GitHub's webhooks.
  package var webhookSecret: Secret?
  package init() {}
}
