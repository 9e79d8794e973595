// The tracker's response cache: bodies and validators of earlier answers, so that an idle tick
// costs no points. Kept in memory until the tick commits, so that a tick that is killed leaves no
// half of its answers, and that an idle one writes nothing. Losing an entry costs one full request;
// nothing else depends on it.
import FoundationEssentials
import GRDB
import SymphonyCore
import Synchronization

/// Answers that a tick remembered and has not written yet.
struct ResponseBuffer: Sendable {
  var remembered: [String: CachedResponse] = [:]
  /// Entries in use whose stored time of use is old.
  var used: Set<String> = []

  var isEmpty: Bool { remembered.isEmpty && used.isEmpty }

  mutating func take() -> ResponseBuffer {
    defer { self = ResponseBuffer() }
    return self
  }
  /// After a failed commit: what was remembered since is newer.
  mutating func putBack(_ taken: ResponseBuffer) {
    remembered.merge(taken.remembered) { newer, _ in newer }
    used.formUnion(taken.used)
  }
}

extension SQLiteStore: ResponseCache {
  /// Renewing the time of use at every look would make each idle tick write; once a day is enough
  /// to tell what has not been used for 30 days.
  private static let useResolution = Interval.days(1)

  /// Nil also when the database cannot be read: the commit reports that.
  package func lookUp(_ url: String) -> CachedResponse? {
    if let fresh = responses.withLock({ $0.remembered[url] }) { return fresh }
    guard let (response, usedAt) = try? reading({ try SQLiteStore.stored(url, $0) }) else {
      return nil
    }
    if openedAt - usedAt > SQLiteStore.useResolution || usedAt > openedAt {
      responses.withLock { _ = $0.used.insert(url) }
    }
    return response
  }

  /// The same answer again is not worth a write.
  package func remember(_ url: String, _ response: CachedResponse) {
    if lookUp(url) == response { return }
    responses.withLock { $0.remembered[url] = response }
  }

  /// Writes what was remembered, in a transaction of its own; nothing when there is nothing.
  package func flushCache() throws(StoreError) {
    let buffered = responses.withLock { $0.take() }
    if buffered.isEmpty { return }
    do throws(StoreError) {
      try writing { try self.write(buffered, $0) }
    } catch {
      responses.withLock { $0.putBack(buffered) }
      throw error
    }
  }

  func write(_ buffered: ResponseBuffer, _ db: Database) throws {
    for url in buffered.used.sorted() {
      try db.change(
        "UPDATE http_cache SET used_at = ? WHERE url = ?", [openedAt.milliseconds, url])
    }
    for (url, response) in buffered.remembered.sorted(by: { $0.key < $1.key }) {
      try db.change(
        SQLiteStore.putResponse,
        [
          url, openedAt.milliseconds, response.body.count, response.etag, response.next,
          response.tokenFingerprint, Data(response.body),
        ])
    }
    if !buffered.remembered.isEmpty { try trimResponses(db) }
  }

  /// First what was not used for long, then the longest unused until the rest fits.
  private func trimResponses(_ db: Database) throws {
    try db.change(
      "DELETE FROM http_cache WHERE used_at < ?", [(openedAt - settings.cacheAge).milliseconds])
    try db.change(
      """
      DELETE FROM http_cache WHERE url IN (
        SELECT url FROM (
          SELECT url, sum(bytes) OVER (ORDER BY used_at DESC, url) AS upto FROM http_cache
        ) WHERE upto > ?)
      """, [bounds.withLock { $0.cacheBytes }])
  }

  private static let putResponse = Statements.upsert(
    "http_cache", key: ["url"],
    ["url", "used_at", "bytes", "etag", "next", "token_fingerprint", "body"])

  private static func stored(_ url: String, _ db: Database) throws
    -> (response: CachedResponse, usedAt: Timestamp)?
  {
    try Columns.all(
      db, "http_cache",
      "SELECT etag, body, next, token_fingerprint, used_at FROM http_cache WHERE url = ?", [url]
    ) { columns in
      (
        CachedResponse(
          etag: try columns.text(0), body: try columns.bytes(1), next: try columns.optionalText(2),
          tokenFingerprint: try columns.text(3)),
        try columns.time(4)
      )
    }.first
  }
}
