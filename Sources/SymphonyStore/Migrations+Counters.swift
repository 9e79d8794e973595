// The migration that begins to count, for metrics: the counter of a program that ends after each
// tick has to live in the database, or it would fall. Triggers keep the counters of rows, in the
// transaction of what they count, so that no path that writes a row can forget one; what is no
// row, such as a tick, is counted by `Change.count`. Beside it the webhooks that came, so that
// none counts twice. Released, and never edited again.

extension Migrations {
  static let counters =
    """
    CREATE TABLE counter (
      name TEXT NOT NULL,
      label TEXT NOT NULL,
      value INTEGER NOT NULL CHECK (value >= 0),
      PRIMARY KEY (name, label)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE webhook (
      id TEXT NOT NULL PRIMARY KEY,
      at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX webhook_at ON webhook(at);

    """ + beginnings + triggers

  /// From what is still there of the time before.
  private static let beginnings = """
    INSERT INTO counter SELECT 'dispatches', '', count(*) FROM run WHERE purpose = 'work';
    INSERT INTO counter SELECT 'runs', outcome, count(*) FROM run
      WHERE purpose = 'work' AND settled_at IS NOT NULL GROUP BY outcome;
    INSERT INTO counter SELECT 'run_bucket', \(bucket("time")), count(*) FROM (
        SELECT max(settled_at - launched_at, 0) AS time FROM run
        WHERE purpose = 'work' AND settled_at IS NOT NULL)
      GROUP BY 2;
    INSERT INTO counter SELECT 'run_milliseconds', '',
        coalesce(sum(max(settled_at - launched_at, 0)), 0)
      FROM run WHERE purpose = 'work' AND settled_at IS NOT NULL;
    INSERT INTO counter SELECT 'writebacks', kind, count(*) FROM outbox
      WHERE state = 'delivered' GROUP BY kind;
    INSERT INTO counter SELECT 'refusals', kind, count(*) FROM outbox
      WHERE state = 'refused' GROUP BY kind;
    INSERT INTO counter SELECT 'handoffs', '', count(*) FROM claim WHERE state = 'handed_off';
    INSERT INTO counter SELECT 'parkings', '', count(*) FROM claim WHERE state = 'parked';

    """

  private static let triggers = """
    CREATE TRIGGER count_dispatch AFTER INSERT ON run WHEN NEW.purpose = 'work'
    BEGIN \(add("dispatches", "''")) END;
    CREATE TRIGGER count_run AFTER UPDATE ON run
    WHEN NEW.purpose = 'work' AND OLD.settled_at IS NULL AND NEW.settled_at IS NOT NULL
    BEGIN
      \(add("runs", "NEW.outcome"))
      \(add("run_bucket", bucket("NEW.settled_at - NEW.launched_at")))
      \(add("run_milliseconds", "''", "max(NEW.settled_at - NEW.launched_at, 0)"))
    END;
    CREATE TRIGGER count_delivery AFTER UPDATE ON outbox
    WHEN OLD.state = 'pending' AND NEW.state = 'delivered'
    BEGIN \(add("writebacks", "NEW.kind")) END;
    CREATE TRIGGER count_refusal AFTER UPDATE ON outbox
    WHEN OLD.state = 'pending' AND NEW.state = 'refused'
    BEGIN \(add("refusals", "NEW.kind")) END;
    CREATE TRIGGER count_handoff AFTER UPDATE ON claim
    WHEN OLD.state <> 'handed_off' AND NEW.state = 'handed_off'
    BEGIN \(add("handoffs", "''")) END;
    CREATE TRIGGER count_parking AFTER UPDATE ON claim
    WHEN OLD.state <> 'parked' AND NEW.state = 'parked'
    BEGIN \(add("parkings", "''")) END;
    """

  private static func add(_ name: String, _ label: String, _ value: String = "1") -> String {
    """
    INSERT INTO counter VALUES ('\(name)', \(label), \(value))
      ON CONFLICT (name, label) DO UPDATE SET value = value + excluded.value;
    """
  }

  /// The smallest of these bounds, in seconds, that a time does not exceed; empty: it exceeds all.
  private static func bucket(_ milliseconds: String) -> String {
    let bounds = [60, 300, 900, 1800, 3600, 7200, 14_400]
    let cases = bounds.map { "WHEN \(milliseconds) <= \($0)000 THEN '\($0)'" }
    return "CASE \(cases.joined(separator: " ")) ELSE '' END"
  }
}
