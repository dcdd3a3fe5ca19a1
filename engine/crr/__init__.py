"""Conflict-free tables on SQLite: our own implementation of cr-sqlite 0.16, file-compatible with it.

``connect`` gives an APSW connection on which the documented SQL works; ``engine.replica.Replica`` gives the same as
typed methods, and is what the rest of Syncline uses. A file may be shared with programs that load the native extension.

- ``kind``: all that a replica knows of these tables (``engine.tables.kind``)
- ``connection``: opens a file; ``state``: what a connection remembers; ``config``: what the file is set to
- ``catalogue``: which tables are CRRs; ``queries``, ``statements``: their SQL
- ``triggers``: the sync triggers; ``trigger_functions`` records local writes; ``tracking``, with ``changesets``,
  those that the triggers cannot tell of; ``attached``: refuses writes to attached files
- ``tables``: makes tables CRRs, alters, migrates and repairs them
- ``merge``: takes changes in; ``read``: gives them out, and compares
- ``withheld``: rows that cannot be sent are withheld, and the others go on
- ``sql_api``: the functions and virtual tables that SQL sees

Where this differs from stock 0.16.3 on purpose (cr-sqlite.md 12 says that each is safe for convergence):

- db_version always comes from disk: a write that changed nothing uses no version up, and crsql_as_table never
  lowers the version, not even with its last CRR.
- A changed primary key stamps all cells of the row anew at the new key, gives them our own site, and fills in
  missing cells; a live target without a sentinel counts as causal length 1 (stock: cr-sqlite.md 5.7). Cells that
  stock moved are read for peers together with the sentinel of their new key, whatever their own version is.
- A delete of a row whose tombstone exists already (rows nobody tracked) leaves an even length, never an odd
  one.
- An incoming value takes the column's affinity before it is compared (stock: cr-sqlite.md 7.3), so nothing echoes.
- At equal versions, a cell whose base row is missing takes the incoming value; stock fails there for good.
- Sentinels store the incoming cl, whatever col_version came with them.
- Malformed keys are refused: empty or cut short, the wrong count, NULL inside. So are versions, causal lengths
  and seqs of 2**53 and more. A db_version of 2**52 and more, where nobody gets by counting, does not raise ours.
- A change that loses leaves nothing behind, not even a key; one that fails leaves nothing either, and the
  sync bit is reset. Consecutive changes to one row are written by one statement.
- A base row is written with the key as conflict target, and errors roll back to our own savepoint only.
- Tables are looked up anew whenever the schema changed; CRRs that are broken (base table gone, key changed)
  and cells of columns that are gone are left out instead of failing every read. ORDER BY on crsql_changes is
  SQLite's, and its rowids are unique, so that conditions joined with OR lose no row.
- What an alter leaves to be recorded is stamped with the next version, so that peers see it: renamed columns,
  values, rows that came and rows that went (tombstones), all told from a snapshot. A key in another order keeps its
  versions; key values of another storage class start anew, as another key does. A failure undoes that alter only.
  Rows that are there although their sentinel says deleted count as inserted again.
- A cell whose row is gone without a record is not sent; stock sends NULL, which replaces older values at the peers.
  (crsql_changes shows it, as in stock.)
- A table that is made a CRR again, and holds sync records already, was written to without them: each value is told
  as written now, and rows that are gone as deleted; where the table was made anew, and not even half of them are left,
  they are forgotten, and come back from peers (stock takes the records for what the table holds).
- crsql_as_table puts the sync records aside (``crsql_syncline_undone_*``) with what the table holds, long values as
  digests. Whatever differs from that when it is made a CRR again is recorded as written then: values, rows that came,
  and rows that went (stock begins anew at column version 1, so that peers' values win over those of between).
- A write to a table of an attached file is refused (stock records it in the main file).
- A CRR whose triggers are missing or changed is parked: neither read for peers nor merged into, until it is mended.
- Values of a default that is an expression are recorded by an alter, as another replica may compute others.
- crsql_automigrate adds columns with all that ALTER TABLE takes, notices indices with other columns, and drops the
  sync records of a CRR that goes. A line of the text may hold both a table and its crsql_as_crr.
  A text that names no table, or has a transaction of its own, is refused.
- A backfilled value is compared with the column's default as a value; for stock 3 is a default TRUE, and not recorded.
- crsql_as_crr uses the catalogue's spelling of the name and takes any column name. Of the tables' names that
  stock refuses it takes those that stock can work with but for its alters. It refuses more than stock only where the
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
