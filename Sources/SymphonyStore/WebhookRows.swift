// Webhooks that came, by GitHub's id: one that comes again, to this process or a later one, is
// known. Called by the server; the facts it sets are read by ticks.
import GRDB
import SymphonyCore

extension SQLiteStore {
  /// A webhook whose signature was right.
  package struct Webhook: Sendable {
    package var id: String
    /// A tick may find something new.
    package var matters: Bool
    package init(id: String, matters: Bool) { (self.id, self.matters) = (id, matters) }
  }

  /// Writes webhooks down, in one transaction.
  ///
  /// - Returns: for each of them whether it was new.
  package func note(_ webhooks: [Webhook], at now: Timestamp) throws(StoreError) -> [Bool] {
    try writing { db in
      var news: [Bool] = []
      for webhook in webhooks {
        try db.change(
          "INSERT INTO webhook (id, at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
          [webhook.id, now.milliseconds])
        let isNew = db.changesCount > 0
        news.append(isNew)
        let result: Counter.WebhookResult =
          !isNew ? .duplicate : webhook.matters ? .hint : .ignored
        try CounterRows.add(Counter(.webhooks, result.rawValue), db)
        if isNew { try FactRows.set(.webhookAt, String(now.milliseconds), db) }
        if isNew, webhook.matters {
          try FactRows.set(.hintedAt, String(now.milliseconds), db)
        }
      }
      // GitHub sends again what is at most three days old.
      try db.change("DELETE FROM webhook WHERE at < ?", [(now - .days(4)).milliseconds])
      return news
    }
  }
}
