"""Tables and their schema (cr-sqlite.md 2, 5.6, 8).

- ``eligibility``: what can be a CRR; ``cautions``: what to know about one, with ``foreign_keys``
- ``create``: makes a table a CRR, and a plain table again; ``backfill`` records what it holds
- ``kept_records``: the sync records of a table that is not synced any more
- ``alter``: a schema change, by ``snapshots``; ``automigrate``: by a schema text
- ``plans``: creates tables from another side's plans
- ``repair``: finds damage and repairs it; ``exhausted_versions``: version numbers that are used up; ``strict``: tables
  that programs with an old SQLite cannot open
"""
