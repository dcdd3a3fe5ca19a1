"""Open files: one replica for each, shared by everything in this process.

- ``host_pool``: one host for each file; ``replica_host``: a replica and the news of its file (``file_news``), for its
  ``listeners``; ``refresher`` checks it for news, ``seen`` knows when it need not, ``trouble`` why it cannot
- ``replica_thread``: the thread that SQLite runs on; ``file_watch``: notices what other programs write
- ``recorder``: when writes to ordinary tables are captured; ``local_changes``: reports them, ``shown_numbers``: under
  which row numbers
- ``read_cache``, ``part_cache``, ``version_cache``: read and encode once what all sessions of a file want
- ``ack_writer``, ``renewals``: what peers confirmed, and tokens for them, written for all of them at once
- ``in_use``: which files are open, for other processes; ``other_sync``: which files another program syncs as well
- ``backup``: copies of a person's files; ``restore`` brings back what was there before
"""
