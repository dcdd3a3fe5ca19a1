"""Conflict-free tables on SQLite: our own implementation of cr-sqlite 0.16, file-compatible with it.

``connect`` gives an APSW connection on which the documented SQL works; ``engine.replica.Replica`` gives the same as
typed methods, and is what the rest of Syncline uses. A file may be shared with programs that load the native extension.

- ``kind``: the interface through which a replica uses these tables (``engine.tables.kind``)
- ``connection``: opens a file; ``state``: what a connection remembers; ``config``: the settings in the file
- ``catalogue``: which tables are CRRs; ``queries``, ``statements``: their SQL
- ``triggers``: the sync triggers; ``trigger_functions`` records local writes; ``tracking``, with ``changesets``,
  records those that the triggers cannot report; ``attached``: refuses writes to attached files
- ``tables``: makes tables CRRs, alters, migrates and repairs them
- ``merge``: merges incoming changes; ``read``: reads changes to send, and compares
- ``withheld``: withholds rows that cannot be sent, so that the others can be
- ``sql_api``: the functions and virtual tables that SQL sees

Where this differs from stock 0.16.3 on purpose (cr-sqlite.md 12 says that each is safe for convergence):

- db_version always comes from disk: a write that changed nothing does not use up a version, and crsql_as_table
  never lowers the version, not even with its last CRR.
- A changed primary key stamps all cells of the row again at the new key, with our own site, and fills in missing
  cells; a live target without a sentinel counts as causal length 1 (stock: cr-sqlite.md 5.7). Cells that stock
  moved are read for peers together with the sentinel of their new key, whatever their own version is.
- A delete of a row whose tombstone exists already (a row nobody tracked) leaves an even length, never an odd one.
- An incoming value takes the column's affinity before it is compared (stock: cr-sqlite.md 7.3), so nothing echoes.
- At equal versions, a cell whose base row is missing takes the incoming value; stock fails there for good.
- Sentinels store the incoming cl, whatever col_version came with them.
- Malformed keys are refused: empty or truncated, the wrong count, NULL inside. So are versions, causal lengths and
  seqs of 2**53 and more. A db_version of 2**52 and more, which nobody reaches by counting, does not raise ours.
- A change that loses leaves nothing behind, not even a key; nor does one that fails, and the sync bit is reset.
  Consecutive changes to one row are written by one statement.
- A base row is written with the key as conflict target, and errors roll back to our own savepoint only.
- Tables are looked up again whenever the schema has changed; broken CRRs (base table gone, key changed) and cells of
  dropped columns are left out instead of failing every read. ORDER BY on crsql_changes is SQLite's, and its rowids
  are unique, so that conditions joined with OR lose no row.
- What an alter leaves to be recorded is stamped with the next version, so that peers see it: renamed columns, values,
  new rows and missing rows (tombstones), all found by comparing with a snapshot. A key in another order keeps its
  versions; key values of another storage class start anew, as another key does. A failure undoes that alter only.
  Rows that exist although their sentinel says deleted count as inserted again.
- A cell whose row is gone without a record is not sent; stock sends NULL, which replaces older values at the peers.
  (crsql_changes shows it, as in stock.)
- A table that is made a CRR again, and still has sync records, was written to without them: each value is recorded as
  written now, and missing rows as deleted. If the table was recreated and at most half of its rows are left, the
  missing ones are forgotten instead, and come back from peers (stock believes the records).
- crsql_as_table puts the sync records aside (``crsql_syncline_undone_*``) with the table's content, long values as
  digests. Whatever differs from that when it is made a CRR again is recorded as written then: values, new rows and
  missing rows (stock starts again at column version 1, so that peers' values win over those written in between).
- A write to a table of an attached file is refused (stock records it in the main file).
- A CRR whose triggers are missing or changed is parked: neither read for peers nor merged into, until it is repaired.
- Values of a default that is an expression are recorded by an alter, as another replica may compute others.
- crsql_automigrate adds columns with everything that ALTER TABLE accepts, notices changed columns of indexes, and
  drops the sync records of a CRR that is dropped. A line of the text may contain both a table and its crsql_as_crr.
  A text that names no table, or has a transaction of its own, is refused.
- A backfilled value is compared with the column's default as a value; stock takes 3 for a default TRUE, and does not
  record it.
- crsql_as_crr uses the catalogue's spelling of the name and accepts any column name. Of the table names that stock
  refuses, it accepts those with which all of stock works but its alters. It refuses more than stock only where the
  bookkeeping would break. crsql_rows_impacted starts again after a rollback too.
- No table is made STRICT: programs with SQLite before 3.37 could not open the file (``tables.strict``).
- Order keys are checked (cr-sqlite.md 3.4). An ordered table takes NULL as a list, may be WITHOUT ROWID, and places no
  row after one of another list.
- merge-equal-values is read from the file for each merge, so that all connections agree; it takes 0 and 1 only.
"""

from engine.crr.connection import BUSY_MS, connect, open_state
from engine.crr.kind import CrsqliteKind
from engine.crr.state import State
from engine.crr.tables.plans import create_all as create_tables

__all__ = ["BUSY_MS", "CrsqliteKind", "State", "connect", "create_tables", "open_state"]
