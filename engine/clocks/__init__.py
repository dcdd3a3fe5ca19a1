"""The bookkeeping that a file does about its peers (cr-sqlite.md 9).

- ``tracked``: their clocks, received and sent
- ``coverage``: which tables a clock covers, and where an interrupted range resumes
- ``lineage``: the tokens by which a copied or restored file is noticed
- ``identity``: a new site id for such a file; ``file_versions``: repairs versions that no file reaches by counting
- ``restore_mark``: notices that an open file was restored
- ``secondhand``: which changes of an author came from somebody else
- ``datasets``: which rows belong together, so that rows written independently are not merged unasked
- ``table_marks``: an identity for each table's sync records, so that a recreated table is not mistaken for the old one
"""

from engine.clocks.lineage import made_at

__all__ = ["made_at"]
