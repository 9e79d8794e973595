// For databases that live for years: items at rest have a column of their own, so that a tick loads
// the others alone, and what is asked of the past has an index. Called by Migrations.

extension Migrations {
  /// The rule of `ItemRecord.restedAt`, for the rows of older versions.
  ///
  /// A row that it leaves out is loaded by each tick until it is written once more, as before.
  static let fillRest = """
    UPDATE claim SET rested_at = json_extract(payload, '$.at')
    WHERE state = 'released' AND has_workspace = 0 AND unpushed IS NULL AND left_behind IS NULL
      AND wake IS NULL AND verdict <> 'reopening_not_trusted'
      AND (json_extract(payload, '$.reason') <> 'merged' OR json_extract(payload, '$.left') = 1);
    UPDATE claim SET rested_at = (SELECT first_seen FROM item WHERE id = claim.item)
    WHERE state = 'unclaimed' AND has_workspace = 0 AND unpushed IS NULL AND left_behind IS NULL
      AND wake IS NULL AND runs = 0 AND verdict = 'not_listed';
    """

  static let rest = """
    ALTER TABLE claim ADD COLUMN rested_at INTEGER;
    \(fillRest)
    CREATE INDEX claim_awake ON claim(item) WHERE rested_at IS NULL;
    CREATE INDEX claim_rested ON claim(rested_at) WHERE rested_at IS NOT NULL;
    CREATE INDEX claim_ends ON claim(state, verdict, rested_at) WHERE rested_at IS NOT NULL;
    CREATE INDEX outbox_refused ON outbox(id) WHERE state = 'refused';
    CREATE INDEX outbox_ended ON outbox(next_set_at) WHERE state <> 'pending';
    CREATE INDEX run_launched ON run(launched_at);
    CREATE INDEX run_settled ON run(settled_at);
    CREATE INDEX ledger_at ON ledger(at);
    """
}
