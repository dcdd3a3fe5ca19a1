"""Ordinary tables: any program writes to them, unchanged, and Syncline finds what it wrote.

- ``kind``: all that a replica knows of these tables (``engine.tables.kind``); ``catalogue``: which they are now
- ``eligibility``: which tables can be ordinary ones; ``register``: which are; ``layout``: the tables that are kept of
  each
- ``global_keys``: names for rows whose number SQLite hands out; ``foreign_keys`` says which columns hold such
  numbers, ``sparse_numbers`` which are the same everywhere; ``births`` names what is written here, and
  ``own_collections`` into what; ``referring`` finds what refers to it, ``local_numbers`` numbers what comes in,
  ``pairing`` takes over another side's names, ``global_digests`` compares by name, ``shown_numbers`` is for people;
  ``relations``: what a person says of references and numbers, ``late_references`` does so of a table that is synced
  already, ``likely_references``: what is proposed; ``kept_names`` remembers names of a table that is not synced now
- ``triggers``: log the keys of rows that are written; ``shadow``: what was seen of a row
- ``capture``: stamps what differs from that, ``changed`` many rows at once; ``pace``: how many in one transaction
- ``survey``: a table as a whole, schema changes of the app among it; ``starting_anew``: its rows were given up;
  ``renamed``: it goes on under another name, ``carried``: its hidden rows under another key, ``renamed_columns`` what
  hidden rows hold in such; ``tables``: all of a connection
- ``stamps``: the rules of stamps and merging; ``records``: them in the file
- ``withheld``: rows that cannot be sent for now; ``raw_keys``: keys byte by byte, also such as nobody can read
- ``repair``: what does not fit together any more, found and mended
- ``merge``: takes changes in; ``groups`` decides rows of one shape together, ``rowwise`` all others, as ``merged_row``;
  ``write_groups`` and ``write`` write what won, ``refused`` says what the table does not take
- ``hidden``: rows that a table does not show as a rule of it stands against them, and ``hidden_digests`` for
  comparing; ``shown`` decides which a table shows, ``parents`` what waits behind others, or for such that were deleted,
  unless apps do not keep to a foreign key (``loose_keys``), ``showing`` over all tables,
  ``settling`` after a capture; ``same``: which are one to a person, ``leading`` where references to them go,
  ``kept_numbers`` how the shown one keeps its number, ``classes`` what is written to all of them, ``redirect`` what a
  person decides about references; ``defaults``: what a row has that nobody has sent
- ``final_values``: sees that a table holds what was merged
- ``read``: gives changes out; ``digests``: of causal lengths, and of rows that are gone; ``sql_changes``: both ways by
  ``crsql_changes``
"""
