"""The names that cr-sqlite and Syncline give what they keep beside a person's tables: facts of the file format."""

CLOCK = "__crsql_clock"
BY_VERSION = "_dbv_idx"
PKS = "__crsql_pks"
KEY = "__crsql_key"
REGISTER = "crsql_syncline_register"
MARK = "crsql_syncline_mark_"
"""Begins the names of the triggers by which a table is known again (``engine.clocks.table_marks``)."""
