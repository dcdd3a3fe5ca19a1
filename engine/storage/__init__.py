"""Open files: one replica for each, shared by everybody in this process.

- ``host_pool``: one host for each file; ``replica_host``: a replica and the news of its file
- ``replica_thread``: the thread that SQLite runs on; ``file_watch``: notices what other programs write
- ``recorder``: when that is recorded, of tables to which any program writes
- ``read_cache``, ``part_cache``, ``version_cache``: what all sessions of a file want is read and encoded once
- ``ack_writer``: what peers confirmed, written for all of them at once
- ``backup``: copies of a person's files; ``restore`` puts back what was
"""
