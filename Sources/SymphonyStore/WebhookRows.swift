// Webhooks that came, by GitHub's id and by the code over their body: one that comes again, to this
// process or a later one, under whatever id, is known. Called by the server; the facts it sets are
// read by ticks.
import GRDB
import SymphonyCore

extension SQLiteStore {
  /// A webhook whose signature was right.
  package struct Webhook: Sendable {
    package var id: String
    /// Over its body, in hexadecimal digits.
    package var code: String
    /// A tick may find something new.
    package var matters: Bool
    package init(id: String, code: String, matters: Bool) {
      (self.id, self.code, self.matters) = (id, code, matters)
    }

    /// No id has an equals sign in it.
    var names: [String] { [id, "sha256=" + code] }
  }

  /// Writes webhooks down, in one transaction.
  ///
  /// - Returns: for each of them whether it was new.
  package func note(_ webhooks: [Webhook], at now: Timestamp) throws(StoreError) -> [Bool] {
    try writing { db in
      var news: [Bool] = []
      for webhook in webhooks {
        var isNew = true
        for name in webhook.names {
          try db.change(
            "INSERT INTO webhook (id, at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
            [name, now.milliseconds])
          if db.changesCount == 0 { isNew = false }
        }
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
