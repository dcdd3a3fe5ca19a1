"""Rows that cannot be sent, while all others go on: one holds invalid text, or a version that peers do not take.

They are recorded in the file, and no clock passes one before its record is on disk. As soon as a row can be sent,
whoever corrected it, all its cells get the file's next version. What is here is the same for every kind of table; a
kind says which rows cannot be sent (``rows.Source``).

- ``records``: keeps them; ``unreadable`` finds text that is not valid
- ``recheck``: looks whether they can be sent now
- ``describe``: says which are withheld, for a person
- ``rows``: all of it as a replica goes about it (``engine.replica.withheld``)
"""
