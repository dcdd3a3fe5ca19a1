"""Ordinary tables: any program writes to them, unchanged, and Syncline finds what it wrote.

- ``kind``: all that a replica knows of these tables (``engine.tables.kind``); ``catalogue``: which they are now
- ``eligibility``: which tables can be ordinary ones; ``register``: which are, and the layout of what is kept of them
- ``triggers``: log the keys of rows that are written; ``shadow``: what was seen of a row
- ``capture``: stamps what differs from that, ``changed`` many rows at once
- ``survey``: a table as a whole, schema changes of the app among it; ``tables``: all of a connection
- ``stamps``: the rules of stamps and merging; ``records``: them in the file
- ``withheld``: rows that cannot be sent for now; ``raw_keys``: keys byte by byte, also such as nobody can read
- ``repair``: what does not fit together any more, found and mended
- ``merge``: takes changes in; ``groups`` decides rows of one shape together, ``rowwise`` all others, as ``merged_row``;
  ``write_groups`` and ``write`` write what won, ``refused`` says what the table does not take
- ``final_values``: sees that a table holds what was merged
- ``read``: gives changes out; ``digests``: of causal lengths
"""
