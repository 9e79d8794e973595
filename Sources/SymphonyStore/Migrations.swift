// The tables, as numbered migrations. A migration that was ever released is never edited again: a
// change of the schema is a new entry at the end. Applied by Opening; the constraints here are the
// last defence of the promises (one live run per item, no generation twice, no debt twice), so they
// are written as plain SQL for review. `PRAGMA user_version` repeats the number of the last
// migration: it is read before anything else is touched.
import GRDB

enum Migrations {
  /// The version this program writes and the newest it reads.
  static let version = all.count

  /// Brings a database to a version, all steps in one transaction.
  ///
  /// Killed in between it is the old one, and the copy that was made of it before is not replaced
  /// by one of something between. Each step is noted as the migrator of GRDB notes it, by which
  /// older programs went. `step` is told the number of each one that is done.
  static func migrate(
    _ database: DatabaseQueue, to version: Int = version, step: (Int) throws -> Void = { _ in }
  ) throws {
    try database.writeWithoutTransaction { db in
      // A table that is made anew must not take the rows along that refer to it
      // (sqlite.org/lang_altertable.html, 7); what refers to nothing is found below.
      try db.execute(sql: "PRAGMA foreign_keys = OFF")
      let outcome = Result { try inOneTransaction(db, to: version, step) }
      try db.execute(sql: "PRAGMA foreign_keys = ON")
      try outcome.get()
    }
  }

