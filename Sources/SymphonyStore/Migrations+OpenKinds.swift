// The migration that takes the closed lists of kinds out of the tables: from it on they stand in
// the code alone, and the next kind of debt, hold, request or end of a run changes no table.
// Released, and never edited again.

extension Migrations {
  /// Which kinds of debts, holds, requests and ends of runs there are is for the program to know:
  /// these tables are made anew for the last time.
  ///
  /// A debt is stored as its order alone, without the names of the program's own cases around it; a
  /// payload that is no such JSON stays as it is, and reads as damage as it always did. A run's
  /// boot is called its era, because only the executor that launched it knows what the word means.
  static let openKinds =
    """
    CREATE TABLE outbox_3 (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      item TEXT NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
      dedupe_key TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL CHECK (kind <> ''),
      payload TEXT NOT NULL,
      nonce TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'refused', 'superseded')),
      tries INTEGER NOT NULL CHECK (tries >= 0),
      next_set_at INTEGER NOT NULL,
      next_delay INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      last_error TEXT NOT NULL
    ) STRICT;
    INSERT INTO outbox_3 (id, item, dedupe_key, kind, payload, nonce, state, tries, next_set_at,
      next_delay, created_at, last_error)
    SELECT id, item, dedupe_key, kind,
      CASE WHEN json_valid(payload) THEN coalesce(json_extract(payload, CASE kind
        WHEN 'ensure_pull_request' THEN '$.ensurePullRequest._0'
        WHEN 'comment' THEN '$.comment._0'
        WHEN 'set_status' THEN '$.setStatus._0'
        WHEN 'set_labels' THEN '$.setLabels._0'
        WHEN 'convert_draft' THEN '$.convertDraft._0'
        WHEN 'close_issue' THEN '$.closeIssue._0' END), payload) ELSE payload END,
      nonce, state, tries, next_set_at, next_delay, created_at, last_error FROM outbox;
    DELETE FROM sqlite_sequence WHERE name = 'outbox_3';
    INSERT INTO sqlite_sequence (name, seq)
    SELECT 'outbox_3', seq FROM sqlite_sequence WHERE name = 'outbox';
    DROP TABLE outbox;
    ALTER TABLE outbox_3 RENAME TO outbox;
    CREATE INDEX outbox_pending ON outbox(id) WHERE state = 'pending';
    CREATE INDEX outbox_item ON outbox(item);
    """ + openHolds + openRequests + openRuns

  private static let openHolds = """

    CREATE TABLE hold_3 (
      kind TEXT NOT NULL CHECK (kind <> ''),
      scope TEXT NOT NULL,
      why TEXT NOT NULL,
      until_set_at INTEGER,
      until_delay INTEGER,
      set_at INTEGER NOT NULL,
      needs_operator INTEGER NOT NULL DEFAULT 0 CHECK (needs_operator IN (0, 1)),
      PRIMARY KEY (kind, scope),
      CHECK ((until_set_at IS NULL) = (until_delay IS NULL))
    ) STRICT, WITHOUT ROWID;
    INSERT INTO hold_3 (kind, scope, why, until_set_at, until_delay, set_at, needs_operator)
    SELECT kind, scope, why, until_set_at, until_delay, set_at, needs_operator FROM hold;
    DROP TABLE hold;
    ALTER TABLE hold_3 RENAME TO hold;
    """

  private static let openRequests = """

    CREATE TABLE request_2 (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL CHECK (kind <> ''),
      item TEXT NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
      asked_by TEXT NOT NULL,
      why TEXT NOT NULL,
      take_over INTEGER NOT NULL CHECK (take_over IN (0, 1)),
      at INTEGER NOT NULL
    ) STRICT;
    INSERT INTO request_2 (id, kind, item, asked_by, why, take_over, at)
    SELECT id, kind, item, asked_by, why, take_over, at FROM request;
    DELETE FROM sqlite_sequence WHERE name = 'request_2';
    INSERT INTO sqlite_sequence (name, seq)
    SELECT 'request_2', seq FROM sqlite_sequence WHERE name = 'request';
    DROP TABLE request;
    ALTER TABLE request_2 RENAME TO request;
    """

  private static let openRuns = """

    CREATE TABLE run_2 (
      id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
      item TEXT NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
      generation INTEGER NOT NULL CHECK (generation > 0),
      purpose TEXT NOT NULL CHECK (purpose <> ''),
      phase TEXT NOT NULL CHECK (phase IN ('launching', 'launched', 'settled')),
      nonce TEXT NOT NULL,
      era TEXT NOT NULL,
      launched_at INTEGER NOT NULL,
      outcome TEXT CHECK (outcome <> ''),
      settled_at INTEGER,
      summary TEXT NOT NULL,
      stop TEXT,
      agent TEXT NOT NULL DEFAULT '',
      model TEXT,
      budget_usd REAL,
      spent TEXT NOT NULL DEFAULT '[]',
      UNIQUE (item, generation),
      CHECK (phase <> 'settled' OR outcome IS NOT NULL)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO run_2 (id, item, generation, purpose, phase, nonce, era, launched_at, outcome,
      settled_at, summary, stop, agent, model, budget_usd, spent)
    SELECT id, item, generation, purpose, phase, nonce, boot_id, launched_at, outcome, settled_at,
      summary, stop, agent, model, budget_usd, spent FROM run;
    DROP TABLE run;
    ALTER TABLE run_2 RENAME TO run;
    CREATE UNIQUE INDEX run_live ON run(item) WHERE phase IN ('launching', 'launched');
    """
}
