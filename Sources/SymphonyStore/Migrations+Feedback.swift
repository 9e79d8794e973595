// Feedback on pull requests: a row for each version of each piece, and what is known of an item's
// pull request after its hand-off. Called by Migrations.

extension Migrations {
  /// A piece is handed over once: its identity is unique, and what it said is never written again.
  static let feedback = """
    ALTER TABLE claim ADD COLUMN follow_up TEXT;
    CREATE TABLE piece (
      item TEXT NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
      kind TEXT NOT NULL,
      key TEXT NOT NULL,
      version TEXT NOT NULL,
      state TEXT NOT NULL,
      generation INTEGER,
      number INTEGER,
      seen_at INTEGER NOT NULL,
      words TEXT NOT NULL,
      answer TEXT,
      PRIMARY KEY (item, kind, key, version)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX outbox_nonce ON outbox(nonce);
    """
}