  private static func inOneTransaction(
    _ db: Database, to version: Int, _ step: (Int) throws -> Void
  ) throws {
    try db.inTransaction(.immediate) {
      try db.execute(
        sql: "CREATE TABLE IF NOT EXISTS grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
      for number in all.indices.prefix(version).dropFirst(try storedVersion(db)) {
        try db.execute(sql: all[number])
        try db.execute(
          sql: "INSERT INTO grdb_migrations (identifier) VALUES ('\(number + 1)')")
        try db.execute(sql: "PRAGMA user_version = \(number + 1)")
        try step(number + 1)
      }
      try db.checkForeignKeys()
      return .commit
    }
  }

  static func storedVersion(_ db: Database) throws -> Int {
    try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
  }

  /// Append only.
  ///
  /// STRICT, because a column that holds what its type says needs no second check when read.
  /// Foreign keys are deferred, so that the order of the changes in one commit does not matter.
  static let all = [
    facts + items + runs + debts + records, boards, spending, remotes, sessions, leftBehind,
    openKinds, wakes, counters, rest, feedback,
  ]

  private static let facts = """
    CREATE TABLE fact (
      name TEXT NOT NULL PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE policy (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      workflow TEXT NOT NULL
    ) STRICT;
    """

  private static let items = """
    CREATE TABLE item (
      id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
      key TEXT NOT NULL,
      workspace TEXT NOT NULL UNIQUE,
      repository_owner TEXT NOT NULL,
      repository_name TEXT NOT NULL,
      number INTEGER,
      title TEXT NOT NULL,
      url TEXT NOT NULL,
      first_seen INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE claim (
      item TEXT NOT NULL PRIMARY KEY REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
      state TEXT NOT NULL CHECK (state IN
        ('unclaimed', 'running', 'retrying', 'handed_off', 'parked', 'released')),
      payload TEXT,
      failures INTEGER NOT NULL,
      continuations INTEGER NOT NULL,
      idle_runs INTEGER NOT NULL,
      vanishes INTEGER NOT NULL,
      early_vanishes INTEGER NOT NULL,
      launches INTEGER NOT NULL,
      generation INTEGER NOT NULL CHECK (generation >= 0),
      runs INTEGER NOT NULL CHECK (runs >= 0),
      branch TEXT NOT NULL,
      owns_branch INTEGER NOT NULL CHECK (owns_branch IN (0, 1)),
      fence_head TEXT,
      pull_request_number INTEGER,
      pull_request_url TEXT,
      epoch INTEGER NOT NULL,
      unpushed TEXT,
      has_workspace INTEGER NOT NULL CHECK (has_workspace IN (0, 1)),
      take_over INTEGER NOT NULL CHECK (take_over IN (0, 1)),
      input_tokens INTEGER NOT NULL,
      cached_input_tokens INTEGER NOT NULL,
      output_tokens INTEGER NOT NULL,
      cost_usd REAL NOT NULL,
      verdict TEXT NOT NULL,
      last_launch INTEGER,
      clean_up_set_at INTEGER,
      clean_up_delay INTEGER,
      cache_path TEXT,
      workspace_path TEXT,
      starts_fresh INTEGER NOT NULL CHECK (starts_fresh IN (0, 1)),
      clean_up_failures INTEGER NOT NULL CHECK (clean_up_failures >= 0),
      clean_up_problem TEXT,
      CHECK ((cache_path IS NULL) = (workspace_path IS NULL)),
      CHECK ((clean_up_set_at IS NULL) = (clean_up_delay IS NULL)),
      CHECK ((state = 'unclaimed') = (payload IS NULL)),
      CHECK ((pull_request_number IS NULL) = (pull_request_url IS NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE session (
      item TEXT NOT NULL PRIMARY KEY REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
      agent TEXT NOT NULL,
      id TEXT NOT NULL,
      cost_usd REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
    """

  private static let runs = """
    CREATE TABLE run (
      id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
      item TEXT NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
      generation INTEGER NOT NULL CHECK (generation > 0),
      purpose TEXT NOT NULL CHECK (purpose IN ('work', 'clean_up')),
      phase TEXT NOT NULL CHECK (phase IN ('launching', 'launched', 'settled')),
      nonce TEXT NOT NULL,
      boot_id TEXT NOT NULL,
      launched_at INTEGER NOT NULL,
      outcome TEXT CHECK (outcome IN ('succeeded', 'failed', 'timedOut', 'stalled', 'cancelled',
        'vanished', 'blocked')),
      settled_at INTEGER,
      summary TEXT NOT NULL,
      stop TEXT,
      UNIQUE (item, generation),
      CHECK (phase <> 'settled' OR outcome IS NOT NULL)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX run_live ON run(item) WHERE phase IN ('launching', 'launched');
    """

  private static let debts = """
    CREATE TABLE outbox (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      item TEXT NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
      dedupe_key TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL CHECK (kind IN ('ensure_pull_request', 'comment')),
      payload TEXT NOT NULL,
      nonce TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'refused', 'superseded')),
      tries INTEGER NOT NULL CHECK (tries >= 0),
      next_set_at INTEGER NOT NULL,
      next_delay INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      last_error TEXT NOT NULL
    ) STRICT;
    CREATE INDEX outbox_pending ON outbox(id) WHERE state = 'pending';
    CREATE INDEX outbox_item ON outbox(item);
    CREATE TABLE hold (
      kind TEXT NOT NULL CHECK (kind IN ('pause', 'tracker', 'agent')),
      scope TEXT NOT NULL,
      why TEXT NOT NULL,
      until_set_at INTEGER,
      until_delay INTEGER,
      set_at INTEGER NOT NULL,
      PRIMARY KEY (kind, scope),
      CHECK ((until_set_at IS NULL) = (until_delay IS NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE request (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL CHECK (kind IN ('stop', 'retry')),
      item TEXT NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
      asked_by TEXT NOT NULL,
      why TEXT NOT NULL,
      take_over INTEGER NOT NULL CHECK (take_over IN (0, 1)),
      at INTEGER NOT NULL
    ) STRICT;
    """

  private static let records = """
    CREATE TABLE ledger (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      item TEXT NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
      at INTEGER NOT NULL,
      code TEXT NOT NULL,
      sentence TEXT NOT NULL
    ) STRICT;
    CREATE INDEX ledger_item ON ledger(item, id);
    CREATE TABLE total (
      day TEXT NOT NULL,
      agent TEXT NOT NULL,
      input_tokens INTEGER NOT NULL,
      cached_input_tokens INTEGER NOT NULL,
      output_tokens INTEGER NOT NULL,
      cost_usd REAL NOT NULL,
      PRIMARY KEY (day, agent)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE http_cache (
      url TEXT NOT NULL PRIMARY KEY,
      used_at INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      etag TEXT NOT NULL,
      next TEXT,
      token_fingerprint TEXT NOT NULL,
      body BLOB NOT NULL
    ) STRICT;
    """

  /// Statuses of boards, and four more kinds of debts.
  ///
  /// SQLite cannot change a CHECK, so the table is made anew. AUTOINCREMENT's counter moves along:
  /// an id that was ever given is never given again.
  private static let boards = """
    ALTER TABLE item ADD COLUMN status TEXT;
    CREATE TABLE outbox_2 (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      item TEXT NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
      dedupe_key TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL CHECK (kind IN ('ensure_pull_request', 'comment', 'set_status',
        'set_labels', 'convert_draft', 'close_issue')),
      payload TEXT NOT NULL,
      nonce TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'refused', 'superseded')),
      tries INTEGER NOT NULL CHECK (tries >= 0),
      next_set_at INTEGER NOT NULL,
      next_delay INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      last_error TEXT NOT NULL
    ) STRICT;
    INSERT INTO outbox_2 (id, item, dedupe_key, kind, payload, nonce, state, tries, next_set_at,
      next_delay, created_at, last_error)
    SELECT id, item, dedupe_key, kind, payload, nonce, state, tries, next_set_at, next_delay,
      created_at, last_error FROM outbox;
    DELETE FROM sqlite_sequence WHERE name = 'outbox_2';
    INSERT INTO sqlite_sequence (name, seq)
    SELECT 'outbox_2', seq FROM sqlite_sequence WHERE name = 'outbox';
    DROP TABLE outbox;
    ALTER TABLE outbox_2 RENAME TO outbox;
    CREATE INDEX outbox_pending ON outbox(id) WHERE state = 'pending';
    CREATE INDEX outbox_item ON outbox(item);
    """

  /// The columns of spending, by run, by day and by session.
  ///
  /// The account and the model of each run, its turns, totals by model, and a session's counters by
  /// model.
  private static let spending = """
    ALTER TABLE run ADD COLUMN agent TEXT NOT NULL DEFAULT '';
    ALTER TABLE run ADD COLUMN model TEXT;
    ALTER TABLE run ADD COLUMN budget_usd REAL;
    ALTER TABLE run ADD COLUMN spent TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE claim ADD COLUMN transients INTEGER NOT NULL DEFAULT 0 CHECK (transients >= 0);
    ALTER TABLE session ADD COLUMN counted TEXT;
    ALTER TABLE hold ADD COLUMN needs_operator INTEGER NOT NULL DEFAULT 0
      CHECK (needs_operator IN (0, 1));
    CREATE TABLE total_2 (
      day TEXT NOT NULL,
      agent TEXT NOT NULL,
      model TEXT NOT NULL,
      input_tokens INTEGER NOT NULL,
      cached_input_tokens INTEGER NOT NULL,
      output_tokens INTEGER NOT NULL,
      cost_usd REAL NOT NULL,
      PRIMARY KEY (day, agent, model)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO total_2 (day, agent, model, input_tokens, cached_input_tokens, output_tokens,
      cost_usd)
    SELECT day, agent, '', input_tokens, cached_input_tokens, output_tokens, cost_usd FROM total;
    DROP TABLE total;
    ALTER TABLE total_2 RENAME TO total;
    """

  /// Holds of remotes, the sentence of each item's verdict, and whose agent crashed on it.
  private static let remotes = """
    ALTER TABLE claim ADD COLUMN sentence TEXT NOT NULL DEFAULT '';
    ALTER TABLE claim ADD COLUMN crashed_on TEXT;
    CREATE TABLE hold_2 (
      kind TEXT NOT NULL CHECK (kind IN ('pause', 'tracker', 'agent', 'remote')),
      scope TEXT NOT NULL,
      why TEXT NOT NULL,
      until_set_at INTEGER,
      until_delay INTEGER,
      set_at INTEGER NOT NULL,
      needs_operator INTEGER NOT NULL DEFAULT 0 CHECK (needs_operator IN (0, 1)),
      PRIMARY KEY (kind, scope),
      CHECK ((until_set_at IS NULL) = (until_delay IS NULL))
    ) STRICT, WITHOUT ROWID;
    INSERT INTO hold_2 (kind, scope, why, until_set_at, until_delay, set_at, needs_operator)
    SELECT kind, scope, why, until_set_at, until_delay, set_at, needs_operator FROM hold;
    DROP TABLE hold;
    ALTER TABLE hold_2 RENAME TO hold;
    """

  /// How often a run resumed the item's session and failed in it.
  private static let sessions = """
    ALTER TABLE claim ADD COLUMN resume_failures INTEGER NOT NULL DEFAULT 0
      CHECK (resume_failures >= 0);
    """

  /// Commits of an item's runs that no remote branch is known to have, as JSON; NULL: none.
  private static let leftBehind = """
    ALTER TABLE claim ADD COLUMN left_behind TEXT;
    """

  /// The wake of an item, as JSON; NULL: none that its agent has not heard of.
  private static let wakes = """
    ALTER TABLE claim ADD COLUMN wake TEXT;
    ALTER TABLE ledger ADD COLUMN wake TEXT;
    """
}
