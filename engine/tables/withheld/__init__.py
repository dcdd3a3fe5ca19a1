"""Rows that cannot be sent while all others can: they contain invalid text, or a version that peers do not accept.

They are recorded in the file, and no clock passes one before its record is on disk. As soon as a row can be sent,
whoever corrected it, all its cells get the file's next version. Everything here is the same for every kind of table; a
kind says which rows cannot be sent (``recheck.Source``).

- ``records``: keeps them; ``unreadable`` finds invalid text
- ``recheck``: checks whether they can be sent now
- ``describe``: tells a person which are withheld
- ``rows``: all of it as a replica uses it (``engine.replica.withheld``)
"""
