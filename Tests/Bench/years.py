"""Fills symphony.db with what years leave behind: years.py DATABASE ITEMS RUNS LINES adds so many
released items, settled runs and lines of the ledger, all modelled on what is there. Used by bench.sh;
no symphony may have the database open meanwhile.
"""
import json
import sqlite3
import sys
import time


def fill(path, items, runs, lines):
    base = sqlite3.connect(path)
    base.row_factory = sqlite3.Row
    # Counters are kept by triggers: a bench has no use for a million of their steps.
    triggers = base.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for trigger in triggers:
        base.execute(f"DROP TRIGGER {trigger['name']}")
    now, day = int(time.time() * 1000), 86_400_000

    def sample(table):
        return dict(base.execute(f"SELECT * FROM {table} LIMIT 1").fetchone())

    def insert(table, rows):
        first = next(rows)
        names = ", ".join(first)
        marks = ", ".join(":" + name for name in first)
        base.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", first)
        base.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)

    item, claim, run, line = map(sample, ("item", "claim", "run", "ledger"))
    empty = ("cache_path", "workspace_path", "unpushed", "left_behind", "wake", "clean_up_set_at",
             "clean_up_delay")

    def ended(number):
        return now - 3 * day - number * 60_000

    insert("item", ({**item, "id": f"old-{n}", "key": f"old/project#{n}", "workspace": f"old-{n}",
                     "number": n} for n in range(items)))
    insert("claim", ({**claim, **dict.fromkeys(empty), "item": f"old-{n}", "state": "released",
                      "payload": json.dumps({"reason": "closed", "at": ended(n)}),
                      "has_workspace": 0, "verdict": "issue_closed", "rested_at": ended(n),
                      "generation": -(-runs // items)} for n in range(items)))
    insert("run", ({**run, "id": f"old-{n}", "item": f"old-{n % items}", "nonce": f"{n:032x}",
                    "generation": n // items + 1, "phase": "settled", "outcome": "succeeded",
                    "launched_at": ended(n), "settled_at": ended(n) + 1000} for n in range(runs)))
    line.pop("id")
    insert("ledger", ({**line, "item": f"old-{n % items}", "at": ended(n)} for n in range(lines)))
    for trigger in triggers:
        base.execute(trigger["sql"])
    base.commit()
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()


if __name__ == "__main__":
    fill(sys.argv[1], *map(int, sys.argv[2:5]))
