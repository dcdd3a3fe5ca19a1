"""Open files: one replica for each, shared by everybody in this process.

- ``host_pool``: one host for each file; ``replica_host``: a replica and the news of its file (``file_news``), for
  its ``listeners``; ``refresher`` looks at it for these, ``seen`` knows where it need not, ``trouble`` why it cannot
- ``replica_thread``: the thread that SQLite runs on; ``file_watch``: notices what other programs write
- ``recorder``: when that is recorded, of tables to which any program writes; ``local_changes``: tells of it,
  ``shown_numbers``: by which numbers
- ``read_cache``, ``part_cache``, ``version_cache``: what all sessions of a file want is read and encoded once
- ``ack_writer``, ``renewals``: what peers confirmed, and tokens for them, written for all of them at once
- ``in_use``: which files are open, for other processes; ``other_sync``: which another program syncs as well
- ``backup``: copies of a person's files; ``restore`` puts back what was
"""
