"""What a file keeps about its peers (cr-sqlite.md 9).

- ``tracked``: their clocks, received and sent
- ``coverage``: which tables a clock covers, and where a range that was cut continues
- ``lineage``: the tokens by which a copied or restored file is noticed
- ``identity``: a new site id for such a file; ``file_versions``: versions that no file counts to, repaired
- ``restore_mark``: notices that an open file was restored
- ``secondhand``: which changes of an author came from somebody else
- ``datasets``: which rows belong together, so that those written independently are not merged unasked
- ``table_marks``: a name for each table's sync records, so that a table made anew is not taken for the old one
"""

from engine.clocks.lineage import made_at

__all__ = ["made_at"]
