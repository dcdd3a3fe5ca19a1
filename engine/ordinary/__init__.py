"""Ordinary tables: any program writes to them as it always did, and Syncline finds out what it wrote.

- ``kind``: all that a replica knows about these tables (``engine.tables.kind``); ``catalogue``: which tables they are
- ``eligibility``: which tables can be ordinary ones; ``register``: which are; ``layout``: the record tables of each
- ``global_keys``: names for rows whose number SQLite hands out; ``foreign_keys`` says which columns hold such
  numbers, ``sparse_numbers`` which are the same everywhere; ``births`` names what is written here, and
  ``own_collections`` into what; ``referring`` finds what refers to it, ``local_numbers`` numbers what comes in,
  ``adopt_names`` takes over another side's names, ``global_digests`` compares by name, ``shown_numbers`` is for people;
  ``relations``: what a person says of references and numbers, ``late_references`` does so of a table that is synced
  already, ``likely_references``: what is proposed; ``kept_names`` remembers names of a table that is not synced now
- ``triggers``: log the keys of rows that are written; ``shadow``: what was seen of a row
- ``capture``: stamps what differs from that, ``changed`` many rows at once; ``pace``: how many in one transaction
- ``survey``: compares a whole table, including the app's schema changes; ``starting_anew``: for a table whose rows were
  given up; ``renamed``: for a table with a new name, ``carried``: its hidden rows under a new key, ``renamed_columns``:
  what hidden rows hold in renamed columns; ``tables``: all tables of a connection
- ``stamps``: the rules of stamps and merging; ``records``: stamps in the file
- ``withheld``: rows that cannot be sent for now; ``raw_keys``: keys byte by byte, including unreadable ones
- ``repair``: finds and repairs records that contradict each other
- ``merge``: merges changes; ``groups`` decides rows of one shape together, ``rowwise`` all others, as ``merged_row``;
  ``write_groups`` and ``write`` write what won, ``refused`` says what the table refuses
- ``hidden``: rows that a table does not show as a rule of it stands against them, and ``hidden_digests`` for
  comparing; ``shown`` decides which a table shows, ``parents`` what waits behind others, or for such that were deleted,
  unless apps do not keep to a foreign key (``loose_keys``), ``showing`` over all tables,
  ``settling`` after a capture; ``same``: which are one to a person, ``leading`` where references to them go,
  ``kept_numbers`` how the shown one keeps its number, ``classes`` what is written to all of them, ``redirect`` what a
  person decides about references; ``defaults``: what a row has that nobody has sent
- ``final_values``: sees that a table holds what was merged
- ``read``: reads changes; ``digests``: of causal lengths and of deleted rows; ``sql_changes``: both ways through
  ``crsql_changes``
"""
