"""Tables and their schema (cr-sqlite.md 2, 5.6, 8).

- ``eligibility``: what can be a CRR; ``cautions``: what to know of one, with ``foreign_keys``
- ``create``: makes a table a CRR, and a plain table again; ``backfill`` records what it holds
- ``kept_records``: those of a table that is not synced any more
- ``alter``: a schema change, by ``snapshots``; ``automigrate``: by a schema text
- ``plans``: makes tables as another side has them
- ``repair``: finds damage and mends it; ``exhausted_versions``: version numbers that are used up; ``strict``: what
  programs with an old SQLite cannot open
"""
